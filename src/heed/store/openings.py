"""What staff see of reading that was asked for: their own, what they decide about, emergency openings."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk
from heed.store.staff import said_of


class Open(NamedTuple):
    """A record that is open to the reader for a time; `how`: "granted" or "emergency"."""

    opening: UUID
    record: UUID
    reference: str
    how: str
    at: datetime
    until: datetime


class Asked(NamedTuple):
    """What the reader asked for. `state`: open, granted, declined. `reference` and `reason` as typed.

    `answer`: why it was declined. Words are blank until the opener has brought them.
    """

    asking: UUID
    at: datetime
    state: str
    reference: str
    reason: str
    answer: str


class Wanted(NamedTuple):
    """Somebody asks to read a record that the reader answers for."""

    asking: UUID
    record: UUID
    reference: str
    person: UUID
    at: datetime
    reason: str


class Opened(NamedTuple):
    """Who else may read a record for a time; `how`: "granted" or "emergency"."""

    person: UUID
    how: str
    at: datetime
    until: datetime


class Emergency(NamedTuple):
    """An emergency opening, as its reviewer sees it; `record` is None where it opened nothing.

    `uses`: how often the same person did so in the thirty days up to then.
    """

    glass: UUID
    person: UUID
    record: UUID | None
    reference: str | None
    at: datetime
    until: datetime
    reason: str
    uses: int
    reviewed_by: UUID | None
    outcome: str | None
    review: str


def mine(desk: Desk, key: str) -> list[Open]:
    """The records that are open to the reader for a time, newest first."""
    return [Open(*row) for row in desk.rows(key, "SELECT * FROM machinery.my_openings()")]


def asked(desk: Desk, key: str) -> list[Asked]:
    """What the reader asked for, newest first, fifty at most."""
    rows = desk.rows(key, "SELECT * FROM machinery.my_askings()")
    return [
        Asked(
            asking,
            at,
            state,
            said_of(said, "reference"),
            said_of(said, "reason"),
            said_of(no, "reason"),
        )
        for asking, at, state, said, no in rows
    ]


def wanted(desk: Desk, key: str) -> list[Wanted]:
    """Who asks to read what the reader answers for, oldest first."""
    rows = desk.rows(key, "SELECT * FROM machinery.askings()")
    return [
        Wanted(asking, record, reference, person, at, said_of(said, "reason"))
        for asking, record, reference, person, at, said in rows
    ]


def of_record(desk: Desk, key: str, record: UUID) -> list[Opened]:
    """Who else may read a record for a time; none for whoever may not read it."""
    rows = desk.rows(key, "SELECT * FROM machinery.openings_of(%s)", (record,))
    return [Opened(*row) for row in rows]


def emergencies(desk: Desk, key: str) -> list[Emergency]:
    """Emergency openings for custodian and overseers, unreviewed first; none for anybody else."""
    rows = desk.rows(key, "SELECT * FROM machinery.emergencies()")
    return [
        Emergency(*row[:6], *(said_of(row[6], "reason"), *row[7:10], said_of(row[10], "words")))
        for row in rows
    ]
