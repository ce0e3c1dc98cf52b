"""Who works here: adding people, moving them, giving them posts, and saying that they have left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heed.access import commands
from heed.core.ports import SealedEntry, random_id
from heed.office.bodies import Bodies
from heed.office.changes import chosen, fresh_token, record_change, shown_token, token_for
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR, CUSTODIAN, MANAGER, OVERSEER, for_posts
from heed.register.vault import derive
from heed.store import sorting
from heed.store.calls import reaches
from heed.store.staff import Colleague

GIVEN = (CUSTODIAN, MANAGER, OVERSEER)
"""The posts that an administrator gives; an administrator is named when the system is set up."""
LONGEST_NAME = 200
_JOB = re.compile(r"[a-z][a-z ]{0,39}")  # as register.decide() takes it
NO_NAME = "Write the name."
LONG_NAME = f"Write the name in {LONGEST_NAME} letters at most."
NO_JOB = "Write the job in a few plain words: letters and spaces only, 40 at most."
NO_UNIT = "Choose a unit."
NO_CHOICE = "Choose whether they stay in their other units."
LAST_UNIT = "This is their only unit. Move them to another unit, or say that they have left."
NO_OTHER_POST = "An administrator holds no other post."


@for_posts(ADMINISTRATOR)
@require_GET
def people(request: HttpRequest, who: Who) -> HttpResponse:
    """Everybody, by body; those who have left stand apart."""
    bodies = Bodies.seen_by(who)
    return page(
        request,
        "people.html",
        bodies=list(_by_body(bodies)),
        left=[_row(bodies, one) for one in bodies.people.values() if not one.active],
        unreviewable=sorting.unreviewable(hands().desk, who.key),
    )


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def new_person(request: HttpRequest, who: Who) -> HttpResponse:
    """Add somebody, in a unit of the reader's own body."""
    bodies = Bodies.seen_by(who)
    if request.method != "POST":
        return _new(request, bodies, {})
    name, unit = request.POST.get("name", "").strip(), chosen(request.POST.get("unit", ""))
    job = " ".join(request.POST.get("job", "").lower().split())
    wrong = {
        "name": NO_NAME if not name else LONG_NAME if len(name) > LONGEST_NAME else "",
        "job": "" if _JOB.fullmatch(job) else NO_JOB,
        "unit": "" if unit in {place.id for place in bodies.own_units()} else NO_UNIT,
    }
    if unit is None or any(wrong.values()):
        return _new(request, bodies, wrong)
    held, token = hands(), token_for(request, name, job, unit)
    person = random_id(derive(token, b"person", 16))
    refused = record_change(
        who,
        commands.add_person(
            held.chance, held.organisation, person=person, name=name, role=job, token=token
        ),
        commands.employ(held.chance, held.organisation, person=person, unit=unit, token=token),
    )
    if refused:
        return _new(request, bodies, {"name": refused})
    return _done(person, "added")


@for_posts(ADMINISTRATOR)
@require_GET
def person(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """One person, and what may be changed about them."""
    return _person(request, who, person, done=request.GET.get("done", ""))


@for_posts(ADMINISTRATOR)
@require_POST
def move_person(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """To a unit: instead of where they work now, or as well."""
    bodies = Bodies.seen_by(who)
    if person not in bodies.people:
        raise Http404
    unit, stay = chosen(request.POST.get("unit", "")), request.POST.get("stay", "")
    ends = [one for each in request.POST.get("ends", "").split() if (one := chosen(each))]
    if unit not in {place.id for place in bodies.own_units()}:
        return _person(request, who, person, wrong={"unit": NO_UNIT})
    if ends and stay not in ("yes", "no"):
        return _person(request, who, person, wrong={"stay-no": NO_CHOICE})
    held = hands()
    moved = commands.employ(
        held.chance,
        held.organisation,
        person=person,
        unit=unit,
        token=token_for(request),
    )
    left = [_end(request, person, one) for one in ends] if stay == "no" else []
    refused = record_change(who, moved, *left)
    if refused:
        return _person(request, who, person, wrong={"unit": refused})
    return _done(person, "moved")


@for_posts(ADMINISTRATOR)
@require_POST
def end_employment(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """They work in one of their units no longer."""
    known = Bodies.seen_by(who).people.get(person)
    ended = chosen(request.POST.get("employment", ""))
    if known is None or ended is None:
        raise Http404
    if known.employments == [ended]:
        return _person(request, who, person, wrong={"units": LAST_UNIT})
    refused = record_change(who, _end(request, person, ended))
    if refused:
        return _person(request, who, person, wrong={"units": refused})
    return _done(person, "ended")


@for_posts(ADMINISTRATOR)
@require_POST
def set_posts(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """The posts that they hold from now on are those that were ticked."""
    known = Bodies.seen_by(who).people.get(person)
    if known is None:
        raise Http404
    if ADMINISTRATOR in known.posts:
        return _person(request, who, person, wrong={"posts": NO_OTHER_POST})
    posts = [post for post in GIVEN if post in request.POST.getlist("posts")]
    held = hands()
    entry = commands.set_posts(
        held.chance,
        held.organisation,
        person=person,
        posts=posts,
        token=token_for(request),
    )
    refused = record_change(who, entry)
    if refused:
        return _person(request, who, person, wrong={"posts": refused})
    return _done(person, "posts")


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """They have left: a page that says what follows, then the entry."""
    bodies = Bodies.seen_by(who)
    if person not in bodies.people:
        raise Http404
    refused = ""
    if request.method == "POST":
        held, token = hands(), token_for(request)
        entry = commands.leave(held.chance, held.organisation, person=person, token=token)
        refused = record_change(who, entry)
        if not refused:
            return _done(person, "left")
    elif not bodies.may_set_up(bodies.people[person]):
        raise Http404
    return page(
        request,
        "person_left.html",
        400 if refused else 200,
        person=person,
        whom=bodies.name(person),
        token=fresh_token(),
        wrong={"left": refused},
    )


def _end(request: HttpRequest, person: UUID, employment: UUID) -> SealedEntry:
    held = hands()
    return commands.end_employment(
        held.chance,
        held.organisation,
        person=person,
        employment=employment,
        token=token_for(request),
    )


def _new(request: HttpRequest, bodies: Bodies, wrong: dict[str, str]) -> HttpResponse:
    return page(
        request,
        "person_new.html",
        400 if wrong else 200,
        units=bodies.own_units(),
        token=shown_token(request),
        said={field: request.POST.get(field, "") for field in ("name", "job", "unit")},
        wrong=wrong,
    )


def _person(
    request: HttpRequest,
    who: Who,
    person: UUID,
    *,
    wrong: dict[str, str] | None = None,
    done: str = "",
) -> HttpResponse:
    bodies = Bodies.seen_by(who)
    known = bodies.people.get(person)
    if known is None:
        raise Http404
    jobs = zip(known.employments, known.units, strict=True)
    return page(
        request,
        "person.html",
        400 if wrong else 200,
        person=_row(bodies, known),
        mine=person == who.reader.id,
        jobs=[{"id": job, "unit": bodies.unit_name(unit)} for job, unit in jobs],
        units=[place for place in bodies.own_units() if place.id not in known.units],
        ends=" ".join(str(job) for job in known.employments),
        reach=reaches(hands().desk, who.key).get(person) if bodies.may_set_up(known) else None,
        token=fresh_token(),
        wrong=wrong or {},
        said={field: request.POST.get(field, "") for field in ("unit", "stay")},
        done=done,
    )


def _by_body(bodies: Bodies) -> Iterator[dict[str, Any]]:
    """The people of each body, then whoever works in no unit."""
    active = [one for one in bodies.people.values() if one.active]
    for place in bodies.tree():
        if place.depth == 0:
            beneath = bodies.beneath(place.id)
            there = [one for one in active if beneath.intersection(one.units)]
            yield {"name": place.name, "own": place.own, "people": _rows(bodies, there)}
    nowhere = [one for one in active if not one.units]
    if nowhere:
        yield {"name": "", "own": True, "people": _rows(bodies, nowhere)}


def _rows(bodies: Bodies, people: Iterable[Colleague]) -> list[dict[str, Any]]:
    return [_row(bodies, one) for one in people]


def _row(bodies: Bodies, one: Colleague) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": bodies.name(one.id),
        "job": one.role,
        "units": [bodies.unit_name(unit) for unit in one.units],
        "posts": one.posts,
        "active": one.active,
        "away_since": one.away_since,
        "open": bodies.may_set_up(one),
    }


def _done(person: UUID, what: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("person", args=[person]) + f"?done={what}")
