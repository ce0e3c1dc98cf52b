"""Naming a child, deciding, joining two records: by keyboard alone, on a phone and at a desk."""

import pytest
from playwright.sync_api import Page

from tests.browser.test_journeys import chromium, office, page  # noqa: F401
from tests.browser.test_owner import crowded, open_first, press, seen, sign_in, tab_to, write  # noqa: F401
from tests.public.conftest import Face, face  # noqa: F401


def choose(page: Page, first: str, down: int = 0) -> None:  # noqa: F811
    """Go to the first of some radio buttons, and so many further down."""
    tab_to(page, first)
    page.keyboard.press("Space")
    for _ in range(down):
        page.keyboard.press("ArrowDown")


@pytest.mark.usefixtures("crowded")
def test_two_children_are_named_and_decided_for_by_keyboard_alone(
    page: Page,  # noqa: F811
    crowded: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    reference = open_first(page, crowded, office, "Two children walk home alone: greengage.")
    assert page.get_by_role("heading", name="No child is named").is_visible()
    press(page, "Name a child")
    seen(page, "child")
    press(page, "Put it on the record")
    seen(page, "child-wrong")
    assert page.get_by_role("alert").is_visible()
    write(page, "Name", "A girl of about 12")
    write(page, "Where they are", "Aldermere, near the weir")
    press(page, "Put it on the record")
    press(page, "Name a child")
    write(page, "Anything else known", "Her brother, in a red coat.")
    press(page, "Put it on the record")
    crowded.world.open()
    page.reload()
    seen(page, "children")
    assert page.get_by_text("No decision yet").count() == 2
    assert page.get_by_text("Decide for 2 children").is_visible()
    press(page, "Decide for Child 1")
    seen(page, "decide")
    choose(page, "Act now")
    press(page, "Put the decision on the record")
    seen(page, "decide-wrong")
    write(page, "Why?", "She goes there again this evening.")
    press(page, "Put the decision on the record")
    crowded.world.open()
    page.reload()
    seen(page, "decided")
    assert page.get_by_text("She goes there again this evening.").first.is_visible()
    assert page.get_by_text("No decision yet").count() == 1
    page.goto(f"http://127.0.0.1:{office}/")
    seen(page, "queue-due")
    row = page.locator("tr", has=page.get_by_role("link", name=reference))
    assert row.get_by_text("Decide for 1 child").is_visible()


def test_an_adult_whom_children_trust_is_decided_for_by_keyboard_alone(
    page: Page,  # noqa: F811
    crowded: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    open_first(page, crowded, office, "A coach drives them home: rowanberry.")
    press(page, "Name an adult, or a child alleged to have harmed")
    seen(page, "adult")
    write(page, "Name", "The coach in the blue car")
    choose(page, "The person the concern is about")
    choose(page, "Yes")
    press(page, "Put it on the record")
    crowded.world.open()
    page.reload()
    assert page.get_by_text("Adult 1: The coach in the blue car").is_visible()
    press(page, "Decide for Adult 1")
    choose(page, "Act now", down=1)
    write(page, "Why?", "He works with children.")
    press(page, "Put the decision on the record")
    seen(page, "adult-decided")


def test_a_new_contact_is_joined_and_parted_by_keyboard_alone(
    page: Page,  # noqa: F811
    crowded: Face,  # noqa: F811
    office: int,  # noqa: F811
) -> None:
    older = open_first(page, crowded, office, "The first telling: bilberry.")
    reference = open_first(page, crowded, office, "The same girl again: whinberry.")
    press(page, "This is about the same child as another of my records")
    seen(page, "join")
    write(page, "Which record is about the same child?", older)
    write(page, "What makes you say so?", "The same street and school.")
    press(page, "Join the two")
    crowded.world.open()
    page.reload()
    seen(page, "joined")
    assert page.get_by_role("link", name=older, exact=True).is_visible()
    press(page, f"Part it from {older}")
    seen(page, "part")
    write(page, "Why are they not about the same child?", "Another street.")
    press(page, "Part the two")
    seen(page, "parted")
    assert page.get_by_role("heading", name=reference).is_visible()
