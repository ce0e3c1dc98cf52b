"""An imprecise date says all the days that it may mean; what cannot be read may be any day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heed.lookback.interval import ALWAYS, Interval, Standing, one_day, read, standing

TODAY = date(2026, 11, 22)
DAYS = st.dates(date(1900, 1, 1), TODAY)


def days(first: str | None, last: str) -> Interval:
    return Interval(date.fromisoformat(first) if first else None, date.fromisoformat(last))


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("1 July 2002", "2002-07-01", "2002-07-01"),
        ("Monday, 1st July 2002.", "2002-07-01", "2002-07-01"),
        ("July 1, 2002", "2002-07-01", "2002-07-01"),
        ("1/7/2002", "2002-07-01", "2002-07-01"),
        ("2002-07-01", "2002-07-01", "2002-07-01"),
        ("Nov 2001", "2001-11-01", "2001-11-30"),
        ("February 2004", "2004-02-01", "2004-02-29"),
        ("summer 2002", "2002-06-01", "2002-08-31"),
        ("in the autumn of 2001", "2001-09-01", "2001-11-30"),
        ("winter 2001-02", "2001-12-01", "2002-02-28"),
        ("winter 2002", "2001-12-01", "2003-02-28"),
        ("Q1 2002", "2002-01-01", "2002-03-31"),
        ("2001", "2001-01-01", "2001-12-31"),
        ("2001-02", "2001-01-01", "2002-12-31"),
        ("1999–2003", "1999-01-01", "2003-12-31"),
        ("2004-05", "2004-01-01", "2005-12-31"),
        ("1997 to late 1990s", "1990-01-01", "1999-12-31"),
        ("21 or 26 Oct 2011", "2011-10-21", "2011-10-26"),
        ("23 Aug 2013 to Oct 2013", "2013-08-23", "2013-10-31"),
        ("between June and September 2002", "2002-06-01", "2002-09-30"),
        ("before June 2002", None, "2002-05-31"),
        ("by June 2002", None, "2002-06-30"),
        ("on or before 11 Feb 2002", None, "2002-02-11"),
        ("before the end of June 2002", None, "2002-06-29"),
        ("2003 onwards", "2003-01-01", "2026-11-22"),
        ("after June 2002", "2002-07-01", "2026-11-22"),
        ("about June 2002", "2002-05-01", "2002-07-31"),
        ("1 July 2002?", "2002-05-31", "2002-08-01"),
        ("early 2002", "2002-01-01", "2002-12-31"),
        ("yesterday", "2026-11-21", "2026-11-21"),
    ],
)
def test_each_says_the_days_that_it_may_mean(said: str, first: str | None, last: str) -> None:
    assert read(said, TODAY) == days(first, last)


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("1/7/98", "1998-07-01", "1998-07-01"),
        ("'98", "1998-01-01", "1998-12-31"),
        ("the 90s", "1990-01-01", "1999-12-31"),
        ("1/7/02", "1902-07-01", "2002-07-01"),
        ("July 02", "1902-07-01", "2002-07-31"),
        ("31.12.1994", "1994-12-31", "1994-12-31"),
        ("1911", "1911-01-01", "1911-12-31"),
        ("before 1/7/02", None, "2002-06-30"),
    ],
)
def test_a_year_of_two_digits_may_be_of_either_century_but_none_to_come(
    said: str, first: str | None, last: str
) -> None:
    assert read(said, TODAY) == days(first, last)


@pytest.mark.parametrize(
    "said",
    [
        *("", "?", "not 2002", "when she was ill", "12", "July", "29 February 2001", "07/25/2002"),
        *(
            "2002 (I think)",
            "before 2002 or after 2004",
            "after 1999 and before 2002",
            "0 July 2002",
        ),
        *("2030", "next year", "before before 2002", "2002" * 40, "\0", "99999"),
        *("not in 2002", "2001 but maybe not", "anything but June 2002"),
    ],
)
def test_what_is_not_understood_whole_may_be_any_day(said: str) -> None:
    assert read(said, TODAY) == Interval(None, TODAY)


@given(DAYS)
def test_a_day_lies_in_all_that_can_be_said_of_it(day: date) -> None:
    month, year = f"{day:%B}", day.year
    season = ("winter", "spring", "summer", "autumn")[day.month % 12 // 3]
    said = [
        *(f"{day.day} {month} {year}", f"{month} {day.day} {year}", day.isoformat()),
        *(f"{day.day}/{day.month}/{year}", f"{day.day}.{day.month}.{year % 100:02}"),
        *(f"{month} {year}", f"{day:%b} {year}", f"{day.month}/{year}", f"{season} {year}"),
        *(str(year), f"{year // 10}0s", f"Q{(day.month + 2) // 3} {year}", f"late {year}"),
        *(f"about {year}", f"by {month} {year}", f"from {month} {year}", f"{month} {year}?"),
        *(f"{year - 1} to {year}", f"{year}-{year + 1}", f"{year}-{(year + 1) % 100:02}"),
    ]
    for each in said:
        assert standing(read(each, TODAY), day) != Standing.LATER, each
        found = read(each, TODAY)
        assert found.first is None or found.first <= day, each
        assert found.last is not None, each
        assert found.last >= day, each


@given(DAYS)
def test_only_a_whole_day_is_one_day(day: date) -> None:
    assert one_day(f"{day.day} {day:%B} {day.year}") == one_day(day.isoformat()) == day
    for said in (
        f"{day:%B} {day.year}",
        str(day.year),
        f"{day.day}/{day.month}/{day.year % 100:02}",
    ):
        assert one_day(said) is None


@given(DAYS, DAYS)
def test_what_was_before_or_after_never_holds_the_other_side(day: date, other: date) -> None:
    before, after = (read(f"{how} {day.isoformat()}", TODAY) for how in ("before", "after"))
    if other < day:
        assert standing(before, other) != Standing.LATER
        assert after == Interval(None, TODAY) or standing(after, other) == Standing.LATER
    if other > day:
        assert standing(before, other) == Standing.CERTAIN


@given(st.text(max_size=60), DAYS)
def test_nothing_that_is_typed_stops_it_or_lies_after_it_was_typed(
    said: str, recorded: date
) -> None:
    found = read(said, recorded)
    assert found.last is not None
    assert found.last <= recorded
    assert found.first is None or found.first <= found.last


WORDS = (
    *("before", "after", "about", "from", "to", "or", "and", "by", "late", "the", "between", "?"),
    *(
        "June",
        "summer",
        "winter",
        "2002",
        "1999",
        "02",
        "'98",
        "90s",
        "1",
        "12",
        "1/7/02",
        "-",
        "/",
    ),
)


@given(st.lists(st.sampled_from(WORDS), max_size=7), DAYS)
def test_no_words_in_any_order_give_days_that_cannot_be(said: list[str], recorded: date) -> None:
    found = read(" ".join(said), recorded)
    assert found.last is not None
    assert found.last <= recorded
    assert found.first is None or found.first <= found.last


@given(
    DAYS, st.integers(0, 4000), st.sampled_from(["{0:%B %Y}", "{0.year}", "summer {0.year}", "x"])
)
def test_what_is_certain_by_a_day_is_certain_ever_after(day: date, later: int, form: str) -> None:
    found = read(form.format(day), TODAY)
    order = [Standing.LATER, Standing.POSSIBLE, Standing.CERTAIN]
    first, then = (standing(found, each) for each in (day, day + timedelta(days=later)))
    assert order.index(first) <= order.index(then)


def test_nobody_can_say_how_early_or_late_the_whole_of_time_is() -> None:
    assert standing(ALWAYS, date.min) == standing(ALWAYS, date.max) == Standing.POSSIBLE
