"""The record's hashes lie in files whose names and bytes are the public format's."""

import pytest

from heed.register import tree
from heed.register.tiles import (
    Tile,
    TileInvalid,
    TileMissing,
    TileReader,
    TileWriter,
    changed_tiles,
    tile_hash,
    tile_path,
    tiles_of,
)

LEAVES = [tree.leaf_hash(b"%d" % number) for number in range(70_000)]


def grown(*sizes: int) -> tuple[dict[str, bytes], TileWriter]:
    """The files and the writer of a log that grew to each of these sizes in turn."""
    writer, files = TileWriter(), {}
    for size in sizes:
        files |= dict(writer.extend(LEAVES[writer.size : size]))
    return files, writer


def test_paths_are_those_of_the_public_format() -> None:
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(2, 0, 12) == "tile/2/000.p/12"
    assert tile_path(1, 999) == "tile/1/999"
    assert tile_path(1, 1000, 1) == "tile/1/x001/000.p/1"
    for level, index, width in ((64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(ValueError):
            tile_path(level, index, width)


def test_seventy_thousand_leaves_lie_as_the_specification_counts_them() -> None:
    tiles = tiles_of(70_000)
    assert sum(tile.level == 0 and tile.width == 256 for tile in tiles) == 273
    assert [tile for tile in tiles if tile.width != 256] == [
        Tile(0, 273, 112),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert tiles_of(256) == [Tile(0, 0), Tile(1, 0, 1)]
    assert tiles_of(0) == []


def test_the_writer_writes_exactly_the_tiles_that_change() -> None:
    writer = TileWriter()
    for size in (1, 1, 2, 255, 256, 257, 700, 65_535, 65_536, 65_537):
        expected = [tile.path for tile in changed_tiles(writer.size, size)]
        files = writer.extend(LEAVES[writer.size : size])
        assert [path for path, _ in files] == expected
    assert writer.root() == tree.root(LEAVES[:65_537])
    with pytest.raises(ValueError):
        changed_tiles(2, 1)


def test_a_tiles_hash_stands_in_the_level_above() -> None:
    files, _ = grown(70_000)
    above = files["tile/1/000"]
    for number in (0, 1, 255):
        hashes = LEAVES[number * 256 : number * 256 + 256]
        assert files[tile_path(0, number)] == b"".join(hashes)
        assert above[number * 32 : number * 32 + 32] == tile_hash(hashes)
    with pytest.raises(TileInvalid):
        tile_hash(LEAVES[:255])


def test_growing_in_steps_leaves_the_same_files_as_growing_at_once() -> None:
    steps, _ = grown(100, 300, 65_600, 70_000)
    once, _ = grown(70_000)
    assert once.items() <= steps.items()


def test_a_writer_goes_on_from_the_files_alone() -> None:
    for size, then in ((0, 300), (1, 256), (256, 600), (65_600, 65_900)):
        files, _ = grown(size)
        again = TileWriter(size, files.__getitem__)
        files |= dict(again.extend(LEAVES[size:then]))
        assert again.root() == TileReader(files.__getitem__).root(then) == tree.root(LEAVES[:then])
    with pytest.raises(ValueError):
        TileWriter(3)


def test_every_proof_comes_from_the_files_alone() -> None:
    files, writer = grown(70_000)
    reader = TileReader(files.__getitem__)
    assert reader.root(70_000) == writer.root()
    assert reader.root(0) == tree.EMPTY_ROOT
    for index in (0, 255, 256, 65_535, 65_536, 69_888, 69_999):
        proof = reader.inclusion_proof(index, 70_000)
        tree.verify_inclusion(LEAVES[index], index, 70_000, proof, writer.root())
        assert reader.leaf(index, 70_000) == LEAVES[index]
    with pytest.raises(ValueError):
        reader.leaf(70_000, 70_000)


def test_a_partial_tile_that_was_replaced_by_the_full_one_is_still_read() -> None:
    files, _ = grown(300, 70_000)
    del files["tile/0/001.p/44"]
    reader = TileReader(files.__getitem__)
    assert reader.root(300) == tree.root(LEAVES[:300])
    tree.verify_consistency(
        300, 70_000, reader.root(300), reader.root(70_000), reader.consistency_proof(300, 70_000)
    )
    assert TileWriter(300, files.__getitem__).root() == tree.root(LEAVES[:300])


def test_a_missing_or_misshapen_tile_is_named() -> None:
    files, _ = grown(300)
    del files["tile/0/000"]
    with pytest.raises(TileMissing, match="tile/0/000"):
        TileReader(files.__getitem__).inclusion_proof(3, 300)
    files["tile/0/000"] = b"x" * 8191
    with pytest.raises(TileInvalid, match="tile/0/000"):
        TileReader(files.__getitem__).inclusion_proof(3, 300)
    with pytest.raises(ValueError):
        TileWriter().extend([b"short"])


def test_files_on_disk_are_read_like_any_others(tmp_path) -> None:
    for path, data in grown(300)[0].items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    reader = TileReader(lambda path: (tmp_path / path).read_bytes())
    assert reader.root(300) == tree.root(LEAVES[:300])
    with pytest.raises(TileMissing):
        reader.root(257)
