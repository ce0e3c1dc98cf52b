"""Flags that hold files: who set them and why, and taking one back, which two people do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.intake.files import ask_to_unflag, unflag
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import CUSTODIAN, OVERSEER, for_posts
from heed.store import files
from heed.store.files import StandingFlag

NO_REASON = "Write your reason."
DONE = {
    "asked": "You asked to take the flag back. Somebody else must do it.",
    "back": "The flag is taken back. What no other flag holds is given out again.",
}
"""What the list says first after something was recorded, by the word in its address."""


@for_posts(CUSTODIAN, OVERSEER)
@require_GET
def flags(request: HttpRequest, who: Who) -> HttpResponse:
    """Every flag that stands on a file, on records that the reader is not kept from."""
    bodies = Bodies.seen_by(who)
    return page(
        request,
        "flags.html",
        flags=[row(bodies, who, one) for one in files.flags(hands().desk, who.key)],
        done=next((DONE[word] for word in request.GET if word in DONE), ""),
    )


@for_staff
@require_http_methods(["GET", "POST"])
def ask_back(request: HttpRequest, who: Who, flag: UUID) -> HttpResponse:
    """Ask for a flag to be taken back: whoever answers for the record, or the access custodian."""
    return _change(request, who, flag, "ask")


@for_staff
@require_http_methods(["GET", "POST"])
def take_back(request: HttpRequest, who: Who, flag: UUID) -> HttpResponse:
    """Take a flag back that somebody else asked about: the second of two people."""
    return _change(request, who, flag, "back")


def row(bodies: Bodies, who: Who, one: StandingFlag) -> dict[str, Any]:
    """`may`: what this reader may do about it: ask, take it "back", or nothing ("wait")."""
    asks = one.mine or CUSTODIAN in who.reader.posts
    may = "ask" if asks else "wait"
    if one.asked_by is not None:
        second = asks or OVERSEER in who.reader.posts
        may = "back" if second and one.asked_by != who.reader.id else "wait"
    return {
        "id": one.flag,
        "record": one.record,
        "reference": one.reference,
        "file": one.file,
        "name": bodies.name(one.actor),
        "at": one.at,
        "reason": one.reason,
        "asked_by": bodies.name(one.asked_by) if one.asked_by else "",
        "asked_by_me": one.asked_by == who.reader.id,
        "why": one.why,
        "mine": one.mine,
        "may": may,
    }


def _change(request: HttpRequest, who: Who, flag: UUID, step: str) -> HttpResponse:
    if request.method != "POST":
        return _form(request, who, flag, step)
    reason = request.POST.get("reason", "")
    if not reason.strip():
        return _form(request, who, flag, step, NO_REASON)
    held, write = hands(), ask_to_unflag if step == "ask" else unflag
    # The form names the record, so that sent again it finds it when the flag is gone.
    record = chosen(request.POST.get("record", "")) or _one(who, flag, step)["record"]
    entry = write(
        held.chance,
        held.organisation,
        record=record,
        flag=flag,
        reason=reason,
        token=token_for(request, flag),
    )
    refused = record_change(who, entry)
    if refused:
        return _form(request, who, flag, step, refused)
    if {CUSTODIAN, OVERSEER} & set(who.reader.posts):
        return HttpResponseRedirect(reverse("flags") + ("?asked" if step == "ask" else "?back"))
    told = "?flag-asked" if step == "ask" else "?flag-back"
    return HttpResponseRedirect(reverse("record", args=[record]) + told)


def _form(request: HttpRequest, who: Who, flag: UUID, step: str, error: str = "") -> HttpResponse:
    return page(
        request,
        "flag_back.html",
        400 if error else 200,
        flag=_one(who, flag, step),
        step=step,
        reason=request.POST.get("reason", ""),
        token=shown_token(request),
        error=error,
    )


def _one(who: Who, flag: UUID, step: str) -> dict[str, Any]:
    """A flag about which this reader may do this; for whoever asked, the second step says why not."""
    bodies = Bodies.seen_by(who)
    for each in files.flags(hands().desk, who.key):
        found = row(bodies, who, each)
        if each.flag == flag and (found["may"] == step or found["asked_by_me"]):
            return found
    raise Http404
