"""Room on the disk that is taken in advance, so that a full disk cannot keep a report out."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heed.store.frames import newest_generation
from heed.store.home import sync_directory

_SECTOR = 4096
_CURSORS = (0, _SECTOR)
_REACH = 2 * _SECTOR
FIRST = 3 * _SECTOR
_MARK = struct.Struct(">8sQQQ")
_MARK_MAGIC = b"\x89mark\r\n\x1a"
_MARK_SIZE = _MARK.size + 32


@dataclass(frozen=True)
class Mark:
    """A place in the file (bytes) in one generation of its use; the higher sequence counts."""

    sequence: int
    generation: int
    place: int

    def encode(self) -> bytes:
        """64 bytes, of which the last 32 are the SHA-256 of the others."""
        said = _MARK.pack(_MARK_MAGIC, self.sequence, self.generation, self.place)
        return said + hashlib.sha256(said).digest()

    @classmethod
    def decode(cls, stored: bytes) -> Mark | None:
        """The mark of stored bytes; None where they are torn, damaged or were never written."""
        said, digest = stored[: _MARK.size], stored[_MARK.size :]
        if hashlib.sha256(said).digest() != digest or not said.startswith(_MARK_MAGIC):
            return None
        return cls(*_MARK.unpack(said)[1:])


class Space:
    """One file of fixed size: two cursor marks, written in turn, one reach mark, then frames.

    The cursor is replaced atomically without new room on the disk: a torn mark leaves the other.
    The reach says how far puts were acknowledged. It is written after them and never waited for,
    so it may lag behind, and only tells damage from a put that was cut off.
    """

    def __init__(self, path: Path) -> None:
        """Open what `make` made; raises OSError."""
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        state = os.fstat(self._handle)
        self._identity = (state.st_dev, state.st_ino)
        self.size = state.st_size

    def __del__(self) -> None:
        """Close the file; a file that was replaced must not stay on the disk unseen."""
        handle = getattr(self, "_handle", -1)
        if handle >= 0:
            with contextlib.suppress(OSError):
                os.close(handle)

    @staticmethod
    def make(path: Path, capacity: int) -> None:
        """A new file of `capacity` bytes with its marks: whole and on disk, or none; raises OSError.

        The zeros are written, not only promised: a file system may still need new blocks to turn
        promised room into used room (ext4's unwritten extents).
        """
        if capacity < FIRST + _SECTOR:
            raise ValueError(f"a spool needs at least {FIRST + _SECTOR} bytes")
        beside = path.with_name(path.name + ".new")
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, capacity)
            zeros = bytes(1 << 20)
            for start in range(0, capacity, len(zeros)):
                _write(handle, start, zeros[: capacity - start])
            for sequence, place in enumerate(_CURSORS):
                _write(handle, place, Mark(sequence, 1, FIRST).encode())
            os.fsync(handle)
        except BaseException:
            os.unlink(beside)
            raise
        finally:
            os.close(handle)
        os.replace(beside, path)
        sync_directory(path.parent)

    def in_place(self) -> bool:
        """Whether this file still stands under its name: what went to another would be lost."""
        try:
            state = os.stat(self._path)
        except FileNotFoundError:
            return False
        return (state.st_dev, state.st_ino) == self._identity

    def read(self, start: int, count: int) -> bytes:
        """Up to `count` bytes, fewer only at the file's end."""
        parts = []
        while count > 0 and (part := os.pread(self._handle, count, start)):
            parts.append(part)
            start, count = start + len(part), count - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def write(self, start: int, content: bytes) -> None:
        """Write all of it, not yet to the disk."""
        _write(self._handle, start, content)

    def sync(self) -> None:
        """To the disk. The file's length never changes, so its data is all there is to flush."""
        os.fdatasync(self._handle)

    def cursor_bytes(self) -> bytes:
        """Both cursor marks as they stand: equal bytes, nothing moved."""
        return b"".join(self.read(place, _MARK_SIZE) for place in _CURSORS)

    def cursors(self) -> list[Mark]:
        """The cursor marks that can be read: two, one, or none."""
        stored = (self.read(place, _MARK_SIZE) for place in _CURSORS)
        return [mark for mark in map(Mark.decode, stored) if mark is not None]

    def move_cursor(self, marks: Sequence[Mark]) -> None:
        """Put marks in their turn, each on disk before the next; raises OSError."""
        for mark in marks:
            self.write(_CURSORS[mark.sequence % 2], mark.encode())
            self.sync()

    def reach(self, generation: int) -> int:
        """How far puts of this generation were acknowledged at least; FIRST where unknown."""
        mark = Mark.decode(self.read(_REACH, _MARK_SIZE))
        known = mark is not None and mark.generation == generation and mark.place <= self.size
        return mark.place if mark is not None and known else FIRST

    def extend_reach(self, generation: int, place: int) -> None:
        """Say, without waiting for the disk, that everything before `place` was acknowledged."""
        self.write(_REACH, Mark(0, generation, place).encode())


def recover(space: Space, marks: list[Mark]) -> list[Mark]:
    """Both cursor marks, whatever became of them.

    A damaged cursor sends entries a second time, which records nothing twice; it never skips
    one: whole frames of a newer generation than any mark says are believed.
    """
    best = max(marks, key=lambda mark: mark.sequence, default=None)
    newest = newest_generation(space.read, FIRST, space.size)
    if best is not None and len(marks) == 2 and best.generation >= newest:
        return marks
    if best is None or best.generation < newest:
        best = Mark(best.sequence if best else 0, max(newest, 1), FIRST)
    again = [replace(best, sequence=best.sequence + step) for step in (1, 2)]
    space.move_cursor(again)
    return again


def _write(handle: int, start: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        written = os.pwrite(handle, view, start)
        start, view = start + written, view[written:]
