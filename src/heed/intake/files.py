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

    `part_of`: the email from which it was taken, itself a file of the record. `news_to`: whoever
    answered for the record then, where another of the staff put it on.
    """

    entry: UUID
    record: UUID
    size: int
    sha256: str
    actor: UUID | None
    part_of: UUID | None
    news_to: UUID | None = None


class Flag(NamedTuple):
    """Somebody said of a file that it may be a sexual image of a child: nobody is given it.

    `withdrawal_asked`: the entry in which somebody asked to take it back, and who that was.
    `withdrawn_at`: when a second person did.
    """

    entry: UUID
    record: UUID
    file: UUID
    actor: UUID
    at: datetime
    withdrawal_asked: UUID | None = None
    withdrawal_asked_by: UUID | None = None
    withdrawn_at: datetime | None = None


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
            news_to = UUID(facts["news_to"]) if facts.get("news_to") else None
            self.files[header.id] = File(*known, who, part_of, news_to)
        elif header.kind == Kind.FILE_FLAGGED:
            about = (header.id, header.stream, UUID(facts["file"]), UUID(facts["actor"]))
            self.flags[header.id] = Flag(*about, header.recorded_at)
        elif header.kind == Kind.FLAG_WITHDRAWAL_ASKED:
            flag = self.flags[UUID(facts["flag"])]
            self.flags[flag.entry] = flag._replace(
                withdrawal_asked=header.id, withdrawal_asked_by=UUID(facts["actor"])
            )
        elif header.kind == Kind.FLAG_WITHDRAWN:
            flag = self.flags[UUID(facts["flag"])]
            self.flags[flag.entry] = flag._replace(withdrawn_at=header.recorded_at)

    def held(self) -> set[UUID]:
        """The files that are given to nobody; the SQL twin is register.held_files()."""
        named = {flag.file for flag in self.flags.values() if flag.withdrawn_at is None}
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
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    file: UUID,
    token: bytes,
    reason: str = "",
) -> SealedEntry:
    """From now on the database gives this file to nobody, until two people take the flag back."""
    return write(
        chance,
        recipients,
        kind=Kind.FILE_FLAGGED,
        stream=record,
        actor=Actor.WORKER,
        body={"file": str(file)} | ({"reason": reason} if reason else {}),
        claims={"file": str(file)},
        token=token,
    )


def ask_to_unflag(
    chance: Chance, recipients: Recipients, *, record: UUID, flag: UUID, reason: str, token: bytes
) -> SealedEntry:
    """Whoever answers for the record, or the access custodian, asks a second person to take it back."""
    return _unflagging(Kind.FLAG_WITHDRAWAL_ASKED, chance, recipients, record, flag, reason, token)


def unflag(
    chance: Chance, recipients: Recipients, *, record: UUID, flag: UUID, reason: str, token: bytes
) -> SealedEntry:
    """The second person does: what no other flag holds is given out again."""
    return _unflagging(Kind.FLAG_WITHDRAWN, chance, recipients, record, flag, reason, token)


def _unflagging(
    kind: Kind,
    chance: Chance,
    recipients: Recipients,
    record: UUID,
    flag: UUID,
    reason: str,
    token: bytes,
) -> SealedEntry:
    return write(
        chance,
        recipients,
        kind=kind,
        stream=record,
        actor=Actor.WORKER,
        body={"reason": reason},
        claims={"flag": str(flag)},
        token=token,
    )


def as_text(said: str) -> str:
    """What a program said, without what is no character: half a surrogate pair."""
    return said.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _column(said: object) -> str:
    """NUL cannot stand in a text column; the sealed bytes keep it."""
    return str(said).replace("\0", "\N{REPLACEMENT CHARACTER}")
