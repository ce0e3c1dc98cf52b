"""How people are called, and where notices go: said by oneself, or by an administrator of one's body."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.access import people as commands
from heed.core.ports import is_address
from heed.office.bodies import Bodies
from heed.office.changes import record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR, for_posts
from heed.store.calls import Reach, reaches

NO_NUMBER = "Write a telephone number with 7 to 15 digits, such as 07700 900123. Or leave it empty."
NO_ADDRESS = "Write an address such as name@example.org. Or leave it empty."


@for_staff
@require_http_methods(["GET", "POST"])
def reach(request: HttpRequest, who: Who) -> HttpResponse:
    """One's own telephone and address."""
    return _reach(request, who, who.reader.id)


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def person_reach(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """Those of somebody of one's own body."""
    bodies = Bodies.seen_by(who)
    if person not in bodies.people or not bodies.may_set_up(bodies.people[person]):
        raise Http404
    return _reach(request, who, person)


def _reach(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    mine = person == who.reader.id
    address = reverse("reach") if mine else reverse("person_reach", args=[person])
    wrong: dict[str, str] = {}
    if request.method == "POST":
        wrong = _said(request, who, person)
        if not wrong:
            return HttpResponseRedirect(address + "?done")
    known = reaches(hands().desk, who.key).get(person, Reach(person, "", "", False))
    kept = {"telephone": known.telephone, "email": known.email}
    return page(
        request,
        "reach.html",
        400 if wrong else 200,
        mine=mine,
        person=person,
        whom=Bodies.seen_by(who).name(person),
        said={name: request.POST.get(name, kept[name]) for name in kept},
        wrong=wrong,
        before_until=known.before_until,
        rings=hands().configuration.post == "smtp",
        action=address,
        token=shown_token(request),
        done="done" in request.GET,
    )


def _said(request: HttpRequest, who: Who, person: UUID) -> dict[str, str]:
    """Record it; what is wrong, by field."""
    telephone = re.sub(r"[\s().\N{EN DASH}-]", "", request.POST.get("telephone", ""))
    email = request.POST.get("email", "").strip()
    wrong = {}
    if not re.fullmatch(r"(\+?[0-9]{7,15})?", telephone):
        wrong["telephone"] = NO_NUMBER
    if email and not is_address(email):
        wrong["email"] = NO_ADDRESS
    if wrong:
        return wrong
    held = hands()
    entry = commands.set_reach(
        held.chance,
        held.organisation,
        person=person,
        telephone=telephone,
        email=email,
        token=token_for(request, telephone, email),
    )
    refused = record_change(who, entry)
    return {"telephone": refused} if refused else {}
