"""What a look back tells of: what was received, and what came before somebody's eyes, with time and entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from heed.lookback.interval import Interval


@dataclass(frozen=True)
class Claim:
    """When something is said to have reached the office: the words as they were typed, and what they say."""

    said: str
    days: Interval


@dataclass(frozen=True)
class Thing:
    """One thing that was said or done in a record. `holds`: it was received, and holds the words.

    `actor` None: a reporter, or the system itself.
    """

    entry: UUID
    kind: str
    at: datetime
    actor: UUID | None
    holds: bool = False
    claim: Claim | None = None


@dataclass(frozen=True)
class Decided:
    """What had been decided, for a child, an adult or, where nobody was named, the record."""

    entry: UUID
    decision: str
    at: datetime
    actor: UUID


@dataclass(frozen=True)
class Kept:
    """A restriction that stood: `person` or `unit` must not see the record."""

    entry: UUID
    person: UUID | None
    unit: UUID | None
    ground: str
    at: datetime


@dataclass(frozen=True)
class Received:
    """A record as it stood at an instant: facts, no words, and the order of what was said and done.

    `owner` answered for it then. `chased`: the working days after which somebody had been told last
    that it waits. `opened_at`: when whoever answered for it had last opened it.
    """

    record: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime
    owner: UUID
    opened_at: datetime | None
    chased: int
    things: tuple[Thing, ...]
    decided: tuple[Decided, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True)
class Known:
    """One thing that came before somebody, or that they did. `records`: which, in order of their ids,
    with their `references` where these are at hand.

    `what`: "looked" (`detail`: the purpose), "told" (`detail`: after how many working days), "rung"
    (called for danger), "offered", "given" or "lost" (by the rule), "answers" (from receipt on), else the
    kind of an entry that is theirs (`detail`: what was decided).
    """

    at: datetime
    entry: UUID
    person: UUID
    what: str
    detail: str
    records: tuple[UUID, ...]
    references: tuple[str, ...] = ()
