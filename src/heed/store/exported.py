"""The signed head that everybody can fetch, held against the entries that are here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import psycopg

from heed.register import tree
from heed.register.checkpoint import Checkpoint, open_checkpoint
from heed.register.note import NoteInvalid, Verifier
from heed.store.connection import Row

CHECKPOINT = "checkpoint"
CONTRADICTED = "contradicted"
"""In the sequencer's room, while a signed head is not what the entries give: the file says why."""


def exported_head(export: Path, log: Verifier) -> Checkpoint | None:
    """The head in the folder that proofs are served from; None unless this log's own key signed it."""
    try:
        return open_checkpoint((export / CHECKPOINT).read_bytes(), [log])
    except (FileNotFoundError, NoteInvalid):
        return None


def contradiction(
    heads: Iterable[tuple[str, int, bytes]], leaves: Iterable[list[bytes]]
) -> str | None:
    """What contradicts, as a sentence: a head (its name, size, root) that the leaves do not give.

    `leaves` are hashes of 32 bytes, in order, in pages; they are read as far as the last head.
    """
    grown = tree.CompactRange()
    pages = iter(leaves)
    page: list[bytes] = []
    for name, size, root in sorted(heads, key=lambda head: head[1]):
        while grown.size < size:
            page = page or next(pages, [])
            if not page:
                return (
                    f"{name} contradicts the record: it was signed over {size} entries,"
                    f" but only {grown.size} are here"
                )
            cut = size - grown.size
            grown.extend(page[:cut])
            page = page[cut:]
        if grown.root() != root:
            return (
                f"{name} contradicts the record: the first {size} entries"
                " no longer give the root that was signed for them"
            )
    return None


def exported_contradicts(owner_url: str, head: Checkpoint) -> str | None:
    """What is wrong about an exported head, as a sentence; None where the leaves give it.

    Take the head first: the record may have grown since, and is then as long at least.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SET LOCAL ROLE heed_rule")
        return contradiction([("the exported head", head.size, head.root)], _leaves(connection))


def _leaves(connection: psycopg.Connection[Row]) -> Iterator[list[bytes]]:
    with connection.cursor(name="leaves") as cursor:
        cursor.execute("SELECT data FROM register.leaf ORDER BY seq")
        while rows := cursor.fetchmany(10_000):
            yield [tree.leaf_hash(bytes(row[0])) for row in rows]
