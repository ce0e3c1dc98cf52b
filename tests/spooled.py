"""Sealed entries of random bytes, and spools to put them in, for tests."""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from heed.core.ports import Door, SealedEntry
from heed.store.spool import Spool

CAPACITY = 64 * 1024
AT = datetime(2026, 11, 22, 3, 4, 5, 123456, tzinfo=UTC)


def sealed(
    size: int = 40, *, stream: UUID | None = None, lookup: bytes | None = None
) -> SealedEntry:
    lookup = lookup or os.urandom(32)
    return SealedEntry(
        id=uuid4(),
        stream=stream or uuid4(),
        kind="filed",
        claims={"danger": "unknown", "channel": "online"},
        commitment=os.urandom(32),
        sealed=os.urandom(size),
        wraps={"code": os.urandom(60), "intake": os.urandom(80)},
        lookup=lookup,
        door=Door(lookup, os.urandom(60), os.urandom(60)),
    )


def made(folder: Path, capacity: int = CAPACITY) -> Spool:
    spool = Spool(folder / "spool", capacity=capacity)
    spool.create()
    return spool


def fill(spool: Spool, count: int, size: int = 40) -> list[SealedEntry]:
    entries = [sealed(size) for _ in range(count)]
    for entry in entries:
        spool.put(entry, AT)
    return entries


def ids(spool: Spool) -> list[UUID]:
    return [entry.id for _, entry in spool.waiting()]


def drain(spool: Spool) -> list[UUID]:
    taken = []
    for position, entry in spool.waiting():
        taken.append(entry.id)
        spool.drained(position)
    return taken


def places(spool: Spool) -> list[tuple[int, int]]:
    return [(position.start, position.end) for position, _ in spool.waiting()]


def data(spool: Spool) -> Path:
    return spool.folder / "spool"


def overwrite(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(content)


def damage(path: Path, at: int) -> None:
    """One byte is another one, whatever it was: to write a given one changes nothing once in 256 times."""
    byte = path.read_bytes()[at]
    overwrite(path, at, bytes([byte ^ 0x55]))


def forget_reach(spool: Spool) -> None:
    """As after a power cut: the reach is not flushed with the frame."""
    overwrite(data(spool), 2 * 4096, bytes(64))


def aside(spool: Spool) -> list[str]:
    folder = spool.folder / "set-aside"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
