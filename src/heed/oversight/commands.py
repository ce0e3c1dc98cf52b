"""What the sweep writes: that a record waits, and that the next person was told."""

from __future__ import annotations

from uuid import UUID

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
