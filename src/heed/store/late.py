"""What waits too long, for whoever was told of it: facts, no words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.store.readable import Desk
from heed.triage.clocks import Due, Waiting, next_due


class LateRecord(NamedTuple):
    """A record that waits still, `chased` working days after it came.

    `open`: the reader may read it now; `next`: what whoever answers for it has to do.
    """

    record: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime
    opened_at: datetime | None
    owner: UUID
    handed: int
    chased: int
    told_at: datetime
    open: bool
    next: Due


def late_records(
    desk: Desk, key: str, limit: int, after: tuple[datetime, UUID] | None = None
) -> list[LateRecord]:
    """Of which the reader was told, the oldest first, behind a place; never an own one."""
    filed, last = after or (None, None)
    rows = desk.rows(
        key,
        "SELECT * FROM machinery.late_records(%s::timestamptz, %s::uuid, %s)",
        (filed, last, limit),
    )
    return [_late(*row) for row in rows]


def _late(*row: Any) -> LateRecord:
    known, waiting = row[:-8], row[-8:]
    danger, filed_at = known[3], known[4]
    return LateRecord._make((*known, next_due(Waiting(danger, filed_at, *waiting))))
