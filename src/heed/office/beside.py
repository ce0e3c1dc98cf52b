"""What the owner writes down beside the words: a note, a call that was made, whether the parents know."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.core.ports import SealedEntry
from heed.core.times import LONDON
from heed.intake.beside import Whom, note, tell_parents, write_down_call
from heed.office import kept
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.labels import WHOM
from heed.office.pages import page
from heed.office.record import own_record
from heed.store import staff

NO_NOTE = "Write your note."
NO_WHOM = "Say who you rang."
NO_TIME = "Say when you rang: a day and a time that have been."
NO_TOLD = "Say if the parents were told."
NO_WHY = "Write why they were not told, and who decided it."


@for_staff
@require_http_methods(["GET", "POST"])
def add_note(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Add a note; or, about one thing in the record, what must stand beside it from now on."""
    held = hands()
    own_record(who, record)
    about = chosen(request.POST.get("about", "") or request.GET.get("about", ""))
    place = kept.Place(record, "note", about)
    words = request.POST.get("words", "")
    wrong = {"words": "" if words.strip() else NO_NOTE}
    if request.method == "POST" and not any(wrong.values()):
        entry = note(
            held.chance,
            held.organisation,
            record=record,
            words=words,
            about=about,
            token=token_for(request),
        )
        done_with = kept.done_with(request, who, place)
        wrong = {"words": record_change(who, entry, done_with=done_with)}
        if not any(wrong.values()):
            return _recorded(record, "noted")
    return note_page(request, who, place, wrong if request.method == "POST" else {})


def note_page(
    request: HttpRequest, who: Who, place: kept.Place, wrong: dict[str, str]
) -> HttpResponse:
    """The form of a note, with the words that were sent, else those that were kept."""
    return page(
        request,
        "note.html",
        400 if request.method == "POST" else 200,
        record=place.record,
        reference=own_record(who, place.record).reference,
        about=place.about or "",
        wrong=wrong,
        token=shown_token(request),
        **kept.shown_at(request, who, place, request.POST.get("words", "")),
    )


@for_staff
@require_http_methods(["GET", "POST"])
def add_call(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Write down that somebody was rung about this record."""
    seen = own_record(who, record)
    form = CallForm(request, who)
    if request.method == "POST" and not any(form.wrong.values()):
        form.refused(record_change(who, form.entry(record)))
        if not any(form.wrong.values()):
            return _recorded(record, "called")
    return page(
        request,
        "call.html",
        400 if request.method == "POST" else 200,
        action=reverse("call", args=[record]),
        record=record,
        reference=seen.reference,
        **form.shown(),
    )


@for_staff
@require_http_methods(["GET", "POST"])
def add_parents(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Write down whether the parents were told, and if not, why not."""
    held, seen = hands(), own_record(who, record)
    told, words = request.POST.get("parents", ""), request.POST.get("words", "")
    wrong = {
        "parents-yes": "" if told in ("yes", "no") else NO_TOLD,
        "words": NO_WHY if told == "no" and not words.strip() else "",
    }
    if request.method == "POST" and not any(wrong.values()):
        entry = tell_parents(
            held.chance,
            held.organisation,
            record=record,
            told=told == "yes",
            words=words,
            token=token_for(request),
        )
        wrong = {"words": record_change(who, entry)}
        if not any(wrong.values()):
            return _recorded(record, "parents")
    return page(
        request,
        "parents.html",
        400 if request.method == "POST" else 200,
        record=record,
        reference=seen.reference,
        told=told,
        words=words,
        wrong=wrong if request.method == "POST" else {},
        token=shown_token(request),
    )


class CallForm:
    """Who was rung, when, and what was said: as typed, and what is wrong with it."""

    def __init__(self, request: HttpRequest, who: Who) -> None:
        self._request = request
        self.now = staff.now(hands().desk, who.key)
        self.whom = request.POST.get("whom", "")
        self.at = request.POST.get("at", "") or f"{self.now.astimezone(LONDON):%Y-%m-%dT%H:%M}"
        self.words = request.POST.get("words", "")
        self.rung_at = instant(self.at)
        late = self.rung_at is None or self.rung_at > self.now
        self.wrong = {
            "whom-999": "" if self.whom in set(Whom) else NO_WHOM,
            "at": NO_TIME if late else "",
        }

    def entry(self, record: UUID) -> SealedEntry:
        """The entry of a form that has nothing wrong."""
        assert self.rung_at is not None
        return write_down_call(
            hands().chance,
            hands().organisation,
            record=record,
            whom=Whom(self.whom),
            rung_at=self.rung_at,
            words=self.words,
            token=token_for(self._request),
        )

    def refused(self, sentence: str) -> None:
        """The record says no to it; "" where it did not."""
        self.wrong = {"at": sentence}

    def shown(self) -> dict[str, object]:
        """What the page draws."""
        return {
            "whom": self.whom,
            "choices": [(str(key), label) for key, label in WHOM.items()],
            "at": self.at,
            "words": self.words,
            "wrong": self.wrong if self._request.method == "POST" else {},
            "token": shown_token(self._request),
        }


def instant(said: str) -> datetime | None:
    """A day and time as a browser sends it, in London; None for anything else."""
    try:
        found = datetime.strptime(said, "%Y-%m-%dT%H:%M").replace(tzinfo=LONDON)
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2100 else None


def _recorded(record: UUID, what: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("record", args=[record]) + f"?{what}")
