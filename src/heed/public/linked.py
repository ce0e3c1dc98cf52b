"""A referral by a link: whoever gives the code and a name opens it, and answers; a visit opens nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.core import canonical
from heed.core.ports import SealedEntry
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
_UNKEPT = "We could not keep this just now. It is still here. Please press the button again."


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
        return page("referral_back.html", value="", error="", unknown=())
    given = request.POST.get("code", "")
    try:
        code = ReturnCode.parse(given)
    except NotACode as wrong:
        return page(
            "referral_back.html", 422, value=given, error="form", unknown=tuple(wrong.unknown)
        )
    return _back(Holder(code, hands().chance.bytes(32)), given)


def behind(code: ReturnCode) -> HttpResponse | None:
    """The referral of whoever typed its words where reporters come back; None: they open none now."""
    try:
        pack = fetch_back(hands().link, code.lookup)
    except StoreAway:
        return None
    return _held(Holder(code, hands().chance.bytes(32)), pack) if pack is not None else None


@require_http_methods(["GET", "HEAD", "POST"])
def answered(request: HttpRequest) -> HttpResponse:
    """On the page behind the way back: take a document out, or say something of the referral."""
    held, given = hands(), request.POST
    if request.method != "POST":
        return page("referral_back.html", value="", error="", unknown=())
    try:
        holder = Holder.open(held.hand.form_key, given.get("way", ""))
    except CannotOpen:
        return page("referral_back.html", 400, value="", error="old", unknown=())
    said = {name: given.get(name, "") for name in _FIELDS}
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
    if not _kept(entry):
        return _back(holder, "", said, {"what-acknowledged": _UNKEPT}, 503)
    fresh = replace(holder, token=held.chance.bytes(32), name=said["person"].strip())
    return _back(fresh, "", done=True)


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


def _kept(entry: SealedEntry) -> bool:
    try:
        PostgresRegister(hands().link).append(entry)
    except (StoreAway, StoreRefused):
        return False
    return True


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
    *,
    done: bool = False,
) -> HttpResponse:
    try:
        pack = fetch_back(hands().link, holder.code.lookup)
    except StoreAway:
        return page("referral_back.html", 503, value=given, error="away", unknown=())
    if pack is None:
        return page("referral_back.html", 404, value=given, error="unknown", unknown=())
    return _held(holder, pack, said, wrong, status, done=done)


def _held(
    holder: Holder,
    pack: Pack,
    said: dict[str, str] | None = None,
    wrong: dict[str, str] | None = None,
    status: int = 200,
    *,
    done: bool = False,
) -> HttpResponse:
    held = hands()
    return page(
        "referral_held.html",
        status,
        code=() if holder.noted else holder.code.words,
        documents=[(one.name, len(one.content)) for one in pack.open(holder.code.key)],
        withheld=pack.sealed is None,
        own=_own(holder.code),
        says=[(str(what), text) for what, text in SAY.items()],
        said=said or {"what": "", "person": holder.name, "reference": "", "words": ""},
        wrong=wrong or {},
        done=done,
        way=holder.seal(held.hand.form_key, held.chance),
    )


def _document(holder: Holder, number: str) -> HttpResponse:
    try:
        pack = fetch_back(hands().link, holder.code.lookup)
    except StoreAway:
        return page("referral_back.html", 503, value="", error="away", unknown=())
    documents = pack.open(holder.code.key) if pack else ()
    if not number.isascii() or not number.isdigit() or int(number[:9]) >= len(documents):
        return page("referral_back.html", 404, value="", error="unknown", unknown=())
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
