"""Lays the record's hashes out as small files, so that any web server can serve every proof."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from heed.register import tree
from heed.register.tree import HASH_SIZE, fold, pair_up

HEIGHT = 8
FULL = 1 << HEIGHT
MAX_LEVEL = 63
KEPT_TILES = 512

Read = Callable[[str], bytes]
"""Gives a path's bytes, or raises LookupError or FileNotFoundError where there is none."""


class TileMissing(LookupError):
    """Neither the tile nor the full tile that replaced it is there."""


class TileInvalid(ValueError):
    """A tile's bytes do not have the length that its path says."""


@dataclass(frozen=True, order=True)
class Tile:
    """Which hashes a tile holds: its level, its number there, its width from 1 to 256."""

    level: int
    index: int
    width: int = FULL

    def __post_init__(self) -> None:
        if not (0 <= self.level <= MAX_LEVEL and self.index >= 0 and 1 <= self.width <= FULL):
            raise ValueError("there is no such tile")

    @property
    def path(self) -> str:
        """Where it is served, beneath the log's prefix (C2SP tlog-tiles)."""
        rest, last = divmod(self.index, 1000)
        folders = f"{last:03}"
        while rest:
            rest, part = divmod(rest, 1000)
            folders = f"x{part:03}/{folders}"
        partial = "" if self.width == FULL else f".p/{self.width}"
        return f"tile/{self.level}/{folders}{partial}"


def tile_path(level: int, index: int, width: int = FULL) -> str:
    """The path of one hash tile, as `tile/0/x001/x234/067.p/12`."""
    return Tile(level, index, width).path


def tiles_of(size: int) -> list[Tile]:
    """Every tile of a tree of `size` leaves, level by level."""
    return changed_tiles(0, size)


def changed_tiles(old: int, new: int) -> list[Tile]:
    """The tiles that must be written when the tree grows from `old` to `new` leaves."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves cannot grow to {new}")
    tiles: list[Tile] = []
    level = 0
    while old != new:
        first, last = old >> HEIGHT, (new - 1) >> HEIGHT
        tiles += [Tile(level, n, min(FULL, new - (n << HEIGHT))) for n in range(first, last + 1)]
        old, new, level = old >> HEIGHT, new >> HEIGHT, level + 1
    return tiles


def tile_hash(hashes: Sequence[bytes]) -> bytes:
    """The hash that a full tile's 256 hashes give to the level above."""
    if len(hashes) != FULL:
        raise TileInvalid("only a full tile is hashed into the level above")
    return tree.root(hashes)


def read_tile(read: Read, tile: Tile) -> list[bytes]:
    """A tile's hashes; a partial tile may since have been replaced by the full one."""
    for offered in (tile, Tile(tile.level, tile.index)):
        try:
            data = read(offered.path)
        except (LookupError, FileNotFoundError):
            continue
        if len(data) != offered.width * HASH_SIZE:
            raise TileInvalid(f"{offered.path} does not hold {offered.width} hashes")
        return [bytes(data[at : at + HASH_SIZE]) for at in range(0, tile.width * 32, HASH_SIZE)]
    raise TileMissing(tile.path)


class TileReader:
    """Computes roots and proofs for any size of tree from its tiles alone.

    The answers are as good as the tiles: compare `root` with a signed checkpoint. The tiles
    read last are kept, with the nodes inside them, so that many proofs cost few readings.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._kept: dict[Tile, list[list[bytes]]] = {}

    def root(self, size: int) -> bytes:
        """The 32-byte root of the tree of `size` leaves."""
        return tree.root_from(self._nodes(size), size)

    def leaf(self, index: int, size: int) -> bytes:
        """The hash of leaf `index` as the tree of `size` leaves holds it."""
        if not 0 <= index < size:
            raise ValueError(f"a tree of {size} leaves has no leaf {index}")
        return self._nodes(size)(0, index)

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """The path from leaf `index` to the root at `size`, as `tree.inclusion_proof` gives it."""
        return tree.inclusion_proof_from(self._nodes(size), index, size)

    def consistency_proof(self, old: int, new: int) -> tuple[bytes, ...]:
        """Shows that the tree at `new` only added to the one at `old`."""
        return tree.consistency_proof_from(self._nodes(new), old, new)

    def _nodes(self, size: int) -> tree.GetNode:
        def node(level: int, index: int) -> bytes:
            tile_level, inside = divmod(level, HEIGHT)
            first = index << inside
            width = min(FULL, (size >> tile_level * HEIGHT) - (first & ~(FULL - 1)))
            rows = self._rows(Tile(tile_level, first >> HEIGHT, width))
            return rows[inside][(first & (FULL - 1)) >> inside]

        return node

    def _rows(self, tile: Tile) -> list[list[bytes]]:
        rows = self._kept.pop(tile, None)
        if rows is None:
            rows = [read_tile(self._read, tile)]
            while len(rows[-1]) > 1:
                rows.append(pair_up(rows[-1][: len(rows[-1]) // 2 * 2]))
            if len(self._kept) >= KEPT_TILES:
                self._kept.pop(next(iter(self._kept)))
        self._kept[tile] = rows
        return rows


class TileWriter:
    """Turns new leaves into the tiles to write, keeping only the tree's right edge in memory.

    To go on from an existing log give its size and a way to read its tiles; compare `root()`
    with the last checkpoint before trusting them.
    """

    def __init__(self, size: int = 0, read: Read | None = None) -> None:
        self.size = size
        self._edge: list[list[bytes]] = []
        level = 0
        while size >> level * HEIGHT:
            index, width = divmod(size >> level * HEIGHT, FULL)
            if width and read is None:
                raise ValueError("to go on from a log its tiles must be read")
            held = read_tile(read, Tile(level, index, width)) if width and read else []
            self._edge.append(held)
            level += 1

    def root(self) -> bytes:
        """The 32-byte root over all leaves so far."""
        return fold(tuple(chain.from_iterable(map(_peaks, reversed(self._edge)))))

    def extend(self, leaf_hashes: Iterable[bytes]) -> list[tuple[str, bytes]]:
        """Adds leaf hashes (32 bytes) in order; the tiles to write, as (path, bytes).

        Write them all before the checkpoint of the new size is published. Tiles never change:
        the same path always comes with the same bytes.
        """
        added = list(leaf_hashes)
        if any(len(leaf) != HASH_SIZE for leaf in added):
            raise ValueError(f"a hash has {HASH_SIZE} bytes")
        tiles: list[tuple[str, bytes]] = []
        before, level = self.size, 0
        self.size += len(added)
        while added:
            if level == len(self._edge):
                self._edge.append([])
            index = (before >> level * HEIGHT) >> HEIGHT
            added = self._edge[level] + added
            above: list[bytes] = []
            self._edge[level] = []
            for number, at in enumerate(range(0, len(added), FULL), start=index):
                hashes = added[at : at + FULL]
                tiles.append((tile_path(level, number, len(hashes)), b"".join(hashes)))
                if len(hashes) == FULL:
                    above.append(tile_hash(hashes))
                else:
                    self._edge[level] = hashes
            added, level = above, level + 1
        return tiles


def _peaks(row: Sequence[bytes]) -> tuple[bytes, ...]:
    edge = tree.CompactRange()
    edge.extend(row)
    return edge.peaks
