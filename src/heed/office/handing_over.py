"""Handing a record over: offered by whoever answers for it, and theirs until a colleague accepts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heed.access import commands
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.choosing import MANY, Choice, narrowed, of_people, picked
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record
from heed.store import staff
from heed.store.concerned import joined_with
from heed.store.holding import holding
from heed.store.readable import NoSuchRecord
from heed.store.staff import Offered

NO_TAKER = "Choose a colleague."
NO_REASON = "Write why you do not take it. One line is enough."
REFUSED = {
    "HE017": "This colleague cannot take this record. Choose somebody else.",
    "HE063": "This colleague has no way to sign in yet. Choose somebody else.",
    "HE018": "This record is offered to somebody already. Take that offer back first.",
}


@for_staff
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Offer a record that one answers for to a colleague."""
    bodies = Bodies.seen_by(who)
    able = takers(bodies)
    if request.method != "POST" or request.POST.get("step") == "find":
        return _offer(request, who, record, able, "")
    taker = picked(able, request.POST.get("taker", ""))
    if taker is None:
        return _offer(request, who, record, able, NO_TAKER)
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
        return _offer(request, who, record, able, refused)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?offered")


@for_staff
@require_POST
def take_back(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """The giver takes an open offer back, and goes on answering for the record."""
    own_record(who, record)
    _decline(request, who, record, "")
    return HttpResponseRedirect(reverse("record", args=[record]) + "?taken-back")


@for_staff
@require_GET
def waiting(request: HttpRequest, who: Who) -> HttpResponse:
    """What colleagues offer to the reader, and what the reader offers to them."""
    bodies = Bodies.seen_by(who)
    rows = staff.offers(hands().desk, who.key)
    accepted = chosen(request.GET.get("accepted", ""))
    taken = holding(hands().desk, who.key, accepted) if accepted else None
    return page(
        request,
        "waiting.html",
        offered=[_row(bodies, row) for row in rows if row.taker == who.reader.id],
        given=[_row(bodies, row) for row in rows if row.giver == who.reader.id],
        accepted={"id": accepted, "reference": taken.reference} if taken else None,
        declined="declined" in request.GET,
    )


@for_staff
@require_GET
def taking(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """One offer: facts only. Its words open once it is accepted, and that is a look like any other."""
    return _taking(request, who, record, "")


@for_staff
@require_POST
def accept(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Answer for the record from now on."""
    held = hands()
    entry = commands.accept_hand_over(
        held.chance, held.organisation, record=record, token=token_for(request)
    )
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("waiting") + f"?accepted={record}")


@for_staff
@require_POST
def decline(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Leave the record with whoever offers it, with a reason."""
    reason = request.POST.get("reason", "")
    if not reason.strip():
        return _taking(request, who, record, NO_REASON)
    _decline(request, who, record, reason)
    return HttpResponseRedirect(reverse("waiting") + "?declined")


def offered_to(who: Who) -> Iterator[Offered]:
    """The offers that wait for the reader."""
    return (row for row in staff.offers(hands().desk, who.key) if row.taker == who.reader.id)


def _decline(request: HttpRequest, who: Who, record: UUID, reason: str) -> None:
    held = hands()
    entry = commands.decline_hand_over(
        held.chance, held.organisation, record=record, reason=reason, token=token_for(request)
    )
    held.desk.append(who.key, entry)


def takers(bodies: Bodies) -> list[Choice]:
    """Whoever might take a record; the database knows who must not see this one, and says no."""
    able = (
        one for one in bodies.people.values() if bodies.takes_work(one) and one.id != bodies.reader
    )
    return of_people(bodies, able)


def _offer(
    request: HttpRequest, who: Who, record: UUID, takers: list[Choice], wrong: str
) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("taker", "note", "find")}
    return page(
        request,
        "hand_over.html",
        400 if wrong else 200,
        record=record,
        reference=own_record(who, record).reference,
        joined=[one for one in joined_with(hands().desk, who.key, record) if not one.parted_at],
        choices=narrowed(takers, said["find"], said["taker"]),
        many=len(takers) > MANY,
        said=said,
        wrong={"taker": wrong},
        token=shown_token(request),
    )


def _taking(request: HttpRequest, who: Who, record: UUID, wrong: str) -> HttpResponse:
    offer = next((row for row in offered_to(who) if row.record == record), None)
    if offer is None:
        raise NoSuchRecord
    return page(
        request,
        "taking.html",
        400 if wrong else 200,
        offer=_row(Bodies.seen_by(who), offer),
        reason=request.POST.get("reason", ""),
        wrong={"reason": wrong},
        token=shown_token(request),
    )


def _row(bodies: Bodies, offer: Offered) -> dict[str, Any]:
    return {
        "record": offer.record,
        "reference": offer.reference,
        "channel": offer.channel,
        "danger": offer.danger,
        "filed_at": offer.filed_at,
        "giver": bodies.name(offer.giver),
        "taker": bodies.name(offer.taker),
        "at": offer.at,
        "manager": bodies.name(offer.made_by) if offer.made_by != offer.giver else "",
    }
