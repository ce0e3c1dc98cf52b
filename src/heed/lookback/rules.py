"""What had reached the office by the end of a day: certainly, possibly, or only later."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from heed.core.times import LONDON
from heed.lookback.events import Received, Thing
from heed.lookback.interval import Interval, Standing, standing

SETTLED = timedelta(minutes=1)
"""After midnight, until whatever was being recorded has its time and place; append() waits two seconds."""


class Reading(StrEnum):
    """As it stood then, by what was in Heed that day; or as is known today, with what was put in later."""

    THEN = "then"
    TODAY = "today"


def end_of(by: date) -> datetime:
    """The first instant after a day in London, in UTC."""
    return datetime.combine(by + timedelta(days=1), time(), LONDON).astimezone(UTC)


def known_until(by: date, reading: Reading, now: datetime) -> datetime:
    """Before which instant something must have been recorded to be read at all.

    Of a day that is over, as it stood then, always the same: so what comes later changes nothing.
    """
    end = end_of(by)
    return end if reading == Reading.THEN and now >= end + SETTLED else now


def is_over(by: date, now: datetime) -> bool:
    """Whether the answer as it stood then is final: nothing more can be recorded on that day."""
    return now >= end_of(by) + SETTLED


def days_of(thing: Thing) -> Interval:
    """When a thing reached the office: as somebody said, else on the day it was recorded."""
    if thing.claim is not None:
        return thing.claim.days
    day = thing.at.astimezone(LONDON).date()
    return Interval(day, day)


def standing_of(received: Received, by: date) -> Standing:
    """How far it is certain that something of this record that holds the words was there by a day."""
    found = {standing(days_of(thing), by) for thing in received.things if thing.holds}
    return next((each for each in Standing if each in found), Standing.LATER)


def parted(
    received: Iterable[Received], by: date
) -> tuple[tuple[Received, ...], tuple[Received, ...]]:
    """Those that were certainly there by a day, and those that possibly were; no others."""
    placed = [(each, standing_of(each, by)) for each in received]
    certain = tuple(each for each, how in placed if how == Standing.CERTAIN)
    return certain, tuple(each for each, how in placed if how == Standing.POSSIBLE)
