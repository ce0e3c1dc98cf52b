"""What an overseer sees from outside the line: every record without its words, and who looked at what."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.access import commands
from heed.office.bodies import Bodies
from heed.office.changes import record_change, shown_token, token_for
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import OVERSEER, for_posts
from heed.store import staff
from heed.store.staff import LookedAt, LookOf, Overseen

PAGE = 25
MANY = 2
"""Hand-overs from which on a record is marked."""
NO_REASON = "Write your reason."
_PLACE = re.compile(r"([0-9]{1,17})\.([0-9a-f]{32})", re.ASCII)
Place = tuple[datetime, UUID]


@for_posts(OVERSEER)
@require_GET
def oversight(request: HttpRequest, who: Who) -> HttpResponse:
    """One page of all records, newest first; each page begins behind the last row of another."""
    before = read_place(request.GET.get("before", ""))
    rows = staff.overseen(hands().desk, who.key, PAGE + 1, before)
    bodies, last = Bodies.seen_by(who), rows[PAGE - 1] if len(rows) > PAGE else None
    return page(
        request,
        "oversight.html",
        records=[_row(bodies, who, one) for one in rows[:PAGE]],
        first=before is None,
        next=written(last.filed_at, last.record) if last else None,
    )


@for_posts(OVERSEER)
@require_http_methods(["GET", "POST"])
def ask_for_content(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Ask to see what a record holds, with a reason; then the record opens."""
    if request.method != "POST":
        return _ask(request, who, record)
    reason = request.POST.get("reason", "")
    if not reason.strip():
        return _ask(request, who, record, NO_REASON)
    held = hands()
    entry = commands.ask_for_content(
        held.chance,
        held.organisation,
        person=who.reader.id,
        record=record,
        reason=reason,
        token=token_for(request),
    )
    refused = record_change(who, entry)
    if refused:
        return _ask(request, who, record, refused)
    return HttpResponseRedirect(reverse("record", args=[record]))


@for_posts(OVERSEER)
@require_GET
def looks_at(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Who looked at one record; for an overseer who asked to see it, or answers for it."""
    row, bodies = _one(who, record), Bodies.seen_by(who)
    looks = staff.looks_at(hands().desk, who.key, record)
    return page(
        request,
        "looks_at.html",
        record=_row(bodies, who, row),
        looks=[_look(bodies, look) for look in reversed(looks)],
    )


@for_posts(OVERSEER)
@require_GET
def watched(request: HttpRequest, who: Who) -> HttpResponse:
    """Everybody whose looks this overseer may review: all but the overseer."""
    bodies = Bodies.seen_by(who)
    others = [one for one in bodies.people.values() if one.id != who.reader.id]
    return page(
        request,
        "watched.html",
        people=[
            {"id": one.id, "name": bodies.name(one.id), "job": one.role, "active": one.active}
            for one in others
        ],
    )


@for_posts(OVERSEER)
@require_GET
def looks_of(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """One page of one person's looks, newest first."""
    bodies = Bodies.seen_by(who)
    if person not in bodies.people:
        raise Http404
    before = read_place(request.GET.get("before", ""))
    rows = staff.looks_of(hands().desk, who.key, person, PAGE + 1, before)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return page(
        request,
        "looks_of.html",
        person={"id": person, "name": bodies.name(person)},
        own=person == who.reader.id,
        looks=[_of(look) for look in rows[:PAGE]],
        first=before is None,
        next=written(last.at, last.look) if last else None,
    )


def written(at: datetime, id: UUID) -> str:
    """A place in a list as an address carries it: microseconds since 1970, and an id."""
    seconds = int(at.replace(microsecond=0).timestamp())
    return f"{seconds * 1_000_000 + at.microsecond}.{id.hex}"


def read_place(said: str) -> Place | None:
    """The place that an address names; None, the start, for what names none."""
    found = _PLACE.fullmatch(said)
    if found is None:
        return None
    seconds, rest = divmod(int(found[1]), 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), UUID(found[2])


def _ask(request: HttpRequest, who: Who, record: UUID, error: str = "") -> HttpResponse:
    return page(
        request,
        "oversight_ask.html",
        400 if error else 200,
        record=_row(Bodies.seen_by(who), who, _one(who, record)),
        reason=request.POST.get("reason", ""),
        token=shown_token(request),
        error=error,
    )


def _one(who: Who, record: UUID) -> Overseen:
    found = staff.overseen_one(hands().desk, who.key, record)
    if found is None:
        raise Http404
    return found


def _row(bodies: Bodies, who: Who, one: Overseen) -> dict[str, Any]:
    """`open`: whether the record page opens for this reader now."""
    return {
        "id": one.record,
        "reference": one.reference,
        "channel": one.channel,
        "danger": one.danger,
        "filed_at": one.filed_at,
        "opened_at": one.opened_at,
        "news": one.opened_at is not None and one.said_at > one.opened_at,
        "owner": bodies.name(one.owner),
        "handed": one.handed,
        "many": one.handed >= MANY,
        "open": one.asked_at is not None or one.owner == who.reader.id,
    }


def _look(bodies: Bodies, look: LookedAt) -> dict[str, Any]:
    return {
        "person": look.person,
        "name": bodies.name(look.person),
        "own": look.person == bodies.reader,
        "purpose": look.purpose,
        "reason": look.reason,
        "at": look.at,
    }


def _of(look: LookOf) -> dict[str, Any]:
    pairs = zip(look.records, look.references, strict=True)
    return {
        "at": look.at,
        "purpose": look.purpose,
        "reason": look.reason,
        "records": [{"id": record, "reference": reference} for record, reference in pairs],
    }
