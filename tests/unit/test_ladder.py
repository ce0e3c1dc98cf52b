"""The ladder counts working days from receipt, as the calendar of the clocks does."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import heed
from heed.core.working_days import after, end_of, working_day_of
from heed.oversight.ladder import RUNGS, received_before

INSTANTS = st.datetimes(datetime(2019, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@settings(max_examples=300, deadline=None)
@given(now=INSTANTS, back=st.integers(0, 30 * 24 * 60), days=st.sampled_from([1, 3, 5, 7]))
def test_what_is_found_is_exactly_what_the_working_days_say(
    now: datetime, back: int, days: int
) -> None:
    received = now - timedelta(minutes=back)
    ends = end_of(after(working_day_of(received), days)) + timedelta(seconds=1)
    assert (received < received_before(days, now)) == (ends <= now)


def test_easter_gives_more_time() -> None:
    friday = datetime(2026, 4, 3, 10, tzinfo=UTC)
    assert friday < received_before(1, datetime(2026, 4, 9, 0, tzinfo=UTC))
    assert not friday < received_before(1, datetime(2026, 4, 8, 22, tzinfo=UTC))
    assert friday < received_before(5, datetime(2026, 4, 14, 23, 30, tzinfo=UTC))


def test_each_rung_comes_after_the_one_before_it() -> None:
    assert [rung.days for rung in RUNGS] == [1, 3, 5, 7]


def test_each_rung_is_a_rule_in_working_days_that_runs() -> None:
    assert {(rung.rule.limit.unit, rung.rule.stopped) for rung in RUNGS} == {("working_days", "")}


def test_the_database_lets_come_what_the_rules_say_and_nothing_else() -> None:
    """A pack alone cannot move a rung: the database has the numbers too, and holds to them."""
    sql = (Path(heed.__file__).parent / "store/sql/chasing.sql").read_text(encoding="utf-8")
    (steps,) = re.findall(r"CASE held.chased ((?:WHEN \d+ THEN \d+ ?)+)END", sql)
    found = [(int(one), int(other)) for one, other in re.findall(r"WHEN (\d+) THEN (\d+)", steps)]
    assert found == list(pairwise((0, *(rung.days for rung in RUNGS))))
