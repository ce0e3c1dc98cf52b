"""The list of what the person at the screen is accountable for: facts only, no words."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page

PAGE = 50


@for_staff
@require_GET
def queue(request: HttpRequest, who: Who) -> HttpResponse:
    """One page of the queue, most pressing first."""
    number = _number(request.GET.get("page", ""))
    rows = hands().desk.queue(who.key, PAGE + 1, (number - 1) * PAGE)
    return page(
        request,
        "queue.html",
        records=rows[:PAGE],
        previous=number - 1 if number > 1 else None,
        next=number + 1 if len(rows) > PAGE else None,
    )


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 6 and int(said) else 1
