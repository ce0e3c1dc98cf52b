"""Setting up who is who and who is on duty, and asking to look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from heed.core.ports import Chance, SealedEntry, random_id
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write


def begin(chance: Chance, recipients: Recipients, organisation: str) -> SealedEntry:
    """The first entry: this register is a demonstration. No other kind of register can begin yet."""
    return write(
        chance,
        recipients,
        kind=Kind.BEGUN,
        stream=random_id(chance.bytes(16)),
        actor=Actor.ADMINISTRATOR,
        body={"organisation": organisation},
        claims={"demonstration": True},
    )


def add_person(
    chance: Chance, recipients: Recipients, *, person: UUID, name: str, role: str
) -> SealedEntry:
    """Somebody who can be accountable."""
    return write(
        chance,
        recipients,
        kind=Kind.PERSON_ADDED,
        stream=person,
        actor=Actor.ADMINISTRATOR,
        body={"name": name},
        claims={"role": role},
    )


def add_slot(
    chance: Chance, recipients: Recipients, *, slot: UUID, purpose: str, fallback: UUID
) -> SealedEntry:
    """A duty; `fallback` is the outside contact who holds it when nobody else can."""
    return write(
        chance,
        recipients,
        kind=Kind.SLOT_ADDED,
        stream=slot,
        actor=Actor.ADMINISTRATOR,
        body={},
        claims={"purpose": purpose, "fallback": str(fallback)},
    )


def add_turn(
    chance: Chance, recipients: Recipients, *, slot: UUID, person: UUID, starts_at: datetime
) -> SealedEntry:
    """From `starts_at` this person holds the slot. Turns go by the schedule, never by the case."""
    return write(
        chance,
        recipients,
        kind=Kind.TURN_ADDED,
        stream=slot,
        actor=Actor.ADMINISTRATOR,
        body={},
        claims={"person": str(person), "starts_at": starts_at.isoformat()},
    )


def set_credential(chance: Chance, recipients: Recipients, *, person: UUID) -> SealedEntry:
    """A person's way of signing in was set; the credential itself is not in the record."""
    return write(
        chance,
        recipients,
        kind=Kind.CREDENTIAL_SET,
        stream=person,
        actor=Actor.ADMINISTRATOR,
        body={},
    )


def look(
    chance: Chance, recipients: Recipients, *, person: UUID, records: Sequence[UUID], purpose: str
) -> SealedEntry:
    """Ask to see records. Words come only after this entry is committed."""
    return write(
        chance,
        recipients,
        kind=Kind.LOOKED,
        stream=person,
        actor=Actor.WORKER,
        body={},
        claims={"records": [str(record) for record in records], "purpose": purpose},
    )
