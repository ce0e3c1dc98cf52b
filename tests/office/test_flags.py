"""A flag that holds a file: its owner sees who set it and why, and two people can take it back."""

import re
import uuid

import pytest

from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, staffed
from tests.office.test_custody import reference
from tests.office.test_files import BYTES, put_on, sent
from tests.office.test_openings import send
from tests.world import Told, World


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def told(place: Staffed) -> Told:
    made = place.world.tell("the heron on the weir")
    place.world.open()
    return made


def flagged(place: Staffed, told: Told, lead: Browser) -> str:
    """A colleague in an emergency flags the lead's file; the file's address."""
    file = put_on(place.world, lead, f"/records/{told.record}", sent())
    colleague = place.browser("colleague")
    assert send(colleague, "/access/emergency", reference(place, told)).status_code == 302
    filled = form(colleague.get(f"{file}/flag"), "token")
    assert colleague.send(filled, reason="The caller said so").status_code == 302
    place.world.open()
    assert lead.get(file).status_code == 403
    return file


def links(page: str, step: str) -> list[str]:
    return re.findall(rf'href="(/flags/[0-9a-f-]{{36}}/{step})"', page)


def test_the_owner_asks_and_an_overseer_takes_it_back(place: Staffed, told: Told) -> None:
    lead, overseer = place.browser("lead"), place.browser("overseer")
    file = flagged(place, told, lead)
    page = lead.get(f"/records/{told.record}").content.decode()
    assert "Second worker flagged it on" in page
    assert "The caller said so" in page
    [ask] = links(page, "ask")
    filled = form(lead.get(ask), "reason")
    empty = lead.send(filled, reason=" ")
    assert (empty.status_code, "Write your reason." in empty.content.decode()) == (400, True)
    for _ in range(2):
        done = lead.send(filled, reason="It is the minutes")
        assert done["Location"].endswith("?flag-asked")
    place.world.open()
    assert "Somebody else must do it." in lead.get(done["Location"]).content.decode()
    assert lead.get(ask.replace("/ask", "/back")).status_code in (200, 404)
    own = form(lead.get(ask.replace("/ask", "/back")), "reason")
    refused = lead.send(own, reason="I do both")
    assert refused.status_code == 400
    assert "Taking a flag back takes two people" in refused.content.decode()
    assert "I do both" in refused.content.decode()
    listed = overseer.get("/flags").content.decode()
    assert "It is the minutes" in listed
    [back] = links(listed, "back")
    filled = form(overseer.get(back), "reason")
    for _ in range(2):
        assert overseer.send(filled, reason="I asked the caller")["Location"] == "/flags?back"
    place.world.open()
    assert "No file is flagged" in overseer.get("/flags?back").content.decode()
    assert lead.get(file).content == BYTES
    page = lead.get(f"/records/{told.record}").content.decode()
    assert "took the flag on a file back" in page
    assert "I asked the caller" in page


def test_whoever_has_no_part_in_it_finds_no_flag(place: Staffed, told: Told) -> None:
    lead = place.browser("lead")
    flagged(place, told, lead)
    flag = place.facts("SELECT entry FROM facts.flag")[0][0]
    colleague, contact = place.browser("colleague"), place.browser("contact")
    place.restrict(told.record, person="overseer", by="lead")
    overseer = place.browser("overseer")
    assert "No file is flagged" in overseer.get("/flags").content.decode()
    for browser in (colleague, contact, overseer):
        for step in ("ask", "back"):
            theirs = browser.get(f"/flags/{flag}/{step}")
            none = browser.get(f"/flags/{uuid.uuid4()}/{step}")
            assert (theirs.status_code, none.status_code) == (404, 404)
            assert theirs.content == none.content


def test_a_file_that_a_colleague_adds_is_something_new_in_the_owners_queue(
    place: Staffed, told: Told
) -> None:
    lead, colleague = place.browser("lead"), place.browser("colleague")
    lead.get(f"/records/{told.record}")
    assert "Something new since it was opened" not in lead.get("/").content.decode()
    send(colleague, "/access/emergency", reference(place, told))
    put_on(place.world, colleague, f"/records/{told.record}", sent())
    assert "Something new since it was opened" in lead.get("/").content.decode()
