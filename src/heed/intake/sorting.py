"""What came in is read and sorted: a concern, none and why, or the same letter again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from heed.access.commands import once
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Header, Recipients, write


class Outcome(StrEnum):
    """What a record was found to be when it was read."""

    CONCERN = "concern"
    NOT_ONE = "not one"
    COPY = "copy"


class Reason(StrEnum):
    """Why something that came in is no concern about a child; in the order of the keys 1 to 6."""

    ANOTHER_MATTER = "another matter"
    ENQUIRY = "enquiry"
    COMPLAINT = "complaint"
    THANKS = "thanks"
    PUBLICITY = "publicity"
    SENT_BY_MISTAKE = "sent by mistake"


class Review(StrEnum):
    """What an overseer found who read what had been put aside."""

    RIGHT = "right"
    LOOK_AGAIN = "look again"


class Whom(StrEnum):
    """Who was rung."""

    EMERGENCY = "999"
    CHILDREN = "children"
    POLICE = "police"
    OTHER = "other"


class Sorted(NamedTuple):
    """The newest sorting of a record: what it is, why, and who said so."""

    record: UUID
    entry: UUID
    outcome: str
    reason: str | None
    copy_of: UUID | None
    actor: UUID
    at: datetime


class Sample(NamedTuple):
    """Something put aside that an overseer reviews; `outcome` None until one has."""

    entry: UUID
    record: UUID
    actor: UUID
    reason: str
    at: datetime
    outcome: str | None
    reviewer: UUID | None
    reviewed_at: datetime | None


class Sorting:
    """How each record was sorted, and what of it is reviewed; the SQL twin is apply_sorting()."""

    def __init__(self) -> None:
        self.sorted: dict[UUID, Sorted] = {}
        self.samples: dict[UUID, Sample] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order."""
        at = header.recorded_at
        if header.kind == Kind.SORTED:
            actor, of = UUID(facts["actor"]), facts["copy_of"]
            self.sorted[header.stream] = Sorted(
                header.stream,
                header.id,
                facts["outcome"],
                facts["reason"],
                UUID(of) if of else None,
                actor,
                at,
            )
            if facts["sampled"]:
                self.samples[header.id] = Sample(
                    header.id, header.stream, actor, facts["reason"], at, None, None, None
                )
        elif header.kind == Kind.REVIEWED:
            sample = self.samples[UUID(facts["sorting"])]
            self.samples[sample.entry] = sample._replace(
                outcome=facts["outcome"], reviewer=UUID(facts["actor"]), reviewed_at=at
            )


def sort(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    outcome: Outcome,
    reason: Reason | None = None,
    copy_of: UUID | None = None,
    words: str = "",
    token: bytes | None = None,
) -> SealedEntry:
    """Say what a record is: `reason` for what is no concern, `copy_of` for what came before."""
    claims: dict[str, object] = {
        "outcome": str(outcome),
        "reason": str(reason) if reason else None,
        "copy_of": str(copy_of) if copy_of else None,
    }
    body = {"outcome": str(outcome), "reason": str(reason or ""), "words": words}
    return _beside(chance, recipients, Kind.SORTED, record, claims, body, token)


def review(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    sorting: UUID,
    outcome: Review,
    words: str,
    token: bytes | None = None,
) -> SealedEntry:
    """An overseer who read it says whether it was right to put it aside."""
    claims: dict[str, object] = {"sorting": str(sorting), "outcome": str(outcome)}
    body = {"outcome": str(outcome), "words": words}
    return _beside(chance, recipients, Kind.REVIEWED, record, claims, body, token)


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
    return _beside(chance, recipients, Kind.NOTED, record, claims, body, token)


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
    return _beside(chance, recipients, Kind.CALLED, record, claims, body, token)


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
    return _beside(chance, recipients, Kind.PARENTS_TOLD, record, {"told": said}, body, token)


def _beside(
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
