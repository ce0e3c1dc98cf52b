"""The list of what the person at the screen is accountable for: facts only, no words."""

from __future__ import annotations

import re
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET

from heed.office.guard import Who, for_staff
from heed.office.handing_over import offered_to
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR
from heed.store import openings, staff
from heed.store.late import late_records
from heed.store.readable import START, Place

PAGE = 50
_PLACE = re.compile(r"([0-3])\.(-?[0-9]{1,17})\.([0-9a-f]{32})")


@for_staff
@require_GET
def queue(request: HttpRequest, who: Who) -> HttpResponse:
    """One page of the queue, most pressing first; each page begins behind the last row of another."""
    if ADMINISTRATOR in who.reader.posts:  # answers for no record
        return HttpResponseRedirect(reverse("people"))
    after = _read(request.GET.get("after", ""))
    rows = hands().desk.queue(who.key, PAGE + 1, after)
    return page(
        request,
        "queue.html",
        records=rows[:PAGE],
        first=after == START,
        next=_written(rows[PAGE - 1].place) if len(rows) > PAGE else None,
        waiting=len(list(offered_to(who))),
        now=staff.now(hands().desk, who.key),
        late=bool(late_records(hands().desk, who.key, 1)),
        wanted=len(openings.wanted(hands().desk, who.key)),
    )


def _written(place: Place) -> str:
    return f"{place.rank}.{place.due}.{place.id.hex}"


def _read(said: str) -> Place:
    """The place that an address names; the start of the queue for what names none."""
    found = _PLACE.fullmatch(said)
    return Place(int(found[1]), int(found[2]), UUID(found[3])) if found else START
