"""An overseer works by keyboard alone on a phone: asks, reads, sees who looked, lifts a restriction."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from heed.access import commands
from heed.access.walls import Ground
from heed.store.readable import Desk
from tests.browser.test_journeys import (  # noqa: F401
    PHONE,
    chromium,
    enter,
    face,
    fits,
    office,
    picture,
)
from tests.office.staffed import Staffed, staffed
from tests.public.conftest import Face
from tests.world import CHANCE, PASSWORD


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:  # noqa: F811
    """A phone-wide page of a browser that runs no JavaScript of any site."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    yield context.new_page()
    context.close()


def tab_to(page: Page, words: str) -> None:
    """Press Tab until what has the focus says these words, or is the field labelled with them."""
    for _ in range(60):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "(e => [e.innerText, ...[...(e.labels || [])].map(l => l.innerText)].join(' '))"
            "(document.activeElement)"
        )
        if words in said:
            return
    raise AssertionError(f"{words!r} is not reached by keyboard on {page.url}")


def follow(page: Page, words: str) -> None:
    """By keyboard to this link or button, and in."""
    tab_to(page, words)
    enter(page)
    seen(page, words)


def write(page: Page, label: str, words: str) -> None:
    tab_to(page, label)
    page.keyboard.type(words)


def seen(page: Page, way: str) -> None:
    """It fits the phone, and has one main heading; `way` led here."""
    fits(page)
    assert page.locator("h1").count() == 1
    picture(page, "overseer-" + way.lower().replace(" ", "-"))


def sign_in(page: Page, port: int, name: str) -> None:
    page.goto(f"http://127.0.0.1:{port}/")
    write(page, "User name", name)
    write(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"http://127.0.0.1:{port}/")


def restricted(face: Face) -> Staffed:  # noqa: F811
    """One record, which the lead opened, and which its second worker must not see; asked to lift."""
    world = face.world
    face.tell(saw="Somebody should look at this: quince jelly.", danger="yes")
    world.open()
    place, to = staffed(world), world.office_recipients
    world.give_password("overseer")
    [(record,)] = place.facts("SELECT id FROM facts.record ORDER BY filed_at DESC LIMIT 1")
    key, lead = world.sign_in("lead"), world.people["lead"]
    Desk(world.link("heed_office")).open(key, lead, record, CHANCE, to)
    entry = commands.wall_person(
        CHANCE,
        to,
        record=record,
        person=world.people["colleague"],
        ground=Ground.CLOSE,
        reason="close to the family",
    )
    place.act("lead", entry)
    asked = commands.ask_to_lift(CHANCE, to, record=record, wall=entry.id, reason="a mistake")
    place.act("custodian", asked)
    world.open()
    return place


def test_an_overseer_needs_no_mouse_and_no_wide_screen(
    phone: Page,
    face: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    place = restricted(face)
    sign_in(phone, office, "overseer")
    follow(phone, "Oversight")
    assert phone.get_by_text("Safeguarding lead").first.is_visible()
    assert phone.get_by_text("quince").count() == 0
    follow(phone, "Ask to see what it holds")
    write(phone, "Why do you need to see it?", "A sample of this week.")
    follow(phone, "Ask, and open it")
    assert phone.get_by_text("quince jelly").first.is_visible()
    follow(phone, "Oversight")
    follow(phone, "Who looked")
    rows = phone.locator("tbody tr").all_inner_texts()
    assert ["Oversight" in row for row in rows] == [True, False]  # the newest, and the lead's
    follow(phone, "Safeguarding lead")
    assert phone.locator("tbody tr").count() == 1
    tab_to(phone, "More")
    phone.keyboard.press("Enter")
    follow(phone, "Conflict restrictions")
    assert phone.get_by_text("Has never looked").is_visible()
    follow(phone, "Page to print")
    assert phone.get_by_text("Second worker has never looked at this record.").is_visible()
    follow(phone, "Back to conflict restrictions")
    follow(phone, "Lift it")
    write(phone, "Why do you agree?", "They only share a name.")
    follow(phone, "Carry on")
    follow(phone, "Lift the restriction")
    assert phone.get_by_text("The restriction is lifted.").is_visible()
    assert place.facts("SELECT lifted FROM facts.wall") == [(True,)]
