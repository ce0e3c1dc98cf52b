"""Setting up who is who, who is on duty and who must not see what; asking to look; handing over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from heed.access.walls import Ground
from heed.core import canonical
from heed.core.ports import Chance, SealedEntry, random_id
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write
from heed.register.vault import derive


def _entry(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    stream: UUID,
    claims: dict[str, object],
    body: dict[str, str],
    token: bytes | None,
    actor: Actor = Actor.ADMINISTRATOR,
) -> SealedEntry:
    return write(
        chance,
        recipients,
        kind=kind,
        stream=stream,
        actor=actor,
        body=body,
        claims=claims,
        token=once(token, stream, claims),
    )


def once(token: bytes | None, stream: UUID, claims: dict[str, object]) -> bytes | None:
    """The form's token, bound to all that the entry says in clear.

    The same form about another person is another entry, though its words are the same: otherwise
    the second would be taken for the first sent again, and never be recorded.
    """
    if token is None:
        return None
    return derive(token, b"heed once v1" + stream.bytes + canonical.dumps(claims))


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
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    name: str,
    role: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody who can be accountable."""
    claims: dict[str, object] = {"role": role}
    return _entry(chance, recipients, Kind.PERSON_ADDED, person, claims, {"name": name}, token)


def add_slot(
    chance: Chance, recipients: Recipients, *, slot: UUID, purpose: str, fallback: UUID
) -> SealedEntry:
    """A duty; `fallback` is the outside contact who holds it when nobody else can."""
    claims: dict[str, object] = {"purpose": purpose, "fallback": str(fallback)}
    return _entry(chance, recipients, Kind.SLOT_ADDED, slot, claims, {}, None)


def add_turn(
    chance: Chance,
    recipients: Recipients,
    *,
    slot: UUID,
    person: UUID,
    starts_at: datetime,
    token: bytes | None = None,
) -> SealedEntry:
    """From `starts_at` this person holds the slot. Turns go by the schedule, never by the case."""
    claims: dict[str, object] = {"person": str(person), "starts_at": starts_at.isoformat()}
    return _entry(chance, recipients, Kind.TURN_ADDED, slot, claims, {}, token)


def set_credential(chance: Chance, recipients: Recipients, *, person: UUID) -> SealedEntry:
    """A person's way of signing in was set; the credential itself is not in the record."""
    return _entry(chance, recipients, Kind.CREDENTIAL_SET, person, {}, {}, None)


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


def add_unit(
    chance: Chance,
    recipients: Recipients,
    *,
    unit: UUID,
    name: str,
    parent: UUID | None,
    token: bytes | None = None,
) -> SealedEntry:
    """A part of a body; without a parent, a body of its own (a partner is one)."""
    claims: dict[str, object] = {"parent": str(parent) if parent else None}
    return _entry(chance, recipients, Kind.UNIT_ADDED, unit, claims, {"name": name}, token)


def move_unit(
    chance: Chance,
    recipients: Recipients,
    *,
    unit: UUID,
    parent: UUID | None,
    token: bytes | None = None,
) -> SealedEntry:
    """A reorganisation: from now on the unit stands beneath another. What it was stays known."""
    claims: dict[str, object] = {"parent": str(parent) if parent else None}
    return _entry(chance, recipients, Kind.UNIT_MOVED, unit, claims, {}, token)


def employ(
    chance: Chance, recipients: Recipients, *, person: UUID, unit: UUID, token: bytes | None = None
) -> SealedEntry:
    """From now on a person works in this unit."""
    return _entry(chance, recipients, Kind.EMPLOYED, person, {"unit": str(unit)}, {}, token)


def end_employment(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    employment: UUID,
    token: bytes | None = None,
) -> SealedEntry:
    """A person works there no longer. That they did stays known."""
    claims: dict[str, object] = {"employment": str(employment)}
    return _entry(chance, recipients, Kind.EMPLOYMENT_ENDED, person, claims, {}, token)


def set_posts(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    posts: Sequence[str],
    token: bytes | None = None,
) -> SealedEntry:
    """All posts that a person holds from now on: administrator, custodian, manager, overseer."""
    return _entry(chance, recipients, Kind.POSTS_SET, person, {"posts": sorted(posts)}, {}, token)


def leave(
    chance: Chance, recipients: Recipients, *, person: UUID, token: bytes | None = None
) -> SealedEntry:
    """A person is no longer here; their records get another owner in the same transaction."""
    return _entry(chance, recipients, Kind.LEFT, person, {}, {}, token)


def declare_relation(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    other: UUID,
    how: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Two people are close: related, one household, in business together; `how` in words."""
    claims: dict[str, object] = {"other": str(other)}
    return _entry(
        chance,
        recipients,
        Kind.RELATION_DECLARED,
        person,
        claims,
        {"how": how},
        token,
        Actor.WORKER,
    )


def ask_for_content(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    record: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """An overseer asks to see what a record holds, and says why."""
    claims: dict[str, object] = {"record": str(record)}
    return _entry(
        chance,
        recipients,
        Kind.CONTENT_ASKED,
        person,
        claims,
        {"reason": reason},
        token,
        Actor.WORKER,
    )


def wall_person(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    person: UUID,
    ground: Ground,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """This person must not see this record, from this moment on."""
    claims: dict[str, object] = {"person": str(person), "ground": str(ground)}
    return _entry(
        chance, recipients, Kind.WALLED, record, claims, {"reason": reason}, token, Actor.WORKER
    )


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
    token: bytes | None = None,
) -> SealedEntry:
    """Whoever works in this unit, beneath it or in its line of managers must not see this record."""
    claims: dict[str, object] = {
        "unit": str(unit),
        "ground": str(ground),
        "alleged_from": alleged_from.isoformat() if alleged_from else None,
        "alleged_until": alleged_until.isoformat() if alleged_until else None,
    }
    return _entry(
        chance, recipients, Kind.WALLED, record, claims, {"reason": reason}, token, Actor.WORKER
    )


def wall_match(
    chance: Chance, recipients: Recipients, *, record: UUID, person: UUID, token: bytes
) -> SealedEntry:
    """This person's name stands in what was told: they do not see it until a person has decided.

    The same `token` records it once, however often the words are opened.
    """
    return write(
        chance,
        recipients,
        kind=Kind.NAME_MATCHED,
        stream=record,
        actor=Actor.OPENER,
        body={"person": str(person)},
        claims={"person": str(person)},
        token=token,
    )


def confirm_wall(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    wall: UUID,
    ground: Ground,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Whoever answers for the record says that a match by name is right, and on what ground."""
    claims: dict[str, object] = {"wall": str(wall), "ground": str(ground)}
    return _entry(
        chance,
        recipients,
        Kind.WALL_CONFIRMED,
        record,
        claims,
        {"reason": reason},
        token,
        Actor.WORKER,
    )


def ask_to_lift(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    wall: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The access custodian asks a second person to lift a restriction."""
    claims: dict[str, object] = {"wall": str(wall)}
    return _entry(
        chance, recipients, Kind.LIFT_ASKED, record, claims, {"reason": reason}, token, Actor.WORKER
    )


def lift_wall(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    wall: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The second person lifts it."""
    claims: dict[str, object] = {"wall": str(wall)}
    return _entry(
        chance,
        recipients,
        Kind.WALL_LIFTED,
        record,
        claims,
        {"reason": reason},
        token,
        Actor.WORKER,
    )


def offer_hand_over(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    taker: UUID,
    note: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The owner asks another to answer for a record; the owner does so until the other accepts."""
    claims: dict[str, object] = {"taker": str(taker)}
    return _entry(
        chance,
        recipients,
        Kind.HAND_OVER_OFFERED,
        record,
        claims,
        {"note": note},
        token,
        Actor.WORKER,
    )


def accept_hand_over(
    chance: Chance, recipients: Recipients, *, record: UUID, token: bytes | None = None
) -> SealedEntry:
    """The other answers for it from now on. No clock starts anew."""
    return _entry(chance, recipients, Kind.HAND_OVER_ACCEPTED, record, {}, {}, token, Actor.WORKER)


def decline_hand_over(
    chance: Chance, recipients: Recipients, *, record: UUID, reason: str, token: bytes | None = None
) -> SealedEntry:
    """The other will not, or the giver takes the offer back."""
    return _entry(
        chance,
        recipients,
        Kind.HAND_OVER_DECLINED,
        record,
        {},
        {"reason": reason},
        token,
        Actor.WORKER,
    )
