"""Who told us, where that is sealed: asking, opening by two, opening for danger to life, reviewing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import identities as commands
from heed.access.openings import review_by
from heed.core.ports import SealedEntry
from heed.core.times import LONDON
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import no_administrator
from heed.office.record import own_record, seen_record
from heed.store import identities, staff
from heed.store.identities import OpenedAlone, Waits

NO_REASON = "Write your reason."
NO_CHOICE = "Say what you decide."
NO_OUTCOME = "Say whether it was right."
OUTCOMES = {"right": "It was right", "not right": "It was not right"}
CHOICES = {
    "agree": {"agree": "I agree: a second person may open it", "decline": "I do not agree"},
    "open": {"open": "I agree: open it to them for 24 hours", "decline": "I do not agree"},
}
"""What somebody may decide, by what the database says that they may do."""
DECISIONS: dict[str, Callable[..., SealedEntry]] = {
    "agree": commands.agree_to_open,
    "open": commands.open_who,
    "decline": commands.decline_to_open,
}
DONE = {
    "agree": "You agreed. A second person must open it.",
    "open": "Who told us is open to them for 24 hours.",
    "decline": "You did not agree. It stays sealed.",
    "reviewed": "Your review is on the record.",
}
"""What the page says first after something was recorded, by the word in its address."""


@for_staff
@require_GET
def identity(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Who told us, where it is open to the reader; that they look is on the record before a word shows."""
    held, seen = hands(), seen_record(who, record)
    found = identities.who_told_us(
        held.desk, who.key, who.reader.id, record, held.chance, held.organisation
    )
    sealed = identities.sealed(held.desk, who.key, record)
    return page(
        request,
        "identity.html",
        record=record,
        reference=seen.reference,
        found=found,
        until=sealed.until if sealed else None,
    )


@for_staff
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Ask to see who told us, with a reason; the access custodian and a second person decide."""
    reference = seen_record(who, record).reference
    if not (sealed := identities.sealed(hands().desk, who.key, record)) or not sealed.may_ask:
        raise Http404
    reason = request.POST.get("reason", "")
    if request.method != "POST" or not reason.strip():
        return _form(request, "identity_ask.html", record, reference)
    held = hands()
    entry = commands.ask_who(
        held.chance, held.organisation, record=record, reason=reason, token=token_for(request)
    )
    if refused := record_change(who, entry):
        return _form(request, "identity_ask.html", record, reference, refused)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?who-asked")


@for_staff
@require_http_methods(["GET", "POST"])
def danger(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Whoever answers for the record opens it alone, for danger to life; somebody else reviews that."""
    reference = own_record(who, record).reference
    if not identities.sealed(hands().desk, who.key, record):
        raise Http404
    reason = request.POST.get("reason", "")
    if request.method != "POST" or not reason.strip():
        return _form(request, "identity_danger.html", record, reference)
    held = hands()
    entry = commands.open_who(
        held.chance,
        held.organisation,
        record=record,
        asking=None,
        reason=reason,
        token=token_for(request),
    )
    if refused := record_change(who, entry):
        return _form(request, "identity_danger.html", record, reference, refused)
    return HttpResponseRedirect(reverse("identity", args=[record]))


@for_staff
@require_GET
def waiting(request: HttpRequest, who: Who) -> HttpResponse:
    """Who asks who told us, and what was opened alone; of records that the reader is not kept from."""
    no_administrator(who)
    desk, bodies = hands().desk, Bodies.seen_by(who)
    today = staff.now(desk, who.key).astimezone(LONDON).date()
    alone = identities.opened_alone(desk, who.key)
    return page(
        request,
        "identities.html",
        asked=[_asked(bodies, one) for one in identities.waiting(desk, who.key)],
        alone=[_alone(bodies, one) | {"late": today > review_by(one.at)} for one in alone],
        told=next((DONE[word] for word in request.GET if word in DONE), ""),
    )


@for_staff
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, who: Who, wanted: UUID) -> HttpResponse:
    """The access custodian agrees, then a second person opens it; either may say no."""
    reason, choice = request.POST.get("reason", ""), request.POST.get("choice", "")
    if request.method != "POST":
        return _deciding(request, who, wanted, {})
    wrong = {} if choice in DECISIONS else {"choice": NO_CHOICE}
    if not reason.strip():
        wrong["reason"] = NO_REASON
    if wrong:
        return _deciding(request, who, wanted, wrong)
    # The form names the record, so that sent again it finds it when it is decided.
    record = chosen(request.POST.get("record", "")) or _wanted(who, wanted).record
    refused = record_change(who, _decision(request, record, wanted, choice, reason))
    if refused:
        return _deciding(request, who, wanted, {"choice": refused})
    return HttpResponseRedirect(f"{reverse('identities')}?{choice}")


@for_staff
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, who: Who, alone: UUID) -> HttpResponse:
    """Say whether it was right that the owner opened it alone, in words; never one's own."""
    reason, outcome = request.POST.get("reason", ""), request.POST.get("outcome", "")
    if request.method != "POST":
        return _reviewing(request, who, alone, {})
    wrong = {} if outcome in OUTCOMES else {"outcome": NO_OUTCOME}
    if not reason.strip():
        wrong["reason"] = NO_REASON
    if wrong:
        return _reviewing(request, who, alone, wrong)
    held = hands()
    entry = commands.review_opening(
        held.chance,
        held.organisation,
        record=chosen(request.POST.get("record", "")) or _opened(who, alone).record,
        opening=alone,
        outcome=outcome,
        reason=reason,
        token=token_for(request),
    )
    if refused := record_change(who, entry):
        return _reviewing(request, who, alone, {"outcome": refused})
    return HttpResponseRedirect(reverse("identities") + "?reviewed")


def _decision(
    request: HttpRequest, record: UUID, asking: UUID, choice: str, reason: str
) -> SealedEntry:
    held, token = hands(), token_for(request)
    return DECISIONS[choice](
        held.chance, held.organisation, record=record, asking=asking, reason=reason, token=token
    )


def _form(
    request: HttpRequest, template: str, record: UUID, reference: str, error: str = ""
) -> HttpResponse:
    wrong = error or (NO_REASON if request.method == "POST" else "")
    return page(
        request,
        template,
        400 if wrong else 200,
        record=record,
        reference=reference,
        reason=request.POST.get("reason", ""),
        wrong={"reason": wrong},
        token=shown_token(request),
    )


def _deciding(request: HttpRequest, who: Who, wanted: UUID, wrong: dict[str, str]) -> HttpResponse:
    one = _wanted(who, wanted)
    return page(
        request,
        "identity_decide.html",
        400 if wrong else 200,
        asking=_asked(Bodies.seen_by(who), one),
        choices=CHOICES[one.may].items(),
        said={name: request.POST.get(name, "") for name in ("choice", "reason")},
        wrong=wrong,
        token=shown_token(request),
    )


def _reviewing(request: HttpRequest, who: Who, alone: UUID, wrong: dict[str, str]) -> HttpResponse:
    return page(
        request,
        "identity_review.html",
        400 if wrong else 200,
        opening=_alone(Bodies.seen_by(who), _opened(who, alone)),
        outcomes=OUTCOMES.items(),
        said={name: request.POST.get(name, "") for name in ("outcome", "reason")},
        wrong=wrong,
        token=shown_token(request),
    )


def _wanted(who: Who, asking: UUID) -> Waits:
    """What somebody asks, and this reader may decide now."""
    for one in identities.waiting(hands().desk, who.key):
        if one.asking == asking and one.may in CHOICES:
            return one
    raise Http404


def _opened(who: Who, opening: UUID) -> OpenedAlone:
    """What somebody else opened alone, and this reader may review."""
    for one in identities.opened_alone(hands().desk, who.key):
        if one.opening == opening and one.person != who.reader.id:
            return one
    raise Http404


def _asked(bodies: Bodies, one: Waits) -> dict[str, Any]:
    return {
        "id": one.asking,
        "record": one.record,
        "reference": one.reference,
        "name": bodies.name(one.person),
        "at": one.at,
        "agreed_by": bodies.name(one.agreed_by) if one.agreed_by else "",
        "may": one.may,
        "mine": one.person == bodies.reader,
        "reason": one.reason,
    }


def _alone(bodies: Bodies, one: OpenedAlone) -> dict[str, Any]:
    due = review_by(one.at)
    return {
        "id": one.opening,
        "record": one.record,
        "reference": one.reference,
        "name": bodies.name(one.person),
        "at": one.at,
        "until": one.until,
        "due": f"{due:%A} {due.day} {due:%B %Y}",
        "mine": one.person == bodies.reader,
        "reason": one.reason,
    }
