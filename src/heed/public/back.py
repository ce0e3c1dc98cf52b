"""Coming back with the code: what happened since, what was answered, and room to write more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from heed.core import canonical
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.intake.commands import add_words
from heed.intake.events import Concern
from heed.intake.files import REPORTERS_FILES, REPORTERS_LARGEST, SentFile, add_file
from heed.oversight.asked_commands import ask_again, challenge
from heed.pages.front import NoRoom, NotWhole, TooLong
from heed.pages.uploads import begun, sent_files
from heed.public import linked
from heed.public.hands import hands
from heed.public.pages import page
from heed.public.proof import proof_of
from heed.public.state import WayBack
from heed.register.entry import Envelope, Header, Recipients
from heed.register.return_code import NotACode, ReturnCode
from heed.register.thread import Thread, ThreadItem, open_item
from heed.register.upcast import upcast
from heed.register.vault import CannotOpen
from heed.store.connection import StoreAway, StoreRefused
from heed.store.receiving import Received
from heed.store.spool import SpoolFull
from heed.store.thread import fetch_thread

_ONE_TOO_MANY = "HE041"
_ADDED_FILE = "You added a file."
_KEPT_APART = "You told us your name or how to reach you. We keep it apart from the rest."
_NOT_SHOWN = "This cannot be shown now."
_PRESSED = {
    Kind.ASKED_AGAIN: "You asked again.",
    Kind.CHALLENGED: "You said that this was the wrong choice.",
    Kind.FILE_ADDED: _ADDED_FILE,
}
"""What somebody did without words: shown at once, for it says nothing of what they told."""
_UNSENT = {TooLong: ("file-large", 413), NoRoom: ("file-lost", 503), NotWhole: ("file-cut", 400)}


def come_back(request: HttpRequest) -> HttpResponse:
    """Ask for the code, and open the thread behind it; words typed before travel along."""
    if request.method != "POST":
        return _ask()
    given, words = request.POST.get("code", ""), request.POST.get("words", "")
    try:
        code = ReturnCode.parse(given)
    except NotACode as wrong:
        return _ask(422, error="form", value=given, unknown=wrong.unknown, words=words)
    way = WayBack(code, hands().chance.bytes(32))
    seen = _see(way)
    if seen.no_such_code:
        return linked.behind(code) or _ask(404, error="unknown", value=given, words=words)
    return _thread(way, seen, words=words)


def _words_back(view: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Where the form broke, or was too long: the same page, with the words that came before its files."""

    @wraps(view)
    def heard(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except (RequestDataTooBig, UnreadablePostError):
            came = begun(request)
            way, words = _way(came.get("way_back", "")), came.get("words", "")
            if way is None and not words:
                raise
            error, status = _UNSENT[type(request.META["wsgi.input"])]
        if way is None:
            return _ask(status, error="old", words=words)
        seen = _see(way)
        if seen.no_such_code:
            return _ask(404, error="unknown", words=words)
        return _thread(way, seen, status=status, words=words, error=error, unsent=True)

    return heard


@_words_back
def thread(request: HttpRequest) -> HttpResponse:
    """On the page behind the code: show my words, or send some, with files; no file costs a word.

    Who asks again, or says that a decision is wrong, sends what they typed with it.
    """
    way, words, sent = _sent_back(request)
    if way is None:
        return _ask(error="old" if request.POST else "", words=words)
    step = request.POST.get("step", "")
    if step == "add" and (words.strip() or sent):
        return _add(way, words, sent)
    if pressed := _pressed(way, step, request.POST.get("wrong", "")):
        return _add(way, words, [], pressed=pressed)
    if step == "look":
        way = replace(way, noted=True)
    seen = _see(way)
    if seen.no_such_code:
        return _ask(404, error="unknown", words=words)
    error = "empty" if step == "add" else "file-again" if _chosen(request) else ""
    return _thread(way, seen, own=step == "show", words=words, error=error)


@_words_back
def file(request: HttpRequest) -> HttpResponse:
    """Add files alone; each is sealed as it came, and never shown back."""
    way, words, sent = _sent_back(request)
    if way is None:
        return _ask(error="old" if request.POST else "", words=words)
    if sent:
        return _add(way, "", sent, typed=words)
    seen = _see(way)
    if seen.no_such_code:
        return _ask(404, error="unknown", words=words)
    return _thread(way, seen, words=words, error="file-none")


@_words_back
def proof(request: HttpRequest) -> HttpResponse:
    """The proof, or until it is made the signed promise, as a file with a name that says nothing."""
    way, words, _ = _sent_back(request)
    if way is None:
        return _ask(error="old" if request.POST else "", words=words)
    seen = _see(way)
    try:
        content = proof_of(way.code, seen.found)
    except (CannotOpen, ValueError, KeyError, OSError):
        content = None
    content = content or way.promise.encode()
    if not content and seen.no_such_code:
        return _ask(404, error="unknown", words=words)
    if not content:
        return _thread(way, seen, words=words, error="later", chosen=_chosen(request))
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="note.txt"'
    return response


@dataclass(frozen=True)
class _Seen:
    """What can be known of a code now.

    `found` is its thread on the record; `away`: the record, or the spool where the record has
    nothing, could not be asked. `filed`: a filing under this code waits in the spool; `waiting`:
    that, or an addition.
    """

    found: Thread | None
    away: bool
    filed: bool
    waiting: bool

    @property
    def no_such_code(self) -> bool:
        """Both were asked, and neither knows the code."""
        return self.found is None and not self.filed and not self.away


def _see(way: WayBack) -> _Seen:
    """Ask the spool first: what is drained in between stands on the record already."""
    held = hands()
    filed = waiting = blind = away = False
    try:
        filed = held.spool.holds(way.code.lookup)
        waiting = held.spool.holds_stream(way.code.record)
    except OSError:
        blind = True
    try:
        found = _reporters(fetch_thread(held.link, way.code.lookup))
    except (StoreAway, StoreRefused):
        found, away = None, True
    return _Seen(found, away or (found is None and blind), filed, waiting)


def _reporters(found: Thread | None) -> Thread | None:
    """Not the thread of a body that opened a referral: its words lead there, and to nothing here."""
    if found is None or not found.items:
        return found
    kind = Header.decode(found.items[0].header).kind
    return None if kind == Kind.LINK_HEARD else found


def _sent_back(request: HttpRequest) -> tuple[WayBack | None, str, list[SentFile]]:
    """The way back, the words and the files of a form of the page behind the code."""
    said = request.POST
    return _way(said.get("way_back", "")), said.get("words", ""), sent_files(request, "file")


def _way(sealed: str) -> WayBack | None:
    try:
        return WayBack.open(hands().hand.form_key, sealed)
    except CannotOpen:
        return None


def _chosen(request: HttpRequest) -> bool:
    """Whether a file was chosen; a button that does not send it along says its name only."""
    return bool(request.FILES or request.POST.get("file"))


def _ask(
    status: int = 200,
    *,
    error: str = "",
    value: str = "",
    unknown: object = (),
    words: str = "",
) -> HttpResponse:
    return page("return.html", status, error=error, value=value, unknown=unknown, words=words)


def _pressed(way: WayBack, step: str, wrong: str) -> SealedEntry | None:
    """The entry of a button: to ask again, or that the decision they were told of by `wrong` is wrong."""
    held = hands()
    to = Recipients(held.intake, way.code.key)
    mine: dict[str, Any] = {
        "record": way.code.record,
        "lookup": way.code.lookup,
        "token": way.token,
    }
    if step == "ask":
        return ask_again(held.chance, to, **mine)
    try:
        return challenge(held.chance, to, telling=UUID(wrong), **mine)
    except ValueError:
        return None


def _add(
    way: WayBack,
    words: str,
    sent: list[SentFile],
    typed: str = "",
    pressed: SealedEntry | None = None,
) -> HttpResponse:
    """Words first, then files: what is wrong with a file never costs a word. `typed`: not to be sent."""
    held = hands()
    if not way.checked:
        # Eight words of the list always read as a code: ask before anything is kept under it.
        seen = _see(way)
        if seen.no_such_code:
            return _ask(404, error="unknown", words=words or typed)
        way = replace(way, checked=seen.found is not None or seen.filed)
    kept, done = list[Received](), ""
    try:
        kept += [_keep_words(way, words)] if words.strip() else []
        kept += [held.receiving.append(pressed)] if pressed else []
        done = pressed.kind if pressed else ""
    except (SpoolFull, StoreRefused, OSError):
        if not kept:
            return page("not_recorded.html", 503, words=words, form_state="")
    files, error = _keep_files(way, sent)
    error = "pressed" if pressed and not done else error
    kept += files
    sealed = any(received.spooled for received in kept)
    checked = way.checked or (bool(kept) and not sealed)
    token = way.token if error else held.chance.bytes(32)
    way = replace(way, token=token, checked=checked)
    seen = _see(way)
    if seen.no_such_code:  # the database came back just now, and does not know it
        return _ask(404, error="unknown", words=words or typed)
    return _thread(way, seen, added=bool(kept), sealed=sealed, words=typed, error=error, done=done)


def _keep_words(way: WayBack, words: str) -> Received:
    held = hands()
    entry = add_words(
        held.chance,
        Recipients(held.intake, way.code.key),
        words,
        record=way.code.record,
        lookup=way.code.lookup,
        token=way.token,
    )
    return held.receiving.append(entry)


def _keep_files(way: WayBack, sent: list[SentFile]) -> tuple[list[Received], str]:
    """What was kept, and what is wrong with the rest."""
    held, kept = hands(), list[Received]()
    if error := _wrong_with(sent):
        return kept, error
    try:
        for each in sent:
            entry = add_file(
                held.chance,
                Recipients(held.intake),  # not to the code: whoever finds it finds no picture
                each,
                record=way.code.record,
                token=way.token,
                lookup=way.code.lookup,
                actor=Actor.REPORTER,
            )
            kept.append(held.receiving.append(entry))
    except StoreRefused as refused:
        return kept, "file-many" if refused.code == _ONE_TOO_MANY else "file-lost"
    except (SpoolFull, OSError):
        return kept, "file-lost"
    return kept, ""


def _wrong_with(sent: list[SentFile]) -> str:
    if len(sent) > REPORTERS_FILES:
        return "file-many"
    if any(not each.size for each in sent):
        return "file-empty"
    return "file-large" if any(each.size > REPORTERS_LARGEST for each in sent) else ""


def _thread(
    way: WayBack,
    seen: _Seen,
    *,
    status: int = 200,
    own: bool = False,
    added: bool = False,
    sealed: bool = False,
    words: str = "",
    error: str = "",
    chosen: bool = False,
    unsent: bool = False,
    done: str = "",
) -> HttpResponse:
    held, found = hands(), seen.found
    way = replace(way, checked=way.checked or found is not None or seen.filed)
    items = _items(way.code, found, own) if found else []
    opened_at = found.opened_at if found else None
    newest = max((item["at"] for item in items if item["mine"] and item["at"]), default=None)
    return page(
        "thread.html",
        status,
        items=items,
        opened_at=opened_at,
        unseen=opened_at is not None and (seen.waiting or (newest or opened_at) > opened_at),
        away=seen.away,
        unchecked=not way.checked,
        waiting=seen.waiting,
        own_shown=own,
        added=added,
        sealed=sealed,
        words=words,
        error=error,
        chosen=chosen,
        unsent=unsent,
        done=done,
        code="" if way.noted else way.code.words,
        way_back=way.seal(held.hand.form_key, held.chance),
    )


def _items(code: ReturnCode, found: Thread, own: bool) -> list[dict[str, Any]]:
    """What was said, oldest first; a reporter's own words only when they ask."""
    items: list[dict[str, Any]] = []
    wrong, decisions = set[str](), dict[str, str]()
    for item in found.items:
        mine = item.recipient == "code"
        at, said, telling = None, [], ""
        try:
            header = Header.decode(item.header)
            at = header.recorded_at
            if header.kind == Kind.IDENTITY_SEALED:
                if own:
                    items.append({"mine": True, "at": None, "said": [_KEPT_APART]})
                continue
            if header.kind == Kind.CHALLENGED:
                wrong.add(str(_body(code, found, item, header.kind)["telling"]))
            if header.kind in _PRESSED:
                said = [_PRESSED[Kind(header.kind)]]
            elif own or not mine:
                said = _said(code, found, item, header.kind)
            if header.kind == Kind.REPORTER_TOLD:
                telling = str(item.entry)
                decisions[telling] = _body(code, found, item, header.kind).get("decision", telling)
        except (CannotOpen, ValueError, KeyError, TypeError):
            said = [_NOT_SHOWN]
        items.append({"mine": mine, "at": at, "said": said, "telling": telling})
    called_wrong = {decisions.get(telling) for telling in wrong}
    for each in items:  # of a decision this is said once, however often they were told of it
        each["wrong"] = decisions.get(each.setdefault("telling", ""), "") in called_wrong
    return items


def _said(code: ReturnCode, found: Thread, item: ThreadItem, kind: str) -> list[str]:
    """The words of one item; raises CannotOpen, ValueError, KeyError or TypeError."""
    body = _body(code, found, item, kind)
    if kind != Kind.FILED:
        return [str(body["words"])]
    concern = Concern.from_body(body)
    asked = (concern.saw, concern.told, concern.worried, concern.who, concern.where, concern.when)
    return [words for words in (*asked, concern.keep_from, concern.rung) if words.strip()]


def _body(code: ReturnCode, found: Thread, item: ThreadItem, kind: str) -> dict[str, Any]:
    """What an item holds; raises as `_said`."""
    opened = open_item(code, found, item)
    envelope = Envelope.decode(opened.envelope)
    return upcast(kind, envelope.body_v, canonical.loads(opened.body))
