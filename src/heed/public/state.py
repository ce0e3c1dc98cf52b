"""What a form carries between its pages: sealed, and kept by nobody but the person who fills it in."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from heed.core.ports import Chance
from heed.intake.events import Concern
from heed.intake.telling import Telling, open_field, seal_field
from heed.register.return_code import ReturnCode
from heed.register.vault import CannotOpen

_FORM = b"heed form v1"
_BACK = b"heed way back v1"
BACK_SECONDS = 30 * 60
"""How long a page behind the code stays usable on a phone that somebody else may pick up."""


@dataclass(frozen=True)
class FormState:
    """A telling, and the answers so far."""

    telling: Telling
    concern: Concern = field(default_factory=Concern)

    @classmethod
    def new(cls, chance: Chance) -> FormState:
        """A fresh form."""
        return cls(Telling.new(chance))

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        return seal_field(key, chance, self.telling.inside() | {"body": self.concern.body()}, _FORM)

    @classmethod
    def open(cls, key: bytes, sealed: str) -> FormState:
        """The state of a hidden field; raises CannotOpen."""
        inside = open_field(key, sealed, _FORM)
        return cls(Telling.of(inside), Concern.from_body(inside["body"]))

    def told(self, **words: str) -> FormState:
        """The same form with these answers."""
        return replace(self, concern=Concern.from_body(self.concern.body() | words))


@dataclass(frozen=True)
class WayBack:
    """A code that was just given, so that the page behind it need not ask again for half an hour.

    `token`: 32 bytes, of the next addition. `checked`: the record, or a filing in the spool, knows
    the code. `promise`: the signed promise of a filing that was just made, else empty. `made`: when
    the code was given, in seconds since 1970; what is made of one way back keeps it.
    """

    code: ReturnCode
    token: bytes
    checked: bool = False
    promise: str = ""
    made: int = field(default_factory=lambda: int(time.time()))

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        inside = {
            "checked": self.checked,
            "code": self.code.secret.hex(),
            "made": self.made,
            "promise": self.promise,
            "token": self.token.hex(),
        }
        return seal_field(key, chance, inside, _BACK)

    @classmethod
    def open(cls, key: bytes, sealed: str) -> WayBack:
        """The code of a hidden field; raises CannotOpen when it is altered or old."""
        inside = open_field(key, sealed, _BACK)
        try:
            way = cls(
                ReturnCode(bytes.fromhex(inside["code"])),
                bytes.fromhex(inside["token"]),
                inside["checked"] is True,
                inside["promise"],
                int(inside["made"]),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise CannotOpen("this page is of another version") from wrong
        if not 0 <= time.time() - way.made < BACK_SECONDS:
            raise CannotOpen("this page is too old")
        return way
