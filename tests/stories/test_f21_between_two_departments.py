"""Failure F21: a case passed between departments, and each thought that another had it."""

from tests.office.browser import form, forms
from tests.office.staffed import staffed
from tests.world import World


def test_the_giver_answers_until_the_taker_says_yes(office: World) -> None:
    """The first team offers a record to the second. The second says nothing: both see that the first
    still answers for it. The second's worker leaves before answering: the first has it still, and may
    offer it to somebody else, who accepts; from that moment, and not before, that person has it.
    """
    staff = staffed(office)
    lead, colleague = staff.browser("lead"), staff.browser("colleague")
    told = office.tell("She has moved to the other side of the river.")
    office.open()

    def offer(taker: str) -> None:
        filled = form(lead.get(f"/records/{told.record}/hand-over"), "note")
        done = lead.send(filled, step="offer", taker=str(office.people[taker]), note="yours now")
        assert done.status_code == 302

    def owner() -> object:
        return office.as_owner("SELECT owner FROM facts.record")[0][0]

    offer("colleague")
    assert owner() == office.people["lead"]
    assert (
        "You answer for it until they accept"
        in lead.get(f"/records/{told.record}").content.decode()
    )
    reference = office.as_owner("SELECT reference FROM facts.record")[0][0]
    assert reference in colleague.get("/waiting").content.decode()
    administrator = staff.browser("administrator")
    left = form(administrator.get(f"/people/{office.people['colleague']}/left"), "token")
    assert administrator.send(left).status_code == 302
    assert owner() == office.people["lead"]
    offer("contact")
    contact = staff.browser("contact")
    page = contact.get(f"/waiting/{told.record}")
    [accept] = [each for each in forms(page) if each.action.endswith("/accept")]
    contact.send(accept)
    assert owner() == office.people["contact"]
    assert lead.get(f"/records/{told.record}").status_code == 404
