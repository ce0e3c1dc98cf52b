"""Gives every entry its place in the tree, and signs the tree's head once the places are safe."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from heed.core.quiet import quiet_log
from heed.register import tree
from heed.register.checkpoint import open_checkpoint, sign_checkpoint
from heed.register.note import NoteInvalid, Signer
from heed.register.tiles import TileWriter
from heed.store.connection import Link, StoreAway, StoreRefused
from heed.store.exported import CHECKPOINT, contradiction, exported_head

BATCH = 2000
PAGE = 50_000
LOOK_AGAIN = 60.0
"""Seconds between two looks whether the contradiction is gone."""

_ANOTHER_HEAD = "HE012"


class HeadContradicted(Exception):
    """The leaves no longer give a head that was signed: reading must close, receiving goes on."""


class Sequencer:
    """One at a time: pending entries become leaves, then tiles, then a signed checkpoint.

    `export` is the folder from which proofs are served: tiles first, the checkpoint last.
    `contradicted` is the file that says why reading is closed, while it is.
    """

    def __init__(
        self, link: Link, signer: Signer, export: Path, contradicted: Path | None = None
    ) -> None:
        self._link = link
        self._signer = signer
        self._export = export
        self._contradicted = contradicted
        self._said: str | None = None
        self._tiles: TileWriter | None = None

    def start(self) -> None:
        """Rebuild the tree from the leaves; raises HeadContradicted if a signed head is not in it.

        Nothing is placed, written or signed before both newest heads hold: the one that the
        database kept, and the one that everybody may have fetched, which no backup takes back.
        """
        self._tiles = None
        # First, for the leaves may grow meanwhile, and then give it all the same.
        exported = exported_head(self._export, self._signer.verifier)
        last = self._link.rows("SELECT note FROM register.last_checkpoint()")
        heads = [("the exported head", exported.size, exported.root)] if exported else []
        signed, root = self._head(bytes(last[0][0])) if last else (0, tree.EMPTY_ROOT)
        heads += [("the newest head", signed, root)]
        if wrong := contradiction(heads, self._leaves()):
            raise HeadContradicted(wrong)
        tiles = TileWriter()
        for hashes in self._leaves():
            cut = max(signed - tiles.size, 0)
            for part in (hashes[:cut], hashes[cut:]):
                self._write(tiles.extend(part))
        self._tiles = tiles
        if tiles.size > signed:
            self._sign()
        elif last:
            self._publish(bytes(last[0][0]))
        self._reopen()

    def step(self) -> int:
        """Sequence what is pending and sign; returns how many entries got their place."""
        if self._tiles is None:
            self.start()
        assert self._tiles is not None
        rows = self._link.rows("SELECT seq, data FROM register.sequence(%s)", (BATCH,))
        if rows:
            if rows[0][0] != self._tiles.size:
                self.start()  # another sequencer was here: read the leaves again
                return len(rows)
            self._write(self._tiles.extend(tree.leaf_hash(bytes(row[1])) for row in rows))
            self._sign()
        return len(rows)

    def run(self, stop: threading.Event, pause: float = 0.1) -> None:
        """Step until told to stop; waits where nothing is pending, the store is away or says no.

        While a head is contradicted nothing is signed: it says so once, and looks again.
        """
        log = quiet_log("sequencer")
        while not stop.is_set():
            worked, wait = 0, 1.0
            try:
                worked, wait = self.step(), pause
            except StoreAway:
                self._tiles = None
            except StoreRefused as refused:
                self._tiles = None
                log.warning("the record takes no places now: %s", refused.code)
            except OSError as wrong:
                self._tiles = None
                log.error("the export cannot be read or written: %s", wrong.strerror)
            except HeadContradicted as wrong:
                self._tiles = None
                if str(wrong) != self._said:
                    log.error("reading is closed: %s", wrong)
                self._close(str(wrong))
                wait = LOOK_AGAIN
            if worked < BATCH:
                stop.wait(wait)

    def _leaves(self) -> Iterator[list[bytes]]:
        """The hashes of all leaves, in order, in pages."""
        at = 0
        while rows := self._link.rows("SELECT data FROM register.leaves(%s, %s)", (at, PAGE)):
            yield [tree.leaf_hash(bytes(row[0])) for row in rows]
            at += len(rows)

    def _head(self, note: bytes) -> tuple[int, bytes]:
        """Size and root as our log's own signature says them, whatever stands beside the note."""
        try:
            head = open_checkpoint(note, [self._signer.verifier])
        except NoteInvalid as wrong:
            raise HeadContradicted(
                f"the newest head is not one that this log signed: {wrong}"
            ) from wrong
        return head.size, head.root

    def _sign(self) -> None:
        assert self._tiles is not None
        size, root = self._tiles.size, self._tiles.root()
        note = sign_checkpoint(self._signer, size, root)
        try:
            kept = self._link.rows(
                "SELECT register.keep_checkpoint(%s, %s, %s)", (size, root, note)
            )
        except StoreRefused as refused:
            if refused.code != _ANOTHER_HEAD:
                raise
            raise HeadContradicted(f"another head over {size} entries was signed") from None
        if kept[0][0]:
            self._publish(note)

    def _write(self, tiles: Iterable[tuple[str, bytes]]) -> None:
        """What is served stays as it is: one path never comes with two contents."""
        for name, content in tiles:
            path = self._export / name
            with suppress(FileNotFoundError):
                served = path.read_bytes()
                if served == content:
                    continue
                if not _damaged(served, len(content)):
                    raise HeadContradicted(
                        f"{name} was published with other hashes than the entries give"
                    )
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)

    def _publish(self, note: bytes) -> None:
        """Never in place of a larger head, nor of another one of the same size."""
        size, root = self._head(note)
        with _alone(self._export):
            served = exported_head(self._export, self._signer.verifier)
            if served is not None and served.size == size and served.root != root:
                raise HeadContradicted(f"the exported head over {size} entries has another root")
            if served is None or served.size < size:
                _replace(self._export / CHECKPOINT, note)

    def _close(self, why: str) -> None:
        """Staff read nothing until the entries give the signed heads again; reporters go on."""
        with suppress(StoreAway, StoreRefused):  # tried again at the next look
            self._link.rows("SELECT register.close_reading(%s)", (why,))
        if self._contradicted is not None:
            with suppress(OSError):
                _replace(self._contradicted, why.encode() + b"\n")
        self._said = why

    def _reopen(self) -> None:
        self._link.rows("SELECT register.close_reading(NULL)")
        if self._contradicted is not None:
            self._contradicted.unlink(missing_ok=True)
        self._said = None


def _damaged(served: bytes, length: int) -> bool:
    """Cut off or zeroed by a power cut, which spares no file that was not flushed: no tile at all."""
    hashes = (served[at : at + tree.HASH_SIZE] for at in range(0, len(served), tree.HASH_SIZE))
    return len(served) != length or not all(map(any, hashes))


@contextmanager
def _alone(export: Path) -> Iterator[None]:
    """One sequencer at a time replaces the head; the kernel frees the lock of one that dies."""
    handle = os.open(export, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all; the export can be made again from the leaves, so it is not flushed."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_native_id()}.new")
    beside.write_bytes(content)
    os.replace(beside, path)
