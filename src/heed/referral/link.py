"""Referring by a link and a code that is told apart: neither opens anything alone, nor does the database."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self
from uuid import UUID

from heed.access.commands import once
from heed.core import canonical
from heed.core.ports import Chance, Door, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.referral.commands import HEARD_WORDS, Heard
from heed.referral.pack import Document
from heed.register import vault
from heed.register.entry import Recipients, write
from heed.register.return_code import ReturnCode
from heed.register.vault import derive

TOKEN = 20
"""Random bytes of a link."""

DIGITS = 8
"""Of a code: five wrong ones lock the link, so who has the link alone opens one in 20 million."""

LARGEST = 11 * 1024 * 1024
"""Bytes of all documents of a pack: sealed they are a third more, and one entry has at most 16 MB."""

ANSWERS = (
    Heard.ACKNOWLEDGED,
    Heard.ACCEPTED,
    Heard.DECLINED,
    Heard.REFERENCE,
    Heard.OUTCOME,
    Heard.OTHER,
)
"""What whoever opened a referral can say of it."""

_WRAP = b"code"  # as Recipients.code_key binds it


class NotALink(ValueError):
    """The text is no link, or the digits are no code; the message never repeats them."""


@dataclass(frozen=True)
class LinkSecret:
    """A link's token (20 bytes) and its code (8 digits): what the two open, only both together open."""

    token: bytes = field(repr=False)
    code: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.token) != TOKEN or not re.fullmatch(rf"[0-9]{{{DIGITS}}}", self.code):
            raise NotALink("this is no link and code")

    @classmethod
    def new(cls, random: Callable[[int], bytes]) -> Self:
        """Draw both from `random`, which returns as many bytes as it is asked for."""
        return cls(random(TOKEN), f"{int.from_bytes(random(16), 'big') % 10**DIGITS:0{DIGITS}}")

    @classmethod
    def of(cls, address: str, typed: str) -> Self:
        """From the end of the link's address, and a code as people type it; raises NotALink."""
        try:
            token = base64.urlsafe_b64decode(address.encode("ascii") + b"=")
        except ValueError as wrong:
            raise NotALink("this is no link") from wrong
        return cls(token, re.sub(r"[\s.-]", "", typed))

    @property
    def address(self) -> str:
        """The end of the link's address: 27 characters that no address needs to escape."""
        return base64.urlsafe_b64encode(self.token).decode().rstrip("=")

    @property
    def spoken(self) -> str:
        """The code in two halves, as one reads it out."""
        return f"{self.code[:4]} {self.code[4:]}"

    @cached_property
    def lookup(self) -> bytes:
        """32 bytes of the token alone, under which the link is found; they open nothing."""
        return derive(self.token, b"heed link look-up v1")

    @cached_property
    def proof(self) -> bytes:
        """32 bytes that show to the database that one holds both; it keeps their hash."""
        return derive(self.token + self.code.encode(), b"heed link proof v1")

    @cached_property
    def key(self) -> bytes:
        """32 bytes, an AES-256 key under which the documents' key is sealed."""
        return derive(self.token + self.code.encode(), b"heed link open v1")

    def way_back(self, seed: bytes) -> ReturnCode:
        """The receiver's own code. `seed` travels sealed in their form: the same form gives the same.

        So a form that is sent again, because its answer was lost, finds what it opened before; and
        whoever finds the form, but does not know the code, does not.
        """
        secret = seed + self.token + self.code.encode()
        return ReturnCode(derive(secret, b"heed link way back v1", 11))


@dataclass(frozen=True)
class Pack:
    """The documents as the database hands them out: sealed, and their key (60 bytes) under a code.

    `sealed` is None where they are given no more, and only answers are taken.
    """

    entry: UUID
    sealed: bytes | None
    wrap: bytes

    def open(self, key: bytes) -> tuple[Document, ...]:
        """The documents; `key` is LinkSecret's or the way back's. Raises CannotOpen."""
        if self.sealed is None:
            return ()
        opened = vault.open_sealed(self._unlocked(key), self.entry, self.sealed)
        try:
            return tuple(
                Document(one["name"], one["type"], base64.b64decode(one["content"], validate=True))
                for one in canonical.loads(opened.body)["documents"]
            )
        except (KeyError, TypeError, ValueError) as wrong:
            raise vault.CannotOpen("the documents are of another form") from wrong

    def under(self, chance: Chance, key: bytes, other: bytes) -> bytes:
        """The documents' key, sealed anew under another code's key; raises CannotOpen."""
        label = _WRAP + self.entry.bytes
        return vault.lock_under(other, chance.bytes(vault.NONCE), self._unlocked(key), label)

    def _unlocked(self, key: bytes) -> bytes:
        return vault.unlock_under(key, self.wrap, _WRAP + self.entry.bytes)


def make_link(
    chance: Chance,
    recipients: Recipients,
    documents: Sequence[Document],
    *,
    record: UUID,
    referral: UUID,
    pack: UUID,
    secret: LinkSecret,
    email: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Seal the documents of a pack to the organisation, and to whoever holds link and code.

    `pack`: the entry of that pack. What opens them goes in no entry.
    """
    body: dict[str, Any] = {
        "documents": [
            {
                "content": base64.b64encode(one.content).decode(),
                "name": one.name,
                "type": one.media_type,
            }
            for one in documents
        ]
    }
    claims: dict[str, object] = {"referral": str(referral), "pack": str(pack), "email": email}
    entry = write(
        chance,
        Recipients(recipients.keys, secret.key),
        kind=Kind.LINK_MADE,
        stream=record,
        actor=Actor.WORKER,
        body=body,
        claims=claims,
        token=once(token, record, claims),
    )
    opens = {
        "lookup": secret.lookup.hex(),
        "proof": hashlib.sha256(secret.proof).hexdigest(),
        "token": secret.address,
        "wrap": entry.wraps["code"].hex(),
    }
    others = {name: wrap for name, wrap in entry.wraps.items() if name != "code"}
    return replace(entry, claims=claims | opens, wraps=others)


def end_link(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    link: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Take a link back: the database hands out nothing more for it, nor for its way back."""
    return _said(
        chance, recipients, Kind.LINK_ENDED, record, {"link": str(link)}, {"reason": reason}, token
    )


def say_sent(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    link: UUID,
    sent: bool,
    why: str,
    kept: bool = False,
) -> SealedEntry:
    """That the email with a link was handed over, or will never go, and why.

    `kept`: it lies in a folder, so that the link still opens; else what opens it is forgotten.
    """
    claims: dict[str, object] = {"link": str(link), "sent": sent, "kept": kept}
    return write(
        chance,
        recipients,
        kind=Kind.LINK_SENT,
        stream=record,
        actor=Actor.SWEEP,
        body={"reason": why},
        claims=claims,
    )


def open_link(
    chance: Chance,
    recipients: Recipients,
    *,
    code: ReturnCode,
    door: Door,
    attempt: UUID,
    wrap: bytes,
    name: str,
    role: str,
) -> SealedEntry:
    """Somebody who gave this name opened it; `attempt`: the try that fitted; `wrap`: Pack.under()."""
    claims: dict[str, object] = {"what": str(Heard.OPENED), "try": str(attempt), "wrap": wrap.hex()}
    return write(
        chance,
        Recipients(recipients.keys, code.key),
        kind=Kind.LINK_HEARD,
        stream=code.record,
        actor=Actor.RECEIVER,
        body={"person": _named(name, role), "what": str(Heard.OPENED)},
        claims=claims,
        lookup=code.lookup,
        door=door,
    )


def answer_link(
    chance: Chance,
    recipients: Recipients,
    said: Mapping[str, str],
    *,
    code: ReturnCode,
    what: Heard,
    token: bytes,
) -> SealedEntry:
    """Whoever opened it says what becomes of it; `said`: person, reference, words."""
    claims: dict[str, object] = {"what": str(what)}
    return write(
        chance,
        Recipients(recipients.keys, code.key),
        kind=Kind.LINK_HEARD,
        stream=code.record,
        actor=Actor.RECEIVER,
        body={name: said.get(name, "") for name in HEARD_WORDS} | {"what": str(what)},
        claims=claims,
        token=once(token, code.record, claims),
        lookup=code.lookup,
    )


def _named(name: str, role: str) -> str:
    return f"{name.strip()}, {role.strip()}" if role.strip() else name.strip()


def _said(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    record: UUID,
    claims: dict[str, object],
    body: dict[str, str],
    token: bytes | None,
) -> SealedEntry:
    return write(
        chance,
        recipients,
        kind=kind,
        stream=record,
        actor=Actor.WORKER,
        body=body,
        claims=claims,
        token=once(token, record, claims),
    )
