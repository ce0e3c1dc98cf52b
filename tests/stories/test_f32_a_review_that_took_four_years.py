"""Failures F32 and F39: for years nobody could say what an office had received, or who had been shown it."""

import json

from tests.office.browser import form
from tests.office.staffed import staffed
from tests.office.test_custody import reference
from tests.office.test_lookback import ask, day, days_pass, mark
from tests.world import World


def test_what_the_office_had_received_about_a_place_is_answered_at_once(office: World) -> None:
    """Minutes about Weir Lane are put in, and a letter about another street. A month later a report on
    Weir Lane comes, and somebody puts in an old letter that had lain in a drawer since "2001 or 2002".
    Asked what had come about Weir Lane by the first day, the office has the minutes, that nobody had
    opened them and nothing was decided; nothing that came later; and the same bytes when asked again.
    As is known today, the letter from the drawer stands apart: it possibly came by then.
    """
    staff = staffed(office)
    clerk = staff.browser("colleague")
    first = office.tell("Minutes of the meeting: the cars wait in Weir Lane.")
    office.tell("A car waits in another street.")
    office.open()
    asked_for = day()
    days_pass(office, 30)
    later = office.tell("A report on Weir Lane.")
    filled = form(clerk.get("/letters/new"), "told")
    clerk.send(filled, told="The cars come to Weir Lane.", reached="2001 or 2002")
    office.open()
    lead = staff.browser("lead")
    lead.get(f"/records/{first.record}")
    text = ask(lead, "Weir Lane", asked_for)
    assert reference(staff, first) in text
    assert "Nobody had opened this" in text
    assert "Nothing by then" in text
    assert reference(staff, later) not in text
    assert mark(ask(lead, "Weir Lane", asked_for)) == mark(text)
    filled = form(lead.get("/lookback"), "sought")
    said = {"sought": "Weir Lane", "by": "1 July 2002", "reading": "today", "file": "yes"}
    answer = json.loads(lead.send(filled, **said).content)
    assert answer["received"] == []
    [old] = answer["possibly"]
    [reached] = [thing["reached"] for thing in old["things"] if thing["reached"]]
    assert reached == {"said": "2001 or 2002", "first": "2001-01-01", "last": "2002-12-31"}


def test_what_was_shown_to_a_role_is_listed_with_time_and_entry(office: World) -> None:
    """The lead is on duty, opens a warning and offers it to a colleague, who says nothing. An overseer
    asks what was shown to everybody who does that job: both are told of, each step in its order.
    """
    staff = staffed(office)
    told = office.tell("A warning.")
    office.open()
    lead = staff.browser("lead")
    lead.get(f"/records/{told.record}")
    offer = form(lead.get(f"/records/{told.record}/hand-over"), "note")
    lead.send(offer, step="offer", taker=str(office.people["colleague"]), note="yours?")
    overseer = staff.browser("overseer")
    filled = form(overseer.get("/lookback/people"), "by")
    saved = overseer.send(filled, person="job: owner", by=day(), file="yes")
    shown = json.loads(saved.content)["shown"]
    names = {str(id): name for name, id in office.people.items()}
    assert [(names[one["person"]], one["what"]) for one in shown if one["what"] != "looked"] in (
        [("lead", "answers"), ("lead", "hand_over_offered"), ("colleague", "offered")],
        [("lead", "answers"), ("colleague", "offered"), ("lead", "hand_over_offered")],
    )
    assert {one["what"] for one in shown} == {"answers", "looked", "hand_over_offered", "offered"}
    assert all(one["references"] == [reference(staff, told)] for one in shown)
    known = {str(entry) for (entry,) in office.as_owner("SELECT id FROM register.entry")}
    assert {one["entry"] for one in shown} <= known
