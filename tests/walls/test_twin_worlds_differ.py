"""The comparison of twin worlds sees what it is there to see, and no address escapes it."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path

from heed.office import record
from heed.office.hands import hands
from heed.store import readable
from tests.copies import Scene
from tests.servers import Server
from tests.walls.standing_still import SESSIONS
from tests.walls.twin_events import nothing, restrict, told, worked_on
from tests.walls.twin_questions import (
    ALLEGATION,
    OWN,
    RULES,
    STRANGE,
    Asker,
    NoRule,
    is_open,
    questions,
)
from tests.walls.twin_worlds import Twins, compare
from tests.world import World
from tools.write_access import FACES, Route, methods, routes

View = Callable[..., HttpResponse]
Leak = Callable[[World, Callable[[], HttpResponse], dict[str, Any]], HttpResponse]
COLLEAGUE = Twins("colleague", worked_on, nothing, holds=OWN["colleague"])
NOBODY = Twins(None, worked_on, nothing, holds=OWN["colleague"])
OWNER = Twins("lead", worked_on, nothing)
UNSCREENED = Twins("lead", told, nothing, opener=False)


def test_the_owner_of_the_allegation_sees_the_difference(server: Server) -> None:
    only = {"office.queue", "office.record", "office.answer"}
    found = compare(server, OWNER, only=only).differences
    for route in ("office.queue GET /", "office.record GET", "office.answer POST"):
        assert any(said.startswith(route) for said in found), route
    assert "the allegation was touched" in found
    assert not any(" by nobody" in said for said in found)


def everything_may_be_seen(scene: Scene) -> None:
    """The rule is gone: everybody may see every record."""
    scene.without(
        "CREATE OR REPLACE FUNCTION machinery.my_records() RETURNS SETOF uuid LANGUAGE sql"
        " SECURITY DEFINER AS 'SELECT id FROM facts.record'",
        "CREATE OR REPLACE FUNCTION machinery.may_see(p_record uuid) RETURNS boolean LANGUAGE sql"
        " SECURITY DEFINER AS 'SELECT p_record IN (SELECT id FROM facts.record)'",
    )


def no_restriction_holds(scene: Scene) -> None:
    """Restrictions are kept on the record, and nobody asks for them."""
    scene.without(
        "CREATE OR REPLACE FUNCTION register.walled(p_person uuid, p_record uuid) RETURNS boolean"
        " LANGUAGE sql AS 'SELECT false'",
        "CREATE OR REPLACE FUNCTION register.walled_from(p_person uuid) RETURNS SETOF uuid"
        " LANGUAGE sql AS 'SELECT NULL::uuid WHERE false'",
    )


def test_a_rule_that_lets_everybody_read_is_seen(server: Server) -> None:
    only = {"office.record"}
    found = compare(server, COLLEAGUE, spoil=everything_may_be_seen, only=only).differences
    asked = f"office.record GET /records/{ALLEGATION.record} by colleague: status "
    assert any(said.startswith(asked) for said in found)


def test_a_record_that_shows_before_it_is_screened_is_seen(server: Server) -> None:
    only = {"office.queue"}
    found = compare(server, UNSCREENED, spoil=everything_may_be_seen, only=only).differences
    assert any("office.queue GET / by lead: body" in said for said in found)


def test_a_restriction_that_nobody_asks_for_is_seen(server: Server) -> None:
    def kept_from(world: World) -> None:
        told(world)
        world.open()
        restrict(world, "lead", ALLEGATION.record)

    twins, only = Twins("lead", kept_from, nothing), {"office.queue"}
    found = compare(server, twins, spoil=no_restriction_holds, only=only).differences
    assert any("office.queue GET / by lead: body" in said for said in found)


def test_a_queue_that_forgets_who_asks_is_seen(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    asks = "r.owner = (SELECT machinery.me()) AND"
    assert asks in readable._QUEUE
    monkeypatch.setattr(readable, "_QUEUE", readable._QUEUE.replace(asks, ""))
    only = {"office.queue"}
    assert compare(server, COLLEAGUE, only=only).differences == []
    found = compare(
        server,
        COLLEAGUE,
        spoil=lambda scene: scene.without("ALTER POLICY office ON facts.record USING (true)"),
        only=only,
    ).differences
    assert any("office.queue GET /?after=1." in said and "body" in said for said in found)


def test_a_code_that_opens_what_it_does_not_belong_to_is_seen(server: Server) -> None:
    found = compare(
        server,
        NOBODY,
        spoil=lambda scene: scene.without_line(
            "register.thread(bytea)", "t.lookup = p_lookup", "true"
        ),
        only={"public.return"},
    ).differences
    assert any(said.startswith("public.return POST /return by nobody, form 3") for said in found)


def _answered_by(
    server: Server, monkeypatch: pytest.MonkeyPatch, name: str, leak: Leak
) -> list[str]:
    """What differs where `leak` answers for this route; it gets the world, the view, its arguments."""
    worlds: list[World] = []

    def instead(view: View) -> View:
        return lambda request, **given: leak(worlds[-1], lambda: view(request, **given), given)

    face, _, short = name.partition(".")
    urls = import_module(f"heed.{face}.urls")
    changed = [
        path(str(each.pattern), instead(each.callback), name=short) if each.name == short else each
        for each in urls.urlpatterns
    ]
    monkeypatch.setattr(urls, "urlpatterns", changed)
    found = compare(
        server, COLLEAGUE, spoil=lambda scene: worlds.append(scene.world), only={name}
    ).differences
    assert found
    return found


def _count(world: World) -> str:
    return str(world.as_owner("SELECT count(*) FROM facts.record")[0][0])


def test_a_page_that_tells_how_many_there_are_is_seen(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counting(world: World, view: Callable[[], HttpResponse], _: object) -> HttpResponse:
        answer = view()
        answer.content += b"One of " + _count(world).encode()
        return answer

    found = _answered_by(server, monkeypatch, "office.letter", counting)
    assert all(": body " in said for said in found)


def test_a_hint_that_somebody_told_before_is_seen(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hinting(world: World, view: Callable[[], HttpResponse], _: object) -> HttpResponse:
        answer = view()
        answer["X-Told-Before"] = _count(world)
        return answer

    found = _answered_by(server, monkeypatch, "public.tell", hinting)
    assert all(": headers [('X-Told-Before'" in said for said in found)


def test_a_page_that_works_longer_where_there_is_something_is_seen(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def working(
        world: World, view: Callable[[], HttpResponse], given: dict[str, Any]
    ) -> HttpResponse:
        sought = given["record"]
        if sought == ALLEGATION.record and world.as_owner(
            "SELECT 1 FROM facts.record WHERE id = %s", (sought,)
        ):
            hands().desk.state()
        return view()

    found = _answered_by(server, monkeypatch, "office.record", working)
    assert all(f"{ALLEGATION.record}" in said and ": statements " in said for said in found)


# That every address is asked.

IDS = ("wall", "kept", "asked", "tie", "asked_tie", "joined", "sample", "another", "file")
IDS += ("asking", "leave", "glass", "shared_glass", "late_glass", "absent")
IDS += ("referral", "pack", "by_link", "challenge", "shared_challenge")
IDS += ("seconding", "shared_seconding", "coach", "unheard")
IDS += ("approval", "shared_approval", "flag", "shared_flag")
IDS += ("unsealing", "shared_unsealing", "alone", "shared_alone")
KNOWN = dict.fromkeys((*SESSIONS, *IDS), STRANGE)


def test_a_new_address_must_say_how_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    urls = import_module("heed.office.urls")
    asker = Asker("colleague", ALLEGATION, KNOWN)
    with monkeypatch.context() as here:
        new = path("records/<uuid:record>/shout", record.record, name="shout")
        here.setattr(urls, "urlpatterns", [*urls.urlpatterns, new])
        with pytest.raises(NoRule, match="shout"):
            list(questions("office", asker, signed_in=True, visit=0))
        here.setitem(RULES, "office.shout", RULES["office.record"])
        asked = {each.address for each in questions("office", asker, signed_in=True, visit=0)}
        assert f"/records/{ALLEGATION.record}/shout" in asked
    with monkeypatch.context() as here:
        new = path("people/<uuid:someone>", record.record, name="record")
        here.setattr(urls, "urlpatterns", [*urls.urlpatterns, new])
        with pytest.raises(NoRule, match="someone"):
            list(questions("office", asker, signed_in=True, visit=0))


def test_no_rule_is_left_for_an_address_that_is_gone() -> None:
    assert RULES.keys() == {route.name for face in FACES for route in routes(face)}


@pytest.mark.parametrize(
    "route", [each for face in FACES for each in routes(face)], ids=lambda route: route.name
)
def test_every_address_is_asked_in_every_way_by_somebody_who_gets_there(route: Route) -> None:
    face = route.name.partition(".")[0]
    person = next(name for name in SESSIONS if is_open(route, name))
    asker = Asker(person, ALLEGATION, KNOWN)
    asked = [
        each for each in questions(face, asker, signed_in=True, visit=0) if each.route == route.name
    ]
    assert {each.method for each in asked} == {"GET", "HEAD", "POST", "PUT"}
    answers = methods(route.view) or ("GET", "POST")
    assert ("a stranger's form" in {each.body.name for each in asked}) == ("POST" in answers)
    if "GET" in answers or "record" in route.arguments:
        assert any(str(ALLEGATION.record) in each.address for each in asked)
