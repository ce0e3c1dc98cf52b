"""Being away and back, another outside contact, inviting to sign in, withdrawing a tie, naming a unit."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from heed.access.commands import once
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write


def _entry(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    stream: UUID,
    claims: dict[str, object],
    token: bytes | None,
    actor: Actor = Actor.WORKER,
    body: dict[str, str] | None = None,
) -> SealedEntry:
    return write(
        chance,
        recipients,
        kind=kind,
        stream=stream,
        actor=actor,
        body=body or {},
        claims=claims,
        token=once(token, stream, claims),
    )


def go_away(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    until: datetime | None = None,
    cover: UUID | None = None,
    token: bytes | None = None,
) -> SealedEntry:
    """From now on a person is away: their records get another owner in the same transaction.

    `cover` gets what they may answer for. `until` is what is meant, and brings nobody back.
    """
    claims: dict[str, object] = {
        "until": until.isoformat() if until else None,
        "cover": str(cover) if cover else None,
    }
    return _entry(chance, recipients, Kind.AWAY, person, claims, token)


def come_back(
    chance: Chance, recipients: Recipients, *, person: UUID, token: bytes | None = None
) -> SealedEntry:
    """A person is here again. No record comes back by itself."""
    return _entry(chance, recipients, Kind.BACK, person, {}, token)


def set_fallback(
    chance: Chance,
    recipients: Recipients,
    *,
    slot: UUID,
    fallback: UUID,
    token: bytes | None = None,
) -> SealedEntry:
    """Another outside contact for a slot; what the one before can no longer answer for moves on."""
    claims: dict[str, object] = {"fallback": str(fallback)}
    return _entry(chance, recipients, Kind.FALLBACK_SET, slot, claims, token, Actor.ADMINISTRATOR)


def set_reach(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    telephone: str,
    email: str,
    token: bytes | None = None,
) -> SealedEntry:
    """How a person is called, and where notices go; blank: not that way.

    `telephone` is digits, with a + before them where it names its country. Both go to the machinery
    that sends, and into the sealed words: no fact of the record holds them.
    """
    said = {"telephone": telephone, "email": email}
    claims: dict[str, object] = dict(said)
    return _entry(chance, recipients, Kind.REACH_SET, person, claims, token, body=said)


def invite(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    code_hash: bytes,
    token: bytes | None = None,
) -> SealedEntry:
    """A person may choose a user name and a password, once, within 48 hours.

    What they signed in with before ends at once. The hash (32 bytes) goes to the machinery; the
    record keeps neither it nor the code.
    """
    # The hash is no part of the token: the same form makes one invitation, whatever code was drawn.
    return write(
        chance,
        recipients,
        kind=Kind.INVITED,
        stream=person,
        actor=Actor.ADMINISTRATOR,
        body={},
        claims={"code": code_hash.hex()},
        token=once(token, person, {}),
    )


def take_invitation(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    code_hash: bytes,
    username: str,
    password_hash: str,
) -> SealedEntry:
    """The invited person sets how they sign in; none of the claims is kept in the record."""
    claims: dict[str, object] = {
        "code": code_hash.hex(),
        "username": username,
        "password": password_hash,
    }
    return _entry(chance, recipients, Kind.CREDENTIAL_SET, person, claims, None)


def ask_to_withdraw(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    relation: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The access custodian asks a second person to withdraw a tie; `person`: who declared as close."""
    claims: dict[str, object] = {"relation": str(relation)}
    said = {"reason": reason}
    return _entry(chance, recipients, Kind.WITHDRAWAL_ASKED, person, claims, token, body=said)


def withdraw(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    relation: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The second person withdraws it: from now on it walls nobody."""
    claims: dict[str, object] = {"relation": str(relation)}
    said = {"reason": reason}
    return _entry(chance, recipients, Kind.RELATION_WITHDRAWN, person, claims, token, body=said)


def name_unit(
    chance: Chance, recipients: Recipients, *, record: UUID, unit: UUID, token: bytes
) -> SealedEntry:
    """A unit's full name stands in what was told: whoever may read it is told so, no more."""
    return write(
        chance,
        recipients,
        kind=Kind.UNIT_NAMED,
        stream=record,
        actor=Actor.OPENER,
        body={"unit": str(unit)},
        claims={"unit": str(unit)},
        token=token,
    )
