"""One letter on its way in: its record, code and door are made with the form, and travel sealed in it."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from uuid import UUID

from heed.core import canonical
from heed.core.ports import Chance, Door, random_id
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import NONCE, CannotOpen, derive, lock_under, unlock_under

_LETTER = b"heed letter form v1"


@dataclass(frozen=True)
class LetterForm:
    """What makes sending twice record once: the same token, record and way back."""

    token: bytes
    record: UUID
    code: ReturnCode
    door: Door

    @classmethod
    def new(cls, chance: Chance) -> LetterForm:
        """For a form that is shown for the first time."""
        code = ReturnCode.new(chance.bytes)
        return cls(chance.bytes(32), random_id(chance.bytes(16)), code, new_door(chance, code))

    def seal(self, key: bytes, chance: Chance) -> str:
        """The text of the hidden field."""
        inside = {
            "code": self.code.secret.hex(),
            "private": self.door.wrapped_private.hex(),
            "public": self.door.public.hex(),
            "record": str(self.record),
            "token": self.token.hex(),
        }
        sealed = lock_under(key, chance.bytes(NONCE), canonical.dumps(inside), _LETTER)
        return base64.b64encode(sealed).decode()

    @classmethod
    def open(cls, key: bytes, sealed: str) -> LetterForm:
        """The form of a hidden field; raises CannotOpen: altered, or of another session."""
        try:
            locked = base64.b64decode(sealed, validate=True)
            inside = canonical.loads(unlock_under(key, locked, _LETTER))
            code = ReturnCode(bytes.fromhex(inside["code"]))
            door = Door(
                code.lookup, bytes.fromhex(inside["public"]), bytes.fromhex(inside["private"])
            )
            return cls(bytes.fromhex(inside["token"]), UUID(inside["record"]), code, door)
        except (ValueError, KeyError, TypeError) as wrong:
            raise CannotOpen("this form does not open") from wrong


def form_key(web_key: str, session: str) -> bytes:
    """The key for one session's forms, 32 bytes."""
    return derive(bytes.fromhex(web_key), _LETTER + b" " + session.encode())
