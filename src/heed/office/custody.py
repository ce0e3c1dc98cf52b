"""Conflict restrictions that stand: who looked before and since, and lifting one with a second person."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import commands
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.grounds import GROUNDS
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import CUSTODIAN, OVERSEER, for_posts
from heed.store import staff
from heed.store.staff import Kept

NO_REASON = "Write your reason."


@for_posts(CUSTODIAN, OVERSEER)
@require_GET
def restrictions(request: HttpRequest, who: Who) -> HttpResponse:
    """Every restriction that stands, on records that the reader is not kept from."""
    bodies = Bodies.seen_by(who)
    return page(
        request,
        "restrictions.html",
        restrictions=[_row(bodies, who, one) for one in staff.custody(hands().desk, who.key)],
        done=request.GET.get("done", ""),
    )


@for_posts(CUSTODIAN, OVERSEER)
@require_GET
def certificate(request: HttpRequest, who: Who, wall: UUID) -> HttpResponse:
    """One restriction on a page to print: who, since when, which looks, as at when."""
    made_at, kept = staff.now(hands().desk, who.key), _kept(who, wall)
    return page(
        request,
        "certificate.html",
        reader=None,  # no menu on paper
        restriction=_row(Bodies.seen_by(who), who, kept),
        made_at=made_at,
        made_by=who.reader.name,
    )


@for_posts(CUSTODIAN)
@require_http_methods(["GET", "POST"])
def ask_to_lift(request: HttpRequest, who: Who, wall: UUID) -> HttpResponse:
    """The custodian asks a second person, with a reason."""
    if request.method != "POST":
        return _form(request, who, "lift_ask.html", wall)
    reason = request.POST.get("reason", "")
    if not reason.strip():
        return _form(request, who, "lift_ask.html", wall, NO_REASON)
    held = hands()
    entry = commands.ask_to_lift(
        held.chance,
        held.organisation,
        record=_record(request, who, wall),
        wall=wall,
        reason=reason,
        token=token_for(request),
    )
    refused = record_change(who, entry)
    if refused:
        return _form(request, who, "lift_ask.html", wall, refused)
    return HttpResponseRedirect(reverse("restrictions") + "?done=asked")


@for_posts(CUSTODIAN, OVERSEER)
@require_http_methods(["GET", "POST"])
def lift(request: HttpRequest, who: Who, wall: UUID) -> HttpResponse:
    """The second person gives a reason, checks it, and lifts the restriction."""
    if request.method != "POST":
        return _form(request, who, "lift.html", wall)
    reason = request.POST.get("reason", "")
    if not reason.strip():
        return _form(request, who, "lift.html", wall, NO_REASON)
    if request.POST.get("step") != "lift":
        return _form(request, who, "lift_check.html", wall)
    held = hands()
    entry = commands.lift_wall(
        held.chance,
        held.organisation,
        record=_record(request, who, wall),
        wall=wall,
        reason=reason,
        token=token_for(request),
    )
    refused = record_change(who, entry)
    if refused:
        return _form(request, who, "lift.html", wall, refused)
    return HttpResponseRedirect(reverse("restrictions") + "?done=lifted")


def _form(
    request: HttpRequest, who: Who, template: str, wall: UUID, error: str = ""
) -> HttpResponse:
    return page(
        request,
        template,
        400 if error else 200,
        restriction=_row(Bodies.seen_by(who), who, _kept(who, wall)),
        reason=request.POST.get("reason", ""),
        token=shown_token(request),
        error=error,
    )


def _record(request: HttpRequest, who: Who, wall: UUID) -> UUID:
    """The record as the form names it, so that a form sent again finds it when the restriction is gone."""
    return chosen(request.POST.get("record", "")) or _kept(who, wall).record


def _kept(who: Who, wall: UUID) -> Kept:
    for one in staff.custody(hands().desk, who.key):
        if one.wall == wall:
            return one
    raise Http404


def _row(bodies: Bodies, who: Who, kept: Kept) -> dict[str, Any]:
    """`may`: what this reader may do about it: ask, lift, or nothing ("wait")."""
    asked = kept.lift_asked_by
    may = "ask" if CUSTODIAN in who.reader.posts else "wait"
    if asked is not None:
        may = "wait" if asked == who.reader.id else "lift"
    return {
        "id": kept.wall,
        "record": kept.record,
        "reference": kept.reference,
        "whom": bodies.name(kept.person) if kept.person else bodies.unit_name(kept.unit),
        "unit": kept.unit is not None,
        "ground": GROUNDS.get(kept.ground, kept.ground),
        "at": kept.at,
        "asked_by": bodies.name(asked) if asked else "",
        "asked_by_me": asked == who.reader.id,
        "may": may,
        "looks": kept.looks,
        "looks_before": kept.looks - kept.looks_since,
        "looks_since": kept.looks_since,
        "last_look": kept.last_look,
        "put_in": kept.put_in,
    }
