"""What came in is read and sorted: a concern, none and why, or the same letter again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Kind
from heed.intake.beside import beside
from heed.register.entry import Header, Recipients


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


NO_FURTHER_ACTION = "no further action"
"""Why a sample is one that nobody sorted: it was decided, where nobody was named."""


class Review(StrEnum):
    """What an overseer found who read what had been put aside."""

    RIGHT = "right"
    LOOK_AGAIN = "look again"


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
    """Something put aside, or decided on, that an overseer reviews; `outcome` None until one has."""

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
        elif header.kind == Kind.DECIDED and facts.get("sampled"):
            self.samples[header.id] = Sample(
                header.id,
                header.stream,
                UUID(facts["actor"]),
                NO_FURTHER_ACTION,
                at,
                None,
                None,
                None,
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
    return beside(chance, recipients, Kind.SORTED, record, claims, body, token)


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
    return beside(chance, recipients, Kind.REVIEWED, record, claims, body, token)
