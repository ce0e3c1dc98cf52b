"""Which body a unit or a person belongs to, and whom an administrator may set up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from heed.office.guard import Who
from heed.office.hands import hands
from heed.store import staff
from heed.store.staff import Colleague, Part

NO_NAME = "Name not here yet"
"""Shown until the opener has brought a name, within a second of its entry."""


class Branch(NamedTuple):
    """A unit in its tree: `depth` 0 is a body; `line` names it and all above it; `own`: ours to change."""

    id: UUID
    name: str
    line: str
    depth: int
    own: bool


class Bodies:
    """Everybody and every unit, as they stand now, to the eyes of one reader.

    The database decides who may change what (register.check_administers); this only says which
    buttons would work.
    """

    def __init__(self, reader: UUID, people: Sequence[Colleague], parts: Sequence[Part]) -> None:
        self.people = {one.id: one for one in people}
        self.reader = reader
        self._parts = {part.id: part for part in parts}
        self._children: dict[UUID | None, list[Part]] = {}
        for part in parts:
            self._children.setdefault(part.parent, []).append(part)
        mine = self.people.get(reader)
        self._own = self.bodies_of(mine) if mine else set()

    @classmethod
    def seen_by(cls, who: Who) -> Bodies:
        """As the database gives them to whoever is signed in."""
        desk = hands().desk
        return cls(who.reader.id, staff.people(desk, who.key), staff.units(desk, who.key))

    def body_of(self, unit: UUID) -> UUID:
        """The top of a unit's tree."""
        return self._above(unit)[-1].id

    def bodies_of(self, person: Colleague) -> set[UUID]:
        """The bodies that employ a person now."""
        return {self.body_of(unit) for unit in person.units}

    def may_set_up(self, person: Colleague) -> bool:
        """Whether the reader's buttons would work on this person."""
        return person.active and person.id != self.reader and self.bodies_of(person) <= self._own

    def is_here(self, person: Colleague) -> bool:
        """Whether somebody can be accountable at all: works here, is not away, no administrator."""
        return person.active and person.away_since is None and "administrator" not in person.posts

    def takes_work(self, person: Colleague) -> bool:
        """Whether somebody may be given a record or a duty: is here, and has a way to sign in."""
        return self.is_here(person) and person.signs_in

    def name(self, person: UUID | None) -> str:
        """A person's name."""
        known = self.people.get(person) if person else None
        return (known.name if known else "") or NO_NAME

    def unit_name(self, unit: UUID | None) -> str:
        """A unit's name with all above it, nearest first."""
        return ", ".join(part.name or NO_NAME for part in self._above(unit)) if unit else ""

    def tree(self) -> list[Branch]:
        """Every unit, each body first, then what stands beneath it."""
        return list(self._beneath(None, 0))

    def beneath(self, unit: UUID) -> set[UUID]:
        """A unit and all that stand beneath it."""
        return {unit} | {place.id for place in self._beneath(unit, 0)}

    def own_units(self) -> list[Branch]:
        """The units of the reader's own bodies."""
        return [place for place in self.tree() if place.own]

    def _above(self, unit: UUID) -> list[Part]:
        part = self._parts[unit]
        line = [part]
        while part.parent is not None:
            part = self._parts[part.parent]
            line.append(part)
        return line

    def _beneath(self, parent: UUID | None, depth: int) -> Iterator[Branch]:
        for part in self._children.get(parent, ()):
            own = self.body_of(part.id) in self._own
            yield Branch(part.id, part.name or NO_NAME, self.unit_name(part.id), depth, own)
            yield from self._beneath(part.id, depth + 1)
