"""What this process holds: two doors to the database, a key that seals, and no key that opens."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial

from heed.core.ports import Chance, SystemChance
from heed.core.quiet import quiet_log
from heed.office.slowing import Slowing
from heed.register.entry import Recipients
from heed.store.closing import failures
from heed.store.configuration import Configuration, OfficeHand
from heed.store.connection import Link
from heed.store.home import home
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor
from heed.store.watch import Watch


@dataclass(frozen=True)
class Hands:
    """Loaded once a process."""

    configuration: Configuration
    hand: OfficeHand
    desk: Desk
    door: FrontDoor
    watch: Watch
    slowing: Slowing = field(default_factory=Slowing)
    chance: Chance = field(default_factory=SystemChance)

    @property
    def organisation(self) -> Recipients:
        """To whom everything that staff write is sealed."""
        return Recipients({"organisation": self.hand.organisation})


@cache
def hands() -> Hands:
    """The hands of this process; raises ConfigurationWrong with what to mend."""
    place = home()
    hand = OfficeHand.load(place)
    link = Link(hand.database_url, name="heed office")
    return Hands(
        Configuration.load(place),
        hand,
        Desk(link),
        FrontDoor(Link(hand.signin_url, name="heed sign-in")),
        Watch(partial(failures, link, hand.walls), quiet_log("office").warning),
    )
