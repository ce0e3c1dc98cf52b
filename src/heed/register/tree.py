"""Folds every entry of the record into one short number, and proves that an entry is inside."""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from itertools import islice

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
BATCH = 65_536

GetNode = Callable[[int, int], bytes]
"""(level, index) -> hash of the complete subtree over leaves [index << level, index+1 << level)."""


class ProofInvalid(ValueError):
    """The proof does not show what it claims."""


def leaf_hash(data: bytes) -> bytes:
    """The 32-byte hash of one leaf's data (RFC 6962 §2.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of a node over its two children (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


def pair_up(row: Iterable[bytes]) -> list[bytes]:
    """The row above an even row of hashes."""
    hashes = iter(row)
    return [
        sha256(b"\x01" + left + right).digest() for left, right in zip(hashes, hashes, strict=True)
    ]


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The 32-byte Merkle tree hash over leaf hashes in order (RFC 6962 §2.1)."""
    tree = CompactRange()
    tree.extend(leaf_hashes)
    return tree.root()


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees given from the largest, leftmost one to the smallest."""
    if not peaks:
        return EMPTY_ROOT
    rest = peaks[-1]
    for peak in reversed(peaks[:-1]):
        rest = node_hash(peak, rest)
    return rest


class CompactRange:
    """A growing tree of which only the right edge is kept: at most one hash per level.

    `size` leaves and the `peaks` of an earlier tree (as `.peaks` gives them) resume it.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        levels = [level for level in range(size.bit_length()) if size >> level & 1]
        if size < 0 or len(levels) != len(peaks):
            raise ValueError(f"a tree of {size} leaves does not have {len(peaks)} peaks")
        _check_hashes(peaks)
        self.size = size
        self._edge: dict[int, bytes] = dict(zip(levels, reversed(peaks), strict=True))

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """The complete subtrees' hashes, the largest and leftmost first."""
        return tuple(self._edge[level] for level in sorted(self._edge, reverse=True))

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash (32 bytes)."""
        _check_hashes((leaf,))
        level = 0
        while level in self._edge:
            leaf = node_hash(self._edge.pop(level), leaf)
            level += 1
        self._edge[level] = leaf
        self.size += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Adds leaf hashes in order, a batch at a time, so that millions need little memory."""
        hashes = iter(leaf_hashes)
        while row := list(islice(hashes, BATCH)):
            _check_hashes(row)
            self.size += len(row)
            level = 0
            while row:
                if level in self._edge:
                    row.insert(0, self._edge.pop(level))
                if len(row) % 2:
                    self._edge[level] = row.pop()
                row = pair_up(row)
                level += 1

    def root(self) -> bytes:
        """The 32-byte Merkle tree hash of all leaves so far."""
        return fold(self.peaks)


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The path from leaf `index` to the root over all leaf hashes (RFC 6962 §2.1.1)."""
    return inclusion_proof_from(_nodes_of(leaf_hashes), index, len(leaf_hashes))


def inclusion_proof_from(get_node: GetNode, index: int, size: int) -> tuple[bytes, ...]:
    """The same from complete subtrees, as tiles hold them; ValueError if index is outside."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    start, end = 0, size
    beside: list[tuple[int, int]] = []
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            beside.append((split, end))
            end = split
        else:
            beside.append((start, split))
            start = split
    return tuple(_range_hash(get_node, a, b) for a, b in reversed(beside))


def consistency_proof(leaf_hashes: Sequence[bytes], old: int, new: int) -> tuple[bytes, ...]:
    """Shows that the first `old` of `new` leaves are an earlier tree (RFC 6962 §2.1.2)."""
    if new > len(leaf_hashes):
        raise ValueError(f"there are {len(leaf_hashes)} leaves, not {new}")
    return consistency_proof_from(_nodes_of(leaf_hashes[:new]), old, new)


def consistency_proof_from(get_node: GetNode, old: int, new: int) -> tuple[bytes, ...]:
    """The same from complete subtrees; from size 0 it is empty, as C2SP tlog-witness wants it."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves never had {old}")
    if old == 0:
        return ()
    start, end, whole = 0, new, True
    beside: list[tuple[int, int]] = []
    while end != old:
        split = start + _split(end - start)
        if old <= split:
            beside.append((split, end))
            end = split
        else:
            beside.append((start, split))
            start, whole = split, False
    if not whole:
        beside.append((start, end))
    return tuple(_range_hash(get_node, a, b) for a, b in reversed(beside))


def root_from(get_node: GetNode, size: int) -> bytes:
    """The root of a tree of `size` leaves from its complete subtrees."""
    return _range_hash(get_node, 0, size) if size else EMPTY_ROOT


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Raises ProofInvalid unless leaf hash `leaf` is at `index` under `root`.

    As RFC 9162 §2.1.3.2 does it; `proof` runs from the leaf's sibling upward.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"a tree of {size} leaves has no leaf {index}")
    _check_proof((leaf, root, *proof))
    node, last, found = index, size - 1, leaf
    for beside in proof:
        if last == 0:
            raise ProofInvalid("the inclusion proof is too long")
        if node & 1 or node == last:
            found = node_hash(beside, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, beside)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofInvalid("the inclusion proof is too short")
    if found != root:
        raise ProofInvalid("the inclusion proof leads to another root")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raises ProofInvalid unless the new tree only added to the old one (RFC 9162 §2.1.4.2).

    An empty old tree is refused: every tree extends it, so no proof from it shows anything.
    """
    if not 0 < old <= new:
        raise ProofInvalid(f"from {old} to {new} leaves there is nothing to prove")
    if old == new:
        if proof:
            raise ProofInvalid("trees of one size need no consistency proof")
        if old_root != new_root:
            raise ProofInvalid("two trees of one size have different roots")
        return
    _check_proof((old_root, new_root, *proof))
    if not proof:
        raise ProofInvalid("the consistency proof is empty")
    path = (old_root, *proof) if old & (old - 1) == 0 else tuple(proof)
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    was = now = path[0]
    for beside in path[1:]:
        if last == 0:
            raise ProofInvalid("the consistency proof is too long")
        if node & 1 or node == last:
            was, now = node_hash(beside, was), node_hash(beside, now)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            now = node_hash(now, beside)
        node, last = node >> 1, last >> 1
    if last:
        raise ProofInvalid("the consistency proof is too short")
    if was != old_root or now != new_root:
        raise ProofInvalid("the consistency proof leads to other roots")


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _range_hash(get_node: GetNode, start: int, end: int) -> bytes:
    # Every range the proofs ask for starts at a multiple of a power of two not smaller than its
    # largest complete subtree, so its subtrees can be taken greedily from the left.
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(get_node(level, start >> level))
        start += 1 << level
    return fold(peaks)


def _nodes_of(leaf_hashes: Sequence[bytes]) -> GetNode:
    rows = [list(leaf_hashes)]
    _check_hashes(rows[0])
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append(pair_up(below[: len(below) // 2 * 2]))
    return lambda level, index: rows[level][index]


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if set(map(len, hashes)) - {HASH_SIZE}:
        raise ValueError(f"a hash has {HASH_SIZE} bytes")


def _check_proof(hashes: Sequence[bytes]) -> None:
    if set(map(len, hashes)) - {HASH_SIZE}:
        raise ProofInvalid(f"a hash has {HASH_SIZE} bytes")
