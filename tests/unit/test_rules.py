"""Which rule was in force, and by when it asks: by hand-made examples, and for any instant from 1995 on."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.core.pack_form import Form
from heed.core.rules import LOCAL, NO_CALENDAR, NOT_IN_FORCE, RULES, UNCHECKED, Limit, Rule, read
from heed.core.times import LONDON
from heed.core.working_days import is_working_day

MODEST = settings(max_examples=200, deadline=None)
INSTANTS = st.datetimes(
    datetime(1995, 1, 2), datetime(2035, 12, 1), timezones=st.sampled_from((UTC, LONDON))
)
AMOUNTS = {
    "minutes": (1, 15),
    "hours": (24, 48, 72),
    "working_days": (1, 5, 15, 45),
    "calendar_days": (1, 7, 8),
    "months": (1, 3, 12),
    "years": (1, 75),
}
LIMITS = st.sampled_from(
    [Limit(amount, unit) for unit, amounts in AMOUNTS.items() for amount in amounts]
)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


def rule(id: str = "own.decide") -> Rule:
    (found,) = (each for each in RULES if each.id == id)
    return found


def due(limit: Limit, trigger: datetime) -> datetime:
    found = rule()._replace(limit=limit).due(trigger)
    assert found is not None
    return found


def days(amount: int) -> Limit:
    return Limit(amount, "working_days")


ENDS = {
    "May Day moved to the 8th in 1995": (days(1), "1995-05-05 10:00", "1995-05-09 23:59:59"),
    "the last day of 1999": (days(1), "1999-12-30 10:00", "2000-01-04 23:59:59"),
    "the two days of June 2002": (days(2), "2002-05-31 10:00", "2002-06-06 23:59:59"),
    "the two days of June 2012": (days(2), "2012-06-01 10:00", "2012-06-07 23:59:59"),
    "June 2022": (days(1), "2022-06-01 10:00", "2022-06-06 23:59:59"),
    "September 2022": (days(1), "2022-09-16 10:00", "2022-09-20 23:59:59"),
    "a Christmas run": (days(2), "2026-12-24 16:00", "2026-12-30 23:59:59"),
    "a Christmas on a Saturday": (days(1), "2021-12-24 16:00", "2021-12-29 23:59:59"),
    "fifteen days over Easter": (days(15), "2026-03-27 10:00", "2026-04-21 23:59:59"),
    "an hour is left out": (Limit(24, "hours"), "2026-03-28 12:00", "2026-03-29 13:00:00"),
    "an hour comes twice": (Limit(24, "hours"), "2026-10-24 12:00", "2026-10-25 11:00:00"),
    "72 hours over it": (Limit(72, "hours"), "2026-10-23 12:00", "2026-10-26 11:00:00"),
    "fifteen minutes over it": (Limit(15, "minutes"), "2026-03-29 00:50", "2026-03-29 02:05:00"),
    "seven days": (Limit(7, "calendar_days"), "2026-03-24 23:59", "2026-03-31 23:59:59"),
    "a day from past midnight": (
        Limit(1, "calendar_days"),
        "2026-06-16 00:30",
        "2026-06-17 23:59:59",
    ),
    "a month from past midnight": (Limit(1, "months"), "2026-07-01 00:30", "2026-08-01 23:59:59"),
    "days over Christmas": (Limit(3, "calendar_days"), "2026-12-24 09:00", "2026-12-27 23:59:59"),
    "a day to the leap day": (Limit(1, "calendar_days"), "2024-02-28 09:00", "2024-02-29 23:59:59"),
    "a month that is too short": (Limit(1, "months"), "2026-01-31 09:00", "2026-02-28 23:59:59"),
    "a month to a leap day": (Limit(1, "months"), "2024-01-31 09:00", "2024-02-29 23:59:59"),
    "a year from a leap day": (Limit(1, "years"), "2024-02-29 09:00", "2025-02-28 23:59:59"),
    "no leap day in 2100": (Limit(76, "years"), "2024-02-29 09:00", "2100-02-28 23:59:59"),
    "months over the new year": (Limit(3, "months"), "2026-11-30 09:00", "2027-02-28 23:59:59"),
    "December": (Limit(12, "months"), "2026-12-05 09:00", "2027-12-05 23:59:59"),
}


@pytest.mark.parametrize("example", ENDS.values(), ids=ENDS)
def test_it_is_due_when_the_calendar_says(example: tuple[Limit, str, str]) -> None:
    limit, trigger, ends = example
    found = due(limit, london(trigger))
    assert found == london(ends)
    assert found.tzinfo is UTC


@MODEST
@given(LIMITS, INSTANTS, INSTANTS)
def test_what_happened_first_is_never_due_later(
    limit: Limit, one: datetime, other: datetime
) -> None:
    first, second = sorted((one, other))
    assert due(limit, first) <= due(limit, second)


@MODEST
@given(LIMITS, INSTANTS)
def test_nothing_is_due_before_it_begins_and_days_end_in_london(
    limit: Limit, trigger: datetime
) -> None:
    ends = due(limit, trigger)
    assert ends > trigger
    if limit.unit in ("minutes", "hours"):
        unit = timedelta(**{limit.unit: limit.amount})
        assert ends - trigger.astimezone(UTC) == unit
    else:
        local = ends.astimezone(LONDON)
        assert (local.hour, local.minute, local.second) == (23, 59, 59)
        if limit.unit == "working_days":
            assert is_working_day(local.date())


def test_working_days_before_1995_are_refused() -> None:
    with pytest.raises(ValueError, match="1995"):
        due(days(1), london("1994-12-30 10:00"))


def test_only_what_was_in_force_at_the_trigger_governs_it() -> None:
    for year in range(1995, 2026):
        at = datetime(year, 6, 1, tzinfo=UTC)
        assert RULES.in_force("C28", at) == rule("C28")
        for later in ("C02", "C03", "C12", "C17", "C25"):
            assert RULES.in_force(later, at) is None, (later, year)
    assert RULES.in_force("C17", london("2026-08-31 23:59:59")) is None
    assert RULES.in_force("C17", london("2026-09-01 00:00:00")) == rule("C17")
    with pytest.raises(KeyError):
        RULES.in_force("C99", london("2026-09-01 00:00:00"))


TEMPLATE = """
[pack]
place = "England"
stated = 2026-11-22
[sources]
S58 = "a school's page"
[[rule]]
id = "C02"
name = "somebody is told"
limit = {{ working_days = 2 }}
counts_from = "the referral"
binds = "the council"
basis = "guidance"
evidence = "S"
sources = ["S58"]
since = 2001-01-01
until = {day}
[[rule]]
id = "C02"
name = "somebody is told"
limit = {{ working_days = 1 }}
counts_from = "the referral"
binds = "the council"
basis = "guidance"
evidence = "S"
sources = ["S58"]
since = {day}
"""


@MODEST
@given(st.dates(date(2001, 1, 2), date(2034, 1, 1)), INSTANTS)
def test_a_change_of_version_splits_exactly_at_the_start_of_its_day(
    day: date, any_time: datetime
) -> None:
    changed = read({"a.toml": TEMPLATE.format(day=day)})
    start = datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)
    for at in (start, start - timedelta(microseconds=1), any_time):
        found = changed.in_force("C02", at)
        if at < datetime(2001, 1, 1, tzinfo=LONDON):
            assert found is None
        else:
            assert found is not None
            assert found.limit.amount == (1 if at >= start else 2)


def test_what_nobody_checked_never_runs() -> None:
    unchecked = [each for each in RULES if "K" in each.evidence]
    assert len(unchecked) > 15
    for each in unchecked:
        assert each.due(london("2026-12-01 10:00")) is None
        assert each.stopped in (UNCHECKED, NOT_IN_FORCE), each.id
    assert rule("C20")._replace(evidence="V").due(london("2026-12-01 10:00")) is not None


def test_the_duty_to_report_waits_for_its_commencement_with_its_stop_of_seven_days() -> None:
    at = london("2026-12-01 10:00")
    for id in ("C03", "C03.stop"):
        assert (rule(id).stopped, rule(id).due(at)) == (NOT_IN_FORCE, None)
        assert RULES.in_force(id, at) is None
    begun = {"dated": Form.KNOWN, "since": date(2026, 12, 1)}
    assert rule("C03.stop")._replace(**begun).due(at) == london("2026-12-08 23:59:59")
    assert rule("C03")._replace(**begun).due(at) is None


def test_what_has_no_number_calendar_or_area_is_not_computed() -> None:
    at = london("2026-12-01 10:00")
    assert (rule("C17").stopped, rule("C17").due(at)) == (NO_CALENDAR, None)
    assert (rule("C04").stopped, rule("C04").due(at)) == (LOCAL, None)
    assert [rule(id).due(at) for id in ("C01", "C05", "C25", "C27", "C31", "C32")] == [None] * 6


def test_others_are_never_called_late() -> None:
    for each in RULES:
        assert each.missed == ("Late" if each.binds == "us" else "No confirmation received")
    assert {each.missed for each in RULES} == {"Late", "No confirmation received"}


def test_our_own_rules_have_one_version_and_no_other_is_taken_for_one() -> None:
    assert RULES.always("own.open").limit == Limit(1, "working_days")
    for id in ("C02", "C03", "C26"):
        with pytest.raises(KeyError):
            RULES.always(id)
