"""What the forms of a referral carry, sealed: before it is opened, and by whoever opened it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from heed.core.ports import Chance
from heed.intake.telling import open_field, seal_field
from heed.public.state import BACK_SECONDS
from heed.register.return_code import ReturnCode
from heed.register.vault import CannotOpen

_UNOPENED = b"heed referral unopened v1"
_HELD = b"heed referral held v1"


@dataclass(frozen=True)
class Unopened:
    """A link that somebody came by (the end of its address), and the seed of the way back, 32 bytes."""

    address: str
    seed: bytes

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        inside = {"address": self.address, "seed": self.seed.hex()}
        return seal_field(key, chance, inside, _UNOPENED)

    @classmethod
    def open(cls, key: bytes, sealed: str) -> Unopened:
        """The link of a hidden field; raises CannotOpen."""
        inside = open_field(key, sealed, _UNOPENED)
        try:
            return cls(str(inside["address"]), bytes.fromhex(inside["seed"]))
        except (KeyError, TypeError, ValueError) as wrong:
            raise CannotOpen("this page is of another version") from wrong


@dataclass(frozen=True)
class Holder:
    """Whoever opened a referral: their way back, the token (32 bytes) of their next answer, their name.

    `noted`: they have the eight words, which no page shows any more. `made`: in seconds since 1970.
    """

    code: ReturnCode
    token: bytes
    name: str = ""
    noted: bool = True
    made: int = field(default_factory=lambda: int(time.time()))

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        inside = {
            "code": self.code.secret.hex(),
            "made": self.made,
            "name": self.name,
            "noted": self.noted,
            "token": self.token.hex(),
        }
        return seal_field(key, chance, inside, _HELD)

    @classmethod
    def open(cls, key: bytes, sealed: str) -> Holder:
        """Whoever sent a hidden field; raises CannotOpen where it is altered, or half an hour old."""
        inside = open_field(key, sealed, _HELD)
        try:
            held = cls(
                ReturnCode(bytes.fromhex(inside["code"])),
                bytes.fromhex(inside["token"]),
                str(inside["name"]),
                inside["noted"] is True,
                int(inside["made"]),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise CannotOpen("this page is of another version") from wrong
        if not 0 <= time.time() - held.made < BACK_SECONDS:
            raise CannotOpen("this page is too old")
        return held
