"""Every table is what the entries say, whatever was killed; and a swap shows nobody more than before."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from heed.intake import commands as intake
from heed.loops.sequence import Sequencer
from heed.store.connection import StoreAway
from heed.store.readable import Desk
from heed.store.rebuild import Comparison, check, rebuild
from heed.store.verify import verify
from tests.copies import Scene, copied
from tests.servers import Database, Server
from tests.store.storm import Storm, raging
from tests.world import CHANCE, World, new_world

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


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "read and answered", _fill) as made:
        yield made


def _fill(world: World) -> Scene:
    for number in range(3):
        world.tell(f"seen {number}")
    world.open()
    key, lead = world.sign_in("lead"), world.people["lead"]
    desk = Desk(world.link("heed_office"))
    record = desk.queue(key, 1)[0].id
    desk.open(key, lead, record, CHANCE, world.office_recipients)
    answer = intake.answer(
        CHANCE, world.office_recipients, "thank you", record=record, token=b"t" * 32
    )
    desk.append(key, answer)
    world.open()
    return Scene(world)


ALTERED = {
    "a fact": ("facts.record", "UPDATE facts.record SET danger = 'no' WHERE id = %s"),
    "an owner": ("facts.record", "UPDATE facts.record SET owner = id WHERE id = %s"),
    "a time": (
        "facts.record",
        "UPDATE facts.record SET filed_at = filed_at - interval '1 microsecond' WHERE id = %s",
    ),
    "who opened it": ("facts.record", "UPDATE facts.record SET opened_by = id WHERE id = %s"),
    "a word": ("words.item", "UPDATE words.item SET body = body || ' ' WHERE entry = %s"),
    "a name": ("words.person", "UPDATE words.person SET name = upper(name) WHERE id = %s"),
    "a look": ("facts.look", "UPDATE facts.look SET purpose = 'other' WHERE entry = %s"),
    "a turn": ("facts.turn", "UPDATE facts.turn SET person = slot WHERE entry = %s"),
    "a fallback": ("facts.slot", "UPDATE facts.slot SET fallback = id WHERE id = %s"),
    "who may read": ("facts.person", "UPDATE facts.person SET active = false WHERE id = %s"),
    "a record gone": ("facts.record", "DELETE FROM facts.record WHERE id = %s"),
    "an item gone": ("facts.item", "DELETE FROM facts.item WHERE entry = %s"),
    "words gone": ("words.item", "DELETE FROM words.item WHERE entry = %s"),
    "a screening gone": ("words.screened", "DELETE FROM words.screened WHERE record = %s"),
}
ADDED = {
    "a record": (
        "facts.record",
        "INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at)"
        " VALUES (%s, 'AAAAA-BBBBB', 'online', 'no', gen_random_uuid(), now(), now())",
    ),
    "a turn": (
        "facts.turn",
        "INSERT INTO facts.turn VALUES (%s, gen_random_uuid(), gen_random_uuid(), now())",
    ),
    "words": (
        "words.item",
        "INSERT INTO words.item VALUES (%s, gen_random_uuid(), 1, 'filed', '{}')",
    ),
    "a screening": ("words.screened", "INSERT INTO words.screened VALUES (%s)"),
    "a fault": (
        "words.unreadable",
        "INSERT INTO words.unreadable VALUES (%s, gen_random_uuid(), 'why')",
    ),
    "a stop": ("words.stopped", "INSERT INTO words.stopped VALUES (%s, gen_random_uuid(), 'why')"),
    "a stop of facts": (
        "facts.stopped",
        "INSERT INTO facts.stopped VALUES (%s, gen_random_uuid(), 'why')",
    ),
}


def _without_second_look(scene: Scene) -> None:
    """The database would not commit most of what follows, by whatever hand."""
    for table in ("record", "person", "wall", "relation", "employment", "line", "slot", "held"):
        scene.without(f"DROP TRIGGER accountable ON facts.{table}")


@BOTH
def test_a_check_changes_nothing_and_finds_nothing_where_nothing_was_done(scene: Scene) -> None:
    found = _compare(scene.world)
    assert found.differences == ()
    assert found.entries > 10
    assert found.rows > found.entries
    assert _compare(scene.world) == found


@BOTH
def test_a_check_names_every_row_that_was_altered_or_taken_out(scene: Scene) -> None:
    _without_second_look(scene)
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for table, statement in ALTERED.values():
            connection.execute("BEGIN")
            name = f"SELECT * FROM {table} LIMIT 1"
            if table == "facts.record":
                name = "SELECT * FROM facts.record WHERE opened_by IS NOT NULL"
            row = connection.execute(name.encode()).fetchone()
            assert row is not None
            assert connection.execute(statement.encode(), (row[0],)).rowcount == 1
            connection.execute("COMMIT")
            found = _compare(scene.world).differences
            assert [(one.table, one.key) for one in found] == [(table, str(row[0]))], statement
            _put_back(connection, table, row)
    assert _compare(scene.world).differences == ()


def _put_back(connection: psycopg.Connection, table: str, row: tuple[object, ...]) -> None:
    columns = connection.execute(
        "SELECT attname, attgenerated = '' FROM pg_attribute WHERE attrelid = %s::regclass"
        " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        (table,),
    ).fetchall()
    connection.execute(f"DELETE FROM {table} WHERE {columns[0][0]} = %s".encode(), (row[0],))
    written = [(name, value) for (name, own), value in zip(columns, row, strict=True) if own]
    names, places = ", ".join(name for name, _ in written), ", ".join(["%s"] * len(written))
    put = f"INSERT INTO {table} ({names}) VALUES ({places})"
    connection.execute(put.encode(), [value for _, value in written])


@BOTH
def test_a_check_names_every_row_that_was_put_in(scene: Scene) -> None:
    expected: set[tuple[str, str]] = set()
    _without_second_look(scene)
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for table, statement in ADDED.values():
            key = uuid4()
            connection.execute(statement.encode(), (key,))
            expected.add((table, str(key)))
            found = _compare(scene.world).differences
            assert {(one.table, one.key) for one in found} == expected
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert _compare(scene.world).differences == ()


@BOTH
def test_a_check_sees_that_entries_were_taken_out_or_altered(scene: Scene) -> None:
    scene.without("DROP TRIGGER append_only ON register.entry")
    rows = "(SELECT id FROM register.entry WHERE header LIKE '%\"filed\"%' ORDER BY id LIMIT 1)"
    rows = rows.replace("header LIKE", "convert_from(header, 'UTF8') LIKE")
    scene.without(f"UPDATE register.entry SET facts = facts || ' ' WHERE id = {rows}")
    found = {one.table for one in _compare(scene.world).differences}
    assert found == {"facts.stopped", "facts.record", "facts.item"}
    scene.without(f"DELETE FROM register.entry WHERE id = {rows}")
    found = {one.table for one in _compare(scene.world).differences}
    words = {"words.item", "words.screened", "words.likeness"}
    assert found == {"facts.record", "facts.item"} | words


@BOTH
def test_what_waits_for_the_opener_is_no_difference(scene: Scene) -> None:
    scene.world.tell("not yet opened")
    found = _compare(scene.world)
    assert (found.unopened, found.differences) == (1, ())
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    found = _compare(scene.world)
    assert (found.unopened, found.differences) == (1, ())
    scene.world.open()
    found = _compare(scene.world)
    assert (found.unopened, found.differences) == (0, ())


@BOTH
def test_verify_takes_each_wrap_by_its_name_however_the_rows_lie_on_the_disk(scene: Scene) -> None:
    """After a crash and a vacuum, rows are put into holes: two unordered lists need not agree."""
    database = scene.world.database.name
    scene.without(
        "ALTER TABLE register.wrapped_key DISABLE TRIGGER append_only",
        "UPDATE register.wrapped_key SET wrap = wrap WHERE recipient = 'code'",
        "ALTER TABLE register.wrapped_key ENABLE ALWAYS TRIGGER append_only",
        "VACUUM register.wrapped_key",
        f"ALTER DATABASE {database} SET enable_indexscan = off",
        f"ALTER DATABASE {database} SET enable_bitmapscan = off",
        f"ALTER DATABASE {database} SET enable_seqscan = on",
    )
    found = verify(scene.world.urls["heed_owner"], scene.world.keys, scene.world.log.verifier)
    assert found.faults == ()
