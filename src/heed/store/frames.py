"""How a sealed entry is laid down in the spool, so that a damaged one is known at once."""

from __future__ import annotations

import hashlib
import struct
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from heed.core import canonical
from heed.core.ports import Door, SealedEntry

# The first byte stands in no UTF-8 text, so no payload can hold this.
MAGIC = b"\x89heed\r\n\x1a"
_PLACE = struct.Struct(">8sQQI")  # magic, generation, start, length of the payload
_DIGEST = 32
HEADER = _PLACE.size + _DIGEST
PAYLOAD_VERSION = 1
_CHUNK = 1 << 20

Read = Callable[[int, int], bytes]


class PayloadUnreadable(ValueError):
    """Bytes that are whole, but no entry of a form that this version knows."""


@dataclass(frozen=True)
class Frame:
    """One frame: header (60 bytes: magic, generation, start, length, SHA-256) and payload.

    `start` is the place in the file in bytes, and is hashed, like `generation`, with the payload:
    a copy elsewhere, or one from before the space was last reused, is no frame.
    """

    generation: int
    start: int
    payload: bytes

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return self.start + HEADER + len(self.payload)

    def encode(self) -> bytes:
        """The bytes as they are written."""
        place = _PLACE.pack(MAGIC, self.generation, self.start, len(self.payload))
        return place + hashlib.sha256(place + self.payload).digest() + self.payload


def frame_at(read: Read, start: int, limit: int) -> Frame | None:
    """The whole frame of any generation that stands at `start`, or None."""
    header = read(start, HEADER)
    if len(header) < HEADER or not header.startswith(MAGIC):
        return None
    _, generation, said, length = _PLACE.unpack_from(header)
    if said != start or start + HEADER + length > limit:
        return None
    payload = read(start + HEADER, length)
    if hashlib.sha256(header[: _PLACE.size] + payload).digest() != header[_PLACE.size :]:
        return None
    return Frame(generation, start, payload)


def begins_frame(read: Read, start: int, generation: int) -> bool:
    """Whether a frame of this generation was at least begun at `start`."""
    place = read(start, _PLACE.size)
    return len(place) == _PLACE.size and _PLACE.unpack(place)[:3] == (MAGIC, generation, start)


def next_frame(read: Read, start: int, limit: int, generation: int) -> Frame | None:
    """The first whole frame of this generation at or behind `start`, or None."""
    for place in _magics(read, start, limit):
        if begins_frame(read, place, generation):
            frame = frame_at(read, place, limit)
            if frame is not None:
                return frame
    return None


def newest_generation(read: Read, start: int, limit: int) -> int:
    """The highest generation of any whole frame in the space; 0 where there is none."""
    newest = 0
    for place in _magics(read, start, limit):
        header = read(place, _PLACE.size)
        if len(header) == _PLACE.size and _PLACE.unpack(header)[1] > newest:
            frame = frame_at(read, place, limit)
            newest = frame.generation if frame is not None else newest
    return newest


def _magics(read: Read, start: int, limit: int) -> Iterator[int]:
    """Every place from `start` where a frame could begin."""
    while start < limit:
        chunk = read(start, min(_CHUNK, limit - start))
        found = chunk.find(MAGIC)
        while found >= 0:
            yield start + found
            found = chunk.find(MAGIC, found + 1)
        if start + len(chunk) >= limit or len(chunk) < len(MAGIC):
            return
        start += len(chunk) - len(MAGIC) + 1


def encode_entry(entry: SealedEntry) -> bytes:
    """Canonical JSON; bytes as base64. Everything secret in it is sealed already."""
    door = entry.door
    return canonical.dumps(
        {
            "claims": entry.claims,
            "commitment": _text(entry.commitment),
            "door": None
            if door is None
            else {
                "lookup": _text(door.lookup),
                "public": _text(door.public),
                "wrapped_private": _text(door.wrapped_private),
            },
            "id": str(entry.id),
            "kind": str(entry.kind),
            "lookup": None if entry.lookup is None else _text(entry.lookup),
            "sealed": _text(entry.sealed),
            "stream": str(entry.stream),
            "v": PAYLOAD_VERSION,
            "wraps": {name: _text(wrap) for name, wrap in entry.wraps.items()},
        }
    )


def decode_entry(payload: bytes) -> SealedEntry:
    """The entry of a payload; raises PayloadUnreadable."""
    try:
        fields = canonical.loads(payload)
        if fields["v"] != PAYLOAD_VERSION:
            raise PayloadUnreadable(f"a payload of version {fields['v']}")
        door: dict[str, Any] | None = fields["door"]
        return SealedEntry(
            id=UUID(fields["id"]),
            stream=UUID(fields["stream"]),
            kind=fields["kind"],
            claims=dict(fields["claims"]),
            commitment=_bytes(fields["commitment"]),
            sealed=_bytes(fields["sealed"]),
            wraps={name: _bytes(wrap) for name, wrap in fields["wraps"].items()},
            lookup=None if fields["lookup"] is None else _bytes(fields["lookup"]),
            door=None if door is None else Door(**{name: _bytes(door[name]) for name in door}),
        )
    except PayloadUnreadable:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise PayloadUnreadable(f"this is not a sealed entry: {type(wrong).__name__}") from wrong


def spooled_at(entry: SealedEntry) -> datetime:
    """The claim, set by the spool, of when it took the entry; raises PayloadUnreadable."""
    said = entry.claims.get("spooled_at")
    try:
        return datetime.fromisoformat(str(said)).astimezone(UTC)
    except ValueError as wrong:
        raise PayloadUnreadable("this entry does not say when the spool took it") from wrong


def rfc3339(at: datetime) -> str:
    """An instant in UTC, to the microsecond; raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(content: bytes) -> str:
    return b64encode(content).decode("ascii")


def _bytes(text: str) -> bytes:
    return b64decode(text, validate=True)
