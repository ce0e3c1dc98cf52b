"""Reads what an email file (.eml) says, as far as it can; what it cannot read stands in the file itself."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import Compat32
from html import unescape
from typing import Any, TypeVar

from heed.intake.files import SentFile, as_text

T = TypeVar("T")

NO_WORDS = "No words could be read in this email. It is kept as it came, as a file of this record."
CUT = "\n\n[The email is longer than this. All of it is in its file.]"
MOST_TEXT = 1_000_000
"""Characters of an email's text that are taken over as words."""
MOST_PARTS = 200
"""Parts of an email that are looked at, however many there are."""
MOST_MAILS = 20
"""Emails inside one another that are read."""
_HEADER = 1_000
_OURS = 20_000
_HEAD = 60_000
_READ_HERE = {"from", "to", "cc", "subject", "date"}
_BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote"}
_SILENT = {"script", "style", "head", "title"}
_PIECES = re.compile("<[^<>]*>|[^<]+|<")
_TAG = re.compile("<(/?)([A-Za-z][A-Za-z0-9]*)")
# None of these can fail after it has begun to match, so none looks at a character many times.
_QUOTED = r'"(?:[^"\\]|\\.?)*"?'
_PERSON = re.compile(rf'(?:{_QUOTED}|\([^()]*\)?|<[^<>]*>?|[^,;"(<])+', re.DOTALL)
_NAME = re.compile(r'"((?:[^"\\]|\\.?)*)" ?(?=<)', re.DOTALL)
_ENCODED = re.compile(r"=\?([^?\s]{1,40})\?([QqBb])\?([^?]{0,1000})\?=")


@dataclass(frozen=True)
class ReadMail:
    """What an email says: who, when, to whom (a name a line), its subject and text, its attachments."""

    sender: str
    dated: str
    addressed_to: str
    told: str
    attachments: tuple[SentFile, ...]


class _Plain(Compat32):
    """Headers as they stand: the library's structured parsers take minutes over a broken one.

    What its own readers of parameters see of one (they are slow as well) is short.
    """

    def header_fetch_parse(self, name: str, value: str) -> str:
        """The first characters; of an address, a subject or a date, which is read here, more."""
        return value[: _OURS if name.lower() in _READ_HERE else _HEADER]

    def fold_binary(self, name: str, value: str) -> bytes:
        """The header as it came, for an email inside another."""
        return f"{name}: {value}\n".encode("ascii", "surrogateescape")


_POLICY: Any = _Plain()


def is_mail(sent: SentFile) -> bool:
    """Whether a file says of itself that it is an email."""
    return sent.name.lower().endswith(".eml") or sent.type.lower() == "message/rfc822"


def read_mail(raw: bytes) -> ReadMail:
    """Whatever these bytes are, this raises nothing: what cannot be read is blank, or says so."""
    mail = _tried(lambda: _opened(raw), Message(_POLICY))
    body = _tried(lambda: _body(mail), None)
    text = _tried(lambda: _text(body), "") if body is not None else ""
    subject = _header(mail, "subject")
    words = "\n\n".join(part for part in (subject and f"Subject: {subject}", text.strip()) if part)
    addressed = [name for field in ("to", "cc") for name in _people(mail, field)]
    return ReadMail(
        sender=", ".join(_people(mail, "from")),
        dated=_header(mail, "date"),
        addressed_to="\n".join(addressed),
        told=words if text.strip() else "\n\n".join(part for part in (words, NO_WORDS) if part),
        attachments=tuple(_tried(lambda: list(_attachments(mail, body)), [])),
    )


def words_in(sent: SentFile) -> str | None:
    """What an email that came as a file says, with the emails inside it; None for any other file."""
    if not is_mail(sent):
        return None
    waiting = [sent.content]
    said: list[str] = []
    while waiting and len(said) < MOST_MAILS:
        mail = read_mail(waiting.pop(0))
        said.append(mail.told.removesuffix(NO_WORDS))
        waiting += [each.content for each in mail.attachments if is_mail(each)]
    return "\n\n".join(said)[:MOST_TEXT].strip()


def _opened(raw: bytes) -> Message:
    """The parser takes hours over a million parts: of what has so many, only the head is read."""
    head = raw[:_HEAD]
    odd = (
        raw.count(b"\n--") > 5 * MOST_PARTS
        or raw.lower().count(b"content-type:") > 5 * MOST_PARTS
        or (len(raw) > len(head) and b"\n\n" not in head and b"\r\n\r\n" not in head)
    )
    if odd:
        head = head.partition(b"\r\n\r\n")[0].partition(b"\n\n")[0]
        mail: Message = message_from_bytes(head + b"\n\n", policy=_POLICY)
        mail.set_payload("")
        return mail
    return message_from_bytes(raw, policy=_POLICY)


def _tried(read: Callable[[], T], otherwise: T) -> T:
    """The standard library raises almost anything on what is no email: none of it may end a letter."""
    try:
        return read()
    except Exception:
        return otherwise


def _header(mail: Message, name: str) -> str:
    return _tried(lambda: _clean(_decoded(str(mail.get(name) or ""))), "")


def _people(mail: Message, name: str) -> list[str]:
    """The names and addresses of a header, one each."""
    header = _tried(lambda: str(mail.get(name) or ""), "")
    nobody: list[str] = []
    found = _tried(lambda: [_person(one) for one in _PERSON.findall(header)], nobody)
    return [each for each in found if each] or [text for text in [_clean(header)] if text]


def _person(said: str) -> str:
    """`"A \\"B\\"" <c@d>` without the quotation marks that only mark where a name ends."""
    said = " ".join(said.split())
    quoted = _NAME.match(said)
    if quoted:
        name = re.sub(r"\\(.)", r"\1", quoted[1])
        said = f"{name} {said[quoted.end() :]}"
    return _clean(_decoded(said))


def _decoded(said: str) -> str:
    """A header's words, of which some are written in another alphabet's bytes (RFC 2047)."""
    words: list[tuple[str, bytes]] = []
    end = 0
    for found in _ENCODED.finditer(said):
        between = said[end : found.start()]
        if between.strip() or not end:
            words.append(("utf-8", _raw(between)))
        charset, how, text = found.groups()
        content = _tried(lambda how=how, text=text: _bytes_of(how, text), _raw(found[0]))  # type: ignore[misc]
        if words and words[-1][0] == charset.lower():
            content = words.pop()[1] + content
        words.append((charset.lower(), content))
        end = found.end()
    words.append(("utf-8", _raw(said[end:])))
    return "".join(_in_charset(content, charset) for charset, content in words)


def _bytes_of(how: str, text: str) -> bytes:
    if how in "Qq":
        return a2b_qp(text.encode("ascii"), header=True)
    return a2b_base64(text.encode("ascii") + b"==")


def _raw(said: str) -> bytes:
    return said.encode("utf-8", "surrogateescape")


def _in_charset(content: bytes, charset: str) -> str:
    return _tried(lambda: content.decode(charset, "replace"), content.decode("utf-8", "replace"))


def _clean(said: str) -> str:
    return " ".join(as_text(said).split())


def _text(part: Message) -> str:
    """The words of a part, in whatever it says that it is written."""
    plain = part.get_payload(decode=True)
    content = plain if isinstance(plain, bytes) else b""
    words = _in_charset(content, _tried(lambda: part.get_content_charset(), None) or "utf-8")
    if part.get_content_subtype() == "html":
        words = _words_of(words[:MOST_TEXT])
    words = as_text(words.replace("\r\n", "\n"))
    return words if len(words) <= MOST_TEXT else words[:MOST_TEXT] + CUT


def _words_of(page: str) -> str:
    """What a mail in HTML shows, without its form. The standard parser takes hours over a broken one."""
    words: list[str] = []
    silent = ""
    for piece in _PIECES.findall(page):
        tag = _TAG.match(piece)
        name = tag[2].lower() if tag else ""
        if silent:
            silent = "" if tag and tag[1] and name == silent else silent
        elif name in _SILENT:
            silent = "" if tag and tag[1] else name
        elif tag is None and not piece.startswith("<!"):
            words.append(unescape(piece))
        elif name in _BREAKS:
            words.append("\n")
    lines = (" ".join(line.split()) for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line)


def _parts(mail: Message) -> Iterator[Message]:
    """Every part that holds no others, in order; an email inside is one."""
    waiting: list[Any] = [mail]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        inside = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inside, list):
            waiting[:0] = inside
        else:
            yield part


def _body(mail: Message) -> Message | None:
    """What is shown first: plain text where there is some, else HTML."""
    shown = [part for part in _parts(mail) if part.get_content_disposition() != "attachment"]
    for kind in ("text/plain", "text/html"):
        for part in shown:
            if part.get_content_type() == kind:
                return part
    return None


def _attachments(mail: Message, body: Message | None) -> Iterator[SentFile]:
    """Every part that is a file of its own; an email inside is one, whole."""
    for part in _parts(mail):
        sent = _tried(lambda part=part: _file(part, mail, body), None)  # type: ignore[misc]
        if sent is not None:
            yield sent


def _file(part: Message, mail: Message, body: Message | None) -> SentFile | None:
    kind = part.get_content_type()
    name = _tried(lambda: _clean(_decoded(part.get_filename() or "")), "")
    named = bool(name) or part.get_content_disposition() == "attachment"
    if part is body or (not named and (part is mail or kind.startswith("text/"))):
        return None
    if kind == "message/rfc822":
        inside: Any = part.get_payload()
        inner = inside[0].as_bytes() if isinstance(inside, list) and inside else b""
        return SentFile(name or "email.eml", kind, inner)
    content = part.get_payload(decode=True)
    return SentFile(name, kind, content) if isinstance(content, bytes) else None
