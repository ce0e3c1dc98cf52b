"""Bodies that did not confirm a referral, and a letter to one of them: facts only, no word of the record."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from heed.core.times import LONDON, day, moment
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
from heed.store.configuration import Configuration
from heed.store.packs import PURPOSE
from heed.store.referral import referrals
from heed.store.unconfirmed import Unconfirmed, unconfirmed_one
from heed.store.unconfirmed import unconfirmed as stored
from heed.triage.clocks import to_be_done
from heed.triage.concerned import CONFIRM

MANY = 100
NAME_IT = "(write here what the body is called)"
WIDTH = 60
"""Letters in a line of the letter where it is narrow: so it prints whole without a script."""


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
    bodies, now = Bodies.seen_by(who), staff.now(hands().desk, who.key)
    to = _called(who, one)
    me = bodies.people[who.reader.id]
    by = f"{bodies.name(me.id)}, {me.role}"
    letter = _letter(one, to or NAME_IT, by, now, hands().configuration)
    return page(
        request,
        "reminder.html",
        one=_row(bodies, who, one),
        letter=letter,
        rows=sum(1 + len(line) // WIDTH for line in letter.split("\n")) + 2,
        nameless=not to,
        by=bodies.name(who.reader.id),
        at=now,
    )


def _called(who: Who, one: Unconfirmed) -> str:
    """What the body is called; blank where it is not listed, and its name not to be read by the reader.

    That name is among the words of the record: its owner's look at it is recorded, as for a pack.
    """
    known = directory().body(one.body)
    if known is None or known.listed:
        return directory().name(one.body)
    held = hands()
    if one.owner == who.reader.id:
        me, to = who.reader.id, held.organisation
        held.desk.look(who.key, me, one.record, held.chance, to, PURPOSE)
    sent = referrals(held.desk, who.key, [one.record])
    return next((each.words.get("unlisted", "") for each in sent if each.entry == one.referral), "")


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


def _letter(one: Unconfirmed, to: str, by: str, now: datetime, ours: Configuration) -> str:
    """Sender, reference, dates and rule, and nothing of what was told. `by`: who writes, and as what."""
    today = day(now.astimezone(LONDON).date())
    lines = [
        f"{ours.organisation}\n{by}\nTelephone {ours.telephone}\n{today}",
        f"To: {to}",
        f"Our reference: {one.reference}",
        f"We told you on {moment(one.told_at)}, {HOWS[How(one.how)].lower()}.",
        f"{NO_CONFIRMATION}.",
    ]
    clock = _waits(one).clock
    if clock is not None:
        cited = "; ".join(source.title for source in clock.sources)
        rests = f"{clock.basis}. Seen in: {cited}" if cited else clock.basis
        lines.append(f"The rule: {clock.name}: {clock.limit}. It rests on: {rests}.")
    lines += [
        "Please say that you have it, who has it, and what your reference is.",
        f"Please ring us on {ours.telephone} and give our reference, or answer to the"
        " secure address from which this came. Please write no name of a child in an ordinary email.",
    ]
    return "\n\n".join(lines)
