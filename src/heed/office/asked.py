"""Reporters who wait to hear from us: what to tell them, or why not yet, and what they say is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.core.ports import SealedEntry
from heed.core.times import day, moment
from heed.office.about import About
from heed.office.bodies import Bodies
from heed.office.changes import CLOSED, chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import OVERSEER, no_administrator
from heed.office.record import NO_WAY_BACK, own_record
from heed.oversight.asked import ANSWERED, CHALLENGED
from heed.oversight.asked_commands import Verdict, answer_challenge, hold_telling, tell_reporter
from heed.register.entry import Recipients
from heed.store import asked, concerned, staff
from heed.store.asked import Waits
from heed.store.concerned import Decided
from heed.triage.clocks import Due

MANY = 100
NO_DECISION = "Choose what you tell them of."
NO_WORDS = "Write what you tell them."
NO_DAY = "Give a day to come, such as 27 3 2027, within three months."
NO_REASON = "Write why."
NO_BUTTON = "Nothing is kept yet. Press the button for what you want to do."
NO_VERDICT = "Say if the decision stands."
FIELDS = ("decision", "words", "until_day", "until_month", "until_year", "reason")
VERDICTS = (
    (str(Verdict.STANDS), "The decision stands"),
    (str(Verdict.DECIDE_AGAIN), "It must be decided again"),
)


@for_staff
@require_GET
def reporters(request: HttpRequest, who: Who) -> HttpResponse:
    """Who asked again, who says that a decision is wrong, and whom we look again at telling."""
    no_administrator(who)
    bodies = Bodies.seen_by(who)
    rows = asked.reporters_wait(hands().desk, who.key, MANY)
    return page(
        request,
        "reporters.html",
        waiting=[_row(bodies, who, one) for one in rows],
        now=staff.now(hands().desk, who.key),
        done="done" in request.GET,
    )


def _row(bodies: Bodies, who: Who, one: Waits) -> dict[str, Any]:
    """`ask`: the reader oversees, and has to ask to see the record first."""
    due = {
        "asked": Due("Write to them: they asked again", ANSWERED.due(one.since), ANSWERED),
        "challenged": Due(
            "They say that a decision is wrong. Somebody who did not decide it answers",
            CHALLENGED.due(one.since),
            CHALLENGED,
        ),
        "held": Due("Look again at “do not tell them yet”"),
    }
    return one._asdict() | {
        "next": due[one.what],
        "owner": bodies.name(one.owner),
        "mine": one.owner == who.reader.id,
        "ask": not one.open and OVERSEER in who.reader.posts,
    }


@for_staff
@require_http_methods(["GET", "POST"])
def tell(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Tell the reporter of a decision, or write down why not yet, or that they may be told now."""
    seen, step = own_record(who, record), request.POST.get("step", "")
    said = {name: request.POST.get(name, "") for name in FIELDS}
    made = concerned.decisions(hands().desk, who.key, record)
    held = asked.held_until(hands().desk, who.key, record)
    wrong = _wrong(step, said, [str(one.entry) for one in made], held)
    if request.method == "POST" and not any(wrong.values()):
        entry = _entry(request, who, record, step, said)
        field = "decision" if step == "tell" else "until_day" if step == "hold" else "reason"
        wrong = {field: NO_WAY_BACK if entry is None else record_change(who, entry)}
        if not any(wrong.values()):
            done = {"tell": "told", "hold": "held", "lift": "may-be-told"}[step]
            return HttpResponseRedirect(reverse("record", args=[record]) + f"?{done}")
    return page(
        request,
        "tell.html",
        400 if request.method == "POST" else 200,
        record=record,
        reference=seen.reference,
        decisions=_decisions(About.of(who, record, Bodies.seen_by(who)), made),
        held=day(held) if held else "",
        said=said,
        wrong=wrong if request.method == "POST" else {},
        token=shown_token(request),
    )


def _decisions(about: About, made: Sequence[Decided]) -> list[tuple[str, str]]:
    """The newest decision for each person that counts: its entry, and what it says; no word told."""
    newest = {one.concerned: one for one in made if one.counts}.values()
    return [(str(one.entry), f"{_said(about, one.entry)}, {moment(one.at)}") for one in newest]


def _said(about: About, decision: UUID) -> str:
    whom, what = about.done_for[decision]
    return f"For {whom}: {what}"


def _wrong(
    step: str, said: dict[str, str], decisions: Sequence[str], held: date | None
) -> dict[str, str]:
    """By field; Enter in a field, or a button that is not shown any more, keeps nothing."""
    if step not in ({"lift"} if held else {"tell", "hold"}):
        return {"reason": NO_BUTTON}
    if step == "tell":
        return {
            "decision": "" if said["decision"] in decisions else NO_DECISION,
            "words": "" if said["words"].strip() else NO_WORDS,
        }
    wrong = {"reason": "" if said["reason"].strip() else NO_REASON}
    return {"until_day": "" if _until(said) else NO_DAY} | wrong if step == "hold" else wrong


def _until(said: dict[str, str]) -> date | None:
    try:
        year, month, of = (int(said[f"until_{part}"]) for part in ("year", "month", "day"))
        return date(year, month, of)
    except (ValueError, OverflowError):
        return None


def _entry(
    request: HttpRequest, who: Who, record: UUID, step: str, said: dict[str, str]
) -> SealedEntry | None:
    """What the button asks for; None where nobody holds a code, and so nobody could read it."""
    held, token = hands(), token_for(request, step)
    if step != "tell":
        until = _until(said) if step == "hold" else None
        return hold_telling(
            held.chance,
            held.organisation,
            record=record,
            until=until,
            reason=said["reason"],
            token=token,
        )
    thread, decision = held.desk.thread_key(who.key, record), chosen(said["decision"])
    if thread is None or decision is None:
        return None
    return tell_reporter(
        held.chance,
        Recipients(held.organisation.keys | {"thread": thread}),
        record=record,
        decision=decision,
        words=said["words"],
        token=token,
    )


@for_staff
@require_http_methods(["GET", "POST"])
def challenge(request: HttpRequest, who: Who, challenge: UUID) -> HttpResponse:
    """Say whether a decision stands that the reporter says is wrong; only after reading it."""
    held, one = hands(), _one(who, challenge)
    outcome, words = request.POST.get("outcome", ""), request.POST.get("words", "")
    wrong = {
        "outcome": NO_VERDICT if outcome not in set(Verdict) else "" if one.open else CLOSED,
        "words": "" if words.strip() else NO_REASON,
    }
    if request.method == "POST" and not any(wrong.values()):
        entry = answer_challenge(
            held.chance,
            held.organisation,
            record=one.record,
            challenge=challenge,
            verdict=Verdict(outcome),
            reason=words,
            token=token_for(request),
        )
        wrong = {"outcome": record_change(who, entry)}
        if not any(wrong.values()):
            return HttpResponseRedirect(reverse("reporters") + "?done")
    return page(
        request,
        "challenge.html",
        400 if request.method == "POST" else 200,
        one=_row(Bodies.seen_by(who), who, one),
        verdicts=VERDICTS,
        said={"outcome": outcome, "words": words},
        shown=one.open or bool(outcome or words),
        wrong=wrong if request.method == "POST" else {},
        token=shown_token(request),
    )


def _one(who: Who, entry: UUID) -> Waits:
    found = asked.reporter_waits(hands().desk, who.key, entry)
    if found is None or not found.may_answer:
        raise Http404
    return found
