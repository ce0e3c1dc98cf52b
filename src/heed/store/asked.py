"""Reporters who wait to hear from us, what they were told, and what they say is wrong: facts, no words."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk


class Waits(NamedTuple):
    """A reporter who waits. `what`: "asked", "challenged", or "held" (a marker's day has come).

    `entry`: of the ask, the challenge or the marker; `may_answer`: the reader may answer this challenge;
    `open`: they may read the record now.
    """

    what: str
    entry: UUID
    record: UUID
    reference: str
    since: datetime
    owner: UUID
    may_answer: bool
    open: bool


class Telling(NamedTuple):
    """What a reporter was told of, and what they said to it; None where they said nothing yet."""

    telling: UUID
    decision: UUID
    at: datetime
    actor: UUID
    challenge: UUID | None
    challenged_at: datetime | None
    outcome: str | None
    answered_by: UUID | None
    answered_at: datetime | None


def reporters_wait(desk: Desk, key: str, limit: int) -> list[Waits]:
    """Those of whom the reader should know, the oldest first."""
    rows = desk.rows(key, "SELECT * FROM machinery.reporters_wait(%s)", (limit,))
    return [Waits(*row) for row in rows]


def reporter_waits(desk: Desk, key: str, entry: UUID) -> Waits | None:
    """The one of that ask, challenge or marker, under the same rule; None where there is none."""
    rows = desk.rows(key, "SELECT * FROM machinery.reporters_wait(1, %s)", (entry,))
    return Waits(*rows[0]) if rows else None


def tellings(desk: Desk, key: str, record: UUID) -> list[Telling]:
    """Everything that the reporter of a record was told, oldest first."""
    rows = desk.rows(key, "SELECT * FROM machinery.tellings(%s)", (record,))
    return [Telling(*row) for row in rows]


def held_until(desk: Desk, key: str, record: UUID) -> date | None:
    """Until when nobody tells the reporter of a record; None where nothing stands against it."""
    found: date | None = desk.rows(key, "SELECT machinery.held_until(%s)", (record,))[0][0]
    return found
