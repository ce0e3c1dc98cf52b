"""Asking to read a record, giving leave, opening one in an emergency, reviewing that; and searching."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from heed.access.commands import _entry
from heed.access.openings import reference_of
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write


def ask_for_access(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    reference: str,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody asks to read a record, by its reference; the database alone knows if there is one."""
    return _by_reference(Kind.ACCESS_ASKED, chance, recipients, person, reference, reason, token)


def break_glass(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    reference: str,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody opens a record in an emergency, by its reference, for four hours."""
    return _by_reference(Kind.GLASS_BROKEN, chance, recipients, person, reference, reason, token)


def ask_for_approval(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    reference: str,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody who did so twice in thirty days asks that somebody else says yes to one more."""
    return _by_reference(Kind.GLASS_ASKED, chance, recipients, person, reference, reason, token)


def approve_glass(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    asking: UUID,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody else says yes: the record is open to this person for four hours from now."""
    claims: dict[str, object] = {"asking": str(asking)}
    return _entry(chance, recipients, Kind.GLASS_APPROVED, person, claims, {}, token, Actor.WORKER)


def _by_reference(
    kind: Kind,
    chance: Chance,
    recipients: Recipients,
    person: UUID,
    reference: str,
    reason: str,
    token: bytes | None,
) -> SealedEntry:
    claims: dict[str, object] = {"reference": reference_of(reference) or ""}
    body = {"reference": reference, "reason": reason}
    return _entry(chance, recipients, kind, person, claims, body, token, Actor.WORKER)


def grant_access(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    asking: UUID,
    token: bytes | None = None,
) -> SealedEntry:
    """Whoever answers for the record lets the asker read it for seven days."""
    claims: dict[str, object] = {"asking": str(asking)}
    return _entry(chance, recipients, Kind.ACCESS_GRANTED, record, claims, {}, token, Actor.WORKER)


def decline_access(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    asking: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Whoever answers for the record does not; the asker is told why."""
    claims: dict[str, object] = {"asking": str(asking)}
    body = {"reason": reason}
    return _entry(
        chance, recipients, Kind.ACCESS_DECLINED, record, claims, body, token, Actor.WORKER
    )


def give_access(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    person: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Whoever answers for the record lets somebody read it for seven days who did not ask."""
    claims: dict[str, object] = {"person": str(person)}
    body = {"reason": reason}
    return _entry(chance, recipients, Kind.ACCESS_GIVEN, record, claims, body, token, Actor.WORKER)


def end_access(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    opening: UUID,
    token: bytes | None = None,
) -> SealedEntry:
    """Whoever answers for the record ends leave that was given or granted."""
    claims: dict[str, object] = {"opening": str(opening)}
    return _entry(chance, recipients, Kind.ACCESS_ENDED, record, claims, {}, token, Actor.WORKER)


def review_glass(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    glass: UUID,
    outcome: str,
    words: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody else says whether this person's emergency opening was "right" or "not right"."""
    claims: dict[str, object] = {"glass": str(glass), "outcome": outcome}
    body = {"words": words}
    return _entry(
        chance, recipients, Kind.GLASS_REVIEWED, person, claims, body, token, Actor.WORKER
    )


def search(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    records: Sequence[UUID],
    sought: str,
) -> SealedEntry:
    """Somebody looked for these words and is shown which records hold them; it opens none.

    The words are sealed, as all words are.
    """
    return write(
        chance,
        recipients,
        kind=Kind.LOOKED,
        stream=person,
        actor=Actor.WORKER,
        body={"sought": sought},
        claims={"records": [str(record) for record in records], "purpose": "search"},
    )
