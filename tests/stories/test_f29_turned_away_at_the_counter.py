"""Failure F29: a child was turned away at a counter, and nobody wrote down that it happened.

The failure has a second half, that an employer was not told of an arrest. The task to tell them waits for
referrals, which are not built: nothing here stands for it.
"""

from heed.core.vocabulary import Danger
from tests.office.browser import form
from tests.office.staffed import staffed
from tests.world import World

REFUSED = "I told them at the counter that he hurts me. They said to come back with an adult."
THANKS = {"is-0": "complaint"}


def test_that_a_report_was_refused_is_a_report_with_an_owner_and_a_second_reader(
    office: World,
) -> None:
    """A child whom nobody would listen to says so here. It is on the record, and one person answers for
    it. The unit at whose counter it happened is
    kept from it. In haste it is called a complaint; then an overseer must read it, and it comes back.
    """
    staff = staffed(office)
    told = office.tell(REFUSED, danger=Danger.NO, where="The counter of the second team")
    office.open()
    [(owner, reference)] = office.as_owner("SELECT owner, reference FROM facts.record")
    assert owner == office.people["lead"]
    assert office.words_behind(told.code)[0].decode().count("come back with an adult") == 1
    lead, overseer = staff.browser("lead"), staff.browser("overseer")
    lead.get(f"/records/{told.record}")
    staff.restrict(told.record, unit="second", by="lead")
    assert staff.browser("colleague").get(f"/records/{told.record}").status_code == 404
    assert reference in lead.get("/").content.decode()
    lead.send(form(lead.get("/sort"), "all-0"), **THANKS)
    office.open()
    assert reference not in lead.get("/").content.decode()
    [(sample, record)] = office.as_owner("SELECT entry, record FROM facts.sample")
    assert record == told.record
    overseer.send(form(overseer.get(f"/oversight/{record}/ask"), "reason"), reason="sampled")
    assert "come back with an adult" in overseer.get(f"/records/{record}").content.decode()
    page = overseer.get(f"/oversight/sample/{sample}")
    again = {"outcome": "look again", "words": "They were sent away."}
    assert overseer.send(form(page, "words"), **again).status_code == 302
    assert reference in lead.get("/").content.decode()
