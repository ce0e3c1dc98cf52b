"""Failure F10: a report went to all the managers, and nobody had to decide anything."""

from tests.office.browser import form
from tests.office.staffed import staffed
from tests.world import World


def test_one_person_must_decide_and_it_is_known_who_opened_it_and_when(office: World) -> None:
    """A report is put in that had been sent to thirty. One person answers for it, and must say what it
    is, with a name and a time, after opening it. An overseer sees who has opened it, and that nobody
    has, for as long as that is so.
    """
    staff = staffed(office)
    clerk, lead, overseer = (staff.browser(name) for name in ("colleague", "lead", "overseer"))
    to = "\n".join(f"Manager {number}" for number in range(30))
    said = {"told": "The analyst's report.", "addressed_to": to, "channel": "email"}
    clerk.send(form(clerk.get("/letters/new"), "told"), **said)
    office.open()
    [(record, reference)] = office.as_owner("SELECT id, reference FROM facts.record")
    list_page = overseer.get("/oversight").content.decode()
    assert reference in list_page
    assert "Nobody has opened this" in list_page
    page = lead.get("/sort")
    lead.send(form(page, "all-0"), **{"is-0": "concern"})
    [(outcome, actor)] = office.as_owner("SELECT outcome, actor FROM facts.sorting")
    assert (outcome, actor) == ("concern", office.people["lead"])
    assert "Nobody has opened this" not in overseer.get("/oversight").content.decode()
    office.open()
    shown = lead.get(f"/records/{record}").content.decode()
    assert "Safeguarding lead said that it is a concern" in shown
