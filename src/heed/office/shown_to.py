"""What was shown to somebody, or to all who do one job, by the end of a day: for overseers, without words."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.lookback.answer import Question
from heed.lookback.events import Known
from heed.office.about import CHOICES
from heed.office.bodies import Bodies
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.lookback import Asked, as_file, read_question, shown
from heed.office.pages import page
from heed.office.posts import OVERSEER, for_posts
from heed.store.lookback import Asker, known

NOBODY = "Choose a person, or everybody who does one job."
_SAID: dict[str, str] = {str(choice): said for choice, said in CHOICES.items()}
JOB = "job: "
"""Before a job, where everybody who does it is asked about."""


@for_posts(OVERSEER)
@require_http_methods(["GET", "POST"])
def shown_to(request: HttpRequest, who: Who) -> HttpResponse:
    """What came before somebody by a day, and what they did; never of the reader themselves."""
    bodies = Bodies.seen_by(who)
    if request.method != "POST":
        return page(request, "shown_to.html", **_form(bodies))
    asked = read_question(request, who, words=False)
    people = _people(bodies, asked.said["person"])
    asked.wrong["person"] = "" if people else NOBODY
    if asked.by is None or any(asked.wrong.values()):
        return page(request, "shown_to.html", 400, **_form(bodies, asked))
    held = hands()
    after = asked.said["after"] if asked.place else ""
    named = tuple(str(one) for one in sorted(people))
    question = Question(asked.by, asked.known, people=named, after=after)
    asker = Asker(who.key, who.reader.id, held.chance, held.organisation)
    found = known(held.desk, asker, question, sorted(people), asked.place)
    if asked.said["file"]:
        return as_file(found)
    return page(
        request,
        "shown_to.html",
        **_form(bodies, asked),
        found=shown(asked, found),
        known=[_row(bodies, each) for each in found.answer.known],
        several=len(people) > 1,
    )


def _people(bodies: Bodies, chosen: str) -> set[UUID]:
    """Whom a choice names, but for the reader: nobody reviews their own."""
    if chosen.startswith(JOB):
        found = {one.id for one in bodies.people.values() if JOB + one.role == chosen}
    else:
        found = {one for one in bodies.people if str(one) == chosen}
    return found - {bodies.reader}


def _form(bodies: Bodies, asked: Asked | None = None) -> dict[str, Any]:
    blank = dict.fromkeys(("person", "by"), "")
    others = [one for one in bodies.people.values() if one.id != bodies.reader]
    jobs = sorted({one.role for one in others})
    return {
        "said": asked.said if asked else blank,
        "wrong": asked.wrong if asked else blank,
        "by": asked.by if asked else None,
        "people": [
            *({"id": JOB + job, "line": f"Everybody whose job is “{job}”"} for job in jobs),
            *({"id": one.id, "line": f"{bodies.name(one.id)}, {one.role}"} for one in others),
        ],
    }


def _row(bodies: Bodies, each: Known) -> dict[str, Any]:
    pairs = zip(each.records, each.references, strict=True)
    return {
        "at": each.at,
        "entry": each.entry,
        "name": bodies.name(each.person),
        "what": each.what,
        "detail": _SAID.get(each.detail, each.detail),
        "records": [{"id": record, "reference": reference} for record, reference in pairs],
    }
