"""Entries of a reporter who asks again or challenges a decision, and of whoever tells them of it."""

import os
from datetime import date, timedelta
from uuid import UUID

from heed.oversight import asked_commands as commands
from heed.oversight.asked_commands import Verdict
from heed.register.entry import Recipients
from heed.register.vault import SealingKey
from heed.triage.concerned_commands import Choice
from tests.walls.bodies import Bodies, answer
from tests.walls.changes import Change
from tests.walls.naming_people import deciding, looking
from tests.world import CHANCE, Told, World


def reported(scene: Bodies, saw: str = "I saw a bruise") -> Told:
    """A concern whose code is at hand; the lead answers for it, and its words are there."""
    told = scene.world.tell(saw)
    scene.world.open()
    return told


def asking(scene: Bodies, told: Told, *, lookup: bytes | None = None) -> Change:
    entry = commands.ask_again(
        CHANCE,
        scene.world.public_recipients(told.code),
        record=told.record,
        lookup=lookup or told.code.lookup,
        token=os.urandom(32),
    )
    return Change("heed_intake", entry)


def challenging(scene: Bodies, told: Told, telling: UUID) -> Change:
    entry = commands.challenge(
        CHANCE,
        scene.world.public_recipients(told.code),
        record=told.record,
        telling=telling,
        lookup=told.code.lookup,
        token=os.urandom(32),
    )
    return Change("heed_intake", entry)


def telling(scene: Bodies, record: UUID, decision: UUID, who: str = "lead") -> Change:
    entry = commands.tell_reporter(
        CHANCE,
        to_reporter(scene.world, record),
        record=record,
        decision=decision,
        words="We looked at this with care.",
    )
    return Change(who, entry)


def to_reporter(world: World, record: UUID) -> Recipients:
    """The organisation, and whoever holds the code of this record, where there is one."""
    keys = world.as_owner("SELECT public_key FROM register.thread WHERE stream = %s", (record,))
    thread = {"thread": SealingKey(bytes(keys[0][0]))} if keys else {}
    return Recipients(world.office_recipients.keys | thread)


def holding(scene: Bodies, record: UUID, until: date | None, who: str = "lead") -> Change:
    entry = commands.hold_telling(
        CHANCE, scene.to, record=record, until=until, reason="The police ask us to wait."
    )
    return Change(who, entry)


def answering(
    scene: Bodies, record: UUID, challenge: UUID, who: str, verdict: Verdict = Verdict.STANDS
) -> Change:
    entry = commands.answer_challenge(
        CHANCE, scene.to, record=record, challenge=challenge, verdict=verdict, reason="I read it."
    )
    return Change(who, entry)


def says(scene: Bodies, change: Change) -> str:
    """What the register says to it: ACCEPTED, or the SQLSTATE of its refusal."""
    with scene.connected(change.who) as connection:
        return answer(connection, change.entry)


def told_by(scene: Bodies, entry: UUID) -> set[str]:
    """The names of whom this ask, challenge or chase told, as its facts say."""
    rows = scene.world.as_owner(
        "SELECT jsonb_array_elements_text(convert_from(facts, 'UTF8')::jsonb->'told')::uuid"
        " FROM register.entry WHERE id = %s",
        (entry,),
    )
    names = {person: name for name, person in scene.world.people.items()}
    return {names[row[0]] for row in rows}


def decided_and_told(scene: Bodies, told: Told, whom: UUID | None = None) -> tuple[UUID, UUID]:
    """The lead decided that nothing is to be done, and told the reporter: the decision, and the telling."""
    scene.act(*looking(scene, told.record))
    decision = deciding(scene, told.record, whom, Choice.NO_FURTHER_ACTION)
    scene.act(*decision)
    said = telling(scene, told.record, decision.entry.id)
    scene.act(*said)
    return decision.entry.id, said.entry.id


def challenged(scene: Bodies, told: Told, whom: UUID | None = None) -> UUID:
    """The reporter says that this is wrong; the challenge."""
    _, said = decided_and_told(scene, told, whom)
    change = challenging(scene, told, said)
    assert says(scene, change) == "accepted"
    return change.entry.id


def all_of_it(scene: Bodies, record: UUID, decision: UUID) -> None:
    """Of a record whose code nobody kept: told of a decision, held, asked again and challenged."""
    (lookup,) = scene.world.as_owner(
        "SELECT lookup FROM register.thread WHERE stream = %s", (record,)
    )[0]
    said = telling(scene, record, decision)
    scene.act(*said)
    scene.act(*holding(scene, record, date.today() + timedelta(days=30)))
    to = Recipients({"intake": SealingKey(scene.world.intake.public())})
    mine = {"record": record, "lookup": bytes(lookup), "token": os.urandom(32)}
    for press in (
        commands.ask_again(CHANCE, to, **mine),
        commands.challenge(CHANCE, to, telling=said.entry.id, **mine),
    ):
        scene.world.register("heed_intake").append(press)
