"""The record's page tells everything that was done, in order, to whoever answers for it and to an overseer."""

import re
import uuid
from datetime import UTC, datetime

import pytest

from heed.access import commands
from heed.access.walls import Ground
from heed.core.vocabulary import Kind
from heed.intake.view import DONE, SAID
from heed.office.history import whole
from heed.store.readable import Said
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, staffed
from tests.world import CHANCE, Told, World

AT = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture
def staff(office: World) -> Staffed:
    return staffed(office)


def told(office: World) -> Told:
    made = office.tell("the heron on the weir")
    office.open()
    return made


def ask_to_see(staff: Staffed, record: uuid.UUID) -> None:
    staff.act(
        "overseer",
        commands.ask_for_content(
            CHANCE,
            staff.world.office_recipients,
            person=staff.world.people["overseer"],
            record=record,
            reason="a sample",
        ),
    )


def happened(browser: Browser, record: uuid.UUID) -> list[str]:
    """The headings of all that was said and done."""
    page = browser.get(f"/records/{record}").content.decode()
    found = re.findall(r'<p class="heed-entry__who"><strong>(.*?)</strong>', page, re.DOTALL)
    return [" ".join(each.split()) for each in found]


def test_everything_that_was_done_is_told_in_order_with_names_and_reasons(
    office: World, staff: Staffed
) -> None:
    made, to, lead = told(office), office.office_recipients, staff.browser("lead")
    filled = form(lead.get(f"/records/{made.record}"), "words")
    lead.send(filled, words="we have read it")
    about = {"record": made.record}
    staff.restrict(made.record, unit="second", by="lead")
    ((wall,),) = office.as_owner("SELECT entry FROM facts.wall")
    staff.act("custodian", commands.ask_to_lift(CHANCE, to, **about, wall=wall, reason="why ask"))
    staff.act("overseer", commands.lift_wall(CHANCE, to, **about, wall=wall, reason="why lift"))
    contact = office.people["contact"]
    offer = commands.offer_hand_over(CHANCE, to, **about, taker=contact, note="why offer")
    for actor, reason in (("lead", ""), ("contact", "why not")):
        staff.act("lead", offer)
        decline = commands.decline_hand_over(CHANCE, to, **about, reason=reason)
        staff.act(actor, decline)
        offer = commands.offer_hand_over(CHANCE, to, **about, taker=contact, note="once more")
    staff.act("lead", offer)
    office.open()
    unit = "Second team, Aldermere Safeguarding Partnership"
    expected = [
        "They told us",
        "Safeguarding lead answered",
        f"Safeguarding lead restricted {unit}",
        f"Custodian asked to lift the restriction on {unit}",
        f"Overseer lifted the restriction on {unit}",
        "Safeguarding lead offered this record to Outside contact",
        "Safeguarding lead took the offer back",
        "Safeguarding lead offered this record to Outside contact",
        "Outside contact did not take it",
        "Safeguarding lead offered this record to Outside contact",
    ]
    assert happened(lead, made.record) == expected
    page = lead.get(f"/records/{made.record}").content.decode()
    reasons = ("named in it", "why ask", "why lift", "why offer", "once more", "why not")
    places = [page.index(reason) for reason in reasons]
    assert places == sorted(places)
    assert "Lifted" in page
    staff.act("contact", commands.accept_hand_over(CHANCE, to, **about))
    theirs = staff.browser("contact")
    accepted = "Outside contact accepted it, and answers for it from then on"
    assert happened(theirs, made.record) == [*expected, accepted]


def test_a_reason_that_the_opener_has_not_brought_yet_breaks_nothing(
    office: World, staff: Staffed
) -> None:
    made, lead = told(office), staff.browser("lead")
    entry = commands.wall_person(
        CHANCE,
        office.office_recipients,
        record=made.record,
        person=office.people["colleague"],
        ground=Ground.CLOSE,
        reason="named in it",
    )
    staff.act("lead", entry)
    assert "restricted Second worker" in happened(lead, made.record)[-1]


@pytest.mark.parametrize("kind", sorted(SAID | DONE))
@pytest.mark.parametrize("body", [None, {}, {"reason": 7, "note": [], "words": {}, "saw": None}])
def test_a_body_of_any_form_gives_the_page_text_only(kind: Kind, body: dict | None) -> None:
    found = whole(Said(kind, AT, "", body))
    assert found is None or all(isinstance(each, str) for each in found.values())
    assert body is None or found is not None


def test_a_kind_of_a_later_version_has_no_words_and_breaks_nothing() -> None:
    assert whole(Said("of_tomorrow", AT, "", {"reason": "x"})) == {}
    assert whole(Said("of_tomorrow", AT, "", None)) == {}


def test_an_overseer_who_asked_looks_for_oversight_and_cannot_answer(
    office: World, staff: Staffed
) -> None:
    made, seer = told(office), staff.browser("overseer")
    assert seer.get(f"/records/{made.record}").status_code == 404
    ask_to_see(staff, made.record)
    page = seer.get(f"/records/{made.record}")
    text = page.content.decode()
    assert "the heron on the weir" in text
    assert "Safeguarding lead answers for it" in text
    assert "restrict" in text
    for absent in ("/answer", "/hand-over", "/take-back"):
        assert f"/records/{made.record}{absent}" not in text
    looks = office.as_owner("SELECT person, purpose FROM facts.look ORDER BY at")
    assert looks == [(office.people["overseer"], "oversight")]
    staff.browser("lead").get(f"/records/{made.record}")
    looks = office.as_owner("SELECT purpose FROM facts.look ORDER BY at")
    assert looks == [("oversight",), ("own queue",)]


def test_an_overseers_answer_is_the_same_page_as_none(office: World, staff: Staffed) -> None:
    made, seer = told(office), staff.browser("overseer")
    ask_to_see(staff, made.record)
    filled = form(seer.get("/letters/new"), "form")
    for words in ("we have read it", ""):
        answers = [
            seer.send(filled, f"/records/{record}/answer", words=words)
            for record in (made.record, uuid.uuid4())
        ]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
    assert len(office.words_behind(made.code)) == 1


def test_an_overseer_who_answers_for_a_record_opens_it_as_their_own(
    office: World, staff: Staffed
) -> None:
    made, seer = told(office), staff.browser("overseer")
    ask_to_see(staff, made.record)
    to = office.office_recipients
    offer = commands.offer_hand_over(
        CHANCE, to, record=made.record, taker=office.people["overseer"], note=""
    )
    staff.act("lead", offer)
    staff.act("overseer", commands.accept_hand_over(CHANCE, to, record=made.record))
    page = seer.get(f"/records/{made.record}").content.decode()
    assert f"/records/{made.record}/answer" in page
    assert office.as_owner("SELECT purpose FROM facts.look") == [("own queue",)]
