"""What waits to be sorted, what was put aside, and what of that an overseer reviews: facts only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk

_ASIDE = """
SELECT r.id, r.reference, r.channel, r.filed_at, s.outcome, s.reason, r.aside_at, o.reference
FROM facts.record r LEFT JOIN facts.sorting s ON s.record = r.id
LEFT JOIN facts.record o ON o.id = s.copy_of
WHERE r.owner = (SELECT machinery.me()) AND r.aside_at IS NOT NULL
  AND (r.aside_at, r.id) < (coalesce(%s::timestamptz, 'infinity'),
                            coalesce(%s::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY r.aside_at DESC, r.id DESC LIMIT %s
"""
_FILES = "SELECT f.record, count(*) FROM facts.file f WHERE f.record = ANY (%s) GROUP BY f.record"
_FACTS = """
SELECT r.id, r.reference, r.channel, r.danger, r.filed_at
FROM facts.record r WHERE r.id = ANY (%s)
"""
_PUT_ASIDE = """
SELECT r.aside_at FROM facts.record r WHERE r.id = %s AND r.aside_at IS NOT NULL
"""
_COPIES = """
SELECT r.id, r.reference, r.filed_at FROM facts.sorting s JOIN facts.record r ON r.id = s.record
WHERE s.copy_of = %s AND s.outcome = 'copy' ORDER BY r.filed_at, r.id
"""


class Unsorted(NamedTuple):
    """A record that waits to be sorted."""

    record: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime


class Aside(NamedTuple):
    """A record of the reader's that was put aside; `copy_of`: the reference of the one kept in hand.

    `outcome` is None where it was joined to one that the reader may see no longer.
    """

    record: UUID
    reference: str
    channel: str
    filed_at: datetime
    outcome: str | None
    reason: str | None
    at: datetime
    copy_of: str | None


class Same(NamedTuple):
    """A record that came with the same words as the one kept in hand."""

    record: UUID
    reference: str
    filed_at: datetime


class Sampled(NamedTuple):
    """Something put aside that waits for an overseer; `asked_at`: when the reader asked to see it."""

    sorting: UUID
    record: UUID
    reference: str
    danger: str
    filed_at: datetime
    actor: UUID
    reason: str
    at: datetime
    asked_at: datetime | None


def unsorted(desk: Desk, key: str, limit: int) -> list[list[Unsorted]]:
    """The reader's records that wait to be sorted, most pressing first; those with the same words together."""
    pairs = desk.rows(key, "SELECT record, same_as FROM machinery.unsorted(%s)", (limit,))
    facts = {row[0]: Unsorted(*row) for row in desk.rows(key, _FACTS, ([one for one, _ in pairs],))}
    groups: dict[UUID, list[Unsorted]] = {}
    for record, first in pairs:
        if record in facts:
            groups.setdefault(first, []).append(facts[record])
    return list(groups.values())


def files_on(desk: Desk, key: str, records: Sequence[UUID]) -> dict[UUID, int]:
    """How many files are on each of several records that the reader has just opened."""
    return dict(desk.rows(key, _FILES, (list(records),)))


def aside(
    desk: Desk, key: str, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[Aside]:
    """What the reader answers for and has put aside, newest first, behind a place."""
    return [Aside(*row) for row in desk.rows(key, _ASIDE, (*(before or (None, None)), limit))]


def aside_since(desk: Desk, key: str, record: UUID) -> datetime | None:
    """When a record that the reader may read was put aside; None where it is not aside now."""
    rows = desk.rows(key, _PUT_ASIDE, (record,))
    return rows[0][0] if rows else None


def copies(desk: Desk, key: str, record: UUID) -> list[Same]:
    """What came with the same words and was joined to this record, of what the reader may read."""
    return [Same(*row) for row in desk.rows(key, _COPIES, (record,))]


def sampled(desk: Desk, key: str, limit: int) -> list[Sampled]:
    """What waits for an overseer's review, oldest first; none of one's own, none for anybody else."""
    return [
        Sampled(*row) for row in desk.rows(key, "SELECT * FROM machinery.sampled(%s)", (limit,))
    ]


def unreviewable(desk: Desk, key: str) -> bool:
    """Whether something waits for a review that nobody may give; told to whoever can see to it."""
    found: bool = desk.rows(key, "SELECT machinery.unreviewable()")[0][0]
    return found
