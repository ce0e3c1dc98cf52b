"""Checks the whole record again from its bytes: every entry, every place in the tree, every signed head."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

from heed.register import tree
from heed.register.checkpoint import open_checkpoint
from heed.register.entry import EntryUnreadable, Header, leaf_data
from heed.register.note import NoteInvalid, Verifier
from heed.register.opening import OrganisationKeys
from heed.register.vault import CannotOpen
from heed.store.connection import Row

_PLACED = """
SELECT l.seq, l.data, l.entry, e.id, e.stream, e.version, e.header, e.facts, e.commitment, e.sealed,
       (SELECT array_agg(w.recipient ORDER BY w.recipient) FROM register.wrapped_key w WHERE w.entry = l.entry),
       (SELECT array_agg(w.wrap ORDER BY w.recipient) FROM register.wrapped_key w WHERE w.entry = l.entry),
       (SELECT t.lookup || t.public_key || t.wrapped_private FROM register.thread t
        WHERE t.stream = e.stream AND e.version = 1)
FROM register.leaf l LEFT JOIN register.entry e ON e.id = l.entry ORDER BY l.seq
"""
_WAITING = """
SELECT NULL, p.data, p.entry, e.id, e.stream, e.version, e.header, e.facts, e.commitment, e.sealed,
       (SELECT array_agg(w.recipient ORDER BY w.recipient) FROM register.wrapped_key w WHERE w.entry = p.entry),
       (SELECT array_agg(w.wrap ORDER BY w.recipient) FROM register.wrapped_key w WHERE w.entry = p.entry),
       (SELECT t.lookup || t.public_key || t.wrapped_private FROM register.thread t
        WHERE t.stream = e.stream AND e.version = 1)
FROM register.pending p LEFT JOIN register.entry e ON e.id = p.entry ORDER BY p.n
"""
_LOST = """
SELECT e.id FROM register.entry e
WHERE NOT EXISTS (SELECT FROM register.leaf l WHERE l.entry = e.id)
  AND NOT EXISTS (SELECT FROM register.pending p WHERE p.entry = e.id)
"""
_GAPS = """
SELECT stream, array_agg(version ORDER BY version) FROM register.entry GROUP BY stream
HAVING min(version) <> 1 OR max(version) <> count(*)
"""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: which entry, place or head, and what about it."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True)
class Verified:
    """What a run saw. `size` is the number of places; `signed` the size of the newest good head.

    `unreadable` are entries whose bytes are those that were recorded, but which never opened: what
    a writer sent, not what somebody changed. They are no faults of the record.
    """

    entries: int
    size: int
    heads: int
    signed: int
    root: bytes
    faults: tuple[Fault, ...]
    unreadable: tuple[Fault, ...] = ()


def verify(
    owner_url: str,
    keys: OrganisationKeys,
    log: Verifier,
    told: Callable[[int], None] = lambda _: None,
) -> Verified:
    """Re-derive everything in one snapshot; memory does not grow with the record."""
    faults: list[Fault] = []
    unreadable: list[Fault] = []
    grown = tree.CompactRange()
    seen = _SignedHeads()
    entries = good_heads = signed = 0
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL ROLE heed_rule")
        heads = _heads(connection)
        head = next(heads, None)
        for query in (_PLACED, _WAITING):
            for row in _stream(connection, query):
                seq = row[0]
                entries += 1
                wrong, closed = _entry_faults(row, keys)
                faults += wrong
                unreadable += closed
                faults += seen.before(row, connection)
                if seq is not None and seq != grown.size:
                    # Behind a gap no root can be told; every later head is named below.
                    faults.append(
                        Fault(f"place {grown.size}", "is not where the next entry stands")
                    )
                    break
                if seq is not None:
                    grown.append(tree.leaf_hash(row[1]))
                    while head is not None and head[0] <= grown.size:
                        bad = _head_fault(head, grown, log)
                        faults += [bad] if bad else []
                        good_heads += not bad
                        signed = signed if bad else head[0]
                        seen.add(head)
                        head = next(heads, None)
                if entries % 10_000 == 0:
                    told(entries)
        while head is not None:
            faults.append(
                Fault(f"head over {head[0]}", f"was signed, but only {grown.size} places are here")
            )
            head = next(heads, None)
        for (lost,) in connection.execute(_LOST):
            faults.append(Fault(f"entry {lost}", "has no place in the tree and waits for none"))
        for stream, versions in connection.execute(_GAPS):
            faults.append(Fault(f"stream {stream}", f"has a gap: versions {versions[:5]}…"))
    return Verified(
        entries, grown.size, good_heads, signed, grown.root(), tuple(faults), tuple(unreadable)
    )


def _entry_faults(row: tuple[Any, ...], keys: OrganisationKeys) -> tuple[list[Fault], list[Fault]]:
    """What is wrong with an entry, and, apart, that it was recorded as it is but never opened."""
    (
        seq,
        data,
        named,
        entry,
        stream,
        version,
        header,
        facts,
        commitment,
        sealed,
        names,
        wraps,
        door,
    ) = row
    where = f"entry {named}" + (f" at place {seq}" if seq is not None else ", waiting")
    if entry is None:
        return [Fault(where, "is gone: its place stands, its bytes do not")], []
    found: list[str] = []
    if leaf_data(header, commitment) != data:
        found.append("its header or commitment is not what its place in the tree says")
    held = dict(zip(names or (), wraps or (), strict=True))
    try:
        about = Header.decode(header)
        if (about.id, about.stream, about.version) != (entry, stream, version):
            found.append("its header names another entry")
        if hashlib.sha256(facts).hexdigest() != about.facts:
            found.append("its facts are not those that were recorded")
        if about.door != (hashlib.sha256(door).hexdigest() if door else None):
            found.append("the reporter's way back is not the one that was recorded")
        for name in sorted(about.wraps.keys() | held.keys()):
            wrap = held.get(name)
            if wrap is None:
                found.append(f"the key wrapped to {name} is missing")
            elif hashlib.sha256(wrap).hexdigest() != about.wraps.get(name):
                found.append(f"the key wrapped to {name} is not the one that was recorded")
        if hashlib.sha256(sealed).hexdigest() != about.sealed:
            found.append("its sealed words are not those that were recorded")
        if not found:
            ours = {name: held[name] for name in ("intake", "organisation") if name in held}
            try:
                keys.open(header, commitment, sealed, ours)
            except (CannotOpen, EntryUnreadable) as closed:
                return [], [Fault(where, f"was recorded so, and does not open: {closed}")]
    except EntryUnreadable as wrong:
        found.append(str(wrong))
    return [Fault(where, what) for what in found], []


def _heads(connection: psycopg.Connection[Row]) -> Iterator[tuple[int, bytes, bytes]]:
    yield from _stream(connection, "SELECT size, root, note FROM register.checkpoint ORDER BY size")


def _head_fault(
    head: tuple[int, bytes, bytes], grown: tree.CompactRange, log: Verifier
) -> Fault | None:
    size, root, note = head
    where = f"head over {size}"
    try:
        said = open_checkpoint(note, [log])
    except NoteInvalid as wrong:
        return Fault(where, f"its signature does not hold: {wrong}")
    if (said.size, said.root) != (size, root):
        return Fault(where, "what is signed is not what stands beside it")
    if size != grown.size or root != grown.root():
        return Fault(where, "the entries here do not give the root that was signed")
    return None


class _SignedHeads:
    """The newest heads, so that what an entry names as the head before it can be compared."""

    KEPT = 4096

    def __init__(self) -> None:
        self._roots: dict[int, bytes] = {0: tree.EMPTY_ROOT}

    def add(self, head: tuple[int, bytes, bytes]) -> None:
        self._roots[head[0]] = head[1]
        if len(self._roots) > self.KEPT:
            del self._roots[next(iter(self._roots))]

    def before(self, row: tuple[Any, ...], connection: psycopg.Connection[Row]) -> list[Fault]:
        """Whether the entry lies behind the head that it names: that is what dates it."""
        seq, named = row[0], row[2]
        try:
            about = Header.decode(row[6] or b"")
        except EntryUnreadable:
            return []  # named already
        size = about.prev_size
        root = self._roots.get(size)
        if root is None and (seq is None or size <= seq):
            query = "SELECT root FROM register.checkpoint WHERE size = %s"
            found = connection.execute(query, (size,)).fetchone()
            root = found[0] if found else None
        if root is None or root.hex() != about.prev_root or (seq is not None and size > seq):
            return [Fault(f"entry {named}", "the signed head that it names before it is not there")]
        return []


def _stream(connection: psycopg.Connection[Row], query: str) -> Iterator[tuple[Any, ...]]:
    name = f"verify_{hashlib.sha256(query.encode()).hexdigest()[:8]}"
    with connection.cursor(name=name) as cursor:
        cursor.itersize = 2000
        cursor.execute(query.encode())
        yield from cursor
