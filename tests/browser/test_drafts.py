"""While somebody types a call, the page keeps it by itself; it is there again after the window was closed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_journeys import DESK, PHONE, chromium, fits, office  # noqa: F401
from tests.browser.test_owner import sign_in
from tests.public.conftest import Face, face  # noqa: F401


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def scripted(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    """A page of a browser that runs our script."""
    context = chromium.new_context(viewport=request.param)
    yield context.new_page()
    context.close()


def test_a_call_is_kept_while_it_is_typed_and_nothing_is_kept_once_it_is_recorded(
    scripted: Page,
    face: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    face.world.give_password("lead")
    sign_in(scripted, office, "lead")
    scripted.goto(f"http://127.0.0.1:{office}/letters/new")
    scripted.get_by_label("The words").fill("She says that the heron came back.")
    expect(scripted.get_by_role("status")).to_contain_text("Kept for you", timeout=20_000)
    scripted.goto("about:blank")
    scripted.goto(f"http://127.0.0.1:{office}/letters/new")
    expect(scripted.get_by_label("The words")).to_have_value("She says that the heron came back.")
    fits(scripted)
    scripted.get_by_role("button", name="Put it on the record").click()
    expect(scripted.get_by_role("heading", name="It is on the record")).to_be_visible()
    scripted.goto(f"http://127.0.0.1:{office}/letters/new")
    expect(scripted.get_by_label("The words")).to_have_value("")
