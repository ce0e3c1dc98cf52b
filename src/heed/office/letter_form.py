"""One letter on its way in, as its form carries it: sealed for this person's session only."""

from __future__ import annotations

from heed.core.ports import Chance
from heed.intake.telling import Telling, open_field, seal_field
from heed.register.vault import derive

_LETTER = b"heed letter form v1"


def seal_letter(telling: Telling, key: bytes, chance: Chance) -> str:
    """The text of the hidden field."""
    return seal_field(key, chance, telling.inside(), _LETTER)


def open_letter(key: bytes, sealed: str) -> Telling:
    """The telling of a hidden field; raises CannotOpen: altered, or of another session."""
    return Telling.of(open_field(key, sealed, _LETTER))


def form_key(web_key: str, session: str) -> bytes:
    """The key for one session's forms, 32 bytes."""
    return derive(bytes.fromhex(web_key), _LETTER + b" " + session.encode())
