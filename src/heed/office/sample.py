"""What an overseer reviews of the letters that were put aside: a sample that nobody inside can choose."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.intake.sorting import Review
from heed.intake.sorting import review as reviewed
from heed.office.bodies import Bodies
from heed.office.changes import record_change, shown_token, token_for
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.labels import SAMPLED
from heed.office.pages import page
from heed.office.posts import OVERSEER, for_posts
from heed.store import sorting
from heed.store.sorting import Sampled

MANY = 100
NO_OUTCOME = "Say if it was right to put it aside."
NO_WORDS = "Write why it must be looked at again."


@for_posts(OVERSEER)
@require_GET
def sample(request: HttpRequest, who: Who) -> HttpResponse:
    """What waits for a review, oldest first: reference, date and reason, no words."""
    bodies = Bodies.seen_by(who)
    rows = sorting.sampled(hands().desk, who.key, MANY)
    return page(
        request,
        "sample.html",
        waiting=[_row(bodies, row) for row in rows],
        done="done" in request.GET,
    )


@for_posts(OVERSEER)
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, who: Who, sorting: UUID) -> HttpResponse:
    """Say whether it was right to put it aside; only after reading it."""
    held, row = hands(), _one(who, sorting)
    outcome, words = request.POST.get("outcome", ""), request.POST.get("words", "")
    wrong = {
        "outcome-right": "" if outcome in set(Review) else NO_OUTCOME,
        "words": NO_WORDS if outcome == Review.LOOK_AGAIN and not words.strip() else "",
    }
    if request.method == "POST" and not any(wrong.values()):
        entry = reviewed(
            held.chance,
            held.organisation,
            record=row.record,
            sorting=sorting,
            outcome=Review(outcome),
            words=words,
            token=token_for(request),
        )
        wrong = {"outcome-right": record_change(who, entry)}
        if not any(wrong.values()):
            return HttpResponseRedirect(reverse("sample") + "?done")
    return page(
        request,
        "review.html",
        400 if request.method == "POST" else 200,
        one=_row(Bodies.seen_by(who), row),
        outcome=outcome,
        words=words,
        wrong=wrong if request.method == "POST" else {},
        token=shown_token(request),
    )


def _one(who: Who, asked: UUID) -> Sampled:
    for row in sorting.sampled(hands().desk, who.key, MANY):
        if row.sorting == asked:
            return row
    raise Http404


def _row(bodies: Bodies, row: Sampled) -> dict[str, Any]:
    """`open`: whether the record page opens for this reader now."""
    return {
        **row._asdict(),
        "by": bodies.name(row.actor),
        "why": SAMPLED[row.reason],
        "open": row.asked_at is not None,
    }
