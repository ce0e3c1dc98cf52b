"""Letting a colleague see a record one answers for, unasked, and ending anybody's leave to see it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from heed.access import asking as commands
from heed.office.bodies import Bodies
from heed.office.changes import record_change, shown_token, token_for
from heed.office.choosing import MANY, Choice, narrowed, picked
from heed.office.guard import Who, for_staff
from heed.office.handing_over import takers
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record

NO_PERSON = "Choose a colleague."
NO_REASON = "Write why they need to see it. One line is enough."
REFUSED = {
    "HE017": "This colleague cannot see this record. Choose somebody else.",
    "HE063": "This colleague has no way to sign in yet. Choose somebody else.",
}


@for_staff
@require_http_methods(["GET", "POST"])
def bring_in(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Choose who may see it for seven days, and why they need to."""
    choices = takers(Bodies.seen_by(who))
    if request.method != "POST" or request.POST.get("step") == "find":
        return _ask(request, who, record, choices, {})
    person = picked(choices, request.POST.get("person", ""))
    reason = request.POST.get("reason", "")
    if person is None or not reason.strip():
        wrong = {} if person else {"person": NO_PERSON}
        wrong |= {} if reason.strip() else {"reason": NO_REASON}
        return _ask(request, who, record, choices, wrong)
    held = hands()
    entry = commands.give_access(
        held.chance,
        held.organisation,
        record=record,
        person=person,
        reason=reason,
        token=token_for(request),
    )
    if refused := record_change(who, entry, sentences=REFUSED):
        return _ask(request, who, record, choices, {"person": refused})
    return HttpResponseRedirect(reverse("record", args=[record]) + "?brought-in#others")


@for_staff
@require_POST
def end(request: HttpRequest, who: Who, record: UUID, opening: UUID) -> HttpResponse:
    """Nobody reads on by this leave; an emergency opening ends by itself, and is reviewed."""
    held = hands()
    entry = commands.end_access(
        held.chance, held.organisation, record=record, opening=opening, token=token_for(request)
    )
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?leave-ended")


def _ask(
    request: HttpRequest, who: Who, record: UUID, choices: list[Choice], wrong: dict[str, str]
) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("person", "reason", "find")}
    return page(
        request,
        "bring_in.html",
        400 if wrong else 200,
        record=record,
        reference=own_record(who, record).reference,
        choices=narrowed(choices, said["find"], said["person"]),
        many=len(choices) > MANY,
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )
