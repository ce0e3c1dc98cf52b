"""The list of what the person at the screen is accountable for: facts only, no words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from heed.core.vocabulary import Channel
from heed.office import calls, kept, letter
from heed.office.emergencies import unreviewed
from heed.office.guard import Who, for_staff
from heed.office.handing_over import offered_to
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR
from heed.office.referrals import unanswered
from heed.office.waiting_emergencies import waits
from heed.store import asked, identities, openings, sorting, staff, trust
from heed.store.holding import holding
from heed.store.late import late_records
from heed.store.readable import START, Place

PAGE = 50
BEGUN = {
    Channel.LETTER: "to put in a letter",
    Channel.TELEPHONE: "to write down a call",
    Channel.EMAIL: "to put in an email",
    "answer": "an answer on",
    "note": "a note on",
}
_PLACE = re.compile(r"([0-3])\.(-?[0-9]{1,17})\.([0-9a-f]{32})")


@for_staff
@require_GET
def queue(request: HttpRequest, who: Who) -> HttpResponse:
    """One page of the queue, most pressing first; each page begins behind the last row of another."""
    if ADMINISTRATOR in who.reader.posts:  # answers for no record
        return HttpResponseRedirect(reverse("people"))
    after = read_place(request.GET.get("after", ""))
    now = staff.now(hands().desk, who.key)
    rows = hands().desk.queue(who.key, PAGE + 1, after)
    return page(
        request,
        "queue.html",
        records=rows[:PAGE],
        referred=unanswered(who, [row.id for row in rows[:PAGE]]),
        first=after == START,
        next=written_place(rows[PAGE - 1].place) if len(rows) > PAGE else None,
        begun=sorted(_begun(who), key=lambda one: one["at"], reverse=True),
        waiting=len(list(offered_to(who))),
        now=now,
        late=bool(late_records(hands().desk, who.key, 1)),
        reporters=len(asked.reporters_wait(hands().desk, who.key, PAGE)),
        second=len(trust.secondings(hands().desk, who.key)),
        wanted=len(openings.wanted(hands().desk, who.key)),
        unreviewable=sorting.unreviewable(hands().desk, who.key),
        emergencies=waits(who, now),
        unreviewed=unreviewed(who),
        sealed_wait=identities.waits(hands().desk, who.key),
        calling=calls.lines(who),
    )


def _begun(who: Who) -> Iterator[dict[str, Any]]:
    """What the reader began to write and did not put on the record: what, when, and where it goes on.

    Of a record that is theirs no longer nothing is said.
    """
    for typed in letter.kept_by(who):
        address = reverse("letter") + f"?draft={typed.sheet.draft}"
        yield {"what": BEGUN[typed.concern.channel], "at": typed.sheet.seen, "address": address}
    for waiting in kept.kept_by(who):
        found = holding(hands().desk, who.key, waiting.place.record)
        if found is not None and found.owner == who.reader.id:
            what = f"{BEGUN[waiting.place.form]} {found.reference}"
            yield {"what": what, "at": waiting.sheet.seen, "address": waiting.place.address}


def written_place(place: Place) -> str:
    """A place in a queue as an address carries it."""
    return f"{place.rank}.{place.due}.{place.id.hex}"


def read_place(said: str) -> Place:
    """The place that an address names; the start of the queue for what names none."""
    found = _PLACE.fullmatch(said)
    return Place(int(found[1]), int(found[2]), UUID(found[3])) if found else START
