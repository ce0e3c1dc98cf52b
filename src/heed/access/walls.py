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
    """Units, employments, relations and restrictions that the entries so far have made."""

    def __init__(self) -> None:
        self.units: dict[UUID, Unit] = {}
        self.lines: dict[UUID, Line] = {}
        self.employments: dict[UUID, Employment] = {}
        self.relations: dict[UUID, Relation] = {}
        self.walls: dict[UUID, Wall] = {}
        self.contacts: set[UUID] = set()

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply()."""
        entry, stream, at = header.id, header.stream, header.recorded_at
        match header.kind:
            case Kind.SLOT_ADDED:
                self.contacts.add(UUID(facts["fallback"]))
            case Kind.FALLBACK_SET:
                self.contacts.discard(UUID(facts["was"]))
                self.contacts.add(UUID(facts["fallback"]))
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

    def walled_from(self, person: UUID, manager: bool) -> set[UUID]:
        """The records that a person must not see; the SQL twin is register.walled_from().

        A declared tie does not reach an outside contact, who must be named.
        """
        ties = [tie for tie in self.relations.values() if tie.withdrawn_at is None]
        close = {tie.other for tie in ties if tie.person == person}
        close |= {tie.person for tie in ties if tie.other == person}
        if person in self.contacts:
            close = set()
        places = tuple(self._places(person, manager))
        return {wall.record for wall in self._standing() if _reaches(wall, person, close, places)}

    def _standing(self) -> Iterator[Wall]:
        return (wall for wall in self.walls.values() if not wall.lifted)

    def _places(self, person: UUID, manager: bool) -> Iterator[Employment]:
        """Each employment, at its own unit, at all that it ever stood beneath, and what a manager is over."""
        for job in self.employments.values():
            if job.person != person:
                continue
            reached = self._along(job.unit, up=True)
            if manager:
                reached |= self._along(job.unit, up=False)
            yield from (job._replace(unit=unit) for unit in reached)

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
    """Now, or in the period alleged; where none was said, ever."""
    if place.until is None or wall.alleged_from is None:
        return True
    return place.until >= wall.alleged_from and (
        wall.alleged_until is None or place.since <= wall.alleged_until
    )


def _id(said: str | None) -> UUID | None:
    return UUID(said) if said else None


def _instant(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
