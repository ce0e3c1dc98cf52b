"""Putting in what came on paper, by telephone or by email."""

import json
import re
import uuid

import pytest

from heed.register.return_code import ReturnCode
from heed.store import staff
from heed.store.readable import Desk
from tests.office.browser import Browser, Form, form
from tests.office.staffed import staffed
from tests.world import World

WORDS = "Dear Sir, the heron \0 on the weir é 👩‍👧"


def letter(browser: Browser) -> Form:
    return form(browser.get("/letters/new"), "form")


def records(office: World) -> list[tuple]:
    return office.as_owner("SELECT id, channel, danger, owner FROM facts.record ORDER BY filed_at")


def code_on(answer) -> ReturnCode:
    """The eight words that the page shows."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    words = text.split()
    for place in range(len(words) - 7):
        try:
            return ReturnCode.parse(" ".join(words[place : place + 8]))
        except ValueError:
            continue
    raise AssertionError("no return code on the page")


def test_a_letter_goes_to_the_person_on_duty_and_its_code_opens_it(
    office: World, lead: Browser
) -> None:
    office.put_on_duty("colleague")
    answer = lead.send(letter(lead), told=WORDS, sender="a neighbour", danger="yes")
    assert answer.status_code == 200
    ((record, channel, danger, owner),) = records(office)
    assert (channel, danger, owner) == ("letter", "yes", office.people["colleague"])
    (body,) = office.words_behind(code_on(answer))
    assert json.loads(body)["told"] == WORDS
    assert json.loads(body)["sender"] == "a neighbour"
    office.open()
    assert lead.get(f"/records/{record}").status_code == 404  # whoever typed it is not its owner
    office.give_password("colleague")
    hers = Browser()
    hers.sign_in("colleague")
    assert "Dear Sir, the heron" in hers.get(f"/records/{record}").content.decode()


@pytest.mark.parametrize("channel", ["letter", "telephone", "email"])
def test_letters_calls_and_emails_are_told_apart(
    office: World, lead: Browser, channel: str
) -> None:
    assert lead.send(letter(lead), told=WORDS, channel=channel).status_code == 200
    assert records(office)[0][1] == channel


@pytest.mark.parametrize("channel", ["online", "", "carrier pigeon"])
def test_a_channel_that_the_form_does_not_offer_counts_as_a_letter(
    office: World, lead: Browser, channel: str
) -> None:
    lead.send(letter(lead), told=WORDS, channel=channel)
    assert records(office)[0][1] == "letter"


@pytest.mark.parametrize("danger", ["", "perhaps", "YES"])
def test_danger_that_was_not_answered_counts_as_not_known(
    office: World, lead: Browser, danger: str
) -> None:
    lead.send(letter(lead), told=WORDS, danger=danger)
    assert records(office)[0][2] == "unknown"


def test_a_letter_without_words_is_asked_for_again_and_keeps_its_form(
    office: World, lead: Browser
) -> None:
    filled = letter(lead)
    answer = lead.send(filled, told="  ", danger="yes")
    assert answer.status_code == 400
    assert records(office) == []
    again = form(answer, "form")
    assert again.fields["danger"] == "yes"
    codes = [code_on(lead.send(each, told=WORDS, danger="yes")) for each in (again, filled)]
    assert codes[0] == codes[1]
    assert len(records(office)) == 1


def test_the_same_letter_sent_twice_is_recorded_once(office: World, lead: Browser) -> None:
    filled = letter(lead)
    answers = [lead.send(filled, told=WORDS) for _ in range(3)]
    assert {code_on(answer) for answer in answers} == {code_on(answers[0])}
    assert len(records(office)) == 1
    assert len(office.words_behind(code_on(answers[0]))) == 1


def test_changed_words_from_the_same_form_are_given_back_and_not_lost(
    office: World, lead: Browser
) -> None:
    filled = letter(lead)
    first = lead.send(filled, told="the heron")
    answer = lead.send(filled, told="the heron and the otter")
    assert answer.status_code == 400
    again = form(answer, "form")
    assert again.fields["told"].strip() == "the heron and the otter"
    second = lead.send(again)
    assert second.status_code == 200
    assert code_on(first) != code_on(second)
    assert len(records(office)) == 2


@pytest.mark.parametrize("spoilt", ["", "x", "AAAA", "é", "A" * 4000])
def test_a_spoilt_form_gives_the_words_back(office: World, lead: Browser, spoilt: str) -> None:
    answer = lead.send(letter(lead), told="the heron", form=spoilt)
    assert answer.status_code == 400
    assert records(office) == []
    again = form(answer, "form")
    assert again.fields["told"].strip() == "the heron"
    assert lead.send(again).status_code == 200
    assert len(records(office)) == 1


def test_a_form_of_another_session_is_not_taken(office: World, lead: Browser) -> None:
    other = Browser()
    other.sign_in("lead")
    answer = lead.send(letter(lead), told="the heron", form=letter(other).fields["form"])
    assert answer.status_code == 400
    assert records(office) == []


def test_the_sealed_field_shows_neither_code_nor_record(lead: Browser) -> None:
    first, second = letter(lead), letter(lead)
    assert first.fields["form"] != second.fields["form"]
    assert len(first.fields["form"]) == len(second.fields["form"])


def test_a_huge_letter_is_recorded(office: World, lead: Browser) -> None:
    answer = lead.send(letter(lead), told="heron " * 300_000)
    assert answer.status_code == 200
    (body,) = office.words_behind(code_on(answer))
    assert len(json.loads(body)["told"]) == 1_800_000


def test_too_huge_a_letter_is_refused_in_plain_words(office: World, lead: Browser) -> None:
    answer = lead.send(letter(lead), told="h" * (10 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert records(office) == []
    assert b"too long" in answer.content


def test_who_put_a_letter_in_is_told_its_reference_and_nobody_else_is(
    office: World, lead: Browser
) -> None:
    answer = lead.send(letter(lead), told="about the ferry")
    [(record, reference)] = office.as_owner("SELECT id, reference FROM facts.record")
    assert f">{reference}</strong>" in answer.content.decode()
    desk = Desk(office.link("heed_office"))
    mine, other = office.sign_in("lead"), office.sign_in("colleague")
    assert staff.filed_as(desk, mine, record) == reference
    assert staff.filed_as(desk, other, record) == ""
    assert staff.filed_as(desk, mine, uuid.uuid4()) == ""


def test_a_restriction_takes_no_reference_from_who_put_it_in(office: World, lead: Browser) -> None:
    """An answer that went away would tell that it came."""
    place = staffed(office)
    clerk = place.browser("colleague")
    clerk.send(letter(clerk), told="about the ferry")
    office.open()
    [(record, reference)] = office.as_owner("SELECT id, reference FROM facts.record")
    desk, key = Desk(office.link("heed_office")), office.sign_in("colleague")
    place.restrict(record, person="colleague", by="lead")
    assert staff.filed_as(desk, key, record) == reference
    assert staff.filed_as(desk, office.sign_in("lead"), record) == ""
    place.without("machinery.my_filing(uuid)", " AND i.actor = me")
    assert staff.filed_as(desk, office.sign_in("lead"), record) == reference
