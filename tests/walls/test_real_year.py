"""A virtual year through the real store, beside what is counted by hand: owned, chased, called, kept."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from heed.intake.view import Record
from heed.register import receipt, vault
from heed.register.checkpoint import open_checkpoint
from heed.register.receipt import Receipt, ReceiptExtra
from heed.register.tiles import TileReader
from heed.store.rebuild import check, rebuild
from heed.store.verify import verify
from tests.by_hand import begins
from tests.servers import Server
from tests.walls.bodies import Bodies, answers_for, bodies, folded
from tests.walls.real_year import DAY, Year, plan

APPLY = "register.apply(uuid,uuid,integer,text,timestamptz,jsonb)"
_CHASES = """
SELECT c.record, c.days, c.at FROM facts.chase c JOIN facts.item i USING (entry) ORDER BY i.version
"""
SOON = timedelta(minutes=4)
"""The demonstration's clock runs on while something is done at an instant of it, by the real seconds."""


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def lived(scene: Bodies, export: Path, first: date, days: int, records: int, seed: int) -> Year:
    """So many days; after each week everything is compared; half-way the database is restarted."""
    year = Year(scene, export, random.Random(seed), begins(first))
    plan(year, first, days, records)
    for week in range(1, days // 7 + 1):
        year.play_until(begins(first + DAY * 7 * week))
        while year.sequencer.step():
            pass
        _as_counted_by_hand(year)
        _owned_and_of_one_mind(year)
        if week == days // 14:
            _restarted(year)
    return year


def _restarted(year: Year) -> None:
    year.world.close()
    server = year.world.database.server
    server.embedded.stop()
    server.embedded.start()


def _as_counted_by_hand(year: Year) -> None:
    chases: dict[UUID, list[tuple[int, datetime]]] = {record: [] for record in year.expected}
    calls: dict[UUID, list[datetime]] = {record: [] for record in year.expected}
    for record, days, at in year.world.as_owner(_CHASES):
        chases[record].append((days, at))
    asked = "SELECT record, at FROM facts.call_out ORDER BY record, version"
    for record, at in year.world.as_owner(asked):
        calls[record].append(at)
    for record, must in year.expected.items():
        assert [days for days, _ in chases[record]] == [days for days, _ in must.told], must
        for (_, came), (_, due) in zip(chases[record], must.told, strict=True):
            assert due <= came < due + SOON
        assert len(calls[record]) == len(must.calls), must
        for came, due in zip(calls[record], must.calls, strict=True):
            assert due <= came < due + SOON


def _owned_and_of_one_mind(year: Year) -> None:
    """Each record has one owner, who may answer for it; the folds and the tables say the same."""
    fold = folded(year.world)
    columns = ", ".join(Record._fields)
    rows = year.world.as_owner(f"SELECT {columns} FROM facts.record")
    assert {row[0]: Record(*row) for row in rows} == fold.concerns.records
    assert fold.concerns.records.keys() == year.expected.keys()
    assert all(answers_for(fold, one.owner, one.id) for one in fold.concerns.records.values())


def _holds_at_the_end(year: Year) -> None:
    """A rebuild is what stands, nothing was changed, and everybody's receipt holds."""
    world = year.world
    world.open()
    url = world.urls["heed_owner"]
    found = check(url, world.keys)
    assert (found.differences, found.unopened) == ((), 0)
    rebuild(url, world.keys)
    assert check(url, world.keys) == found
    seen = verify(url, world.keys, world.log.verifier)
    assert (seen.faults, seen.unreadable, seen.signed) == ((), (), seen.entries)
    note = (year.export / "checkpoint").read_bytes()
    size = open_checkpoint(note, [world.log.verifier]).size
    tiles = TileReader(lambda path: (year.export / path).read_bytes())
    for one in year.told.values():
        item = world.thread(one.code).items[0]
        assert item.seq is not None
        key = vault.unlock_under(one.code.key, item.wrap, b"code" + item.entry.bytes)
        opened = vault.open_sealed(key, item.entry, item.sealed)
        extra = ReceiptExtra(item.header, opened.envelope, opened.salt).encode()
        made = Receipt(extra, item.seq, tiles.inclusion_proof(item.seq, size), note)
        proven = receipt.check(made, [world.log.verifier])
        assert proven.commitment == one.entry.commitment


def test_two_months_of_thirty_records(scene: Bodies, tmp_path: Path) -> None:
    """With a leap day, the change to summer time, and Easter."""
    year = lived(scene, tmp_path, date(2028, 2, 21), 63, 30, seed=1)
    assert year.killed > 3
    assert year.killed_calling > 3
    _holds_at_the_end(year)


def test_a_hand_over_that_began_the_ladder_anew_would_be_found(
    scene: Bodies, tmp_path: Path
) -> None:
    scene.without_line(APPLY, "handed = handed + 1", "handed = handed + 1, filed_at = p_at")
    with pytest.raises(AssertionError, match="Expected"):
        lived(scene, tmp_path, date(2028, 2, 21), 21, 25, seed=4)


@pytest.mark.long
def test_a_year_of_a_thousand_records(scene: Bodies, tmp_path: Path) -> None:
    """With both changes of the clocks, a Christmas on a Saturday, a leap day, and Easter."""
    year = lived(scene, tmp_path, date(2027, 9, 6), 364, 1000, seed=random.randrange(2**32))
    assert year.killed > 20
    assert year.killed_calling > 20
    _holds_at_the_end(year)
