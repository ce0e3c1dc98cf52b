"""Saying whose response is criticised, referring, and writing down what came of it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from heed.access.commands import once
from heed.core.ports import Chance, SealedEntry, random_id
from heed.core.vocabulary import Actor, Kind
from heed.intake.beside import beside
from heed.referral.rules import Route
from heed.register.entry import Recipients, write
from heed.register.vault import derive


class How(StrEnum):
    """How it goes to them: all four count alike."""

    TELEPHONE = "telephone"
    PORTAL = "portal"
    EMAIL = "email"
    LINK = "link"


AT_ONCE = (How.TELEPHONE, How.PORTAL)
"""Whoever writes one of these down has told them already; the others wait to be sent."""


class Heard(StrEnum):
    """What came of a referral: each is an entry of its own, and none ends it by itself."""

    SENT = "sent"
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REFERENCE = "reference"
    OUTCOME = "outcome"
    OTHER = "other"
    IN_ERROR = "in error"


REFERRED_WORDS = ("person", "reach", "reference", "unlisted", "rung_back", "place", "words")
"""What is said of a referral beside its facts: their person, number or address and reference; of an
unlisted body its name, and whom one rang back there; the place as it was typed; what was said."""

HEARD_WORDS = ("person", "reference", "words")
"""What is said of one thing heard: who there, their reference, and in what words."""


def criticise(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    body: str,
    stands: bool,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """That a body's response is criticised in this record, or that this was said in error."""
    claims = {"body": body, "stands": stands}
    return beside(chance, recipients, Kind.CRITICISED, record, claims, {"reason": reason}, token)


def refer(
    chance: Chance,
    recipients: Recipients,
    said: Mapping[str, str],
    *,
    record: UUID,
    concerned: UUID | None,
    route: Route,
    body: str,
    how: How,
    told_at: datetime | None,
    rung_back_at: datetime | None = None,
    token: bytes | None = None,
) -> SealedEntry:
    """A referral for one person, or for the record where none is named.

    `told_at`: when they were told, for what is told at once. `rung_back_at`: for a body that is not
    listed, when somebody rang it back on a number from elsewhere.
    """
    claims: dict[str, object] = {
        "concerned": str(concerned) if concerned else None,
        "route": str(route),
        "body": body,
        "how": str(how),
        "told_at": told_at.isoformat() if told_at else None,
        "rung_back_at": rung_back_at.isoformat() if rung_back_at else None,
    }
    words = {name: said.get(name, "") for name in REFERRED_WORDS}
    return beside(chance, recipients, Kind.REFERRED, record, claims, words, token)


def write_down_heard(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    referral: UUID,
    what: Heard,
    happened_at: datetime,
    person: str,
    reference: str,
    words: str,
    token: bytes | None = None,
) -> SealedEntry:
    """One thing heard of a referral, and from whom; in what form it came does not matter."""
    claims: dict[str, object] = {
        "referral": str(referral),
        "what": str(what),
        "happened_at": happened_at.isoformat(),
    }
    body = {"person": person, "reference": reference, "words": words}
    return beside(chance, recipients, Kind.REFERRAL_HEARD, record, claims, body, token)


def make_pack(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    referral: UUID,
    pack: bytes,
    sums: bytes,
    entries: Sequence[UUID],
    token: bytes,
    paper: bytes | None = None,
) -> SealedEntry:
    """That a pack was made for a referral: its JSON, its PDF and the hash of each document, whole.

    `entries`: what of the record travels. `paper`: the PDF, which no other version of what draws it
    makes again. The secret from which its salt comes stands among its words, so that whoever holds
    these can prove them.
    """
    claims: dict[str, object] = {
        "referral": str(referral),
        "entries": [str(entry) for entry in entries],
        "sha256": hashlib.sha256(sums).hexdigest(),
    }
    secret = derive(once(token, record, claims) or b"", b"heed pack v1")
    body = {"pack": pack.decode(), "sums": sums.decode(), "secret": secret.hex()}
    if paper is not None:
        body["pdf"] = base64.b64encode(paper).decode()
    return write(
        chance,
        recipients,
        kind=Kind.PACK_MADE,
        stream=record,
        actor=Actor.WORKER,
        body=body,
        claims=claims,
        token=secret,
    )


def keep_reach(
    chance: Chance,
    recipients: Recipients,
    *,
    body: str,
    how: How,
    checked_on: date,
    name: str,
    reach: str,
    token: bytes | None = None,
) -> SealedEntry:
    """How a body is reached: a team and its number or address, and when somebody last checked that."""
    claims: dict[str, object] = {
        "body": body,
        "how": str(how),
        "checked_on": checked_on.isoformat(),
    }
    seed = derive(token, b"heed reach v1", 16) if token else chance.bytes(16)
    words = {"name": name, "reach": reach}
    return beside(chance, recipients, Kind.REACH_KEPT, random_id(seed), claims, words, token)
