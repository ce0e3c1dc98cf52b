"""Failure F26: agencies were not sure whether they might share, and what each knew stayed with it.

Not here yet: a page that shows on what lawful basis one may share, and a list of the bases that were
used. What is here: to share or not is a decision that somebody makes by name and with a reason, and it
waits until somebody makes it. The page holds the reason; the database, which cannot read sealed words,
holds who decides and that somebody must.
"""

import json

from heed.triage.concerned_commands import Choice
from heed.triage.concerned_commands import decide as to_decide
from tests.office.browser import Browser, form
from tests.office.staffed import staffed
from tests.office.test_concerned import decide, name, named, opened, page_of
from tests.office.test_lookback import day
from tests.world import CHANCE, World

MADE = "SELECT decision FROM facts.decision ORDER BY at"


def test_to_share_or_not_is_decided_for_each_child_by_name_and_with_a_reason(
    office: World, lead: Browser
) -> None:
    """A school's worry names two children. Until somebody decides for each, the record waits. The lead
    chooses not to share about one, and gives no reason: it is refused, and nothing is recorded. With
    reasons both stand on the record beside the lead's name, and a later decision is added to them.
    Looking back lists each of the three, by whom and when.
    """
    told = opened(office, lead)
    for who in ("The elder", "The younger"):
        name(lead, told, name=who)
    elder, younger = named(office, told)
    assert "Decide for 2 children" in lead.get("/").content.decode()
    for choice in ("no_further_action", "share"):
        for reason in ("", " ", "\n\t"):
            assert decide(lead, told, elder, decision=choice, reason=reason) == 400
    assert office.as_owner(MADE) == []
    assert "Decide for 2 children" in lead.get("/").content.decode()
    not_now = "Her school has it already, and she asked us to wait."
    assert decide(lead, told, elder, decision="no_further_action", reason=not_now) == 302
    assert decide(lead, told, younger, decision="share", reason="The school must know.") == 302
    assert decide(lead, told, elder, decision="share", reason="She has changed her mind.") == 302
    page = page_of(lead, office, told)
    for said in (not_now, "The school must know.", "She has changed her mind."):
        assert said in page
    assert "Before: No further action, decided by" in page
    assert page.count("<strong>Share</strong>, decided by Safeguarding lead") == 2
    filled = form(lead.get("/lookback"), "sought")
    answer = json.loads(lead.send(filled, sought="seen", by=day(), file="yes").content)
    [record] = answer["received"]
    made = [one["decision"] for one in record["decided"]]
    assert made == ["no_further_action", "share", "share"]
    assert {one["by"] for one in record["decided"]} == {str(office.people["lead"])}


def test_past_the_page_a_decision_without_a_reason_would_stand(
    office: World, lead: Browser
) -> None:
    staff, told = staffed(office), opened(office, lead)
    about = {"record": told.record, "concerned": None, "reason": " "}
    to = office.office_recipients
    staff.act("lead", to_decide(CHANCE, to, choice=Choice.NO_FURTHER_ACTION, **about))
    assert office.as_owner(MADE) == [("no_further_action",)]
