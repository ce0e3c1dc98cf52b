"""The questions of harm for an adult in trust, and a second person who agrees that nothing is done."""

from heed.core.vocabulary import Danger
from heed.triage import lado
from tests.office.browser import Browser, form, forms
from tests.office.staffed import staffed
from tests.office.test_concerned import decide, name, named, opened, page_of
from tests.world import World

ANSWERS = dict.fromkeys(("harmed", "offence", "risk", "unsuitable", "works"), "no")


def answers(lead: Browser, record: object, coach: str, **said: str) -> int:
    page = lead.get(f"/records/{record}/harm?concerned={coach}")
    return int(lead.send(form(page, "why"), **said).status_code)


def test_the_words_that_nobody_checked_are_shown_as_such_and_cannot_be_chosen() -> None:
    assert [one.id for one in lado.LIMBS] == ["harmed", "offence", "risk", "unsuitable"]
    assert all(one.verified and one.source == "S61" for one in lado.LIMBS)
    assert len(lado.OUTCOMES) == 5
    assert lado.USED == ()
    assert lado.OUTCOMES[0]._replace(evidence="S").verified


def test_a_coach_is_let_go_by_two_people_once_the_four_are_answered(office: World) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    name(lead, told, "adult", name="The coach", part="about", trust="yes")
    (coach,) = named(office, told)
    assert decide(lead, told, coach, decision="no_further_action") == 302
    text = page_of(lead, office, told)
    assert "Waits for a second person" in text
    assert "Decide for 1 adult" in lead.get("/").content.decode()
    assert "1 decision waits for a second person" in lead.get("/").content.decode()
    assert "You decided it, so somebody else must agree" in lead.get("/second").content.decode()
    (made,) = staff.facts("SELECT entry FROM facts.seconding")[0]
    assert lead.get(f"/second/{made}").status_code == 404
    overseer = staff.browser("overseer")
    asking = form(overseer.get(f"/oversight/{told.record}/ask"), "reason")
    assert overseer.send(asking, reason="a second person").status_code == 302
    office.open()
    overseer.get(f"/records/{told.record}")
    filled = form(overseer.get(f"/second/{made}"), "words")
    early = overseer.send(filled, outcome="agreed", words="He was loud, no more.")
    assert early.status_code == 400
    assert "has not answered the questions of harm" in early.content.decode()
    assert "He was loud, no more." in early.content.decode()
    missing = ANSWERS | {"employer": "not told", "where": "a swimming club"}
    assert answers(lead, told.record, coach, **missing) == 400
    assert answers(lead, told.record, coach, **missing, why="nothing to tell") == 302
    answered = overseer.get(f"/second/{made}").content.decode()
    assert "What was answered about this adult" in answered
    assert "Their employer was told</dt>" in answered
    unread = overseer.send(filled, outcome="agreed", words="He was loud, no more.")
    assert unread.status_code == 400
    assert "the questions of harm were answered, since you opened it" in unread.content.decode()
    overseer.get(f"/records/{told.record}")
    assert overseer.send(filled, outcome="agreed", words="He was loud, no more.").status_code == 302
    office.open()
    text = page_of(lead, office, told)
    assert "Waits for a second person" not in text
    assert "as a second person, agreed that nothing more is done" in text
    assert "a swimming club" in text
    assert "Nothing due" in lead.get("/").content.decode()


def test_what_was_overtaken_waits_for_nobody_and_says_so_to_whoever_was_about_to_agree(
    office: World,
) -> None:
    staff = staffed(office)
    lead, overseer = staff.browser("lead"), staff.browser("overseer")
    told = opened(office, lead)
    name(lead, told, "adult", name="The coach", part="about", trust="yes")
    (coach,) = named(office, told)
    assert decide(lead, told, coach, decision="no_further_action") == 302
    (made,) = staff.facts("SELECT entry FROM facts.seconding")[0]
    asking = form(overseer.get(f"/oversight/{told.record}/ask"), "reason")
    assert overseer.send(asking, reason="a second person").status_code == 302
    filled = form(overseer.get(f"/second/{made}"), "words")
    page_of(lead, office, told)
    assert decide(lead, told, coach, decision="refer") == 302
    answer = overseer.send(filled, outcome="agreed", words="He was loud, no more.")
    assert answer.status_code == 400
    assert "Nobody can agree to this any more" in answer.content.decode()
    assert "He was loud, no more." in answer.content.decode()
    assert "Nobody can agree to this any more" in overseer.get(f"/second/{made}").content.decode()
    assert "Nothing waits for a second person" in overseer.get("/second").content.decode()
    assert "No second person agreed" in page_of(lead, office, told)
    assert "waits for a second person" not in lead.get("/").content.decode()


def test_the_reporter_is_told_of_nothing_that_still_waits(office: World) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    name(lead, told, "child", name="A girl")
    name(lead, told, "adult", name="The coach", part="about", trust="yes")
    girl, coach = named(office, told)
    assert decide(lead, told, girl, decision="share") == 302
    assert decide(lead, told, coach, decision="refer") == 302
    page = lead.get(f"/records/{told.record}/tell")
    filled = form(page, "words")
    (referred,) = staff.facts("SELECT entry FROM facts.decision WHERE decision = 'refer'")[0]
    assert decide(lead, told, coach, decision="no_further_action") == 302
    (waiting,) = staff.facts("SELECT entry FROM facts.seconding")[0]
    text = lead.get(f"/records/{told.record}/tell").content.decode()
    assert str(referred) in text
    assert str(waiting) not in text
    said = {"step": "tell", "decision": str(waiting), "words": "We looked at it with care."}
    refused = lead.send(filled, **said)
    assert refused.status_code == 400
    assert "This decision does not count" in refused.content.decode()
    assert "We looked at it with care." in refused.content.decode()


def test_who_is_said_later_to_be_an_adult_in_trust_is_decided_for_again(office: World) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    name(lead, told, "adult", name="A boy", part="child", trust="no")
    (coach,) = named(office, told)
    assert decide(lead, told, coach, decision="no_further_action") == 302
    assert "Nothing due" in lead.get("/").content.decode()
    name(lead, told, "adult", concerned=coach, known="He is 19", part="about", trust="yes")
    assert "Does not count any more" in page_of(lead, office, told)
    assert "Decide for 1 adult" in lead.get("/").content.decode()


def test_nobody_is_asked_of_harm_who_is_a_child_or_in_no_trust(office: World) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    name(lead, told, "child", name="A girl")
    name(lead, told, "adult", name="A father", part="parent", trust="no")
    for person in named(office, told):
        assert lead.get(f"/records/{told.record}/harm?concerned={person}").status_code == 404
    assert lead.get(f"/records/{told.record}/harm").status_code == 404


def test_who_cannot_read_it_is_led_to_reading_first_and_loses_nothing_typed(office: World) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead, danger=Danger.YES)
    assert decide(lead, told, decision="no_further_action") == 302
    (made,) = staff.facts("SELECT entry FROM facts.seconding")[0]
    overseer = staff.browser("overseer")
    page = overseer.get(f"/second/{made}")
    assert "You cannot read it yet." in page.content.decode()
    assert [one for one in forms(page) if "words" in one.fields] == []
    asking = form(overseer.get(f"/oversight/{told.record}/ask"), "reason")
    assert overseer.send(asking, reason="a second person").status_code == 302
    filled = form(overseer.get(f"/second/{made}"), "words")
    said = {"outcome": "agreed", "words": "He has no knife."}
    unread = overseer.send(filled, **said)
    assert unread.status_code == 400
    assert "Open the record, read it, then try again." in unread.content.decode()
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("DELETE FROM facts.request")
    shut = overseer.send(filled, **said)
    assert shut.status_code == 400
    assert "You cannot read this record now" in shut.content.decode()
    assert "He has no knife." in shut.content.decode()
