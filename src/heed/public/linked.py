"""A referral by a link: whoever gives the code and a name opens it, and answers; a visit opens nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.core import canonical
from heed.core.vocabulary import Kind
from heed.public.hands import hands
from heed.public.holder import Holder, Unopened
from heed.public.pages import page
from heed.referral.commands import Heard
from heed.referral.link import (
    ANSWERS,
    DIGITS,
    LinkSecret,
    NotALink,
    Pack,
    answer_link,
    open_link,
)
from heed.referral.pack import Document
from heed.register.entry import Header, Recipients
from heed.register.return_code import NotACode, ReturnCode
from heed.register.thread import new_door, open_item
from heed.register.vault import CannotOpen
from heed.store.append import PostgresRegister
from heed.store.connection import StoreAway, StoreRefused
from heed.store.link import fetch_back, try_code
from heed.store.receiving import Received
from heed.store.spool import SpoolFull
from heed.store.thread import fetch_thread

SAY = {
    Heard.ACKNOWLEDGED: "We have it",
    Heard.ACCEPTED: "We accept it, and will act",
    Heard.DECLINED: "We do not accept it",
    Heard.REFERENCE: "Our reference",
    Heard.OUTCOME: "What came of it",
    Heard.OTHER: "Something else",
}
"""What whoever opened it can say, in the order in which the form asks."""

_SAID = {Heard.OPENED: "You opened it"} | SAY
_FIELDS = ("what", "person", "reference", "words")
_NEEDS = {
    Heard.DECLINED: ("words", "Write why, so that somebody else can be asked."),
    Heard.REFERENCE: ("reference", "Write your reference."),
    Heard.OUTCOME: ("words", "Write what came of it."),
    Heard.OTHER: ("words", "Write what you want to say."),
}
_AWAY = (
    "We cannot open it just now. Nothing was lost. Please press the button again in a few minutes."
)
_NOTHING = dict.fromkeys(_FIELDS, "")


class Own(NamedTuple):
    """One thing that its reader said before."""

    what: str
    at: Any
    texts: tuple[str, ...]


@require_http_methods(["GET", "HEAD"])
def link(request: HttpRequest, address: str) -> HttpResponse:
    """The same form for every address: the record is not asked, whoever or whatever comes by."""
    return _ask(Unopened(address, hands().chance.bytes(32)))


@require_http_methods(["GET", "HEAD", "POST"])
def opened(request: HttpRequest) -> HttpResponse:
    """The code and a name: open it, or say in the same words for every reason that it does not open."""
    held, said = hands(), request.POST
    if request.method != "POST":
        return page("referral_gone.html")
    try:
        came = Unopened.open(held.hand.form_key, said.get("link", ""))
    except CannotOpen:
        return page("referral_gone.html", 400)
    typed = {name: said.get(name, "") for name in ("name", "role", "code")}
    wrong = {} if typed["name"].strip() else {"name": "Write your name."}
    try:
        secret = LinkSecret.of(came.address, typed["code"])
    except NotALink:
        wrong["code"] = f"Write the {DIGITS} digits that you were told by telephone."
        return _ask(came, 422, typed, wrong)
    if wrong:
        return _ask(came, 422, typed, wrong)
    code = secret.way_back(came.seed)
    try:
        done = _open(secret, code, typed)
    except StoreAway:
        return _ask(came, 503, typed, {"code": _AWAY})
    if done is None:
        return _ask(came, 404, typed, {}, dead=True)
    return _held(Holder(code, held.chance.bytes(32), typed["name"].strip(), noted=False), done)


@require_http_methods(["GET", "HEAD", "POST"])
def come_back(request: HttpRequest) -> HttpResponse:
    """With the eight words: what one opened before."""
    if request.method != "POST":
        return _words()
    given, said = request.POST.get("code", ""), _typed(request)
    try:
        code = ReturnCode.parse(given)
    except NotACode as wrong:
        return _words(422, "form", given, tuple(wrong.unknown), said)
    return _back(Holder(code, hands().chance.bytes(32)), given, said)


def behind(code: ReturnCode) -> HttpResponse | None:
    """The referral of whoever typed its words where reporters come back; None: they open none now."""
    try:
        pack = fetch_back(hands().link, code.lookup)
        known = pack is not None or _has_opened(code)
    except (StoreAway, StoreRefused):
        return None
    return _held(Holder(code, hands().chance.bytes(32)), pack) if known else None


@require_http_methods(["GET", "HEAD", "POST"])
def answered(request: HttpRequest) -> HttpResponse:
    """On the page behind the way back: take a document out, or say something of the referral."""
    held, given = hands(), request.POST
    if request.method != "POST":
        return _words()
    said = _typed(request)
    try:
        holder = Holder.open(held.hand.form_key, given.get("way", ""))
    except CannotOpen:
        return _words(400, "old", said=said)
    if "document" in given:
        return _document(holder, given["document"])
    if given.get("step") != "say":
        return _back(replace(holder, noted=True), "", said)
    wrong = _wrong(said)
    if wrong:
        return _back(holder, "", said, wrong, 422)
    entry = answer_link(
        held.chance,
        Recipients(held.intake),
        said,
        code=holder.code,
        what=Heard(said["what"]),
        token=holder.token,
    )
    try:
        kept = held.receiving.append(entry)
    except (SpoolFull, StoreRefused, OSError):
        return _words(503, "lost", said=said)
    fresh = replace(holder, token=held.chance.bytes(32), name=said["person"].strip())
    return _kept(fresh, kept)


def _open(secret: LinkSecret, code: ReturnCode, typed: dict[str, str]) -> Pack | None:
    """What this form opened before, or opens now; None where nothing opens. Raises StoreAway."""
    held = hands()
    before = fetch_back(held.link, code.lookup)
    if before is not None:
        return before
    attempt, pack = try_code(held.link, secret)
    if pack is None:
        return None
    entry = open_link(
        held.chance,
        Recipients(held.intake),
        code=code,
        door=new_door(held.chance, code),
        attempt=attempt,
        wrap=pack.under(held.chance, secret.key, code.key),
        name=typed["name"],
        role=typed["role"],
    )
    try:
        PostgresRegister(held.link).append(entry)
    except StoreRefused as refused:
        if refused.code != "HE404":
            raise StoreAway("it is not kept now") from None
    return fetch_back(held.link, code.lookup)  # also where the same form was sent twice at once


def _kept(holder: Holder, kept: Received) -> HttpResponse:
    """What they said is kept, whatever can be shown of the referral now."""
    try:
        pack = fetch_back(hands().link, holder.code.lookup)
    except StoreAway:
        return page("referral_kept.html", sealed=kept.spooled)
    if kept.spooled:
        return page("referral_kept.html", sealed=True)
    return _held(holder, pack, done=True)


def _typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in _FIELDS}


def _wrong(said: dict[str, str]) -> dict[str, str]:
    wrong = {}
    if said["what"] not in ANSWERS:
        wrong["what-acknowledged"] = "Choose what you want to say."
    elif Heard(said["what"]) in _NEEDS:
        name, sentence = _NEEDS[Heard(said["what"])]
        if not said[name].strip():
            wrong[name] = sentence
    if not said["person"].strip():
        wrong["person"] = "Write your name."
    return wrong


def _ask(
    came: Unopened,
    status: int = 200,
    typed: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    *,
    dead: bool = False,
) -> HttpResponse:
    held = hands()
    return page(
        "referral_link.html",
        status,
        link=came.seal(held.hand.form_key, held.chance),
        said=typed or {"name": "", "role": "", "code": ""},
        wrong=wrong or {},
        dead=dead,
    )


def _back(
    holder: Holder,
    given: str,
    said: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    try:
        pack = fetch_back(hands().link, holder.code.lookup)
        known = pack is not None or _has_opened(holder.code)
    except (StoreAway, StoreRefused):
        return _words(503, "away", given, said=said)
    if not known:
        return _words(404, "unknown", given, said=said)
    return _held(holder, pack, said, wrong, status)


def _has_opened(code: ReturnCode) -> bool:
    """Whether a referral was opened by this way back, whatever became of its link since."""
    found = fetch_thread(hands().link, code.lookup)
    if found is None or not found.items:
        return False
    return Header.decode(found.items[0].header).kind == Kind.LINK_HEARD


def _words(
    status: int = 200,
    error: str = "",
    value: str = "",
    unknown: tuple[object, ...] = (),
    said: dict[str, str] | None = None,
) -> HttpResponse:
    """Ask for the eight words; what was typed before travels along, and is said not to be recorded."""
    return page(
        "referral_back.html",
        status,
        value=value,
        error=error,
        unknown=unknown,
        said=said or _NOTHING,
        typed=any(text.strip() for text in (said or _NOTHING).values()),
    )


def _held(
    holder: Holder,
    pack: Pack | None,
    said: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
    *,
    done: bool = False,
) -> HttpResponse:
    """The page behind the way back; of a link that was taken back (`pack` None) the form alone."""
    held, opened = hands(), pack.open(holder.code.key) if pack else ()
    return page(
        "referral_held.html",
        status,
        code=() if holder.noted else holder.code.words,
        documents=[(one.name, len(one.content)) for one in opened],
        withheld=pack is None or pack.sealed is None,
        ended=pack is None,
        own=_own(holder.code) if pack else [],
        says=[(str(what), text) for what, text in SAY.items()],
        said=(said or _NOTHING) | ({} if said and said["person"] else {"person": holder.name}),
        wrong=wrong or {},
        done=done,
        way=holder.seal(held.hand.form_key, held.chance),
    )


def _document(holder: Holder, number: str) -> HttpResponse:
    try:
        pack = fetch_back(hands().link, holder.code.lookup)
    except StoreAway:
        return _words(503, "away")
    documents = pack.open(holder.code.key) if pack else ()
    if not number.isascii() or not number.isdigit() or int(number[:9]) >= len(documents):
        return _words(404, "unknown")
    return _attached(documents[int(number)])


def _attached(document: Document) -> HttpResponse:
    """To save, never to show: nothing in it runs here."""
    response = HttpResponse(document.content, content_type="application/octet-stream")
    name = "".join(c for c in document.name if c.isascii() and (c.isalnum() or c in "._-"))
    response["Content-Disposition"] = f'attachment; filename="{name[-80:] or "document"}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _own(code: ReturnCode) -> list[Own]:
    """What the holder of this code said, oldest first; what cannot be read or fetched now is left out."""
    try:
        found = fetch_thread(hands().link, code.lookup)
    except (StoreAway, StoreRefused):
        return []
    own = []
    for item in found.items if found else ():
        try:
            body = canonical.loads(open_item(code, found, item).body) if found else {}
            texts = (body.get("person", ""), body.get("reference", ""), body.get("words", ""))
            at = Header.decode(item.header).recorded_at
            own.append(Own(_SAID[Heard(body["what"])], at, tuple(filter(None, texts))))
        except (CannotOpen, ValueError, KeyError, TypeError):
            continue
    return own
