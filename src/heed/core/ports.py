"""What the rules need from the world: a register to write to, and chance."""

from __future__ import annotations

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
