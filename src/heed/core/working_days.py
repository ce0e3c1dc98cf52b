"""Working days of England: Monday to Friday without bank holidays, as conventions count them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from heed.core.times import LONDON

EARLIEST = 1995
"""The first year whose bank holidays were compared with the proclamations."""


def is_working_day(day: date) -> bool:
    """Monday to Friday, and no bank holiday in England."""
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def working_day_of(received: datetime) -> date:
    """T: the day in London on which it was received, or the next working day."""
    day = received.astimezone(LONDON).date()
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def after(day: date, days: int) -> date:
    """The nth working day after this one."""
    for _ in range(days):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return day


def before(day: date, days: int) -> date:
    """The nth working day before this one, which need be none itself."""
    for _ in range(days):
        day -= timedelta(days=1)
        while not is_working_day(day):
            day -= timedelta(days=1)
    return day


def end_of(day: date) -> datetime:
    """23:59:59 in London on that day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), LONDON).astimezone(UTC)


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays  # slow to load, and most processes count no days

    return frozenset(country_holidays("GB", subdiv="ENG", years=year))
