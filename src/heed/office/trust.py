"""Adults in a position of trust, and decisions that count only once a second person agreed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.office.about import About
from heed.office.bodies import Bodies
from heed.office.changes import CLOSED, SENTENCES, chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.harm_answers import EMPLOYER, KNOWN, in_words
from heed.office.pages import page
from heed.office.posts import OVERSEER, no_administrator
from heed.office.record import own_record
from heed.store import trust
from heed.store.readable import NoSuchRecord
from heed.store.trust import Waits
from heed.triage import lado
from heed.triage.concerned import LIMBS
from heed.triage.trust_commands import WORDS, Agreement, Employer, Known, answer_harm, second

AGREEMENT = ((str(Agreement.AGREED), "I agree"), (str(Agreement.NOT_AGREED), "I do not agree"))
NEEDED = {
    "adult": "it is about an adult in a position of trust",
    "danger": "somebody said that a child may be in danger",
    "many": "the same person decided this ten times within ten minutes",
}
"""Why a decision that nothing is done needs a second person."""
NO_ANSWER = "Choose yes, no or not known."
NO_EMPLOYER = "Say if the employer was told."
NO_WHO = "Write who was told, and when."
NO_WHY_NOT = "Write why the employer was not told."
NO_AGREEMENT = "Say if you agree."
NO_REASON = "Write why. One line is enough."
OVERTAKEN = (
    "Nobody can agree to this any more. Something newer was decided, or it must be decided again."
)
UNREAD = (
    "Something was said in it, or the questions of harm were answered, since you opened it. Open the"
    " record, read it, then try again."
)
REFUSED = SENTENCES | {"HE085": OVERTAKEN, "HE019": UNREAD}
FIELDS = (*LIMBS, "works", "employer", *WORDS)


@for_staff
@require_http_methods(["GET", "POST"])
def harm(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Answer the four questions of harm for an adult in a position of trust."""
    seen = own_record(who, record)
    about = About.of(who, record, Bodies.seen_by(who))
    somebody = about.person(chosen(request.POST.get("concerned", request.GET.get("concerned", ""))))
    if somebody is None or not somebody.trusted:
        raise NoSuchRecord
    said = {name: request.POST.get(name, "") for name in FIELDS}
    before = trust.harm_answered(hands().desk, who.key, record).get(somebody.id)
    if request.method != "POST" and before is not None:
        said |= {name: getattr(before, name) for name in (*LIMBS, "works", "employer")}
    wrong = _wrong(said)
    if request.method == "POST" and not any(wrong.values()):
        held = hands()
        entry = answer_harm(
            held.chance,
            held.organisation,
            said,
            said,
            record=record,
            concerned=somebody.id,
            token=token_for(request),
        )
        wrong = {LIMBS[0]: record_change(who, entry)}
        if not any(wrong.values()):
            return HttpResponseRedirect(reverse("record", args=[record]) + "?harm")
    return page(
        request,
        "harm.html",
        400 if request.method == "POST" else 200,
        record=record,
        reference=seen.reference,
        somebody=somebody,
        limbs=[(one.id, one.text) for one in lado.LIMBS],
        known=KNOWN,
        employer=EMPLOYER,
        unchecked=[one.text for one in lado.OUTCOMES if not one.verified],
        said=said,
        wrong=wrong if request.method == "POST" else {},
        token=shown_token(request),
    )


def _wrong(said: dict[str, str]) -> dict[str, str]:
    wrong = {name: "" if said[name] in set(Known) else NO_ANSWER for name in (*LIMBS, "works")}
    wrong["employer"] = "" if said["employer"] in set(Employer) else NO_EMPLOYER
    told = said["employer"] == Employer.TOLD
    wrong["who"] = NO_WHO if told and not said["who"].strip() else ""
    not_told = said["employer"] == Employer.NOT_TOLD
    wrong["why"] = NO_WHY_NOT if not_told and not said["why"].strip() else ""
    return wrong


@for_staff
@require_GET
def seconds(request: HttpRequest, who: Who) -> HttpResponse:
    """Decisions that nothing is done, which count once a second person agreed."""
    no_administrator(who)
    bodies = Bodies.seen_by(who)
    return page(
        request,
        "seconds.html",
        waiting=[_row(bodies, who, one) for one in trust.secondings(hands().desk, who.key)],
        done="done" in request.GET,
    )


def _row(bodies: Bodies, who: Who, one: Waits) -> dict[str, Any]:
    """`mine`: the reader decided it, and cannot agree to it."""
    return one._asdict() | {
        "why": NEEDED[one.why],
        "by": bodies.name(one.decided_by),
        "mine": one.decided_by == who.reader.id,
        "ask": not one.open and OVERSEER in who.reader.posts,
    }


@for_staff
@require_http_methods(["GET", "POST"])
def second_person(request: HttpRequest, who: Who, seconding: UUID) -> HttpResponse:
    """Agree that nothing is done, or not; only after reading it, and never to one's own decision."""
    held, one = hands(), _one(who, seconding)
    overtaken = OVERTAKEN if one.outcome and request.method != "POST" else ""
    outcome, words = request.POST.get("outcome", ""), request.POST.get("words", "")
    wrong = {
        "outcome": NO_AGREEMENT if outcome not in set(Agreement) else "" if one.open else CLOSED,
        "words": "" if words.strip() else NO_REASON,
    }
    if request.method == "POST" and not any(wrong.values()):
        entry = second(
            held.chance,
            held.organisation,
            record=one.record,
            decision=seconding,
            agreement=Agreement(outcome),
            reason=words,
            token=token_for(request),
        )
        wrong = {"outcome": record_change(who, entry, sentences=REFUSED)}
        if not any(wrong.values()):
            return HttpResponseRedirect(reverse("seconds") + "?done")
    return page(
        request,
        "second.html",
        400 if request.method == "POST" else 200,
        one=_row(Bodies.seen_by(who), who, one),
        overtaken=overtaken,
        harm=_harm(who, one),
        agreement=AGREEMENT,
        said={"outcome": outcome, "words": words},
        shown=(one.open and not overtaken) or bool(outcome or words),
        wrong=wrong if request.method == "POST" else {},
        token=shown_token(request),
    )


def _harm(who: Who, one: Waits) -> tuple[tuple[str, str], ...]:
    """What was answered of the adult whom it is for, each (question, answer); none where none is asked."""
    answers = trust.harm_answered(hands().desk, who.key, one.record)
    said = answers.get(one.concerned) if one.concerned else None
    return in_words(said) if said else ()


def _one(who: Who, decision: UUID) -> Waits:
    """One that nobody answered, also if it waits no more: not one that the reader decided."""
    for row in trust.secondings(hands().desk, who.key, decision):
        if row.outcome in (None, "overtaken") and row.decided_by != who.reader.id:
            return row
    raise Http404
