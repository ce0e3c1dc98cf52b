"""Who told us, where they ask to stay unknown: sealed apart from what they told, and never part of it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from uuid import UUID

from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write


class Keep(StrEnum):
    """What who told us wants done with their name; a blank is never taken for leave to show it."""

    APART = "apart"
    SHOWN = "shown"


class WhySealed(StrEnum):
    """Why who told us is sealed; it is itself among what is sealed."""

    ASKED = "asked"
    WHISTLE = "whistle"


@dataclass(frozen=True)
class Identity:
    """Who told us, as they said it: a name, how to reach them safely, and why it is sealed."""

    name: str = ""
    reach: str = ""
    ground: str = WhySealed.ASKED

    @property
    def said(self) -> bool:
        """Whether there is anything to seal."""
        return bool(self.name.strip() or self.reach.strip())

    def body(self) -> dict[str, Any]:
        """The words as an entry's body."""
        return {name: str(getattr(self, name)) for name in FIELDS}

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Identity:
        """The words of a body; a field that is not there, or is no text, is blank."""
        return cls(**{name: said for name in FIELDS if isinstance(said := body.get(name, ""), str)})


FIELDS = tuple(field.name for field in fields(Identity))
"""The names of an identity's words, in order."""


def seal_identity(
    chance: Chance,
    recipients: Recipients,
    identity: Identity,
    *,
    record: UUID,
    token: bytes,
    lookup: bytes | None = None,
    actor: Actor = Actor.REPORTER,
) -> SealedEntry:
    """Who told us, as an entry of its own; sealed to the organisation only, never to the code.

    `lookup` of the reporter's code where they send it themselves. The same `token` and words record
    once.
    """
    return write(
        chance,
        Recipients(recipients.keys),
        kind=Kind.IDENTITY_SEALED,
        stream=record,
        actor=actor,
        body=identity.body(),
        token=token,
        lookup=lookup,
    )
