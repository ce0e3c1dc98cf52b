"""The only door by which anything is written to the record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain, islice

from psycopg import Connection

from heed.core.ports import Appended, SealedEntry
from heed.store.connection import Link, Row

_APPEND = """
SELECT done.header, done.commitment, done.version, done.recorded_at, done.again
FROM json_to_record(%s) AS e(id uuid, stream uuid, kind text, claims jsonb, commitment bytea,
        sealed bytea, recipients text[], wraps bytea[], lookup bytea, public_key bytea,
        wrapped_private bytea),
    register.append(e.id, e.stream, e.kind, e.claims, e.commitment, e.sealed, e.recipients, e.wraps,
        e.lookup, e.public_key, e.wrapped_private) AS done
"""
"""One JSON document is read faster than eleven parameters are written."""
_TOGETHER = 50
"""Entries that are sent in one go: a connection's patience bounds the wait for all of them."""


class PostgresRegister:
    """The register in PostgreSQL, as the role of the link: each append is one durable transaction."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def append(self, entry: SealedEntry) -> Appended:
        """Record an entry, once; raises StoreAway (outcome unknown: send it again) or StoreRefused."""
        return _appended(self._link.rows(_APPEND, (_document(entry),))[0])


def append_within(connection: Connection[Row], entry: SealedEntry) -> Appended:
    """Record an entry inside a transaction that the caller holds (a session key, several entries)."""
    row = connection.execute(_APPEND, (_document(entry),)).fetchone()
    assert row is not None
    return _appended(row)


def append_all_within(connection: Connection[Row], entries: Iterable[SealedEntry]) -> None:
    """The same for many, in their order, without waiting for each answer before the next is sent.

    Each is taken from `entries` only when it is sent: what is sealed there is sealed while the database
    works on those before.
    """
    documents = ((_document(entry),) for entry in entries)
    with connection.cursor() as cursor:
        while first := next(documents, None):
            cursor.executemany(_APPEND, chain([first], islice(documents, _TOGETHER - 1)))


def _document(entry: SealedEntry) -> str:
    door = entry.door
    return json.dumps(
        {
            "id": str(entry.id),
            "stream": str(entry.stream),
            "kind": entry.kind,
            "claims": entry.claims,
            "commitment": _hex(entry.commitment),
            "sealed": _hex(entry.sealed),
            "recipients": list(entry.wraps),
            "wraps": [_hex(wrap) for wrap in entry.wraps.values()],
            "lookup": _hex(entry.lookup),
            "public_key": _hex(door.public if door else None),
            "wrapped_private": _hex(door.wrapped_private if door else None),
        }
    )


def _hex(content: bytes | None) -> str | None:
    """As PostgreSQL reads a bytea."""
    return None if content is None else "\\x" + content.hex()


def _appended(row: Row) -> Appended:
    header, commitment, version, recorded_at, again = row
    return Appended(bytes(header), bytes(commitment), version, recorded_at, again)
