"""Reading what came in, many on a page, and sorting it: a concern, none and why, or the same again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from heed.core.ports import SealedEntry
from heed.intake.events import Concern
from heed.intake.sorting import Outcome, Reason, sort
from heed.office.changes import fresh_token, record_change, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.history import plain_words
from heed.office.labels import REASONS
from heed.office.oversight import read_place, written
from heed.office.pages import page
from heed.office.record import own_record
from heed.store import sorting
from heed.store.connection import StoreRefused
from heed.store.readable import NoSuchRecord
from heed.store.sorting import Unsorted

_BLANK = {field.name: "" for field in fields(Concern)}
BATCH = 20
"""Letters on one page, those with the same words counted once."""
PAGE = 50
CONCERN = "concern"
NOT_BACK = "It was not brought back"
CHANGED = "HE019"
"""Something new was said in it since it was read."""


@for_staff
@require_http_methods(["GET", "POST"])
def sorting_page(request: HttpRequest, who: Who) -> HttpResponse:
    """A page of what waits, with its words: that they were looked at is on the record first."""
    if request.method == "POST":
        return _sort(request, who)
    groups = sorting.unsorted(hands().desk, who.key, BATCH)
    told = _opened(who, groups)
    files = sorting.files_on(hands().desk, who.key, list(told))
    return page(
        request,
        "sorting.html",
        letters=[
            _letter(group, told.get(group[0].record, []), files.get(group[0].record, 0))
            for group in groups
        ],
        reasons=list(REASONS.items()),
        token=fresh_token(),
        done=_count(request, "done"),
        again=_count(request, "again"),
    )


@for_staff
@require_GET
def put_aside(request: HttpRequest, who: Who) -> HttpResponse:
    """What the reader sorted as no concern, or as the same again, newest first."""
    before = read_place(request.GET.get("before", ""))
    rows = sorting.aside(hands().desk, who.key, PAGE + 1, before)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return page(
        request,
        "put_aside.html",
        records=[
            {**one._asdict(), "why": REASONS.get(one.reason or "", "")} for one in rows[:PAGE]
        ],
        first=before is None,
        next=written(last.at, last.record) if last else None,
    )


@for_staff
@require_POST
def bring_back(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """What was put aside is a concern after all: it stands in the queue again."""
    own_record(who, record)
    entry = sort(
        hands().chance,
        hands().organisation,
        record=record,
        outcome=Outcome.CONCERN,
        token=token_for(request, "back"),
    )
    refused = record_change(who, entry)
    if refused:
        back = "It is still put aside, unless something new was said in it."
        return page(request, "page.html", 409, title=NOT_BACK, paragraphs=[refused, back])
    return HttpResponseRedirect(reverse("record", args=[record]) + "?brought-back")


def _opened(who: Who, groups: Sequence[Sequence[Unsorted]]) -> dict[UUID, list[dict[str, Any]]]:
    """The words of all that the page shows; those with the same words are looked at with them."""
    records = [one.record for group in groups for one in group]
    if not records:
        return {}
    held = hands()
    return held.desk.open_many(who.key, who.reader.id, records, held.chance, held.organisation)


def _letter(
    group: Sequence[Unsorted], told: Sequence[dict[str, Any]], files: int
) -> dict[str, Any]:
    first = group[0]
    return {
        **first._asdict(),
        "id": first.record,
        "same": [one.reference for one in group[1:]],
        "all": " ".join(one.record.hex for one in group),
        "files": files,
        "told": plain_words(told[0], _BLANK) if told else None,
        "added": [plain_words(each, {"words": ""})["words"] for each in told[1:]],
    }


def _sort(request: HttpRequest, who: Who) -> HttpResponse:
    """Record each decision by itself: what cannot be decided any more comes again, the rest stands."""
    done = again = 0
    for number in range(BATCH):
        for entry in _entries(request, number):
            try:
                refused = record_change(who, entry)
            except NoSuchRecord:
                refused = "it has another owner by now"
            except StoreRefused as wrong:
                if wrong.code not in (CHANGED, "HE020"):
                    raise
                refused = "something new was said"
            done, again = done + (not refused), again + bool(refused)
            if refused:
                break
    return HttpResponseRedirect(reverse("sorting") + f"?done={done}&again={again}")


def _entries(request: HttpRequest, number: int) -> Iterator[SealedEntry]:
    """What was decided about one letter of the form, and about those with its words."""
    records = _ids(request.POST.get(f"all-{number}", ""))
    said = request.POST.get(f"is-{number}", "")
    if not records or said not in (CONCERN, *REASONS):
        return
    held = hands()
    for record in records:
        first = record == records[0]
        outcome = Outcome.COPY if not first else Outcome(CONCERN if said == CONCERN else "not one")
        yield sort(
            held.chance,
            held.organisation,
            record=record,
            outcome=outcome,
            reason=Reason(said) if outcome == Outcome.NOT_ONE else None,
            copy_of=None if first else records[0],
            token=token_for(request, "sort"),
        )


def _ids(said: str) -> list[UUID]:
    try:
        return [UUID(hex=one) for one in said.split()]
    except ValueError:
        return []


def _count(request: HttpRequest, name: str) -> int:
    said = request.GET.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 5 else 0
