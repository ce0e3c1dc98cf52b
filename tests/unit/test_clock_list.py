"""What the page of clocks says of a rule is true of it."""

from datetime import UTC, date, datetime

from heed.core.pack_form import Form
from heed.core.rules import RULES, Rule
from heed.oversight.clock_list import IN_USE, clock_list, listed
from heed.triage.clocks import Due
from tests.sample_pages import environment


def rule(id: str, **other: object) -> Rule:
    (found,) = (each for each in RULES if each.id == id)
    return found._replace(**other)  # type: ignore[arg-type]


def test_every_rule_stands_in_one_list_and_only_what_is_counted_is_said_to_run() -> None:
    lists = clock_list()
    ids = [each.id for part in lists.values() for each in part]
    assert sorted(ids) == sorted(each.id.replace(".", "-") for each in RULES)
    running = {each.id.replace(".", "-") for each in IN_USE if not each.stopped}
    assert {each.id for each in lists["runs"]} == running
    assert {each.id for each in lists["stopped"]} == {
        each.id.replace(".", "-") for each in RULES if each.stopped
    }


def test_a_rule_that_does_not_run_says_why() -> None:
    assert listed(rule("C20")).state == ("Does not run: nobody has checked it against its source")
    assert listed(rule("C03.stop")).state == "Does not run: not in force yet"
    assert listed(rule("C04")).state == "Does not run: each area sets its own time"
    assert listed(rule("C17")).state == "Does not run: there is no calendar for it here"
    assert listed(rule("C32")).state.startswith("Nothing to count")
    assert listed(rule("C12")).state == "Runs here"
    assert listed(rule("C07")).state == "Not counted here yet"
    assert listed(rule("C28")).state == "Runs here"
    assert listed(rule("C28", evidence="K")).state.startswith("Does not run")


def test_what_was_seen_is_said_letter_by_letter() -> None:
    assert listed(rule("C20")).seen == "not checked"
    assert listed(rule("C10")).seen == "seen in what others write of it, and not checked in full"
    assert listed(rule("C14")).seen == listed(rule("C10")).seen
    assert listed(rule("C12")).seen == "seen in the official text"


def test_since_when_is_said_only_where_it_is_known() -> None:
    assert listed(rule("C17")).since == "1 September 2026"
    assert listed(rule("C12")).since == "we do not know the day"
    assert listed(rule("C03")).since == "not in force yet"
    ended = rule("C17", until=date(2027, 9, 1))
    assert listed(ended).since == "1 September 2026, until 1 September 2027"
    assert listed(rule("C28")).since == "for all that is recorded here"
    assert rule("C28").dated == Form.ALWAYS


def test_beside_a_record_only_our_own_rules_are_ever_late() -> None:
    begun, now = datetime(2026, 11, 24, 10, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)
    macro = '{% from "concerned.html" import due %}{{ due(next, now) }}'
    for id, said, not_said in (
        ("own.decide", "Late", "No confirmation received"),
        ("C02", "No confirmation received", "Late"),
    ):
        due = Due("Something", rule(id).due(begun), rule(id))
        shown = environment("office").from_string(macro).render(next=due, now=now)
        assert said in shown
        assert not_said not in shown
