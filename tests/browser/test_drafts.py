"""While somebody types a call, the page keeps it by itself; it is there again after the window was closed."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_journeys import DESK, PHONE, chromium, fits, office, picture  # noqa: F401
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


def test_two_windows_keep_two_calls_and_neither_loses_a_word(
    scripted: Page,
    face: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    face.world.give_password("lead")
    sign_in(scripted, office, "lead")
    address = f"http://127.0.0.1:{office}/letters/new"
    other = scripted.context.new_page()
    for page in (scripted, other):
        page.goto(address + "?draft=new")
    scripted.get_by_label("The words").fill("The first caller saw a heron.")
    expect(scripted.get_by_role("status")).to_contain_text("Kept for you", timeout=20_000)
    other.get_by_label("The words").fill("The second caller saw a swan.")
    expect(other.get_by_role("status")).to_contain_text("Kept for you", timeout=20_000)
    # The first goes on, in a form that has seen what it kept before.
    scripted.get_by_label("The words").fill("The first caller saw a heron, twice.")
    with scripted.expect_response("**/letters/draft") as answered:
        pass
    assert answered.value.ok
    other.get_by_role("button", name="Put it on the record").click()
    expect(other.get_by_role("heading", name="It is on the record")).to_be_visible()
    scripted.goto("about:blank")
    other.goto(address)
    expect(other.get_by_label("The words")).to_have_value("The first caller saw a heron, twice.")
    # Both windows open the same call now, and each changes it.
    scripted.goto(address)
    scripted.get_by_label("The words").fill("A heron, by the weir.")
    expect(scripted.get_by_role("status")).to_contain_text("Kept for you", timeout=20_000)
    other.get_by_label("The words").fill("A heron, on the roof.")
    expect(other.get_by_role("status")).to_contain_text("stays as well", timeout=20_000)
    other.goto(address)
    expect(other.get_by_label("The words")).to_have_value("A heron, on the roof.")
    other.get_by_role("link", name="A letter, kept on").first.click()
    expect(other.get_by_label("The words")).to_have_value("A heron, by the weir.")
    fits(other)


def test_an_answer_and_a_note_are_kept_while_they_are_typed(
    scripted: Page,
    face: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    record = face.world.tell("the heron").record
    face.world.open()
    face.world.give_password("lead")
    sign_in(scripted, office, "lead")
    here = f"http://127.0.0.1:{office}/records/{record}"
    for address, label, words in (
        (here, "Your answer", "Are you safe where you are?"),
        (f"{here}/note", "Your note", "The school rang back."),
    ):
        scripted.goto(address)
        scripted.get_by_label(label).fill(words)
        expect(scripted.get_by_role("status")).to_contain_text("Kept for you", timeout=20_000)
        scripted.goto(f"http://127.0.0.1:{office}/")
        scripted.goto(address)
        expect(scripted.get_by_label(label)).to_have_value(words)
        fits(scripted)
        picture(scripted, f"office-kept-{label[5:]}")
    scripted.goto(f"http://127.0.0.1:{office}/")
    assert scripted.locator(f'a[href*="{record}"]', has_text="Go on").count() == 2
    picture(scripted, "office-queue-begun")
    fits(scripted)


def test_a_link_that_is_followed_at_once_loses_nothing(
    scripted: Page,
    face: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    record = face.world.tell("the heron").record
    face.world.open()
    face.world.give_password("lead")
    sign_in(scripted, office, "lead")
    here = f"http://127.0.0.1:{office}/records/{record}"
    scripted.goto(here)
    scripted.get_by_label("Your answer").fill("Are you safe tonight?")
    scripted.goto(f"http://127.0.0.1:{office}/")
    for _ in range(20):  # the last words are sent while the next page comes
        scripted.goto(here)
        if scripted.get_by_label("Your answer").input_value():
            break
    expect(scripted.get_by_label("Your answer")).to_have_value("Are you safe tonight?")
    # What is sent leaves no draft behind.
    scripted.get_by_role("button", name="Send the answer").click()
    scripted.goto(here)
    expect(scripted.get_by_label("Your answer")).to_have_value("")
