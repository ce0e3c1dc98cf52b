"""Putting in what came on paper, by telephone or by email."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.core.vocabulary import Actor, Channel, Danger
from heed.intake import commands
from heed.intake.events import Concern
from heed.intake.telling import Telling
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.letter_form import form_key, open_letter, seal_letter
from heed.office.pages import page
from heed.register.entry import Recipients
from heed.register.vault import CannotOpen
from heed.store.readable import NoSuchRecord

CHANNELS = (Channel.LETTER, Channel.TELEPHONE, Channel.EMAIL)
WORDS = (
    *("told", "saw", "worried", "who", "where", "when", "keep_from", "rung", "child"),
    *("sender", "addressed_to", "dated"),
)
NO_WORDS = "Write what the letter says, or what the caller said."
TOO_OLD = "This form was too old. Nothing was recorded yet: check the words, and put them in again."
CHANGED = (
    "This form was recorded before, with other words. What you changed is not recorded yet: "
    "put it in again to make a second record."
)


@for_staff
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, who: Who) -> HttpResponse:
    """The form, and the page that says it is recorded."""
    held = hands()
    if request.method != "POST":
        return _form(request, who, Telling.new(held.chance), Concern(channel=Channel.LETTER))
    concern = _concern(request)
    try:
        form = open_letter(form_key(held.hand.web_key, who.key), request.POST.get("form", ""))
    except CannotOpen:
        return _form(request, who, Telling.new(held.chance), concern, TOO_OLD)
    if not any(getattr(concern, name).strip() for name in WORDS):
        return _form(request, who, form, concern, NO_WORDS)
    entry = commands.file_concern(
        held.chance,
        Recipients(held.organisation.keys, form.code.key),
        concern,
        record=form.record,
        token=form.token,
        door=form.door,
        actor=Actor.WORKER,
    )
    try:
        appended = held.desk.append(who.key, entry)
    except NoSuchRecord:
        return _form(request, who, Telling.new(held.chance), concern, CHANGED)
    return page(request, "letter_done.html", code=str(form.code), recorded_at=appended.recorded_at)


def _form(
    request: HttpRequest, who: Who, form: Telling, concern: Concern, error: str = ""
) -> HttpResponse:
    held = hands()
    return page(
        request,
        "letter.html",
        400 if error else 200,
        form=seal_letter(form, form_key(held.hand.web_key, who.key), held.chance),
        concern=concern,
        error=error,
    )


def _concern(request: HttpRequest) -> Concern:
    """The words exactly as typed; what no form of ours sends counts as not said."""
    said = {name: request.POST.get(name, "") for name in WORDS}
    channel, danger = request.POST.get("channel", ""), request.POST.get("danger", "")
    return Concern(
        **said,
        channel=Channel(channel) if channel in CHANNELS else Channel.LETTER,
        danger=Danger(danger) if danger in set(Danger) else Danger.UNKNOWN,
    )
