"""Keeps a letter or a call while it is typed, sealed, so that a crash or a sign-out loses none of it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from heed.core.times import moment
from heed.office import letter
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.letter_form import form_key, open_letter, seal_draft
from heed.register.vault import CannotOpen
from heed.store import drafts
from heed.store.connection import StoreRefused

_TOO_LONG = "HE003"
TOO_LONG = "This is too long to keep for later. Put it on the record in parts."
DONE = "This form is on the record already."


@for_staff
@require_POST
def draft(request: HttpRequest, who: Who) -> HttpResponse:
    """Keep what was typed, or throw away what was kept; the page's script asks for a line of text."""
    held, concern = hands(), letter.concern_of(request)
    quietly = request.POST.get("quietly", "") == "yes"
    try:
        form = open_letter(form_key(held.hand.web_key, who.key), request.POST.get("form", ""))
    except CannotOpen:
        return _told(letter.TOO_OLD, 400) if quietly else letter.too_old(request, who, concern)
    if request.POST.get("step") == "drop":
        drafts.throw_away(held.desk, who.key, form.record)
        return HttpResponseRedirect(reverse("letter"))
    try:
        sealed = seal_draft(concern, held.hand.web_key, who.reader.id, held.chance)
        kept = drafts.keep(held.desk, who.key, form.record, sealed)
    except StoreRefused as refused:
        if refused.code != _TOO_LONG:
            raise
        if quietly:
            return _told(TOO_LONG, 400)
        return letter.shown(request, who, form, concern, TOO_LONG)
    if quietly:
        return _told(f"Kept for you on {moment(kept)}." if kept else DONE)
    return HttpResponseRedirect(reverse("letter"))


def _told(line: str, status: int = 200) -> HttpResponse:
    return HttpResponse(line + "\n", status=status, content_type="text/plain; charset=utf-8")
