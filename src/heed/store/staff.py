"""What staff see of each other's work: people, units, turns, hand-overs, restrictions, an overseer's lists."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk

_PEOPLE = """
SELECT p.id, p.role, p.active, p.posts, coalesce(w.name, ''),
       ARRAY(SELECT e.entry FROM facts.employment e WHERE e.person = p.id AND e.until IS NULL
             ORDER BY e.since, e.entry),
       ARRAY(SELECT e.unit FROM facts.employment e WHERE e.person = p.id AND e.until IS NULL
             ORDER BY e.since, e.entry),
       p.away_since, p.away_until, p.cover, p.signs_in
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
    """Somebody who works here or did; `employments` and `units` go together, one each that lasts.

    `away_until` is what they mean to do, and `cover` whom they named to stand in.
    `signs_in`: whether they have a way to; nobody else is given work.
    """

    id: UUID
    role: str
    active: bool
    posts: list[str]
    name: str
    employments: list[UUID]
    units: list[UUID]
    away_since: datetime | None = None
    away_until: datetime | None = None
    cover: UUID | None = None
    signs_in: bool = True


class Part(NamedTuple):
    """A unit as it stands now; `parent` None: a body of its own."""

    id: UUID
    parent: UUID | None
    name: str


class Tie(NamedTuple):
    """Two people who are close, as somebody declared; `how` is None until the opener has brought it."""

    tie: UUID
    person: UUID
    other: UUID
    how: str | None
    at: datetime
    said_by: UUID | None
    asked_by: UUID | None


class Offered(NamedTuple):
    """A hand-over that waits: facts of the record, no words.

    `made_by`: the giver, or a manager in their place.
    """

    offer: UUID
    record: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime
    giver: UUID
    taker: UUID
    at: datetime
    made_by: UUID


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
    """A restriction that stands, as its custodian sees it, with the looks of whoever it covers.

    `looks` counts those before and since it stands, `looks_since` only the latter. `put_in`: when they
    put the words in themselves, which they know without a look; None where they did not.
    """

    wall: UUID
    record: UUID
    reference: str
    person: UUID | None
    unit: UUID | None
    ground: str
    at: datetime
    lift_asked_by: UUID | None
    looks: int
    looks_since: int
    last_look: datetime | None
    put_in: datetime | None = None


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
    """One look at a record; `reason`: why, where they read by remit."""

    person: UUID
    purpose: str
    at: datetime
    reason: str


class LookOf(NamedTuple):
    """One look of one person; `records` and `references` go together, without any hidden ones.

    `reason`: why, where they read by remit.
    """

    look: UUID
    records: list[UUID]
    references: list[str]
    purpose: str
    at: datetime
    reason: str


class DutyTurn(NamedTuple):
    """Who has the duty now (`on_duty`), or from `starts_at` on; None: no turn holds, so `fallback` does.

    `signs_in`: whether they have a way to sign in; a new invitation ends the one they had.
    """

    slot: UUID
    fallback: UUID
    person: UUID
    starts_at: datetime | None
    on_duty: bool
    signs_in: bool


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


def filed_as(desk: Desk, key: str, record: UUID) -> str:
    """The reference of a record that the reader put in; "" for any other."""
    return desk.rows(key, "SELECT machinery.my_filing(%s)", (record,))[0][0] or ""


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


def overseen_one(desk: Desk, key: str, record: UUID) -> Overseen | None:
    """One record as the overseer's list shows it; None where that list does not hold it."""
    asked = desk.rows(key, "SELECT * FROM machinery.overseen(NULL, NULL, 1, %s)", (record,))
    return Overseen(*asked[0]) if asked else None


def looks_at(desk: Desk, key: str, record: UUID) -> list[LookedAt]:
    """Who looked at a record, for an overseer who may read it."""
    return [
        LookedAt(person, purpose, at, said_of(said, "reason"))
        for person, purpose, at, said in desk.rows(
            key, "SELECT * FROM machinery.looks_at(%s)", (record,)
        )
    ]


def looks_of(
    desk: Desk, key: str, person: UUID, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[LookOf]:
    """One person's looks, newest first, behind a place, for an overseer; never one's own."""
    at, last = before or (None, None)
    asked = desk.rows(
        key,
        "SELECT * FROM machinery.looks_of(%s, %s::timestamptz, %s::uuid, %s)",
        (person, at, last, limit),
    )
    return [
        LookOf(look, records, references, purpose, at, said_of(said, "reason"))
        for look, records, references, purpose, at, said in asked
    ]


def said_of(body: str | None, name: str) -> str:
    """One text of a stored body; blank where it is not there."""
    said = json.loads(body).get(name, "") if body else ""
    return said if isinstance(said, str) else ""


def turns(desk: Desk, key: str) -> list[DutyTurn]:
    """Who is on duty, then the turns to come, for an administrator; none for anybody else."""
    return [DutyTurn(*row) for row in desk.rows(key, "SELECT * FROM machinery.turns()")]


def answered_for(desk: Desk, key: str) -> int:
    """How many records the reader answers for, of those that they may see."""
    asked = "SELECT count(*) FROM facts.record r WHERE r.owner = (SELECT machinery.me())"
    return int(desk.rows(key, asked)[0][0])


def my_ties(desk: Desk, key: str) -> list[Tie]:
    """What the reader declared."""
    return [Tie(*row) for row in desk.rows(key, "SELECT * FROM machinery.my_ties()")]


def ties(desk: Desk, key: str) -> list[Tie]:
    """Every tie that counts, for the custodian and for overseers; none for anybody else."""
    return [Tie(*row) for row in desk.rows(key, "SELECT * FROM machinery.ties()")]


def now(desk: Desk, key: str) -> datetime:
    """The time by which turns begin."""
    found: datetime = desk.rows(key, "SELECT register.now()")[0][0]
    return found
