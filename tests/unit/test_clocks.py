"""Working days of England, counted from receipt: by hand-made examples, and for any instant."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.core.times import LONDON
from heed.core.working_days import is_working_day, working_day_of
from heed.triage import clocks
from heed.triage.clocks import (
    CLOCKS,
    DECIDE,
    NOTHING,
    OPEN,
    OPEN_IN_DANGER,
    Due,
    Waiting,
    next_due,
)

MODEST = settings(max_examples=200, deadline=None)
instants = st.datetimes(datetime(1995, 1, 1), datetime(2035, 12, 1)).map(
    lambda at: at.replace(tzinfo=UTC)
)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


NEXT_DAY = {
    "a Friday at 15:40": ("2026-11-20 15:40", "2026-11-23"),
    "a Tuesday": ("2026-11-17 09:00", "2026-11-18"),
    "a Saturday counts as the Monday": ("2026-11-21 12:00", "2026-11-24"),
    "the last second of a Friday": ("2026-11-20 23:59:59", "2026-11-23"),
    "the first second of a Saturday": ("2026-11-21 00:00:00", "2026-11-24"),
    "the day before Christmas": ("2026-12-24 16:00", "2026-12-29"),
    "Christmas Day": ("2026-12-25 10:00", "2026-12-30"),
    "New Year's Eve": ("2026-12-31 09:00", "2027-01-04"),
    "Maundy Thursday": ("2026-04-02 15:00", "2026-04-07"),
    "the Friday before a bank holiday": ("2026-08-28 15:40", "2026-09-01"),
    "a bank holiday counts as the Tuesday": ("2026-08-31 11:00", "2026-09-02"),
    "the May Day that was moved in 1995": ("1995-05-05 10:00", "1995-05-09"),
    "no May Day on the first of May 1995": ("1995-04-28 10:00", "1995-05-01"),
    "the last day of 1999": ("1999-12-30 10:00", "2000-01-04"),
    "the two days of 2002": ("2002-05-31 10:00", "2002-06-05"),
    "the funeral of 2022": ("2022-09-16 10:00", "2022-09-20"),
    "the coronation of 2023": ("2023-05-05 10:00", "2023-05-09"),
    "a holiday of Scotland only": ("2026-08-03 10:00", "2026-08-04"),
    "before the clocks go forward": ("2026-03-27 15:40", "2026-03-30"),
    "before the clocks go back": ("2026-10-23 15:40", "2026-10-26"),
}


@pytest.mark.parametrize("example", NEXT_DAY.values(), ids=NEXT_DAY)
def test_the_next_working_day_ends_a_second_before_midnight_in_london(
    example: tuple[str, str],
) -> None:
    received, ends = example
    assert DECIDE.due(london(received)) == london(f"{ends} 23:59:59")


def test_late_in_the_evening_of_summer_it_is_still_that_day_in_london() -> None:
    """23:30 in London on a Monday of June is 22:30 in UTC; half past midnight is still 23:30."""
    assert working_day_of(datetime(2026, 6, 15, 22, 30, tzinfo=UTC)) == date(2026, 6, 15)
    assert working_day_of(datetime(2026, 6, 15, 23, 30, tzinfo=UTC)) == date(2026, 6, 16)


def test_summer_and_winter_time_end_the_day_at_different_hours_of_utc() -> None:
    assert OPEN.due(london("2026-03-27 15:40")) == datetime(2026, 3, 30, 22, 59, 59, tzinfo=UTC)
    assert OPEN.due(london("2026-10-23 15:40")) == datetime(2026, 10, 26, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("received", ["2026-10-25T00:55", "2026-12-25T03:00", "2026-03-29T00:50"])
def test_danger_runs_on_elapsed_time_every_day_and_through_the_change_of_clocks(
    received: str,
) -> None:
    at = datetime.fromisoformat(received).replace(tzinfo=UTC)
    assert OPEN_IN_DANGER.due(at) == at + timedelta(minutes=15)


@MODEST
@given(instants)
def test_it_is_due_at_the_end_of_a_working_day_after_that_of_receipt(received: datetime) -> None:
    due = DECIDE.due(received).astimezone(LONDON)
    assert (due.hour, due.minute, due.second) == (23, 59, 59)
    assert is_working_day(due.date())
    between = (due.date() - working_day_of(received)).days
    days = [working_day_of(received) + timedelta(days=n) for n in range(1, between + 1)]
    assert sum(map(is_working_day, days)) == 1
    assert timedelta(0) < due - received < timedelta(days=12)


@MODEST
@given(instants, instants)
def test_what_came_first_is_never_due_later(one: datetime, other: datetime) -> None:
    """The queue's order in SQL rests on this."""
    first, second = sorted((one, other))
    for clock in CLOCKS:
        assert clock.due(first) <= clock.due(second)


ACT = "Act yourself, and write it down here"
REFER = "Make the referral yourself, and write it down here"
DECIDED: dict[str, Any] = {
    "": {},
    "act now": {"to_do": "act_now", "to_do_since": london("2026-11-30 09:00")},
    "refer": {"to_do": "refer", "to_do_since": london("2026-11-30 09:00")},
}


def waiting(danger: str = "no", unseen: str = "", to_do: str = "", **counts: int) -> Waiting:
    none = {"wanted": 0, "undecided": 0, "undecided_adults": 0, "decided_alone": 0}
    filed = london("2026-11-20 15:40")
    since = {"": None, "at first": filed, "later": london("2026-12-01 10:00")}[unseen]
    return Waiting(danger, filed, since, **(none | counts), **DECIDED[to_do])


SOON = london("2026-11-23 23:59:59")
NEXT = {
    "danger": (waiting("yes", "at first"), Due("Open it", london("2026-11-20 15:55"))),
    "not known": (waiting("unknown", "at first"), Due("Open it", london("2026-11-20 15:55"))),
    "no danger": (waiting("no", "at first"), Due("Open it", SOON)),
    "a child wrote that there is no danger": (
        waiting("no", "at first")._replace(young=True),
        Due("Open it", london("2026-11-20 15:55")),
    ),
    "news": (
        waiting("no", "later", decided_alone=1),
        Due("Open what is new", london("2026-12-02 23:59:59")),
    ),
    "news in danger": (
        waiting("yes", "later", wanted=1, undecided=1),
        Due("Open what is new", london("2026-12-01 10:15")),
    ),
    "news gives no more time to decide": (
        waiting("no", "later", wanted=1, undecided=1),
        Due("Open what is new", SOON),
    ),
    "nobody named": (waiting(), Due("Name the child, or decide", SOON)),
    "one child": (waiting(wanted=1, undecided=1), Due("Decide for 1 child", SOON)),
    "children": (waiting(wanted=3, undecided=2), Due("Decide for 2 children", SOON)),
    "an adult": (
        waiting(wanted=1, undecided=1, undecided_adults=1),
        Due("Decide for 1 adult", SOON),
    ),
    "both": (
        waiting(wanted=4, undecided=4, undecided_adults=2),
        Due("Decide for 2 children and 2 adults", SOON),
    ),
    "decided": (waiting(wanted=2), NOTHING),
    "decided though nobody is named": (waiting(decided_alone=1), NOTHING),
    "a child is named after that": (
        waiting(wanted=1, undecided=1, decided_alone=1),
        Due("Decide for 1 child", SOON),
    ),
    "to act on": (waiting(to_do="act now", wanted=1), Due(ACT, london("2026-11-30 09:15"))),
    "to refer": (waiting(to_do="refer", wanted=1), Due(REFER, london("2026-12-01 23:59:59"))),
    "to act on, and another child": (
        waiting(to_do="act now", wanted=2, undecided=1),
        Due(f"{ACT}. Decide for 1 child", london("2026-11-30 09:15")),
    ),
    "to refer, and another child": (
        waiting(to_do="refer", wanted=2, undecided=1),
        Due(f"Decide for 1 child. {REFER}", SOON),
    ),
    "to act on, and news in danger": (
        waiting("yes", "later", to_do="act now", wanted=1),
        Due(f"{ACT}. Open what is new", london("2026-11-30 09:15")),
    ),
    "to refer, and news in danger": (
        waiting("yes", "later", to_do="refer", wanted=1),
        Due(f"Open what is new. {REFER}", london("2026-12-01 10:15")),
    ),
    "to refer, and news": (
        waiting("no", "later", to_do="refer", wanted=1),
        Due(f"{REFER}. Open what is new", london("2026-12-01 23:59:59")),
    ),
    "to act on, and news": (
        waiting("no", "later", to_do="act now", wanted=1),
        Due(f"{ACT}. Open what is new", london("2026-11-30 09:15")),
    ),
}


@pytest.mark.parametrize("example", NEXT.values(), ids=NEXT)
def test_what_is_due_next_and_by_when(example: tuple[Waiting, Due]) -> None:
    record, due = example
    found = next_due(record)
    assert (found.what, found.by) == (due.what, due.by)
    assert (found.clock is None) == (due.by is None)
    assert found.yourself == (record.to_do is not None)


def test_a_thing_is_late_only_after_its_last_second() -> None:
    due = next_due(waiting())
    assert due.by is not None
    assert not due.late(due.by)
    assert due.late(due.by + timedelta(seconds=1))
    assert not NOTHING.late(due.by)


def test_a_clock_that_nobody_checked_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert next_due(waiting()).by == SOON
    unchecked = DECIDE._replace(evidence="K")
    monkeypatch.setattr(clocks, "DECIDE", unchecked)
    due = next_due(waiting())
    assert (due.what, due.by, due.clock) == ("Name the child, or decide", None, unchecked)
    assert not due.late(london("2030-01-01 00:00"))


def test_every_clock_says_whose_rule_it_is_and_none_unchecked_runs() -> None:
    assert {clock.row for clock in CLOCKS} == {"C28", "", "C02"}
    assert all(clock.verified and clock.basis for clock in CLOCKS)
