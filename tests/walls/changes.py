"""Changes that bear on who may answer for a record, each as one entry and who sends it."""

import os
from datetime import UTC, datetime
from typing import NamedTuple

from heed.access import commands
from heed.access import people as access
from heed.access.walls import Ground
from heed.core.ports import SealedEntry
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from tests.walls.bodies import Bodies
from tests.world import CHANCE


class Change(NamedTuple):
    """An entry, and who sends it."""

    who: str
    entry: SealedEntry


def filing(scene: Bodies) -> Change:
    code = ReturnCode.new(os.urandom)
    entry = intake.file_concern(
        CHANCE,
        scene.world.public_recipients(code),
        Concern(saw="seen"),
        record=code.record,
        token=os.urandom(32),
        door=new_door(CHANCE, code),
    )
    return Change("heed_intake", entry)


def leaving(scene: Bodies, name: str) -> Change:
    return Change("heed_owner", commands.leave(CHANCE, scene.to, person=scene.world.people[name]))


def going_away(scene: Bodies, name: str) -> Change:
    """They say so themselves."""
    return Change(name, access.go_away(CHANCE, scene.to, person=scene.world.people[name]))


def covering(scene: Bodies, name: str, cover: str) -> Change:
    """They go away, and name who stands in."""
    people = scene.world.people
    entry = access.go_away(CHANCE, scene.to, person=people[name], cover=people[cover])
    return Change(name, entry)


def coming_back(scene: Bodies, name: str) -> Change:
    return Change(name, access.come_back(CHANCE, scene.to, person=scene.world.people[name]))


def replacing_contact(scene: Bodies, name: str, by: str = "their admin") -> Change:
    fallback = scene.world.people[name]
    entry = access.set_fallback(CHANCE, scene.to, slot=scene.world.slot, fallback=fallback)
    return Change(by, entry)


def naming(scene: Bodies, who: str, named: str) -> Change:
    entry = commands.wall_person(
        CHANCE,
        scene.to,
        record=scene.records[0],
        person=scene.world.people[named],
        ground=Ground.ACCUSED,
        reason="named",
    )
    return Change(who, entry)


def matching(scene: Bodies, named: str) -> Change:
    """The opener found this name in what was told."""
    entry = commands.wall_match(
        CHANCE,
        scene.to,
        record=scene.records[0],
        person=scene.world.people[named],
        token=os.urandom(32),
    )
    return Change("heed_opener", entry)


def confirming(scene: Bodies, named: str) -> Change:
    """The lead says that the match is right."""
    wall = scene.world.as_owner(
        "SELECT entry FROM facts.wall WHERE person = %s", (scene.world.people[named],)
    )[0][0]
    entry = commands.confirm_wall(
        CHANCE, scene.to, record=scene.records[0], wall=wall, ground=Ground.ACCUSED, reason="so"
    )
    return Change("lead", entry)


def offering(scene: Bodies, taker: str) -> Change:
    person = scene.world.people[taker]
    entry = commands.offer_hand_over(
        CHANCE, scene.to, record=scene.records[0], taker=person, note=""
    )
    return Change("lead", entry)


def accepting(scene: Bodies) -> Change:
    """By the colleague, to whom the lead offered it."""
    scene.act(*offering(scene, "colleague"))
    entry = commands.accept_hand_over(CHANCE, scene.to, record=scene.records[0])
    return Change("colleague", entry)


def declining(scene: Bodies) -> Change:
    """By the lead, who takes the offer back."""
    entry = commands.decline_hand_over(CHANCE, scene.to, record=scene.records[0], reason="")
    return Change("lead", entry)


def wall_off(scene: Bodies, unit: str) -> None:
    scene.act(
        "lead",
        commands.wall_unit(
            CHANCE,
            scene.to,
            record=scene.records[0],
            unit=scene.units[unit],
            ground=Ground.BODY,
            reason="criticised",
        ),
    )


def employing(scene: Bodies, name: str, unit: str) -> Change:
    person, where = scene.world.people[name], scene.units[unit]
    return Change("heed_owner", commands.employ(CHANCE, scene.to, person=person, unit=where))


def moving(scene: Bodies, unit: str, beneath: str) -> Change:
    there = scene.units[beneath]
    entry = commands.move_unit(CHANCE, scene.to, unit=scene.units[unit], parent=there)
    return Change("heed_owner", entry)


def relating(scene: Bodies, one: str, other: str) -> Change:
    people = scene.world.people
    entry = commands.declare_relation(
        CHANCE, scene.to, person=people[one], other=people[other], how="married"
    )
    return Change("heed_owner", entry)


def posting(scene: Bodies, name: str, post: str) -> Change:
    person = scene.world.people[name]
    return Change("heed_owner", commands.set_posts(CHANCE, scene.to, person=person, posts=[post]))


def turning(scene: Bodies, name: str) -> Change:
    entry = commands.add_turn(
        CHANCE,
        scene.to,
        slot=scene.world.slot,
        person=scene.world.people[name],
        starts_at=datetime.now(UTC),
    )
    return Change("heed_owner", entry)


def ask(scene: Bodies, name: str = "overseer") -> None:
    person = scene.world.people[name]
    scene.act(
        name,
        commands.ask_for_content(
            CHANCE, scene.to, person=person, record=scene.records[0], reason="sample"
        ),
    )
