"""Who is on duty now and next: the turns of the person who answers for what comes in."""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.access import commands
from heed.core.times import LONDON
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR, for_posts
from heed.office.session import key_of
from heed.store import staff
from heed.store.calls import reaches
from heed.store.staff import DutyTurn

FIELDS = ("person", "day", "month", "year", "time")
NO_PERSON = "Choose who is on duty."
NO_DAY = "Write the day in numbers, such as 27 3 2027. Leave day and time empty to begin now."
NO_TIME = "Write the time, such as 9:00 or 5:30pm."
NEVER = "The clocks go forward that night, and this time is left out. Choose another time."
PASSED = "This time has passed. Choose a later one, or leave day and time empty to begin now."
PATIENCE = timedelta(hours=1)
"""How long somebody may look at the checking page."""
_TIME = re.compile(r"([01]?\d|2[0-3])(?:[:.]([0-5]\d))? ?(am|pm)?", re.ASCII | re.IGNORECASE)


class NoSuchTime(ValueError):
    """What was typed is no time in London; `field` names the box, the text says what to do."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def duty(request: HttpRequest, who: Who) -> HttpResponse:
    """The turns, a form for one more, and the page on which it is checked.

    That page names the instant, so that "from now on" is the same instant however often it is sent.
    """
    desk = hands().desk
    bodies, turns = Bodies.seen_by(who), staff.turns(desk, who.key)
    if request.method != "POST" or not turns:
        return _show(request, bodies, turns, {})
    person, now = chosen(request.POST.get("person", "")), staff.now(desk, who.key)
    if person is None or person not in bodies.people:
        return _show(request, bodies, turns, {"person": NO_PERSON})
    try:
        starts = _checked(request, now) or _starts(request, now)
    except NoSuchTime as wrong:
        return _show(request, bodies, turns, {wrong.field: str(wrong)})
    if request.POST.get("step") != "add":
        return page(
            request,
            "duty_check.html",
            person=person,
            whom=bodies.name(person),
            starts_at=starts,
            weekday=f"{starts.astimezone(LONDON):%A}",
            starts=starts.isoformat(),
            token=shown_token(request),
        )
    held = hands()
    entry = commands.add_turn(
        held.chance,
        held.organisation,
        slot=turns[0].slot,
        person=person,
        starts_at=starts,
        token=token_for(request),
    )
    refused = record_change(who, entry)
    if refused:
        return _show(request, bodies, turns, {"person": refused})
    return HttpResponseRedirect(reverse("duty") + "?done")


def _checked(request: HttpRequest, now: datetime) -> datetime | None:
    """The instant that the checking page named; None where this did not come from that page."""
    try:
        starts = datetime.fromisoformat(request.POST.get("starts", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if starts < now - PATIENCE:
        raise NoSuchTime("day", PASSED)
    return starts


def _starts(request: HttpRequest, now: datetime) -> datetime:
    """When the turn begins: now where nothing was typed, else a time in London from now on."""
    day, month, year, time = (request.POST.get(field, "").strip() for field in FIELDS[1:])
    if not (day or month or year or time):
        return now
    begins = london_time(day, month, year, time)
    if begins < now:
        raise NoSuchTime("day", PASSED)
    return begins


def london_time(day: str, month: str, year: str, time: str) -> datetime:
    """An instant, in UTC, of what was typed; raises NoSuchTime.

    Of the hour that comes twice when the clocks go back, the first is meant: nobody is left
    without somebody on duty.
    """
    found = _TIME.fullmatch(time)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    half = (found[3] or "").lower() if found else ""
    if found is None or (half and not 1 <= hour <= 12):
        raise NoSuchTime("time", NO_TIME)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        local = datetime(int(year), int(month), int(day), hour, minute, tzinfo=LONDON)
    except ValueError:
        raise NoSuchTime("day", NO_DAY) from None
    if not 2000 <= local.year <= 2099:  # what register.instant() takes, without a typed 27
        raise NoSuchTime("day", NO_DAY)
    begins = local.astimezone(UTC)
    if begins.astimezone(LONDON).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime("time", NEVER)
    return begins


def _show(
    request: HttpRequest, bodies: Bodies, turns: list[DutyTurn], wrong: dict[str, str]
) -> HttpResponse:
    working = [one for one in bodies.people.values() if one.active]
    known = reaches(hands().desk, key_of(request)).values()
    reached = frozenset(one.person for one in known if one.reached)
    can = [one for one in working if ADMINISTRATOR not in one.posts and one.signs_in]
    return page(
        request,
        "duty.html",
        400 if wrong else 200,
        now=_row(bodies, turns[0], reached) if turns else None,
        turns=[_row(bodies, turn, reached) for turn in turns[1:]],
        contact=bodies.name(turns[0].fallback if turns else None),
        contact_called=bool(turns) and turns[0].fallback in reached,
        rings=hands().configuration.post == "smtp",
        people=[
            {"id": one.id, "line": f"{bodies.name(one.id)}, {one.role}"}
            for one in can
            if bodies.may_set_up(one)
        ],
        token=shown_token(request),
        said={field: request.POST.get(field, "") for field in FIELDS},
        wrong=wrong,
        done="done" in request.GET,
        named="contact" in request.GET,
        shut_out=[
            {"id": one.id, "name": bodies.name(one.id)}
            for one in working
            if not one.signs_in and bodies.may_set_up(one)
        ],
        away=[
            {
                "name": bodies.name(one.id),
                "since": one.away_since,
                "means": one.away_until,
                "cover": bodies.name(one.cover) if one.cover else "",
            }
            for one in working
            if one.away_since
        ],
    )


def _row(bodies: Bodies, turn: DutyTurn, reached: Set[UUID]) -> dict[str, Any]:
    return {
        "called": turn.person in reached,
        "name": bodies.name(turn.person),
        "starts_at": turn.starts_at,
        "signs_in": turn.signs_in,
        "passed_over": not _answers(bodies, turn.person),
        "away": (known := bodies.people.get(turn.person)) is not None and known.away_since,
    }


def _answers(bodies: Bodies, person: UUID) -> bool:
    known = bodies.people.get(person)
    return known is not None and bodies.is_here(known)
