"""Bodies that did not confirm a referral, and a letter to one of them: facts only, no word of the record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from heed.core.times import moment
from heed.office.bodies import Bodies
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import OVERSEER, no_administrator
from heed.office.referrals import HOWS, ROUTES
from heed.referral.commands import How
from heed.referral.directory import directory
from heed.referral.rules import Route
from heed.referral.waiting import NO_CONFIRMATION, Waits, waits_for
from heed.store import staff
from heed.store.unconfirmed import Unconfirmed, unconfirmed_one
from heed.store.unconfirmed import unconfirmed as stored
from heed.triage.clocks import to_be_done
from heed.triage.concerned import CONFIRM

MANY = 100


@for_staff
@require_GET
def unconfirmed(request: HttpRequest, who: Who) -> HttpResponse:
    """Which body was told when, of which record, and by which rule it confirms: told longest ago first."""
    no_administrator(who)
    bodies = Bodies.seen_by(who)
    return page(
        request,
        "unconfirmed.html",
        waiting=[_row(bodies, who, one) for one in stored(hands().desk, who.key, MANY)],
        now=staff.now(hands().desk, who.key),
    )


@for_staff
@require_GET
def reminder(request: HttpRequest, who: Who, referral: UUID) -> HttpResponse:
    """A letter to a body that did not confirm, to be changed, printed and sent by whoever asks for it."""
    one = unconfirmed_one(hands().desk, who.key, referral)
    if one is None:
        raise Http404
    bodies = Bodies.seen_by(who)
    return page(
        request,
        "reminder.html",
        one=_row(bodies, who, one),
        letter=_letter(one),
        by=bodies.name(who.reader.id),
        at=staff.now(hands().desk, who.key),
    )


def _row(bodies: Bodies, who: Who, one: Unconfirmed) -> dict[str, Any]:
    return one._asdict() | {
        "body": directory().name(one.body),
        "route": ROUTES[Route(one.route)],
        "how": HOWS[How(one.how)],
        "owner": bodies.name(one.owner),
        "mine": one.owner == who.reader.id,
        "ask": not one.open and OVERSEER in who.reader.posts,
        "waits": _waits(one),
        "next": to_be_done(CONFIRM, one.since),
    }


def _waits(one: Unconfirmed) -> Waits:
    return waits_for(one.route, one.body, one.told_at, [])


def _letter(one: Unconfirmed) -> str:
    """Reference, dates and rule, and nothing of what was told."""
    lines = [
        f"To: {directory().name(one.body)}",
        f"Our reference: {one.reference}",
        f"We told you on {moment(one.told_at)}, {HOWS[How(one.how)].lower()}.",
        f"{NO_CONFIRMATION}.",
    ]
    clock = _waits(one).clock
    if clock is not None:
        cited = "; ".join(source.title for source in clock.sources)
        rests = f"{clock.basis}. Seen in: {cited}" if cited else clock.basis
        lines.append(f"The rule: {clock.name}: {clock.limit}. It rests on: {rests}.")
    lines.append("Please say that you have it, who has it, and what your reference is.")
    return "\n\n".join(lines)
