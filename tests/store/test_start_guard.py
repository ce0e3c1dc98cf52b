"""What was signed and fetched is never unsaid: an old backup closes reading, and nothing is signed."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heed.loops import sequence
from heed.loops.sequence import HeadContradicted, Sequencer
from heed.register.checkpoint import open_checkpoint, sign_checkpoint
from heed.register.note import Signer
from heed.store.connection import Link
from heed.store.exported import exported_contradicts, exported_head
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import World

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

CUT = (
    "ALTER TABLE register.leaf DISABLE TRIGGER append_only",
    "ALTER TABLE register.checkpoint DISABLE TRIGGER append_only",
    "DELETE FROM register.leaf WHERE seq >= {size}",
    "DELETE FROM register.checkpoint WHERE size > {size}",
)


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "two concerns", _fill) as made:
        yield made


def _fill(world: World) -> Scene:
    world.tell("seen 0")
    world.tell("seen 1")
    return Scene(world)


def _sequencer(world: World, place: Path) -> Sequencer:
    (place / "export").mkdir(exist_ok=True)
    link = Link(world.urls["heed_sequencer"])
    return Sequencer(link, world.log, place / "export", place / "contradicted")


def _size(world: World, place: Path) -> int:
    note = (place / "export" / "checkpoint").read_bytes()
    return open_checkpoint(note, [world.log.verifier]).size


def _two_heads(scene: Scene, place: Path) -> tuple[int, bytes]:
    """Sign, tell once more, sign again; then the database is as it was after the first head."""
    sequencer = _sequencer(scene.world, place)
    sequencer.step()
    size = _size(scene.world, place)
    scene.world.tell("signed, and forgotten by the backup")
    sequencer.step()
    assert _size(scene.world, place) == size + 1
    scene.without(*(line.format(size=size) for line in CUT))
    return size, (place / "export" / "checkpoint").read_bytes()


def _heads(scene: Scene) -> list[tuple[int]]:
    return scene.world.as_owner("SELECT size FROM register.checkpoint ORDER BY size")


def test_an_older_database_contradicts_the_exported_head_and_nothing_is_signed(
    scene: Scene, tmp_path: Path
) -> None:
    size, note = _two_heads(scene, tmp_path)
    scene.world.tell("told after the backup came back")
    for _ in range(2):
        sequencer = _sequencer(scene.world, tmp_path)
        with pytest.raises(HeadContradicted, match=r"exported head contradicts.*only"):
            sequencer.step()
    assert (tmp_path / "export" / "checkpoint").read_bytes() == note
    assert _heads(scene)[-1] == (size,)
    assert scene.world.as_owner("SELECT count(*) FROM register.leaf") == [(size,)]


def test_a_longer_record_with_another_past_contradicts_it_too(scene: Scene, tmp_path: Path) -> None:
    _, note = _two_heads(scene, tmp_path)
    scene.world.tell("another history")
    scene.world.tell("that goes on")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    _sequencer(scene.world, elsewhere).step()
    with pytest.raises(HeadContradicted, match="no longer give"):
        _sequencer(scene.world, tmp_path).start()
    assert (tmp_path / "export" / "checkpoint").read_bytes() == note


def test_only_a_head_that_our_own_key_signed_counts(scene: Scene, tmp_path: Path) -> None:
    _sequencer(scene.world, tmp_path).step()
    size, checkpoint = _size(scene.world, tmp_path), tmp_path / "export" / "checkpoint"
    stranger = Signer(scene.world.origin, b"x" * 32)
    for other in (sign_checkpoint(stranger, 10**6, os.urandom(32)), b"", b"cut of"):
        checkpoint.write_bytes(other)
        _sequencer(scene.world, tmp_path).start()
        assert _size(scene.world, tmp_path) == size


def test_without_the_checkpoint_the_tiles_still_bear_witness(scene: Scene, tmp_path: Path) -> None:
    size, _ = _two_heads(scene, tmp_path)
    (tmp_path / "export" / "checkpoint").unlink()
    served = {path: path.read_bytes() for path in (tmp_path / "export" / "tile").rglob("*.p/*")}
    assert served
    scene.world.tell("in another one's place")
    with pytest.raises(HeadContradicted, match="published with other hashes"):
        _sequencer(scene.world, tmp_path).step()
    assert served == {path: path.read_bytes() for path in served}
    assert _heads(scene)[-1] == (size,)


def test_a_tile_that_a_power_cut_spoilt_is_written_again(scene: Scene, tmp_path: Path) -> None:
    _sequencer(scene.world, tmp_path).step()
    tile = next(path for path in (tmp_path / "export" / "tile").rglob("*") if path.is_file())
    whole = tile.read_bytes()
    for spoilt in (b"", whole[:40], whole[:32] + bytes(len(whole) - 32)):
        tile.write_bytes(spoilt)
        _sequencer(scene.world, tmp_path).start()
        assert tile.read_bytes() == whole


def test_a_smaller_head_never_takes_a_larger_ones_place(scene: Scene, tmp_path: Path) -> None:
    sequencer = _sequencer(scene.world, tmp_path)
    sequencer.step()
    small = (tmp_path / "export" / "checkpoint").read_bytes()
    scene.world.tell("one more")
    sequencer.step()
    large = (tmp_path / "export" / "checkpoint").read_bytes()
    sequencer._publish(small)
    assert (tmp_path / "export" / "checkpoint").read_bytes() == large


def test_reading_closes_and_opens_again_and_the_process_lives(
    scene: Scene,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    _two_heads(scene, tmp_path)
    monkeypatch.setattr(sequence, "LOOK_AGAIN", 0.05)
    logging.getLogger("heed.sequencer").handlers.clear()  # of another test's stderr
    stop, sequencer = threading.Event(), _sequencer(scene.world, tmp_path)
    thread = threading.Thread(target=sequencer.run, args=(stop,))
    thread.start()
    try:
        _until(lambda: (tmp_path / "contradicted").exists())
        why = (tmp_path / "contradicted").read_text().strip()
        assert "exported head contradicts" in why
        assert scene.world.as_owner("SELECT why FROM machinery.closed") == [(why,)]
        scene.world.tell("reporters go on")
        time.sleep(0.3)
        assert thread.is_alive()
        shutil.move(tmp_path / "export", tmp_path / "kept for whoever asks")
        (tmp_path / "export").mkdir()
        _until(lambda: not (tmp_path / "contradicted").exists())
        assert scene.world.as_owner("SELECT why FROM machinery.closed") == []
    finally:
        stop.set()
        thread.join()
    said = capfd.readouterr().err
    assert said.count("reading is closed") == 1
    assert "Traceback" not in said


def _until(so: Callable[[], bool], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_verify_holds_the_exported_head_against_the_record(scene: Scene, tmp_path: Path) -> None:
    sequencer = _sequencer(scene.world, tmp_path)
    sequencer.step()
    owner, log = scene.world.urls["heed_owner"], scene.world.log
    good = exported_head(tmp_path / "export", log.verifier)
    assert good is not None
    scene.world.tell("more than the head holds")
    sequencer.step()
    assert exported_contradicts(owner, good) is None
    scene.without(*(line.format(size=good.size - 1) for line in CUT))
    assert "contradicts" in str(exported_contradicts(owner, good))
