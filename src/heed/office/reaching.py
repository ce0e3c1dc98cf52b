"""How other bodies are reached: a team, its number or address, and when somebody last checked that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.core.times import LONDON, day
from heed.core.working_days import end_of
from heed.office.bodies import Bodies
from heed.office.changes import record_change, shown_token, token_for
from heed.office.choosing import Choice
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.referrals import HOWS
from heed.referral.commands import How, keep_reach
from heed.referral.directory import SOURCES, directory
from heed.referral.rules import CHECKED
from heed.store import referral as stored
from heed.store import staff
from heed.store.referral import ReachOf

WAYS = (How.TELEPHONE, How.PORTAL, How.EMAIL)
NO_BODY = "Choose the body."
NO_HOW = "Choose how they are reached."
NO_REACH = "Write the number, the address, or where their form is."
NO_DAY = "Say on which day somebody last checked it: a day that has been."
NOT_YOURS = "Only an administrator, or somebody who answers for a concern, can keep a contact."
MANY = 50


class Contact(NamedTuple):
    """How a body is reached. `old`: nobody checked it for too long; `before`: another one replaced it."""

    body: str
    name: str
    how: str
    team: str
    reach: str
    checked_on: str
    by: str
    old: bool
    before: bool


@for_staff
@require_http_methods(["GET", "POST"])
def contacts(request: HttpRequest, who: Who) -> HttpResponse:
    """All contacts, and a form to keep one; a newer one stands before an older one, which is not deleted."""
    said = {name: request.POST.get(name, request.GET.get(name, "")) for name in _FIELDS}
    asked = request.method == "POST" and request.POST.get("step") != "find"
    wrong = _wrong(who, said) if asked else {}
    if asked and not any(wrong.values()):
        wrong["body"] = _kept(request, who, said)
        if not wrong["body"]:
            return HttpResponseRedirect(reverse("contacts") + "?kept")
    bodies = [Choice(one.id, one.name) for one in directory().found(said["find"])[:MANY]]
    named = directory().body(said["body"])
    if named is not None and named.id not in dict(bodies):
        bodies.insert(0, Choice(named.id, named.name))
    return page(
        request,
        "contacts.html",
        400 if any(wrong.values()) else 200,
        contacts=sorted(
            _shown(who, stored.reaches(hands().desk, who.key)), key=lambda one: one.name
        ),
        bodies=bodies,
        hows=[(str(how), HOWS[how]) for how in WAYS],
        limit=str(CHECKED.limit),
        sources=SOURCES,
        said=said,
        wrong=wrong,
        told="The contact is kept. It stands on the page where a record is referred."
        if "kept" in request.GET
        else "",
        token=shown_token(request),
    )


def reaches_of(who: Who, body: str) -> list[Contact]:
    """How a body is reached now, by every way that somebody kept."""
    every = stored.reaches(hands().desk, who.key)
    return [one for one in _shown(who, every) if one.body == body and not one.before]


_FIELDS = ("body", "find", "how", "name", "reach", "checked")


def _shown(who: Who, rows: Sequence[ReachOf]) -> Iterator[Contact]:
    bodies, now = Bodies.seen_by(who), staff.now(hands().desk, who.key)
    seen: set[tuple[str, str]] = set()
    for row in rows:
        due = CHECKED.due(end_of(row.checked_on))
        yield Contact(
            row.body,
            directory().name(row.body),
            HOWS[How(row.how)],
            row.words.get("name", ""),
            row.words.get("reach", ""),
            day(row.checked_on),
            bodies.name(row.actor),
            due is not None and now > due,
            (row.body, row.how) in seen,
        )
        seen.add((row.body, row.how))


def _wrong(who: Who, said: dict[str, str]) -> dict[str, str]:
    checked = _day(said["checked"])
    today = staff.now(hands().desk, who.key).astimezone(LONDON).date()
    return {
        "body": "" if directory().body(said["body"]) else NO_BODY,
        "how": "" if said["how"] in WAYS else NO_HOW,
        "reach": "" if said["reach"].strip() else NO_REACH,
        "checked": "" if checked is not None and checked <= today else NO_DAY,
    }


def _kept(request: HttpRequest, who: Who, said: dict[str, str]) -> str:
    checked = _day(said["checked"])
    assert checked is not None
    entry = keep_reach(
        hands().chance,
        hands().organisation,
        body=said["body"],
        how=How(said["how"]),
        checked_on=checked,
        name=said["name"],
        reach=said["reach"],
        token=token_for(request),
    )
    return record_change(who, entry)


def _day(said: str) -> date | None:
    try:
        found = datetime.strptime(said, "%Y-%m-%d").date()
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2100 else None
