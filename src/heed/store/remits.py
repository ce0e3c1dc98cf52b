"""What staff see of remits, and of a manager's team: facts of other people's records, no words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from heed.store.connection import Row
from heed.store.readable import _LISTED, START, Desk, Listed, Place, _listed

_BY_REMIT = (
    _LISTED
    + """
WHERE r.id IN (SELECT machinery.my_remit_records()) AND r.owner <> (SELECT machinery.me())
  AND r.aside_at IS NULL AND (r.rank, r.due, r.id) > (%s, %s, %s)
ORDER BY r.rank, r.due, r.id LIMIT %s
"""
)
_OWNERS = "SELECT r.id, r.owner FROM facts.record r WHERE r.id = ANY (%s)"


class Given(NamedTuple):
    """A remit that stands; `given_by` None: by whoever set the system up."""

    remit: UUID
    unit: UUID
    given_by: UUID | None
    at: datetime


class Read(NamedTuple):
    """A record that the reader may read by remit, and who answers for it."""

    listed: Listed
    owner: UUID


class Member(NamedTuple):
    """Somebody in a manager's team: how many records they have in hand, and the most pressing."""

    person: UUID
    held: int
    pressing: tuple[Listed, ...]


def given_to(desk: Desk, key: str, person: UUID) -> list[Given]:
    """A person's remits: one's own, or of one's body's units for an administrator; else none."""
    return [
        Given(*row) for row in desk.rows(key, "SELECT * FROM machinery.remits_of(%s)", (person,))
    ]


def by_remit(desk: Desk, key: str, limit: int, after: Place = START) -> list[Read]:
    """The records that the reader may read by remit, most pressing first, behind a place."""
    rows = desk.rows(key, _BY_REMIT, (*after, limit))
    owners: dict[UUID, UUID] = dict(desk.rows(key, _OWNERS, ([row[0] for row in rows],)))
    return [Read(_listed(*row), owners[row[0]]) for row in rows if row[0] in owners]


def team(desk: Desk, key: str, limit: int) -> list[Member]:
    """Everybody in a manager's team, each with their most pressing records; none for anybody else.

    What the manager must not see is not there, and not counted.
    """
    return list(_members(desk.rows(key, "SELECT * FROM machinery.team(%s)", (limit,))))


def in_team(desk: Desk, key: str, record: UUID) -> Read | None:
    """One record of the manager's team; None for any other."""
    for row in desk.rows(key, "SELECT * FROM machinery.team(1, %s)", (record,)):
        if row[2] == record:
            return Read(_listed(*row[2:]), row[0])
    return None


def _members(rows: Sequence[Row]) -> Iterator[Member]:
    for person, theirs in groupby(rows, key=lambda row: row[0]):
        each = list(theirs)
        listed = tuple(_listed(*row[2:]) for row in each if row[2] is not None)
        yield Member(person, each[0][1], listed)
