"""What a form carries between its pages: sealed, and kept by nobody but the person who fills it in."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field, replace
from uuid import UUID

from heed.core import canonical
from heed.core.ports import Chance, Door, random_id
from heed.intake.events import Concern
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import NONCE, CannotOpen, lock_under, unlock_under

_FORM = b"heed form v1"
_BACK = b"heed way back v1"
BACK_SECONDS = 30 * 60
"""How long a page behind the code stays usable on a phone that somebody else may pick up."""


@dataclass(frozen=True)
class FormState:
    """One telling: its record, code, door and token are made with the form, before any word."""

    token: bytes
    record: UUID
    code: ReturnCode
    door: Door
    concern: Concern = field(default_factory=Concern)

    @classmethod
    def new(cls, chance: Chance) -> FormState:
        """A fresh form."""
        code = ReturnCode.new(chance.bytes)
        return cls(chance.bytes(32), random_id(chance.bytes(16)), code, new_door(chance, code))

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        inside = {
            "body": self.concern.body(),
            "code": self.code.secret.hex(),
            "private": _text(self.door.wrapped_private),
            "public": _text(self.door.public),
            "record": str(self.record),
            "token": self.token.hex(),
        }
        return _seal(key, chance, inside, _FORM)

    @classmethod
    def open(cls, key: bytes, sealed: str) -> FormState:
        """The state of a hidden field; raises CannotOpen."""
        inside = _open(key, sealed, _FORM)
        try:
            code = ReturnCode(bytes.fromhex(inside["code"]))
            return cls(
                token=bytes.fromhex(inside["token"]),
                record=UUID(inside["record"]),
                code=code,
                door=Door(code.lookup, _bytes(inside["public"]), _bytes(inside["private"])),
                concern=Concern.from_body(inside["body"]),
            )
        except (KeyError, ValueError, TypeError) as wrong:
            raise CannotOpen("this form is of another version") from wrong

    def told(self, **words: str) -> FormState:
        """The same form with these answers."""
        body = self.concern.body() | words
        return replace(self, concern=Concern.from_body(body))


@dataclass(frozen=True)
class WayBack:
    """A code that was just given, so that the page behind it need not ask again for half an hour."""

    code: ReturnCode
    token: bytes

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        inside = {
            "code": self.code.secret.hex(),
            "made": int(time.time()),
            "token": self.token.hex(),
        }
        return _seal(key, chance, inside, _BACK)

    @classmethod
    def open(cls, key: bytes, sealed: str) -> WayBack:
        """The code of a hidden field; raises CannotOpen when it is altered or old."""
        inside = _open(key, sealed, _BACK)
        if not 0 <= time.time() - inside["made"] < BACK_SECONDS:
            raise CannotOpen("this page is too old")
        return cls(ReturnCode(bytes.fromhex(inside["code"])), bytes.fromhex(inside["token"]))


def _seal(key: bytes, chance: Chance, inside: dict[str, object], what: bytes) -> str:
    return _text(lock_under(key, chance.bytes(NONCE), canonical.dumps(inside), what))


def _open(key: bytes, sealed: str, what: bytes) -> dict[str, str]:
    try:
        inside = canonical.loads(unlock_under(key, _bytes(sealed), what))
    except ValueError as wrong:
        raise CannotOpen("this form does not open") from wrong
    if not isinstance(inside, dict):
        raise CannotOpen("this form does not open")
    return inside


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
