"""The tree of bodies and units: adding a unit, and moving one beneath another."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import commands
from heed.core.ports import random_id
from heed.office.bodies import Bodies, Branch
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.people import LONG_NAME, LONGEST_NAME, NO_NAME
from heed.office.posts import ADMINISTRATOR, for_posts
from heed.register.vault import derive

NO_PARENT = "Choose where it stands."


@for_posts(ADMINISTRATOR)
@require_GET
def units(request: HttpRequest, who: Who) -> HttpResponse:
    """Every body with its units, and how many people work in each with all beneath it."""
    bodies = Bodies.seen_by(who)
    active = [one for one in bodies.people.values() if one.active]
    rows = []
    for place in bodies.tree():
        beneath = bodies.beneath(place.id)
        there = sum(not beneath.isdisjoint(one.units) for one in active)
        rows.append({"place": place, "people": there})
    return page(request, "units.html", units=rows, done=request.GET.get("done", ""))


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def new_unit(request: HttpRequest, who: Who) -> HttpResponse:
    """Add a unit beneath one of the reader's own body."""
    places = Bodies.seen_by(who).own_units()
    if request.method != "POST":
        return _new(request, places, {})
    name, parent = request.POST.get("name", "").strip(), chosen(request.POST.get("parent", ""))
    wrong = {
        "name": NO_NAME if not name else LONG_NAME if len(name) > LONGEST_NAME else "",
        "parent": "" if parent in {place.id for place in places} else NO_PARENT,
    }
    if any(wrong.values()):
        return _new(request, places, wrong)
    held, token = hands(), token_for(request, name, parent)
    unit = random_id(derive(token, b"unit", 16))
    entry = commands.add_unit(
        held.chance, held.organisation, unit=unit, name=name, parent=parent, token=token
    )
    refused = record_change(who, entry)
    if refused:
        return _new(request, places, {"name": refused})
    return HttpResponseRedirect(reverse("units") + "?done=added")


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def move_unit(request: HttpRequest, who: Who, unit: UUID) -> HttpResponse:
    """A reorganisation: the unit, with all beneath it, stands beneath another from now on."""
    bodies = Bodies.seen_by(who)
    moved = next((place for place in bodies.own_units() if place.id == unit and place.depth), None)
    if moved is None:
        raise Http404
    beneath = bodies.beneath(unit)
    places = [place for place in bodies.own_units() if place.id not in beneath]
    if request.method != "POST":
        return _move(request, moved, places, "")
    parent = chosen(request.POST.get("parent", ""))
    if parent not in {place.id for place in places}:
        return _move(request, moved, places, NO_PARENT)
    held, token = hands(), token_for(request)
    entry = commands.move_unit(
        held.chance, held.organisation, unit=unit, parent=parent, token=token
    )
    refused = record_change(who, entry)
    if refused:
        return _move(request, moved, places, refused)
    return HttpResponseRedirect(reverse("units") + "?done=moved")


def _new(request: HttpRequest, places: list[Branch], wrong: dict[str, str]) -> HttpResponse:
    said = request.POST if request.method == "POST" else request.GET
    return page(
        request,
        "unit_new.html",
        400 if wrong else 200,
        units=places,
        token=shown_token(request),
        said={field: said.get(field, "") for field in ("name", "parent")},
        wrong=wrong,
    )


def _move(request: HttpRequest, moved: Branch, places: list[Branch], wrong: str) -> HttpResponse:
    return page(
        request,
        "unit_move.html",
        400 if wrong else 200,
        unit=moved,
        units=places,
        token=shown_token(request),
        said={"parent": request.POST.get("parent", "")},
        wrong={"parent": wrong},
    )
