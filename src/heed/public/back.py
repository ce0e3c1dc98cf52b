"""Coming back with the code: what happened since, what was answered, and room to write more."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from heed.core import canonical
from heed.core.vocabulary import Kind
from heed.intake.commands import add_words
from heed.intake.events import Concern
from heed.public.hands import hands
from heed.public.pages import page
from heed.public.proof import proof_of
from heed.public.state import WayBack
from heed.register.entry import Header, Recipients
from heed.register.return_code import NotACode, ReturnCode
from heed.register.thread import Thread, open_item
from heed.register.vault import CannotOpen
from heed.store.connection import StoreAway, StoreRefused
from heed.store.spool import SpoolFull
from heed.store.thread import fetch_thread


def come_back(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and open the thread behind it."""
    if request.method != "POST":
        return page("return.html", value="", unknown=[], error="")
    given = request.POST.get("code", "")
    try:
        code = ReturnCode.parse(given)
    except NotACode as wrong:
        return page("return.html", 422, value=given, unknown=wrong.unknown, error="form")
    return _thread(WayBack(code, hands().chance.bytes(32)), asked=given)


def thread(request: HttpRequest) -> HttpResponse:
    """On the page behind the code: show my words, or add some."""
    way = _way(request)
    if way is None:
        return page("return.html", value="", unknown=[], error="old" if request.POST else "")
    if request.POST.get("step") == "add":
        return _add(way, request.POST.get("words", ""))
    return _thread(way, own=request.POST.get("step") == "show")


def proof(request: HttpRequest) -> HttpResponse:
    """The proof as a file with a name that says nothing."""
    way = _way(request)
    if way is None:
        return page("return.html", value="", unknown=[], error="old" if request.POST else "")
    try:
        found = fetch_thread(hands().link, way.code.lookup)
    except (StoreAway, StoreRefused):
        found = None
    content = proof_of(way.code, found) or request.POST.get("promise", "").encode()
    if not content:
        return _thread(way, error="later")
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="note.txt"'
    return response


def _way(request: HttpRequest) -> WayBack | None:
    try:
        return WayBack.open(hands().hand.form_key, request.POST.get("way_back", ""))
    except CannotOpen:
        return None


def _add(way: WayBack, words: str) -> HttpResponse:
    held = hands()
    if not words.strip():
        return _thread(way, error="empty")
    entry = add_words(
        held.chance,
        Recipients(held.intake, way.code.key),
        words,
        record=way.code.record,
        lookup=way.code.lookup,
        token=way.token,
    )
    try:
        held.receiving.append(entry)
    except (SpoolFull, StoreRefused, OSError):
        return page("not_recorded.html", 503, words=words, form_state="")
    return _thread(WayBack(way.code, held.chance.bytes(32)), added=True)


def _thread(
    way: WayBack,
    *,
    own: bool = False,
    added: bool = False,
    words: str = "",
    error: str = "",
    asked: str = "",
) -> HttpResponse:
    held = hands()
    away = False
    try:
        found = fetch_thread(held.link, way.code.lookup)
    except (StoreAway, StoreRefused):
        found, away = None, True
    waiting = held.spool.holds(way.code.lookup)
    if found is None and not waiting and not away:
        return page("return.html", 404, value=asked, unknown=[], error="unknown")
    return page(
        "thread.html",
        items=_items(way.code, found, own) if found else [],
        opened_at=found.opened_at if found else None,
        away=away,
        waiting=waiting,
        own_shown=own,
        added=added,
        words=words,
        error=error,
        way_back=way.seal(held.hand.form_key, held.chance),
    )


def _items(code: ReturnCode, found: Thread, own: bool) -> list[dict[str, Any]]:
    """What was said, oldest first; a reporter's own words only when they ask."""
    items: list[dict[str, Any]] = []
    for item in found.items:
        header = Header.decode(item.header)
        mine = header.kind != Kind.ANSWERED
        said: list[str] = []
        if own or not mine:
            body = canonical.loads(open_item(code, found, item).body)
            said = _said(header.kind, body)
        items.append({"mine": mine, "at": header.recorded_at, "said": said})
    return items


def _said(kind: str, body: dict[str, Any]) -> list[str]:
    if kind != Kind.FILED:
        return [body["words"]]
    concern = Concern.from_body(body)
    asked = (concern.saw, concern.told, concern.worried, concern.who, concern.where, concern.when)
    return [words for words in (*asked, concern.keep_from, concern.rung) if words.strip()]
