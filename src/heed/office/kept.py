"""What somebody typed on a record and did not send yet: kept sealed, and shown again to them alone."""

from __future__ import annotations

import json
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from heed.office.changes import chosen
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.letter_form import Sheet
from heed.register.vault import NONCE, CannotOpen, derive, lock_under, unlock_under
from heed.store import drafts
from heed.store.connection import StoreRefused
from heed.store.holding import holding

TOO_MANY = "HE046"
MOST = 20
MOST_IN_ALL = 40
"""As `machinery.keep_draft` has it."""
_WORDS = b"heed record draft v1"


class Place(NamedTuple):
    """Where it was typed: on a record's answer, or on a note, which may be `about` one of its entries."""

    record: UUID
    form: str
    about: UUID | None = None

    @classmethod
    def of(cls, request: HttpRequest, record: UUID) -> Place:
        """The place that a form names."""
        if request.POST.get("kept_at") == "note":
            return cls(record, "note", chosen(request.POST.get("about", "")))
        return cls(record, "answer")

    @property
    def address(self) -> str:
        """The page on which the words wait."""
        if self.form == "answer":
            return reverse("record", args=[self.record]) + "#answer"
        about = f"?about={self.about}" if self.about else ""
        return reverse("note", args=[self.record]) + about


class Kept(NamedTuple):
    """Words that wait at their place, and the draft that holds them."""

    sheet: Sheet
    place: Place
    words: str


def seal_kept(who: Who, place: Place, words: str) -> bytes:
    """The words as the database holds them: this office alone opens them, for this person alone."""
    inside = {
        "about": str(place.about or ""),
        "form": place.form,
        "record": str(place.record),
        "words": words,
    }
    nonce = hands().chance.bytes(NONCE)
    return lock_under(_key(who), nonce, json.dumps(inside).encode(), _WORDS)


def kept_by(who: Who) -> list[Kept]:
    """All that this person typed on records and did not send, newest first."""
    found = (_open(who, each) for each in drafts.mine(hands().desk, who.key))
    return [kept for kept in found if kept]


def kept_at(who: Who, place: Place) -> list[Kept]:
    """What waits at this place, newest first; more than one where two windows kept it differently."""
    return [kept for kept in kept_by(who) if kept.place == place]


def seen_by(who: Who, place: Place, sheet: Sheet, words: str) -> datetime | None:
    """The version of a draft that holds just these words, else the one that the form has seen."""
    same = [kept for kept in kept_at(who, place) if kept.sheet.draft == sheet.draft]
    return next((kept.sheet.seen for kept in same if kept.words == words), sheet.seen)


def sheet_of(request: HttpRequest) -> Sheet:
    """The draft that a form names; one of its own for what names none."""
    draft = chosen(request.POST.get("draft", "")) or Sheet.new(hands().chance).draft
    try:
        return Sheet(draft, datetime.fromisoformat(request.POST.get("seen", "")))
    except ValueError:
        return Sheet(draft)


def done_with(request: HttpRequest, who: Who, place: Place) -> tuple[UUID, datetime | None]:
    """The draft that goes when what this form holds comes onto the record."""
    sheet = sheet_of(request)
    return sheet.draft, seen_by(who, place, sheet, request.POST.get("words", ""))


def shown_at(request: HttpRequest, who: Who, place: Place, words: str) -> dict[str, object]:
    """What a form at this place shows: the words that were sent, else those that were kept.

    Its draft: `id`, `seen` (which version this form has), `at` (when these words were kept, or None),
    and `others`, which other windows kept of the same place, each (id, when).
    """
    waiting = kept_at(who, place)
    asked = request.GET.get("draft", "")
    waiting.sort(key=lambda kept: str(kept.sheet.draft) != asked)
    sheet, at = Sheet.new(hands().chance), None
    if request.method == "POST":
        sheet = sheet_of(request)
    elif waiting:
        sheet, words, at = waiting[0].sheet, waiting[0].words, waiting[0].sheet.seen
    others = [
        (kept.sheet.draft, kept.sheet.seen) for kept in waiting if kept.sheet.draft != sheet.draft
    ]
    seen = sheet.seen.isoformat() if sheet.seen else ""
    draft = {"id": sheet.draft, "seen": seen, "at": at, "others": others}
    return {"words": words, "draft": draft}


def make_room(who: Who, draft: UUID) -> None:
    """Room for one more draft; raises StoreRefused where there are 20 that the reader can go on with.

    What waits on records that are no longer the reader's is not counted, and stays for when they are
    again: no sign of it shows meanwhile. Beyond 40 in all the oldest of these goes.
    """
    desk = hands().desk
    others = sum(each.id != draft for each in drafts.mine(desk, who.key))
    if others < MOST:
        return
    away = [kept for kept in kept_by(who) if kept.sheet.draft != draft and _out_of_reach(who, kept)]
    if others - len(away) >= MOST:
        raise StoreRefused(TOO_MANY, "a person has at most 20 drafts that they can go on with")
    if others >= MOST_IN_ALL:
        drafts.throw_away(desk, who.key, away[-1].sheet.draft, away[-1].sheet.seen)


def _out_of_reach(who: Who, kept: Kept) -> bool:
    found = holding(hands().desk, who.key, kept.place.record)
    return found is None or found.owner != who.reader.id


def _open(who: Who, draft: drafts.Draft) -> Kept | None:
    """None for a letter, and where another key or another person's sealed it."""
    try:
        inside = json.loads(unlock_under(_key(who), draft.sealed, _WORDS))
        place = Place(UUID(inside["record"]), inside["form"], chosen(inside["about"]))
        return Kept(Sheet(draft.id, draft.kept_at), place, inside["words"])
    except (CannotOpen, ValueError, KeyError, TypeError):
        return None


def _key(who: Who) -> bytes:
    return derive(bytes.fromhex(hands().hand.web_key), _WORDS + b" " + who.reader.id.bytes)
