"""The files of a record: what is known of each, and the bytes of one, after a look that is on the record."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from heed.core.ports import Chance
from heed.register.entry import Recipients
from heed.store.readable import Desk, NoSuchRecord

_KEPT = """
SELECT f.entry, f.size, i.at, coalesce(p.name, ''),
       f.entry IN (SELECT machinery.my_held_files()), w.entry IS NOT NULL, coalesce(w.name, '')
FROM facts.file f JOIN facts.item i ON i.entry = f.entry
LEFT JOIN words.file w ON w.entry = f.entry
LEFT JOIN words.person p ON p.id = f.actor
WHERE f.record = %s ORDER BY i.version
"""
_KNOWN = "SELECT f.size FROM facts.file f WHERE f.record = %s AND f.entry = %s"
_BYTES = """
SELECT w.name, w.bytes, f.sha256, f.entry IN (SELECT machinery.my_held_files())
FROM facts.file f LEFT JOIN words.file w ON w.entry = f.entry
WHERE f.record = %s AND f.entry = %s
"""


class Kept(NamedTuple):
    """A file as the record's page lists it; `size` in bytes, `by` blank for the reporter.

    `held`: flagged, so that nobody is given it; `here`: the opener has brought it.
    """

    entry: UUID
    size: int
    at: datetime
    by: str
    held: bool
    here: bool
    name: str


class Withheld(StrEnum):
    """Why a file is not given out."""

    HELD = "held"
    AWAITED = "awaited"
    ALTERED = "altered"


class Original(NamedTuple):
    """A file's name and its bytes as they were sent."""

    name: str
    content: bytes


class StandingFlag(NamedTuple):
    """A flag that holds a file: who set it and why (`reason`); who asks to take it back, and `why`.

    `mine`: the reader answers for the record. Words are blank where there are none, or none are shown.
    """

    flag: UUID
    record: UUID
    reference: str
    file: UUID
    actor: UUID
    at: datetime
    reason: str
    asked_by: UUID | None
    why: str
    mine: bool


def kept_files(desk: Desk, key: str, record: UUID) -> list[Kept]:
    """The files of a record that the reader has just opened, oldest first."""
    return [Kept(*row) for row in desk.rows(key, _KEPT, (record,))]


def size_of(desk: Desk, key: str, record: UUID, file: UUID) -> int:
    """A file's size in bytes: a fact, for which no look is needed; raises NoSuchRecord."""
    rows = desk.rows(key, _KNOWN, (record, file))
    if not rows:
        raise NoSuchRecord
    size: int = rows[0][0]
    return size


def original(
    desk: Desk,
    key: str,
    reader: UUID,
    record: UUID,
    file: UUID,
    chance: Chance,
    recipients: Recipients,
    purpose: str,
) -> Original | Withheld:
    """A file's bytes, or why they are not given; raises NoSuchRecord.

    The look is committed first, as for words. Bytes that are not those whose hash was recorded with
    them are not given.
    """
    desk.look(key, reader, record, chance, recipients, purpose)
    rows = desk.rows(key, _BYTES, (record, file))
    if not rows:
        raise NoSuchRecord
    name, content, sha256, held = rows[0]
    if held:
        return Withheld.HELD
    if content is None:
        return Withheld.AWAITED
    if hashlib.sha256(content).hexdigest() != sha256:
        return Withheld.ALTERED
    return Original(name, bytes(content))


def flags(desk: Desk, key: str, record: UUID | None = None) -> list[StandingFlag]:
    """The flags that stand: on a record that the reader may read; or all, for custodian and overseers."""
    rows = desk.rows(key, "SELECT * FROM machinery.flags(%s)", (record,))
    return [
        StandingFlag(flag, on, named, file, actor, at, _reason(said), asked_by, _reason(why), mine)
        for flag, on, named, file, actor, at, said, asked_by, why, mine in rows
    ]


def _reason(body: str | None) -> str:
    said = json.loads(body).get("reason", "") if body else ""
    return said if isinstance(said, str) else ""
