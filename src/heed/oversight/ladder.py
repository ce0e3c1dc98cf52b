"""Who is told, after how many working days, that a record waits: counted from receipt, never begun anew."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from heed.core.times import LONDON
from heed.core.working_days import before


class Rung(NamedTuple):
    """One step of the ladder: after the end of that many working `days` from T, `who` is told.

    `verb` goes with `who` in a sentence.
    """

    days: int
    who: str
    verb: str = "were"


RUNGS = (
    Rung(1, "whoever answers for it", "was"),
    Rung(3, "the managers above them"),
    Rung(5, "the overseers"),
    Rung(7, "the outside contact, and overseers of another body"),
)
"""This organisation's own rule (conventions.md, "ladders"); each rung follows the one before it."""


def received_before(days: int, now: datetime) -> datetime:
    """Whatever was received before this instant, in UTC, has waited for so many working days.

    That is so when the end of the nth working day after T has passed in London; T is the working day
    of receipt, or the next (core/working_days.py).
    """
    ended = before(now.astimezone(LONDON).date(), 1)
    last = before(ended, days)
    return datetime.combine(last + timedelta(days=1), time(0), LONDON).astimezone(UTC)
