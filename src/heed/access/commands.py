"""Setting up who is who, who is on duty and who must not see what; asking to look; handing over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from heed.access.walls import Ground
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


def _person(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    person: UUID,
    claims: dict[str, object],
    body: dict[str, str] | None = None,
    actor: Actor = Actor.ADMINISTRATOR,
) -> SealedEntry:
    return write(
        chance, recipients, kind=kind, stream=person, actor=actor, body=body or {}, claims=claims
    )


def add_unit(
    chance: Chance, recipients: Recipients, *, unit: UUID, name: str, parent: UUID | None
) -> SealedEntry:
    """A part of a body; without a parent, a body of its own (a partner is one)."""
    return write(
        chance,
        recipients,
        kind=Kind.UNIT_ADDED,
        stream=unit,
        actor=Actor.ADMINISTRATOR,
        body={"name": name},
        claims={"parent": str(parent) if parent else None},
    )


def move_unit(
    chance: Chance, recipients: Recipients, *, unit: UUID, parent: UUID | None
) -> SealedEntry:
    """A reorganisation: from now on the unit stands beneath another. What it was stays known."""
    return write(
        chance,
        recipients,
        kind=Kind.UNIT_MOVED,
        stream=unit,
        actor=Actor.ADMINISTRATOR,
        body={},
        claims={"parent": str(parent) if parent else None},
    )


def employ(chance: Chance, recipients: Recipients, *, person: UUID, unit: UUID) -> SealedEntry:
    """From now on a person works in this unit."""
    return _person(chance, recipients, Kind.EMPLOYED, person, {"unit": str(unit)})


def end_employment(
    chance: Chance, recipients: Recipients, *, person: UUID, employment: UUID
) -> SealedEntry:
    """A person works there no longer. That they did stays known."""
    claims: dict[str, object] = {"employment": str(employment)}
    return _person(chance, recipients, Kind.EMPLOYMENT_ENDED, person, claims)


def set_posts(
    chance: Chance, recipients: Recipients, *, person: UUID, posts: Sequence[str]
) -> SealedEntry:
    """All posts that a person holds from now on: administrator, custodian, manager, overseer."""
    return _person(chance, recipients, Kind.POSTS_SET, person, {"posts": sorted(posts)})


def leave(chance: Chance, recipients: Recipients, *, person: UUID) -> SealedEntry:
    """A person is no longer here; their records get another owner in the same transaction."""
    return _person(chance, recipients, Kind.LEFT, person, {})


def declare_relation(
    chance: Chance, recipients: Recipients, *, person: UUID, other: UUID, how: str
) -> SealedEntry:
    """Two people are close: related, one household, in business together; `how` in words."""
    claims: dict[str, object] = {"other": str(other)}
    return _person(
        chance, recipients, Kind.RELATION_DECLARED, person, claims, {"how": how}, Actor.WORKER
    )


def ask_for_content(
    chance: Chance, recipients: Recipients, *, person: UUID, record: UUID, reason: str
) -> SealedEntry:
    """An overseer asks to see what a record holds, and says why."""
    claims: dict[str, object] = {"record": str(record)}
    return _person(
        chance, recipients, Kind.CONTENT_ASKED, person, claims, {"reason": reason}, Actor.WORKER
    )


def _on_record(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    record: UUID,
    claims: dict[str, object],
    body: dict[str, str] | None = None,
) -> SealedEntry:
    return write(
        chance,
        recipients,
        kind=kind,
        stream=record,
        actor=Actor.WORKER,
        body=body or {},
        claims=claims,
    )


def wall_person(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    person: UUID,
    ground: Ground,
    reason: str,
) -> SealedEntry:
    """This person must not see this record, from this moment on."""
    claims: dict[str, object] = {"person": str(person), "ground": str(ground)}
    return _on_record(chance, recipients, Kind.WALLED, record, claims, {"reason": reason})


def wall_unit(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    unit: UUID,
    ground: Ground,
    reason: str,
    alleged_from: datetime | None = None,
    alleged_until: datetime | None = None,
) -> SealedEntry:
    """Whoever works in this unit, beneath it or in its line of managers must not see this record."""
    claims: dict[str, object] = {
        "unit": str(unit),
        "ground": str(ground),
        "alleged_from": alleged_from.isoformat() if alleged_from else None,
        "alleged_until": alleged_until.isoformat() if alleged_until else None,
    }
    return _on_record(chance, recipients, Kind.WALLED, record, claims, {"reason": reason})


def ask_to_lift(
    chance: Chance, recipients: Recipients, *, record: UUID, wall: UUID, reason: str
) -> SealedEntry:
    """The access custodian asks a second person to lift a restriction."""
    claims: dict[str, object] = {"wall": str(wall)}
    return _on_record(chance, recipients, Kind.LIFT_ASKED, record, claims, {"reason": reason})


def lift_wall(
    chance: Chance, recipients: Recipients, *, record: UUID, wall: UUID, reason: str
) -> SealedEntry:
    """The second person lifts it."""
    claims: dict[str, object] = {"wall": str(wall)}
    return _on_record(chance, recipients, Kind.WALL_LIFTED, record, claims, {"reason": reason})


def offer_hand_over(
    chance: Chance, recipients: Recipients, *, record: UUID, taker: UUID, note: str
) -> SealedEntry:
    """The owner asks another to answer for a record; the owner does so until the other accepts."""
    claims: dict[str, object] = {"taker": str(taker)}
    return _on_record(chance, recipients, Kind.HAND_OVER_OFFERED, record, claims, {"note": note})


def accept_hand_over(chance: Chance, recipients: Recipients, *, record: UUID) -> SealedEntry:
    """The other answers for it from now on. No clock starts anew."""
    return _on_record(chance, recipients, Kind.HAND_OVER_ACCEPTED, record, {})


def decline_hand_over(
    chance: Chance, recipients: Recipients, *, record: UUID, reason: str
) -> SealedEntry:
    """The other will not, or the giver takes the offer back."""
    return _on_record(chance, recipients, Kind.HAND_OVER_DECLINED, record, {}, {"reason": reason})
