"""Emergency openings: who opened what and why, and whether somebody else found that right."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import asking as commands
from heed.access.openings import review_by
from heed.core.times import LONDON
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import CUSTODIAN, OVERSEER, for_posts
from heed.store import openings, staff
from heed.store.openings import Emergency

OUTCOMES = {"right": "It was right", "not right": "It was not right"}
NO_OUTCOME = "Say whether it was right."
NO_WORDS = "Write what you found."
OFTEN = 3
"""Emergency openings of one person in thirty days from which on they are marked."""


@for_posts(CUSTODIAN, OVERSEER)
@require_GET
def emergencies(request: HttpRequest, who: Who) -> HttpResponse:
    """Every emergency opening of records that the reader is not kept from, unreviewed first."""
    desk, bodies = hands().desk, Bodies.seen_by(who)
    now = staff.now(desk, who.key)
    return page(
        request,
        "emergencies.html",
        emergencies=[shown(bodies, one, now) for one in openings.emergencies(desk, who.key)],
        reviewed="reviewed" in request.GET,
    )


@for_posts(CUSTODIAN, OVERSEER)
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, who: Who, glass: UUID) -> HttpResponse:
    """Say whether somebody else's emergency opening was right, in words."""
    return review_of(request, who, glass, reverse("emergency_review", args=[glass]), "emergencies")


def unreviewed(who: Who) -> int:
    """How many openings wait for a review that this custodian or overseer may give; else 0."""
    if not {CUSTODIAN, OVERSEER} & set(who.reader.posts):
        return 0
    found = openings.emergencies(hands().desk, who.key)
    return sum(
        bool(one.record) and not one.reviewed_by and one.person != who.reader.id for one in found
    )


def late(who: Who, now: datetime) -> list[Emergency]:
    """What nobody reviewed by the day it was due, of what this reader may know of."""
    today = now.astimezone(LONDON).date()
    return [
        one
        for one in openings.emergencies(hands().desk, who.key)
        if one.record and not one.reviewed_by and today > review_by(one.at)
    ]


def review_of(request: HttpRequest, who: Who, glass: UUID, address: str, done: str) -> HttpResponse:
    """The form at `address`, and what it records; then to the list of that name."""
    said = {name: request.POST.get(name, "") for name in ("outcome", "words")}
    if request.method != "POST":
        return _form(request, who, glass, address, said, {})
    wrong = {"outcome": NO_OUTCOME} if said["outcome"] not in OUTCOMES else {}
    if not said["words"].strip():
        wrong["words"] = NO_WORDS
    if wrong:
        return _form(request, who, glass, address, said, wrong)
    held = hands()
    # The form names the person, so that sent again it finds them when it is reviewed.
    person = chosen(request.POST.get("person", "")) or _one(who, glass).person
    entry = commands.review_glass(
        held.chance,
        held.organisation,
        person=person,
        glass=glass,
        outcome=said["outcome"],
        words=said["words"],
        token=token_for(request),
    )
    refused = record_change(who, entry)
    if refused:
        return _form(request, who, glass, address, said, {"outcome": refused})
    return HttpResponseRedirect(reverse(done) + "?reviewed")


def _form(
    request: HttpRequest,
    who: Who,
    glass: UUID,
    address: str,
    said: dict[str, str],
    wrong: dict[str, str],
) -> HttpResponse:
    now = staff.now(hands().desk, who.key)
    return page(
        request,
        "emergency_review.html",
        400 if wrong else 200,
        emergency=shown(Bodies.seen_by(who), _one(who, glass), now),
        address=address,
        outcomes=OUTCOMES.items(),
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )


def _one(who: Who, glass: UUID) -> Emergency:
    """An emergency opening that this reader may review: not their own."""
    for one in openings.emergencies(hands().desk, who.key):
        if (
            one.glass == glass
            and one.record
            and not one.reviewed_by
            and one.person != who.reader.id
        ):
            return one
    raise Http404


def shown(bodies: Bodies, one: Emergency, now: datetime) -> dict[str, Any]:
    """One of them as the pages show it.

    `late`: nobody reviewed it by the day it was due; `may`: this reader may review it.
    """
    due = review_by(one.at)
    waits = one.record is not None and one.reviewed_by is None
    return {
        "id": one.glass,
        "person": one.person,
        "name": bodies.name(one.person),
        "record": one.record,
        "reference": one.reference,
        "at": one.at,
        "until": one.until,
        "reason": one.reason,
        "uses": one.uses,
        "often": one.uses >= OFTEN,
        "due": f"{due:%A} {due.day} {due:%B %Y}",
        "late": waits and now.astimezone(LONDON).date() > due,
        "may": waits and one.person != bodies.reader,
        "reviewer": bodies.name(one.reviewed_by) if one.reviewed_by else "",
        "outcome": OUTCOMES.get(one.outcome or "", ""),
        "review": one.review,
        "approver": bodies.name(one.approved_by) if one.approved_by else "",
    }
