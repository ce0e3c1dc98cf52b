"""What is written where somebody must be told, or called, because nobody has acted."""

from __future__ import annotations

from uuid import UUID

from heed.access.commands import once
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write


def chase(chance: Chance, recipients: Recipients, *, record: UUID, days: int) -> SealedEntry:
    """This record has waited for so many working days. Whom that is told to, the database decides."""
    return write(
        chance,
        recipients,
        kind=Kind.CHASED,
        stream=record,
        actor=Actor.SWEEP,
        body={},
        claims={"days": days},
        token=None,
    )


def call_out(chance: Chance, recipients: Recipients, *, record: UUID) -> SealedEntry:
    """Somebody is called about this record. Whom, and whether it is time, the database decides."""
    return write(
        chance,
        recipients,
        kind=Kind.CALL_OUT,
        stream=record,
        actor=Actor.SWEEP,
        body={},
        claims={},
        token=None,
    )


def answer_call(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    call: UUID | None = None,
    message: str = "",
    token: bytes | None = None,
) -> SealedEntry:
    """Whoever was called has it: named by the call, where they are signed in, or by their message's token."""
    claims: dict[str, object] = {"call": str(call)} if call else {"token": message}
    return write(
        chance,
        recipients,
        kind=Kind.CALL_ANSWERED,
        stream=record,
        actor=Actor.WORKER,
        body={},
        claims=claims,
        token=once(token, record, claims),
    )
