"""The owner's journeys by keyboard alone, on a phone and a desk: restricting, handing over, a tie."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page

from heed.access import commands
from tests.browser.test_journeys import chromium, fits, office, page, picture  # noqa: F401
from tests.public.conftest import Face, face  # noqa: F401
from tests.world import CHANCE, PASSWORD

FOCUSED = """(() => { const at = document.activeElement;
    return (at.labels && at.labels.length ? at.labels[0].innerText : at.innerText).trim(); })()"""


@pytest.fixture(scope="module")
def crowded(face: Face) -> Face:  # noqa: F811
    """The same world with units, and so many people that one has to look for somebody."""
    world, to = face.world, face.world.office_recipients
    council, team = uuid4(), uuid4()
    register = world.register()
    register.append(commands.add_unit(CHANCE, to, unit=council, name="Aldermere", parent=None))
    register.append(commands.add_unit(CHANCE, to, unit=team, name="First team", parent=council))
    register.append(commands.employ(CHANCE, to, person=world.people["colleague"], unit=team))
    for number in range(40):
        world.add_person(f"person {number}", f"Quill Marsh {number}", "worker")
    for name in ("lead", "colleague"):
        world.give_password(name)
    return face


def sign_in(page: Page, port: int, name: str) -> None:  # noqa: F811
    page.context.clear_cookies()
    page.goto(f"http://127.0.0.1:{port}/sign-in")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def tab_to(page: Page, name: str) -> None:  # noqa: F811
    """Press Tab until what has this name has the focus."""
    passed = []
    for _ in range(90):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == name:
            return
    raise AssertionError(f"{name!r} cannot be reached by keyboard: {passed}")


def press(page: Page, name: str) -> None:  # noqa: F811
    """Go to a link or a button by keyboard, and use it."""
    tab_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page: Page, name: str, words: str) -> None:  # noqa: F811
    tab_to(page, name)
    page.keyboard.type(words)


def seen(page: Page, name: str) -> None:  # noqa: F811
    """Fits the width, has one heading of the first level, and a name for whatever can be used."""
    picture(page, f"owner-{name}")
    fits(page)
    assert page.locator("h1").count() == 1
    for role in ("textbox", "combobox", "radio", "button", "link"):
        for each in page.get_by_role(role).all():  # type: ignore[arg-type]
            assert each.get_attribute("name") is not None or each.inner_text().strip(), role
    assert page.get_by_role("main").count() == 1


def open_first(page: Page, crowded: Face, port: int, saw: str) -> str:  # noqa: F811
    """Sign in, and open the one record that nobody has opened; its reference."""
    crowded.tell(saw=saw, danger="yes")
    crowded.world.open()
    sign_in(page, port, "lead")
    reference = page.locator("table a").first.inner_text()
    press(page, reference)
    return reference


def test_somebody_is_restricted_by_keyboard_alone(
    page: Page,  # noqa: F811
    crowded: Face,
    office: int,  # noqa: F811
) -> None:
    reference = open_first(page, crowded, office, "Somebody should look at this: quince jelly.")
    seen(page, "record")
    press(page, "Restrict somebody")
    seen(page, "restrict")
    press(page, "Carry on")
    assert page.get_by_role("alert").is_visible()
    seen(page, "restrict-wrong")
    write(page, "Find in the list", "second")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    write(page, "Who must not see this?", "Second")  # a list goes where one types
    assert (
        page.get_by_role("combobox")
        .evaluate("at => at.selectedOptions[0].text")
        .startswith("Second worker")
    )
    assert page.get_by_role("group", name="Why?").is_visible()
    tab_to(page, "The concern is about them")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert page.get_by_role("radio").nth(1).is_checked()
    write(page, "What makes you say so?", "Their name stands in the letter.")
    seen(page, "restrict-filled")
    press(page, "Carry on")
    seen(page, "restrict-check")
    assert page.get_by_text("shows them that something is here").is_visible()
    press(page, "Restrict them now")
    seen(page, "restrict-done")
    assert page.get_by_text("You still answer for it.").is_visible()
    crowded.world.open()
    press(page, f"Back to {reference}")
    seen(page, "record-restricted")
    assert page.get_by_role("heading", name="Who must not see this").is_visible()
    assert page.get_by_text("Their name stands in the letter.").is_visible()


def test_a_unit_is_restricted_by_keyboard_alone(
    page: Page,  # noqa: F811
    crowded: Face,
    office: int,  # noqa: F811
) -> None:
    open_first(page, crowded, office, "Nobody there has answered: blackcurrant.")
    press(page, "Restrict somebody")
    press(page, "Restrict a whole unit instead")
    seen(page, "restrict-unit")
    write(page, "Which unit?", "First")
    tab_to(page, "The concern is about this unit, or about what it did or did not do")
    page.keyboard.press("Space")
    for part, words in (("Day", "31"), ("Month", "2"), ("Year", "2020")):
        write(page, part, words)
    write(page, "What makes you say so?", "The letter is about this team.")
    press(page, "Carry on")
    seen(page, "restrict-unit-wrong")
    assert page.get_by_role("group", name="When did it begin?").is_visible()
    tab_to(page, "Day")
    page.keyboard.press("Control+A")
    page.keyboard.type("29")
    press(page, "Carry on")
    seen(page, "restrict-unit-check")
    assert page.get_by_text("From 29 February 2020, still going on").is_visible()
    press(page, "Restrict this unit now")
    assert page.get_by_text("You still answer for it.").is_visible()


def test_a_record_is_handed_over_and_accepted_by_keyboard_alone(
    page: Page,  # noqa: F811
    crowded: Face,
    office: int,  # noqa: F811
) -> None:
    reference = open_first(page, crowded, office, "For a colleague: damson cheese.")
    press(page, "Hand over")
    seen(page, "hand-over")
    write(page, "Who shall take it?", "Second")
    write(page, "A note for them (you may leave it empty)", "The school rings on Friday.")
    press(page, "Offer it to them")
    seen(page, "offered")
    assert page.get_by_role("button", name="Take the offer back").is_visible()
    sign_in(page, office, "colleague")
    seen(page, "queue-waiting")
    press(page, "Say if you take it over")
    seen(page, "waiting")
    press(page, reference)
    seen(page, "taking")
    assert page.get_by_text("damson").count() == 0
    press(page, "Accept: I answer for it")
    seen(page, "accepted")
    crowded.world.open()
    press(page, f"Open {reference}")
    seen(page, "taken")
    assert page.get_by_text("The school rings on Friday.").is_visible()


def test_a_tie_is_told_by_keyboard_alone(
    page: Page,  # noqa: F811
    crowded: Face,
    office: int,  # noqa: F811
) -> None:
    sign_in(page, office, "colleague")
    tab_to(page, "More")
    page.keyboard.press("Enter")
    press(page, "Tell us about a tie")
    seen(page, "tie")
    write(page, "Who are they close to?", "Quill")
    write(page, "How are they close?", "Sisters.")
    press(page, "Record this tie")
    seen(page, "tie-recorded")
    assert page.get_by_role("alert").is_visible()


def test_where_nobody_would_be_left_the_words_stay_and_can_be_sent_again(
    page: Page,  # noqa: F811
    crowded: Face,
    office: int,  # noqa: F811
) -> None:
    reference = open_first(page, crowded, office, "About both of us: medlar.")
    for name in ("Outside", "Safeguarding"):
        press(page, "Restrict somebody")
        write(page, "Who must not see this?", name)
        tab_to(page, "The concern is about them")
        page.keyboard.press("Space")
        write(page, "What makes you say so?", "They are named in it.")
        press(page, "Carry on")
        if name == "Safeguarding":
            seen(page, "restrict-oneself")
            press(page, "Restrict myself now")
        else:
            press(page, "Restrict them now")
            press(page, f"Back to {reference}")
    seen(page, "nobody-left")
    press(page, "Send it again")
    assert page.get_by_label("What makes you say so?").input_value() == "They are named in it."
