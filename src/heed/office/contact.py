"""Naming another outside contact, who holds what nobody inside can."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.access import people as commands
from heed.office.bodies import Bodies
from heed.office.changes import SENTENCES, chosen, record_change, shown_token, token_for
from heed.office.choosing import of_people
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR, for_posts
from heed.store import staff

NO_PERSON = "Choose who is the outside contact from now on."
REFUSED = SENTENCES | {
    "HE003": "This person cannot be the outside contact now. Look if they are away or have left.",
    "HE013": "Only an administrator of the outside contact’s own body can name another, from"
    " that body. If this is not you, ask them.",
}


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, who: Who) -> HttpResponse:
    """Choose, check, and name another outside contact."""
    bodies, turns = Bodies.seen_by(who), staff.turns(hands().desk, who.key)
    person = chosen(request.POST.get("person", ""))
    if request.method != "POST" or not turns:
        return _ask(request, bodies, turns, "")
    if person is None or person not in bodies.people:
        return _ask(request, bodies, turns, NO_PERSON)
    if request.POST.get("step") != "name":
        return page(
            request,
            "contact_check.html",
            person=person,
            whom=bodies.name(person),
            was=bodies.name(turns[0].fallback),
            token=shown_token(request),
        )
    held = hands()
    entry = commands.set_fallback(
        held.chance,
        held.organisation,
        slot=turns[0].slot,
        fallback=person,
        token=token_for(request),
    )
    if refused := record_change(who, entry, sentences=REFUSED):
        return _ask(request, bodies, turns, refused)
    return HttpResponseRedirect(reverse("duty") + "?contact")


def _ask(
    request: HttpRequest, bodies: Bodies, turns: list[staff.DutyTurn], wrong: str
) -> HttpResponse:
    now = turns[0].fallback if turns else None
    able = [
        one
        for one in bodies.people.values()
        if bodies.takes_work(one) and bodies.may_set_up(one) and one.units and one.id != now
    ]
    return page(
        request,
        "contact.html",
        400 if wrong else 200,
        now=bodies.name(now) if now else "",
        theirs=now is not None and now in bodies.people and bodies.may_set_up(bodies.people[now]),
        people=of_people(bodies, able),
        said={"person": request.POST.get("person", "")},
        wrong={"person": wrong},
        token=shown_token(request),
    )
