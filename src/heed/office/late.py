"""What waits too long: records of which the reader was told because nobody acted, without their words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from heed.office.bodies import Bodies
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.oversight import read_place, written
from heed.office.pages import page
from heed.office.posts import OVERSEER, no_administrator
from heed.store import staff
from heed.store.late import LateRecord, late_records

PAGE = 25


@for_staff
@require_GET
def late(request: HttpRequest, who: Who) -> HttpResponse:
    """One page, the oldest first; each page begins behind the last row of another."""
    no_administrator(who)
    after = read_place(request.GET.get("before", ""))
    rows = late_records(hands().desk, who.key, PAGE + 1, after)
    bodies, last = Bodies.seen_by(who), rows[PAGE - 1] if len(rows) > PAGE else None
    return page(
        request,
        "late.html",
        records=[_row(bodies, who, one) for one in rows[:PAGE]],
        first=after is None,
        now=staff.now(hands().desk, who.key),
        next=written(last.filed_at, last.record) if last else None,
    )


def _row(bodies: Bodies, who: Who, one: LateRecord) -> dict[str, Any]:
    return {
        "id": one.record,
        "reference": one.reference,
        "channel": one.channel,
        "danger": one.danger,
        "filed_at": one.filed_at,
        "opened_at": one.opened_at,
        "owner": bodies.name(one.owner),
        "handed": one.handed,
        "days": one.chased,
        "told_at": one.told_at,
        "open": one.open,
        "next": one.next,
        "may_ask": OVERSEER in who.reader.posts,
    }
