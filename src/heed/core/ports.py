"""What the rules need from the world: a register to write to, a post that sends, and chance."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True)
class Door:
    """The reporter's way back into a record: where to look, and the thread's key pair.

    `lookup`: 32 bytes, HKDF of the return code. `public`: 1,216 bytes (ML-KEM-768 then X25519).
    `wrapped_private`: the pair's 96 seed bytes, sealed under the return code.
    """

    lookup: bytes
    public: bytes
    wrapped_private: bytes


@dataclass(frozen=True)
class SealedEntry:
    """An entry as it travels to the register or the spool: no word of it can be read on the way.

    `claims` stand in clear: only what the register's own rule lets through becomes a fact.
    `wraps` is the entry's key, wrapped, by recipient's name, in order of name.
    `lookup` proves to the register that the writer holds the record's return code.
    """

    id: UUID
    stream: UUID
    kind: str
    claims: dict[str, object]
    commitment: bytes
    sealed: bytes
    wraps: dict[str, bytes]
    lookup: bytes | None = None
    door: Door | None = None


@dataclass(frozen=True)
class Appended:
    """What the register answers: the header it made; `again` where the entry stood there already."""

    header: bytes
    commitment: bytes
    version: int
    recorded_at: datetime
    again: bool


class Register(Protocol):
    """The one way in."""

    def append(self, entry: SealedEntry) -> Appended:
        """Record an entry durably, once; raises the store's errors, never a false yes."""
        ...


# HTML §4.10.5.1.5, "valid email address": stricter than RFC 5322, and without anything that could end a header.
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+"
)
_MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")


def is_address(said: str) -> bool:
    """Whether this can be one address for e-mail: `name@host.example`, at most 254 characters."""
    return len(said) <= 254 and _ADDRESS.fullmatch(said) is not None


@dataclass(frozen=True)
class Enclosure:
    """What goes with a message: a file's name, its media type (`application/pdf`) and its bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """What the post carries to one address; `id` stays the same however often it is sent again.

    Raises ValueError where the address is none, or a control character stands in a line of its head:
    nobody can add a header or a second recipient by what they typed.
    """

    id: UUID
    to: str
    subject: str
    text: str
    enclosed: tuple[Enclosure, ...] = ()

    def __post_init__(self) -> None:
        if not is_address(self.to):
            raise ValueError("this is not an address for e-mail")
        if not all(line.isprintable() for line in (self.subject, *(e.name for e in self.enclosed))):
            raise ValueError("a subject, and a file's name, are one line of plain text")
        if not all(_MEDIA_TYPE.fullmatch(one.media_type) for one in self.enclosed):
            raise ValueError("a media type is such as application/pdf")


class NotSent(Exception):
    """A message did not go. `why`: a few words that name nobody and quote nothing of the answer."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Refused(NotSent):
    """It will never go: whoever carries the post refuses this address or this message for good."""


class NotYet(NotSent):
    """It may go later: nobody answered, or the answer was to try again. It may have gone all the same."""


class Post(Protocol):
    """How a message leaves."""

    def send(self, message: Message) -> None:
        """Hand it over, so that whoever carries it answers for it now; raises Refused or NotYet."""
        ...


class Chance(Protocol):
    """Where random bytes come from."""

    def bytes(self, count: int) -> bytes:
        """`count` unpredictable bytes."""
        ...


class SystemChance:
    """The operating system's randomness."""

    def bytes(self, count: int) -> bytes:
        """`count` bytes from the operating system."""
        return secrets.token_bytes(count)


def random_id(material: bytes) -> UUID:
    """A version-4 UUID from 16 bytes that are random, or derived from a secret (RFC 9562 §5.4)."""
    return UUID(bytes=material[:16], version=4)
