"""The packaged story: everything that came in has one owner at once, and somebody independent in five days."""

import tomllib
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest

from heed.cli.chronicle import working_days_to
from heed.cli.replay import next_working_day
from heed.core.times import LONDON
from tests.cli.test_commands import Operator, operator  # noqa: F401
from tests.servers import Database

WARNINGS = (
    *("E04", "E05", "E06", "E07", "E08", "E10", "E11", "E12", "E13", "E14", "E15", "E15b", "E15c"),
    *("E16", "E18", "E19", "E25"),
)
"""What the domain's acceptance A1 asks for, with E15b and E15c."""


@pytest.mark.parametrize("silent", [False, True], ids=["owners act", "nobody acts"])
def test_nobody_answers_and_somebody_independent_has_each_within_five_working_days(
    operator: Operator,  # noqa: F811
    database: Database,
    silent: bool,
) -> None:
    asked = ["demo", "--no-serve", *(["--silent"] if silent else [])]
    done = operator.told(*asked)
    assert [one["follows"] for one in done["courses"]] == list(WARNINGS)
    assert [row["receipt"] for row in done["table"]] == ["verified"] * len(WARNINGS)
    for one in done["courses"]:
        assert one["owner"]
        assert one["decided_after"] == (None if silent else 1)
        named = one["follows"] not in ("E06", "E10")  # no child is named in these two
        assert one["referred_after"] == (1 if named and not silent else None)
        # Whoever referred it has a day to ask again, before the ladder begins (ADR 0023).
        assert one["chased_after"] == (2 if named and not silent else 1)
        assert one["overseen_after"] == 5
        assert "Independent Oversight" in one["told"]
    met = {id for id, met in done["acceptance"].items() if met}
    assert met == {"A1", "A2", "A3", "A4", "A5", "A8", "A10", "A11", "A15"} | (
        set() if silent else {"A6"}
    )
    assert False not in done["acceptance"].values()
    assert _never_without_an_owner(database)
    assert done["weekends"] == [{"item": 5, "found": True, "receipt_holds": True}]
    stolen = done["theft"]
    assert stolen.pop("files") > 20
    assert stolen == {"readable": 0, "ended": 1}
    _pages(operator.home / "demo-out")
    if silent:
        return
    assert operator.told("verify")["faults"] == []
    assert operator.told("rebuild", "--check")["differences"] == []
    again = operator.told(*asked)
    assert (again["courses"], again["table"]) == (done["courses"], done["table"])


def _never_without_an_owner(database: Database) -> bool:
    """Every record has an owner, from the entry that made it on (A3)."""
    with psycopg.connect(database.superuser_url) as connection:
        row = connection.execute(
            "SELECT count(*), count(r.owner), count(convert_from(e.facts, 'UTF8')::jsonb->>'owner')"
            " FROM facts.record r JOIN register.entry e ON e.stream = r.id AND e.version = 1"
        ).fetchone()
    assert row is not None
    return row[0] == row[1] == row[2] == len(WARNINGS)


def _pages(out: Path) -> None:
    replay = (out / "replay.html").read_text()
    history = (out / "history.html").read_text()
    for page in (replay, history):
        assert "0800 1111" in page
        assert "<script" not in page
    for event in WARNINGS:
        assert f'href="history.html#{event}"' in replay
        assert f'id="{event}"' in history


def test_the_history_names_a_source_for_each_event_and_uses_each_source() -> None:
    told = tomllib.loads((files("heed") / "story" / "history.toml").read_text())
    cited = {source for event in told["event"] for source in event["sources"]}
    assert cited == {source["id"] for source in told["source"]}
    assert all(event["sources"] for event in told["event"])


def test_the_history_leaves_no_event_out() -> None:
    told = tomllib.loads((files("heed") / "story" / "history.toml").read_text())
    ids = [f"E{number:02}" for number in range(1, 34)]
    ids[15:15] = ["E15a", "E15b", "E15c"]
    assert [event["id"] for event in told["event"]] == ids


def test_working_days_count_from_the_day_of_receipt() -> None:
    friday = datetime(2026, 11, 20, 15, 50, tzinfo=LONDON)
    monday = datetime(2026, 11, 23, 10, 0, tzinfo=LONDON)
    assert next_working_day(friday) == monday
    assert working_days_to(friday, monday) == 1
    assert working_days_to(friday, friday) == 0
    sunday = datetime(2026, 11, 22, 9, 0, tzinfo=LONDON)
    assert working_days_to(sunday, monday) == 0
    assert next_working_day(sunday) == datetime(2026, 11, 24, 10, 0, tzinfo=LONDON)
