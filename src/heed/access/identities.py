"""Opening who told us: the access custodian and a second person, or the owner alone for danger to life."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from heed.access.commands import _entry
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Header, Recipients

TWO, DANGER = "two", "danger"
OPEN_FOR = {TWO: timedelta(hours=24), DANGER: timedelta(hours=4)}
"""For how long who told us is open, by how it was opened."""


class SealedIdentity(NamedTuple):
    """That who told us is sealed; `actor` put it in, None: the reporter did."""

    entry: UUID
    record: UUID
    at: datetime
    actor: UUID | None


class Unsealing(NamedTuple):
    """Somebody asked who told us. `state`: open, agreed (by the custodian), opened or declined."""

    entry: UUID
    record: UUID
    person: UUID
    at: datetime
    state: str
    agreed_by: UUID | None
    answer: UUID | None


class Unsealed(NamedTuple):
    """Who told us is open to somebody for a time: `how` is "two", or "danger", which is reviewed."""

    entry: UUID
    record: UUID
    person: UUID
    how: str
    at: datetime
    until: datetime
    opened_by: UUID
    reviewed_by: UUID | None
    outcome: str | None
    review: UUID | None


class Identities:
    """What is sealed, who asked, and what was opened, as the entries so far have made it."""

    def __init__(self) -> None:
        self.sealed: dict[UUID, SealedIdentity] = {}
        self.unsealings: dict[UUID, Unsealing] = {}
        self.unsealed: dict[UUID, Unsealed] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the rows that it changed beside its own.

        The SQL twin is register.apply_identity().
        """
        entry, record, at = header.id, header.stream, header.recorded_at
        asking = UUID(facts["asking"]) if facts.get("asking") else None
        match header.kind:
            case Kind.IDENTITY_SEALED:
                actor = UUID(facts["actor"]) if facts["actor"] else None
                self.sealed[entry] = SealedIdentity(entry, record, at, actor)
                return set()
            case Kind.IDENTITY_ASKED:
                person = UUID(facts["actor"])
                self.unsealings[entry] = Unsealing(entry, record, person, at, "open", None, None)
                return set()
            case Kind.IDENTITY_AGREED:
                return self._asked(asking, state="agreed", agreed_by=UUID(facts["actor"]))
            case Kind.IDENTITY_DECLINED:
                return self._asked(asking, state="declined", answer=entry)
            case Kind.IDENTITY_OPENED:
                person, how, by = UUID(facts["person"]), facts["how"], UUID(facts["actor"])
                until = at + OPEN_FOR[how]
                self.unsealed[entry] = Unsealed(
                    entry, record, person, how, at, until, by, None, None, None
                )
                return self._asked(asking, state="opened", answer=entry)
            case Kind.IDENTITY_REVIEWED:
                return self._reviewed(UUID(facts["opening"]), entry, facts)
        return set()

    def _asked(self, asking: UUID | None, **changed: Any) -> set[UUID]:
        if asking is None:
            return set()
        self.unsealings[asking] = self.unsealings[asking]._replace(**changed)
        return {asking}

    def _reviewed(self, opening: UUID, entry: UUID, facts: dict[str, Any]) -> set[UUID]:
        self.unsealed[opening] = self.unsealed[opening]._replace(
            reviewed_by=UUID(facts["actor"]), outcome=facts["outcome"], review=entry
        )
        return {opening}


def ask_who(
    chance: Chance, recipients: Recipients, *, record: UUID, reason: str, token: bytes | None = None
) -> SealedEntry:
    """Whoever answers for the record, or an overseer, asks who told us."""
    body = {"reason": reason}
    return _entry(chance, recipients, Kind.IDENTITY_ASKED, record, {}, body, token, Actor.WORKER)


def agree_to_open(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    asking: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The access custodian agrees; a second person opens it."""
    return _about(Kind.IDENTITY_AGREED, chance, recipients, record, asking, reason, token)


def decline_to_open(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    asking: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The custodian or the second person does not agree; it stays sealed."""
    return _about(Kind.IDENTITY_DECLINED, chance, recipients, record, asking, reason, token)


def open_who(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    asking: UUID | None,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The second person opens it to who asked; `asking` None: the owner alone, for danger to life."""
    return _about(Kind.IDENTITY_OPENED, chance, recipients, record, asking, reason, token)


def review_opening(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    opening: UUID,
    outcome: str,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody else says whether the owner's opening alone was "right" or "not right"."""
    claims: dict[str, object] = {"opening": str(opening), "outcome": outcome}
    body = {"reason": reason}
    return _entry(
        chance, recipients, Kind.IDENTITY_REVIEWED, record, claims, body, token, Actor.WORKER
    )


def _about(
    kind: Kind,
    chance: Chance,
    recipients: Recipients,
    record: UUID,
    asking: UUID | None,
    reason: str,
    token: bytes | None,
) -> SealedEntry:
    claims: dict[str, object] = {"asking": str(asking) if asking else None}
    body = {"reason": reason}
    return _entry(chance, recipients, kind, record, claims, body, token, Actor.WORKER)
