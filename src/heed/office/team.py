"""A manager's team: what each has in hand, without words, and a proposal that somebody else takes a record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import commands
from heed.office.bodies import Bodies
from heed.office.changes import record_change, shown_token, token_for
from heed.office.choosing import MANY, Choice, narrowed, of_people, picked
from heed.office.guard import Who
from heed.office.handing_over import NO_TAKER, REFUSED
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import MANAGER, for_posts
from heed.store import remits, staff
from heed.store.readable import NoSuchRecord
from heed.store.remits import Member, Read

MOST = 10
"""Records that the page shows of one person."""


@for_posts(MANAGER)
@require_GET
def team(request: HttpRequest, who: Who) -> HttpResponse:
    """Everybody in the reader's units and beneath, and what is due next of theirs."""
    desk, bodies = hands().desk, Bodies.seen_by(who)
    found = [_member(bodies, one) for one in remits.team(desk, who.key, MOST)]
    return page(
        request,
        "team.html",
        people=sorted(found, key=lambda one: (one["name"], one["id"])),
        now=staff.now(desk, who.key),
        proposed="proposed" in request.GET,
    )


@for_posts(MANAGER)
@require_http_methods(["GET", "POST"])
def propose(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Offer a record of somebody in the team to another, in its owner's place."""
    bodies = Bodies.seen_by(who)
    asked = remits.in_team(hands().desk, who.key, record)
    if asked is None:
        raise NoSuchRecord
    takers = _takers(bodies, asked.owner)
    if request.method != "POST" or request.POST.get("step") == "find":
        return _propose(request, bodies, asked, takers, "")
    taker = picked(takers, request.POST.get("taker", ""))
    if taker is None:
        return _propose(request, bodies, asked, takers, NO_TAKER)
    held = hands()
    entry = commands.offer_hand_over(
        held.chance,
        held.organisation,
        record=record,
        taker=taker,
        note=request.POST.get("note", ""),
        token=token_for(request),
    )
    if refused := record_change(who, entry, sentences=REFUSED):
        return _propose(request, bodies, asked, takers, refused)
    return HttpResponseRedirect(reverse("team") + "?proposed")


def _member(bodies: Bodies, one: Member) -> dict[str, Any]:
    known = bodies.people[one.person]
    return {
        "id": one.person,
        "name": bodies.name(one.person),
        "job": known.role,
        "away": known.away_since,
        "held": one.held,
        "records": one.pressing,
    }


def _takers(bodies: Bodies, owner: UUID) -> list[Choice]:
    """Whoever might take it; that one of them must not see it, nobody is told here."""
    out = (owner, bodies.reader)
    able = (one for one in bodies.people.values() if bodies.takes_work(one) and one.id not in out)
    return of_people(bodies, able)


def _propose(
    request: HttpRequest, bodies: Bodies, asked: Read, takers: list[Choice], wrong: str
) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("taker", "note", "find")}
    return page(
        request,
        "propose.html",
        400 if wrong else 200,
        record=asked.listed.id,
        reference=asked.listed.reference,
        accountable=bodies.name(asked.owner),
        choices=narrowed(takers, said["find"], said["taker"]),
        many=len(takers) > MANY,
        said=said,
        wrong={"taker": wrong},
        token=shown_token(request),
    )
