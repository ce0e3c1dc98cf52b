"""Who is on duty: the administrator sees now and next, and adds turns by London time."""

from datetime import UTC, datetime, timedelta

import pytest

from heed.access import commands
from heed.core.times import LONDON, moment
from heed.office.duty import NoSuchTime, london_time
from heed.store import staff
from heed.store.readable import Desk
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, sent_twice, staffed
from tests.world import CHANCE, World

TOMORROW = (datetime.now(LONDON) + timedelta(days=1)).replace(
    hour=17, minute=30, second=0, microsecond=0
)


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def administrator(place: Staffed) -> Browser:
    return place.browser("administrator")


def turns(place: Staffed) -> list[tuple]:
    return place.facts("SELECT person, starts_at FROM facts.turn ORDER BY starts_at")


def fill(browser: Browser, place: Staffed, who: str = "colleague", **said: str) -> str:
    """Fill in the form, check it, send it twice; the last page."""
    filled = form(browser.get("/duty"), "time")
    checked = browser.send(filled, person=str(place.world.people[who]), **said)
    assert checked.status_code == 200
    sure = form(checked, "starts")
    for _ in range(2):
        assert browser.send(sure).status_code == 302
    text: str = checked.content.decode()
    return text


def later(at: datetime) -> dict[str, str]:
    day = {"day": str(at.day), "month": str(at.month), "year": str(at.year)}
    return day | {"time": f"{at:%H:%M}"}


def test_the_page_says_who_is_on_duty_now_and_next(place: Staffed, administrator: Browser) -> None:
    text = administrator.get("/duty").content.decode()
    assert "<strong>Safeguarding lead</strong>, since 1 January 2026 at 12:00am" in text
    assert "Safeguarding lead stays on duty" in text
    place.world.put_on_duty("colleague", TOMORROW)
    text = administrator.get("/duty").content.decode()
    assert f"From {moment(TOMORROW)}: <strong>Second worker</strong>" in text
    assert "Outside contact" in text


def test_a_turn_is_checked_and_recorded_once(place: Staffed, administrator: Browser) -> None:
    checked = fill(administrator, place, **later(TOMORROW))
    assert f"{TOMORROW:%A} {moment(TOMORROW)}" in checked
    assert turns(place)[1:] == [(place.world.people["colleague"], TOMORROW)]
    assert "The turn is on the record." in administrator.get("/duty?done").content.decode()


def test_a_turn_without_day_and_time_begins_now(place: Staffed, administrator: Browser) -> None:
    fill(administrator, place)
    [(_, _), (person, starts)] = turns(place)
    assert person == place.world.people["colleague"]
    assert timedelta(0) <= datetime.now(UTC) - starts < timedelta(minutes=1)
    told = place.world.tell()
    owner = place.facts("SELECT owner FROM facts.record WHERE id = %s", told.record)
    assert owner == [(person,)]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"person": ""}, "Choose who is on duty."),
        ({"day": "31", "month": "2", "year": "2099", "time": "9:00"}, "Write the day in numbers"),
        ({"day": "1", "month": "2", "year": "27", "time": "9:00"}, "Write the day in numbers"),
        ({"day": "1", "month": "2", "year": "2099", "time": "nine"}, "Write the time, such as"),
        ({"day": "1", "month": "2", "year": "2099"}, "Write the time, such as"),
        ({"day": "1", "month": "2", "year": "2020", "time": "9:00"}, "This time has passed."),
        ({"starts": "2020-02-01T09:00:00+00:00", "step": "add"}, "This time has passed."),
    ],
)
def test_what_is_no_turn_is_asked_for_again(
    place: Staffed, administrator: Browser, said: dict[str, str], sentence: str
) -> None:
    filled = form(administrator.get("/duty"), "time")
    good = {"person": str(place.world.people["colleague"])}
    answer = administrator.send(filled, **(good | said))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert form(answer, "time").fields["day"] == said.get("day", "")
    assert len(turns(place)) == 1


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        (("1", "12", "2026", "9:00"), datetime(2026, 12, 1, 9, tzinfo=UTC)),
        (("01", "07", "2026", "09.30"), datetime(2026, 7, 1, 8, 30, tzinfo=UTC)),
        (("1", "7", "2026", "5pm"), datetime(2026, 7, 1, 16, tzinfo=UTC)),
        (("1", "12", "2026", "12:05 AM"), datetime(2026, 12, 1, 0, 5, tzinfo=UTC)),
        (("1", "12", "2026", "12pm"), datetime(2026, 12, 1, 12, tzinfo=UTC)),
        (("1", "12", "2026", "17"), datetime(2026, 12, 1, 17, tzinfo=UTC)),
        # The clocks go back: 1:30 comes twice, and the first is meant.
        (("25", "10", "2026", "1:30"), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_londons(typed: tuple[str, str, str, str], at: datetime) -> None:
    assert london_time(*typed) == at


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (("28", "3", "2027", "1:30"), "time"),  # the clocks go forward over it
        (("1", "12", "2026", "24:00"), "time"),
        (("1", "12", "2026", "13pm"), "time"),
        (("1", "12", "2026", "0am"), "time"),
        (("1", "12", "2026", "9:60"), "time"),
        (("1", "12", "2026", ""), "time"),
        (("1", "13", "2026", "9:00"), "day"),
        (("1", "12", "1999", "9:00"), "day"),
        (("1", "12", "99999", "9:00"), "day"),
        (("", "12", "2026", "9:00"), "day"),
        (("x", "12", "2026", "9:00"), "day"),
    ],
)
def test_what_is_no_time_says_which_box_is_wrong(
    typed: tuple[str, str, str, str], field: str
) -> None:
    with pytest.raises(NoSuchTime) as wrong:
        london_time(*typed)
    assert wrong.value.field == field


def test_only_people_of_ones_own_body_who_can_answer_are_put_on_duty(
    place: Staffed, administrator: Browser
) -> None:
    page = administrator.get("/duty").content.decode()
    for name, offered in (("lead", True), ("overseer", False), ("administrator", False)):
        assert (str(place.world.people[name]) in page) == offered
    filled = form(administrator.get("/duty"), "time")
    for name, sentence in (
        ("overseer", "only do this for the people and units of your own body"),
        ("administrator", "This does not fit what the record holds now."),
    ):
        said = {"person": str(place.world.people[name]), "step": "add"}
        answer = administrator.send(filled, **said)
        assert answer.status_code == 400
        assert sentence in answer.content.decode()
    assert len(turns(place)) == 1


def test_whoever_has_left_is_passed_over_and_the_page_says_so(
    place: Staffed, administrator: Browser
) -> None:
    place.world.put_on_duty("colleague", TOMORROW)
    for name in ("colleague", "lead"):
        entry = commands.leave(
            CHANCE, place.world.office_recipients, person=place.world.people[name]
        )
        place.append(entry)
    text = administrator.get("/duty").content.decode()
    assert "Cannot take it" in text
    assert "the outside contact, because nobody has a turn now" in text


def test_whoever_cannot_sign_in_is_put_on_no_duty_and_the_page_says_so(
    place: Staffed, administrator: Browser
) -> None:
    place.world.put_on_duty("colleague", TOMORROW)
    assert "Cannot sign in" not in administrator.get("/duty").content.decode()
    for name in ("lead", "colleague"):
        place.world.take_sign_in(name)
    page = administrator.get("/duty").content.decode()
    assert page.count("Cannot sign in") == 1  # whose turn comes; now the outside contact has it
    assert "the outside contact, because nobody has a turn now" in page
    listed = page.partition("No way to sign in")[2].partition("Add a turn")[0]
    people = place.world.people
    assert all(f"/people/{people[name]}" in listed for name in ("lead", "colleague"))
    place.world.take_sign_in("contact")
    page = administrator.get("/duty").content.decode()
    assert page.count("Cannot sign in") == 2
    assert "Nobody reads what comes in." in page
    filled = form(administrator.get("/duty"), "time")
    checked = administrator.send(filled, person=str(place.world.people["colleague"]))
    answered = administrator.send(form(checked, "starts"))
    assert answered.status_code == 400
    assert "no way to sign in" in answered.content.decode()


def test_the_list_of_turns_is_for_administrators_and_names_who_would_own(place: Staffed) -> None:
    desk = Desk(place.world.link("heed_office"))
    place.world.put_on_duty("colleague", TOMORROW)
    for name in ("lead", "overseer", "custodian"):
        assert staff.turns(desk, place.world.sign_in(name)) == []
    assert staff.turns(desk, "0" * 64) == []
    now, after = staff.turns(desk, place.world.sign_in("administrator"))
    told = place.world.tell()
    owner = place.facts("SELECT owner FROM facts.record WHERE id = %s", told.record)
    assert owner == [(now.person,)]
    assert (now.on_duty, now.starts_at) == (True, datetime(2026, 1, 1, tzinfo=UTC))
    assert (after.on_duty, after.person) == (False, place.world.people["colleague"])
    assert now.fallback == place.world.people["contact"]


def test_without_the_post_in_the_door_anybody_would_see_the_turns(place: Staffed) -> None:
    """The control removed, to see that the test above would notice."""
    place.without("machinery.turns()", "OR NOT register.holds(me, 'administrator')")
    desk = Desk(place.world.link("heed_office"))
    assert len(staff.turns(desk, place.world.sign_in("lead"))) == 1


def test_checking_a_turn_records_nothing(place: Staffed, administrator: Browser) -> None:
    said = {"person": str(place.world.people["colleague"])}
    assert sent_twice(administrator, "/duty", "time", **said) == [200, 200]
    assert len(turns(place)) == 1
