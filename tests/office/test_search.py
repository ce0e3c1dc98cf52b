"""A search shows which of one's records hold the words, no words of theirs, and 25 a page."""

import re

import pytest

from tests.office.browser import Browser, form, forms
from tests.office.staffed import Staffed
from tests.office.test_custody import reference
from tests.world import World


@pytest.fixture
def lead(office: World) -> Browser:
    office.give_password("lead")
    browser = Browser()
    browser.sign_in("lead")
    return browser


def search(browser: Browser, sought: str) -> str:
    answer = browser.send(form(browser.get("/search"), "sought"), sought=sought)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_is_found_is_listed_without_its_words(office: World, lead: Browser) -> None:
    told = office.tell("the heron on the weir")
    office.tell("a swan")
    office.open()
    text = search(lead, "herons")
    assert reference(Staffed(office), told) in text
    assert len(re.findall("heed-reference", text)) == 1
    assert "the weir" not in text
    assert 'value="herons"' in text
    assert "Nothing that you can see holds these words" in search(lead, "ostrich")


def test_there_are_25_on_a_page_and_none_is_missed(office: World, lead: Browser) -> None:
    for _ in range(51):
        office.tell("the heron on the weir")
    office.open()
    text, seen = search(lead, "heron"), []
    for count in (25, 25, 1):
        shown = re.findall(r"heed-reference\" href=\"/records/[^>]+>([^<]+)<", text)
        assert len(shown) == count
        seen += shown
        answer = lead.get("/search")
        further = re.search(r'name="before" value="([^"]+)"', text)
        assert (further is None) == (count == 1)
        if further:
            filled = form(answer, "sought")
            text = lead.send(filled, sought="heron", before=further[1]).content.decode()
    assert len(set(seen)) == 51


def test_the_words_that_are_sought_stand_in_no_address(office: World, lead: Browser) -> None:
    for each in forms(lead.get("/search")):
        assert "sought" not in each.action
    assert "heron" not in lead.get("/search?sought=heron").content.decode()


def test_a_search_for_nothing_is_answered_by_a_sentence(office: World, lead: Browser) -> None:
    answer = lead.send(form(lead.get("/search"), "sought"), sought="  ")
    assert answer.status_code == 400
    assert "Write what to look for" in answer.content.decode()
    assert office.as_owner("SELECT count(*) FROM facts.look") == [(0,)]


def test_odd_words_are_looked_for_like_others(office: World, lead: Browser) -> None:
    for sought in ("\0", "'", '"', "a & | ! <-> :*", "😟", "x" * 100_000, "%s", "\\"):
        assert "Nothing that you can see" in search(lead, sought)
