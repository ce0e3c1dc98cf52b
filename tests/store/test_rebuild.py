"""Every table is what the entries say, whatever was killed; and a swap shows nobody more than before."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from heed.loops.sequence import Sequencer
from heed.store.connection import StoreAway, StoreRefused
from heed.store.rebuild import Comparison, check, rebuild
from heed.store.verify import verify
from tests.servers import Database, Server
from tests.store.storm import Storm, raging
from tests.world import World, new_world

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def world(database: Database) -> World:
    return new_world(database)


def _compare(world: World) -> Comparison:
    return check(world.urls["heed_owner"], world.keys)


def _settle(world: World, export: Path) -> None:
    """Let opener and sequencer finish what waits."""
    world.open()
    sequencer = Sequencer(world.link("heed_sequencer"), world.log, export)
    while sequencer.step():
        pass


def _blow(storm: Storm, world: World, seconds: float, crashes: int) -> None:
    """Kill writers and loops, end sessions, and SIGKILL `crashes` of PostgreSQL's own processes."""
    dice = random.Random()
    end = time.monotonic() + seconds
    moments = sorted(dice.uniform(0.3, seconds * 0.8) for _ in range(crashes))
    turns = iter(range(10**6))
    while (left := end - time.monotonic()) > 0:
        time.sleep(0.08)
        loops, writers = ["opener", "sequencer"], list(storm.running)[:-2]
        storm.kill(dice.choice(loops if dice.random() < 0.1 else writers))
        if next(turns) % 4 == 0:
            _again(lambda: world.put_on_duty(dice.choice(["lead", "colleague"]), datetime.now(UTC)))
        if moments and seconds - left > moments[0]:
            moments.pop(0)
            _strike(world, lambda pid: os.kill(pid, signal.SIGKILL))
        else:
            _strike(world, None)


def _strike(world: World, blow: Callable[[int], None] | None) -> None:
    """One of the database's connections, at random: SIGKILL crashes and restarts the server."""
    try:
        with world.database.server.superuser(world.database.name) as connection:
            backends = [
                row[0]
                for row in connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                    " AND usename <> 'postgres'"
                )
            ]
            if backends and blow is None:
                connection.execute("SELECT pg_terminate_backend(%s)", (random.choice(backends),))
        if backends and blow is not None:
            blow(random.choice(backends))
    except psycopg.OperationalError:
        pass


def _again(act: Callable[[], object]) -> None:
    """Until the database is there."""
    for _ in range(500):
        try:
            act()
            return
        except (StoreAway, psycopg.OperationalError):
            time.sleep(0.02)
    raise AssertionError("the database did not come back")


def _nothing_is_lost(world: World, storm: Storm) -> None:
    told = storm.acknowledged()
    with world.database.server.superuser(world.database.name) as connection:
        rows = connection.execute(
            "SELECT id, encode(sha256(header), 'hex'), stream, version FROM register.entry"
        ).fetchall()
    kept = {row[0]: row[1] for row in rows}
    assert len(kept) == len(rows)
    missing = {entry for entry, header in told.items() if kept.get(entry) != header}
    assert not missing, f"{len(missing)} of {len(told)} acknowledged entries are not recorded"
    versions: dict[object, list[int]] = {}
    for _, _, stream, version in rows:
        versions.setdefault(stream, []).append(version)
    assert all(sorted(found) == list(range(1, len(found) + 1)) for found in versions.values())


def _readers(world: World) -> dict[str, str]:
    return {name: world.sign_in(name) for name in ("lead", "colleague")}


def _storm(world: World, place: Path, seconds: float, crashes: int) -> None:
    for number in range(8):
        world.put_on_duty(["lead", "colleague"][number % 2])
        world.tell()
    world.open()
    with raging(world, place, _readers(world)) as storm:
        _blow(storm, world, seconds, crashes)
    _again(lambda: world.database.server.superuser(world.database.name).__enter__().close())
    assert storm.refusals() == set()
    assert storm.killed > seconds
    halfway = _compare(world)
    assert halfway.differences == ()
    _again(lambda: _settle(world, place / "export"))
    _nothing_is_lost(world, storm)
    settled = _compare(world)
    assert settled.differences == ()
    assert settled.unopened == 0
    print(settled.entries, settled.rows, halfway.unopened, storm.killed, len(storm.acknowledged()))
    assert settled.entries > 100
    _again(lambda: rebuild(world.urls["heed_owner"], world.keys))
    assert _compare(world) == settled
    assert verify(world.urls["heed_owner"], world.keys, world.log.verifier).faults == ()


@BOTH
def test_after_writers_and_servers_were_killed_every_table_is_what_the_entries_say(
    world: World, tmp_path: Path
) -> None:
    _storm(world, tmp_path, seconds=4, crashes=2)


@pytest.mark.long
@BOTH
def test_a_long_storm_changes_nothing_of_that(world: World, tmp_path: Path) -> None:
    _storm(world, tmp_path, seconds=90, crashes=20)
