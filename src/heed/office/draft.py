"""Keeps a letter or a call while it is typed, sealed, so that a crash or a sign-out loses none of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from heed.core.times import moment
from heed.intake.events import Concern
from heed.office import letter
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.letter_form import Sheet, form_key, open_letter, seal_draft
from heed.register.vault import CannotOpen
from heed.store import drafts
from heed.store.connection import StoreRefused

REFUSED = {
    "HE003": "This is too long to keep for later. Put it on the record in parts.",
    "HE046": "You have kept 20 already. Put one on the record or throw one away, then save this again.",
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
    held, concern, sheet = hands(), letter.concern_of(request), letter.sheet_of(request)
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
    try:
        kept, forked = _keep(who, Sheet(sheet.draft, seen), concern)
    except StoreRefused as refused:
        if refused.code not in REFUSED:
            raise
        if quietly:
            return _told(REFUSED[refused.code], 400)
        return letter.shown(request, who, form, concern, REFUSED[refused.code])
    if quietly:
        line = f"Kept for you on {moment(kept.seen)}." if kept.seen else DONE
        return _told(line + (BESIDE if forked else ""), kept=kept)
    if kept.seen is None:
        return letter.again(request, who, concern, letter.ALREADY)
    return HttpResponseRedirect(reverse("letter"))


def _keep(who: Who, sheet: Sheet, concern: Concern) -> tuple[Sheet, bool]:
    """Where it is kept now; beside what another window kept since, under a draft of its own (True)."""
    held, forked = hands(), False
    sealed = seal_draft(concern, held.hand.web_key, who.reader.id, held.chance)
    try:
        at = drafts.keep(held.desk, who.key, sheet.draft, sealed, sheet.seen)
    except drafts.KeptElsewhere:
        sheet, forked = Sheet.new(held.chance), True
        at = drafts.keep(held.desk, who.key, sheet.draft, sealed, None)
    return Sheet(sheet.draft, at), forked


def _told(line: str, status: int = 200, kept: Sheet | None = None) -> HttpResponse:
    answer = HttpResponse(line + "\n", status=status, content_type="text/plain; charset=utf-8")
    if kept and kept.seen:
        answer["X-Heed-Draft"], answer["X-Heed-Seen"] = str(kept.draft), kept.seen.isoformat()
    return answer
