"""Being away and back: said for oneself, or by an administrator of one's body."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from heed.access import people as commands
from heed.office.bodies import Bodies
from heed.office.changes import SENTENCES, chosen, shown_token, token_for
from heed.office.choosing import Choice, of_people, picked
from heed.office.duty import NoSuchTime, london_time
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR, for_posts
from heed.store import staff
from heed.store.connection import StoreRefused

FIELDS = ("cover", "until_day", "until_month", "until_year")
NO_COVER = "Choose a colleague from the list, or nobody."
NO_DAY = "Write a real day from today on, such as 27 3 2027. Or leave all three empty."
REFUSED = SENTENCES | {
    "HE003": "This cannot be now: look if they are away already, or back already.",
    "HE063": "This colleague has no way to sign in yet. Choose somebody else, or nobody.",
    "HE017": "This colleague cannot stand in now. Choose somebody else, or nobody.",
}


class _Asked(NamedTuple):
    """What a form asks for, once nothing in it is wrong."""

    cover: UUID | None
    until: datetime | None


@for_staff
@require_http_methods(["GET", "POST"])
def away(request: HttpRequest, who: Who) -> HttpResponse:
    """Say that one is away: the form, and the page that says what will happen."""
    return _away(request, who, who.reader.id)


@for_staff
@require_POST
def back(request: HttpRequest, who: Who) -> HttpResponse:
    """Say that one is back."""
    return _back(request, who, who.reader.id)


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def person_away(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """Say that somebody of one's own body is away."""
    return _away(request, who, _set_up(who, person))


@for_posts(ADMINISTRATOR)
@require_POST
def person_back(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """Say that somebody of one's own body is back."""
    return _back(request, who, _set_up(who, person))


def _set_up(who: Who, person: UUID) -> UUID:
    bodies = Bodies.seen_by(who)
    if person not in bodies.people or not bodies.may_set_up(bodies.people[person]):
        raise Http404
    return person


def _away(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    bodies = Bodies.seen_by(who)
    covers = _covers(bodies, person)
    step = request.POST.get("step", "")
    if request.method != "POST" or step == "change":
        return _ask(request, who, bodies, person, covers, {})
    wrong: dict[str, str] = {}
    asked = _asked(request, covers, wrong)
    if asked.until and asked.until <= staff.now(hands().desk, who.key):
        wrong["until_day"] = NO_DAY
    if wrong:
        return _ask(request, who, bodies, person, covers, wrong)
    if step != "record":
        return _draw(
            request,
            "away_check.html",
            who,
            bodies,
            person,
            cover=bodies.name(asked.cover) if asked.cover else "",
            until=asked.until,
        )
    held = hands()
    entry = commands.go_away(
        held.chance,
        held.organisation,
        person=person,
        until=asked.until,
        cover=asked.cover,
        token=token_for(request),
    )
    try:
        held.desk.append(who.key, entry)
    except StoreRefused as refused:
        if refused.code not in REFUSED:
            raise
        field = "cover" if refused.code in ("HE017", "HE063") else "until_day"
        return _ask(request, who, bodies, person, covers, {field: REFUSED[refused.code]})
    return _done(who, person, "away")


def _back(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    held = hands()
    entry = commands.come_back(
        held.chance, held.organisation, person=person, token=token_for(request)
    )
    try:
        held.desk.append(who.key, entry)
    except StoreRefused as refused:
        if refused.code not in REFUSED:
            raise
        bodies = Bodies.seen_by(who)
        wrong = {"until_day": REFUSED[refused.code]}
        return _ask(request, who, bodies, person, _covers(bodies, person), wrong)
    return _done(who, person, "back")


def _covers(bodies: Bodies, person: UUID) -> list[Choice]:
    """Whoever is here in the same body; the database knows who may have which record."""
    mine = bodies.bodies_of(bodies.people[person])
    able = (
        one
        for one in bodies.people.values()
        if bodies.takes_work(one) and one.id != person and mine & bodies.bodies_of(one)
    )
    return of_people(bodies, able)


def _asked(request: HttpRequest, covers: list[Choice], wrong: dict[str, str]) -> _Asked:
    """What was chosen and typed; `wrong` gets a sentence for what is not right."""
    said = request.POST.get("cover", "")
    cover = picked(covers, said)
    if said and cover is None:
        # A form sent twice may name who can stand in no longer: the register knows it again.
        cover = chosen(said) if request.POST.get("step") == "record" else None
        if cover is None:
            wrong["cover"] = NO_COVER
    day, month, year = (request.POST.get(name, "").strip() for name in FIELDS[1:])
    until = None
    if day or month or year:
        try:
            until = london_time(day, month, year, "23:59")
        except NoSuchTime:
            wrong["until_day"] = NO_DAY
    return _Asked(cover, until)


def _ask(
    request: HttpRequest,
    who: Who,
    bodies: Bodies,
    person: UUID,
    covers: list[Choice],
    wrong: dict[str, str],
) -> HttpResponse:
    return _draw(
        request,
        "away.html",
        who,
        bodies,
        person,
        400 if wrong else 200,
        covers=covers,
        wrong=wrong,
        done=request.GET.get("done", ""),
    )


def _draw(
    request: HttpRequest,
    name: str,
    who: Who,
    bodies: Bodies,
    person: UUID,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """`records`: how many the reader answers for; None of somebody else, which is not theirs to know."""
    mine = person == who.reader.id
    known = bodies.people[person]
    return page(
        request,
        name,
        status,
        person=person,
        mine=mine,
        whom=bodies.name(person),
        since=known.away_since,
        means=known.away_until,
        stands_in=bodies.name(known.cover) if known.cover else "",
        records=staff.answered_for(hands().desk, who.key) if mine else None,
        action=reverse("away") if mine else reverse("person_away", args=[person]),
        back=reverse("back") if mine else reverse("person_back", args=[person]),
        said={field: request.POST.get(field, "") for field in FIELDS},
        token=shown_token(request),
        **context,
    )


def _done(who: Who, person: UUID, what: str) -> HttpResponse:
    mine = person == who.reader.id
    address = reverse("away") if mine else reverse("person", args=[person])
    return HttpResponseRedirect(f"{address}?done={what}")
