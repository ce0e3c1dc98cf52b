"""One letter on its way in, as its form carries it: sealed for this person's session only."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.core.ports import Chance, random_id
from heed.intake.events import Concern
from heed.intake.telling import Telling, open_field, seal_field
from heed.register.vault import NONCE, CannotOpen, derive, lock_under, unlock_under


class Sheet(NamedTuple):
    """The draft of one form: its id, which two windows may share, and which version this one has seen."""

    draft: UUID
    seen: datetime | None = None

    @classmethod
    def new(cls, chance: Chance) -> Sheet:
        """For a form that is shown empty: nothing is kept of it yet."""
        return cls(random_id(chance.bytes(16)))


class Typed(NamedTuple):
    """What was typed into a form and kept."""

    sheet: Sheet
    concern: Concern


_LETTER = b"heed letter form v1"
_DRAFT = b"heed draft v1"


def seal_letter(telling: Telling, key: bytes, chance: Chance) -> str:
    """The text of the hidden field."""
    return seal_field(key, chance, telling.inside(), _LETTER)


def open_letter(key: bytes, sealed: str) -> Telling:
    """The telling of a hidden field; raises CannotOpen: altered, or of another session."""
    return Telling.of(open_field(key, sealed, _LETTER))


def form_key(web_key: str, session: str) -> bytes:
    """The key for one session's forms, 32 bytes."""
    return derive(bytes.fromhex(web_key), _LETTER + b" " + session.encode())


def seal_draft(concern: Concern, web_key: str, person: UUID, chance: Chance) -> bytes:
    """The words as the database holds them: this office alone opens them, for this person alone."""
    words = json.dumps(concern.body()).encode()
    return lock_under(_draft_key(web_key, person), chance.bytes(NONCE), words, _DRAFT)


def open_draft(sealed: bytes, web_key: str, person: UUID) -> Concern | None:
    """The words of a draft; None where another key or another person's sealed it."""
    try:
        words = json.loads(unlock_under(_draft_key(web_key, person), sealed, _DRAFT))
        return Concern.from_body(words)
    except (CannotOpen, ValueError, TypeError):
        return None


def _draft_key(web_key: str, person: UUID) -> bytes:
    return derive(bytes.fromhex(web_key), _DRAFT + b" " + person.bytes)
