"""Calls at the office: who sees them, who says "I have this", and what a link in a message gives away."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from heed.access import commands, people
from heed.access.walls import Ground
from heed.loops.call import CallOuts
from heed.store.connection import StoreAway
from heed.store.readable import Desk
from heed.triage.concerned_commands import Choice, decide
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, staffed
from tests.walls.bodies import new_session
from tests.world import CHANCE, Told, World

HEAD = "A man waits at the weir"


def reachable(world: World, *names: str) -> None:
    for number, name in enumerate(names, 100):
        entry = people.set_reach(
            CHANCE,
            world.office_recipients,
            person=world.people[name],
            telephone=f"07700900{number}",
            email="",
        )
        world.register().append(entry)


def signed_in(world: World, name: str) -> Browser:
    world.give_password(name)
    browser = Browser()
    assert browser.sign_in(name).status_code == 302
    return browser


def call(world: World) -> None:
    CallOuts(world.link("heed_sweep"), world.office_recipients).step()


def later(world: World, minutes: int) -> None:
    world.link("heed_owner").rows("DELETE FROM machinery.clock")
    world.link("heed_owner").rows(
        f"INSERT INTO machinery.clock (shift) VALUES ('{minutes} minutes')"
    )


@pytest.fixture
def told(office: World) -> Told:
    reachable(office, "lead", "colleague")
    office.put_on_duty("colleague", datetime(2025, 1, 1, tzinfo=UTC))
    made = office.tell(HEAD)
    office.open()
    return made


def link(world: World, record: UUID) -> str:
    (row,) = world.as_owner(
        "SELECT m.token FROM machinery.message m JOIN facts.call_out c USING (entry)"
        " WHERE c.record = %s ORDER BY c.version DESC LIMIT 1",
        (record,),
    )
    return f"/c/{row[0]}"


def answered(world: World) -> int:
    return len(world.as_owner("SELECT 1 FROM facts.call_out WHERE answered_at IS NOT NULL"))


def test_whoever_is_called_sees_it_in_the_queue_and_says_so(
    office: World, told: Told, lead: Browser
) -> None:
    call(office)
    assert "Heed called you on" in lead.get("/").content.decode()
    page = lead.get("/calls")
    shown = page.content.decode()
    assert "Nobody has decided or rung yet" in shown
    assert "Nobody’s telephone rings" in shown  # the post is a folder
    assert HEAD not in shown
    done = lead.send(form(page, "call"))
    assert done["Location"] == "/calls?answered"
    assert answered(office) == 1
    assert "It does not end the calls" in lead.get("/calls?answered").content.decode()
    record = lead.get(f"/records/{told.record}").content.decode()
    assert "and you said: I have this" in record
    assert "was called, because a child may be in danger" in record
    assert "said: I have this" in record


def test_sent_twice_it_is_recorded_once_and_then_says_so(
    office: World, told: Told, lead: Browser
) -> None:
    call(office)
    sent = form(lead.get("/calls"), "call")
    other = form(lead.get("/calls"), "call")
    assert [lead.send(one).status_code for one in (sent, sent, other)] == [302, 302, 400]
    assert answered(office) == 1


def test_a_link_that_is_only_opened_tells_and_changes_nothing(office: World, told: Told) -> None:
    """A mail scanner follows every link: it presses no button."""
    call(office)
    scanner = Browser()
    address = link(office, told.record)
    for method in ("GET", "HEAD"):
        seen = scanner.client.generic(method, address)
        assert seen.status_code in (200, 405)
    shown = scanner.get(address).content.decode()
    assert HEAD not in shown
    assert shown == shown.replace(str(told.record), "")
    assert answered(office) == 0
    nobodys = scanner.get(f"/c/{uuid4()}")
    assert nobodys.status_code == 200  # it does not say whether there is such a call
    assert scanner.client.post(address).status_code == 403  # without the page's own form, nothing
    assert answered(office) == 0


def test_the_button_behind_the_link_says_so_without_a_sign_in(office: World, told: Told) -> None:
    call(office)
    phone = Browser()
    page = phone.get(link(office, told.record))
    sent = form(page, "token")
    said = phone.send(sent).content.decode()
    assert "It is on the record that you have this" in said
    assert HEAD not in said
    assert answered(office) == 1
    assert "It is on the record" in phone.send(sent).content.decode()  # the same form again
    again = phone.send(form(phone.get(link(office, told.record)), "token")).content.decode()
    assert "You said so before" in again
    wrong = phone.get(f"/c/{uuid4()}")
    assert phone.send(form(wrong, "token")).status_code == 404
    (row,) = office.as_owner("SELECT actor FROM facts.item WHERE kind = 'call_answered'")
    assert row[0] == office.people["lead"]


def test_an_old_message_says_that_others_have_it_since(
    office: World, told: Told, lead: Browser
) -> None:
    call(office)
    old = link(office, told.record)
    desk, person = Desk(office.link("heed_office")), office.people["lead"]
    key = new_session(office, person)
    desk.open(key, person, told.record, CHANCE, office.office_recipients)
    made = {"concerned": None, "choice": Choice.REFER, "reason": "at risk"}
    desk.append(key, decide(CHANCE, office.office_recipients, record=told.record, **made))
    shown = lead.get("/calls").content.decode()
    assert "Nobody is called about this now" in shown
    office.tell("He is here now.", code=told.code, door=told.door)
    office.open()
    shown = lead.get("/calls").content.decode()
    assert "Something came in after somebody acted" in shown
    assert '<span class="govuk-visually-hidden">: ' not in shown  # no button to an old call
    phone = Browser()
    said = phone.send(form(phone.get(old), "token")).content.decode()
    assert "Others have this" in said
    assert answered(office) == 0
    call(office)
    assert "Nobody has decided or rung yet" in lead.get("/calls").content.decode()
    assert form(lead.get("/calls"), "call")


def test_who_was_not_called_cannot_say_so(office: World, told: Told, lead: Browser) -> None:
    call(office)
    sent = form(lead.get("/calls"), "call")
    colleague = signed_in(office, "colleague")
    own, named = form(colleague.get("/reach"), "telephone"), sent.fields["call"]
    answer = colleague.send(own, sent.action, call=named)
    assert answer.status_code == 404
    assert answered(office) == 0
    assert str(told.record) not in colleague.get("/calls").content.decode()


def test_an_overseer_sees_reference_clock_and_reason_and_no_word(office: World, told: Told) -> None:
    place: Staffed = staffed(office)
    call(office)
    (reference,) = office.as_owner(
        "SELECT reference FROM facts.record WHERE id = %s", (told.record,)
    )[0]
    shown = place.browser("overseer").get("/calls").content.decode()
    assert reference in shown
    assert "(first)" in shown
    assert HEAD not in shown
    assert place.browser("administrator").get("/calls").status_code == 404


def test_whoever_is_walled_sees_nothing_of_it(office: World, told: Told, lead: Browser) -> None:
    call(office)
    later(office, 16)
    call(office)
    colleague = signed_in(office, "colleague")
    assert "Heed called you" in colleague.get("/").content.decode()
    wall = commands.wall_person(
        CHANCE,
        office.office_recipients,
        record=told.record,
        person=office.people["colleague"],
        ground=Ground.ACCUSED,
        reason="named",
    )
    Desk(office.link("heed_office")).append(office.sign_in("lead"), wall)
    assert "Heed called you" not in colleague.get("/").content.decode()
    assert "Nobody was called" in colleague.get("/calls").content.decode()


def test_people_say_how_they_are_called_and_nothing_typed_is_lost(
    office: World, lead: Browser
) -> None:
    page = lead.get("/reach")
    wrong = lead.send(form(page, "telephone"), telephone="at home", email="me@")
    assert wrong.status_code == 400
    assert "at home" in wrong.content.decode()
    assert "me@" in wrong.content.decode()
    done = lead.send(form(page, "telephone"), telephone="07700 900 199", email="l@example.org")
    assert done["Location"] == "/reach?done"
    assert "07700900199" in lead.get("/reach").content.decode()
    rows = office.as_owner("SELECT telephone, email FROM machinery.reach")
    assert rows == [("07700900199", "l@example.org")]
    office.open()
    facts = office.as_owner("SELECT convert_from(facts, 'UTF8') FROM register.entry")
    assert "07700900199" not in str(facts)


def test_who_cannot_be_called_is_said_on_the_page_of_duty(office: World) -> None:
    place = staffed(office)
    admin = place.browser("administrator")
    assert "Cannot be called" in admin.get("/duty").content.decode()
    reachable(office, *office.people)
    assert "Cannot be called" not in admin.get("/duty").content.decode()


def test_the_queue_is_shown_where_the_calls_cannot_be_had(
    office: World, told: Told, lead: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(office)
    assert "Heed called you on" in lead.get("/").content.decode()

    def away(*_: object) -> None:
        raise StoreAway

    monkeypatch.setattr("heed.office.calls.kept_calls", away)
    shown = lead.get("/")
    assert shown.status_code == 200
    assert f"/records/{told.record}" in shown.content.decode()
    assert "Heed called you on" not in shown.content.decode()


def test_many_calls_are_one_line_of_the_queue(office: World, told: Told, lead: Browser) -> None:
    del told
    for number in range(4):
        office.tell(f"Somebody waits at gate {number}")
    office.open()
    for _ in range(5):
        call(office)
    page = lead.get("/").content.decode()
    assert "Somebody was called about 5 concerns: " in page
    assert " and others." in page
    assert "Say which of them you have" in page
    assert page.count("govuk-inset-text") == 1
