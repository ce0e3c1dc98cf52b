"""Who must not see a record: restrictions on people and units, folded from the entries, and the rule itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.register.entry import Header


class Ground(StrEnum):
    """Why somebody, or a unit with its line, must not see a record.

    `match`: their name stands in what was told; it holds until a person confirms or lifts it.
    """

    ACCUSED = "accused"
    CONCEALING = "concealing"
    LEAKING = "leaking"
    CLOSE = "close"
    DECLARED = "declared"
    MATCH = "match"
    BODY = "body"
    COLLUSION = "collusion"


PERSONAL = (Ground.ACCUSED, Ground.CONCEALING, Ground.LEAKING, Ground.CLOSE, Ground.DECLARED)
"""Grounds that name a person; the others name a unit."""

SPREADING = frozenset({Ground.ACCUSED, Ground.CONCEALING, Ground.LEAKING})
"""Grounds that reach whoever is close to the person named."""


class Unit(NamedTuple):
    """A part of a body, or a body itself; the name is among the words."""

    id: UUID


class Line(NamedTuple):
    """The parent that a unit has had since then; None makes it a body of its own."""

    entry: UUID
    unit: UUID
    parent: UUID | None
    since: datetime


class Employment(NamedTuple):
    """A person works in a unit since then, and until then where it has ended."""

    entry: UUID
    person: UUID
    unit: UUID
    since: datetime
    until: datetime | None


class Held(NamedTuple):
    """The posts that somebody held from one setting of them to the next; `until`: None while they stand."""

    entry: UUID
    person: UUID
    posts: tuple[str, ...]
    since: datetime
    until: datetime | None = None


class Relation(NamedTuple):
    """Two people are close, as somebody declared; it holds both ways until it is withdrawn.

    `said_by`: None for a set-up.
    """

    entry: UUID
    person: UUID
    other: UUID
    at: datetime
    said_by: UUID | None
    withdrawal_asked_by: UUID | None = None
    withdrawn_at: datetime | None = None


class Wall(NamedTuple):
    """A restriction: one person, or one unit with its line, must not see this record.

    `alleged_from`, `alleged_until`: the time that a unit is alleged about; None: not said.
    """

    entry: UUID
    record: UUID
    person: UUID | None
    unit: UUID | None
    ground: str
    alleged_from: datetime | None
    alleged_until: datetime | None
    at: datetime
    lift_asked_by: UUID | None
    lifted: bool


class Walls:
    """Units, employments, posts, relations and restrictions that the entries so far have made."""

    def __init__(self) -> None:
        self.units: dict[UUID, Unit] = {}
        self.lines: dict[UUID, Line] = {}
        self.employments: dict[UUID, Employment] = {}
        self.relations: dict[UUID, Relation] = {}
        self.walls: dict[UUID, Wall] = {}
        self.held: dict[UUID, Held] = {}
        self.contacts: dict[UUID, datetime] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the posts that it ended.

        The SQL twin is register.apply().
        """
        entry, stream, at = header.id, header.stream, header.recorded_at
        match header.kind:
            case Kind.SLOT_ADDED:
                self.contacts[UUID(facts["fallback"])] = at
            case Kind.FALLBACK_SET:
                self.contacts.pop(UUID(facts["was"]), None)
                self.contacts[UUID(facts["fallback"])] = at
            case Kind.POSTS_SET:
                return self._set_posts(entry, stream, tuple(facts["posts"]), at)
            case Kind.UNIT_ADDED | Kind.UNIT_MOVED:
                self.units[stream] = Unit(stream)
                self.lines[entry] = Line(entry, stream, _id(facts["parent"]), at)
            case Kind.EMPLOYED:
                self.employments[entry] = Employment(entry, stream, UUID(facts["unit"]), at, None)
            case Kind.EMPLOYMENT_ENDED:
                ended = UUID(facts["employment"])
                self.employments[ended] = self.employments[ended]._replace(until=at)
            case Kind.RELATION_DECLARED:
                other = UUID(facts["other"])
                self.relations[entry] = Relation(entry, stream, other, at, _id(facts["actor"]))
            case Kind.WITHDRAWAL_ASKED:
                tie = UUID(facts["relation"])
                asked_by = _id(facts["actor"])
                self.relations[tie] = self.relations[tie]._replace(withdrawal_asked_by=asked_by)
            case Kind.RELATION_WITHDRAWN:
                tie = UUID(facts["relation"])
                self.relations[tie] = self.relations[tie]._replace(withdrawn_at=at)
            case Kind.WALLED | Kind.NAME_MATCHED:
                self.walls[entry] = Wall(
                    entry,
                    stream,
                    _id(facts["person"]),
                    _id(facts["unit"]),
                    facts["ground"],
                    _instant(facts["alleged_from"]),
                    _instant(facts["alleged_until"]),
                    at,
                    None,
                    False,
                )
            case Kind.WALL_CONFIRMED:
                wall = UUID(facts["wall"])
                self.walls[wall] = self.walls[wall]._replace(ground=facts["ground"])
            case Kind.LIFT_ASKED:
                wall = UUID(facts["wall"])
                self.walls[wall] = self.walls[wall]._replace(lift_asked_by=_id(facts["actor"]))
            case Kind.WALL_LIFTED:
                wall = UUID(facts["wall"])
                self.walls[wall] = self.walls[wall]._replace(lifted=True)
        return set()

    def _set_posts(
        self, entry: UUID, person: UUID, posts: tuple[str, ...], at: datetime
    ) -> set[UUID]:
        ended = {
            one.entry for one in self.held.values() if one.person == person and one.until is None
        }
        for one in ended:
            self.held[one] = self.held[one]._replace(until=at)
        self.held[entry] = Held(entry, person, posts, at)
        return ended

    def walled_from(self, person: UUID) -> set[UUID]:
        """The records that a person must not see; the SQL twin is register.walled_from()."""
        close, places = self._close_to(person), tuple(self._places(person))
        return {wall.record for wall in self._standing() if _reaches(wall, person, close, places)}

    def _standing(self) -> Iterator[Wall]:
        return (wall for wall in self.walls.values() if not wall.lifted)

    def _close_to(self, person: UUID) -> set[UUID]:
        """A tie that was declared since they are the outside contact does not count; one before does."""
        ties = [tie for tie in self.relations.values() if tie.withdrawn_at is None]
        since = self.contacts.get(person)
        if since is not None:
            ties = [tie for tie in ties if tie.at < since]
        close = {tie.other for tie in ties if tie.person == person}
        return close | {tie.person for tie in ties if tie.other == person}

    def _places(self, person: UUID) -> Iterator[Employment]:
        """Each employment, at its own unit, and at all that it ever stood beneath.

        And at all that ever stood beneath it, for the time that they were a manager there.
        """
        for job in self.employments.values():
            if job.person != person:
                continue
            yield from (job._replace(unit=unit) for unit in self._along(job.unit, up=True))
            for managed in self._managed(job):
                yield from (managed._replace(unit=unit) for unit in self._along(job.unit, up=False))

    def _managed(self, job: Employment) -> Iterator[Employment]:
        for one in self.held.values():
            if one.person != job.person or "manager" not in one.posts:
                continue
            since = max(job.since, one.since)
            until = min((end for end in (job.until, one.until) if end), default=None)
            if until is None or since <= until:
                yield job._replace(since=since, until=until)

    def _along(self, unit: UUID, up: bool) -> set[UUID]:
        reached, fresh = {unit}, {unit}
        while fresh:
            steps = ((n.unit, n.parent) if up else (n.parent, n.unit) for n in self.lines.values())
            fresh = {to for start, to in steps if start in fresh and to is not None} - reached
            reached |= fresh
        return reached


def _reaches(wall: Wall, person: UUID, close: set[UUID], places: tuple[Employment, ...]) -> bool:
    if wall.person is not None:
        return wall.person == person or (wall.ground in SPREADING and wall.person in close)
    return any(place.unit == wall.unit and _then(wall, place) for place in places)


def _then(wall: Wall, place: Employment) -> bool:
    """Since it is restricted, or in the period alleged; where none was said, ever."""
    if place.until is None or wall.alleged_from is None or place.until >= wall.at:
        return True
    return place.until >= wall.alleged_from and (
        wall.alleged_until is None or place.since <= wall.alleged_until
    )


def _id(said: str | None) -> UUID | None:
    return UUID(said) if said else None


def _instant(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
