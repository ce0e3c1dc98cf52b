"""Who is told, after how many working days, that a record waits: counted from receipt, never begun anew."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from heed.core.rules import RULES, Rule
from heed.core.times import LONDON
from heed.core.working_days import before


class Rung(NamedTuple):
    """One step of the ladder: after the end of so many working `days` from T, `who` is told.

    `verb` goes with `who` in a sentence.
    """

    rule: Rule
    who: str
    verb: str = "were"

    @property
    def days(self) -> int:
        """The working days that its rule has."""
        return self.rule.limit.amount


RUNGS = (
    Rung(RULES.always("ladder.owner"), "whoever answers for it", "was"),
    Rung(RULES.always("ladder.managers"), "the managers above them"),
    Rung(RULES.always("ladder.overseers"), "the overseers"),
    Rung(RULES.always("ladder.outside"), "the outside contact, and overseers of another body"),
)
"""This organisation's own rule (conventions.md, "ladders"); each rung follows the one before it."""


ASKS = RULES.always("own.confirm")
"""So long whoever answers has to ask again, before anybody is told that a referral is not confirmed."""

APART = timedelta(hours=22)
"""Between two rungs where only that waits; the database holds to it, too (register.decide_chasing())."""


class Unconfirmed(NamedTuple):
    """Where only an unconfirmed referral waits a rung is due if it waited, and nobody was told, since then."""

    asked: datetime
    told: datetime

    @classmethod
    def at(cls, now: datetime) -> Unconfirmed:
        """By the working day that ended last: one rung on each, in UTC."""
        told = min(received_before(0, now), now - APART)
        return cls(received_before(ASKS.limit.amount, now), told)


def received_before(days: int, now: datetime) -> datetime:
    """Whatever was received before this instant, in UTC, has waited for so many working days.

    That is so when the end of the nth working day after T has passed in London; T is the working day
    of receipt, or the next (core/working_days.py).
    """
    ended = before(now.astimezone(LONDON).date(), 1)
    last = before(ended, days)
    return datetime.combine(last + timedelta(days=1), time(0), LONDON).astimezone(UTC)
