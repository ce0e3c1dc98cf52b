"""For any log of any size, the fast tree and the tiles agree with the definition."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.register import tree
from heed.register.tiles import TileReader, TileWriter, changed_tiles
from heed.register.tree import CompactRange, ProofInvalid

MODEST = settings(max_examples=60, deadline=None)
sizes = st.integers(1, 600)
LEAVES = [sha256(b"%d" % number).digest() for number in range(1400)]


def split(size: int) -> int:
    """The largest power of two below a size, found by doubling."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1 read aloud."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\x01" + plain_root(leaves[:k]) + plain_root(leaves[k:])).digest()


def plain_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1 read aloud."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*plain_path(index, leaves[:k]), plain_root(leaves[k:])]
    return [*plain_path(index - k, leaves[k:]), plain_root(leaves[:k])]


def plain_proof(old: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """RFC 6962 §2.1.2 read aloud."""
    if old == len(leaves):
        return [] if whole else [plain_root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*plain_proof(old, leaves[:k], whole), plain_root(leaves[k:])]
    return [*plain_proof(old - k, leaves[k:], False), plain_root(leaves[:k])]


@MODEST
@given(size=sizes, data=st.data())
def test_roots_and_proofs_are_those_of_the_definition(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    assert tree.root(leaves) == plain_root(leaves)
    assert list(tree.inclusion_proof(leaves, index)) == plain_path(index, leaves)
    assert list(tree.consistency_proof(leaves, old, size)) == plain_proof(old, leaves)


@MODEST
@given(size=sizes, data=st.data())
def test_every_proof_verifies_and_no_altered_one_does(size: int, data: st.DataObject) -> None:
    leaves, root = LEAVES[:size], tree.root(LEAVES[:size])
    index = data.draw(st.integers(0, size - 1))
    proof = list(tree.inclusion_proof(leaves, index))
    tree.verify_inclusion(leaves[index], index, size, proof, root)
    old = data.draw(st.integers(1, size))
    before, path = tree.root(leaves[:old]), list(tree.consistency_proof(leaves, old, size))
    tree.verify_consistency(old, size, before, root, path)
    for altered in alterations(proof, data):
        with pytest.raises(ProofInvalid):
            tree.verify_inclusion(leaves[index], index, size, altered, root)
    for altered in alterations(path, data):
        with pytest.raises(ProofInvalid):
            tree.verify_consistency(old, size, before, root, altered)


def alterations(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """The proof with something added, and with one hash changed, dropped, or shortened."""
    altered = [[*proof, bytes(32)], [bytes(32), *proof]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        bit = data.draw(st.integers(0, 255))
        flipped = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
        altered += [[*proof[:at], *new, *proof[at + 1 :]] for new in ([flipped], [], [b"x" * 31])]
    return altered


@MODEST
@given(steps=st.lists(st.integers(0, 90), max_size=8))
def test_a_tree_grows_alike_in_any_steps(steps: list[int]) -> None:
    compact, writer, size = CompactRange(), TileWriter(), 0
    for step in steps:
        compact.extend(LEAVES[size : size + step])
        writer.extend(LEAVES[size : size + step])
        size += step
        expected = tree.root(LEAVES[:size])
        assert compact.root() == writer.root() == expected
        assert CompactRange(size, compact.peaks).root() == expected


@MODEST
@given(ends=st.lists(st.integers(0, 1400), min_size=1, max_size=6).map(sorted), data=st.data())
def test_tiles_give_the_proofs_of_every_size_that_was_signed(
    ends: list[int], data: st.DataObject
) -> None:
    writer, files = TileWriter(), dict[str, bytes]()
    for end in ends:
        wanted = {tile.path for tile in changed_tiles(writer.size, end)}
        new = dict(writer.extend(LEAVES[writer.size : end]))
        assert set(new) == wanted
        assert all(files.get(path, held) == held for path, held in new.items())
        files |= new
        writer = TileWriter(end, files.__getitem__)
    reader = TileReader(files.__getitem__)
    old, new_size = sorted(data.draw(st.sampled_from(ends)) for _ in range(2))
    assert reader.root(new_size) == tree.root(LEAVES[:new_size])
    assert reader.consistency_proof(old, new_size) == tree.consistency_proof(LEAVES, old, new_size)
    if new_size:
        index = data.draw(st.integers(0, new_size - 1))
        expected = tree.inclusion_proof(LEAVES[:new_size], index)
        assert reader.inclusion_proof(index, new_size) == expected
