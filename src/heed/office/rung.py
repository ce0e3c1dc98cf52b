"""“I have rung 999 or the front door”: on the record in half a minute, the rest later."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.core.times import moment
from heed.core.vocabulary import Actor, Channel, Danger
from heed.intake import commands
from heed.intake.beside import Whom
from heed.intake.events import Concern
from heed.intake.telling import Telling
from heed.office.beside import CallForm
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.labels import WHOM
from heed.office.letter import CHANGED, TOO_OLD
from heed.office.letter_form import form_key, open_letter, seal_letter
from heed.office.pages import page
from heed.register.entry import Recipients
from heed.register.vault import CannotOpen
from heed.store import staff
from heed.store.readable import NoSuchRecord


@for_staff
@require_http_methods(["GET", "POST"])
def rung(request: HttpRequest, who: Who) -> HttpResponse:
    """A call that was made before anything was written: it becomes a record of its own."""
    held, form = hands(), CallForm(request, who)
    key = form_key(held.hand.web_key, who.key)
    telling = Telling.new(held.chance)
    if request.method == "POST":
        try:
            telling = open_letter(key, request.POST.get("form", ""))
        except CannotOpen:
            form.refused(TOO_OLD)
        if not any(form.wrong.values()):
            try:
                return _file(request, who, form, telling)
            except NoSuchRecord:
                telling = Telling.new(held.chance)
                form.refused(CHANGED)
    return page(
        request,
        "call.html",
        400 if request.method == "POST" else 200,
        action=reverse("rung"),
        record=None,
        reference=None,
        form=seal_letter(telling, key, held.chance),
        **form.shown(),
    )


def _file(request: HttpRequest, who: Who, form: CallForm, telling: Telling) -> HttpResponse:
    held, whom = hands(), Whom(form.whom)
    assert form.rung_at is not None
    entry = commands.file_concern(
        held.chance,
        Recipients(held.organisation.keys, telling.code.key),
        Concern(
            told=form.words,
            rung=f"{WHOM[whom]}, on {moment(form.rung_at)}",
            danger=Danger.YES if whom == Whom.EMERGENCY else Danger.UNKNOWN,
            channel=Channel.TELEPHONE,
            sender=who.reader.name,
        ),
        record=telling.record,
        token=telling.token,
        door=telling.door,
        actor=Actor.WORKER,
    )
    appended = held.desk.append(who.key, entry)
    reference = staff.filed_as(held.desk, who.key, telling.record)
    return page(request, "rung_done.html", recorded_at=appended.recorded_at, reference=reference)
