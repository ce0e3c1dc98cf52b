"""Entries about whom a record is about, what was decided, and joined records."""

from uuid import UUID

from heed.access import commands as access
from heed.triage import concerned_commands as commands
from heed.triage.concerned_commands import Choice, Part, Trust
from tests.walls.bodies import Bodies
from tests.walls.changes import Change
from tests.world import CHANCE


def looking(scene: Bodies, record: UUID, name: str = "lead") -> Change:
    """The owner opens a record."""
    person = scene.world.people[name]
    look = access.look(CHANCE, scene.to, person=person, records=[record], purpose="own queue")
    return Change(name, look)


def a_child(
    scene: Bodies, record: UUID, told: str = "A girl of about 12", concerned: UUID | None = None
) -> Change:
    entry = commands.name_child(
        CHANCE, scene.to, {"name": told}, record=record, concerned=concerned
    )
    return Change("lead", entry)


def an_adult(
    scene: Bodies,
    record: UUID,
    trust: Trust = Trust.YES,
    part: Part = Part.ABOUT,
    concerned: UUID | None = None,
) -> Change:
    entry = commands.name_adult(
        CHANCE,
        scene.to,
        {"name": "The coach"},
        record=record,
        part=part,
        trust=trust,
        concerned=concerned,
    )
    return Change("lead", entry)


def deciding(
    scene: Bodies, record: UUID, concerned: UUID | None, choice: Choice = Choice.REFER
) -> Change:
    entry = commands.decide(
        CHANCE, scene.to, record=record, concerned=concerned, choice=choice, reason="as told"
    )
    return Change("lead", entry)


def joining(scene: Bodies, reason: str = "the same street") -> Change:
    """The second record, a new contact, is about the same child as the first."""
    first, second = scene.records
    return Change(
        "lead", commands.join(CHANCE, scene.to, record=second, other=first, reason=reason)
    )


def parting(scene: Bodies, joined: UUID) -> Change:
    entry = commands.part(CHANCE, scene.to, joined=joined, reason="another child")
    return Change("lead", entry)


def name_and_decide(scene: Bodies, record: UUID) -> UUID:
    """A child in this record, for whom the lead has decided; who it is."""
    child = a_child(scene, record)
    scene.act(*looking(scene, record))
    scene.act(*child)
    scene.act(*deciding(scene, record, child.entry.id))
    return child.entry.id


def counts(scene: Bodies, record: UUID) -> tuple[int, int, int, int]:
    """For how many a decision is wanted, is not made, of whom adults; and decisions for nobody."""
    found: tuple[int, int, int, int] = scene.world.as_owner(
        "SELECT wanted, undecided, undecided_adults, decided_alone FROM facts.record WHERE id = %s",
        (record,),
    )[0]
    return found
