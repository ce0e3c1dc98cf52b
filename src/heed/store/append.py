"""The only door by which anything is written to the record."""

from __future__ import annotations

import json

from psycopg import Connection

from heed.core.ports import Appended, SealedEntry
from heed.store.connection import Link, Row

_APPEND = """
SELECT header, commitment, version, recorded_at, again FROM register.append(
    %s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s, %s)
"""


class PostgresRegister:
    """The register in PostgreSQL, as the role of the link: each append is one durable transaction."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def append(self, entry: SealedEntry) -> Appended:
        """Record an entry, once; raises StoreAway (outcome unknown: send it again) or StoreRefused."""
        return _appended(self._link.rows(_APPEND, _parameters(entry))[0])


def append_within(connection: Connection[Row], entry: SealedEntry) -> Appended:
    """Record an entry inside a transaction that the caller holds (a session key, several entries)."""
    row = connection.execute(_APPEND, _parameters(entry)).fetchone()
    assert row is not None
    return _appended(row)


def _parameters(entry: SealedEntry) -> tuple[object, ...]:
    door = entry.door
    return (
        entry.id,
        entry.stream,
        entry.kind,
        json.dumps(entry.claims),
        entry.commitment,
        entry.sealed,
        list(entry.wraps),
        list(entry.wraps.values()),
        entry.lookup,
        door.public if door else None,
        door.wrapped_private if door else None,
    )


def _appended(row: Row) -> Appended:
    header, commitment, version, recorded_at, again = row
    return Appended(bytes(header), bytes(commitment), version, recorded_at, again)
