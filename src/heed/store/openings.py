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

    opening: UUID
    person: UUID
    how: str
    at: datetime
    until: datetime


class Emergency(NamedTuple):
    """An emergency opening, as its reviewer sees it; `record` is None where it opened nothing.

    `uses`: how often the same person did so in the thirty days up to then. `approved_by`: who said yes
    first, where that was needed.
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
    approved_by: UUID | None


class Approval(NamedTuple):
    """Somebody waits for the reader's yes to open a record in an emergency."""

    asking: UUID
    person: UUID
    reference: str
    at: datetime
    reason: str


class Awaited(NamedTuple):
    """A yes that the reader asked for in the last day; `reference` and `reason` as typed."""

    asking: UUID
    at: datetime
    given: bool
    reference: str
    reason: str


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
    """Emergency openings for custodian and overseers, unreviewed first.

    For the outside contact what nobody has reviewed in two days; none for anybody else.
    """
    rows = desk.rows(key, "SELECT * FROM machinery.emergencies()")
    return [
        Emergency(
            *row[:6], *(said_of(row[6], "reason"), *row[7:10], said_of(row[10], "words"), row[11])
        )
        for row in rows
    ]


def approvals(desk: Desk, key: str) -> list[Approval]:
    """Who waits for the reader's yes, oldest first; none for whom nobody asks."""
    rows = desk.rows(key, "SELECT * FROM machinery.approvals()")
    return [
        Approval(asking, person, reference, at, said_of(said, "reason"))
        for asking, person, reference, at, said in rows
    ]


def my_approvals(desk: Desk, key: str) -> list[Awaited]:
    """What the reader asked a yes for in the last day, newest first."""
    rows = desk.rows(key, "SELECT * FROM machinery.my_approvals()")
    return [
        Awaited(asking, at, given, said_of(said, "reference"), said_of(said, "reason"))
        for asking, at, given, said in rows
    ]


def on_call(desk: Desk, key: str) -> tuple[UUID, UUID]:
    """The person on duty now, and the outside contact."""
    person, contact = desk.rows(key, "SELECT * FROM machinery.on_call()")[0]
    return person, contact
