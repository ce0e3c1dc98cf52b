"""A page that belongs to a post is, for everybody else, the same page as for no page."""

import re
import uuid

import pytest
from django.urls import URLPattern

from heed.access import commands
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, staffed
from tests.sample_pages import rendered
from tests.world import CHANCE, World

OPEN_TO = {
    "administrator": {
        *("people", "person_new", "person", "person_move", "person_end", "person_posts"),
        *("person_left", "units", "unit_new", "unit_move", "duty"),
        *("person_away", "person_back", "invite", "contact"),
        *("person_remits", "remit_end", "person_reach"),
    },
    "manager": {"team", "propose"},
    "overseer": {
        *("restrictions", "certificate", "lift", "oversight", "watched", "looks_of"),
        *("oversight_ask", "looks_at", "ties_all", "withdraw", "sample", "review"),
        *("emergencies", "emergency_review", "flags", "shown_to"),
    },
    "custodian": {
        *("restrictions", "certificate", "lift", "lift_ask"),
        *("ties_all", "withdraw_ask", "withdraw", "emergencies", "emergency_review"),
        "flags",
    },
}
EVERY = set().union(*OPEN_TO.values())
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
OWN = {"/people", "/units", "/duty", "/oversight", "/restrictions", "/ties/all", "/"}
OWN |= {"/emergencies", "/flags", "/team"}
MENU = {
    "lead": {"/"},
    "administrator": {"/people", "/units", "/duty"},
    "overseer": {"/", "/oversight", "/restrictions", "/ties/all", "/emergencies", "/flags"},
    "colleague": {"/", "/restrictions", "/ties/all", "/emergencies", "/flags"},
    "contact": {"/", "/team"},
}
"""Of these addresses, which the menu holds for whom; `colleague` is made a custodian, `contact` a manager."""


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


def routes() -> list[URLPattern]:
    from heed.office.urls import urlpatterns

    return [each for each in urlpatterns if each.name in EVERY]


def address(route: URLPattern, place: Staffed) -> str:
    """The route about somebody who is there, so that nothing but the post is missing."""
    path = str(route.pattern).replace("<uuid:person>", str(place.world.people["lead"]))
    path = path.replace("<uuid:unit>", str(place.units["first"]))
    for name in ("record", "wall", "tie", "sorting", "glass"):
        path = path.replace(f"<uuid:{name}>", str(uuid.uuid4()))
    return "/" + path


def test_every_page_of_a_post_is_known_to_this_test(place: Staffed) -> None:
    assert {route.name for route in routes()} == EVERY


@pytest.mark.parametrize(
    ("name", "post"),
    [
        ("lead", "custodian"),
        ("colleague", ""),
        ("administrator", "administrator"),
        ("overseer", "overseer"),
    ],
)
def test_without_the_post_every_method_gets_the_page_for_no_page(
    place: Staffed, name: str, post: str
) -> None:
    if post == "custodian":
        person, to = place.world.people[name], place.world.office_recipients
        place.append(commands.set_posts(CHANCE, to, person=person, posts=[post]))
    browser = place.browser(name)
    token = form(browser.get("/letters/new"), "form").fields["csrfmiddlewaretoken"]
    before = place.entries()
    for route in routes():
        if route.name in OPEN_TO.get(post, set()):
            continue
        path = address(route, place)
        for method in METHODS:
            answers = [
                browser.client.generic(
                    method,
                    each,
                    "name=x",
                    content_type="application/x-www-form-urlencoded",
                    HTTP_X_CSRFTOKEN=token,
                )
                for each in (path, f"/{uuid.uuid4()}")
            ]
            here = f"{method} {path}"
            assert [answer.status_code for answer in answers] == [404, 404], here
            assert answers[0].content == answers[1].content, here
            assert dict(answers[0].items()) == dict(answers[1].items()), here
            assert answers[0].cookies.output() == answers[1].cookies.output(), here
    assert place.entries() == before


def test_a_stranger_is_sent_to_sign_in(place: Staffed) -> None:
    for route in routes():
        answer = Browser().get(address(route, place))
        assert (answer.status_code, answer["Location"]) == (302, "/sign-in")


def test_the_menu_shows_what_each_post_allows_and_the_addresses_answer(place: Staffed) -> None:
    colleague, to = place.world.people["colleague"], place.world.office_recipients
    place.append(commands.set_posts(CHANCE, to, person=colleague, posts=["custodian"]))
    contact = place.world.people["contact"]
    place.append(commands.set_posts(CHANCE, to, person=contact, posts=["manager"]))
    for name, shown in MENU.items():
        browser = place.browser(name)
        text = browser.get("/letters/new").content.decode()
        menu = text.partition("<nav")[2].partition("</nav>")[0]
        links = {part.partition('"')[0] for part in menu.split('href="')[1:]}
        assert links & OWN == shown, name
        opened = {link for link in OWN - {"/"} if browser.get(link).status_code == 200}
        assert opened == shown - {"/"}, name


def test_every_list_to_choose_from_has_a_label() -> None:
    found = 0
    for name, page in rendered("office", "").items():
        for field in re.findall(r'<select[^>]* id="([^"]+)"', page):
            assert f'<label class="govuk-label govuk-label--s" for="{field}">' in page, name
            found += 1
    assert found > 5
