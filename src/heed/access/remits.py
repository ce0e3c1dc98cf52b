"""Remits: who may read the records of a unit and of what stands beneath it; giving them, looking by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.access.commands import _entry
from heed.access.walls import Walls
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Header, Recipients, write


class Remit(NamedTuple):
    """A person may read the records whose owner works in this unit or beneath it, until it ends.

    `given_by`: None for a set-up.
    """

    entry: UUID
    person: UUID
    unit: UUID
    given_by: UUID | None
    at: datetime
    ended_at: datetime | None


class Remits:
    """Every remit that the entries so far have given, and whose records they reach."""

    def __init__(self) -> None:
        self.remits: dict[UUID, Remit] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the rows that it ended.

        The SQL twin is register.apply_remits().
        """
        ended: set[UUID] = set()
        match header.kind:
            case Kind.REMIT_GIVEN:
                giver = UUID(facts["actor"]) if facts["actor"] else None
                self.remits[header.id] = Remit(
                    header.id, header.stream, UUID(facts["unit"]), giver, header.recorded_at, None
                )
            case Kind.REMIT_ENDED:
                ended = {UUID(facts["remit"])}
            case Kind.LEFT:
                ended = self._standing(header.stream)
            case Kind.POSTS_SET if "administrator" in facts["posts"]:
                ended = self._standing(header.stream)
        for one in ended:
            self.remits[one] = self.remits[one]._replace(ended_at=header.recorded_at)
        return ended

    def owners_read(self, person: UUID, administrator: bool, walls: Walls) -> set[UUID]:
        """Whose records a person's remits reach now; the SQL twin is register.by_remit().

        None of an administrator's, and none of a body that does not employ them.
        """
        parents = _parents(walls)
        jobs = [job for job in walls.employments.values() if job.until is None]
        bodies = {_line(job.unit, parents)[-1] for job in jobs if job.person == person}
        units = {
            self.remits[one].unit
            for one in self._standing(person)
            if not administrator and _line(self.remits[one].unit, parents)[-1] in bodies
        }
        return {job.person for job in jobs if units.intersection(_line(job.unit, parents))}

    def _standing(self, person: UUID) -> set[UUID]:
        return {
            remit.entry
            for remit in self.remits.values()
            if remit.person == person and remit.ended_at is None
        }


def _parents(walls: Walls) -> dict[UUID, UUID | None]:
    """The parent that each unit has now: of its newest line."""
    lines = sorted(walls.lines.values(), key=lambda line: (line.since, line.entry))
    return {line.unit: line.parent for line in lines}


def _line(unit: UUID, parents: dict[UUID, UUID | None]) -> list[UUID]:
    """A unit and all that it stands beneath now, its body last."""
    found = [unit]
    while above := parents.get(found[-1]):
        found.append(above)
    return found


def give_remit(
    chance: Chance, recipients: Recipients, *, person: UUID, unit: UUID, token: bytes | None = None
) -> SealedEntry:
    """From now on a person may read the records of this unit and of what stands beneath it."""
    return _entry(chance, recipients, Kind.REMIT_GIVEN, person, {"unit": str(unit)}, {}, token)


def end_remit(
    chance: Chance, recipients: Recipients, *, person: UUID, remit: UUID, token: bytes | None = None
) -> SealedEntry:
    """They may no longer."""
    return _entry(chance, recipients, Kind.REMIT_ENDED, person, {"remit": str(remit)}, {}, token)


def look_by_remit(
    chance: Chance, recipients: Recipients, *, person: UUID, record: UUID, reason: str
) -> SealedEntry:
    """Ask to see a record by remit, and say why. Words come only after this entry is committed."""
    return write(
        chance,
        recipients,
        kind=Kind.LOOKED,
        stream=person,
        actor=Actor.WORKER,
        body={"reason": reason},
        claims={"records": [str(record)], "purpose": "remit"},
    )
