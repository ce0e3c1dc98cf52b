"""What is written down beside a record's words: a note, a call that was made, whether the parents know."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from heed.access.commands import once
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write


class Whom(StrEnum):
    """Who was rung."""

    EMERGENCY = "999"
    CHILDREN = "children"
    POLICE = "police"
    OTHER = "other"


def note(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    words: str,
    about: UUID | None = None,
    token: bytes | None = None,
) -> SealedEntry:
    """A note; with `about`, an entry of the record: an addendum to what was sent or put in then."""
    claims: dict[str, object] = {"about": str(about) if about else None}
    body = {"words": words, "about": str(about or "")}
    return beside(chance, recipients, Kind.NOTED, record, claims, body, token)


def write_down_call(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    whom: Whom,
    rung_at: datetime,
    words: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody was rung: who, when, and what was said or the number that was given."""
    claims: dict[str, object] = {"whom": str(whom), "rung_at": rung_at.isoformat()}
    body = {"whom": str(whom), "rung_at": rung_at.isoformat(), "words": words}
    return beside(chance, recipients, Kind.CALLED, record, claims, body, token)


def tell_parents(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    told: bool,
    words: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The parents were told, and how; or were not, and why not."""
    said = "yes" if told else "no"
    body = {"told": said, "words": words}
    return beside(chance, recipients, Kind.PARENTS_TOLD, record, {"told": said}, body, token)


def beside(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    record: UUID,
    claims: dict[str, object],
    body: dict[str, str],
    token: bytes | None,
) -> SealedEntry:
    """One entry; its token is bound to the record and to all that it says in clear."""
    return write(
        chance,
        recipients,
        kind=kind,
        stream=record,
        actor=Actor.WORKER,
        body=body,
        claims=claims,
        token=once(token, record, claims),
    )
