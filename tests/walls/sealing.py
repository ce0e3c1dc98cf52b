"""Steps by which a reporter's identity is sealed, asked for, opened and looked at, for tests of its walls."""

import os
from uuid import UUID

from heed.access import commands, identities
from heed.intake.identity import Identity, seal_identity
from heed.register.entry import Recipients
from heed.store.identities import who_told_us
from heed.store.readable import Desk
from tests.walls.bodies import Bodies
from tests.world import CHANCE, Told, World

NAME, REACH = "Marigold Quillfeather", "Ring 07700 900123 before noon."
"""Who told us; stands nowhere else."""


def sealed(world: World, told: Told, name: str = NAME, reach: str = REACH) -> UUID:
    """The reporter says who they are, to be kept apart; the id of that entry."""
    entry = seal_identity(
        CHANCE,
        Recipients(world.public_recipients(told.code).keys),
        Identity(name, reach),
        record=told.record,
        token=os.urandom(32),
        lookup=told.door.lookup,
    )
    world.register("heed_intake").append(entry)
    return entry.id


def told_and_sealed(scene: Bodies) -> UUID:
    """A concern of which who told it is sealed; the lead answers for it."""
    told = scene.world.tell("He waits by the ferry.")
    sealed(scene.world, told)
    scene.world.open()
    return told.record


def asks(scene: Bodies, record: UUID, name: str = "lead") -> UUID:
    entry = identities.ask_who(CHANCE, scene.to, record=record, reason="to warn them")
    scene.act(name, entry)
    return entry.id


def agrees(scene: Bodies, record: UUID, asking: UUID, name: str = "custodian") -> None:
    about = {"record": record, "asking": asking, "reason": "needed"}
    scene.act(name, identities.agree_to_open(CHANCE, scene.to, **about))


def opens(scene: Bodies, record: UUID, asking: UUID, name: str = "overseer") -> UUID:
    about = {"record": record, "asking": asking, "reason": "needed"}
    entry = identities.open_who(CHANCE, scene.to, **about)
    scene.act(name, entry)
    return entry.id


def opens_alone(scene: Bodies, record: UUID, name: str = "lead") -> UUID:
    about = {"record": record, "asking": None, "reason": "their life is in danger"}
    entry = identities.open_who(CHANCE, scene.to, **about)
    scene.act(name, entry)
    return entry.id


def opened_by_two(scene: Bodies, record: UUID, name: str = "lead") -> UUID:
    """Asked for, agreed to by the custodian, and opened by the overseer."""
    asking = asks(scene, record, name)
    agrees(scene, record, asking)
    return opens(scene, record, asking)


def looks(scene: Bodies, record: UUID, name: str = "lead", purpose: str = "identity") -> None:
    person = scene.world.people[name]
    entry = commands.look(CHANCE, scene.to, person=person, records=[record], purpose=purpose)
    scene.act(name, entry)


def reads(scene: Bodies, record: UUID, name: str = "lead") -> list[str]:
    """What a look for who told us shows; raises NoSuchRecord."""
    desk, person = Desk(scene.world.link("heed_office")), scene.world.people[name]
    found = who_told_us(desk, scene.keys[name], person, record, CHANCE, scene.to)
    return [who.name for who in found]


def shown(scene: Bodies, name: str) -> str:
    """Every row of words.identity that this person's own session gives, by the statement itself."""
    with scene.connected(name) as connection:
        return str(connection.execute("SELECT * FROM words.identity").fetchall())
