"""Staff ask to see a record, open one in an emergency, and review that: on the pages that they see."""

import uuid
from datetime import datetime

import pytest
from django.http import HttpResponse

from heed.access.openings import reference_of, review_by
from heed.core.times import LONDON
from tests.office.browser import Browser, form, forms
from tests.office.staffed import Staffed, plain, staffed
from tests.office.test_custody import reference
from tests.world import Told, World

SAID = "Your request is on the record. If there is such a record, the person who answers for it"
NOTHING = "Nothing can be opened with this reference."


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def told(place: Staffed) -> Told:
    made = place.world.tell("the heron on the weir")
    place.world.open()
    return made


def send(browser: Browser, path: str, said: str, reason: str = "she is at my door") -> HttpResponse:
    return browser.send(form(browser.get(path), "reference"), reference=said, reason=reason)


def ask(place: Staffed, browser: Browser, said: str) -> None:
    answer = send(browser, "/access/ask", said)
    assert answer.status_code == 302
    assert answer["Location"] == "/access?asked"
    place.world.open()


def test_somebody_asks_the_owner_says_yes_and_they_read_it(place: Staffed, told: Told) -> None:
    colleague, lead = place.browser("colleague"), place.browser("lead")
    assert colleague.get(f"/records/{told.record}").status_code == 404
    ask(place, colleague, reference(place, told).lower())
    assert SAID in colleague.get("/access?asked").content.decode()
    assert "1 colleague asks" in lead.get("/").content.decode()
    path = "/access/requests/" + str(place.facts("SELECT entry FROM facts.asking")[0][0])
    page = lead.get(path)
    assert "she is at my door" in page.content.decode()
    (yes,) = (each for each in forms(page) if each.action.endswith("/yes"))
    for _ in range(2):
        assert lead.send(yes).status_code == 302
    assert place.facts("SELECT count(*) FROM facts.opening") == [(1,)]
    assert reference(place, told) in colleague.get("/access").content.decode()
    text = colleague.get(f"/records/{told.record}").content.decode()
    assert "the heron on the weir" in text
    assert "you were let in, for seven days" in text
    assert "Write to them" not in text
    assert "Second worker" in lead.get(f"/records/{told.record}").content.decode()


def test_the_owner_brings_a_colleague_in_and_ends_it(place: Staffed, told: Told) -> None:
    colleague, lead = place.browser("colleague"), place.browser("lead")
    path = f"/records/{told.record}"
    ask = form(lead.get(path + "/bring-in"), "reason")
    someone = str(place.world.people["colleague"])
    empty = lead.send(ask, person="", reason=" ", step="bring in")
    assert empty.status_code == 400
    for sentence in ("Choose a colleague.", "Write why they need to see it."):
        assert sentence in empty.content.decode()
    for _ in range(2):
        said = lead.send(ask, person=someone, reason="you know the family", step="bring in")
        assert said["Location"] == path + "?brought-in#others"
    place.world.open()
    assert place.facts("SELECT count(*) FROM facts.opening") == [(1,)]
    text = lead.get(path + "?brought-in").content.decode()
    assert "brought Second worker in, who can see this record for seven days" in text
    assert "you know the family" in text
    assert "the heron on the weir" in colleague.get(path).content.decode()
    assert colleague.get(path + "/bring-in").status_code == 404
    (end,) = (each for each in forms(lead.get(path)) if each.action.endswith("/end"))
    for _ in range(2):
        assert lead.send(end).status_code == 302
    assert colleague.get(path).status_code == 404
    text = lead.get(path).content.decode()
    assert "ended the leave of Second worker to see this record" in text


def test_a_no_needs_a_reason_which_whoever_asked_can_read(place: Staffed, told: Told) -> None:
    colleague, lead = place.browser("colleague"), place.browser("lead")
    ask(place, colleague, reference(place, told))
    path = "/access/requests/" + str(place.facts("SELECT entry FROM facts.asking")[0][0])
    no = form(lead.get(path), "reason")
    empty = lead.send(no, reason=" ")
    assert empty.status_code == 400
    assert "Write your reason." in empty.content.decode()
    assert lead.send(no, reason="Ask me on Monday").status_code == 302
    place.world.open()
    assert "Ask me on Monday" in colleague.get("/access").content.decode()
    assert colleague.get(f"/records/{told.record}").status_code == 404
    assert lead.get(path).status_code == 404


def test_what_is_not_there_and_what_is_walled_are_answered_alike(
    place: Staffed, told: Told
) -> None:
    place.restrict(told.record, person="colleague", by="lead")
    colleague, seen = place.browser("colleague"), set()
    for said in (reference(place, told), "BCDFG-HJKMN", "no reference", "\0"):
        answer = send(colleague, "/access/ask", said)
        seen.add((answer.status_code, answer["Location"], answer.content))
    assert len(seen) == 1
    opened = []
    for said in (reference(place, told), "BCDFG-HJKMN", "no reference"):
        answer = send(colleague, "/access/emergency", said)
        opened.append((answer.status_code, answer.content))
    assert opened[0][0] == 404
    assert NOTHING in opened[0][1].decode()
    assert "ring 999" in opened[0][1].decode()
    bodies = {body.split(b"<main")[1] for _, body in opened}
    assert len(bodies) == 1
    assert "asks to see" not in place.browser("lead").get("/access").content.decode()


def test_an_emergency_opens_at_once_and_somebody_else_reviews_it(
    place: Staffed, told: Told
) -> None:
    colleague, custodian = place.browser("colleague"), place.browser("custodian")
    answer = send(colleague, "/access/emergency", reference(place, told))
    assert answer["Location"] == f"/records/{told.record}"
    page = custodian.get("/emergencies").content.decode()
    assert "Second worker" in page
    assert reference(place, told) in page
    assert "Review by" in page
    assert place.facts("SELECT count(*) FROM facts.look") == [(0,)]
    assert "the heron" in colleague.get(f"/records/{told.record}").content.decode()
    assert place.facts("SELECT purpose FROM facts.look") == [("emergency",)]
    place.world.open()
    glass = place.facts("SELECT entry FROM facts.opening")[0][0]
    review = form(custodian.get(f"/emergencies/{glass}"), "words")
    assert "she is at my door" in custodian.get(f"/emergencies/{glass}").content.decode()
    wrong = custodian.send(review, words="It was needed")
    assert "Say whether it was right." in wrong.content.decode()
    assert "It was needed" in wrong.content.decode()
    for _ in range(2):
        done = custodian.send(review, words="It was needed", outcome="right")
        assert done.status_code == 302
    place.world.open()
    page = custodian.get("/emergencies?reviewed").content.decode()
    assert "It was right" in page
    assert "It was needed" in page
    assert custodian.get(f"/emergencies/{glass}").status_code == 404


def test_what_opened_nothing_is_not_counted_whatever_its_reason(place: Staffed, told: Told) -> None:
    """A slip of the pen, and a record that they must not see: nobody can tell which."""
    colleague, custodian = place.browser("colleague"), place.browser("custodian")
    kept = place.world.tell("what they must not see").record
    place.world.open()
    place.restrict(kept, person="colleague", by="lead")
    [(hidden,)] = place.facts("SELECT reference FROM facts.record WHERE id = %s", kept)
    for said in ("BCDFG-23456", hidden):
        assert send(colleague, "/access/emergency", said).status_code == 404
    assert send(colleague, "/access/emergency", reference(place, told)).status_code == 302
    page = custodian.get("/emergencies").content.decode()
    assert page.count("tried a reference, and nothing was opened") == 2
    assert "Their first in 30 days." in page
    place.without("machinery.emergencies()", "AND p.record IS NOT NULL ")
    assert "3 times in 30 days" in custodian.get("/emergencies").content.decode()


def test_ones_own_emergency_opening_is_for_somebody_else_to_review(
    place: Staffed, told: Told
) -> None:
    overseer = place.browser("overseer")
    send(overseer, "/access/emergency", reference(place, told))
    glass = place.facts("SELECT entry FROM facts.opening")[0][0]
    assert "Somebody else must review it" in overseer.get("/emergencies").content.decode()
    assert overseer.get(f"/emergencies/{glass}").status_code == 404


def test_for_administrators_none_of_it_is_there(place: Staffed, told: Told) -> None:
    administrator = place.browser("administrator")
    paths = ("/access", "/access/ask", "/access/emergency", "/emergencies", "/search")
    pages = {plain(administrator, path) for path in (*paths, f"/emergencies/{uuid.uuid4()}")}
    assert pages == {plain(administrator, "/nowhere")}


@pytest.mark.parametrize("path", ["/access/ask", "/access/emergency"])
def test_what_is_missing_is_said_and_nothing_typed_is_lost(place: Staffed, path: str) -> None:
    colleague = place.browser("colleague")
    for said, reason, sentence in (
        ("", "my reason", "Write the record’s reference."),
        ("KTR48-2WMDP", "", "Write your reason."),
    ):
        answer = send(colleague, path, said, reason)
        text = answer.content.decode()
        assert (answer.status_code, sentence in text) == (400, True)
        assert (said or reason) in text
    assert place.facts("SELECT count(*) FROM facts.asking") == [(0,)]


def test_a_reference_is_read_however_it_is_typed() -> None:
    for said in ("KTR48-2WMDP", "ktr48 2wmdp", " KTR482WMDP\n", "KTR48–2WMDP"):
        assert reference_of(said) == "KTR48-2WMDP"
    for said in ("", "KTR48-2WMD", "KTR48-2WMDPP", "KTR48-2WMD1", "ÀTR48-2WMDP"):
        assert reference_of(said) is None


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        ("2026-11-16 09:00", "2026-11-18"),
        ("2026-11-19 23:59", "2026-11-23"),
        ("2026-11-20 15:40", "2026-11-24"),
        ("2026-11-21 03:00", "2026-11-25"),
        ("2026-11-22 03:00", "2026-11-25"),
        ("2026-12-24 09:00", "2026-12-30"),  # Christmas, and Boxing Day on the Monday after
        ("2027-03-25 09:00", "2027-03-31"),  # Good Friday and Easter Monday
        ("2026-12-31 09:00", "2027-01-05"),
    ],
)
def test_a_review_is_due_on_the_second_working_day_after(opened: str, due: str) -> None:
    at = datetime.strptime(opened, "%Y-%m-%d %H:%M").replace(tzinfo=LONDON)
    assert review_by(at).isoformat() == due


def used_up(place: Staffed, told: Told) -> None:
    """The colleague opened it twice in an emergency; both times are over."""
    colleague = place.browser("colleague")
    for _ in range(2):
        assert send(colleague, "/access/emergency", reference(place, told)).status_code == 302
    _later(place, "5 hours")


def _later(place: Staffed, interval: str) -> None:
    with place.world.database.server.superuser(place.world.database.name) as connection:
        connection.execute(
            f"UPDATE facts.opening SET at = at - interval '{interval}',"
            f" until = until - interval '{interval}'".encode()
        )


def test_the_third_time_somebody_else_says_yes_first_and_the_page_says_what_to_do_now(
    place: Staffed, told: Told
) -> None:
    used_up(place, told)
    colleague, custodian = place.browser("colleague"), place.browser("custodian")
    answer = send(colleague, "/access/emergency", reference(place, told))
    assert (answer.status_code, answer["Location"]) == (302, "/access/emergency/asked")
    place.world.open()
    page = colleague.get("/access/emergency/asked").content.decode()
    for said in ("Ring 999 now.", "Safeguarding lead", "Outside contact", "01632 960 001"):
        assert said in page
    assert "nobody has said yes yet" in page
    assert colleague.get(f"/records/{told.record}").status_code == 404
    assert "1 emergency opening waits" in custodian.get("/").content.decode()
    asked = place.facts("SELECT entry FROM facts.approval")[0][0]
    path = f"/emergencies/waiting/{asked}"
    assert path in custodian.get("/emergencies/waiting").content.decode()
    assert place.browser("overseer").get(path).status_code == 404
    assert colleague.get(path).status_code == 404
    form_of_yes = form(custodian.get(path), "person")
    assert "she is at my door" in custodian.get(path).content.decode()
    for _ in range(2):
        assert custodian.send(form_of_yes)["Location"] == "/emergencies/waiting?yes"
    assert place.facts("SELECT count(*) FROM facts.opening") == [(3,)]
    assert "<strong>yes</strong>" in colleague.get("/access/emergency/asked").content.decode()
    text = colleague.get(f"/records/{told.record}").content.decode()
    assert "the heron on the weir" in text
    assert "Custodian said yes first." in custodian.get("/emergencies").content.decode()


def test_the_third_time_tells_nothing_of_what_was_named(place: Staffed, told: Told) -> None:
    used_up(place, told)
    place.restrict(told.record, person="colleague", by="lead")
    colleague, seen = place.browser("colleague"), set()
    for said in (reference(place, told), "BCDFG-HJKMN", "no reference"):
        answer = send(colleague, "/access/emergency", said)
        seen.add((answer.status_code, answer["Location"], answer.content))
    assert len(seen) == 1
    assert "waits for you" not in place.browser("custodian").get("/").content.decode()


def test_what_nobody_reviewed_in_time_reaches_overseers_and_the_outside_contact(
    place: Staffed, told: Told
) -> None:
    colleague, contact = place.browser("colleague"), place.browser("contact")
    send(colleague, "/access/emergency", reference(place, told))
    place.world.open()
    assert "Nothing waits for you." in contact.get("/emergencies/waiting").content.decode()
    _later(place, "12 days")
    for name in ("contact", "overseer", "custodian"):
        browser = place.browser(name)
        assert "1 emergency opening waits" in browser.get("/").content.decode(), name
        assert "Review is late" in browser.get("/emergencies/waiting").content.decode(), name
    assert "waits for you" not in place.browser("lead").get("/").content.decode()
    glass = place.facts("SELECT entry FROM facts.opening")[0][0]
    path = f"/emergencies/late/{glass}"
    assert place.browser("lead").get(path).status_code == 404
    review = form(contact.get(path), "words")
    wrong = contact.send(review, words="It was needed")
    assert "Say whether it was right." in wrong.content.decode()
    for _ in range(2):
        done = contact.send(review, words="It was needed", outcome="right")
        assert done["Location"] == "/emergencies/waiting?reviewed"
    assert "Nothing waits for you." in contact.get("/emergencies/waiting").content.decode()
