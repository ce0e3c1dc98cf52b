"""Entries as another version, or a writer who follows no rule, would have made them."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg

from heed.core import canonical
from heed.core.ports import Door, SealedEntry
from heed.register import vault
from heed.register.entry import Recipients, leaf_data
from heed.store.words import SealedRow


def seal(
    recipients: Recipients,
    kind: str,
    stream: UUID,
    body: Any,
    *,
    layout: Any = 1,
    body_v: Any = 1,
    claims: dict[str, object] | None = None,
    door: Door | None = None,
    lookup: bytes | None = None,
) -> SealedEntry:
    """Sealed and committed to as it should be, whatever kind, layout, version or body it names."""
    entry, salt, key = uuid4(), os.urandom(32), os.urandom(32)
    words = canonical.dumps(body)
    envelope = canonical.dumps(
        {
            "actor": "reporter",
            "allegation": str(stream),
            "attachments": [],
            "body": vault.body_hash(salt, words),
            "body_v": body_v,
            "happened_at": None,
            "supersedes": None,
            "type": kind,
            "v": layout,
        }
    )
    return SealedEntry(
        id=entry,
        stream=stream,
        kind=kind,
        claims=claims or {"danger": "unknown", "channel": "online"},
        commitment=vault.commit(salt, envelope),
        sealed=vault.seal(key, os.urandom(12), entry, salt, envelope, words),
        wraps={name: to.wrap(key, name, entry) for name, to in sorted(recipients.keys.items())},
        lookup=lookup or (door.lookup if door else None),
        door=door,
    )


def header_of(
    entry: SealedEntry, version: int, facts: bytes, *, v: int = 1, role: str = "heed_intake"
) -> bytes:
    """The header that the database would write over this entry."""
    return canonical.dumps(
        {
            "facts": hashlib.sha256(facts).hexdigest(),
            "id": str(entry.id),
            "kind": entry.kind,
            "prev": {"root": hashlib.sha256(b"").hexdigest(), "size": 0},
            "recorded_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "role": role,
            "sealed": hashlib.sha256(entry.sealed).hexdigest(),
            "stream": str(entry.stream),
            "v": v,
            "version": version,
            "wraps": {name: hashlib.sha256(wrap).hexdigest() for name, wrap in entry.wraps.items()},
        }
    )


def row_of(entry: SealedEntry, version: int, header: bytes) -> SealedRow:
    """The entry as the register gives it to the opener."""
    return SealedRow(
        entry.id, entry.stream, version, header, entry.commitment, entry.sealed, entry.wraps
    )


def put_in(connection: psycopg.Connection, entry: SealedEntry, header: bytes, facts: bytes) -> None:
    """Into the register as a newer version's append() would, by the superuser; before a downgrade."""
    version = canonical.loads(header)["version"]
    connection.execute(
        "INSERT INTO register.entry (stream, version, id, header, facts, commitment, sealed)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (entry.stream, version, entry.id, header, facts, entry.commitment, entry.sealed),
    )
    for name, wrap in entry.wraps.items():
        connection.execute(
            "INSERT INTO register.wrapped_key VALUES (%s, %s, %s)", (entry.id, name, wrap)
        )
    connection.execute(
        "INSERT INTO register.head VALUES (%s, %s)"
        " ON CONFLICT (stream) DO UPDATE SET version = excluded.version",
        (entry.stream, version),
    )
    connection.execute(
        "INSERT INTO register.pending (entry, data) VALUES (%s, %s)",
        (entry.id, leaf_data(header, entry.commitment)),
    )
    connection.execute("INSERT INTO machinery.unopened (entry) VALUES (%s)", (entry.id,))
