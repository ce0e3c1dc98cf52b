"""Gives every entry its place in the tree, and signs the tree's head once the places are safe."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

from heed.register import tree
from heed.register.checkpoint import open_checkpoint, sign_checkpoint
from heed.register.note import NoteInvalid, Signer
from heed.register.tiles import TileWriter
from heed.store.connection import Link, StoreAway

BATCH = 2000
PAGE = 50_000


class HeadContradicted(Exception):
    """The leaves no longer give the head that was signed: reading must close, receiving goes on."""


class Sequencer:
    """One at a time: pending entries become leaves, then tiles, then a signed checkpoint.

    `export` is the folder from which proofs are served: tiles first, the checkpoint last.
    """

    def __init__(self, link: Link, signer: Signer, export: Path) -> None:
        self._link = link
        self._signer = signer
        self._export = export
        self._tiles: TileWriter | None = None
        self._signed = 0

    def start(self) -> None:
        """Rebuild the tree from the leaves; raises HeadContradicted if a signed head is not in it."""
        tiles = TileWriter()
        last = self._link.rows("SELECT note FROM register.last_checkpoint()")
        signed, root = self._head(bytes(last[0][0])) if last else (0, tree.EMPTY_ROOT)
        pages: list[tuple[str, bytes]] = []
        while rows := self._link.rows(
            "SELECT data FROM register.leaves(%s, %s)", (tiles.size, PAGE)
        ):
            hashes = [tree.leaf_hash(bytes(row[0])) for row in rows]
            cut = signed - tiles.size
            if 0 < cut <= len(hashes):
                pages += tiles.extend(hashes[:cut])
                self._compare(tiles, signed, root)
                hashes = hashes[cut:]
            pages += tiles.extend(hashes)
            self._write(pages, only_missing=True)
            pages = []
        if tiles.size < signed:
            raise HeadContradicted(
                f"a head over {signed} entries was signed, but only {tiles.size} are here"
            )
        self._tiles, self._signed = tiles, signed
        if tiles.size > signed:
            self._sign()
        elif last:
            self._publish(bytes(last[0][0]))

    def step(self) -> int:
        """Sequence what is pending and sign; returns how many entries got their place."""
        if self._tiles is None:
            self.start()
        assert self._tiles is not None
        rows = self._link.rows("SELECT seq, data FROM register.sequence(%s)", (BATCH,))
        if rows:
            if rows[0][0] != self._tiles.size:
                self._tiles = None  # another sequencer was here: read the leaves again
                self.start()
                return len(rows)
            self._write(self._tiles.extend(tree.leaf_hash(bytes(row[1])) for row in rows))
            self._sign()
        return len(rows)

    def run(self, stop: threading.Event, pause: float = 0.1) -> None:
        """Step until told to stop; waits a little where nothing is pending or the store is away."""
        while not stop.is_set():
            try:
                worked = self.step()
            except StoreAway:
                self._tiles = None
                worked = 0
                stop.wait(1.0)
            if worked < BATCH:
                stop.wait(pause)

    def _head(self, note: bytes) -> tuple[int, bytes]:
        """Size and root as our log's own signature says them, whatever stands beside the note."""
        try:
            head = open_checkpoint(note, [self._signer.verifier])
        except NoteInvalid as wrong:
            raise HeadContradicted(
                f"the newest head is not one that this log signed: {wrong}"
            ) from wrong
        return head.size, head.root

    def _compare(self, tiles: TileWriter, size: int, root: bytes) -> None:
        if tiles.root() != root:
            raise HeadContradicted(
                f"the first {size} entries no longer give the head signed for them"
            )

    def _sign(self) -> None:
        assert self._tiles is not None
        size, root = self._tiles.size, self._tiles.root()
        note = sign_checkpoint(self._signer, size, root)
        kept = self._link.rows("SELECT register.keep_checkpoint(%s, %s, %s)", (size, root, note))
        self._signed = size
        if kept[0][0]:
            self._publish(note)

    def _write(self, tiles: Iterable[tuple[str, bytes]], *, only_missing: bool = False) -> None:
        for name, content in tiles:
            path = self._export / name
            if only_missing and path.exists() and path.read_bytes() == content:
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)

    def _publish(self, note: bytes) -> None:
        _replace(self._export / "checkpoint", note)


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all; the export can be made again from the leaves, so it is not flushed."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_native_id()}.new")
    beside.write_bytes(content)
    os.replace(beside, path)
