"""Telling: a few pages, nothing required but words, and a code to come back with."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import category

from django.http import HttpRequest, HttpResponse

from heed.core.vocabulary import Danger
from heed.intake.commands import file_concern
from heed.intake.events import Concern
from heed.intake.identity import seal_identity
from heed.public.hands import hands
from heed.public.pages import HalfDrawn, page
from heed.public.state import FormState, WayBack
from heed.register.entry import Recipients
from heed.register.receipt import Promise, sign_promise
from heed.register.vault import CannotOpen
from heed.store.connection import StoreRefused
from heed.store.receiving import Received
from heed.store.spool import SpoolFull

PROMISE = timedelta(hours=24)
"""By when every filing stands in the log; the promise says so, signed."""


@dataclass(frozen=True)
class Step:
    """One page of the form: its template, its fields, what comes before and after."""

    template: str
    fields: tuple[str, ...]
    back: str | None
    next: str


ASKED = ("saw", "told", "worried", "who", "where", "when", "keep_from", "rung")
"""The questions that are answered in words."""

STEPS = {
    "danger": Step("danger.html", ("danger",), None, "words"),
    "words": Step("words.html", ("saw", "told", "worried"), "danger", "people"),
    "people": Step(
        "people.html", ("who", "where", "when", "keep_from", "rung", "child"), "words", "you"
    ),
    "you": Step("you.html", ("name", "reach", "keep"), "people", "check"),
    "check": Step("check.html", (), "you", "send"),
}


_WORDS = tuple(f"word{place}" for place in range(1, 9))
_DONE = HalfDrawn("done.html", (*_WORDS, "promise", "way_back"))


def start(request: HttpRequest) -> HttpResponse:
    """The first page: what to do if somebody is in danger now, and what will happen."""
    return page("start.html")


def tell(request: HttpRequest) -> HttpResponse:
    """Each page of the form; the last one files it."""
    held = hands()
    if request.method != "POST":
        return _show("danger", FormState.new(held.chance))
    given = request.POST
    try:
        state = FormState.open(held.hand.form_key, given.get("form", ""))
    except CannotOpen:
        # Never lose words to a broken field: whatever else was sent goes into a new form.
        state = FormState.new(held.chance)
    answers = {name: given[name] for name in (*ASKED, "child", "danger") if name in given}
    if "danger" in answers and answers["danger"] not in set(Danger):
        answers["danger"] = Danger.UNKNOWN
    if answers:
        state = state.told(**answers)
    who = {name: given[name] for name in STEPS["you"].fields if name in given}
    if who:
        state = state.identified(**who)
    at = given.get("at", "")
    going = given.get("step", "")
    if going in STEPS:
        return _show(going, state)
    if going == "send" and at == "check":
        if not has_words(state.concern):
            return _show("words", state, errors={"saw": "Write something, even one line"})
        return send(state)
    return _show(at if at in STEPS else "danger", state)


def has_words(concern: Concern) -> bool:
    """Whether anything was told at all: the one thing that a report needs."""
    return any(map(_is_seen, "".join(getattr(concern, name) for name in ASKED)))


def _is_seen(letter: str) -> bool:
    """No space, and no sign that takes no room (Unicode's categories of spaces, controls and formats)."""
    return category(letter) not in {"Cc", "Cf", "Zl", "Zp", "Zs"}


def send(state: FormState) -> HttpResponse:
    """File it: on the record or in the sealed spool, and only then say so."""
    held, telling = hands(), state.telling
    entry = file_concern(
        held.chance,
        Recipients(held.intake, telling.code.key),
        state.filed,
        record=telling.record,
        token=telling.token,
        door=telling.door,
    )
    try:
        received = held.receiving.append(entry)
    except (SpoolFull, StoreRefused, OSError):
        return page(
            "not_recorded.html", 503, words=_as_text(state.concern), form_state=_seal(state)
        )
    nameless = not _seal_apart(state)
    note = promise(received)
    way = WayBack(
        telling.code, held.chance.bytes(32), checked=True, promise=note.decode(), noted=False
    )
    words = dict(zip(_WORDS, telling.code.words, strict=True))
    return _DONE.page(
        words
        | {
            "promise": base64.b64encode(note).decode(),
            "way_back": way.seal(held.hand.form_key, held.chance),
        },
        spooled=received.spooled,
        nameless=nameless,
        apart=state.sealed is not None and not nameless,
    )


def _seal_apart(state: FormState) -> bool:
    """Put who tells beside what they told, sealed to the organisation and not to the code.

    False where it could not be kept: what they told is, and the page says both.
    """
    held, telling = hands(), state.telling
    if state.sealed is None:
        return True
    entry = seal_identity(
        held.chance,
        Recipients(held.intake),
        state.sealed,
        record=telling.record,
        token=telling.token,
        lookup=telling.code.lookup,
    )
    try:
        held.receiving.append(entry)
    except (SpoolFull, StoreRefused, OSError):
        return False
    return True


def promise(received: Received) -> bytes:
    """The signed promise: these words were taken at this time, and will stand in the log by then."""
    at: datetime = received.recorded_at
    return sign_promise(hands().hand.promise, Promise(received.commitment, at, at + PROMISE))


def _show(step: str, state: FormState, errors: dict[str, str] | None = None) -> HttpResponse:
    shown = STEPS[step]
    return page(
        shown.template,
        form_state=_seal(state),
        values=state.concern.body() | state.identity.body() | {"keep": state.keep},
        errors=errors or {},
        at=step,
        back=shown.back,
        next=shown.next,
    )


def _seal(state: FormState) -> str:
    held = hands()
    return state.seal(held.hand.form_key, held.chance)


def _as_text(concern: Concern) -> str:
    said = (getattr(concern, name) for name in ASKED)
    return "\n\n".join(words for words in said if words.strip())
