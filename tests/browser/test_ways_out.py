"""Writing a referral down: each way out asks in its own words, and without a script."""

from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Route

from tests.browser.test_axe import HOST, serve
from tests.browser.test_journeys import PHONE, chromium  # noqa: F401
from tests.sample_pages import rendered

WAYS = {
    "telephone": ("The number you rang", "When did you tell them?", "What you told them"),
    "portal": ("The address of their form", "When did you tell them?", "What you told them"),
    "email": ("Their secure email address", "your own mailbox", "What you write to them"),
    "link": ("The email address that the link goes to", "a link only", "What you write to them"),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_asks_for_what_it_needs_and_for_nothing_of_another(
    chromium: Browser,  # noqa: F811
    way: str,
) -> None:
    pages = {"tell": rendered("office", "")["refer-tell"]}
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.route("**/*", lambda route: serve(pages, "office", route))
    page.goto(f"{HOST}/tell")
    page.locator(f'input[name="how"][value="{way}"]').check()
    shown = page.locator("main").inner_text()
    of_others = {text for other in WAYS.values() for text in other} - set(WAYS[way])
    assert [text for text in WAYS[way] if text not in shown] == []
    assert [text for text in of_others if text in shown] == []
    context.close()


def test_enter_in_the_day_of_a_marker_tells_nobody(chromium: Browser) -> None:  # noqa: F811
    pages = {"tell": rendered("office", "some words")["tell"]}
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    sent: list[str] = []

    def route(asked: Route) -> None:
        if asked.request.method == "POST":
            sent.append(asked.request.post_data or "")
            asked.fulfill(status=200, body="sent")
        else:
            serve(pages, "office", asked)

    page.route("**/*", route)
    page.goto(f"{HOST}/tell")
    page.locator('input[name="until_year"]').fill("2027")
    page.locator('input[name="until_year"]').press("Enter")
    page.wait_for_load_state()
    assert [parse_qs(one, keep_blank_values=True)["step"] for one in sent] == [[""]]
    context.close()
