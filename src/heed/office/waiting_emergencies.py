"""What others' emergency openings need from somebody: a yes first, or the review that is late."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import asking as commands
from heed.office.bodies import Bodies
from heed.office.changes import chosen, shown_token, token_for
from heed.office.emergencies import late, review_of, shown
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.store import openings, staff
from heed.store.openings import Approval

DONE = {
    "yes": "They can see the record now, for four hours.",
    "reviewed": "Your review is on the record.",
}
"""What the page says first after something was recorded, by the word in its address."""


@for_staff
@require_GET
def waiting(request: HttpRequest, who: Who) -> HttpResponse:
    """Who waits for the reader's yes, and which emergency openings nobody reviewed in time."""
    desk, bodies = hands().desk, Bodies.seen_by(who)
    now = staff.now(desk, who.key)
    return page(
        request,
        "emergencies_waiting.html",
        approvals=[_row(bodies, one) for one in openings.approvals(desk, who.key)],
        late=[shown(bodies, one, now) for one in late(who, now)],
        told=next((DONE[word] for word in request.GET if word in DONE), ""),
    )


@for_staff
@require_http_methods(["GET", "POST"])
def approve(request: HttpRequest, who: Who, approval: UUID) -> HttpResponse:
    """Say yes to somebody's next emergency opening, having read why."""
    held = hands()
    if request.method != "POST":
        found = _row(Bodies.seen_by(who), _one(who, approval))
        return page(request, "emergency_approve.html", asking=found, token=shown_token(request))
    # The form names the person, so that sent again it finds them when it is open.
    person = chosen(request.POST.get("person", "")) or _one(who, approval).person
    entry = commands.approve_glass(
        held.chance,
        held.organisation,
        person=person,
        asking=approval,
        token=token_for(request, approval),
    )
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("emergencies_waiting") + "?yes")


@for_staff
@require_http_methods(["GET", "POST"])
def review_late(request: HttpRequest, who: Who, glass: UUID) -> HttpResponse:
    """Review an emergency opening that nobody reviewed in time, also as the outside contact."""
    return review_of(request, who, glass, f"/emergencies/late/{glass}", "emergencies_waiting")


def waits(who: Who, now: datetime) -> int:
    """How many emergency openings wait for the reader: for a yes, or for a review that is late."""
    return len(openings.approvals(hands().desk, who.key)) + len(late(who, now))


def _one(who: Who, approval: UUID) -> Approval:
    for one in openings.approvals(hands().desk, who.key):
        if one.asking == approval:
            return one
    raise Http404


def _row(bodies: Bodies, one: Approval) -> dict[str, Any]:
    return {
        "id": one.asking,
        "person": one.person,
        "name": bodies.name(one.person),
        "reference": one.reference,
        "at": one.at,
        "reason": one.reason,
    }
