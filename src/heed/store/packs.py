"""What a pack is made of, after a look for that, and the packs that were made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.core import canonical
from heed.core.vocabulary import BODY_VERSION, Actor, Kind
from heed.register import vault
from heed.register.entry import Envelope, Header, leaf_data, salt_from
from heed.register.receipt import ReceiptExtra
from heed.register.tree import leaf_hash
from heed.store.readable import Desk

PURPOSE = "pack"
"""Of a look at an own record to make a pack, or to fetch one: it is not reading it."""

_FILES = """
SELECT f.entry, i.at, f.actor, f.sha256, f.entry IN (SELECT machinery.my_held_files()), w.entry IS NOT NULL,
       coalesce(w.name, ''), coalesce(w.type, ''), f.size
FROM facts.file f JOIN facts.item i ON i.entry = f.entry LEFT JOIN words.file w ON w.entry = f.entry
WHERE f.record = %s ORDER BY i.version
"""
_BYTES = "SELECT w.entry, w.bytes FROM words.file w WHERE w.stream = %s AND w.entry = ANY (%s)"
_UNSEEN = "SELECT r.unseen_since FROM facts.record r WHERE r.id = %s"
_MADE = """
SELECT i.entry, i.at, i.actor, w.body FROM facts.item i LEFT JOIN words.item w ON w.entry = i.entry
WHERE i.record = %s AND i.kind = 'pack_made' ORDER BY i.version
"""


class Leaf(NamedTuple):
    """An entry as the tree has it; `place` None: it has none yet."""

    entry: UUID
    header: bytes
    commitment: bytes
    place: int | None

    @property
    def hash(self) -> bytes:
        """The leaf hash, 32 bytes (RFC 6962 §2.1)."""
        return leaf_hash(leaf_data(self.header, self.commitment))


class Attached(NamedTuple):
    """A file of the record, without its bytes; `actor` None: the reporter's own."""

    entry: UUID
    at: datetime
    actor: UUID | None
    sha256: str
    held: bool
    here: bool
    name: str
    media_type: str
    size: int


class Made(NamedTuple):
    """A pack that was made: its words as they were committed to, None until the opener brought them."""

    entry: UUID
    at: datetime
    actor: UUID
    words: bytes | None

    @property
    def body(self) -> dict[str, str]:
        """Its JSON, PDF, the hash of each document, and the secret of its salt; empty without words."""
        return canonical.loads(self.words) if self.words else {}


def leaves(desk: Desk, key: str, record: UUID) -> dict[UUID, Leaf]:
    """Every entry of a record that the reader may read, as the tree has it."""
    rows = desk.rows(key, "SELECT * FROM machinery.leaves(%s)", (record,))
    return {row[0]: Leaf(row[0], bytes(row[1]), bytes(row[2]), row[3]) for row in rows}


def attached(desk: Desk, key: str, record: UUID) -> list[Attached]:
    """The files of a record that the reader has just looked at, oldest first."""
    return [Attached(*row) for row in desk.rows(key, _FILES, (record,))]


def contents(desk: Desk, key: str, record: UUID, wanted: Sequence[UUID]) -> dict[UUID, bytes]:
    """The bytes of these files; none for one that is held, or not here."""
    rows = desk.rows(key, _BYTES, (record, list(wanted)))
    return {entry: bytes(content) for entry, content in rows}


def unseen_since(desk: Desk, key: str, record: UUID) -> datetime | None:
    """The oldest thing said that nobody who answered for the record has seen."""
    rows = desk.rows(key, _UNSEEN, (record,))
    found: datetime | None = rows[0][0] if rows else None
    return found


def made(desk: Desk, key: str, record: UUID) -> list[Made]:
    """The packs of a record, oldest first; their words after a look."""
    rows = desk.rows(key, _MADE, (record,))
    return [Made(entry, at, by, body.encode() if body else None) for entry, at, by, body in rows]


def receipt_extra(pack: Made, leaf: Leaf) -> bytes | None:
    """What a stranger needs to compute the pack's leaf from its words; None for other words than these.

    The salt comes from the secret among its words (referral/commands.py).
    """
    if pack.words is None:
        return None
    header = Header.decode(leaf.header)
    salt = salt_from(bytes.fromhex(pack.body["secret"]), Kind.PACK_MADE, pack.words)
    envelope = Envelope(
        type=Kind.PACK_MADE,
        allegation=header.stream,
        actor=Actor.WORKER,
        body=vault.body_hash(salt, pack.words),
        body_v=BODY_VERSION[Kind.PACK_MADE],
    ).encode()
    if vault.commit(salt, envelope) != leaf.commitment:
        return None
    return ReceiptExtra(leaf.header, envelope, salt).encode()
