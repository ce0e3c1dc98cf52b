"""Failure F06: nobody replied to the person who warned, and nobody could tell that nobody had."""

from uuid import UUID

from django.http import HttpResponse

from heed.oversight import asked_commands
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, staffed
from tests.office.test_custody import reference
from tests.world import CHANCE, Told, World


def presses(world: World, told: Told, telling: UUID | None = None) -> None:
    """The reporter asks again, or says that what they were told of is wrong."""
    to, token = world.public_recipients(told.code), CHANCE.bytes(32)
    mine = {"record": told.record, "lookup": told.code.lookup, "token": token}
    if telling is None:
        entry = asked_commands.ask_again(CHANCE, to, **mine)
    else:
        entry = asked_commands.challenge(CHANCE, to, telling=telling, **mine)
    world.register("heed_intake").append(entry)


def decides(lead: Browser, told: Told) -> None:
    lead.get(f"/records/{told.record}")
    filled = form(lead.get(f"/records/{told.record}/decide"), "reason")
    said = {"decision": "no_further_action", "reason": "The school knows."}
    assert lead.send(filled, **said).status_code == 302


def tells(lead: Browser, told: Told, **said: str) -> HttpResponse:
    page = lead.get(f"/records/{told.record}/tell")
    field = "words" if "words" in said else "reason"
    return lead.send(form(page, field), **said)


def decision_of(staff: Staffed, told: Told) -> str:
    return str(staff.facts("SELECT entry FROM facts.decision WHERE record = %s", told.record)[0][0])


def test_whoever_asks_again_is_seen_by_who_answers_and_their_manager_until_somebody_replies(
    office: World,
) -> None:
    """A neighbour tells, and hears nothing. They ask again with their code. The lead sees that they
    wait, and by when to write; an overseer who was not told sees nothing. The lead writes; nobody waits.
    """
    staff = staffed(office)
    told = office.tell("A child cries at night.")
    office.open()
    presses(office, told)
    lead = staff.browser("lead")
    assert b"1 person waits to hear from us" in lead.get("/").content
    page = lead.get("/reporters").content.decode()
    assert reference(staff, told) in page
    assert "they asked again" in page
    assert "1 working day" in page
    assert (
        reference(staff, told) not in staff.browser("colleague").get("/reporters").content.decode()
    )
    filled = form(lead.get(f"/records/{told.record}"), "words")
    assert lead.send(filled, words="We have opened it.").status_code == 302
    assert b"Nobody waits" in lead.get("/reporters").content
    assert b"to hear from us" not in lead.get("/").content.split(b"<main")[1]


def test_they_are_told_by_a_persons_decision_and_a_wrong_one_is_judged_by_somebody_else(
    office: World,
) -> None:
    """The lead decides, first not to tell them for a week as the police ask, then to tell. The neighbour
    says that it is wrong. The lead cannot answer that; the overseer reads the record and has the lead
    decide again. What the neighbour sees is what a person chose to tell them, and nothing else.
    """
    staff = staffed(office)
    told = office.tell("A child cries at night.")
    office.open()
    lead, record = staff.browser("lead"), f"/records/{told.record}"
    decides(lead, told)
    for said in ({"until_day": "31", "until_month": "2", "until_year": "2027"}, {"until_day": ""}):
        wrong = tells(lead, told, step="hold", reason="The police ask us to wait.", **said)
        assert wrong.status_code == 400
        assert b"The police ask us to wait." in wrong.content
    soon = office.as_owner("SELECT (now() + interval '7 days')::date")[0][0]
    day = {"until_day": str(soon.day), "until_month": str(soon.month), "until_year": str(soon.year)}
    assert tells(lead, told, step="hold", reason="Police.", **day).status_code == 302
    assert b"Do not tell them yet." in lead.get(record).content
    assert tells(lead, told, step="lift", reason="They have done.").status_code == 302
    decision = decision_of(staff, told)
    nothing = tells(lead, told, step="tell", words="We spoke to the school.", decision="")
    assert nothing.status_code == 400
    assert b"We spoke to the school." in nothing.content
    sent = tells(lead, told, step="tell", words="We spoke to the school.", decision=decision)
    assert sent.status_code == 302
    office.open()
    assert [b"We spoke to the school." in words for words in office.words_behind(told.code)] == [
        False,
        True,
    ]
    assert office.as_owner("SELECT 1 FROM machinery.message") == []  # to no mailbox
    (telling,) = staff.facts("SELECT entry FROM facts.telling")[0]
    presses(office, told, telling)
    (challenge,) = staff.facts("SELECT entry FROM facts.challenge")[0]
    assert (
        b"You decided it, or agreed to it, so you cannot answer" in lead.get("/reporters").content
    )
    assert lead.get(f"/reporters/{challenge}").status_code == 404
    overseer = staff.browser("overseer")
    asking = form(overseer.get(f"/oversight/{told.record}/ask"), "reason")
    assert overseer.send(asking, reason="They say that it is wrong.").status_code == 302
    office.open()
    answer = form(overseer.get(f"/reporters/{challenge}"), "words")
    unread = overseer.send(answer, outcome="decide again", words="Nobody saw the child.")
    assert unread.status_code == 400
    assert b"Nobody saw the child." in unread.content
    overseer.get(record)
    done = overseer.send(answer, outcome="decide again", words="Nobody saw the child.")
    assert done.status_code == 302
    office.open()
    page = lead.get(record).content.decode()
    assert "it must be made again" in page
    assert "Nobody saw the child." in page
    assert "Name the child, or decide" in page
    assert len(office.words_behind(told.code)) == 3  # their own two, and what they were told
