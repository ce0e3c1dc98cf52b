"""Failure F05: a letter addressed to a group was answered by nobody."""

from tests.office.browser import form
from tests.office.staffed import staffed
from tests.walls.bodies import folded, orphans
from tests.world import World

GROUP = "\n".join(f"Member {number} of the board" for number in range(1, 13))


def test_a_letter_to_twelve_has_one_owner_from_the_first_moment(office: World) -> None:
    """A letter is addressed to twelve people. It is put in once. From that moment one named person
    answers for it: whoever is on duty. That person leaves; in the same transaction another does. At
    no entry of the history does it have no owner or two.
    """
    staff = staffed(office)
    clerk = staff.browser("colleague")
    page = clerk.get("/letters/new")
    sent = {"told": "A letter to all of you.", "addressed_to": GROUP, "channel": "letter"}
    assert clerk.send(form(page, "told"), **sent).status_code == 200
    office.open()
    [(record, owner)] = office.as_owner("SELECT id, owner FROM facts.record")
    assert owner == office.people["lead"]
    lead = staff.browser("lead")
    shown = lead.get(f"/records/{record}").content.decode()
    assert "Member 12 of the board" in shown
    administrator = staff.browser("administrator")
    leaves = form(administrator.get(f"/people/{owner}/left"), "token")
    assert administrator.send(leaves).status_code == 302
    [(other,)] = office.as_owner("SELECT owner FROM facts.record")
    assert other != owner
    assert orphans(office) == set()
    assert folded(office).concerns.records[record].owner == other
