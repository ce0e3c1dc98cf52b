"""The rule pack has the clocks of the domain's list: every id, its evidence, its figures, its sources."""

import csv
import re
from collections import defaultdict
from datetime import date
from pathlib import Path

from heed.core.rules import RULES, Rule

NOT_FIGURES = r"s47|s\.10\(6\)|\d+%|from \d+ \w+ \d{4}"
UNITS = r"minutes|hours|h\b|working days?|days?|months?|years?"
FIGURE = rf"(\d+|one(?= (?:{UNITS})))\s*({UNITS})?"
UNIT = {
    **{"minutes": "minutes", "hours": "hours", "h": "hours", "months": "months", "years": "years"},
    **{"working_days": "working days", "uk_working_days": "working days"},
    **{"calendar_days": "days", "school_days": "days"},
}


def lines(listed_clocks: Path) -> dict[str, dict[str, str]]:
    with listed_clocks.open(encoding="utf-8", newline="") as file:
        return {line["id"]: line for line in csv.DictReader(file)}


def ours() -> dict[str, list[Rule]]:
    found = defaultdict(list)
    for rule in RULES:
        if rule.row and not rule.beside:
            found[rule.row].append(rule)
    return found


def figures(limit: str) -> list[tuple[int, str]]:
    """Every figure with its unit; one without ("+7") has that of the figure before it."""
    text = re.sub(NOT_FIGURES, "", limit.replace("the end of the day after", "1 day"))
    found, unit = [], ""
    for number, said in re.findall(FIGURE, text):
        unit = UNIT.get(said, said if said.endswith("s") or not said else said + "s") or unit
        found.append((1 if number == "one" else int(number), unit))
    return sorted(found)


def test_the_figures_are_read_out_of_a_line() -> None:
    assert figures("24 h (Shropshire); 48 h; 2 working days") == [
        (2, "working days"),
        (24, "hours"),
        (48, "hours"),
    ]
    assert figures("8 days, +7") == [(7, "days"), (8, "days")]
    assert figures("80% 1 month, 90% 3 months") == [(1, "months"), (3, "months")]
    assert figures("one month; one council; from 30 Sept 2026") == [(1, "months")]
    assert figures("as soon as possible") == []


def test_every_line_of_the_list_is_in_the_pack_and_nothing_else(listed_clocks: Path) -> None:
    assert sorted(lines(listed_clocks)) == sorted(ours())
    assert all(rule.beside in lines(listed_clocks) for rule in RULES if rule.beside)


def test_the_evidence_is_that_of_the_list(listed_clocks: Path) -> None:
    listed = {id: {line["evidence"]} for id, line in lines(listed_clocks).items()}
    assert {id: {rule.evidence for rule in rules} for id, rules in ours().items()} == listed


def test_the_figures_are_those_of_the_list(listed_clocks: Path) -> None:
    listed = {id: figures(line["limit"]) for id, line in lines(listed_clocks).items()}
    packed = {
        id: sorted(
            (each.limit.amount, UNIT[each.limit.unit]) for each in rules if each.limit.amount
        )
        for id, rules in ours().items()
    }
    assert packed == listed
    assert sum(map(len, listed.values())) > 30


def test_the_day_on_which_one_begins_is_that_of_the_list(listed_clocks: Path) -> None:
    dated = {
        id: found[1]
        for id, line in lines(listed_clocks).items()
        if (found := re.search(r"from (\d+ \w+ \d{4})", line["limit"]))
    }
    assert dated == {"C25": "30 Sept 2026"}
    assert [rule.since for rule in ours()["C25"]] == [date(2026, 9, 30)]


def test_the_sources_are_those_of_the_list(listed_clocks: Path) -> None:
    listed = {
        id: set(re.findall(r"S\d+", line["source"])) for id, line in lines(listed_clocks).items()
    }
    packed = {
        id: {source.id for rule in rules for source in rule.sources} for id, rules in ours().items()
    }
    assert packed == listed


def test_who_is_bound_besides_us_is_so_in_the_list_too(listed_clocks: Path) -> None:
    listed = {id for id, line in lines(listed_clocks).items() if line["binds"] == "us"}
    assert {id for id, rules in ours().items() if rules[0].ours} == listed
