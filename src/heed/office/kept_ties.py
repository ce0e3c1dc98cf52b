"""Ties that were declared: one's own, and for the access custodian all; withdrawing one takes two people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import people as commands
from heed.office.bodies import Bodies
from heed.office.changes import SENTENCES, chosen, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import CUSTODIAN, OVERSEER, for_posts
from heed.store import staff
from heed.store.connection import StoreRefused
from heed.store.readable import NoSuchRecord
from heed.store.staff import Tie

NO_REASON = "Write your reason."
REFUSED = SENTENCES | {
    "HE016": "Withdrawing takes two people: one asks, and somebody else withdraws."
    " You cannot be both.",
}


@for_staff
@require_GET
def my_ties(request: HttpRequest, who: Who) -> HttpResponse:
    """What the reader declared, in their own words, and nothing that followed from it."""
    bodies = Bodies.seen_by(who)
    rows = [_row(bodies, who, tie) for tie in staff.my_ties(hands().desk, who.key)]
    return page(request, "my_ties.html", ties=rows)


@for_posts(CUSTODIAN, OVERSEER)
@require_GET
def ties(request: HttpRequest, who: Who) -> HttpResponse:
    """Every tie that counts, but for what others declared about the reader."""
    bodies = Bodies.seen_by(who)
    rows = [_row(bodies, who, tie) for tie in staff.ties(hands().desk, who.key)]
    return page(request, "ties.html", ties=rows, done=request.GET.get("done", ""))


@for_posts(CUSTODIAN)
@require_http_methods(["GET", "POST"])
def ask_to_withdraw(request: HttpRequest, who: Who, tie: UUID) -> HttpResponse:
    """The custodian asks a second person to withdraw a tie, with a reason."""
    return _change(request, who, tie, "ask")


@for_posts(CUSTODIAN, OVERSEER)
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, who: Who, tie: UUID) -> HttpResponse:
    """The second person gives a reason, and withdraws the tie."""
    return _change(request, who, tie, "withdraw")


def _change(request: HttpRequest, who: Who, tie: UUID, do: str) -> HttpResponse:
    if request.method != "POST":
        return _form(request, who, tie, do, "")
    reason = request.POST.get("reason", "")
    if not reason.strip():
        return _form(request, who, tie, do, NO_REASON)
    # As the form names it, so that a form sent again finds it when the tie is withdrawn.
    person = chosen(request.POST.get("person", "")) or _kept(who, tie).person
    command = commands.ask_to_withdraw if do == "ask" else commands.withdraw
    held = hands()
    entry = command(
        held.chance,
        held.organisation,
        person=person,
        relation=tie,
        reason=reason,
        token=token_for(request),
    )
    try:
        held.desk.append(who.key, entry)
    except NoSuchRecord:
        raise Http404 from None
    except StoreRefused as refused:
        if refused.code not in REFUSED:
            raise
        return _form(request, who, tie, do, REFUSED[refused.code])
    return HttpResponseRedirect(reverse("ties_all") + f"?done={do}")


def _form(request: HttpRequest, who: Who, tie: UUID, do: str, wrong: str) -> HttpResponse:
    return page(
        request,
        "tie_withdraw.html",
        400 if wrong else 200,
        tie=_row(Bodies.seen_by(who), who, _kept(who, tie)),
        do=do,
        reason=request.POST.get("reason", ""),
        wrong={"reason": wrong},
        token=shown_token(request),
    )


def _kept(who: Who, tie: UUID) -> Tie:
    for one in staff.ties(hands().desk, who.key):
        if one.tie == tie:
            return one
    raise Http404


def _row(bodies: Bodies, who: Who, tie: Tie) -> dict[str, Any]:
    """`may`: what this reader may do about it: ask, withdraw, or nothing ("wait")."""
    asked = tie.asked_by
    may = "ask" if CUSTODIAN in who.reader.posts else "wait"
    if asked is not None:
        may = "wait" if asked == who.reader.id else "withdraw"
    if who.reader.id in (tie.person, tie.other):
        may = "wait"
    return {
        "id": tie.tie,
        "person": tie.person,
        "one": bodies.name(tie.person),
        "other": bodies.name(tie.other),
        "how": tie.how,
        "at": tie.at,
        "said_by": bodies.name(tie.said_by) if tie.said_by else "",
        "asked_by": bodies.name(asked) if asked else "",
        "may": may,
    }
