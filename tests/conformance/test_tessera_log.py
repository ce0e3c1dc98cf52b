"""A log that other software wrote reads as it should: its signatures, tiles, entries and roots."""

from __future__ import annotations

from pathlib import Path

import pytest

from heed.register import tree
from heed.register.checkpoint import Checkpoint, open_checkpoint
from heed.register.note import NoteInvalid, Verifier
from heed.register.tiles import TileReader, TileWriter, tiles_of

# The public key of transparency-dev/tessera's test log; its id is part of every signature there.
VKEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


@pytest.fixture
def checkpoints(vectors: Path) -> list[Checkpoint]:
    """The log's heads at each size from 0 to 15, each with its signature checked."""
    verifier = Verifier.from_vkey(VKEY)
    folder = vectors / "tessera-log"
    notes = [(folder / f"checkpoint.{size}").read_bytes() for size in range(16)]
    return [open_checkpoint(note, [verifier]) for note in notes]


def entries(data: bytes) -> list[bytes]:
    """The entries of a bundle: each behind its length in two bytes."""
    found = []
    while data:
        length = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + length])
        data = data[2 + length :]
    return found


def test_every_signed_head_follows_from_the_entries(
    vectors: Path, checkpoints: list[Checkpoint]
) -> None:
    assert [head.size for head in checkpoints] == list(range(16))
    assert checkpoints[0].root == tree.EMPTY_ROOT
    for head in checkpoints[1:]:
        bundle = (vectors / "tessera-log" / "tile" / "entries" / f"000.p/{head.size}").read_bytes()
        assert tree.root(map(tree.leaf_hash, entries(bundle))) == head.root


def test_every_proof_follows_from_the_tiles(vectors: Path, checkpoints: list[Checkpoint]) -> None:
    def read(path: str) -> bytes:
        return (vectors / "tessera-log" / path).read_bytes()

    reader = TileReader(read)
    for head in checkpoints:
        assert reader.root(head.size) == head.root
        for index in range(head.size):
            proof, leaf = reader.inclusion_proof(index, head.size), reader.leaf(index, head.size)
            tree.verify_inclusion(leaf, index, head.size, proof, head.root)
        for old in checkpoints[1 : head.size + 1]:
            proof = reader.consistency_proof(old.size, head.size)
            tree.verify_consistency(old.size, head.size, old.root, head.root, proof)


def test_our_writer_would_have_written_the_same_tiles(
    vectors: Path, checkpoints: list[Checkpoint]
) -> None:
    bundle = (vectors / "tessera-log" / "tile" / "entries" / "000.p/15").read_bytes()
    leaves = [tree.leaf_hash(entry) for entry in entries(bundle)]
    writer = TileWriter()
    for head in checkpoints[1:]:
        [(path, data)] = writer.extend(leaves[writer.size : head.size])
        assert [path] == [tile.path for tile in tiles_of(head.size)]
        assert (vectors / "tessera-log" / path).read_bytes() == data
        assert writer.root() == head.root


def test_one_changed_byte_in_a_signed_head_is_refused(vectors: Path) -> None:
    note = (vectors / "tessera-log" / "checkpoint").read_bytes()
    for old, new in ((b"\n15\n", b"\n14\n"), (b"rKbD", b"sKbD"), (b"M9e0luh4", b"M9e0luh5")):
        assert old in note
        with pytest.raises(NoteInvalid):
            open_checkpoint(note.replace(old, new), [Verifier.from_vkey(VKEY)])
