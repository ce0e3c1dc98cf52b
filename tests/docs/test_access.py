"""Every address of both faces stands in docs/access.md with its rule, and none is there without one."""

from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_POST

from heed.office import guard, record, urls
from heed.office.guard import Who, for_staff
from heed.office.posts import CUSTODIAN, OVERSEER, for_posts
from tools.write_access import (
    ARGUMENTS,
    FACES,
    GUARDS,
    OPEN,
    Route,
    Rule,
    Unguarded,
    routes,
    rules_of,
    written,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"


def naked(request: HttpRequest) -> HttpResponse:
    """Everything, for everybody."""
    return HttpResponse("all of it")


def add(monkeypatch: pytest.MonkeyPatch, *more: object) -> None:
    """The office gets these addresses too."""
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, *more])


def test_who_may_reach_what_is_written_as_the_code_has_it() -> None:
    assert written() == PAGE.read_text(encoding="utf-8")


def test_every_address_is_open_by_name_or_behind_a_guard() -> None:
    found = {route.name: rules_of(route) for face in FACES for route in routes(face)}
    assert OPEN.keys() < found.keys()
    assert {name for name in found if name not in OPEN} >= {"office.queue", "office.record"}
    assert all(found.values())


def test_a_view_without_a_guard_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, path("everything", naked, name="everything"))
    with pytest.raises(Unguarded, match=r"office\.everything has no guard"):
        written()
    monkeypatch.setitem(OPEN, "office.everything", Rule("anyone", "–"))
    assert "`/everything`" in written()


def test_a_guard_that_was_taken_off_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    unguarded = record.record.__wrapped__  # type: ignore[attr-defined]
    others = [each for each in urls.urlpatterns if each.name != "record"]
    monkeypatch.setattr(urls, "urlpatterns", others)
    add(monkeypatch, path("records/<uuid:record>", unguarded, name="record"))
    with pytest.raises(Unguarded, match=r"office\.record has no guard"):
        written()


def test_a_guard_is_found_beneath_what_else_wraps_a_view(monkeypatch: pytest.MonkeyPatch) -> None:
    @require_POST
    @for_staff
    def close(request: HttpRequest, who: Who) -> HttpResponse:
        """Nothing."""
        return HttpResponse()

    add(monkeypatch, path("close", close, name="close"))
    assert "| `/close` | POST | who is signed in | Nothing. |" in written()


def test_an_address_in_an_included_list_needs_a_guard_too(monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, path("more/", include([path("all", naked, name="all")])))
    with pytest.raises(Unguarded, match=r"office\.all has no guard"):
        written()


def test_a_new_guard_argument_or_nameless_address_must_be_described(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as here:
        add(here, path("places/<uuid:place>", record.record, name="place"))
        with pytest.raises(Unguarded, match="what place asks for"):
            written()
    with monkeypatch.context() as here:
        add(here, path("nameless", record.record))
        with pytest.raises(Unguarded, match="/nameless has no name"):
            written()
    with monkeypatch.context() as here:
        here.delitem(GUARDS, "for_staff")
        with pytest.raises(Unguarded, match="what for_staff asks for"):
            written()


def test_what_is_open_no_more_or_never_was_may_not_be_named_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, why in (("office.queue", "guarded by for_staff"), ("office.gone", "no face has")):
        with monkeypatch.context() as here:
            here.setitem(OPEN, name, Rule("anyone", "–"))
            with pytest.raises(Unguarded, match=why):
                written()
    monkeypatch.setitem(ARGUMENTS, "record of office.gone", Rule("who may read it", "404"))
    with pytest.raises(Unguarded, match="no face has"):
        written()


def test_a_guard_says_with_what_it_was_made() -> None:
    @for_posts(CUSTODIAN, OVERSEER)
    def custody(request: HttpRequest, who: Who) -> HttpResponse:
        return HttpResponse()

    staff, posts = rules_of(Route("office.custody", "/custody", (), custody))
    assert staff == GUARDS["for_staff"]
    assert posts.who == "who holds the post of custodian or overseer"


def test_only_what_the_guards_own_file_makes_counts_as_a_guard() -> None:
    def guarded(request: HttpRequest) -> HttpResponse:
        return naked(request)

    guarded.__qualname__, guarded.__module__ = "for_staff.<locals>.guarded", guard.__name__
    route = Route("office.pretends", "/pretends", (), guarded)
    with pytest.raises(Unguarded, match="has no guard"):
        rules_of(route)
