"""Every entry gets one place, in its stream's order, and what was signed is never unsaid."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from heed.loops.sequence import HeadContradicted, Sequencer
from heed.register import receipt, tree, vault
from heed.register.checkpoint import open_checkpoint, sign_checkpoint
from heed.register.entry import leaf_data
from heed.register.note import Signer
from heed.register.receipt import Receipt, ReceiptExtra
from heed.register.tiles import TileReader
from heed.store.connection import Link, StoreRefused
from tests.copies import Scene, copied
from tests.servers import Server
from tests.store.storm import raging
from tests.world import World

LONGEST = 60.0
"""Seconds that a slow machine gets to write as much as the test needs."""

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "three concerns", _fill) as made:
        yield made


def _fill(world: World) -> Scene:
    for number in range(3):
        world.tell(f"seen {number}")
    return Scene(world)


def _sequencer(world: World, export: Path) -> Sequencer:
    export.mkdir(exist_ok=True)
    return Sequencer(Link(world.urls["heed_sequencer"]), world.log, export)


def _work(sequencer: Sequencer) -> None:
    while sequencer.step():
        pass


def _leaves(world: World) -> list[bytes]:
    rows = world.as_owner("SELECT seq, data FROM register.leaf ORDER BY seq")
    assert [row[0] for row in rows] == list(range(len(rows)))
    return [bytes(row[1]) for row in rows]


def _mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1 as it is written there, to compare with."""
    if len(leaves) < 2:
        return tree.leaf_hash(leaves[0]) if leaves else tree.EMPTY_ROOT
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return tree.node_hash(_mth(leaves[:split]), _mth(leaves[split:]))


def _heads_hold(world: World, export: Path) -> None:
    """Every kept head is what the leaves give, and the exported one is the newest of them."""
    leaves = _leaves(world)
    heads = world.as_owner("SELECT size, root, note FROM register.checkpoint ORDER BY size")
    for size, root, note in heads:
        head = open_checkpoint(bytes(note), [world.log.verifier])
        assert (head.size, head.root) == (size, bytes(root)) == (size, _mth(leaves[:size]))
    assert heads[-1][0] == len(leaves)
    assert (export / "checkpoint").read_bytes() == bytes(heads[-1][2])
    reader = TileReader(lambda path: (export / path).read_bytes())
    assert reader.root(len(leaves)) == bytes(heads[-1][1])


def test_each_entry_gets_one_dense_place_under_a_root_that_anyone_can_compute(
    scene: Scene, tmp_path: Path
) -> None:
    sequencer = _sequencer(scene.world, tmp_path)
    for number in range(4):
        _work(sequencer)
        scene.world.tell(f"later {number}")
    _work(sequencer)
    entries = scene.world.as_owner(
        "SELECT l.data, e.header, e.commitment FROM register.entry e JOIN register.leaf l ON l.entry = e.id"
    )
    assert len(entries) == len(_leaves(scene.world)) > 7
    assert all(bytes(data) == leaf_data(bytes(header), bytes(c)) for data, header, c in entries)
    assert scene.world.as_owner("SELECT count(*) FROM register.pending") == [(0,)]
    _heads_hold(scene.world, tmp_path)


def test_two_sequencers_at_once_never_sign_two_histories(scene: Scene, tmp_path: Path) -> None:
    failures: list[BaseException] = []
    done = threading.Event()

    def work() -> None:
        sequencer = _sequencer(scene.world, tmp_path / "export")
        try:
            while not done.is_set():
                sequencer.step()
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(60):
        scene.world.tell(f"while two work {number}")
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    _work(_sequencer(scene.world, tmp_path / "export"))
    _heads_hold(scene.world, tmp_path / "export")


def test_the_place_is_fenced_even_where_nobody_waits_for_the_other(scene: Scene) -> None:
    with scene.world.link("heed_sequencer").transaction() as first:
        first.execute("SELECT register.sequence(1)")
        scene.without_line(
            "register.sequence(integer)", "LOCK TABLE register.sequencing IN EXCLUSIVE MODE;"
        )
        second = Link(scene.world.urls["heed_sequencer"], patience=30)
        refused: list[str] = []

        def work() -> None:
            try:
                second.rows("SELECT register.sequence(1)")
            except StoreRefused as wrong:
                refused.append(wrong.code)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()  # it waits for the first one's rows
    thread.join()
    assert refused == ["23505"]
    assert len(_leaves(scene.world)) == 1


def test_one_that_fell_between_places_and_signature_goes_on_where_it_was(
    scene: Scene, tmp_path: Path
) -> None:
    _work(_sequencer(scene.world, tmp_path))
    scene.world.tell("placed and not signed")
    scene.world.tell("placed and not signed either")
    scene.world.link("heed_sequencer").rows("SELECT register.sequence(1)")
    scene.world.link("heed_sequencer").rows("SELECT register.sequence(1)")
    assert scene.world.as_owner("SELECT max(size) FROM register.checkpoint")[0][0] < len(
        _leaves(scene.world)
    )
    again = _sequencer(scene.world, tmp_path)
    assert again.step() == 0
    _heads_hold(scene.world, tmp_path)


def test_one_that_fell_between_signature_and_export_publishes_when_it_is_back(
    scene: Scene, tmp_path: Path
) -> None:
    _work(_sequencer(scene.world, tmp_path / "one"))
    _work(_sequencer(scene.world, tmp_path / "two"))
    for path in (tmp_path / "one").rglob("*"):
        if path.is_file():
            assert (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    (tmp_path / "one" / "checkpoint").write_bytes(b"cut of")
    _work(_sequencer(scene.world, tmp_path / "one"))
    _heads_hold(scene.world, tmp_path / "one")


def test_the_exported_tiles_give_a_receipt_for_every_entry(scene: Scene, tmp_path: Path) -> None:
    told = [scene.world.tell(f"with a receipt {number}") for number in range(5)]
    _work(_sequencer(scene.world, tmp_path))
    note = (tmp_path / "checkpoint").read_bytes()
    size = open_checkpoint(note, [scene.world.log.verifier]).size
    reader = TileReader(lambda path: (tmp_path / path).read_bytes())
    for one in told:
        (item,) = scene.world.thread(one.code).items
        assert item.seq is not None
        key = vault.unlock_under(one.code.key, item.wrap, b"code" + item.entry.bytes)
        opened = vault.open_sealed(key, item.entry, item.sealed)
        extra = ReceiptExtra(item.header, opened.envelope, opened.salt).encode()
        made = Receipt(extra, item.seq, reader.inclusion_proof(item.seq, size), note)
        proven = receipt.check(made, [scene.world.log.verifier])
        assert proven.commitment == one.entry.commitment
        with pytest.raises(receipt.ReceiptInvalid):
            receipt.check(replace(made, index=item.seq - 1), [scene.world.log.verifier])


FLIP = "UPDATE register.leaf SET data = set_byte(data, 32, get_byte(data, 32) # 1) WHERE seq = 1"
LEAVES = "ALTER TABLE register.leaf DISABLE TRIGGER append_only"
HEADS = "ALTER TABLE register.checkpoint DISABLE TRIGGER append_only"


def test_a_flipped_leaf_contradicts_the_head_that_was_signed(scene: Scene, tmp_path: Path) -> None:
    _work(_sequencer(scene.world, tmp_path))
    scene.without(LEAVES, FLIP)
    with pytest.raises(HeadContradicted, match="no longer give"):
        _sequencer(scene.world, tmp_path).start()


def test_a_flipped_leaf_is_found_even_if_the_root_beside_the_signature_is_flipped_too(
    scene: Scene, tmp_path: Path
) -> None:
    _work(_sequencer(scene.world, tmp_path))
    scene.without(LEAVES, HEADS, FLIP)
    root = _mth(_leaves(scene.world)).hex()
    scene.without(f"UPDATE register.checkpoint SET root = '\\x{root}'")
    with pytest.raises(HeadContradicted):
        _sequencer(scene.world, tmp_path).start()


def test_a_head_that_another_key_signed_is_no_head_of_this_log(
    scene: Scene, tmp_path: Path
) -> None:
    _work(_sequencer(scene.world, tmp_path))
    scene.without(LEAVES, HEADS, FLIP)
    leaves = _leaves(scene.world)
    forged = sign_checkpoint(Signer(scene.world.origin, b"x" * 32), len(leaves), _mth(leaves))
    scene.without(
        f"UPDATE register.checkpoint SET note = '\\x{forged.hex()}', root = '\\x{_mth(leaves).hex()}'"
    )
    with pytest.raises(HeadContradicted, match="not one that this log signed"):
        _sequencer(scene.world, tmp_path).start()


def test_leaves_that_were_cut_off_contradict_the_head(scene: Scene, tmp_path: Path) -> None:
    _work(_sequencer(scene.world, tmp_path))
    scene.without(
        LEAVES, "DELETE FROM register.leaf WHERE seq = (SELECT max(seq) FROM register.leaf)"
    )
    with pytest.raises(HeadContradicted, match="only"):
        _sequencer(scene.world, tmp_path).start()


def test_two_heads_of_one_size_must_be_the_same(scene: Scene, tmp_path: Path) -> None:
    _work(_sequencer(scene.world, tmp_path))
    size, root, note = scene.world.as_owner(
        "SELECT size, root, note FROM register.checkpoint ORDER BY size DESC LIMIT 1"
    )[0]
    link = scene.world.link("heed_sequencer")
    keep = "SELECT register.keep_checkpoint(%s, %s, %s)"
    assert link.rows(keep, (size, root, note)) == [(True,)]
    with pytest.raises(StoreRefused) as refused:
        link.rows(keep, (size, b"x" * 32, note))
    assert refused.value.code == "HE012"
    with pytest.raises(StoreRefused) as refused:
        link.rows(keep, (size + 1, b"x" * 32, note))
    assert refused.value.code == "HE011"


def test_with_sixteen_writers_every_stream_keeps_its_order_among_the_places(
    scene: Scene, tmp_path: Path
) -> None:
    readers = {name: scene.world.sign_in(name) for name in ("lead", "colleague")}
    with raging(scene.world, tmp_path, readers) as storm:
        begun, entries = time.monotonic(), "SELECT count(*) FROM register.entry"
        while time.monotonic() < begun + 2 or (
            scene.world.as_owner(entries)[0][0] <= 60 and time.monotonic() < begun + LONGEST
        ):
            time.sleep(0.2)
    assert storm.refusals() == set()
    _work(_sequencer(scene.world, tmp_path / "export"))
    rows = scene.world.as_owner(
        "SELECT e.stream, e.version FROM register.leaf l JOIN register.entry e ON e.id = l.entry"
        " ORDER BY l.seq"
    )
    assert len(rows) > 60
    before: dict[object, int] = {}
    for stream, version in rows:
        assert version == before.get(stream, 0) + 1
        before[stream] = version
    assert max(before.values()) > 3
    _heads_hold(scene.world, tmp_path / "export")
