"""What a form carries between its pages: sealed, and kept by nobody but the person who fills it in."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from heed.core.ports import Chance
from heed.intake.events import Concern
from heed.intake.identity import Identity, Keep
from heed.intake.telling import Telling, open_field, seal_field
from heed.register.return_code import ReturnCode
from heed.register.vault import CannotOpen

_FORM = b"heed form v1"
_BACK = b"heed way back v1"
BACK_SECONDS = 30 * 60
"""How long a page behind the code stays usable on a phone that somebody else may pick up."""


@dataclass(frozen=True)
class FormState:
    """A telling, and the answers so far. `keep` says what is done with who tells: Keep, or blank."""

    telling: Telling
    concern: Concern = field(default_factory=Concern)
    identity: Identity = field(default_factory=Identity)
    keep: str = ""

    @classmethod
    def new(cls, chance: Chance) -> FormState:
        """A fresh form."""
        return cls(Telling.new(chance))

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        answers = {
            "body": self.concern.body(),
            "identity": self.identity.body(),
            "keep": self.keep,
        }
        return seal_field(key, chance, self.telling.inside() | answers, _FORM)

    @classmethod
    def open(cls, key: bytes, sealed: str) -> FormState:
        """The state of a hidden field; raises CannotOpen."""
        inside = open_field(key, sealed, _FORM)
        identity = Identity.from_body(inside.get("identity", {}))
        concern = Concern.from_body(inside["body"])
        return cls(Telling.of(inside), concern, identity, inside.get("keep", ""))

    def told(self, **words: str) -> FormState:
        """The same form with these answers."""
        return replace(self, concern=Concern.from_body(self.concern.body() | words))

    def identified(self, **words: str) -> FormState:
        """The same form with these answers to who tells."""
        keep = words.pop("keep", self.keep)
        identity = Identity.from_body(self.identity.body() | words)
        return replace(self, identity=identity, keep=keep if keep in set(Keep) else "")

    @property
    def filed(self) -> Concern:
        """The concern as it is filed: who tells stands in it only where they chose that."""
        if self.keep != Keep.SHOWN:
            return self.concern
        said = (self.identity.name, self.identity.reach)
        return replace(self.concern, sender="\n".join(words for words in said if words.strip()))

    @property
    def sealed(self) -> Identity | None:
        """Who tells, where it is sealed apart: whenever something is said and leave to show it is not."""
        apart = self.identity.said and self.keep != Keep.SHOWN
        return self.identity if apart else None


@dataclass(frozen=True)
class WayBack:
    """A code that was just given, so that the page behind it need not ask again for half an hour.

    `token`: 32 bytes, of the next addition. `checked`: the record, or a filing in the spool, knows
    the code. `promise`: the signed promise of a filing that was just made, else empty. `noted`: its
    holder has the code; until they say so, every page that follows shows it again. `made`: when the
    code was given, in seconds since 1970; what is made of one way back keeps it.
    """

    code: ReturnCode
    token: bytes
    checked: bool = False
    promise: str = ""
    noted: bool = True
    made: int = field(default_factory=lambda: int(time.time()))

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        inside = {
            "checked": self.checked,
            "code": self.code.secret.hex(),
            "made": self.made,
            "noted": self.noted,
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
                inside["noted"] is True,
                int(inside["made"]),
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise CannotOpen("this page is of another version") from wrong
        if not 0 <= time.time() - way.made < BACK_SECONDS:
            raise CannotOpen("this page is too old")
        return way
