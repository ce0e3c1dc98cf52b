"""Telling, adding, answering: each makes one sealed entry for the register."""

from __future__ import annotations

from uuid import UUID

from heed.core.ports import Chance, Door, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.intake.events import Concern
from heed.register.entry import Recipients, write


def file_concern(
    chance: Chance,
    recipients: Recipients,
    concern: Concern,
    *,
    record: UUID,
    token: bytes,
    door: Door,
    actor: Actor = Actor.REPORTER,
) -> SealedEntry:
    """A concern, as it was told. The same `token` and words record once; other words add to it."""
    return write(
        chance,
        recipients,
        kind=Kind.FILED,
        stream=record,
        actor=actor,
        body=concern.body(),
        claims=_claims(concern),
        token=token,
        lookup=door.lookup,
        door=door,
    )


def _claims(concern: Concern) -> dict[str, object]:
    """What the register must know before it can open anything: who is called, and how soon."""
    claims: dict[str, object] = {"danger": str(concern.danger), "channel": str(concern.channel)}
    return claims | {"young": True} if concern.child == "yes" else claims


def add_words(
    chance: Chance, recipients: Recipients, words: str, *, record: UUID, lookup: bytes, token: bytes
) -> SealedEntry:
    """What a reporter writes when they come back with their code."""
    return write(
        chance,
        recipients,
        kind=Kind.ADDED,
        stream=record,
        actor=Actor.REPORTER,
        body={"words": words},
        token=token,
        lookup=lookup,
    )


def answer(
    chance: Chance, recipients: Recipients, words: str, *, record: UUID, token: bytes
) -> SealedEntry:
    """What a worker writes back; sealed to the thread, read only behind the code.

    Who wrote it is a fact that the database decides; the reporter's receipt says "worker".
    """
    return write(
        chance,
        recipients,
        kind=Kind.ANSWERED,
        stream=record,
        actor=Actor.WORKER,
        body={"words": words},
        token=token,
    )
