"""Calls for danger: who was called about what, when the next is, and the button that says "I have this"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heed.core.times import moment
from heed.office.bodies import Bodies
from heed.office.changes import SENTENCES, chosen, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import no_administrator
from heed.oversight.commands import answer_call
from heed.store.calls import Call
from heed.store.calls import calls as kept_calls
from heed.store.connection import StoreAway, StoreRefused

WHY = {
    "first": "first",
    "unanswered": "nobody had answered",
    "undecided": "nobody had decided or rung",
    "refused": "the call before could not be delivered",
    "unread": "nobody could read the words yet",
}
NOT_SENT = {"waiting": "Not sent yet: Heed tries again", "refused": "Could not be delivered"}
REFUSED = SENTENCES | {
    "HE066": "You said so before.",
    "HE073": "Others have this: somebody has acted since you were called.",
}
NO_TEXTS = " This system sends no texts now: nobody’s telephone rang."
NEW = "Something came in after somebody acted: Heed calls somebody about it."


@for_staff
@require_GET
def calls(request: HttpRequest, who: Who) -> HttpResponse:
    """What somebody was called about, the gravest concern first: facts, no words."""
    no_administrator(who)
    return _calls(request, who)


@for_staff
@require_POST
def answer(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Say "I have this" to one's own call; it ends nothing."""
    no_administrator(who)
    call = chosen(request.POST.get("call", ""))
    if call is None:  # a form of another page: nothing to answer, and nothing to tell
        return HttpResponseRedirect(reverse("calls"))
    held = hands()
    entry = answer_call(
        held.chance, held.organisation, record=record, call=call, token=token_for(request)
    )
    try:
        held.desk.append(who.key, entry)
    except StoreRefused as refused:
        if refused.code not in REFUSED:
            raise
        return _calls(request, who, REFUSED[refused.code])
    return HttpResponseRedirect(reverse("calls") + "?answered")


@require_http_methods(["GET", "POST"])
def by_message(request: HttpRequest, message: UUID) -> HttpResponse:
    """Behind the link of a message: asks nothing of the record until the button is pressed.

    A mail scanner that follows the link changes nothing, and learns nothing.
    """
    said, held = "", hands()
    if request.method == "POST":
        said = held.door.answer_call(held.organisation, str(message), token_for(request))
    return page(
        request,
        "call_link.html",
        404 if said == "unknown" else 200,
        said=said,
        action=request.path,
        token=shown_token(request),
    )


def of_record(who: Who, record: UUID) -> list[Call]:
    """The calls of a record that the reader may read, the newest first."""
    return kept_calls(hands().desk, who.key, record)


def line(who: Who, made: Sequence[Call], bodies: Bodies) -> str:
    """Who was called last about a record, and when the next is; blank where somebody has acted."""
    if not made or made[0].next_at is None:
        return ""
    last = made[0]
    if not last.stands:
        return NEW
    name = "you" if last.person == who.reader.id else bodies.name(last.person)
    answered = f", and {'you' if name == 'you' else 'they'} said: I have this" * bool(
        last.answered_at
    )
    at = moment(last.next_at) if last.next_at and last.next_at > last.at else "once"
    return (
        f"Heed called {name} on {moment(last.at)}{answered}. Nobody has decided or rung yet:"
        f" the next person is called {'at once' if at == 'once' else 'on ' + at}."
        + ("" if hands().configuration.post == "smtp" else NO_TEXTS)
    )


def lines(who: Who) -> list[dict[str, Any]]:
    """What the reader's queue says of calls about what they answer for, or were called about.

    The queue itself is worth more than these: where they cannot be had, it is shown without.
    """
    found: list[dict[str, Any]] = []
    try:
        rows = kept_calls(hands().desk, who.key)
    except (StoreAway, StoreRefused):
        return found
    mine = [one for one in rows if who.reader.id in (one.owner, one.person) and one.next_at]
    bodies = Bodies.seen_by(who) if mine else None
    for _, group in groupby(mine, attrgetter("record")):
        made = list(group)
        asked = _asked(who, made) is not None
        if bodies is not None:
            said = line(who, made, bodies)
            found.append({"reference": made[0].reference, "said": said, "asked": asked})
    return found


def _asked(who: Who, made: Sequence[Call]) -> UUID | None:
    """The reader's own call that waits for their answer: none from before somebody acted."""
    mine = (one for one in made if one.person == who.reader.id and one.stands)
    return next((one.call for one in mine if not one.answered_at), None)


def _calls(request: HttpRequest, who: Who, wrong: str = "") -> HttpResponse:
    bodies = Bodies.seen_by(who)
    rows = kept_calls(hands().desk, who.key)
    return page(
        request,
        "calls.html",
        400 if wrong else 200,
        records=[
            _record(who, bodies, list(group)) for _, group in groupby(rows, attrgetter("record"))
        ],
        rings=hands().configuration.post == "smtp",
        token=shown_token(request),
        wrong={"calls": wrong},
        answered="answered" in request.GET,
    )


def _record(who: Who, bodies: Bodies, made: list[Call]) -> dict[str, Any]:
    last = made[0]
    return {
        "id": last.record,
        "reference": last.reference,
        "danger": last.danger,
        "filed_at": last.filed_at,
        "owner": bodies.name(last.owner),
        "open": last.open,
        "said": line(who, made, bodies),
        "call": _asked(who, made) if last.next_at else None,
        "calls": [
            {
                "name": bodies.name(one.person),
                "why": WHY.get(one.why, ""),
                "at": one.at,
                "answered_at": one.answered_at,
                "sent": NOT_SENT.get(one.sent or "", ""),
            }
            for one in made
        ],
    }
