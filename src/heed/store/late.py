"""What waits too long, for whoever was told of it: facts, no words."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk


class LateRecord(NamedTuple):
    """A record that waits still, `chased` working days after it came; `open`: the reader may read it now."""

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
    return [LateRecord(*row) for row in rows]
