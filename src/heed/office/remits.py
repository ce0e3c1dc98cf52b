"""Remits: an administrator gives and ends them; whoever has one finds the records that they may read."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heed.access import remits as commands
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR, for_posts, no_administrator
from heed.office.queue import read_place, written_place
from heed.store import remits, staff
from heed.store.readable import START

PAGE = 50
NO_UNIT = "Choose a unit."
DONE = {
    "given": "They may read these records from now on. Each time they say why.",
    "ended": "That remit has ended.",
}
"""What the page says first after something was recorded, by the word in its address."""


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def person_remits(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """Whose records somebody of one's own body may read; give them one more unit's."""
    bodies = _of_own_body(who, person)
    if request.method != "POST":
        return _remits(request, who, bodies, person, "")
    unit = chosen(request.POST.get("unit", ""))
    if unit is None or unit not in {place.id for place in bodies.own_units()}:
        return _remits(request, who, bodies, person, NO_UNIT)
    held, token = hands(), token_for(request)
    entry = commands.give_remit(
        held.chance, held.organisation, person=person, unit=unit, token=token
    )
    refused = record_change(who, entry)
    if refused:
        return _remits(request, who, bodies, person, refused)
    return _done(person, "given")


@for_posts(ADMINISTRATOR)
@require_POST
def end_remit(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """They may read these records no longer."""
    bodies = _of_own_body(who, person)
    remit = chosen(request.POST.get("remit", ""))
    if remit is None:
        raise Http404
    held, token = hands(), token_for(request)
    entry = commands.end_remit(
        held.chance, held.organisation, person=person, remit=remit, token=token
    )
    refused = record_change(who, entry)
    if refused:
        return _remits(request, who, bodies, person, refused)
    return _done(person, "ended")


@for_staff
@require_GET
def my_remits(request: HttpRequest, who: Who) -> HttpResponse:
    """The records that the reader may read by remit: facts only, most pressing first."""
    no_administrator(who)
    desk, bodies = hands().desk, Bodies.seen_by(who)
    after = read_place(request.GET.get("after", ""))
    rows = remits.by_remit(desk, who.key, PAGE + 1, after)
    return page(
        request,
        "my_remits.html",
        units=[bodies.unit_name(one.unit) for one in remits.given_to(desk, who.key, who.reader.id)],
        records=[(one.listed, bodies.name(one.owner)) for one in rows[:PAGE]],
        first=after == START,
        next=written_place(rows[PAGE - 1].listed.place) if len(rows) > PAGE else None,
        now=staff.now(desk, who.key),
    )


def _of_own_body(who: Who, person: UUID) -> Bodies:
    """Everybody, where this one is the reader's to set up and can have a remit; raises Http404."""
    bodies = Bodies.seen_by(who)
    known = bodies.people.get(person)
    if known is None or not bodies.may_set_up(known) or ADMINISTRATOR in known.posts:
        raise Http404
    return bodies


def _remits(
    request: HttpRequest, who: Who, bodies: Bodies, person: UUID, wrong: str
) -> HttpResponse:
    given = remits.given_to(hands().desk, who.key, person)
    taken = {one.unit for one in given}
    return page(
        request,
        "remits.html",
        400 if wrong else 200,
        person=person,
        whom=bodies.name(person),
        remits=[
            {
                "id": one.remit,
                "unit": bodies.unit_name(one.unit),
                "by": bodies.name(one.given_by) if one.given_by else "",
                "at": one.at,
            }
            for one in given
        ],
        units=[place for place in bodies.own_units() if place.id not in taken],
        said={"unit": request.POST.get("unit", "")},
        wrong={"unit": wrong},
        token=shown_token(request),
        done=next((DONE[word] for word in request.GET if word in DONE), ""),
    )


def _done(person: UUID, what: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("person_remits", args=[person]) + f"?{what}")
