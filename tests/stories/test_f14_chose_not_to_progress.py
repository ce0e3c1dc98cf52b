"""Failure F14: a team reported many children and many adults, and it was chosen not to act, by nobody."""

from heed.core.vocabulary import Danger
from heed.triage.concerned_commands import Part, Trust, name_adult, name_child
from tests.office.browser import form
from tests.office.staffed import staffed
from tests.office.test_custody import reference
from tests.stories.test_f06_no_reply import decision_of, presses, tells
from tests.world import CHANCE, World

CHILDREN, ADULTS = 11, 3
REPORT = "Eleven girls at the clinic, all driven about by the same three men."


def test_not_to_act_is_somebodys_decision_for_each_child_with_a_reason_and_can_be_challenged(
    office: World,
) -> None:
    """One report names eleven children and three adults. Until something is decided for each child the
    record stays undecided; a decision without a reason is refused. Whoever reported it is told by whom
    it was decided not to act for one of them, says that it is wrong, and the ladder of that begins.
    """
    staff = staffed(office)
    told = office.tell(REPORT, danger=Danger.NO)
    office.open()
    lead, to = staff.browser("lead"), office.office_recipients
    lead.get(f"/records/{told.record}")
    for number in range(CHILDREN):
        words = {"name": f"Girl {number}, about 13"}
        staff.act("lead", name_child(CHANCE, to, words, record=told.record, concerned=None))
    for number in range(ADULTS):
        adult = {"part": Part.ABOUT, "trust": Trust.NO, "concerned": None}
        words = {"name": f"Driver {number}"}
        staff.act("lead", name_adult(CHANCE, to, words, record=told.record, **adult))
    office.open()
    wanted = "SELECT wanted, undecided FROM facts.record WHERE id = %s"
    assert staff.facts(wanted, told.record) == [(CHILDREN, CHILDREN)]
    children = staff.facts("SELECT concerned FROM register.to_decide_for(%s)", told.record)
    assert len(children) == CHILDREN
    page = lead.get(f"/records/{told.record}/decide?concerned={children[0][0]}")
    said = {"decision": "no_further_action", "reason": " "}
    assert lead.send(form(page, "reason"), **said).status_code == 400
    said["reason"] = "She did not answer."
    assert lead.send(form(page, "reason"), **said).status_code == 302
    assert staff.facts(wanted, told.record) == [(CHILDREN, CHILDREN - 1)]
    decided = decision_of(staff, told)
    words = "We have decided not to act for one of them now."
    assert tells(lead, told, decision=decided, words=words, step="tell").status_code == 302
    [(telling, by)] = staff.facts("SELECT entry, actor FROM facts.telling")
    assert by == office.people["lead"]
    presses(office, told, telling)
    [(challenged, decided_by, outcome)] = staff.facts(
        "SELECT decision::text, decided_by, outcome FROM facts.challenge"
    )
    assert (challenged, decided_by, outcome) == (decided, office.people["lead"], None)
    assert reference(staff, told) in staff.browser("overseer").get("/reporters").content.decode()
