"""What this process holds: keys that seal, a door that files, and where proofs are read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from heed.core.ports import SystemChance
from heed.register.vault import SealingKey
from heed.store.configuration import Configuration, PublicHand
from heed.store.connection import Link
from heed.store.home import home
from heed.store.receiving import Receiving
from heed.store.spool import Spool


@dataclass(frozen=True)
class Hands:
    """Loaded once a process."""

    configuration: Configuration
    hand: PublicHand
    chance: SystemChance
    link: Link
    receiving: Receiving
    spool: Spool

    @property
    def intake(self) -> dict[str, SealingKey]:
        """To whom every filing is sealed."""
        return {"intake": self.hand.intake}


@cache
def hands() -> Hands:
    """The hands of this process; raises ConfigurationWrong with what to mend."""
    place = home()
    configuration = Configuration.load(place)
    hand = PublicHand.load(place, configuration.origin)
    link = Link(hand.database_url, patience=2.0, name="heed public")
    spool = Spool(hand.spool)
    return Hands(configuration, hand, SystemChance(), link, Receiving(link, spool), spool)
