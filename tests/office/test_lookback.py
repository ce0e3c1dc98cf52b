"""The pages of looking back: a day, plain words, and what had come by then, as it stood then."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from heed.core.times import LONDON
from tests.office.browser import Browser, form, forms
from tests.office.staffed import Staffed, staffed
from tests.office.test_custody import reference
from tests.world import World


@pytest.fixture
def lead(office: World) -> Browser:
    office.give_password("lead")
    browser = Browser()
    browser.sign_in("lead")
    return browser


def day(ago: int = 0) -> str:
    at = datetime.now(UTC).astimezone(LONDON) - timedelta(days=ago)
    return f"{at.day} {at:%B %Y}"


def days_pass(office: World, days: int) -> None:
    """The clock of a demonstration moves on."""
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute(
            "INSERT INTO machinery.clock AS c VALUES (true, %s * interval '1 day')"
            " ON CONFLICT (one) DO UPDATE SET shift = c.shift + EXCLUDED.shift",
            (days,),
        )


def ask(browser: Browser, sought: str, by: str, status: int = 200, **said: str) -> str:
    answer = browser.send(form(browser.get("/lookback"), "sought"), sought=sought, by=by, **said)
    assert answer.status_code == status
    return answer.content.decode()


def mark(text: str) -> str:
    found = re.search(r"The mark of this answer is <span[^>]*>([0-9a-f]{64})<", text)
    assert found is not None
    return found[1]


def test_what_had_come_is_told_without_its_words(office: World, lead: Browser) -> None:
    told = office.tell("the heron on the weir")
    office.tell("a swan")
    office.open()
    text = ask(lead, "herons", day())
    assert reference(Staffed(office), told) in text
    assert "the weir" not in text
    assert "Nobody had opened this" in text
    assert "Ask again later, and there may be more" in text
    assert "Nothing that you may see had certainly come by then" in ask(lead, "herons", day(1))
    assert office.as_owner("SELECT purpose FROM facts.look ORDER BY at") == [("lookback",)] * 2


def test_the_same_question_gives_the_same_file_whatever_came_since(
    office: World, lead: Browser
) -> None:
    told = office.tell("the heron on the weir")
    office.open()
    days_pass(office, 2)
    first = ask(lead, "heron", day())
    assert "What came later changes nothing here" in first
    lead.get(f"/records/{told.record}")
    office.tell("another heron")
    office.open()
    again = ask(lead, "heron", day())
    assert mark(again) == mark(first)
    filled = form(lead.get("/lookback"), "sought")
    saved = lead.send(filled, sought="heron", by=day(), file="yes")
    assert saved["Content-Type"] == "application/json"
    assert saved["Content-Disposition"].startswith('attachment; filename="lookback-')
    answer = json.loads(saved.content)
    assert [each["record"] for each in answer["received"]] == [str(told.record)]
    assert mark(again) in first
    assert len(re.findall("heed-reference", ask(lead, "heron", day(-2)))) == 2


def test_a_letter_that_was_put_in_late_may_have_come_by_then(office: World, lead: Browser) -> None:
    filled = form(lead.get("/letters/new"), "told")
    lead.send(filled, told="the heron on the weir", reached="summer 2002")
    office.open()
    text = ask(lead, "heron", "1 July 2002", reading="today")
    assert "Possibly by then" in text
    assert "summer 2002" in text
    assert "from 1 June 2002 to 31 August 2002" in text
    assert "Possibly by then" not in ask(lead, "heron", "1 September 2002", reading="today")
    assert "heed-reference" in ask(lead, "heron", "1 September 2002", reading="today")
    assert "heed-reference" not in ask(lead, "heron", "1 September 2002")
    [(record,)] = office.as_owner("SELECT id FROM facts.record")
    shown = lead.get(f"/records/{record}").content.decode()
    assert "When it reached the office, as it was typed" in shown
    [(filed,)] = office.as_owner("SELECT filed_at FROM facts.record")
    assert filed > datetime.now(UTC) - timedelta(minutes=5)  # no clock starts from what was typed


@pytest.mark.parametrize(
    ("sought", "by", "sentence"),
    [
        ("  ", "1 July 2002", "Write what to look for"),
        ("heron", "summer 2002", "Write one day in full, like 1 July 2002."),
        ("heron", "", "Write one day in full, like 1 July 2002."),
        ("heron", "1/7/02", "Write one day in full, like 1 July 2002."),
        ("heron", "1 July 2098", "That day has not come yet"),
    ],
)
def test_a_question_that_cannot_be_read_is_answered_by_a_sentence(
    office: World, lead: Browser, sought: str, by: str, sentence: str
) -> None:
    text = ask(lead, sought, by, 400)
    assert sentence in text
    assert not sought.strip() or f'value="{sought}"' in text
    assert office.as_owner("SELECT count(*) FROM facts.look") == [(0,)]


def test_further_pages_ask_the_same_question(office: World, lead: Browser) -> None:
    for _ in range(26):
        office.tell("the heron on the weir")
    office.open()
    answer = lead.send(form(lead.get("/lookback"), "sought"), sought="heron", by=day())
    office.tell("a heron that comes between two pages")
    office.open()
    [go_on] = [
        each for each in forms(answer) if "after" in each.fields and "file" not in each.fields
    ]
    further = lead.send(go_on)
    shown = re.compile(r"heed-reference\" href=\"/records/[^>]+>([^<]+)<")
    first, rest = (shown.findall(each.content.decode()) for each in (answer, further))
    assert (len(first), len(rest)) == (25, 1)
    assert not set(first) & set(rest)


def test_an_overseer_asks_what_was_shown_to_somebody_or_to_a_job(office: World) -> None:
    place = staffed(office)
    told = office.tell("the heron on the weir")
    office.open()
    place.browser("lead").get(f"/records/{told.record}")
    overseer, name = place.browser("overseer"), reference(place, told)
    page = overseer.get("/lookback/people")
    assert str(office.people["overseer"]) not in page.content.decode()
    for person in (str(office.people["lead"]), "job: owner"):
        answer = overseer.send(form(page, "by"), person=person, by=day())
        text = answer.content.decode()
        assert "They were on duty, and answered for it from then on" in text
        assert "They looked. What for: Their own queue" in text
        assert name in text
        assert "the weir" not in text
    empty = overseer.send(form(page, "by"), person=str(office.people["contact"]), by=day())
    assert "Nothing that you may know of was shown to them by then" in empty.content.decode()
    for person in ("", str(office.people["overseer"]), "job: x"):
        wrong = overseer.send(form(page, "by"), person=person, by=day())
        assert wrong.status_code == 400
        assert "Choose a person, or everybody who does one job." in wrong.content.decode()


def test_whoever_reads_by_remit_says_why_they_ask(office: World) -> None:
    place = staffed(office)
    told = office.tell("the heron on the weir")
    office.open()
    administrator = place.browser("administrator")
    filled = form(administrator.get(f"/people/{office.people['colleague']}/remits"), "token")
    administrator.send(filled, unit=str(place.units["first"]))
    reader = place.browser("colleague")
    assert "You read some of these records by remit" in ask(reader, "heron", day(), 400)
    assert reference(place, told) in ask(reader, "heron", day(), why="a review of that year")
    office.open()
    looks = place.browser("overseer").get(f"/oversight/people/{office.people['colleague']}")
    assert "A look back, which opened nothing" in looks.content.decode()
    assert "a review of that year" in looks.content.decode()
    assert "heron" not in looks.content.decode()


@pytest.mark.parametrize("known", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_outside_every_calendar_breaks_no_page(
    office: World, lead: Browser, known: str
) -> None:
    office.open()
    ask(lead, "herons", day(), known=known, reading="today")
