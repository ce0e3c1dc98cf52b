"""Remits and a manager's team by the browser: given, used with a reason, ended; proposed and accepted."""

import pytest

from heed.access import commands
from heed.intake.files import SentFile, add_file
from tests.office.browser import Browser, Form, form, forms
from tests.office.staffed import Staffed, sent_twice, staffed
from tests.world import CHANCE, World


@pytest.fixture
def place(office: World) -> Staffed:
    """The colleague manages the whole partnership, where the lead works in the first team."""
    made, to = staffed(office), office.office_recipients
    colleague = office.people["colleague"]
    made.append(commands.employ(CHANCE, to, person=colleague, unit=made.units["partnership"]))
    made.append(commands.set_posts(CHANCE, to, person=colleague, posts=["manager"]))
    return made


def given(place: Staffed, name: str = "colleague", unit: str = "first") -> str:
    """By the administrator's form, sent twice; the address of the page."""
    address = f"/people/{place.world.people[name]}/remits"
    administrator = place.browser("administrator")
    filled, chosen = goes_to(administrator, address, address), str(place.units[unit])
    assert [administrator.send(filled, unit=chosen).status_code for _ in range(2)] == [302, 302]
    return address


def goes_to(browser: Browser, path: str, action: str) -> Form:
    """The form of a page that is sent to this address."""
    return next(one for one in forms(browser.get(path)) if one.action == action)


def text(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return str(answer.content.decode())


def test_an_administrator_gives_a_remit_once_and_ends_it(place: Staffed) -> None:
    address = given(place)
    administrator = place.browser("administrator")
    assert address in text(administrator, address.removesuffix("/remits"))
    page = text(administrator, address + "?given")
    assert "They may read these records from now on." in page
    assert "First team, Aldermere Safeguarding Partnership" in page
    assert len(place.facts("SELECT entry FROM facts.remit")) == 1
    ends = goes_to(administrator, address, address + "/end")
    assert administrator.send(ends).status_code == 302
    page = text(administrator, address + "?ended")
    assert "That remit has ended." in page
    assert "They have no remit." in page


def test_what_cannot_be_given_gets_a_sentence(place: Staffed) -> None:
    address = f"/people/{place.world.people['colleague']}/remits"
    administrator = place.browser("administrator")
    filled = goes_to(administrator, address, address)
    for unit in ("", "x", str(place.units["oversight"])):
        answer = administrator.send(filled, unit=unit)
        assert answer.status_code == 400
        assert "Choose a unit." in answer.content.decode()
    for name in ("administrator", "overseer"):
        page = administrator.get(f"/people/{place.world.people[name]}/remits")
        assert page.status_code == 404


def test_whoever_reads_by_remit_finds_the_record_and_says_why_each_time(place: Staffed) -> None:
    world = place.world
    told = world.tell("the heron by the weir")
    world.open()
    colleague = place.browser("colleague")
    assert "You have no remit." in text(colleague, "/remits")
    assert 'href="/remits"' not in text(colleague, "/")
    assert colleague.get(f"/records/{told.record}").status_code == 404
    given(place)
    assert 'href="/remits"' in text(colleague, "/")
    listed = text(colleague, "/remits")
    assert f"/records/{told.record}" in listed
    assert "heron" not in listed
    asked = colleague.get(f"/records/{told.record}")
    assert b"heron" not in asked.content
    assert place.facts("SELECT entry FROM facts.look") == []
    filled = form(asked, "reason")
    blank = colleague.send(filled, reason=" ")
    assert blank.status_code == 400
    assert "Write why you need to see it." in blank.content.decode()
    shown = colleague.send(filled, reason="I know the street.").content.decode()
    assert "heron" in shown
    assert "you have a remit for the unit where Safeguarding lead works" in shown
    assert "Write to them" not in shown
    assert b"heron" not in colleague.get(f"/records/{told.record}").content
    world.open()
    overseer = place.browser("overseer")
    looks = text(overseer, f"/oversight/people/{world.people['colleague']}")
    assert "By remit, with their reason" in looks
    assert "I know the street." in looks


def test_nobody_elses_reason_opens_what_is_not_theirs(place: Staffed) -> None:
    told = place.world.tell("the heron")
    place.world.open()
    given(place)
    colleague = place.browser("colleague")
    filled = form(colleague.get(f"/records/{told.record}"), "reason")
    place.restrict(told.record, person="colleague", by="lead")
    answer = colleague.send(filled, reason="I know the street.")
    assert answer.status_code == 404
    assert "heron" not in answer.content.decode()
    assert str(told.record) not in text(colleague, "/remits")


def test_a_manager_sees_facts_of_the_team_and_proposes_another(place: Staffed) -> None:
    world = place.world
    told = world.tell("the heron by the weir")
    world.open()
    [(reference,)] = place.facts("SELECT reference FROM facts.record")
    colleague, record = place.browser("colleague"), told.record
    page = text(colleague, "/team")
    assert "1 record in hand" in page
    assert reference in page
    assert "heron" not in page
    assert colleague.get(f"/records/{record}").status_code == 404
    third = world.add_person("third", "Third worker", "worker")
    world.open()
    address = f"/team/{record}"
    filled = form(colleague.get(address), "note")
    assert "Choose a colleague." in colleague.send(filled, step="offer").content.decode()
    said = {"taker": str(third), "note": "They know the school.", "step": "offer"}
    assert sent_twice(colleague, address, "note", **said) == [302, 302]
    assert len(place.facts("SELECT entry FROM facts.offer")) == 1
    assert "Your proposal is on the record." in text(colleague, "/team?proposed")
    world.open()
    lead, taker = place.browser("lead"), place.browser("third")
    assert "Second worker proposed to Third worker that they take this record over" in text(
        lead, f"/records/{record}"
    )
    assert "offered this record to Third worker" in text(lead, f"/records/{record}")
    assert "Proposed by Second worker" in text(taker, "/waiting")
    assert "Second worker, in the place of Safeguarding lead" in text(taker, f"/waiting/{record}")
    taker.send(goes_to(taker, f"/waiting/{record}", f"/waiting/{record}/accept"))
    assert "heron" in text(taker, f"/records/{record}")


def test_the_owner_takes_a_managers_offer_back_and_the_history_says_so(place: Staffed) -> None:
    world = place.world
    record = world.tell("the heron").record
    world.open()
    colleague, lead = place.browser("colleague"), place.browser("lead")
    filled = form(colleague.get(f"/team/{record}"), "note")
    colleague.send(filled, taker=str(world.people["contact"]), step="offer")
    lead.send(goes_to(lead, f"/records/{record}", f"/records/{record}/take-back"))
    world.open()
    assert "Safeguarding lead took the offer back" in text(lead, f"/records/{record}")


def test_a_team_with_nobody_in_it_says_so(place: Staffed) -> None:
    to, world = place.world.office_recipients, place.world
    unit = place.add_unit("empty", "Empty team", "partnership")
    alone = world.add_person("alone", "Alone", "worker")
    place.append(commands.employ(CHANCE, to, person=alone, unit=unit))
    place.append(commands.set_posts(CHANCE, to, person=alone, posts=["manager"]))
    world.open()
    assert "Nobody else works in your units or beneath them." in text(
        place.browser("alone"), "/team"
    )


def test_a_file_needs_the_reason_too(place: Staffed) -> None:
    world = place.world
    record = world.tell("the heron").record
    world.open()
    sent = SentFile("minutes.pdf", "application/pdf", b"minutes")
    added = add_file(CHANCE, world.office_recipients, sent, record=record, token=b"t" * 32)
    place.act("lead", added)
    world.open()
    given(place)
    colleague, address = place.browser("colleague"), f"/records/{record}/files/{added.id}"
    answer = colleague.get(address)
    assert (answer.status_code, answer["Location"]) == (302, f"/records/{record}")
    colleague.send(form(colleague.get(f"/records/{record}"), "reason"), reason="I know the street.")
    assert colleague.get(address).content == b"minutes"
