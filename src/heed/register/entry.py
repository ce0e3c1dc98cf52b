"""One entry of the record: a clear header that the database makes, and an envelope that only keys open."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from heed.core import canonical
from heed.core.ports import Chance, Door, SealedEntry, random_id
from heed.core.vocabulary import BODY_VERSION, Actor
from heed.register import vault
from heed.register.vault import SealingKey

LEAF_VERSION = b"\x01"
HEADER_VERSION = ENVELOPE_VERSION = 1
_DRAWN = 32 + vault.NONCE + vault.NONCE + vault.SALT + 16


class EntryUnreadable(ValueError):
    """Bytes that are not an entry of a form that this version knows."""


@dataclass(frozen=True)
class Envelope:
    """What is committed to: small enough for a receipt, safe for a reporter to hold.

    `body` is the hex HMAC of the words under the entry's salt, so that the envelope can be shown
    without them. `happened_at` is a claim, never the time of recording.
    """

    type: str
    allegation: UUID
    actor: Actor
    body: str
    body_v: int = 1
    happened_at: dict[str, Any] | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    supersedes: UUID | None = None

    def encode(self) -> bytes:
        """Canonical JSON (RFC 8785, restricted); `v` is the envelope's own layout."""
        return canonical.dumps(
            {
                "actor": str(self.actor),
                "allegation": str(self.allegation),
                "attachments": list(self.attachments),
                "body": self.body,
                "body_v": self.body_v,
                "happened_at": self.happened_at,
                "supersedes": str(self.supersedes) if self.supersedes else None,
                "type": self.type,
                "v": ENVELOPE_VERSION,
            }
        )

    @classmethod
    def decode(cls, stored: bytes) -> Envelope:
        """The envelope of stored bytes, in their one spelling; raises EntryUnreadable."""
        try:
            fields = json.loads(stored)
            before = fields["supersedes"]
            envelope = cls(
                type=fields["type"],
                allegation=UUID(fields["allegation"]),
                actor=Actor(fields["actor"]),
                body=fields["body"],
                body_v=fields["body_v"],
                happened_at=fields["happened_at"],
                attachments=tuple(fields["attachments"]),
                supersedes=UUID(before) if before else None,
            )
            same = envelope.encode() == stored and type(envelope.body_v) is int
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
            raise EntryUnreadable(f"this is not an envelope: {type(wrong).__name__}") from wrong
        if not same:
            raise EntryUnreadable("this is an envelope of another layout")
        return envelope


@dataclass(frozen=True)
class Header:
    """What stands in clear, made by the database: when, by which role, after which signed head.

    `facts`, `sealed`, `door` and `wraps` are SHA-256 in hex: they bind the clear facts, the sealed
    bytes, the reporter's way back (look-up ‖ public key ‖ wrapped private key) and the wrapped keys.
    """

    id: UUID
    stream: UUID
    version: int
    kind: str
    role: str
    recorded_at: datetime
    prev_size: int
    prev_root: str
    facts: str
    sealed: str
    wraps: dict[str, str] = field(default_factory=dict)
    door: str | None = None
    demonstration: bool = False

    def encode(self) -> bytes:
        """Canonical JSON: the bytes that register.append() writes."""
        optional: dict[str, Any] = {"demonstration": True} if self.demonstration else {}
        if self.door is not None:
            optional["door"] = self.door
        return canonical.dumps(
            optional
            | {
                "facts": self.facts,
                "id": str(self.id),
                "kind": self.kind,
                "prev": {"root": self.prev_root, "size": self.prev_size},
                "recorded_at": self.recorded_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "role": self.role,
                "sealed": self.sealed,
                "stream": str(self.stream),
                "v": HEADER_VERSION,
                "version": self.version,
                "wraps": self.wraps,
            }
        )

    @classmethod
    def decode(cls, stored: bytes) -> Header:
        """The header of stored bytes, in their one spelling; raises EntryUnreadable."""
        try:
            fields = json.loads(stored)
            header = cls(
                id=UUID(fields["id"]),
                stream=UUID(fields["stream"]),
                version=fields["version"],
                kind=fields["kind"],
                role=fields["role"],
                recorded_at=datetime.fromisoformat(fields["recorded_at"]).astimezone(UTC),
                prev_size=fields["prev"]["size"],
                prev_root=fields["prev"]["root"],
                facts=fields["facts"],
                sealed=fields["sealed"],
                wraps=dict(fields["wraps"]),
                door=fields.get("door"),
                demonstration=fields.get("demonstration") is True,
            )
            numbers = type(header.version) is int and type(header.prev_size) is int
            same = numbers and header.encode() == stored
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
            raise EntryUnreadable(f"this is not a header: {type(wrong).__name__}") from wrong
        if not same:
            raise EntryUnreadable("this is a header of another layout")
        return header


def leaf_data(header: bytes, commitment: bytes) -> bytes:
    """What the tree holds of an entry, 33 bytes: 0x01 ‖ SHA256(header ‖ commitment)."""
    return LEAF_VERSION + hashlib.sha256(header + commitment).digest()


@dataclass(frozen=True)
class Recipients:
    """To whom an entry's key is wrapped: public keys by name, and the reporter's code where at hand."""

    keys: dict[str, SealingKey]
    code_key: bytes | None = None


def salt_from(token: bytes, kind: str, words: bytes) -> bytes:
    """The salt, 32 bytes, of an entry that was written with a token: whoever has both can prove it."""
    return vault.derive(token, b"heed salt v1" + hashlib.sha256(words).digest() + kind.encode())


def write(
    chance: Chance,
    recipients: Recipients,
    *,
    kind: str,
    stream: UUID,
    actor: Actor,
    body: dict[str, Any],
    claims: dict[str, object] | None = None,
    token: bytes | None = None,
    lookup: bytes | None = None,
    door: Door | None = None,
) -> SealedEntry:
    """Seal an entry for the register.

    With a `token` (a secret that travels with the form) the same words give the same id, salt and
    commitment, so that sending twice records once; other words give another entry.
    """
    words = canonical.dumps(body)
    drawn = chance.bytes(_DRAWN)  # at once: every draw is a call to the operating system
    key, nonce, code_nonce = drawn[:32], drawn[32:44], drawn[44:56]
    if token is None:
        salt, entry = drawn[56:88], random_id(drawn[88:])
    else:
        about = hashlib.sha256(words).digest() + kind.encode()
        salt = salt_from(token, kind, words)
        entry = random_id(vault.derive(token, b"heed entry v1" + about, 16))
    envelope = Envelope(
        type=kind,
        allegation=stream,
        actor=actor,
        body=vault.body_hash(salt, words),
        body_v=BODY_VERSION[kind],
    ).encode()
    wraps = {name: sealing.wrap(key, name, entry) for name, sealing in recipients.keys.items()}
    if recipients.code_key is not None:
        wraps["code"] = vault.lock_under(
            recipients.code_key, code_nonce, key, b"code" + entry.bytes
        )
    return SealedEntry(
        id=entry,
        stream=stream,
        kind=kind,
        claims=claims or {},
        commitment=vault.commit(salt, envelope),
        sealed=vault.seal(key, nonce, entry, salt, envelope, words),
        wraps=dict(sorted(wraps.items())),
        lookup=lookup,
        door=door,
    )
