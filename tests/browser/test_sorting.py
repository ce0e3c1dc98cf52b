"""Sorting letters by keyboard: one key for each, one more for all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from heed.core.vocabulary import Danger
from tests.browser.test_journeys import DESK, PHONE, chromium, fits, office, page, picture  # noqa: F401
from tests.browser.test_owner import sign_in
from tests.public.conftest import Face, face  # noqa: F401

FOCUS = "document.activeElement.getAttribute('aria-labelledby') || document.activeElement.innerText"
LETTERS = 40


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def scripted(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    """A page that runs the site's own scripts."""
    context = chromium.new_context(viewport=request.param)
    yield context.new_page()
    context.close()


def _put_aside(face: Face) -> int:  # noqa: F811
    rows = face.world.as_owner("SELECT count(*) FROM facts.sorting WHERE reason = 'enquiry'")
    return int(rows[0][0])


def test_a_letter_takes_one_key_and_a_page_of_them_one_more(
    scripted: Page,
    face: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    face.world.give_password("lead")
    before = _put_aside(face)
    for number in range(LETTERS):
        face.world.tell(told=f"The bus was late, letter {number}.", danger=Danger.NO)
    face.world.open()
    sign_in(scripted, office, "lead")
    keys = 0
    while keys <= 2 * LETTERS:
        scripted.goto(f"http://127.0.0.1:{office}/sort")
        waiting = scripted.locator("[data-letter]").count()
        if not waiting:
            break
        fits(scripted)
        picture(scripted, "sorting")
        assert scripted.evaluate(FOCUS) == "letter-0"
        for number in range(waiting):
            assert scripted.evaluate(FOCUS) == f"letter-{number}"
            scripted.keyboard.press("2")
            keys += 1
        assert scripted.evaluate(FOCUS) == "Record what I said"
        with scripted.expect_navigation():
            scripted.keyboard.press("Enter")
        keys += 1
    assert keys <= 2 * LETTERS
    assert _put_aside(face) == before + LETTERS


def test_without_the_script_it_is_a_form_like_any_other(
    page: Page,  # noqa: F811
    face: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    face.world.give_password("lead")
    face.world.tell(told="A dog barks at night.", danger=Danger.NO)
    face.world.open()
    sign_in(page, office, "lead")
    page.goto(f"http://127.0.0.1:{office}/sort")
    assert page.get_by_text("Each key goes on").is_hidden()
    page.get_by_label("Thanks or praise").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Record what I said").click()
    assert page.get_by_text("1 letter was sorted.").is_visible()
