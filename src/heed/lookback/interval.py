"""What an imprecise date says: all the days in London that it may mean, and never fewer."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
MONTHS["sept"] = 9
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}
"""The month in which each begins, for three months, as the Met Office counts them; winter has two years."""
EARLIEST, LATEST = 1900, 2099
"""The years that are read as years."""
_TO = re.compile(
    r" (?:to|and|or|until|till|-|/) |(?<=[a-z])[-/](?=[a-z])|(?<=\d{4})[-/](?=\d{4}$)"
    r"|(?<=^\d)-(?=\d)|(?<=^\d\d)-(?=\d)"
)
_NEARLY = timedelta(days=31)
"""How far "about" a day may be from it; longer times widen by their own length, if that is more."""

_NOISE = r"(?:in|on|during|the|of|at|some ?time|dated|received|a|mon|tues?|wednes|thurs?|fri|satur|sun|wed|sat)"
_DAY_NAME = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b")
_BOUNDS = (
    (r"on or before|not later than|no later than|up to|until|till|by", "up to"),
    (r"on or after|not before|not earlier than|no earlier than|since|from", "from"),
    (r"before|prior to|earlier than", "before"),
    (r"after|later than", "after"),
    (
        r"about|around|circa|ca|c|approximately|approx|roughly|probably|possibly|perhaps|maybe",
        "about",
    ),
)
_BOUND = re.compile(r"\b(?:" + "|".join(words for words, _ in _BOUNDS) + r")\b")
_DAY = timedelta(days=1)
_PART = re.compile(r"^(?:early|mid|middle|late|beginning|end|start)(?: in| of)?(?: the)? (.+)$")


class Interval(NamedTuple):
    """Some day from `first` to `last`, both of them included; None: nobody can say how early, or late."""

    first: date | None = None
    last: date | None = None


ALWAYS = Interval()
"""The whole of time: what could not be read."""


class Standing(StrEnum):
    """Whether something was there by a day."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    LATER = "later"


def standing(days: Interval, by: date) -> Standing:
    """Whether what happened on one of these days had happened by the end of that day."""
    if days.last is not None and days.last <= by:
        return Standing.CERTAIN
    if days.first is not None and days.first > by:
        return Standing.LATER
    return Standing.POSSIBLE


def read(said: str, recorded: date) -> Interval:
    """The days that these words may mean, none of them after the day on which they were recorded.

    What cannot be read, or lies wholly after that day, may be any day until then. Never raises.
    """
    days = _read(_plain(said), recorded) or ALWAYS
    if days.first is not None and days.first > recorded:
        days = ALWAYS
    return Interval(days.first, min(days.last or recorded, recorded))


def one_day(said: str) -> date | None:
    """The day that these words name, in full; None for anything less exact."""
    text = _plain(said)
    days = _exact(text)
    return (
        days.first if days and not re.search(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2}\b", text) else None
    )


def _plain(said: str) -> str:
    """In small letters, with one kind of dash and quotation mark, without ordinals and names of days."""
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", said.lower().replace("\u2019", "'"))
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", _DAY_NAME.sub(" ", text))
    return " ".join(re.sub(r"[,;]|\.(?!\d)", " ", text).split())


def _read(text: str, recorded: date, deep: int = 0) -> Interval | None:
    """None where nothing here is understood whole: half an understanding would be a wrong one."""
    if not text or deep > 4 or len(text) > 100:
        return None
    found = _simple(text, recorded)
    if found is not None:
        return found
    if re.match(r"^from .+ (?:to|until|till) ", text):
        return _between(text, recorded, deep)
    for words, how in _BOUNDS:
        if bound := re.match(rf"^(?:{words})\b ?(.+)$", text):
            return _bound(bound[1].strip(), how, recorded, deep)
    if loose := re.match(r"^(.+?) ?(?:\?|or so|-ish)$|^~ ?(.+)$", text):
        inner = _read(loose[1] or loose[2], recorded, deep + 1)
        return _bounded(inner, "about") if inner else None
    if onwards := re.match(r"^(.+?) (?:onwards?|or (?:later|after))$", text):
        inner = _read(onwards[1], recorded, deep + 1)
        return _bounded(inner, "from") if inner else None
    if part := _PART.match(text):
        return _read(part[1], recorded, deep + 1)
    if noise := re.match(rf"^{_NOISE} (.+)$", text):
        return _read(noise[1], recorded, deep + 1)
    return _between(text, recorded, deep)


def _bound(text: str, how: str, recorded: date, deep: int) -> Interval | None:
    """Before or after something. Where that has no sharp edge ("the end of June"), it is any day of it."""
    inner = _read(text, recorded, deep + 1)
    if inner is None or _BOUND.search(text):
        return _between(f"{how} {text}", recorded, deep) if _BOUND.search(text) else None
    sharp = _sharp(text) or inner
    blurred = sharp is inner
    if how == "before":
        return Interval(None, _moved(inner.last if blurred else sharp.first, -_DAY))
    if how == "after":
        return Interval(_moved(inner.first if blurred else sharp.last, _DAY), None)
    return _bounded(inner, how)


def _sharp(text: str) -> Interval | None:
    """A time whose first and last day the words say, whoever reads them."""
    ways = (_exact, _month) if text.startswith("winter") else (_exact, _month, _season)
    found = [days for way in ways if (days := way(text)) is not None]
    if found or not re.fullmatch(r"\d{4}", text):
        return found[0] if found else None
    return _years(text)


def _bounded(days: Interval, how: str) -> Interval:
    if how == "up to":
        return Interval(None, days.last)
    if how == "from":
        return Interval(days.first, None)
    if days.first is None or days.last is None:
        return ALWAYS
    wide = max(_NEARLY, days.last - days.first)
    return Interval(_moved(days.first, -wide), _moved(days.last, wide))


def _moved(day: date | None, by: timedelta) -> date | None:
    try:
        return day + by if day else None
    except OverflowError:
        return None


def _between(text: str, recorded: date, deep: int) -> Interval | None:
    """From one to the other: what the first leaves out ("21 or 26 Oct 2011") the second says."""
    text = re.sub(r"^(?:either|between|from) ", "", text)
    for place in _TO.finditer(text):
        left, right = text[: place.start()].strip(), text[place.end() :].strip()
        late = _read(right, recorded, deep + 1)
        if late is None or not left:
            continue
        words = right.split()
        for tail in range(len(words), -1, -1):
            early = _read(" ".join([left, *words[tail:]]), recorded, deep + 1)
            if early is not None:
                return _hull([early, late])
    return None


def _hull(parts: list[Interval]) -> Interval:
    firsts, lasts = [part.first for part in parts], [part.last for part in parts]
    return Interval(
        None if None in firsts else min(day for day in firsts if day),
        None if None in lasts else max(day for day in lasts if day),
    )


def _simple(text: str, recorded: date) -> Interval | None:
    """One date of any exactness: a day, a month, a season, a year or a run of years."""
    for way in (_exact, _month, _season, _years):
        if (found := way(text)) is not None:
            return found
    return _short(text, recorded) or _lately(text, recorded)


def _exact(text: str) -> Interval | None:
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
        return _days(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})", text):
        return _days(int(found[4]), int(found[3]), int(found[1]))  # as England writes it: day first
    if found := re.fullmatch(r"(\d{1,2})(?: of)? ([a-z]+) (\d{4})", text):
        return _days(int(found[3]), MONTHS.get(found[2]), int(found[1]))
    if found := re.fullmatch(r"([a-z]+) (\d{1,2}) (\d{4})", text):
        return _days(int(found[3]), MONTHS.get(found[1]), int(found[2]))
    return None


def _month(text: str) -> Interval | None:
    if found := re.fullmatch(r"([a-z]+)(?: of)? (\d{4})", text):
        return _days(int(found[2]), MONTHS.get(found[1]))
    if found := re.fullmatch(r"(\d{1,2})[/.](\d{4})", text):
        return _days(int(found[2]), int(found[1]))
    if found := re.fullmatch(
        r"(?:q([1-4])|(first|second|third|fourth|last) quarter(?: of)?) (\d{4})", text
    ):
        names = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": 4}
        quarter = int(found[1]) if found[1] else names[found[2]]
        return _months(int(found[3]), 3 * quarter - 2, 3)
    return None


def _season(text: str) -> Interval | None:
    if found := re.fullmatch(r"winter(?: of)? (\d{4}) ?[-/] ?(?:\d\d)?(\d\d?)", text):
        return _months(int(found[1]), 12, 3)
    found = re.fullmatch(r"(spring|summer|autumn|fall|winter)(?: of)? (\d{4})", text)
    if found and found[1] == "winter":  # which of the two winters of a year, the words do not say
        return _months(int(found[2]) - 1, 12, 15)
    return _months(int(found[2]), SEASONS[found[1]], 3) if found else None


def _years(text: str) -> Interval | None:
    if found := re.fullmatch(r"(\d{4})", text):
        return _months(int(found[1]), 1, 12)
    if found := re.fullmatch(r"(\d{3})0'?s", text):
        return _months(int(found[1]) * 10, 1, 120)
    found = re.fullmatch(r"(\d{4}) ?[-/] ?(\d\d?)", text)
    return _hull(list(_run(int(found[1]), found[2]))) if found and _is_year(int(found[1])) else None


def _run(year: int, rest: str) -> Iterator[Interval]:
    """ "2001-02" may be February of 2001, or 2001 and 2002: so it is any day of these."""
    yield Interval(date(year, 1, 1), date(year, 12, 31))
    size = 10 ** len(rest)
    last = year - year % size + int(rest)
    if last > year and _is_year(last):
        yield Interval(date(year, 1, 1), date(last, 12, 31))


def _short(text: str, recorded: date) -> Interval | None:
    """A year of two digits may be of either century, but not of one to come."""
    found = re.fullmatch(r"(.*?(?:^|[^\d])(?:\d{1,2}[/.-]\d{1,2}[/.-])?)'?(\d\d)('?s)?", text)
    if found is None or not re.search(r"[a-z']|[/.-]", text):
        return None
    years = [century + int(found[2]) for century in (EARLIEST, 2000)]
    read = [f"{found[1]}{year}{found[3] or ''}" for year in years if year <= recorded.year]
    dates = [
        way(each.replace("'", "")) for each in read for way in (_exact, _month, _season, _years)
    ]
    some = [each for each in dates if each is not None]
    return _hull(some) if some else None


def _lately(text: str, recorded: date) -> Interval | None:
    """What is said of the day of recording; a week or a month "ago" is no exact count of days."""
    days = {"today": 0, "this morning": 0, "this afternoon": 0, "yesterday": 1, "last night": 1}
    if text in days:
        day = recorded - timedelta(days=days[text])
        return Interval(day, day)
    reach = {"this week": 6, "last week": 13, "this month": 30, "last month": 61, "last year": 730}
    return Interval(recorded - timedelta(days=reach[text]), recorded) if text in reach else None


def _days(year: int, month: int | None, day: int | None = None) -> Interval | None:
    if month is None or not 1 <= month <= 12 or not _is_year(year):
        return None
    length = calendar.monthrange(year, month)[1]
    if day is None:
        return Interval(date(year, month, 1), date(year, month, length))
    return Interval(date(year, month, day), date(year, month, day)) if 1 <= day <= length else None


def _months(year: int, month: int, count: int) -> Interval | None:
    """So many months from one on."""
    behind = month - 1 + count
    if not _is_year(year) or not EARLIEST <= year + (behind - 1) // 12 <= LATEST + 1:
        return None
    after = date(year + behind // 12, behind % 12 + 1, 1)
    return Interval(date(year, month, 1), after - timedelta(days=1))


def _is_year(year: int) -> bool:
    return EARLIEST - 1 <= year <= LATEST
