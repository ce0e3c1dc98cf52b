"""Reading a record, and answering the person who told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from heed.core.times import day
from heed.intake import commands
from heed.office import calls, flags, kept
from heed.office.about import About
from heed.office.bodies import Bodies
from heed.office.changes import fresh_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.history import Happened, history, restricted
from heed.office.pages import page
from heed.office.referrals import Referrals
from heed.register.entry import Recipients
from heed.store import asked, identities, openings, sorting, staff
from heed.store.files import flags as standing
from heed.store.files import kept_files
from heed.store.holding import Holding, abouts, entries, holding, mentions, passings
from heed.store.readable import NoSuchRecord, OpenedRecord
from heed.store.referral import heard_of
from heed.store.staff import Restriction

NO_WORDS = "Write your answer."
NO_REASON = "Write why you need to see it."
BY_REMIT = "remit"
NO_WAY_BACK = "Nobody could read this answer: no return code was made for this record."
TOLD = {
    "answered": "Your answer is on the record. They can read it with their code.",
    "offered": "Your offer is on the record. You answer for it until your colleague accepts.",
    "named": "It is on the record, with what was said before.",
    "decided": "Your decision is on the record. It is sent to nobody. A later one can be added.",
    "joined": "The two records are joined. Each keeps its own restrictions, clock and decisions.",
    "parted": "The two records are parted. That they were joined stays on the record.",
    "brought-back": "It is a concern again, and stands in your queue.",
    "noted": "Your note is on the record.",
    "called": "Your call is on the record.",
    "parents": "It is on the record.",
    "criticised": "It is on the record. No route to keep a child safe is changed by it.",
    "referred": "The referral is on the record. What comes of it is written down there, one thing at a time.",
    "harm": "The questions of harm are answered on the record.",
    "told": "It is on the record. They can read it with their code.",
    "held": "It is on the record. Nobody tells them until that day.",
    "may-be-told": "It is on the record. They may be told.",
    "heard": "What you heard is on the record.",
    "taken-back": "You took the offer back. You still answer for this record.",
    "file-added": "What you added is on the record.",
    "who-asked": "You asked who told us. The access custodian and a second person decide.",
    "file-flagged": "The file is held for the police. Nobody is given it any more.",
    "brought-in": "Your colleague can see this record now, for seven days.",
    "leave-ended": "Their leave is ended. “Who else can see this” says who can still see this record.",
    "flag-asked": "You asked to take the flag back. Somebody else must do it.",
    "flag-back": "The flag is taken back. What no other flag holds is given out again.",
}
"""What the page says first after something was recorded, by the word in its address."""


@for_staff
@require_GET
def record(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """The words of a record; that somebody looked is on the record before they show."""
    return show(request, who, record)


@for_staff
@require_POST
def answer(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Write back. Sent twice, it is recorded once; other words are another answer."""
    held = hands()
    words = request.POST.get("words", "")
    own_record(who, record)
    if not words.strip():
        return show(request, who, record, error=NO_WORDS)
    thread = held.desk.thread_key(who.key, record)
    if thread is None:
        return show(request, who, record, error=NO_WAY_BACK, words=words)
    recipients = Recipients(held.organisation.keys | {"thread": thread})
    entry = commands.answer(held.chance, recipients, words, record=record, token=token_for(request))
    done_with = kept.done_with(request, who, kept.Place(record, "answer"))
    held.desk.append_all(who.key, [entry], done_with)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?answered")


@for_staff
@require_POST
def why(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Say why one reads by remit: the look with this reason is on the record before its words show."""
    return show(request, who, record, reason=request.POST.get("reason", ""))


def seen_record(who: Who, record: UUID) -> Holding:
    """A record that the reader may read; raises NoSuchRecord."""
    found = holding(hands().desk, who.key, record)
    if found is None:
        raise NoSuchRecord
    return found


def own_record(who: Who, record: UUID) -> Holding:
    """A record that the reader answers for; raises NoSuchRecord, also for an overseer who asked."""
    found = seen_record(who, record)
    if found.owner != who.reader.id:
        raise NoSuchRecord
    return found


def show(
    request: HttpRequest,
    who: Who,
    record: UUID,
    *,
    error: str = "",
    words: str = "",
    reason: str = "",
) -> HttpResponse:
    """The page of a record, once the look is recorded; in its form what was sent, else what was kept."""
    held = hands()
    seen = seen_record(who, record)
    by_remit = seen.purpose == BY_REMIT
    if by_remit and not reason.strip():
        return _ask_why(request, who, record, seen)
    mine = seen.owner == who.reader.id
    opened = held.desk.open(
        who.key,
        who.reader.id,
        record,
        held.chance,
        held.organisation,
        seen.purpose or "",
        reason if by_remit else "",
    )
    bodies = Bodies.seen_by(who)
    walls = staff.restrictions(held.desk, who.key, record)
    about = About.of(who, record, bodies)
    referrals = Referrals.of(who, record, about, bodies)
    kept_here: dict[str, object] = {"words": words}
    if mine:
        kept_here = kept.shown_at(request, who, kept.Place(record, "answer"), words)
    return page(
        request,
        "record.html",
        400 if error else 200,
        record=opened.listed,
        said=told_in(who, record, opened, bodies, walls, about.done_for | referrals.done_for),
        about=about,
        referrals=referrals,
        now=staff.now(held.desk, who.key),
        units_named=[
            {"id": unit, "name": bodies.unit_name(unit)}
            for unit in mentions(held.desk, who.key, record)
        ],
        restrictions=restricted(walls, bodies),
        files=kept_files(held.desk, who.key, record),
        flags=[flags.row(bodies, who, one) for one in standing(held.desk, who.key, record)],
        accountable=bodies.name(seen.owner),
        mine=mine,
        purpose=seen.purpose,
        others=_others(who, record, bodies),
        offer=_offer(who, record, bodies) if mine else None,
        sealed=identities.sealed(held.desk, who.key, record),
        aside=sorting.aside_since(held.desk, who.key, record) if mine else None,
        copies=sorting.copies(held.desk, who.key, record),
        calling=calls.line(who, calls.of_record(who, record), bodies),
        can_answer=opened.thread is not None,
        tellings=[
            {"whom": about.done_for[one.decision][0]} | one._asdict()
            for one in asked.tellings(held.desk, who.key, record)
        ],
        held_until=day(until) if (until := asked.held_until(held.desk, who.key, record)) else "",
        token=fresh_token(),
        error=error,
        **kept_here,
        told=next((TOLD[word] for word in request.GET if word in TOLD), ""),
    )


def _ask_why(request: HttpRequest, who: Who, record: UUID, seen: Holding) -> HttpResponse:
    """Outside one's own queue a look needs a reason: asked before each (access.md D6)."""
    asked = request.method == "POST"
    return page(
        request,
        "remit_why.html",
        400 if asked else 200,
        record=record,
        reference=seen.reference,
        accountable=Bodies.seen_by(who).name(seen.owner),
        wrong={"reason": NO_REASON if asked else ""},
        told=next((TOLD[word] for word in request.GET if word in TOLD), ""),
    )


def _others(who: Who, record: UUID, bodies: Bodies) -> list[dict[str, Any]]:
    """Who else may read it for a time, and by what right."""
    return [
        {"name": bodies.name(one.person)} | one._asdict()
        for one in openings.of_record(hands().desk, who.key, record)
        if one.person != who.reader.id
    ]


def told_in(
    who: Who,
    record: UUID,
    opened: OpenedRecord,
    bodies: Bodies,
    walls: Sequence[Restriction],
    done_for: dict[UUID, tuple[str, str]],
) -> list[Happened]:
    """All that was said and done in a record that was opened, oldest first."""
    desk = hands().desk
    return history(
        opened.said,
        entries(desk, who.key, record),
        walls,
        bodies,
        abouts(desk, who.key, record),
        passings(desk, who.key, record),
        done_for,
        heard_of(desk, who.key, [record]),
    )


def _offer(who: Who, record: UUID, bodies: Bodies) -> dict[str, Any] | None:
    """The reader's own offer of a record that waits for somebody."""
    for offer in staff.offers(hands().desk, who.key):
        if offer.record == record and offer.giver == who.reader.id:
            by = "" if offer.made_by == offer.giver else bodies.name(offer.made_by)
            return {"to": bodies.name(offer.taker), "at": offer.at, "by": by}
    return None
