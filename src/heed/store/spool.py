"""Keeps reports safe on the disk, in order, while the database is away."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

from heed.core.ports import SealedEntry
from heed.store.frames import (
    HEADER,
    MAGIC,
    Frame,
    PayloadUnreadable,
    begins_frame,
    decode_entry,
    encode_entry,
    frame_at,
    next_frame,
    rfc3339,
    spooled_at,
)
from heed.store.home import make_home, write_secret
from heed.store.space import FIRST, Mark, Space, recover

CAPACITY = 64 * 1024 * 1024
ROOM = 64 * 1024
"""Bytes that a report of many pages takes: with less the spool counts as full."""
_log = logging.getLogger("heed.spool")


class SpoolFull(Exception):
    """The spool has no room, or cannot be written: this entry is not kept."""


@dataclass(frozen=True)
class Position:
    """Where a waiting entry stands in the spool: from `start` to before `end`, in bytes."""

    generation: int
    start: int
    end: int


@dataclass(frozen=True)
class Depth:
    """How full the spool is: entries waiting, bytes `free`, when the oldest one came.

    `set_aside` counts what people must look at: refused by the record, or damaged on the disk.
    """

    waiting: int
    free: int
    oldest: datetime | None
    set_aside: int

    @property
    def full(self) -> bool:
        """Whether not every report would be taken any more."""
        return self.free < ROOM


@dataclass(frozen=True)
class _Waiting:
    """A waiting frame, or (`entry` None) a damaged stretch; `saved`: a copy of it is set aside.

    `lookup` is that of a filing; an addition has none here.
    """

    start: int
    end: int
    entry: UUID | None = None
    stream: UUID | None = None
    lookup: bytes | None = None
    at: datetime | None = None
    saved: bool = False

    def keys(self) -> tuple[UUID | bytes, ...]:
        """What it can be found by."""
        known = (self.entry, self.stream, self.lookup)
        return tuple(key for key in known if key is not None)


class Spool:
    """An append-only queue of sealed entries in one preallocated file, for any number of processes.

    A put is on disk before it returns. Each frame carries the generation of the file's use; when
    all is drained, one cursor mark both empties the file and starts the next generation, so that
    frames of the one before are none any more. What is damaged or refused is copied into the
    folder `set-aside` and never deleted.
    """

    def __init__(self, folder: Path, *, capacity: int = CAPACITY) -> None:
        """Nothing is made yet; `capacity` in bytes counts at `create` only."""
        self.folder = folder
        self.drain_lock = folder / "drain.lock"
        self._path = folder / "spool"
        self._aside = folder / "set-aside"
        self._capacity = capacity
        self._mutex = threading.RLock()
        self._looked = float("-inf")  # monotonic seconds
        self._space: Space | None = None
        self._generation = 0
        self._cursor = self._end = FIRST
        self._seen = b""
        self._items: deque[_Waiting] = deque()
        self._unsaved: list[_Waiting] = []
        self._keys: Counter[UUID | bytes] = Counter()

    def create(self) -> None:
        """Take the room on the disk, once; a spool that exists is left as it is. Raises OSError.

        Everything that is written to later is made here, so that it can be given to one user.
        """
        for folder in (self.folder, self._aside):
            make_home(folder)
            folder.chmod(0o700)
        self.drain_lock.touch(0o600)
        with self._alone():
            if not self._path.exists():
                Space.make(self._path, self._capacity)

    def put(self, entry: SealedEntry, at: datetime) -> datetime:
        """Keep a sealed entry on disk, with the claim that it was spooled `at`.

        An entry that waits already is not kept twice. Returns the time that the kept one claims.
        Raises SpoolFull, and then this entry is not kept.
        """
        claimed = replace(entry, claims={**entry.claims, "spooled_at": rfc3339(at)})
        payload = encode_entry(claimed)
        try:
            with self._alone():
                with self._mutex:
                    space = self._catch_up()
                    before = self._claim_of(entry)
                    frame = Frame(self._generation, self._end, payload)
                if before is not None:
                    space.sync()  # whoever wrote it may have died before it was on disk
                    return before
                self._write(space, frame)
                with self._mutex:
                    self._take(frame)
                return spooled_at(claimed)
        except OSError as wrong:
            raise SpoolFull(f"the spool cannot be written: {wrong.strerror}") from wrong

    def waiting(self) -> Iterator[tuple[Position, SealedEntry]]:
        """What waits now, oldest first. Damage is set aside and skipped. Raises OSError."""
        space = self._look()
        with self._mutex:
            generation, items = self._generation, list(self._items)
        for item in items:
            if item.entry is None:
                continue
            frame = frame_at(space.read, item.start, space.size)
            try:
                if frame is None or frame.generation != generation:
                    raise PayloadUnreadable("this frame is damaged")
                entry = decode_entry(frame.payload)
            except PayloadUnreadable:
                self._give_up(generation, item)
                continue
            yield Position(generation, item.start, item.end), entry
        with self._alone(), self._mutex:
            self._catch_up()
            self._advance(self._cursor)

    def drained(self, position: Position) -> None:
        """Everything up to this position is in the record; raises OSError.

        When nothing waits any more the space is free again.
        """
        with self._alone(), self._mutex:
            self._catch_up()
            if position.generation == self._generation and position.end > self._cursor:
                self._advance(position.end)

    def set_aside(self, position: Position, code: str) -> None:
        """Take out an entry that the record refused with this SQLSTATE; a copy stays, and alarms.

        Raises OSError, and then it waits on.
        """
        space = self._look()
        frame = frame_at(space.read, position.start, space.size)
        if frame is None or frame.generation != position.generation:
            return  # damaged since, or not there any more: `waiting` will tell
        entry = decode_entry(frame.payload).id
        reason = re.sub(r"[^0-9A-Za-z]", "", code) or "refused"
        self._save(f"refused-{reason}-{entry}.frame", frame.encode())
        self.drained(position)

    def bring_back(self) -> int:
        """Let what the record refused wait once more, oldest first; returns how many.

        Raises SpoolFull, OSError.
        """
        refused = []
        for path in self._aside.glob("refused-*.frame"):
            with suppress(PayloadUnreadable):
                entry = decode_entry(path.read_bytes()[HEADER:])
                refused.append((spooled_at(entry), path, entry))
        for at, path, entry in sorted(refused, key=lambda known: known[:2]):
            self.put(entry, at)
            path.rename(path.with_name("brought-back-" + path.name))
        return len(refused)

    def depth(self) -> Depth:
        """For the metrics: no content, no identity. Raises OSError."""
        space = self._look()
        with self._mutex:
            entries = [item for item in self._items if item.entry is not None]
            free = max(0, space.size - self._end)
        kept = sum(1 for name in ("refused-*", "damaged-*") for _ in self._aside.glob(name))
        return Depth(len(entries), free, entries[0].at if entries else None, kept)

    def holds(self, lookup: bytes) -> bool:
        """Whether a filing waits under the return code with this look-up; raises OSError.

        An addition does not count: whoever wrote it may have mistyped the code.
        """
        self._look()
        with self._mutex:
            return self._keys[lookup] > 0

    def holds_stream(self, stream: UUID, *, within: float = 0.0) -> bool:
        """Whether an entry of this stream waits: a later one must wait behind it.

        What this process put is always known; what others did, if it is older than `within` seconds.
        Raises OSError.
        """
        now = time.monotonic()
        with self._mutex:
            lately = now - self._looked < within
        if not lately:
            self._look()
            with self._mutex:
                self._looked = max(self._looked, now)
        with self._mutex:
            return self._keys[stream] > 0

    # -- one at a time, and knowing what the others did ----------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The lock between threads and processes; opened anew, or a fork would share it."""
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _look(self) -> Space:
        """Know what waits; takes the lock only where something changed since the last time."""
        with self._mutex:
            space = self._space
            if (
                space is not None
                and space.in_place()
                and space.cursor_bytes() == self._seen
                and not begins_frame(space.read, self._end, self._generation)
            ):
                return space
        with self._alone(), self._mutex:
            return self._catch_up()

    def _catch_up(self) -> Space:
        """Read the cursor, and the frames that were put since; only under both locks."""
        if self._space is None or not self._space.in_place():
            self._space, self._generation = Space(self._path), 0
        space, fresh = self._space, self._generation == 0
        try:
            marks = space.cursors()
            if fresh or len(marks) < 2:
                marks = recover(space, marks)
            mark = max(marks, key=lambda known: known.sequence)
            if mark.generation != self._generation:
                self._generation, self._end = mark.generation, mark.place
                self._items.clear()
                self._unsaved.clear()
                self._keys.clear()
            self._cursor = mark.place
            self._drop_before(mark.place)
            self._read_on(space, thorough=fresh)
            self._seen = space.cursor_bytes()
        except OSError:
            self._generation = 0
            raise
        return space

    def _read_on(self, space: Space, *, thorough: bool) -> None:
        """Take the frames behind the last known one.

        Bytes that are no frame were acknowledged if a later frame or the reach says so: they are
        damage. Else they are a put that was cut off, of which nobody was told yes.
        """
        reach = space.reach(self._generation)
        while True:
            frame = frame_at(space.read, self._end, space.size)
            if frame is not None and frame.generation == self._generation:
                self._take(frame)
                continue
            begun = begins_frame(space.read, self._end, self._generation)
            if not (begun or thorough or self._end < reach):
                return
            later = next_frame(space.read, self._end + 1, space.size, self._generation)
            stop = later.start if later is not None else max(self._end, reach)
            if stop > self._end:
                self._items.append(self._save_damage(_Waiting(self._end, stop)))
                self._end = stop
                continue
            if begun:
                space.write(self._end, bytes(len(MAGIC)))
            return

    def _write(self, space: Space, frame: Frame) -> None:
        """Put a frame on disk; where that fails it must not stand there either."""
        if frame.end > space.size:
            raise SpoolFull("the spool is full")
        try:
            space.write(frame.start, frame.encode())
            space.sync()
        except OSError:
            # After a failed flush the kernel forgets that the page was not written.
            with suppress(OSError):
                space.write(frame.start, bytes(len(MAGIC)))
            raise
        with suppress(OSError):
            space.extend_reach(frame.generation, frame.end)

    def _take(self, frame: Frame) -> None:
        self._end = frame.end
        try:
            entry = decode_entry(frame.payload)
            at = spooled_at(entry)
        except PayloadUnreadable:
            self._items.append(self._save_damage(_Waiting(frame.start, frame.end)))
            return
        lookup = entry.lookup if entry.door is not None else None
        item = _Waiting(frame.start, frame.end, entry.id, entry.stream, lookup, at)
        self._items.append(item)
        self._keys.update(item.keys())

    def _claim_of(self, entry: SealedEntry) -> datetime | None:
        """When an entry that waits already says it was spooled; None where it does not wait."""
        if self._keys[entry.id]:
            for item in self._items:
                if item.entry == entry.id and item.stream == entry.stream:
                    return item.at
        return None

    # -- letting go ----------------------------------------------------------------------------

    def _advance(self, place: int) -> None:
        """Move the cursor, past damage too; behind the last frame the next generation begins."""
        assert self._space is not None
        self._drop_before(place)
        while self._items and self._items[0].entry is None:
            place = self._items[0].end
            self._drop_before(place)
        mark = Mark(0, self._generation, place)
        if place == self._end > FIRST:
            self._unsaved = [
                kept for kept in map(self._save_damage, self._unsaved) if not kept.saved
            ]
            if not self._unsaved:
                mark = Mark(0, self._generation + 1, FIRST)
        if (mark.generation, mark.place) == (self._generation, self._cursor):
            return
        last = max(known.sequence for known in self._space.cursors())
        try:
            self._space.move_cursor([replace(mark, sequence=last + 1)])
        except OSError:
            self._generation = 0  # read everything anew
            raise
        self._catch_up()

    def _drop_before(self, place: int) -> None:
        """Forget what the cursor passed; damage without a copy stands in the way of reuse."""
        while self._items and self._items[0].start < place:
            item = self._items.popleft()
            self._keys.subtract(item.keys())
            if item.entry is None and not item.saved:
                self._unsaved.append(item)

    def _give_up(self, generation: int, item: _Waiting) -> None:
        """A frame that was whole before and is no more: from now on it is damage."""
        with self._alone(), self._mutex:
            self._catch_up()
            if generation == self._generation and item in self._items:
                damage = self._save_damage(_Waiting(item.start, item.end))
                self._items[self._items.index(item)] = damage
                self._keys.subtract(item.keys())

    def _save_damage(self, item: _Waiting) -> _Waiting:
        """Copy a damaged stretch aside; where that fails it is tried again before reuse."""
        assert self._space is not None
        if item.saved:
            return item
        content = self._space.read(item.start, item.end - item.start)
        name = f"damaged-{hashlib.sha256(content).hexdigest()[:32]}.frame"
        with suppress(OSError):
            self._save(name, content)
            return replace(item, saved=True)
        return item

    def _save(self, name: str, content: bytes) -> None:
        path = self._aside / name
        if not path.exists():
            write_secret(path, content)
            _log.error("the spool set an entry aside, somebody must look at it: %s", name)
