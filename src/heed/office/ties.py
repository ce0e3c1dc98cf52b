"""Telling us that two people are close: neither may then see what is about the other."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import commands
from heed.office.bodies import Bodies
from heed.office.changes import shown_token, token_for
from heed.office.choosing import MANY, narrowed, of_people, picked
from heed.office.faults import LOG
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.store.connection import StoreRefused

NO_PERSON = "Choose who this is about."
NO_OTHER = "Choose who they are close to."
NOT_ONESELF = "Choose two different people."
NOBODY_HERE = "Choose at least one who works here now."
NO_HOW = "Write how they are close. A few words are enough."


@for_staff
@require_http_methods(["GET", "POST"])
def tie(request: HttpRequest, who: Who) -> HttpResponse:
    """Declare a tie of one's own, or of two colleagues; it holds from the moment it is recorded."""
    bodies = Bodies.seen_by(who)
    if request.method != "POST" or request.POST.get("step") == "find":
        return _ask(request, bodies, {})
    choices = of_people(bodies, bodies.people.values())
    person = picked(choices, request.POST.get("person", ""))
    other = picked(choices, request.POST.get("other", ""))
    wrong = _wrong(bodies, person, other, request.POST.get("how", ""))
    if person is None or other is None or wrong:
        return _ask(request, bodies, wrong)
    if not bodies.people[person].active:
        person, other = other, person  # it holds both ways, and stands with whoever is here
    held = hands()
    entry = commands.declare_relation(
        held.chance,
        held.organisation,
        person=person,
        other=other,
        how=request.POST.get("how", ""),
        token=token_for(request),
    )
    try:
        held.desk.append(who.key, entry)
    except StoreRefused as refused:
        LOG.error("StoreRefused %s in tie", refused.code)
        return _not_recorded(request)
    return HttpResponseRedirect(reverse("tie_recorded"))


@for_staff
@require_GET
def recorded(request: HttpRequest, who: Who) -> HttpResponse:
    """The same page for everybody, whatever followed: it must not say who must not see what."""
    return page(request, "tie_recorded.html")


def _wrong(bodies: Bodies, person: UUID | None, other: UUID | None, how: str) -> dict[str, str]:
    wrong = {}
    if person is None:
        wrong["person"] = NO_PERSON
    if other is None:
        wrong["other"] = NO_OTHER
    elif person == other:
        wrong["other"] = NOT_ONESELF
    elif person and not (bodies.people[person].active or bodies.people[other].active):
        wrong["other"] = NOBODY_HERE
    if not how.strip():
        wrong["how"] = NO_HOW
    return wrong


def _ask(request: HttpRequest, bodies: Bodies, wrong: dict[str, str]) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("person", "other", "how", "find")}
    if request.method != "POST":
        said["person"] = str(bodies.reader)
    choices = of_people(bodies, bodies.people.values())
    return page(
        request,
        "tie.html",
        400 if wrong else 200,
        people=narrowed(choices, said["find"], said["person"]),
        others=narrowed(choices, said["find"], said["other"]),
        many=len(choices) > MANY,
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )


def _not_recorded(request: HttpRequest) -> HttpResponse:
    """One page for every reason why the database says no: which one could say who must not see what."""
    said = {name: request.POST.get(name, "") for name in ("person", "other", "how")}
    return page(request, "tie_not_recorded.html", 503, said=said, token=shown_token(request))
