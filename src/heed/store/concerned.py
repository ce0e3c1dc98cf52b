"""Whom a record is about, what was decided for each, and which records it was joined with."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.core import canonical
from heed.store.readable import Desk

_NAMINGS = """
SELECT n.entry, n.concerned, n.child, n.part, n.trust, n.at, n.actor, w.body
FROM machinery.namings(%s) n LEFT JOIN words.item w ON w.entry = n.entry ORDER BY n.version
"""
_DECISIONS = """
SELECT d.entry, d.concerned, d.decision, d.at, d.actor, w.body, d.counts
FROM machinery.decisions(%s) d LEFT JOIN words.item w ON w.entry = d.entry ORDER BY d.version
"""
_JOINED = "SELECT * FROM machinery.joined_with(%s)"
_OWN = """
SELECT r.id, r.reference, r.filed_at FROM facts.record r
WHERE r.owner = (SELECT machinery.me()) AND r.id <> %s
  AND (r.reference LIKE %s) ORDER BY r.filed_at DESC, r.id DESC LIMIT %s
"""


class Named(NamedTuple):
    """One thing said of a person; `words` are blank where no look is committed, or none are here yet."""

    entry: UUID
    concerned: UUID
    child: bool
    part: str
    trust: str
    at: datetime
    actor: UUID
    words: dict[str, str]


class Decided(NamedTuple):
    """What was decided for a person, and why; `concerned` None: where nobody was named.

    `counts`: nobody has to agree to it yet, nor said that it must be decided again.
    """

    entry: UUID
    concerned: UUID | None
    decision: str
    at: datetime
    actor: UUID
    reason: str
    counts: bool = True


class JoinedWith(NamedTuple):
    """A record that was joined with the one asked about, where the reader may see both."""

    joined: UUID
    other: UUID
    reference: str
    filed_at: datetime
    owner: UUID
    at: datetime
    actor: UUID
    parted_at: datetime | None
    parted_by: UUID | None
    why: str
    why_parted: str


class Own(NamedTuple):
    """One of the reader's own records, as a list to choose from shows it."""

    id: UUID
    reference: str
    filed_at: datetime


def namings(desk: Desk, key: str, record: UUID) -> list[Named]:
    """Everything said of each person in a record, oldest first."""
    rows = desk.rows(key, _NAMINGS, (record,))
    return [Named._make((*row[:-1], _words(row[-1]))) for row in rows]


def decisions(desk: Desk, key: str, record: UUID) -> list[Decided]:
    """Every decision in a record, oldest first."""
    rows = desk.rows(key, _DECISIONS, (record,))
    return [Decided._make((*row[:-2], _reason(row[-2]), row[-1])) for row in rows]


def joined_with(desk: Desk, key: str, record: UUID) -> list[JoinedWith]:
    """Every record that this one was joined with, oldest first, also those that were parted again."""
    rows = desk.rows(key, _JOINED, (record,))
    return [JoinedWith._make((*row[:-2], *map(_reason, row[-2:]))) for row in rows]


def own_records(desk: Desk, key: str, without: UUID, find: str, limit: int) -> list[Own]:
    """The reader's newest records but for one, whose reference holds what was typed."""
    plain = "".join(letter for letter in find.upper() if letter.isalnum() or letter == "-")
    rows = desk.rows(key, _OWN, (without, f"%{plain}%", limit))
    return [Own(*row) for row in rows]


def _words(body: str | None) -> dict[str, str]:
    said = canonical.loads(body.encode()) if body else {}
    return {name: text for name, text in said.items() if isinstance(text, str)}


def _reason(body: str | None) -> str:
    return _words(body).get("reason", "")
