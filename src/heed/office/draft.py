"""Keeps what is typed, sealed, so that a crash, a sign-out or a link that is followed loses none of it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from heed.core.times import moment
from heed.office import letter
from heed.office.beside import note_page
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.kept import TOO_MANY, Place, make_room, seal_kept, seen_by, sheet_of
from heed.office.letter_form import Sheet, form_key, open_letter, seal_draft
from heed.office.record import own_record, show
from heed.register.vault import CannotOpen
from heed.store import drafts
from heed.store.connection import StoreRefused

REFUSED = {
    "HE003": "This is too long to keep for later. Put it on the record in parts.",
    TOO_MANY: "You have kept 20 already. Put one on the record or throw one away, then save this again.",
}
DONE = "This form is on the record already."
SINCE = (
    "Another window kept something else of this since. Look at it there before you throw it away."
)
BESIDE = " What the other window kept stays as well."


@for_staff
@require_POST
def draft(request: HttpRequest, who: Who) -> HttpResponse:
    """Keep what was typed, or throw away what was kept; the page's script asks for a line of text."""
    held, concern, sheet = hands(), letter.concern_of(request), sheet_of(request)
    quietly = request.POST.get("quietly", "") == "yes"
    try:
        form = open_letter(form_key(held.hand.web_key, who.key), request.POST.get("form", ""))
    except CannotOpen:
        return _told(letter.TOO_OLD, 400) if quietly else letter.too_old(request, who, concern)
    seen = letter.seen_by(who, sheet, concern)
    if request.POST.get("step") == "drop":
        if drafts.throw_away(held.desk, who.key, sheet.draft, seen):
            return HttpResponseRedirect(reverse("letter"))
        return letter.shown(request, who, form, concern, SINCE)
    sealed = seal_draft(concern, held.hand.web_key, who.reader.id, held.chance)
    try:
        kept, forked = _keep(who, Sheet(sheet.draft, seen), sealed)
    except StoreRefused as refused:
        if refused.code not in REFUSED:
            raise
        if quietly:
            return _told(REFUSED[refused.code], 400)
        return letter.shown(request, who, form, concern, REFUSED[refused.code])
    if quietly:
        return _said(kept, forked)
    if kept.seen is None:
        return letter.again(request, who, concern, letter.ALREADY)
    return HttpResponseRedirect(reverse("letter"))


@for_staff
@require_POST
def record_draft(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Keep the answer or the note that is typed on a record, or throw away what was kept of it."""
    own_record(who, record)
    place, words, sheet = (
        Place.of(request, record),
        request.POST.get("words", ""),
        sheet_of(request),
    )
    quietly = request.POST.get("quietly", "") == "yes"
    sheet = Sheet(sheet.draft, seen_by(who, place, sheet, words))
    if request.POST.get("step") == "drop" or not words.strip():
        gone = drafts.throw_away(hands().desk, who.key, sheet.draft, sheet.seen)
        if quietly:
            return _told("")
        if gone:
            return HttpResponseRedirect(place.address)
        return _again(request, who, place, SINCE)
    try:
        kept, forked = _keep(who, sheet, seal_kept(who, place, words))
    except StoreRefused as refused:
        if refused.code not in REFUSED:
            raise
        if quietly:
            return _told(REFUSED[refused.code], 400)
        return _again(request, who, place, REFUSED[refused.code])
    if quietly:
        return _said(kept, forked)
    return HttpResponseRedirect(place.address)


def _again(request: HttpRequest, who: Who, place: Place, error: str) -> HttpResponse:
    """The words as they were sent, with what is wrong."""
    if place.form == "answer":
        words = request.POST.get("words", "")
        return show(request, who, place.record, error=error, words=words)
    return note_page(request, who, place, {"words": error})


def _keep(who: Who, sheet: Sheet, sealed: bytes) -> tuple[Sheet, bool]:
    """Where it is kept now; beside what another window kept since, under a draft of its own (True)."""
    try:
        return _kept(who, sheet, sealed), False
    except drafts.KeptElsewhere:
        return _kept(who, Sheet.new(hands().chance), sealed), True


def _kept(who: Who, sheet: Sheet, sealed: bytes) -> Sheet:
    make_room(who, sheet.draft)
    at = drafts.keep(hands().desk, who.key, sheet.draft, sealed, sheet.seen)
    return Sheet(sheet.draft, at)


def _said(kept: Sheet, forked: bool) -> HttpResponse:
    line = f"Kept for you on {moment(kept.seen)}." if kept.seen else DONE
    return _told(line + (BESIDE if forked else ""), kept=kept)


def _told(line: str, status: int = 200, kept: Sheet | None = None) -> HttpResponse:
    answer = HttpResponse(line + "\n", status=status, content_type="text/plain; charset=utf-8")
    if kept and kept.seen:
        answer["X-Heed-Draft"], answer["X-Heed-Seen"] = str(kept.draft), kept.seen.isoformat()
    return answer
