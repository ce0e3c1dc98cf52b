"""What staff see of each other's work: people, units, hand-overs, restrictions, and an overseer's list."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk

_PEOPLE = """
SELECT p.id, p.role, p.active, p.posts, coalesce(w.name, ''),
       ARRAY(SELECT e.entry FROM facts.employment e WHERE e.person = p.id AND e.until IS NULL
             ORDER BY e.since, e.entry),
       ARRAY(SELECT e.unit FROM facts.employment e WHERE e.person = p.id AND e.until IS NULL
             ORDER BY e.since, e.entry)
FROM facts.person p LEFT JOIN words.person w ON w.id = p.id ORDER BY w.name, p.id
"""
_UNITS = """
SELECT u.id,
       (SELECT l.parent FROM facts.line l WHERE l.unit = u.id
        ORDER BY l.since DESC, l.entry DESC LIMIT 1),
       coalesce(w.name, '')
FROM facts.unit u LEFT JOIN words.unit w ON w.id = u.id ORDER BY w.name, u.id
"""


class Colleague(NamedTuple):
    """Somebody who works here or did; `employments` and `units` go together, one each that lasts."""

    id: UUID
    role: str
    active: bool
    posts: list[str]
    name: str
    employments: list[UUID]
    units: list[UUID]


class Part(NamedTuple):
    """A unit as it stands now; `parent` None: a body of its own."""

    id: UUID
    parent: UUID | None
    name: str


class Offered(NamedTuple):
    """A hand-over that waits: facts of the record, no words."""

    offer: UUID
    record: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime
    giver: UUID
    taker: UUID
    at: datetime


class Restriction(NamedTuple):
    """A restriction on a record that the reader may see."""

    wall: UUID
    person: UUID | None
    unit: UUID | None
    ground: str
    at: datetime
    lift_asked_by: UUID | None
    lifted: bool


class Kept(NamedTuple):
    """A restriction that stands, as its custodian sees it, with the looks of whoever it names."""

    wall: UUID
    record: UUID
    reference: str
    person: UUID | None
    unit: UUID | None
    ground: str
    at: datetime
    lift_asked_by: UUID | None
    looks: int
    last_look: datetime | None


class Overseen(NamedTuple):
    """A record as an overseer's list shows it; `asked_at`: when the reader asked for its content."""

    record: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime
    said_at: datetime
    opened_at: datetime | None
    owner: UUID
    handed: int
    asked_at: datetime | None


class LookedAt(NamedTuple):
    """One look at a record."""

    person: UUID
    purpose: str
    at: datetime


def people(desk: Desk, key: str) -> list[Colleague]:
    """Everybody, by name."""
    return [Colleague(*row) for row in desk.rows(key, _PEOPLE)]


def units(desk: Desk, key: str) -> list[Part]:
    """Every unit, by name."""
    return [Part(*row) for row in desk.rows(key, _UNITS)]


def offers(desk: Desk, key: str) -> list[Offered]:
    """Hand-overs that wait for the reader, and the reader's own that wait for others."""
    return [Offered(*row) for row in desk.rows(key, "SELECT * FROM machinery.my_offers()")]


def restrictions(desk: Desk, key: str, record: UUID) -> list[Restriction]:
    """The restrictions on a record that the reader may read; none for any other."""
    asked = desk.rows(key, "SELECT * FROM machinery.restrictions(%s)", (record,))
    return [Restriction(*row) for row in asked]


def custody(desk: Desk, key: str) -> list[Kept]:
    """Every restriction that stands, for the custodian and for overseers; none for anybody else."""
    return [Kept(*row) for row in desk.rows(key, "SELECT * FROM machinery.custody()")]


def overseen(
    desk: Desk, key: str, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[Overseen]:
    """Every record, newest first, behind a place, for overseers; none for anybody else."""
    filed, last = before or (None, None)
    asked = desk.rows(
        key, "SELECT * FROM machinery.overseen(%s::timestamptz, %s::uuid, %s)", (filed, last, limit)
    )
    return [Overseen(*row) for row in asked]


def looks_at(desk: Desk, key: str, record: UUID) -> list[LookedAt]:
    """Who looked at a record, for an overseer who may read it."""
    return [
        LookedAt(*row) for row in desk.rows(key, "SELECT * FROM machinery.looks_at(%s)", (record,))
    ]
