"""One own record on paper, marked with who printed it and when: that it was printed is on the record first."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from heed.office.about import About
from heed.office.bodies import Bodies
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record, told_in
from heed.office.referrals import Referrals
from heed.store import staff


@for_staff
@require_GET
def printed(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """The whole record as it is read on paper; only for whoever answers for it."""
    held = hands()
    own_record(who, record)
    opened = held.desk.open(who.key, who.reader.id, record, held.chance, held.organisation, "print")
    bodies = Bodies.seen_by(who)
    walls = staff.restrictions(held.desk, who.key, record)
    about = About.of(who, record, bodies)
    done_for = about.done_for | Referrals.of(who, record, about, bodies).done_for
    return page(
        request,
        "printed.html",
        record=opened.listed,
        said=told_in(who, record, opened, bodies, walls, done_for),
        by=bodies.name(who.reader.id),
        at=staff.now(held.desk, who.key),
    )
