"""The page of clocks: rules only, the same for everybody who is signed in, and no look at any record."""

import re

import pytest

from heed.core.rules import RULES
from heed.oversight.clock_list import IN_USE
from tests.office.browser import Browser
from tests.office.staffed import Staffed, staffed
from tests.world import World


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


def shown(browser: Browser) -> str:
    answer = browser.get("/clocks")
    assert answer.status_code == 200
    return str(answer.content.decode())


def row(page: str, id: str) -> str:
    return page.partition(f'id="{id}"')[2].partition("</tr>")[0]


def main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def test_everybody_sees_every_rule_and_nothing_of_a_record(place: Staffed) -> None:
    names = ("lead", "administrator", "overseer", "custodian", "contact")
    browsers = [place.browser(name) for name in names]
    before = {main(shown(browser)) for browser in browsers}
    told = place.world.tell("the otter")
    place.world.open()
    entries = place.entries()
    after = {main(shown(browser)) for browser in browsers}
    assert before == after
    (page,) = after
    assert len(re.findall(r'<tr class="govuk-table__row" id="', page)) == len(list(RULES))
    assert str(told.record) not in page
    assert place.entries() == entries


def test_each_rule_says_whose_it_is_and_why_it_does_not_run(place: Staffed) -> None:
    page = shown(place.browser("lead"))
    assert "Does not run: nobody has checked it against its source." in row(page, "C20")
    assert "Does not run: not in force yet." in row(page, "C03-stop")
    assert "7 days" in row(page, "C03-stop")
    assert "Runs here." in row(page, "C02")  # beside a referral
    assert "The council." in row(page, "C02")
    for runs in ("C28", "own-open", "own-decide", "ladder-outside"):
        assert "Runs here." in row(page, runs)
        assert "We must." in row(page, runs)
    assert "1 September 2026." in row(page, "C17")
    assert "20 working days of the whole UK." in row(page, "C22")
    assert main(page).count("Runs here.") == len(IN_USE)


def test_the_queue_and_the_menu_lead_there(place: Staffed) -> None:
    place.world.tell("the otter")
    place.world.open()
    queue = place.browser("lead").get("/").content.decode()
    assert 'href="/clocks"' in main(queue)
    assert "15 minutes, because there may be danger" in main(queue)
    people = place.browser("administrator").get("/people").content.decode()
    assert 'href="/clocks"' in people.partition("<nav")[2].partition("</nav>")[0]
