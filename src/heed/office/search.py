"""Search in plain words, among what the person at the screen may read."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.oversight import read_place, written
from heed.office.pages import page
from heed.office.posts import no_administrator
from heed.store import searching

PAGE = 25
NO_WORDS = "Write what to look for: a word, a name or a reference."


@for_staff
@require_http_methods(["GET", "POST"])
def search(request: HttpRequest, who: Who) -> HttpResponse:
    """The records that hold the words, without any words of theirs; the search is on the record first."""
    no_administrator(who)
    sought = request.POST.get("sought", "")
    if request.method != "POST" or not sought.strip():
        wrong = NO_WORDS if request.method == "POST" else ""
        return page(request, "search.html", 400 if wrong else 200, sought=sought, error=wrong)
    held, before = hands(), read_place(request.POST.get("before", ""))
    hits, more = searching.search(
        held.desk,
        who.key,
        who.reader.id,
        sought,
        PAGE,
        held.chance,
        held.organisation,
        before,
    )
    return page(
        request,
        "search.html",
        sought=sought,
        error="",
        records=hits,
        first=before is None,
        next=written(hits[-1].filed_at, hits[-1].id) if more and hits else None,
    )
