"""The tree gives one root, and every proof shows exactly what it claims."""

from hashlib import sha256

import pytest

from heed.register.tree import (
    EMPTY_ROOT,
    CompactRange,
    ProofInvalid,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(20)]
ROOTS = [root(LEAVES[:size]) for size in range(21)]


def test_leaf_node_and_empty_tree_are_those_of_rfc_6962() -> None:
    assert EMPTY_ROOT == sha256(b"").digest() == root([])
    assert leaf_hash(b"a") == sha256(b"\0a").digest()
    assert root(LEAVES[:1]) == LEAVES[0]
    left = node_hash(LEAVES[0], LEAVES[1])
    assert root(LEAVES[:3]) == sha256(b"\x01" + left + LEAVES[2]).digest()


def test_every_inclusion_proof_holds_in_its_own_place_only() -> None:
    for size in range(1, 21):
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])
            for other in range(-1, size + 2):
                if other != index:
                    with pytest.raises(ProofInvalid):
                        verify_inclusion(LEAVES[index], other, size, proof, ROOTS[size])


def test_every_consistency_proof_holds_between_its_own_sizes_only() -> None:
    for new in range(1, 21):
        for old in range(1, new + 1):
            proof = consistency_proof(LEAVES, old, new)
            verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            if old < new:
                for wrong in (old - 1, old + 1):
                    with pytest.raises(ProofInvalid):
                        verify_consistency(wrong, new, ROOTS[old], ROOTS[new], proof)
                with pytest.raises(ProofInvalid):
                    verify_consistency(old, new, ROOTS[old], ROOTS[new], (*proof, proof[-1]))


def test_a_rewritten_history_has_no_consistency_proof() -> None:
    rewritten = [*LEAVES[:3], leaf_hash(b"another"), *LEAVES[4:12]]
    for old in range(4, 12):
        proof = consistency_proof(rewritten, old, 12)
        with pytest.raises(ProofInvalid):
            verify_consistency(old, 12, ROOTS[old], root(rewritten), proof)


def test_from_an_empty_tree_the_proof_is_empty_and_shows_nothing() -> None:
    assert consistency_proof(LEAVES, 0, 9) == ()
    for proof in ((), (LEAVES[0],)):
        with pytest.raises(ProofInvalid):
            verify_consistency(0, 9, EMPTY_ROOT, ROOTS[9], proof)
        with pytest.raises(ProofInvalid):
            verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, proof)


def test_a_tree_that_grows_in_any_steps_has_the_same_root() -> None:
    grown = CompactRange()
    for size, leaf in enumerate(LEAVES):
        assert (grown.size, grown.root()) == (size, ROOTS[size])
        resumed = CompactRange(size, grown.peaks)
        resumed.extend(LEAVES[size:])
        assert resumed.root() == ROOTS[20]
        grown.append(leaf)


def test_a_tree_cannot_be_resumed_from_the_wrong_edge() -> None:
    for size, peaks in ((3, LEAVES[:1]), (0, LEAVES[:1]), (-1, ()), (1, (b"short",))):
        with pytest.raises(ValueError):
            CompactRange(size, peaks)


def test_a_proof_for_a_leaf_that_is_not_there_is_not_made() -> None:
    for index in (-1, 5):
        with pytest.raises(ValueError):
            inclusion_proof(LEAVES[:5], index)
    for old, new in ((3, 2), (-1, 2), (1, 21)):
        with pytest.raises(ValueError):
            consistency_proof(LEAVES, old, new)
    with pytest.raises(ValueError):
        root([b"short"])
