"""Letters that come in, and reading, sorting and overseeing them."""

from typing import Any
from uuid import UUID

from heed.access import commands
from heed.core.vocabulary import Actor, Channel, Danger, Kind
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from tests.walls.bodies import Bodies
from tests.walls.refusals import Asked, told
from tests.world import CHANCE, Told

DECIDE = "register.decide_sorting(uuid,text,jsonb,timestamp with time zone,uuid)"
SAMPLED = "register.is_sampled(uuid,text,text)"
NOT_ONE = {"outcome": "not one", "reason": "thanks", "copy_of": None}
CONCERN = {"outcome": "concern", "reason": None, "copy_of": None}


def look(scene: Bodies, name: str, *records: UUID, purpose: str = "own queue") -> None:
    person = scene.world.people[name]
    scene.act(
        name, commands.look(CHANCE, scene.to, person=person, records=records, purpose=purpose)
    )


def oversee(scene: Bodies, name: str, record: UUID) -> None:
    person = scene.world.people[name]
    asks = commands.ask_for_content(
        CHANCE, scene.to, person=person, record=record, reason="sampled"
    )
    scene.act(name, asks)
    look(scene, name, record, purpose="oversight")


def tell(scene: Bodies, words: str = "the ferry was late", **more: Any) -> Told:
    made = scene.world.tell("" if "told" in more else words, **more)
    scene.world.open()
    return made


def add(scene: Bodies, made: Told) -> None:
    entry = intake.add_words(
        CHANCE,
        scene.world.public_recipients(made.code),
        "and there is more",
        record=made.record,
        lookup=made.door.lookup,
        token=CHANCE.bytes(32),
    )
    scene.world.register("heed_intake").append(entry)
    scene.world.open()


def put_aside(scene: Bodies, record: UUID, **claims: Any) -> tuple[Any, ...]:
    look(scene, "lead", record)
    return told(scene, Asked("lead", Kind.SORTED, record, NOT_ONE | claims))


def aside(scene: Bodies) -> set[UUID]:
    rows = scene.world.as_owner("SELECT id FROM facts.record WHERE aside_at IS NOT NULL")
    return {row[0] for row in rows}


def samples(scene: Bodies) -> list[UUID]:
    return [row[0] for row in scene.world.as_owner("SELECT entry FROM facts.sample ORDER BY at")]


def letter(
    scene: Bodies, danger: Danger = Danger.NO, words: str = "a letter", name: str = "lead"
) -> UUID:
    """Put in by the lead, or by whom else."""
    code = ReturnCode.new(CHANCE.bytes)
    entry = intake.file_concern(
        CHANCE,
        Recipients(scene.to.keys, code.key),
        Concern(told=words, channel=Channel.LETTER, danger=danger),
        record=code.record,
        token=CHANCE.bytes(32),
        door=new_door(CHANCE, code),
        actor=Actor.WORKER,
    )
    scene.act(name, entry)
    scene.world.open()
    return code.record
