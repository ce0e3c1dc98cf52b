"""The page of looking back: a day, plain words, and what had come by then, as it stood then."""

from datetime import UTC, datetime, timedelta

import pytest

from heed.core.times import LONDON
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed
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


def ask(browser: Browser, sought: str, by: str, status: int = 200, **said: str) -> str:
    answer = browser.send(form(browser.get("/lookback"), "sought"), sought=sought, by=by, **said)
    assert answer.status_code == status
    return answer.content.decode()


def test_what_had_come_is_told_without_its_words(office: World, lead: Browser) -> None:
    told = office.tell("the heron on the weir")
    office.tell("a swan")
    office.open()
    text = ask(lead, "herons", day())
    assert reference(Staffed(office), told) in text
    assert "the weir" not in text
    assert "Nobody had opened this" in text
    assert "Nothing that you may see had certainly come by then" in ask(lead, "herons", day(1))
    assert office.as_owner("SELECT purpose FROM facts.look ORDER BY at") == [("lookback",)] * 2
