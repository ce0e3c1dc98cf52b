"""Who told us is sealed, on the pages that staff see: put in, asked for, opened by two or alone, reviewed."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, plain, staffed
from tests.walls.sealing import NAME, REACH, sealed
from tests.world import Told, World

SEALED = "Who told us is sealed."


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def told(place: Staffed) -> Told:
    made = place.world.tell("the heron on the weir")
    sealed(place.world, made)
    place.world.open()
    return made


def text(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def ask(browser: Browser, told: Told, reason: str = "to warn them") -> HttpResponse:
    path = f"/records/{told.record}/identity/ask"
    return browser.send(form(browser.get(path), "reason"), reason=reason)


def decide(place: Staffed, name: str, choice: str, reason: str = "needed") -> HttpResponse:
    """By the link on their own page."""
    browser = place.browser(name)
    link = re.search(r'href="(/identities/[^"/]+)"', text(browser, "/identities"))
    assert link is not None
    return browser.send(form(browser.get(link[1]), "reason"), choice=choice, reason=reason)


def test_whoever_reads_the_record_sees_only_that_it_is_sealed(place: Staffed, told: Told) -> None:
    lead = place.browser("lead")
    for path in ("", "/print"):
        page = text(lead, f"/records/{told.record}{path}")
        assert "Who told us is sealed" in page
        assert NAME not in page
    page = text(lead, f"/records/{told.record}")
    assert "nobody needs to know who they are" in page
    assert lead.get(f"/records/{told.record}/identity").status_code == 404
    search = lead.send(form(lead.get("/search"), "sought"), sought=NAME)
    assert "heed-reference" not in search.content.decode()
    assert NAME not in text(lead, "/sort")


def test_the_custodian_and_a_second_person_open_it_to_who_asked(place: Staffed, told: Told) -> None:
    lead = place.browser("lead")
    missing = ask(lead, told, " ")
    assert (missing.status_code, "Write your reason." in missing.content.decode()) == (400, True)
    assert ask(lead, told)["Location"] == f"/records/{told.record}?who-asked"
    place.world.open()
    assert "You asked on" in text(lead, f"/records/{told.record}")
    assert "You asked. Others must agree." not in text(lead, "/identities")  # not one of the two
    assert "Somebody waits for you" in text(place.browser("custodian"), "/")
    assert "The access custodian must agree first." in text(
        place.browser("overseer"), "/identities"
    )
    done = decide(place, "custodian", "agree")
    assert done["Location"] == "/identities?agree"
    place.world.open()
    assert "A second person must open it." in text(place.browser("custodian"), "/identities")
    page = text(place.browser("contact"), "/identities")
    assert "to warn them" in page
    assert NAME not in page
    assert decide(place, "contact", "open")["Location"] == "/identities?open"
    page = text(lead, f"/records/{told.record}/identity")
    assert NAME in page
    assert REACH in page
    assert "See who told us" in text(lead, f"/records/{told.record}")
    assert place.facts("SELECT count(*) FROM facts.look WHERE purpose = 'identity'") == [(1,)]
    for name in ("custodian", "overseer", "contact", "colleague", "administrator"):
        assert place.browser(name).get(f"/records/{told.record}/identity").status_code == 404


def test_who_does_not_agree_says_so_and_it_stays_sealed(place: Staffed, told: Told) -> None:
    lead = place.browser("lead")
    ask(lead, told)
    assert decide(place, "custodian", "decline", "ask them instead")["Location"].endswith("decline")
    place.world.open()
    page = text(lead, f"/records/{told.record}")
    assert "did not agree: who told us stays sealed" in page
    assert "ask them instead" in page
    assert "Ask to see who told us" in page
    assert lead.get(f"/records/{told.record}/identity").status_code == 404


def test_for_danger_to_life_the_owner_opens_it_alone_and_somebody_reviews_it(
    place: Staffed, told: Told
) -> None:
    lead = place.browser("lead")
    path = f"/records/{told.record}/identity/danger"
    opened = lead.send(form(lead.get(path), "reason"), reason="he is on his way to her")
    assert opened["Location"] == f"/records/{told.record}/identity"
    assert NAME in text(lead, opened["Location"])
    assert "Nothing waits for a review" in text(lead, "/identities")
    place.world.open()
    for name in ("overseer", "contact"):
        browser = place.browser(name)
        assert "Somebody waits for you" in text(browser, "/")
        assert "he is on his way to her" in text(browser, "/identities")
    contact = place.browser("contact")
    link = re.search(r'href="(/identities/[^"]+/review)"', text(contact, "/identities"))
    assert link is not None
    review = form(contact.get(link[1]), "reason")
    wrong = contact.send(review, reason="It could not wait")
    assert "Say whether it was right." in wrong.content.decode()
    assert "It could not wait" in wrong.content.decode()
    for _ in range(2):
        done = contact.send(review, reason="It could not wait", outcome="right")
        assert done["Location"] == "/identities?reviewed"
    assert "Nothing waits for a review" in text(contact, "/identities")
    assert "Somebody waits for you" not in text(place.browser("overseer"), "/")


def put_in(browser: Browser, **said: object) -> HttpResponse:
    filled = form(browser.get("/letters/new"), "told")
    return browser.client.post("/letters/new", {**filled.fields, **said})


@pytest.mark.parametrize("why", ["asked", "whistle"])
def test_who_sent_a_letter_is_sealed_with_all_that_stands_in_its_box(
    place: Staffed, why: str
) -> None:
    said = {"told": "The head hits them.", "sender": NAME, "seal": why, "seal_reach": REACH}
    assert put_in(place.browser("colleague"), **said).status_code == 200
    place.world.open()
    bodies = place.facts("SELECT body FROM words.item")
    assert NAME not in str(bodies)
    ((who,),) = place.facts("SELECT body FROM words.identity")
    assert NAME in who
    assert REACH in who
    record = place.facts("SELECT id FROM facts.record")[0][0]
    lead = place.browser("lead")
    assert SEALED in text(lead, f"/records/{record}")
    path = f"/records/{record}/identity/danger"
    opened = lead.send(form(lead.get(path), "reason"), reason="life")
    assert ("The law protects them" in text(lead, opened["Location"])) == (why == "whistle")


def test_what_would_show_who_sent_it_is_not_taken_and_nothing_typed_is_lost(
    place: Staffed,
) -> None:
    browser = place.browser("colleague")
    mail = SimpleUploadedFile("a.eml", b"From: her@example.org\r\n\r\nhello")
    typed = {"told": "the heron", "seal_name": NAME, "seal_reach": REACH, "seal": "asked"}
    for said, sentence in (
        ({**typed, "files": mail}, "An email file says who sent it"),
        ({**typed, "seal_name": "", "seal_reach": ""}, "Write who they are, or choose"),
    ):
        answer = put_in(browser, **said)
        page = answer.content.decode()
        assert (answer.status_code, sentence in page) == (400, True)
        kept = form(answer, "told").fields
        assert all(kept[name] == said[name] for name in typed)
    assert place.facts("SELECT count(*) FROM facts.record") == [(0,)]


def test_who_sent_it_stays_in_the_letter_where_nobody_asks_for_more(place: Staffed) -> None:
    put_in(place.browser("colleague"), told="the heron", sender="A neighbour", seal="no")
    place.world.open()
    assert "A neighbour" in str(place.facts("SELECT body FROM words.item"))
    assert place.facts("SELECT count(*) FROM words.identity") == [(0,)]


def test_for_who_must_not_see_the_record_none_of_it_is_there(place: Staffed, told: Told) -> None:
    ask(place.browser("lead"), told)
    asking = place.facts("SELECT entry FROM facts.unsealing")[0][0]
    custodian = place.browser("custodian")
    assert custodian.get(f"/identities/{asking}").status_code == 200
    nothing = plain(place.browser("outside"), "/nowhere")
    assert plain(place.browser("outside"), "/identities") == nothing
    place.restrict(told.record, person="custodian", by="lead")
    assert "Nobody asks to see one" in text(custodian, "/identities")
    assert "Somebody waits for you" not in text(custodian, "/")
    for one in (asking, uuid.uuid4()):
        assert custodian.get(f"/identities/{one}").status_code == 404
        assert custodian.get(f"/identities/{one}/review").status_code == 404
