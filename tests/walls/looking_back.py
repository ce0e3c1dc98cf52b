"""Asking what was known, as somebody in a register of two bodies."""

import os
from datetime import date, datetime
from uuid import UUID

from heed.core.vocabulary import Actor, Channel
from heed.intake.commands import file_concern
from heed.intake.events import Concern
from heed.lookback.answer import Question
from heed.lookback.rules import Reading, known_until
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store import lookback, staff
from heed.store.lookback import Asker, Page
from heed.store.readable import Desk
from tests.walls.bodies import Bodies
from tests.walls.changes import Change
from tests.world import CHANCE


def tell(scene: Bodies, saw: str, **words: str) -> UUID:
    record = scene.world.tell(saw, **words).record
    scene.world.open()
    return record


def put_in_late(scene: Bodies, words: str, reached: str) -> UUID:
    """The lead puts in a letter that is said to have reached the office on another day."""
    code = ReturnCode.new(os.urandom)
    scene.act(
        "lead",
        file_concern(
            CHANCE,
            scene.to,
            Concern(told=words, reached=reached, channel=Channel.LETTER),
            record=code.record,
            token=os.urandom(32),
            door=new_door(CHANCE, code),
            actor=Actor.WORKER,
        ),
    )
    scene.world.open()
    return code.record


def change(scene: Bodies, *changes: Change) -> None:
    for who, entry in changes:
        if who.startswith("heed_"):
            scene.world.register(who).append(entry)
        else:
            scene.act(who, entry)


def now(scene: Bodies) -> datetime:
    return staff.now(Desk(scene.world.link("heed_office")), scene.keys["lead"])


def days_pass(scene: Bodies, days: int) -> None:
    """The clock of a demonstration moves on."""
    scene.without(
        f"INSERT INTO machinery.clock AS c VALUES (true, interval '{days} days') "
        f"ON CONFLICT (one) DO UPDATE SET shift = c.shift + interval '{days} days'"
    )


def asker(scene: Bodies, name: str) -> Asker:
    return Asker(scene.keys[name], scene.world.people[name], CHANCE, scene.to)


def asked(
    scene: Bodies, about: str, by: date, name: str = "lead", reading: Reading = Reading.THEN
) -> Page:
    known = known_until(by, reading, now(scene))
    question = Question(by, known, about, reading=reading)
    return lookback.received(Desk(scene.world.link("heed_office")), asker(scene, name), question)


def records(page: Page) -> list[UUID]:
    return [each.record for each in (*page.answer.certain, *page.answer.possible)]
