"""One entry of the record: a clear header that the database makes, and an envelope that only keys open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from heed.core import canonical
from heed.core.ports import Chance, Door, SealedEntry, random_id
from heed.register import vault
from heed.register.vault import SealingKey

LEAF_VERSION = b"\x01"
ENVELOPE_VERSION = 1
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
    actor: str
    body: str
    happened_at: dict[str, Any] | None = None
    attachments: tuple[dict[str, Any], ...] = ()
    supersedes: UUID | None = None
    v: int = ENVELOPE_VERSION

    def encode(self) -> bytes:
        """Canonical JSON (RFC 8785, restricted)."""
        return canonical.dumps(
            {
                "actor": self.actor,
                "allegation": str(self.allegation),
                "attachments": list(self.attachments),
                "body": self.body,
                "happened_at": self.happened_at,
                "supersedes": str(self.supersedes) if self.supersedes else None,
                "type": self.type,
                "v": self.v,
            }
        )

    @classmethod
    def decode(cls, stored: bytes) -> Envelope:
        """The envelope of stored bytes; raises EntryUnreadable."""
        try:
            fields = canonical.loads(stored)
            before = fields["supersedes"]
            return cls(
                type=fields["type"],
                allegation=UUID(fields["allegation"]),
                actor=fields["actor"],
                body=fields["body"],
                happened_at=fields["happened_at"],
                attachments=tuple(fields["attachments"]),
                supersedes=UUID(before) if before else None,
                v=fields["v"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            raise EntryUnreadable(f"this is not an envelope: {type(wrong).__name__}") from wrong


@dataclass(frozen=True)
class Header:
    """What stands in clear, made by the database: when, by which role, after which signed head.

    `facts` and `wraps` are SHA-256 in hex: they bind the clear facts and the wrapped keys.
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
    wraps: dict[str, str] = field(default_factory=dict)
    demonstration: bool = False

    @classmethod
    def decode(cls, stored: bytes) -> Header:
        """The header of stored bytes; raises EntryUnreadable unless they are canonical and version 1."""
        try:
            fields = canonical.loads(stored)
            if fields["v"] != 1:
                raise EntryUnreadable(f"this is a header of version {fields['v']}")
            return cls(
                id=UUID(fields["id"]),
                stream=UUID(fields["stream"]),
                version=int(fields["version"]),
                kind=fields["kind"],
                role=fields["role"],
                recorded_at=datetime.fromisoformat(fields["recorded_at"]).astimezone(UTC),
                prev_size=int(fields["prev"]["size"]),
                prev_root=fields["prev"]["root"],
                facts=fields["facts"],
                wraps=dict(fields["wraps"]),
                demonstration=fields.get("demonstration") is True,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as wrong:
            if isinstance(wrong, EntryUnreadable):
                raise
            raise EntryUnreadable(f"this is not a header: {type(wrong).__name__}") from wrong


def leaf_data(header: bytes, commitment: bytes) -> bytes:
    """What the tree holds of an entry, 33 bytes: 0x01 ‖ SHA256(header ‖ commitment)."""
    return LEAF_VERSION + hashlib.sha256(header + commitment).digest()


@dataclass(frozen=True)
class Recipients:
    """To whom an entry's key is wrapped: public keys by name, and the reporter's code where at hand."""

    keys: dict[str, SealingKey]
    code_key: bytes | None = None


def write(
    chance: Chance,
    recipients: Recipients,
    *,
    kind: str,
    stream: UUID,
    actor: str,
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
        salt = vault.derive(token, b"heed salt v1" + about)
        entry = random_id(vault.derive(token, b"heed entry v1" + about, 16))
    envelope = Envelope(
        type=kind, allegation=stream, actor=actor, body=vault.body_hash(salt, words)
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
