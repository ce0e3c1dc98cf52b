"""One telling on its way in: what makes sending it twice record it once travels sealed with its form."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from heed.core.ports import Chance, Door
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import NONCE, CannotOpen, lock_under, unlock_under


@dataclass(frozen=True)
class Telling:
    """Made with the form, before any word: idempotency token, return code, and the way back."""

    token: bytes
    code: ReturnCode
    door: Door

    @classmethod
    def new(cls, chance: Chance) -> Telling:
        """For a form that is shown for the first time."""
        code = ReturnCode.new(chance.bytes)
        return cls(chance.bytes(32), code, new_door(chance, code))

    @property
    def record(self) -> UUID:
        """The record that this telling opens."""
        return self.code.record

    def inside(self) -> dict[str, Any]:
        """As canonical JSON can hold it."""
        return {
            "code": self.code.secret.hex(),
            "private": self.door.wrapped_private.hex(),
            "public": base64.b64encode(self.door.public).decode(),
            "token": self.token.hex(),
        }

    @classmethod
    def of(cls, inside: dict[str, Any]) -> Telling:
        """From what `inside` gave; raises CannotOpen for another version's."""
        try:
            code = ReturnCode(bytes.fromhex(inside["code"]))
            public = base64.b64decode(inside["public"], validate=True)
            door = Door(code.lookup, public, bytes.fromhex(inside["private"]))
            return cls(bytes.fromhex(inside["token"]), code, door)
        except (KeyError, ValueError, TypeError) as wrong:
            raise CannotOpen("this form is of another version") from wrong


def seal_field(key: bytes, chance: Chance, inside: dict[str, Any], label: bytes) -> str:
    """The text of a hidden field that only this server can read; `label` keeps kinds apart."""
    plain = json.dumps(inside, ensure_ascii=False, separators=(",", ":")).encode()
    # The URL's alphabet: a form sends it as it is, without a third more for its escapes.
    return base64.urlsafe_b64encode(lock_under(key, chance.bytes(NONCE), plain, label)).decode()


def open_field(key: bytes, sealed: str, label: bytes) -> dict[str, Any]:
    """What a hidden field holds; raises CannotOpen where it was altered, or is not ours."""
    try:
        locked = base64.b64decode(sealed, altchars=b"-_", validate=True)
        inside = json.loads(unlock_under(key, locked, label))
    except ValueError as wrong:
        raise CannotOpen("this form does not open") from wrong
    if not isinstance(inside, dict):
        raise CannotOpen("this form does not open")
    return inside
