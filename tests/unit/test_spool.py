"""The sealed spool: what was acknowledged comes out once, in order, whatever happens to the file."""

import contextlib
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from heed.core.ports import SealedEntry
from heed.store.frames import HEADER, MAGIC
from heed.store.space import FIRST, Space
from heed.store.spool import ROOM, Spool, SpoolFull
from tests.spooled import (
    AT,
    CAPACITY,
    aside,
    damage,
    data,
    drain,
    fill,
    forget_reach,
    ids,
    made,
    overwrite,
    places,
    sealed,
)


@pytest.fixture(autouse=True)
def _no_power_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is flushed when shows in no file; tests/store kills processes, with all flushes."""
    monkeypatch.setattr("os.fdatasync", lambda handle: None)
    monkeypatch.setattr("os.fsync", lambda handle: None)


# -- keeping and giving back -------------------------------------------------------------------


def test_what_is_put_comes_out_in_order_with_the_time_it_claims(tmp_path: Path) -> None:
    spool = made(tmp_path)
    entries = fill(spool, 5)
    out = [entry for _, entry in spool.waiting()]
    assert [entry.id for entry in out] == [entry.id for entry in entries]
    assert out[0].claims == {**entries[0].claims, "spooled_at": "2026-11-22T03:04:05.123456Z"}
    assert (out[0].sealed, out[0].wraps, out[0].door, out[0].lookup, out[0].commitment) == (
        entries[0].sealed,
        entries[0].wraps,
        entries[0].door,
        entries[0].lookup,
        entries[0].commitment,
    )


def test_an_entry_without_door_or_look_up_comes_out_as_it_went_in(tmp_path: Path) -> None:
    spool = made(tmp_path)
    entry = SealedEntry(uuid4(), uuid4(), "answered", {}, bytes(32), b"x", {})
    spool.put(entry, AT)
    [(_, out)] = spool.waiting()
    assert (out.door, out.lookup, out.wraps) == (None, None, {})


def test_the_same_entry_twice_waits_once_and_keeps_its_first_time(tmp_path: Path) -> None:
    spool, entry = made(tmp_path), sealed()
    assert spool.put(entry, AT) == AT
    assert spool.put(entry, AT + timedelta(hours=1)) == AT
    assert ids(spool) == [entry.id]


def test_a_time_without_a_zone_is_no_instant(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        made(tmp_path).put(sealed(), datetime(2026, 11, 22))


def test_a_spool_opened_anew_knows_what_waits(tmp_path: Path) -> None:
    entries = fill(made(tmp_path), 3)
    again = made(tmp_path, capacity=2 * CAPACITY)
    assert ids(again) == [entry.id for entry in entries]
    assert data(again).stat().st_size == CAPACITY


def test_the_room_is_taken_before_anything_is_put(tmp_path: Path) -> None:
    state = data(made(tmp_path, 1 << 20)).stat()
    assert state.st_size == 1 << 20
    assert state.st_blocks * 512 >= 1 << 20
    assert state.st_mode & 0o077 == 0
    assert (tmp_path / "spool").stat().st_mode & 0o077 == 0


def test_a_put_takes_no_more_room_on_the_disk(tmp_path: Path) -> None:
    spool = made(tmp_path)
    before = data(spool).stat().st_blocks
    with contextlib.suppress(SpoolFull):
        fill(spool, 1000)
    assert data(spool).stat().st_blocks == before


def test_a_spool_that_was_never_made_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(SpoolFull):
        Spool(tmp_path / "none").put(sealed(), AT)


def test_a_file_that_was_replaced_is_not_written_to_any_more(tmp_path: Path) -> None:
    spool = made(tmp_path)
    fill(spool, 1)
    data(spool).unlink()
    with pytest.raises(SpoolFull):
        spool.put(sealed(), AT)
    spool.create()
    [entry] = fill(spool, 1)
    assert ids(spool) == [entry.id]


def test_depth_says_how_many_wait_how_much_is_free_and_since_when(tmp_path: Path) -> None:
    spool = made(tmp_path)
    assert (spool.depth().waiting, spool.depth().oldest) == (0, None)
    assert spool.depth().free == CAPACITY - FIRST
    spool.put(sealed(), AT)
    spool.put(sealed(), AT + timedelta(seconds=9))
    depth = spool.depth()
    assert (depth.waiting, depth.oldest, depth.set_aside) == (2, AT, 0)
    assert depth.free == CAPACITY - places(spool)[-1][1]


def test_it_tells_whether_a_code_or_a_stream_waits_until_it_is_drained(tmp_path: Path) -> None:
    spool, other = made(tmp_path), Spool(tmp_path / "spool")
    assert other.depth().waiting == 0
    first, second = fill(spool, 2)
    assert first.lookup is not None
    assert other.holds(first.lookup)
    assert other.holds_stream(first.stream)
    position, _ = next(spool.waiting())
    spool.drained(position)
    assert not other.holds(first.lookup)
    assert not other.holds_stream(first.stream)
    assert other.holds_stream(second.stream)


# -- full, drained, used again -----------------------------------------------------------------


def test_a_full_spool_refuses_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    spool = made(tmp_path)
    kept: list[SealedEntry] = []
    with contextlib.suppress(SpoolFull):
        while True:
            kept += fill(spool, 1, 500)
    before = data(spool).read_bytes()
    with pytest.raises(SpoolFull):
        spool.put(sealed(500), AT)
    assert data(spool).read_bytes() == before
    assert ids(Spool(spool.folder)) == [entry.id for entry in kept]


def test_a_full_spool_still_takes_what_is_small_enough(tmp_path: Path) -> None:
    spool = made(tmp_path)
    with pytest.raises(SpoolFull):
        spool.put(sealed(CAPACITY), AT)
    assert len(fill(spool, 1)) == 1


def test_when_all_is_drained_the_space_is_free_again(tmp_path: Path) -> None:
    spool = made(tmp_path)
    empty = spool.depth().free
    for _ in range(5):
        entries = fill(spool, 20, 500)
        assert drain(spool) == [entry.id for entry in entries]
        assert spool.depth().free == empty


def test_what_is_drained_does_not_come_back_for_a_new_process(tmp_path: Path) -> None:
    spool = made(tmp_path)
    entries = fill(spool, 4)
    for (position, _), _ in zip(spool.waiting(), range(2), strict=False):
        spool.drained(position)
    assert ids(Spool(spool.folder)) == [entry.id for entry in entries[2:]]


def test_old_frames_are_never_resurrected_when_the_space_is_used_again(tmp_path: Path) -> None:
    spool = made(tmp_path)
    fill(spool, 10, 40)
    drain(spool)
    entries = fill(spool, 3, 40)  # these end exactly where a frame of before begins
    assert ids(spool) == [entry.id for entry in entries]
    assert ids(Spool(spool.folder)) == [entry.id for entry in entries]
    assert aside(spool) == []


def test_a_position_of_before_moves_nothing(tmp_path: Path) -> None:
    spool = made(tmp_path)
    fill(spool, 1)
    [(old, _)] = spool.waiting()
    spool.drained(old)
    [entry] = fill(spool, 1)
    spool.drained(old)
    assert ids(spool) == [entry.id]


def test_a_put_between_looking_and_draining_is_kept(tmp_path: Path) -> None:
    spool, other = made(tmp_path), Spool(tmp_path / "spool")
    fill(spool, 1)
    [(position, _)] = spool.waiting()
    [late] = fill(other, 1)
    spool.drained(position)
    assert ids(spool) == ids(other) == ids(Spool(spool.folder)) == [late.id]


# -- cut off, damaged --------------------------------------------------------------------------


def test_a_put_cut_off_at_any_byte_is_ignored_and_written_over(tmp_path: Path) -> None:
    spool = made(tmp_path, 16 * 1024)
    small = [SealedEntry(uuid4(), uuid4(), "added", {}, bytes(32), b"x", {}) for _ in range(3)]
    for entry in small:
        spool.put(entry, AT)
    first, second, third = (entry.id for entry in small)
    start, end = places(spool)[2]
    whole = data(spool).read_bytes()
    for cut in range(end - start):
        leftover = (b"\0" if cut % 2 else b"\xff") * (end - start - cut)
        data(spool).write_bytes(whole[: start + cut] + leftover + whole[end:])
        forget_reach(spool)
        again = Spool(spool.folder)
        assert ids(again) == [first, second], cut
        again.put(small[2], AT)
        assert ids(Spool(spool.folder)) == [first, second, third], cut
    assert aside(spool) == []


def test_a_first_put_cut_off_in_used_space_brings_back_no_old_frame(tmp_path: Path) -> None:
    spool = made(tmp_path, 20 * 1024)
    fill(spool, 6)
    drain(spool)
    before = data(spool).read_bytes()
    [entry] = fill(spool, 1)
    [(start, end)] = places(spool)
    after = data(spool).read_bytes()
    for cut in range(end - start):
        torn = after[: start + cut] + before[start + cut : end] + after[end:]
        data(spool).write_bytes(torn)
        forget_reach(spool)
        again = Spool(spool.folder)
        assert ids(again) == ([entry.id] if torn == after else []), cut
        assert aside(again) == []


def test_a_process_that_lives_on_writes_over_what_another_left_half_written(tmp_path: Path) -> None:
    spool, other = made(tmp_path), Spool(tmp_path / "spool")
    first = fill(spool, 1)[0]
    assert ids(other) == [first.id]
    fill(spool, 1)
    start, end = places(spool)[1]
    overwrite(data(spool), end - 5, bytes(5))
    overwrite(data(spool), 2 * 4096, bytes(64))
    [late] = fill(other, 1)
    assert ids(other) == ids(Spool(spool.folder)) == [first.id, late.id]
    assert places(other)[1][0] == start


@pytest.mark.parametrize("where", [0, 3, 9, 17, 25, 30, HEADER, HEADER + 50, -1])
def test_a_damaged_frame_is_set_aside_and_never_stops_the_rest(tmp_path: Path, where: int) -> None:
    spool = made(tmp_path)
    entries = fill(spool, 5)
    start, end = places(spool)[2]
    place = start + where if where >= 0 else end + where
    byte = data(spool).read_bytes()[place]
    overwrite(data(spool), place, bytes([byte ^ 1]))
    forget_reach(spool)
    damaged = data(spool).read_bytes()[start:end]
    rest = [entry.id for entry in entries if entry is not entries[2]]
    again = Spool(spool.folder)
    assert ids(again) == rest
    [name] = aside(again)
    assert name.startswith("damaged-")
    assert (spool.folder / "set-aside" / name).read_bytes() == damaged
    assert again.depth().set_aside == 1
    assert drain(again) == rest
    assert again.depth().free == CAPACITY - FIRST


def test_a_frame_damaged_while_a_process_knows_it_is_set_aside_as_well(tmp_path: Path) -> None:
    spool = made(tmp_path)
    first, second = fill(spool, 2)
    start, _ = places(spool)[1]
    damage(data(spool), start + HEADER + 4)
    assert drain(spool) == [first.id]
    assert len(aside(spool)) == 1
    assert not spool.holds_stream(second.stream)
    assert spool.depth().free == CAPACITY - FIRST


@pytest.mark.parametrize("where", [0, 9, 17, 30, HEADER + 9])
def test_the_last_acknowledged_frame_is_missed_when_it_is_damaged(
    tmp_path: Path, where: int
) -> None:
    spool = made(tmp_path)
    first, _ = fill(spool, 2)
    start, end = places(spool)[1]
    damage(data(spool), start + where)
    again = Spool(spool.folder)
    assert ids(again) == [first.id]
    assert len(aside(again)) == 1
    [late] = fill(again, 1)
    assert places(again)[1][0] == end
    assert ids(Spool(spool.folder)) == [first.id, late.id]


def test_only_damage_and_nothing_else_frees_the_space_too(tmp_path: Path) -> None:
    spool = made(tmp_path)
    fill(spool, 1)
    damage(data(spool), FIRST + HEADER)
    again = Spool(spool.folder)
    assert ids(again) == []
    assert len(aside(again)) == 1
    assert again.depth().free == CAPACITY - FIRST


def test_damage_that_cannot_be_copied_keeps_its_space_until_it_can(tmp_path: Path) -> None:
    spool = made(tmp_path)
    first, _, third = fill(spool, 3)
    damage(data(spool), places(spool)[1][0] + HEADER)
    (spool.folder / "set-aside").rmdir()
    (spool.folder / "set-aside").write_text("a file stands where the folder should be")
    again = Spool(spool.folder)
    assert drain(again) == [first.id, third.id]
    assert again.depth().waiting == 0
    assert again.depth().free < CAPACITY - FIRST
    (spool.folder / "set-aside").unlink()
    (spool.folder / "set-aside").mkdir()
    assert ids(again) == []
    assert again.depth().set_aside == 1
    assert again.depth().free == CAPACITY - FIRST


def test_words_in_an_entry_cannot_pass_for_a_frame(tmp_path: Path) -> None:
    spool = made(tmp_path)
    entry = sealed()
    inside = Spool(tmp_path / "other", capacity=CAPACITY)
    inside.create()
    inside.put(sealed(), AT)
    frame = data(inside).read_bytes()[FIRST:]
    spool.put(SealedEntry(entry.id, entry.stream, "filed", {}, bytes(32), frame[:9000], {}), AT)
    assert MAGIC not in data(spool).read_bytes()[FIRST + 8 :]


# -- the cursor --------------------------------------------------------------------------------


@pytest.mark.parametrize("damaged", [(0,), (4096,), (0, 4096)])
def test_a_damaged_cursor_loses_nothing(tmp_path: Path, damaged: tuple[int, ...]) -> None:
    spool = made(tmp_path)
    for turn in range(5):
        fill(spool, 2 + turn)
        drain(spool)
    entries = fill(spool, 6)
    for (position, _), _ in zip(spool.waiting(), range(3), strict=False):
        spool.drained(position)
    for place in damaged:
        damage(data(spool), place + 20)
    waiting = ids(Spool(spool.folder))
    assert waiting[-3:] == [entry.id for entry in entries[3:]]
    assert set(waiting) <= {entry.id for entry in entries}
    assert len(waiting) <= (4 if len(damaged) == 1 else 6)
    again = Spool(spool.folder)
    drain(again)
    [late] = fill(again, 1)
    assert ids(Spool(spool.folder)) == [late.id]


def test_a_cursor_torn_at_any_byte_loses_and_resurrects_nothing(tmp_path: Path) -> None:
    spool = made(tmp_path)
    fill(spool, 3)
    drain(spool)
    kept = fill(spool, 1)[0]
    before = data(spool).read_bytes()
    [(position, _)] = spool.waiting()
    spool.drained(position)
    after = data(spool).read_bytes()
    [moved] = [
        place for place in (0, 4096) if before[place : place + 64] != after[place : place + 64]
    ]
    for cut in range(65):
        torn = bytearray(before)
        torn[moved : moved + cut] = after[moved : moved + cut]
        data(spool).write_bytes(torn)
        again = Spool(spool.folder)
        assert ids(again) in ([kept.id], []), cut
        assert (ids(again) == []) == (bytes(torn) == after), cut
        [late] = fill(again, 1)
        assert ids(Spool(spool.folder))[-1] == late.id, cut


def test_frames_of_a_newer_generation_than_the_cursor_says_are_believed(tmp_path: Path) -> None:
    spool = made(tmp_path)
    fill(spool, 2)
    marks = data(spool).read_bytes()[:FIRST]
    drain(spool)
    entries = fill(spool, 2)
    overwrite(data(spool), 0, marks)  # the move to the new generation never reached the disk
    assert ids(Spool(spool.folder)) == [entry.id for entry in entries]


# -- refused by the record ---------------------------------------------------------------------


def test_what_the_record_refuses_is_set_aside_whole_and_can_be_brought_back(tmp_path: Path) -> None:
    spool = made(tmp_path)
    refused = []
    for minutes in (2, 0, 1):
        entry = sealed()
        spool.put(entry, AT + timedelta(minutes=minutes))
        refused.append(entry)
    for position, _ in spool.waiting():
        spool.set_aside(position, "HE404")
    assert aside(spool) == sorted(f"refused-HE404-{entry.id}.frame" for entry in refused)
    assert (spool.depth().waiting, spool.depth().set_aside) == (0, 3)
    assert spool.bring_back() == 3
    assert ids(spool) == [refused[place].id for place in (1, 2, 0)]
    out = [entry for _, entry in spool.waiting()]
    assert out[0].claims["spooled_at"] == "2026-11-22T03:04:05.123456Z"
    assert spool.depth().set_aside == 0
    assert len(aside(spool)) == 3


class FailingSpace(Space):
    """A disk that takes everything and says at the flush that it could not keep it."""

    failing = False

    def sync(self) -> None:
        if self.failing:
            raise OSError(5, "Input/output error")
        super().sync()


def test_a_put_whose_flush_fails_is_not_kept_and_can_be_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.store.spool.Space", FailingSpace)
    spool, entry = made(tmp_path), sealed()
    [first] = fill(spool, 1)
    monkeypatch.setattr(FailingSpace, "failing", True)
    with pytest.raises(SpoolFull):
        spool.put(entry, AT)
    assert ids(spool) == [first.id]
    monkeypatch.setattr(FailingSpace, "failing", False)
    spool.put(entry, AT)
    assert ids(Spool(spool.folder)) == [first.id, entry.id]
    assert aside(spool) == []


def test_a_spool_that_would_not_take_every_report_any_more_counts_as_full(tmp_path: Path) -> None:
    spool = made(tmp_path, capacity=4 * ROOM)
    assert not spool.depth().full
    with contextlib.suppress(SpoolFull):
        for _ in range(9):
            spool.put(sealed(ROOM // 2), AT)
    assert spool.depth().free > 0
    assert spool.depth().full
