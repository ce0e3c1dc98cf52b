"""Entries about adults in a position of trust, and of a second person."""

from uuid import UUID

from heed.access import asking
from heed.access import commands as access
from heed.core.vocabulary import Danger
from heed.triage import trust_commands as commands
from heed.triage.concerned_commands import Choice
from heed.triage.trust_commands import Agreement
from tests.walls.bodies import Bodies
from tests.walls.changes import Change
from tests.walls.naming_people import an_adult, deciding, looking
from tests.world import CHANCE, Told

SAID = {
    "harmed": "no",
    "offence": "unknown",
    "risk": "yes",
    "unsuitable": "no",
    "works": "yes",
    "employer": "not told",
}


def harm_answered(scene: Bodies, record: UUID, concerned: UUID, **said: str) -> Change:
    words = {"where": "a swimming club", "why": "the police ask us to wait"}
    about = {"record": record, "concerned": concerned}
    return Change("lead", commands.answer_harm(CHANCE, scene.to, SAID | said, words, **about))


def seconding(
    scene: Bodies, record: UUID, decision: UUID, who: str, says: Agreement = Agreement.AGREED
) -> Change:
    entry = commands.second(
        CHANCE, scene.to, record=record, decision=decision, agreement=says, reason="I read it."
    )
    return Change(who, entry)


def read_by(scene: Bodies, record: UUID, name: str = "colleague") -> None:
    """The lead lets a colleague read it, who does."""
    person = scene.world.people[name]
    given = asking.give_access(CHANCE, scene.to, record=record, person=person, reason="a second")
    scene.act("lead", given)
    read_again(scene, record, name)


def read_again(scene: Bodies, record: UUID, name: str = "colleague") -> None:
    """A colleague who was let in opens it once more."""
    person = scene.world.people[name]
    look = access.look(CHANCE, scene.to, person=person, records=[record], purpose="granted")
    scene.act(name, look)


def nothing_in_danger(scene: Bodies) -> tuple[Told, UUID]:
    """Where nobody is named the lead decided that nothing is done, in danger; it waits."""
    told = scene.world.tell("He has a knife", danger=Danger.YES)
    scene.world.open()
    scene.act(*looking(scene, told.record))
    made = deciding(scene, told.record, None, Choice.NO_FURTHER_ACTION)
    scene.act(*made)
    return told, made.entry.id


def a_coach_decided(scene: Bodies, record: UUID, choice: Choice) -> tuple[UUID, UUID]:
    """An adult in a position of trust, for whom the lead decided so: who, and the decision."""
    scene.act(*looking(scene, record))
    coach = an_adult(scene, record)
    scene.act(*coach)
    made = deciding(scene, record, coach.entry.id, choice)
    scene.act(*made)
    return coach.entry.id, made.entry.id
