"""Reading a record, and answering the person who told."""

from __future__ import annotations

from dataclasses import fields, replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from heed.core.vocabulary import Kind
from heed.intake import commands
from heed.intake.events import Concern
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.register.entry import Recipients
from heed.store.readable import Said

TOKEN = 32
_BLANK = {
    Kind.FILED: {field.name: "" for field in fields(Concern)},
    Kind.ADDED: {"words": ""},
    Kind.ANSWERED: {"words": ""},
}
NO_WORDS = "Write your answer."
NO_WAY_BACK = "Nobody could read this answer: no return code was made for this record."


@for_staff
@require_GET
def record(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """The words of a record; that somebody looked is on the record before they show."""
    return _show(request, who, record, answered="answered" in request.GET)


@for_staff
@require_POST
def answer(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Write back. Sent twice, it is recorded once; other words are another answer."""
    held = hands()
    words = request.POST.get("words", "")
    token = _token(request.POST.get("token", ""))
    if not words.strip():
        return _show(request, who, record, error=NO_WORDS)
    thread = held.desk.thread_key(who.key, record)
    if thread is None:
        return _show(request, who, record, error=NO_WAY_BACK, words=words)
    recipients = Recipients(held.organisation.keys | {"thread": thread})
    entry = commands.answer(held.chance, recipients, words, record=record, token=token)
    held.desk.append(who.key, entry)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?answered")


def _show(
    request: HttpRequest,
    who: Who,
    record: UUID,
    *,
    error: str = "",
    words: str = "",
    answered: bool = False,
) -> HttpResponse:
    held = hands()
    opened = held.desk.open(who.key, who.reader.id, record, held.chance, held.organisation)
    return page(
        request,
        "record.html",
        400 if error else 200,
        record=opened.listed,
        said=[_whole(each) for each in opened.said],
        can_answer=opened.thread is not None,
        token=held.chance.bytes(TOKEN).hex(),
        error=error,
        words=words,
        answered=answered,
    )


def _whole(said: Said) -> Said:
    """Every field that the page shows, as text: what came in must not break the page it is on."""
    if said.body is None:
        return said
    blank = _BLANK[Kind(said.kind)]
    there = {name: said.body[name] for name in blank if isinstance(said.body.get(name), str)}
    return replace(said, body=blank | there)


def _token(said: str) -> bytes:
    """The form's token; a fresh one for what is no token."""
    try:
        token = bytes.fromhex(said)
    except ValueError:
        token = b""
    return token if len(token) == TOKEN else hands().chance.bytes(TOKEN)
