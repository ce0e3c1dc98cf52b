"""Who answers for a record, and which entry each thing in it is: facts, for whoever may read it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk

_HOLDING = (
    "SELECT r.reference, r.owner, machinery.purpose(r.id) FROM facts.record r WHERE r.id = %s"
)
_WRITTEN = "SELECT i.entry, i.actor FROM facts.item i WHERE i.record = %s ORDER BY i.version"


class Holding(NamedTuple):
    """How people name a record, who answers for it now, and what it is to the reader.

    `purpose`: "own queue", "oversight", "granted", "emergency" or "remit"; None where that has just ended.
    """

    reference: str
    owner: UUID
    purpose: str | None


class Written(NamedTuple):
    """One thing in a record: which entry it is, and whose; `actor` None: the reporter, or the system itself."""

    entry: UUID
    actor: UUID | None


class Passing(NamedTuple):
    """The rule gave a record to somebody else, by an entry of this kind."""

    kind: str
    at: datetime
    giver: UUID
    taker: UUID


class About(NamedTuple):
    """What an entry in a record is about: a restriction, or who was to take the record or to read it."""

    wall: UUID | None
    taker: UUID | None


def passings(desk: Desk, key: str, record: UUID) -> list[Passing]:
    """What the rule did with a record that the reader may read, oldest first."""
    return [
        Passing(*row) for row in desk.rows(key, "SELECT * FROM machinery.passed(%s)", (record,))
    ]


def abouts(desk: Desk, key: str, record: UUID) -> dict[UUID, About]:
    """What the entries of a record that the reader may read are about, by entry."""
    rows = desk.rows(key, "SELECT * FROM machinery.done_about(%s)", (record,))
    return {entry: About(wall, taker) for entry, wall, taker in rows}


def mentions(desk: Desk, key: str, record: UUID) -> list[UUID]:
    """The units whose names stand in a record that the reader may read, and that nobody restricted."""
    return [row[0] for row in desk.rows(key, "SELECT machinery.mentions(%s)", (record,))]


def holding(desk: Desk, key: str, record: UUID) -> Holding | None:
    """A record that the reader may read; None for any other. No look is needed: these are no words."""
    rows = desk.rows(key, _HOLDING, (record,))
    return Holding(*rows[0]) if rows else None


def entries(desk: Desk, key: str, record: UUID) -> list[Written]:
    """Everything in a record that the reader has just opened, in the order of `OpenedRecord.said`."""
    return [Written(*row) for row in desk.rows(key, _WRITTEN, (record,))]
