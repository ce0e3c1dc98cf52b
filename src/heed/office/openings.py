"""Asking to see a record, deciding about those who ask, and opening one in an emergency."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heed.access import asking as commands
from heed.office.bodies import Bodies
from heed.office.changes import chosen, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import no_administrator
from heed.store import openings
from heed.store.connection import StoreRefused
from heed.store.openings import Wanted

NO_REFERENCE = "Write the record’s reference."
NO_REASON = "Write your reason."
NOTHING_OPENS = "Nothing can be opened with this reference."
NEEDS_A_YES = "HE044"
"""They opened records in an emergency twice in thirty days."""
DONE = {
    "asked": "Your request is on the record. If there is such a record, the person who answers for"
    " it decides.",
    "granted": "They can see the record now, for seven days.",
    "declined": "You said no. They can read your reason.",
}
"""What the page says first after something was recorded, by the word in its address."""


@for_staff
@require_GET
def access(request: HttpRequest, who: Who) -> HttpResponse:
    """What is open to the reader for a time, what they asked for, and who asks them."""
    no_administrator(who)
    desk, bodies = hands().desk, Bodies.seen_by(who)
    return page(
        request,
        "access.html",
        open=openings.mine(desk, who.key),
        asked=openings.asked(desk, who.key),
        wanted=[_row(bodies, one) for one in openings.wanted(desk, who.key)],
        told=next((DONE[word] for word in request.GET if word in DONE), ""),
    )


@for_staff
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, who: Who) -> HttpResponse:
    """Ask to see a record by its reference; the answer is the same whether there is one or not."""
    no_administrator(who)
    said, wrong = _said(request)
    if request.method != "POST" or wrong:
        return _form(request, "access_ask.html", said, wrong)
    held = hands()
    entry = commands.ask_for_access(
        held.chance,
        held.organisation,
        person=who.reader.id,
        reference=said["reference"],
        reason=said["reason"],
        token=token_for(request),
    )
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("access") + "?asked")


@for_staff
@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest, who: Who) -> HttpResponse:
    """Open a record at once, for four hours; the access custodian sees it before a word shows."""
    no_administrator(who)
    said, wrong = _said(request)
    if request.method != "POST" or wrong:
        return _form(request, "access_emergency.html", said, wrong)
    held = hands()
    entry = commands.break_glass(
        held.chance,
        held.organisation,
        person=who.reader.id,
        reference=said["reference"],
        reason=said["reason"],
        token=token_for(request),
    )
    try:
        held.desk.append(who.key, entry)
    except StoreRefused as refused:
        if refused.code != NEEDS_A_YES:
            raise
        return _ask_for_a_yes(request, who, said)
    for one in openings.mine(held.desk, who.key):
        if one.opening == entry.id:
            return HttpResponseRedirect(reverse("record", args=[one.record]))
    return page(request, "access_nothing.html", 404, nothing=NOTHING_OPENS)


@for_staff
@require_GET
def awaited(request: HttpRequest, who: Who) -> HttpResponse:
    """What to do for the child while somebody else must say yes first, and whether they have."""
    no_administrator(who)
    desk, bodies = hands().desk, Bodies.seen_by(who)
    on_duty, contact = openings.on_call(desk, who.key)
    return page(
        request,
        "access_awaited.html",
        asked=openings.my_approvals(desk, who.key),
        on_duty=bodies.name(on_duty),
        contact=bodies.name(contact),
    )


@for_staff
@require_GET
def request_to_see(request: HttpRequest, who: Who, asking: UUID) -> HttpResponse:
    """Who asks to see a record that the reader answers for, and why."""
    return _request(request, who, asking, "")


@for_staff
@require_POST
def grant(request: HttpRequest, who: Who, asking: UUID) -> HttpResponse:
    """Let them see it for seven days."""
    held = hands()
    entry = commands.grant_access(
        held.chance,
        held.organisation,
        record=_record(request, who, asking),
        asking=asking,
        token=token_for(request),
    )
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("access") + "?granted")


@for_staff
@require_POST
def decline(request: HttpRequest, who: Who, asking: UUID) -> HttpResponse:
    """Do not let them, with a reason that they can read."""
    reason = request.POST.get("reason", "")
    if not reason.strip():
        return _request(request, who, asking, NO_REASON)
    held = hands()
    entry = commands.decline_access(
        held.chance,
        held.organisation,
        record=_record(request, who, asking),
        asking=asking,
        reason=reason,
        token=token_for(request),
    )
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("access") + "?declined")


def _ask_for_a_yes(request: HttpRequest, who: Who, said: dict[str, str]) -> HttpResponse:
    """What was typed goes to whoever may say yes; the next page says what else to do now."""
    held = hands()
    entry = commands.ask_for_approval(
        held.chance,
        held.organisation,
        person=who.reader.id,
        reference=said["reference"],
        reason=said["reason"],
        token=token_for(request),
    )
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("access_awaited"))


def _said(request: HttpRequest) -> tuple[dict[str, str], dict[str, str]]:
    """What was typed, and what is wrong with it; of what it names nothing is said here."""
    said = {name: request.POST.get(name, "") for name in ("reference", "reason")}
    empty = {"reference": NO_REFERENCE, "reason": NO_REASON}
    if request.method != "POST":
        return said, {}
    return said, {name: empty[name] for name in said if not said[name].strip()}


def _form(
    request: HttpRequest, template: str, said: dict[str, str], wrong: dict[str, str]
) -> HttpResponse:
    status = 400 if wrong else 200
    return page(request, template, status, said=said, wrong=wrong, token=shown_token(request))


def _request(request: HttpRequest, who: Who, asking: UUID, error: str) -> HttpResponse:
    return page(
        request,
        "access_request.html",
        400 if error else 200,
        asking=_row(Bodies.seen_by(who), _wanted(who, asking)),
        reason=request.POST.get("reason", ""),
        token=shown_token(request),
        error=error,
    )


def _record(request: HttpRequest, who: Who, asking: UUID) -> UUID:
    """The record as the form names it, so that a form sent again finds it when it is decided."""
    return chosen(request.POST.get("record", "")) or _wanted(who, asking).record


def _wanted(who: Who, asking: UUID) -> Wanted:
    for one in openings.wanted(hands().desk, who.key):
        if one.asking == asking:
            return one
    raise Http404


def _row(bodies: Bodies, one: Wanted) -> dict[str, Any]:
    return {
        "id": one.asking,
        "record": one.record,
        "reference": one.reference,
        "name": bodies.name(one.person),
        "at": one.at,
        "reason": one.reason,
    }
