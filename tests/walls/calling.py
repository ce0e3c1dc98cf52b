"""A register on which people can be called: telephones, a clock that is set, a post that keeps all."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from heed.access import people
from heed.core.ports import Message, NotSent
from heed.loops.call import CallOuts
from heed.loops.send import Sender
from heed.oversight.commands import answer_call
from heed.store.configuration import Configuration
from tests.walls.bodies import Bodies
from tests.world import CHANCE

NUMBERS = {
    "lead": "07700900101",
    "colleague": "07700900102",
    "third": "07700900103",
    "contact": "07700900104",
    "overseer": "07700900105",
}


@dataclass
class Kept:
    """A post that keeps what it is given, or fails as it is told."""

    came: list[Message] = field(default_factory=list)
    fails: dict[str, NotSent] = field(default_factory=dict)

    def send(self, message: Message) -> None:
        """Keep it, or raise what its address is to be refused with."""
        if message.to in self.fails:
            raise self.fails[message.to]
        self.came.append(message)


def address(name: str) -> str:
    return f"{NUMBERS[name]}@sms.example.org"


def reachable(scene: Bodies, *names: str, email: bool = False) -> None:
    """These people have a telephone; and an address, where asked."""
    for name in names or NUMBERS:
        entry = people.set_reach(
            CHANCE,
            scene.to,
            person=scene.world.people[name],
            telephone=NUMBERS[name],
            email=f"{name}@example.org" if email else "",
        )
        scene.world.register().append(entry)


def caller(scene: Bodies) -> CallOuts:
    return CallOuts(scene.world.link("heed_sweep"), scene.to)


def sender(scene: Bodies, post: Kept) -> Sender:
    return Sender(scene.world.link("heed_sweep"), post, Configuration())


def later(scene: Bodies, minutes: float) -> None:
    """The demonstration's clock: so many minutes after what it says in truth."""
    scene.without(
        "DELETE FROM machinery.clock",
        f"INSERT INTO machinery.clock (shift) VALUES ('{minutes * 60} s')",
    )


def called(scene: Bodies, record: UUID) -> list[str]:
    """Who was called about it, in order."""
    names = {person: name for name, person in scene.world.people.items()}
    rows = scene.world.as_owner(
        "SELECT person FROM facts.call_out WHERE record = %s ORDER BY version", (record,)
    )
    return [names[row[0]] for row in rows]


def whys(scene: Bodies, record: UUID) -> list[str]:
    rows = scene.world.as_owner(
        "SELECT why FROM facts.call_out WHERE record = %s ORDER BY version", (record,)
    )
    return [row[0] for row in rows]


def newest(scene: Bodies, record: UUID) -> tuple[UUID, str, datetime]:
    """The last call: its entry, the token of its message, and when."""
    (row,) = scene.world.as_owner(
        "SELECT c.entry, m.token, c.at FROM facts.call_out c JOIN machinery.message m USING (entry)"
        " WHERE c.record = %s ORDER BY c.version DESC LIMIT 1",
        (record,),
    )
    return row


def say(scene: Bodies, name: str, record: UUID) -> None:
    """This person says "I have this" to the newest call."""
    call, _, _ = newest(scene, record)
    scene.act(name, answer_call(CHANCE, scene.to, record=record, call=call))
