"""Looking back: what had been received about a place or a person by a day, as it stood then."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.core.times import LONDON
from heed.lookback.answer import Question
from heed.lookback.events import Received, Thing
from heed.lookback.interval import one_day
from heed.lookback.rules import Reading, is_over, known_until
from heed.office.about import CHOICES
from heed.office.bodies import Bodies
from heed.office.grounds import GROUNDS
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.oversight import Place, read_place, written
from heed.office.pages import page
from heed.office.posts import no_administrator
from heed.store import staff
from heed.store.lookback import Asker, Page, received
from heed.triage.concerned_commands import Choice

NO_WORDS = "Write what to look for: a place, a name or another word."
NO_DAY = "Write one day in full, like 1 July 2002."
NOT_YET = "That day has not come yet. Choose today, or a day before it."
NO_WHY = "Write why you ask. You read some of these records by remit."


class Asked(NamedTuple):
    """What the form said, as typed, and what is wrong with it, by field."""

    said: dict[str, str]
    wrong: dict[str, str]
    by: date | None
    reading: Reading
    known: datetime
    over: bool
    place: Place | None


@for_staff
@require_http_methods(["GET", "POST"])
def lookback(request: HttpRequest, who: Who) -> HttpResponse:
    """What had been received by a day, of what the reader may read now; the question is on the record first."""
    no_administrator(who)
    if request.method != "POST":
        return page(request, "lookback.html", **_form(who))
    asked = read_question(request, who, words=True)
    if asked.by is None or any(asked.wrong.values()):
        return page(request, "lookback.html", 400, **_form(who, asked))
    held, said = hands(), asked.said
    after = said["after"] if asked.place else ""
    question = Question(asked.by, asked.known, said["sought"], reading=asked.reading, after=after)
    asker = Asker(who.key, who.reader.id, held.chance, held.organisation, said["why"])
    found = received(held.desk, asker, question, asked.place)
    if said["file"]:
        return as_file(found)
    bodies = Bodies.seen_by(who)
    return page(
        request,
        "lookback.html",
        **_form(who, asked),
        found=shown(asked, found),
        certain=[_row(bodies, each) for each in found.answer.certain],
        possible=[_row(bodies, each) for each in found.answer.possible],
    )


def read_question(request: HttpRequest, who: Who, words: bool) -> Asked:
    """The form that was sent; `words`: it asks for words, and for why of whoever reads by remit."""
    names = ("sought", "by", "reading", "why", "known", "after", "file", "person")
    said = {name: request.POST.get(name, "") for name in names}
    now, by = staff.now(hands().desk, who.key), one_day(said["by"])
    reading = Reading.TODAY if said["reading"] == Reading.TODAY else Reading.THEN
    wrong = {
        "sought": NO_WORDS if words and not said["sought"].strip() else "",
        "by": NO_DAY if by is None else "",
        "why": NO_WHY if words and who.reader.remits and not said["why"].strip() else "",
    }
    if by is not None and by > now.astimezone(LONDON).date():
        wrong["by"] = NOT_YET
    known, over = now, False
    if by is not None:
        over = is_over(by, now) and reading == Reading.THEN
        known = known_until(by, reading, now)
        if not over:
            known = min(known, _instant(said["known"]) or known)
    return Asked(said, wrong, by, reading, known, over, read_place(said["after"]))


def shown(asked: Asked, found: Page) -> dict[str, Any]:
    """What every answer says of itself."""
    answer = found.answer
    return {
        "head": found.head,
        "digest": answer.digest,
        "over": asked.over,
        "known": answer.question.known,
        "stamp": answer.question.known.isoformat(),
        "first": asked.place is None,
        "after": asked.said["after"] if asked.place else "",
        "next": written(*found.further) if found.further else None,
    }


def as_file(found: Page) -> HttpResponse:
    """The answer's own bytes, to save."""
    name = f"lookback-{found.answer.question.by.isoformat()}.json"
    response = HttpResponse(found.answer.encode(), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _form(who: Who, asked: Asked | None = None) -> dict[str, Any]:
    blank = dict.fromkeys(("sought", "by", "why"), "")
    return {
        "said": asked.said if asked else blank,
        "wrong": asked.wrong if asked else blank,
        "by": asked.by if asked else None,
        "reading": str(asked.reading if asked else Reading.THEN),
        "ask_why": who.reader.remits,
    }


def _row(bodies: Bodies, each: Received) -> dict[str, Any]:
    return {
        "id": each.record,
        "reference": each.reference,
        "channel": each.channel,
        "danger": each.danger,
        "filed_at": each.filed_at,
        "opened_at": each.opened_at,
        "owner": bodies.name(each.owner),
        "chased": each.chased,
        "decided": [
            {
                "what": CHOICES.get(Choice(made.decision)),
                "at": made.at,
                "by": bodies.name(made.actor),
            }
            for made in each.decided
        ],
        "kept": [
            {
                "name": bodies.unit_name(kept.unit) if kept.unit else bodies.name(kept.person),
                "ground": GROUNDS.get(kept.ground, ""),
            }
            for kept in each.kept
        ],
        "things": [_thing(bodies, thing) for thing in each.things],
    }


def _thing(bodies: Bodies, thing: Thing) -> dict[str, Any]:
    claim = thing.claim
    return {
        "entry": thing.entry,
        "kind": thing.kind,
        "at": thing.at,
        "by": bodies.name(thing.actor) if thing.actor else "",
        "holds": thing.holds,
        "said": claim.said if claim else "",
        "days": _days(claim.days.first, claim.days.last) if claim else "",
    }


def _days(first: date | None, last: date | None) -> str:
    """Which days an imprecise date may mean, in words."""
    if first is None:
        return f"any day until {_day(last)}"
    return f"on {_day(first)}" if first == last else f"from {_day(first)} to {_day(last)}"


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else "today"


def _instant(said: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):  # an instant before the year 1, or after 9999
        return None
