"""Files that come with a concern, kept byte for byte, and the flag that keeps one from everybody."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Header, Recipients, write

LARGEST = 10 * 1024 * 1024
"""Bytes of a file that staff put in: sealed it is a third more, and one entry has at most 16 MB."""

REPORTERS_LARGEST = 2 * 1024 * 1024
"""Bytes of a file that a reporter adds."""

REPORTERS_FILES = 3
"""How many files a reporter adds to a record."""

_NAME, _TYPE = 200, 100


@dataclass(frozen=True)
class SentFile:
    """A file as it was sent: the name and the type that the sender's program gave it, and its bytes."""

    name: str
    type: str
    content: bytes

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.content)

    def body(self) -> dict[str, Any]:
        """The file as an entry's body: the bytes in base64 (RFC 4648 §4)."""
        return {
            "content": base64.b64encode(self.content).decode(),
            "name": as_text(self.name)[-_NAME:],
            "type": as_text(self.type)[:_TYPE],
        }

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> SentFile:
        """The file of a body; raises ValueError, KeyError or TypeError for what is none."""
        content = base64.b64decode(body["content"], validate=True)
        return cls(_column(body["name"]), _column(body["type"]), content)


class File(NamedTuple):
    """What is known of a file: its size in bytes and its SHA-256; `actor` None: the reporter's own.

    `part_of`: the email from which it was taken, itself a file of the record.
    """

    entry: UUID
    record: UUID
    size: int
    sha256: str
    actor: UUID | None
    part_of: UUID | None


class Flag(NamedTuple):
    """Somebody said of a file that it may be a sexual image of a child: nobody is given it."""

    entry: UUID
    record: UUID
    file: UUID
    actor: UUID
    at: datetime


class Files:
    """The files and the flags that the entries so far have made."""

    def __init__(self) -> None:
        self.files: dict[UUID, File] = {}
        self.flags: dict[UUID, Flag] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply_files()."""
        actor = facts.get("actor")
        if header.kind == Kind.FILE_ADDED:
            who = UUID(actor) if actor else None
            known = (header.id, header.stream, facts["size"], facts["sha256"])
            part_of = UUID(facts["part_of"]) if facts["part_of"] else None
            self.files[header.id] = File(*known, who, part_of)
        elif header.kind == Kind.FILE_FLAGGED:
            about = (header.id, header.stream, UUID(facts["file"]), UUID(facts["actor"]))
            self.flags[header.id] = Flag(*about, header.recorded_at)

    def held(self) -> set[UUID]:
        """The files that are given to nobody; the SQL twin is register.held_files()."""
        named = {flag.file for flag in self.flags.values()}
        marked = {
            (file.record, file.sha256)
            for file in self.files.values()
            if file.entry in named or file.part_of in named
        }
        same = [each for each in self.files.values() if (each.record, each.sha256) in marked]
        return {each.entry for each in same} | {each.part_of for each in same if each.part_of}


def add_file(
    chance: Chance,
    recipients: Recipients,
    sent: SentFile,
    *,
    record: UUID,
    token: bytes,
    lookup: bytes | None = None,
    actor: Actor = Actor.WORKER,
    part_of: UUID | None = None,
) -> SealedEntry:
    """Put a file on a record. The same `token` and the same file record it once.

    `part_of`: the email, put on the record before, from which it was taken.
    """
    claims: dict[str, object] = {"part_of": str(part_of)} if part_of else {}
    return write(
        chance,
        recipients,
        kind=Kind.FILE_ADDED,
        stream=record,
        actor=actor,
        body=sent.body(),
        claims=claims | {"sha256": hashlib.sha256(sent.content).hexdigest(), "size": sent.size},
        token=token,
        lookup=lookup,
    )


def flag_file(
    chance: Chance, recipients: Recipients, *, record: UUID, file: UUID, token: bytes
) -> SealedEntry:
    """From now on the database gives this file to nobody. There is no entry that undoes it."""
    return write(
        chance,
        recipients,
        kind=Kind.FILE_FLAGGED,
        stream=record,
        actor=Actor.WORKER,
        body={"file": str(file)},
        claims={"file": str(file)},
        token=token,
    )


def as_text(said: str) -> str:
    """What a program said, without what is no character: half a surrogate pair."""
    return said.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _column(said: object) -> str:
    """NUL cannot stand in a text column; the sealed bytes keep it."""
    return str(said).replace("\0", "\N{REPLACEMENT CHARACTER}")
