"""An answer as bytes: the same question about a day that is over has the same bytes for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from heed.core import canonical
from heed.lookback.events import Known, Received, Thing
from heed.lookback.interval import Interval
from heed.lookback.rules import Reading


@dataclass(frozen=True)
class Head:
    """A head of the log that was signed: how many entries, and their root, in hexadecimal."""

    size: int
    root: str


@dataclass(frozen=True)
class Question:
    """What is asked, by the end of which day, and up to which instant entries are read.

    `people`: whose knowledge is asked for, in the order of ids; else `about`: the words to look for.
    `after`: the place behind which this page begins; "" on the first.
    """

    by: date
    known: datetime
    about: str = ""
    people: tuple[str, ...] = ()
    reading: Reading = Reading.THEN
    after: str = ""


@dataclass(frozen=True)
class Answer:
    """One page of an answer. Nothing in it comes from an entry that was recorded later.

    Nothing says when it was asked, and nothing counts what the asker may not see.
    """

    question: Question
    certain: Sequence[Received] = ()
    possible: Sequence[Received] = ()
    known: Sequence[Known] = ()

    def encode(self) -> bytes:
        """Canonical JSON."""
        return canonical.dumps(
            {
                "about": self.question.about,
                "after": self.question.after,
                "by": self.question.by.isoformat(),
                "known_until": _stamp(self.question.known),
                "people": list(self.question.people),
                "possibly": [_received(each) for each in self.possible],
                "reading": str(self.question.reading),
                "received": [_received(each) for each in self.certain],
                "shown": [_known(each) for each in self.known],
                "v": 1,
            }
        )

    @property
    def digest(self) -> str:
        """SHA-256 of these bytes: two answers with the same one are the same."""
        return hashlib.sha256(self.encode()).hexdigest()


def _received(each: Received) -> dict[str, Any]:
    return {
        "channel": each.channel,
        "chased_days": each.chased,
        "danger": each.danger,
        "decided": [
            {
                "at": _stamp(made.at),
                "by": str(made.actor),
                "decision": made.decision,
                "entry": str(made.entry),
            }
            for made in each.decided
        ],
        "opened_at": _stamp(each.opened_at) if each.opened_at else None,
        "owner": str(each.owner),
        "received_at": _stamp(each.filed_at),
        "record": str(each.record),
        "reference": each.reference,
        "restricted": [
            {
                "at": _stamp(kept.at),
                "entry": str(kept.entry),
                "ground": kept.ground,
                "person": str(kept.person) if kept.person else None,
                "unit": str(kept.unit) if kept.unit else None,
            }
            for kept in each.kept
        ],
        "things": [_thing(thing) for thing in each.things],
    }


def _thing(thing: Thing) -> dict[str, Any]:
    reached = None
    if thing.claim is not None:
        reached = {"said": thing.claim.said} | _days(thing.claim.days)
    return {
        "at": _stamp(thing.at),
        "by": str(thing.actor) if thing.actor else None,
        "entry": str(thing.entry),
        "holds": thing.holds,
        "kind": thing.kind,
        "reached": reached,
    }


def _days(days: Interval) -> dict[str, Any]:
    return {name: day.isoformat() if day else None for name, day in days._asdict().items()}


def _known(each: Known) -> dict[str, Any]:
    return {
        "at": _stamp(each.at),
        "detail": each.detail,
        "entry": str(each.entry),
        "person": str(each.person),
        "records": [str(record) for record in each.records],
        "references": list(each.references),
        "what": each.what,
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
