"""A real browser at phone and desk width: the journeys work without JavaScript and by keyboard alone."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from heed.access import commands
from tests.public.conftest import Face, face  # noqa: F401
from tests.world import CHANCE, PASSWORD

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update"]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page of a browser that runs no JavaScript of any site."""
    context = chromium.new_context(viewport=request.param, java_script_enabled=False)
    yield context.new_page()
    context.close()


def fits(page: Page) -> None:
    """Nothing of the page lies beyond the right edge."""
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], (page.url, widths)


def picture(page: Page, name: str) -> None:
    """Keep a picture where HEED_PICTURES names a folder, for people to look at."""
    if folder := os.environ.get("HEED_PICTURES"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)


def test_a_person_tells_and_comes_back_without_javascript(page: Page, face: Face) -> None:  # noqa: F811
    page.goto(f"http://127.0.0.1:{face.port}/")
    assert page.get_by_text("999").first.is_visible()
    seen(page, "start")
    page.goto(f"http://127.0.0.1:{face.port}/tell")
    seen(page, "danger")
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Carry on").click()
    seen(page, "words")
    page.get_by_label("What you saw").fill("The same blue van waits there. " + "x" * 200)
    page.get_by_role("button", name="Carry on").click()
    page.get_by_label("Where?").fill("Mill Lane")
    seen(page, "people")
    page.get_by_role("button", name="Carry on").click()
    seen(page, "you")
    page.get_by_label("Your name").fill("Robin")
    page.get_by_role("button", name="Carry on").click()
    seen(page, "check")
    assert page.get_by_text("Mill Lane").is_visible()
    page.get_by_role("button", name="Send it").click()
    seen(page, "done")
    code = page.locator("#return-code li").all_inner_texts()
    assert len(code) == 8
    page.goto(f"http://127.0.0.1:{face.port}/return")
    page.get_by_label("Your 8 words").fill(" ".join(code))
    seen(page, "return")
    page.get_by_role("button", name="Open your page").click()
    seen(page, "thread")
    assert page.get_by_text("Nobody has opened this").is_visible()
    assert not page.get_by_text("blue van").is_visible()
    page.get_by_role("button", name="Show what I wrote").click()
    assert page.get_by_text("blue van").is_visible()
    assert page.get_by_text("Robin").count() == 0
    seen(page, "thread-shown")


def test_words_half_typed_outlast_a_photo_and_a_look(page: Page, face: Face) -> None:  # noqa: F811
    last = face.tell(saw="A van by the ferry.")
    page.goto(f"http://127.0.0.1:{face.port}/return")
    page.get_by_label("Your 8 words").fill(last.texts["return-code"])
    page.get_by_role("button", name="Open your page").click()
    words = page.get_by_label("Tell us more, or answer us")
    words.fill("It came back on Tuesday.")
    page.get_by_role("button", name="Show what I wrote").click()
    assert words.input_value() == "It came back on Tuesday."
    photo = {"name": "van.jpg", "mimeType": "image/jpeg", "buffer": bytes(3 * 1024 * 1024)}
    page.get_by_label("Choose a file").set_input_files([photo])  # type: ignore[list-item]
    page.get_by_role("button", name="Hide what I wrote").click()
    assert words.input_value() == "It came back on Tuesday."
    seen(page, "thread-file-again")
    page.get_by_label("Choose a file").set_input_files([photo])  # type: ignore[list-item]
    page.get_by_role("button", name="Send it").click()
    seen(page, "thread-file-large")
    assert page.get_by_text("We have kept what you added").is_visible()
    assert page.get_by_text("This file is too big").first.is_visible()
    page.get_by_role("button", name="Show what I wrote").click()
    assert page.get_by_text("It came back on Tuesday.").is_visible()


def test_a_photo_first_leaves_the_eight_words_on_the_page(page: Page, face: Face) -> None:  # noqa: F811
    page.goto(f"http://127.0.0.1:{face.port}/tell")
    page.get_by_role("button", name="Carry on").click()
    page.get_by_label("What you saw").fill("A van.")
    for name in ("Carry on", "Carry on"):
        page.get_by_role("button", name=name).click()
    page.get_by_label("Your name").fill("Robin")
    for name in ("Carry on", "Send it"):
        page.get_by_role("button", name=name).click()
    seen(page, "done-apart")
    code = page.locator("#return-code li").all_inner_texts()
    photo = {"name": "van.jpg", "mimeType": "image/jpeg", "buffer": b"a van"}
    page.get_by_label("Choose a file").set_input_files([photo])  # type: ignore[list-item]
    page.get_by_role("button", name="Send the file").click()
    assert page.locator("#return-code li").all_inner_texts() == code
    seen(page, "thread-code-again")
    page.get_by_role("button", name="I have my 8 words").click()
    assert page.locator("#return-code").count() == 0
    page.get_by_role("button", name="Show what I wrote").click()
    assert page.get_by_text("We keep it apart from the rest").is_visible()
    seen(page, "thread-apart")


def seen(page: Page, name: str) -> None:
    picture(page, f"public-{name}")
    fits(page)
    assert page.get_by_role("link", name="Leave fast").is_visible()
    assert page.locator("h1").count() >= 1


def test_the_form_can_be_sent_by_keyboard_alone(page: Page, face: Face) -> None:  # noqa: F811
    page.goto(f"http://127.0.0.1:{face.port}/tell")
    focused = []
    for _ in range(3):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.innerText"))
    assert any("Skip" in text for text in focused)
    assert any("Leave fast" in text for text in focused)
    page.get_by_label("No", exact=True).focus()
    page.keyboard.press("Space")
    enter(page)  # the form's first button carries on
    page.get_by_label("What you saw").focus()
    page.keyboard.type("By keyboard.")
    for name in ("Carry on", "Carry on", "Carry on", "Send it"):
        page.get_by_role("button", name=name).focus()
        enter(page)
    assert page.locator("#return-code li").count() == 8


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.fixture(scope="module")
def office(face: Face) -> Iterator[int]:  # noqa: F811
    """The office face of the same world."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (face.home / "log" / "office.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "heed.cli.main", "run", "office"],
            env=os.environ | {"HEED_HOME": str(face.home), "HEED_OFFICE_PORT": str(port)},
            stdout=log,
            stderr=log,
        )
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                break
        except OSError:
            time.sleep(0.1)
    yield port
    child.terminate()
    child.wait(timeout=20)


def test_the_accountable_person_opens_reads_and_answers(
    page: Page,
    face: Face,  # noqa: F811
    office: int,
) -> None:
    last = face.tell(saw="Somebody should look at this: quince jelly.", danger="yes")
    face.world.give_password("lead")
    face.world.open()
    page.goto(f"http://127.0.0.1:{office}/")
    office_seen(page, "sign-in")
    page.get_by_label("User name").fill("lead")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    office_seen(page, "queue")
    assert not page.get_by_text("quince").is_visible()
    page.locator("table a").first.click()
    office_seen(page, "record")
    assert page.get_by_text("quince jelly").first.is_visible()
    assert page.get_by_text("Do not ask what happened").is_visible()
    page.locator("textarea").first.fill("Thank you. Are you safe where you are now?")
    page.get_by_role("button", name="Send").first.click()
    office_seen(page, "answered")
    face.world.open()
    _, back = face.come_back(last)
    assert b"Are you safe where you are now?" in back.content
    assert b"A worker has opened it" in back.content
    page.goto(f"http://127.0.0.1:{office}/letters/new")
    office_seen(page, "letter")
    page.get_by_label("The words").fill("A letter, word for word.")
    page.get_by_role("button", name="Put it on the record").click()
    office_seen(page, "letter-done")
    assert page.locator("#return-code li").count() == 8


def office_seen(page: Page, name: str) -> None:
    picture(page, f"office-{name}")
    fits(page)


@pytest.mark.parametrize("posts", [[], ["overseer", "custodian", "manager"]])
def test_the_menu_has_two_lines_and_what_is_rare_behind_one_word(
    page: Page,
    face: Face,  # noqa: F811
    office: int,
    posts: list[str],
) -> None:
    person = face.world.people["lead"]
    giving = commands.set_posts(CHANCE, face.world.office_recipients, person=person, posts=posts)
    face.world.register().append(giving)
    face.world.give_password("lead")
    page.goto(f"http://127.0.0.1:{office}/sign-in")
    page.get_by_label("User name").fill("lead")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    lines = {round(each.bounding_box()["y"]) for each in page.locator("nav > *").all()}  # type: ignore[index]
    assert len(lines) <= (2 if page.viewport_size == PHONE else 1)
    rare = page.get_by_role("link", name="I am away")
    assert not rare.is_visible()
    page.get_by_text("More", exact=True).focus()
    page.keyboard.press("Enter")
    assert rare.is_visible()
    assert page.get_by_role("button", name="Sign out").is_visible()
    assert page.get_by_role("link", name="Flagged files").is_visible() is bool(posts)
    office_seen(page, f"menu-{len(posts)}")
