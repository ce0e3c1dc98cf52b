"""One referral: what was sent, what came of it, and what is heard now; each of these is an entry."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.core.times import LONDON
from heed.office.about import About
from heed.office.beside import instant
from heed.office.bodies import Bodies
from heed.office.changes import record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record
from heed.office.referrals import HEARD, Referrals
from heed.referral.commands import Heard, write_down_heard
from heed.store import packs, staff
from heed.store.readable import NoSuchRecord

NO_WHAT = "Choose what happened."
NO_TIME = "Say when it happened: a day and a time that have been."
NO_PERSON = "Write who opened it. A name is needed: a program opens nothing."
NO_WHY = "Write why they declined it, in their words."
NO_REFERENCE = "Write the reference that they gave."
NO_WORDS = "Write what they told you."
NO_ERROR = "Write what was wrong with it."
_FIELDS = ("what", "at", "person", "reference", "words")


@for_staff
@require_http_methods(["GET", "POST"])
def referral(request: HttpRequest, who: Who, record: UUID, referral: UUID) -> HttpResponse:
    """A referral with all that was heard of it, and a form for what is heard now."""
    seen, bodies = own_record(who, record), Bodies.seen_by(who)
    found = Referrals.of(who, record, About.of(who, record, bodies), bodies).one(referral)
    if found is None:
        raise NoSuchRecord
    said = {name: request.POST.get(name, "") for name in _FIELDS}
    now = staff.now(hands().desk, who.key)
    wrong: dict[str, str] = {}
    if request.method == "POST":
        wrong = _wrong(who, said)
        if not any(wrong.values()):
            wrong["what"] = _written(request, who, record, referral, said)
        if not any(wrong.values()):
            return HttpResponseRedirect(reverse("record", args=[record]) + "?heard#referrals")
    return page(
        request,
        "referral.html",
        400 if any(wrong.values()) else 200,
        record=record,
        reference=seen.reference,
        one=found,
        packs=packs.made(hands().desk, who.key, record),
        heard=[(str(what), text) for what, text in HEARD.items()],
        now=now,
        said=said | {"at": said["at"] or f"{now.astimezone(LONDON):%Y-%m-%dT%H:%M}"},
        wrong=wrong,
        token=shown_token(request),
    )


def _wrong(who: Who, said: dict[str, str]) -> dict[str, str]:
    happened = instant(said["at"])
    needed = {
        Heard.OPENED: ("person", NO_PERSON),
        Heard.DECLINED: ("words", NO_WHY),
        Heard.REFERENCE: ("reference", NO_REFERENCE),
        Heard.OUTCOME: ("words", NO_WORDS),
        Heard.OTHER: ("words", NO_WORDS),
        Heard.IN_ERROR: ("words", NO_ERROR),
    }
    late = happened is None or happened > staff.now(hands().desk, who.key)
    wrong = {
        "what": "" if said["what"] in set(Heard) else NO_WHAT,
        "at": NO_TIME if late else "",
        "person": "",
        "reference": "",
        "words": "",
    }
    if said["what"] in set(Heard) and Heard(said["what"]) in needed:
        field, sentence = needed[Heard(said["what"])]
        wrong[field] = "" if said[field].strip() else sentence
    return wrong


def _written(
    request: HttpRequest, who: Who, record: UUID, referral: UUID, said: dict[str, str]
) -> str:
    happened = instant(said["at"])
    assert happened is not None
    entry = write_down_heard(
        hands().chance,
        hands().organisation,
        record=record,
        referral=referral,
        what=Heard(said["what"]),
        happened_at=happened,
        person=said["person"],
        reference=said["reference"],
        words=said["words"],
        token=token_for(request),
    )
    return record_change(who, entry)
