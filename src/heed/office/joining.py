"""Joining two records that are about the same child, and parting them again."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.core.times import moment
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.choosing import MANY, Choice
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record
from heed.store.concerned import JoinedWith, joined_with, own_records
from heed.store.readable import NoSuchRecord
from heed.triage import concerned_commands as commands

SHOWN = 100
"""The newest records that a list shows; older ones are found by their reference."""
NO_CONTACT = "Choose the other record."
NO_REASON = "Write what makes you say so. One line is enough."


@for_staff
@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Say that a record is about the same child as another that one answers for."""
    own_record(who, record)
    said = {name: request.POST.get(name, "") for name in ("contact", "reason", "find")}
    if request.method != "POST" or request.POST.get("step") == "find":
        return _join(request, who, record, said, {})
    other = chosen(said["contact"])
    wrong = {
        "contact": "" if other else NO_CONTACT,
        "reason": "" if said["reason"].strip() else NO_REASON,
    }
    if other is not None and not any(wrong.values()):
        held = hands()
        entry = commands.join(
            held.chance,
            held.organisation,
            record=record,
            other=other,
            reason=said["reason"],
            token=token_for(request),
        )
        wrong["contact"] = record_change(who, entry)
    if any(wrong.values()):
        return _join(request, who, record, said, wrong)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?joined")


@for_staff
@require_http_methods(["GET", "POST"])
def part(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Say that two joined records are not about the same child after all."""
    own_record(who, record)
    joined = chosen(request.POST.get("joined", request.GET.get("joined", "")))
    found = next((one for one in _standing(who, record) if one.joined == joined), None)
    if found is None:
        raise NoSuchRecord
    own_record(who, found.other)
    reason = request.POST.get("reason", "")
    if request.method != "POST":
        return _part(request, who, record, found, reason, "")
    if not reason.strip():
        return _part(request, who, record, found, reason, NO_REASON)
    held = hands()
    entry = commands.part(
        held.chance,
        held.organisation,
        joined=found.joined,
        reason=reason,
        token=token_for(request),
    )
    wrong = record_change(who, entry)
    if wrong:
        return _part(request, who, record, found, reason, wrong)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?parted")


def _standing(who: Who, record: UUID) -> list[JoinedWith]:
    found = joined_with(hands().desk, who.key, record)
    return [one for one in found if one.parted_at is None]


def _join(
    request: HttpRequest, who: Who, record: UUID, said: dict[str, str], wrong: dict[str, str]
) -> HttpResponse:
    joined = {one.other for one in _standing(who, record)}
    rows = own_records(hands().desk, who.key, record, said["find"].strip(), SHOWN)
    choices = [
        Choice(str(row.id), f"{row.reference}, received {moment(row.filed_at)}")
        for row in rows
        if row.id not in joined
    ]
    return page(
        request,
        "join.html",
        400 if any(wrong.values()) else 200,
        record=record,
        reference=own_record(who, record).reference,
        choices=choices,
        many=len(rows) > MANY or bool(said["find"]),
        more=len(rows) == SHOWN,
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )


def _part(
    request: HttpRequest, who: Who, record: UUID, found: JoinedWith, reason: str, wrong: str
) -> HttpResponse:
    return page(
        request,
        "part.html",
        400 if wrong else 200,
        record=record,
        reference=own_record(who, record).reference,
        joined=found,
        reason=reason,
        wrong={"reason": wrong},
        token=shown_token(request),
    )
