"""Reporters who asked again, what they were told by a person's decision, and decisions that they challenged."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.rules import RULES
from heed.core.vocabulary import Kind
from heed.intake.view import Concerns, Item
from heed.register.entry import Header

ANSWERED = RULES.always("own.answer")
"""By when a reporter who asked again is written to, or it is written down why not yet."""

CHALLENGED = RULES.always("own.challenge")
"""By when somebody who did not decide answers a challenge; our own rule: nothing we read sets a time."""


class Ask(NamedTuple):
    """A reporter asked again; `told`: who was told so, in the order of ids, nobody twice in a day."""

    entry: UUID
    record: UUID
    version: int
    told: tuple[UUID, ...]
    at: datetime


class Telling(NamedTuple):
    """Somebody decided to tell the reporter of a decision, and did."""

    entry: UUID
    record: UUID
    decision: UUID
    at: datetime
    actor: UUID


class Hold(NamedTuple):
    """Do not tell yet, until a day; None: they may be told."""

    entry: UUID
    record: UUID
    version: int
    until: date | None
    at: datetime
    actor: UUID


class Challenge(NamedTuple):
    """A decision that the reporter says is wrong. `told`: everybody who was told of it so far.

    `chased`: the working days after which somebody was told last; `outcome`: "stands", "decide again",
    or None while nobody answered.
    """

    entry: UUID
    record: UUID
    telling: UUID
    decision: UUID
    decided_by: UUID
    told: tuple[UUID, ...]
    at: datetime
    chased: int = 0
    outcome: str | None = None
    answered_by: UUID | None = None
    answered_at: datetime | None = None


class Asked:
    """All of these so far; the SQL twin is register.apply_asked()."""

    def __init__(self, concerns: Concerns) -> None:
        self.asks: dict[UUID, Ask] = {}
        self.tellings: dict[UUID, Telling] = {}
        self.holds: dict[UUID, Hold] = {}
        self.challenges: dict[UUID, Challenge] = {}
        self._concerns = concerns

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the rows that it changed beside its own."""
        entry, record, at = header.id, header.stream, header.recorded_at
        if record not in self._concerns.records:
            return set()
        match header.kind:
            case Kind.ASKED_AGAIN:
                self.asks[entry] = Ask(entry, record, header.version, _told(facts), at)
                self._item(header, facts)
            case Kind.CHALLENGED:
                if not facts["repeat"]:
                    names = ("telling", "decision", "decided_by")
                    telling, decision, decided_by = (UUID(facts[name]) for name in names)
                    self.challenges[entry] = Challenge(
                        entry, record, telling, decision, decided_by, _told(facts), at
                    )
                self._item(header, facts)
            case Kind.REPORTER_TOLD:
                decision, actor = UUID(facts["decision"]), UUID(facts["actor"])
                self.tellings[entry] = Telling(entry, record, decision, at, actor)
            case Kind.TELLING_HELD:
                until = date.fromisoformat(facts["until"]) if facts["until"] else None
                actor = UUID(facts["actor"])
                self.holds[entry] = Hold(entry, record, header.version, until, at, actor)
            case Kind.CHALLENGE_CHASED | Kind.CHALLENGE_ANSWERED:
                return self._further(header, facts)
        return set()

    def _further(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        held = self.challenges[UUID(facts["challenge"])]
        if header.kind == Kind.CHALLENGE_CHASED:
            told = tuple(sorted({*held.told, *_told(facts)}))
            held = held._replace(chased=facts["days"], told=told)
            self._item(header, facts)
        else:
            actor, at = UUID(facts["actor"]), header.recorded_at
            held = held._replace(outcome=facts["outcome"], answered_by=actor, answered_at=at)
        self.challenges[held.entry] = held
        return {held.entry}

    def _item(self, header: Header, facts: dict[str, Any]) -> None:
        if not facts.get("repeat"):
            self._concerns.items[header.id] = Item(
                header.id, header.stream, header.version, header.kind, header.recorded_at, None
            )


def _told(facts: dict[str, Any]) -> tuple[UUID, ...]:
    return tuple(UUID(one) for one in facts["told"])
