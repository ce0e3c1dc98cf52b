"""Saying that one is away: what will happen is said first, and nothing ends by itself."""

from datetime import datetime, timedelta

import pytest

from heed.access import people as access
from heed.core.times import LONDON
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, staffed
from tests.world import CHANCE, World


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


def owner(place: Staffed, record: object) -> object:
    return place.facts("SELECT owner FROM facts.record WHERE id = %s", record)[0][0]


def go(browser: Browser, address: str, **said: str) -> str:
    """Fill in the form, check it, send it twice; the page that was checked."""
    checked = browser.send(form(browser.get(address), "until_day"), **said)
    assert checked.status_code == 200
    sure = form(checked, "until_day")
    for _ in range(2):
        assert browser.send(sure, step="record").status_code == 302
    text: str = checked.content.decode()
    return text


def test_one_says_that_one_is_away_and_is_back_after_seeing_what_follows(place: Staffed) -> None:
    world, lead = place.world, place.browser("lead")
    told = [world.tell().record for _ in range(2)]
    world.open()
    day = datetime.now(LONDON) + timedelta(days=9)
    until = {"until_day": str(day.day), "until_month": str(day.month), "until_year": str(day.year)}
    colleague = str(world.people["colleague"])
    checked = go(lead, "/away", cover=colleague, **until)
    assert "The 2 records that you answer for get another person at once." in checked
    assert "Second worker gets all that they may have." in checked
    assert [owner(place, one) for one in told] == [world.people["colleague"]] * 2
    page = lead.get("/away?done=away").content.decode()
    assert "You are away from now on." in page
    assert "Second worker stands in." in page
    assert "You are away</a>" in lead.get("/").content.decode()
    back = next(each for each in _forms(lead, "/away") if each.action == "/away/back")
    for _ in range(2):
        assert lead.send(back).status_code == 302
    assert "You are back." in lead.get("/away?done=back").content.decode()
    assert [owner(place, one) for one in told] == [world.people["colleague"]] * 2
    assert place.facts("SELECT kind FROM facts.passed") == [("away",)]


def _forms(browser: Browser, path: str) -> list:
    from tests.office.browser import forms

    return forms(browser.get(path))


def test_one_record_or_none_is_said_so(place: Staffed) -> None:
    lead = place.browser("lead")
    place.world.tell()
    place.world.open()
    assert "The 1 record that you answer for gets another" in go(lead, "/away")
    theirs = place.browser("custodian")
    page = theirs.send(form(theirs.get("/away"), "until_day"))
    assert "You answer for no record now." in page.content.decode()


def test_an_administrator_says_it_of_their_own_people_and_learns_no_number(place: Staffed) -> None:
    world, administrator = place.world, place.browser("administrator")
    told = world.tell().record
    world.open()
    lead = world.people["lead"]
    address = f"/people/{lead}/away"
    assert f'href="{address}"' in administrator.get(f"/people/{lead}").content.decode()
    checked = go(administrator, address)
    assert "Each record that they answer for gets another person at once." in checked
    assert "1 record" not in checked
    assert owner(place, told) != lead
    page = administrator.get(f"/people/{lead}?done=away").content.decode()
    assert "They are away from now on." in page
    duty = administrator.get("/duty").content.decode()
    assert "<strong>Safeguarding lead</strong>, since" in duty.partition(">Away</h2>")[2]
    back = next(each for each in _forms(administrator, address) if each.action.endswith("/back"))
    assert administrator.send(back).status_code == 302
    assert "Nobody is away." in administrator.get("/duty").content.decode()


@pytest.mark.parametrize("name", ["administrator", "outside"])
def test_it_is_nobody_elses_to_say(place: Staffed, name: str) -> None:
    other = "overseer" if name == "administrator" else "lead"
    browser, before = place.browser(name), place.entries()
    for person in (place.world.people[other], place.world.people[name]):
        for path in ("away", "back"):
            answer = browser.client.post(f"/people/{person}/{path}", {"step": "record"})
            assert answer.status_code in (403, 404)
        assert browser.get(f"/people/{person}/away").status_code == 404
    assert place.entries() == before


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"cover": "x"}, "Choose a colleague from the list, or nobody."),
        ({"until_day": "31", "until_month": "2", "until_year": "2027"}, "Write a real day"),
        ({"until_day": "1"}, "Write a real day"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    place: Staffed, said: dict[str, str], sentence: str
) -> None:
    lead, before = place.browser("lead"), place.entries()
    filled = form(lead.get("/away"), "until_day") if "cover" in said else _forms(lead, "/away")[-1]
    answer = lead.send(filled, "/away", **said)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    for name, text in said.items():
        if name != "cover":
            assert f'name="{name}" type="text" inputmode="numeric" value="{text}"' in (
                answer.content.decode()
            )
    assert place.entries() == before


def test_a_day_that_has_passed_is_refused_with_a_sentence(place: Staffed) -> None:
    lead = place.browser("lead")
    filled = form(lead.get("/away"), "until_day")
    past = {"until_day": "1", "until_month": "1", "until_year": "2020", "step": "record"}
    answer = lead.send(filled, **past)
    assert answer.status_code == 400
    assert "Write a real day from today on" in answer.content.decode()


def test_who_cannot_stand_in_any_more_is_refused_with_a_sentence(place: Staffed) -> None:
    lead, world = place.browser("lead"), place.world
    checked = lead.send(form(lead.get("/away"), "until_day"), cover=str(world.people["colleague"]))
    place.append(access.go_away(CHANCE, world.office_recipients, person=world.people["colleague"]))
    answer = lead.send(form(checked, "until_day"), step="record")
    assert answer.status_code == 400
    assert "This colleague cannot stand in now." in answer.content.decode()
    listed = lead.get("/away").content.decode()
    assert str(world.people["colleague"]) not in listed


def test_the_outside_contact_is_told_to_have_another_named_first_and_can(place: Staffed) -> None:
    world, contact, outside = place.world, place.browser("contact"), place.browser("outside")
    filled = form(contact.get("/away"), "until_day")
    refused = contact.send(filled, step="record")
    assert refused.status_code == 400
    assert "Name another outside contact first." in refused.content.decode()
    custodian = str(world.people["custodian"])
    checked = outside.send(form(outside.get("/duty/contact"), "token"), person=custodian)
    assert "Is Custodian the outside contact from now on?" in checked.content.decode()
    for _ in range(2):
        assert outside.send(form(checked, "person"), step="name").status_code == 302
    assert place.facts("SELECT fallback::text FROM facts.slot") == [(custodian,)]
    done = outside.get("/duty?contact").content.decode()
    assert "The outside contact is another person now." in done
    assert contact.send(filled, step="record").status_code == 302


def test_nobody_chooses_the_outside_contact_of_their_own_organisation(place: Staffed) -> None:
    administrator, before = place.browser("administrator"), place.entries()
    page = administrator.get("/duty/contact").content.decode()
    assert "Only an administrator of the outside contact’s own body" in page
    token = form(administrator.get("/letters/new"), "form").fields["csrfmiddlewaretoken"]
    answer = administrator.client.post(
        "/duty/contact",
        {
            "csrfmiddlewaretoken": token,
            "person": str(place.world.people["lead"]),
            "step": "name",
        },
    )
    assert answer.status_code == 400
    assert "own body can name another" in answer.content.decode()
    assert place.entries() == before


def test_the_record_says_who_got_it_by_the_rule_and_why(place: Staffed) -> None:
    world = place.world
    told = world.tell().record
    world.open()
    go(place.browser("lead"), "/away", cover=str(world.people["colleague"]))
    page = place.browser("colleague").get(f"/records/{told}").content.decode()
    words = " ".join(page.split())
    assert "The rule gave it to Second worker, because Safeguarding lead is away" in words
