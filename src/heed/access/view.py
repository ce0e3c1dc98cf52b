"""Who is who, who is on duty, and who looked: folded from the entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.register.entry import Header


class Person(NamedTuple):
    """Somebody who can be accountable; the name is among the words.

    `role` is their job in plain words; `posts` are what the rule knows: administrator, custodian,
    manager, overseer. `away_until` is what they mean to do; `cover`: whom they named to stand in.
    `signs_in`: whether they have a way to.
    """

    id: UUID
    role: str
    active: bool
    posts: tuple[str, ...] = ()
    away_since: datetime | None = None
    away_until: datetime | None = None
    cover: UUID | None = None
    signs_in: bool = False


class Slot(NamedTuple):
    """A duty that is never empty: its turns name people, its fallback steps in, who is it since then."""

    id: UUID
    purpose: str
    fallback: UUID
    since: datetime


class Turn(NamedTuple):
    """From `starts_at` this person is on duty in the slot, until the next turn starts."""

    entry: UUID
    slot: UUID
    person: UUID
    starts_at: datetime


class Look(NamedTuple):
    """One person asked to see these records, for this purpose, at this time.

    `early`: those in which something that was said could not be shown yet.
    """

    entry: UUID
    person: UUID
    records: tuple[UUID, ...]
    purpose: str
    at: datetime
    early: tuple[UUID, ...] = ()


class Request(NamedTuple):
    """An overseer asked to see what a record holds, with a reason, at this time."""

    entry: UUID
    person: UUID
    record: UUID
    at: datetime


class Duty:
    """The people, slots, turns, looks and requests that the entries so far have made."""

    def __init__(self) -> None:
        self.people: dict[UUID, Person] = {}
        self.slots: dict[UUID, Slot] = {}
        self.turns: dict[UUID, Turn] = {}
        self.looks: dict[UUID, Look] = {}
        self.requests: dict[UUID, Request] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply()."""
        match header.kind:
            case Kind.PERSON_ADDED:
                self.people[header.stream] = Person(header.stream, facts["role"], True)
            case Kind.SLOT_ADDED:
                self.slots[header.stream] = Slot(
                    header.stream, facts["purpose"], UUID(facts["fallback"]), header.recorded_at
                )
            case Kind.TURN_ADDED:
                self.turns[header.id] = Turn(
                    header.id,
                    header.stream,
                    UUID(facts["person"]),
                    datetime.fromisoformat(facts["starts_at"]),
                )
            case Kind.POSTS_SET:
                known = self.people[header.stream]
                self.people[header.stream] = known._replace(posts=tuple(facts["posts"]))
            case Kind.LEFT:
                self.people[header.stream] = self.people[header.stream]._replace(
                    active=False, signs_in=False
                )
            case Kind.CREDENTIAL_SET | Kind.INVITED:
                if person := self.people.get(header.stream):
                    given = header.kind == Kind.CREDENTIAL_SET
                    self.people[header.stream] = person._replace(signs_in=given)
            case Kind.AWAY:
                until, cover = facts["until"], facts["cover"]
                self.people[header.stream] = self.people[header.stream]._replace(
                    away_since=header.recorded_at,
                    away_until=datetime.fromisoformat(until) if until else None,
                    cover=UUID(cover) if cover else None,
                )
            case Kind.BACK:
                self.people[header.stream] = self.people[header.stream]._replace(
                    away_since=None, away_until=None, cover=None
                )
            case Kind.FALLBACK_SET:
                slot = self.slots[header.stream]
                self.slots[header.stream] = slot._replace(
                    fallback=UUID(facts["fallback"]), since=header.recorded_at
                )
            case Kind.CONTENT_ASKED:
                self.requests[header.id] = Request(
                    header.id, header.stream, UUID(facts["record"]), header.recorded_at
                )
            case Kind.LOOKED:
                self.looks[header.id] = Look(
                    header.id,
                    header.stream,
                    looked_at(facts),
                    facts["purpose"],
                    header.recorded_at,
                    early_at(facts),
                )

    def on_duty(self, slot: UUID, at: datetime) -> UUID | None:
        """Who is accountable in a slot at an instant: the newest begun turn of who can, else the fallback."""
        turns = [
            (turn.starts_at, turn.entry, turn.person)
            for turn in self.turns.values()
            if turn.slot == slot and turn.starts_at <= at and self._answers(turn.person)
        ]
        if turns:
            return max(turns)[2]
        return self.slots[slot].fallback if slot in self.slots else None

    def _answers(self, person: UUID) -> bool:
        known = self.people[person]
        here = known.active and "administrator" not in known.posts and known.away_since is None
        return here and known.signs_in


def looked_at(facts: dict[str, Any]) -> tuple[UUID, ...]:
    """The records that a look names, in its order."""
    return tuple(UUID(record) for record in facts["records"])


def early_at(facts: dict[str, Any]) -> tuple[UUID, ...]:
    """Those of them in which something that was said could not be shown; before this was known, none."""
    return tuple(UUID(record) for record in facts.get("early", ()))
