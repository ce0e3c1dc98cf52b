"""An answer or a note that is half typed is kept, sealed, for whoever types it on a record that is theirs."""

import re
import uuid

import pytest

from heed.access import commands
from heed.access.walls import Ground
from heed.office import draft
from tests.office.browser import Browser, Form, form
from tests.office.staffed import Staffed, staffed
from tests.office.test_drafts import drafts
from tests.world import CHANCE, Told, World

MARK = "heron-on-the-weir"
FORMS = ["answer", "note"]


@pytest.fixture
def told(office: World) -> Told:
    made = office.tell("the heron")
    office.open()
    return made


def filled(lead: Browser, told: Told, place: str) -> Form:
    path = f"/records/{told.record}" + ("" if place == "answer" else "/note")
    return form(lead.get(path), "words")


def keep(lead: Browser, sent: Form, told: Told, **said: str) -> str:
    """As the page's script does; the line that it shows."""
    answer = lead.send(sent, f"/records/{told.record}/draft", quietly="yes", **said)
    assert answer["Content-Type"].startswith("text/plain")
    text: str = answer.content.decode()
    return text


@pytest.mark.parametrize("place", FORMS)
def test_it_is_there_again_after_a_link_was_followed(
    office: World, lead: Browser, told: Told, place: str
) -> None:
    assert keep(lead, filled(lead, told, place), told, words=MARK).startswith("Kept for you on")
    lead.get("/")
    assert filled(lead, told, place).fields["words"] == MARK
    other = FORMS[1 - FORMS.index(place)]
    assert filled(lead, told, other).fields["words"] == ""
    ((person, sealed),) = drafts(office)
    assert person == office.people["lead"]
    assert MARK.encode() not in bytes(sealed)


@pytest.mark.parametrize("place", FORMS)
def test_sent_it_is_gone_and_what_comes_late_is_not_kept(
    office: World, lead: Browser, told: Told, place: str
) -> None:
    keep(lead, filled(lead, told, place), told, words=MARK)
    sent = filled(lead, told, place)
    assert lead.send(sent).status_code == 302
    assert keep(lead, sent, told, words=MARK) == "This form is on the record already.\n"
    assert filled(lead, told, place).fields["words"] == ""
    assert drafts(office) == [(office.people["lead"], None)]


@pytest.mark.parametrize("place", FORMS)
def test_the_buttons_do_the_same_without_a_script(
    office: World, lead: Browser, told: Told, place: str
) -> None:
    path = f"/records/{told.record}/draft"
    later = lead.send(filled(lead, told, place), path, words=MARK, step="later")
    assert later.status_code == 302
    page = lead.get(later["Location"])
    assert "You typed this before." in page.content.decode()
    assert form(page, "words").fields["words"] == MARK
    assert lead.send(form(page, "words"), path, step="drop").status_code == 302
    assert filled(lead, told, place).fields["words"] == ""
    assert drafts(office) == []


@pytest.mark.parametrize("place", FORMS)
def test_what_is_refused_comes_back(office: World, lead: Browser, told: Told, place: str) -> None:
    long, path = "heron " * 200_000, f"/records/{told.record}/draft"
    answer = lead.send(filled(lead, told, place), path, words=long, step="later")
    assert answer.status_code == 400
    assert "too long to keep" in answer.content.decode()
    assert form(answer, "words").fields["words"] == long


@pytest.mark.parametrize("place", FORMS)
def test_two_windows_keep_both(office: World, lead: Browser, told: Told, place: str) -> None:
    keep(lead, filled(lead, told, place), told, words="the beginning")
    one, other = filled(lead, told, place), filled(lead, told, place)
    keep(lead, one, told, words="the beginning and more")
    assert "stays as well" in keep(lead, other, told, words="something else")
    path = f"/records/{told.record}" + ("" if place == "answer" else "/note")
    page = lead.get(path)
    [link] = re.findall(rf'href="({path}\?draft=[0-9a-f-]+)"', page.content.decode())
    words = {form(each, "words").fields["words"] for each in (page, lead.get(link))}
    assert words == {"the beginning and more", "something else"}


def test_a_box_that_was_emptied_keeps_nothing(office: World, lead: Browser, told: Told) -> None:
    keep(lead, filled(lead, told, "answer"), told, words=MARK)
    keep(lead, filled(lead, told, "answer"), told, words=" ")
    assert drafts(office) == []


def test_a_note_about_one_thing_waits_at_that_thing(
    office: World, lead: Browser, told: Told
) -> None:
    about = office.as_owner("SELECT entry FROM facts.item")[0][0]
    path = f"/records/{told.record}/note?about={about}"
    keep(lead, form(lead.get(path), "words"), told, words=MARK)
    assert filled(lead, told, "note").fields["words"] == ""
    assert form(lead.get(path), "words").fields["words"] == MARK
    assert path in lead.get("/").content.decode()


def test_nobody_keeps_words_on_a_record_that_is_not_theirs(
    office: World, lead: Browser, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And cannot tell it from a record that is not there."""
    office.give_password("colleague")
    hers = Browser()
    hers.sign_in("colleague")
    sent = form(hers.get("/letters/new"), "form")
    answers = [
        hers.send(sent, f"/records/{record}/draft", words=MARK, kept_at="answer", quietly="yes")
        for record in (told.record, uuid.uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert drafts(office) == []
    monkeypatch.setattr(draft, "own_record", lambda *_: None)
    hers.send(sent, f"/records/{told.record}/draft", words=MARK, kept_at="answer", quietly="yes")
    assert len(drafts(office)) == 1


def test_whoever_loses_the_record_sees_no_sign_of_it_and_no_draft_is_in_the_way(
    office: World, lead: Browser, told: Told
) -> None:
    place = staffed(office)
    keep(lead, filled(lead, told, "answer"), told, words=MARK)
    reference = office.as_owner("SELECT reference FROM facts.record")[0][0]
    assert reference in lead.get("/").content.decode()
    for number in range(19):
        empty = form(lead.get("/letters/new?draft=new"), "form")
        lead.send(empty, "/letters/draft", quietly="yes", told=f"call {number}")
    lost = commands.wall_person(
        CHANCE,
        office.office_recipients,
        record=told.record,
        person=office.people["lead"],
        ground=Ground.DECLARED,
        reason="",
    )
    place.act("lead", lost)
    page = lead.get("/").content.decode()
    assert reference not in page
    assert "answer on" not in page
    one_more = form(lead.get("/letters/new?draft=new"), "form")
    said = lead.send(one_more, "/letters/draft", quietly="yes", told=MARK).content.decode()
    assert said.startswith("Kept for you on")


def handed(place: Staffed, told: Told, giver: str, taker: str) -> None:
    """One answers for the record no longer, and the other does."""
    to, record, person = place.world.office_recipients, told.record, place.world.people[taker]
    offer = commands.offer_hand_over(CHANCE, to, record=record, taker=person, note="")
    place.act(giver, offer)
    place.act(taker, commands.accept_hand_over(CHANCE, to, record=record))


def call(lead: Browser, told: str) -> str:
    empty = form(lead.get("/letters/new?draft=new"), "form")
    return lead.send(empty, "/letters/draft", quietly="yes", told=told).content.decode()


def waiting(lead: Browser, told: Told) -> set[str]:
    """The words of every answer that waits on a record, whichever window kept it."""
    path = f"/records/{told.record}"
    page = lead.get(path)
    links = re.findall(rf'href="({path}\?draft=[0-9a-f-]+)"', page.content.decode())
    return {form(each, "words").fields["words"] for each in (page, *map(lead.get, links))}


def test_what_waits_on_a_record_that_is_lost_is_not_in_the_way_and_is_there_when_it_is_given_back(
    office: World, lead: Browser, told: Told
) -> None:
    place, other = staffed(office), office.tell("the egret")
    office.open()
    sent, answers = filled(lead, told, "answer"), {f"answer {n}" for n in range(20)}
    for words in sorted(answers):
        assert keep(lead, sent, told, words=words, draft=str(uuid.uuid4())).startswith("Kept")
    assert call(lead, "one more").startswith("You have kept 20 already")
    handed(place, told, "lead", "colleague")
    assert keep(lead, filled(lead, other, "answer"), other, words=MARK).startswith("Kept")
    for number in range(19):
        assert call(lead, f"call {number}").startswith("Kept for you on")
    assert call(lead, "one more").startswith("You have kept 20 already")
    assert len(drafts(office)) == 40
    assert "answer on" in lead.get("/").content.decode()
    handed(place, told, "colleague", "lead")
    assert waiting(lead, told) == answers
    handed(place, told, "lead", "colleague")
    handed(place, other, "lead", "colleague")
    assert "answer on" not in lead.get("/").content.decode()
    assert call(lead, "one more").startswith("Kept for you on")
    assert len(drafts(office)) == 40  # the oldest that was out of reach is gone
    handed(place, told, "colleague", "lead")
    handed(place, other, "colleague", "lead")
    assert waiting(lead, told) == answers - {"answer 0"}
    assert waiting(lead, other) == {MARK}


def test_the_queue_says_what_was_begun_and_leads_there(
    office: World, lead: Browser, told: Told
) -> None:
    assert "You began" not in lead.get("/").content.decode()
    call = form(lead.get("/letters/new"), "form")
    lead.send(call, "/letters/draft", told=MARK, channel="telephone", step="later")
    keep(lead, filled(lead, told, "answer"), told, words="and an answer")
    page = lead.get("/").content.decode()
    assert "You began to write down a call on" in page
    assert "You began an answer on" in page
    assert MARK not in page
    begun = re.findall(r'href="([^"]+)">Go on', page)
    words = [
        {**form(lead.get(each.partition("#")[0]), name).fields}[name]
        for each, name in zip(begun, ("words", "told"), strict=True)
    ]
    assert words == ["and an answer", MARK]
    lead.send(form(lead.get(begun[1]), "told"))
    assert "a call on" not in lead.get("/").content.decode()
