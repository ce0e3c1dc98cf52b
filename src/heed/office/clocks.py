"""Every clock: by when what must happen, on whose word, and which do not run. Facts of rules, no record."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from heed.office.guard import Who, for_staff
from heed.office.pages import page
from heed.oversight.clock_list import TITLES, clock_list


@for_staff
@require_GET
def clocks(request: HttpRequest, who: Who) -> HttpResponse:
    """Every rule with a time in it, whom it binds, on whose word, and why it does not run."""
    return page(request, "clocks.html", clocks=clock_list(), titles=TITLES)
