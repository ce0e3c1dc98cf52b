"""Saying whose response is criticised in a record: nobody's, until its owner says so."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.office.changes import record_change, shown_token, token_for
from heed.office.choosing import Choice
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record
from heed.referral.commands import criticise
from heed.referral.directory import SOURCES, UNLISTED, directory
from heed.store import referral as stored

NO_BODY = "Choose the body, or the kind of body."
NO_REASON = "Write what was said of it. One line is enough."
OTHER = "other"
MANY = 50


@for_staff
@require_http_methods(["GET", "POST"])
def criticised(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Say that a body's response is criticised, or that this was said in error; both stay on the record."""
    seen = own_record(who, record)
    standing = stored.standing(stored.criticised(hands().desk, who.key, record))
    said = {name: request.POST.get(name, "") for name in ("body", "find", "reason", "error")}
    asked = request.method == "POST" and request.POST.get("step") != "find"
    wrong: dict[str, str] = {}
    if asked:
        known = directory().body(said["body"])
        wrong = {
            "body": "" if known and known.id != OTHER else NO_BODY,
            "reason": "" if said["reason"].strip() else NO_REASON,
        }
        if not any(wrong.values()):
            held = hands()
            entry = criticise(
                held.chance,
                held.organisation,
                record=record,
                body=said["body"],
                stands=said["error"] != "yes",
                reason=said["reason"],
                token=token_for(request),
            )
            wrong["body"] = record_change(who, entry)
        if not any(wrong.values()):
            return HttpResponseRedirect(reverse("record", args=[record]) + "?criticised")
    return page(
        request,
        "criticised.html",
        400 if any(wrong.values()) else 200,
        record=record,
        reference=seen.reference,
        standing=[(id, directory().name(id)) for id in standing],
        bodies=_choices(said, standing),
        sources=SOURCES,
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )


def _choices(said: dict[str, str], standing: tuple[str, ...]) -> list[Choice]:
    """What stands, what was found and chosen, and every kind; each once."""
    ids = [*standing, said["body"], *(one.id for one in directory().found(said["find"])[:MANY])]
    kinds = [Choice(id, f"{name}, not in the list") for id, name in UNLISTED.items() if id != OTHER]
    listed = [
        Choice(id, directory().name(id))
        for id in dict.fromkeys(ids)
        if "/" in id or id not in UNLISTED
    ]
    return [one for one in listed if directory().body(one.id)] + kinds
