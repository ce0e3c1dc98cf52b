"""One flipped byte, wherever it stands, is found and its entry is named; the untouched record is whole."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from heed.core.ports import SealedEntry
from heed.loops.sequence import HeadContradicted, Sequencer
from heed.register.note import Verifier
from heed.store.verify import Verified, verify
from tests.servers import Database
from tests.world import Told, World, new_world

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)
FLIP = "overlay({0} placing set_byte(substring({0} from {1} for 1), 0, get_byte({0}, {1} - 1) # 1) from {1})"


@pytest.fixture
def told(database: Database, tmp_path: Path) -> tuple[World, list[Told]]:
    """A record of six concerns, sequenced and signed in two heads."""
    world = new_world(database)
    sequencer = Sequencer(world.link("heed_sequencer"), world.log, tmp_path)
    told = [world.tell(f"concern {number}") for number in range(3)]
    sequencer.step()
    told += [world.tell(f"concern {number}") for number in range(3, 6)]
    sequencer.step()
    return world, told


def look_over(world: World) -> Verified:
    return verify(world.urls["heed_owner"], world.keys, Verifier.from_vkey(world.log.vkey))


def tamper(world: World, *statements: str) -> None:
    """As the database's administrator, with every trigger off."""
    with psycopg.connect(world.database.superuser_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table in ("entry", "wrapped_key", "leaf", "checkpoint", "thread"):
            connection.execute(f"ALTER TABLE register.{table} DISABLE TRIGGER append_only")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount > 0, statement


def flip(table: str, column: str, key: str, at: int = 20) -> Callable[[Told], str]:
    changed = FLIP.format(column, at)
    return lambda told: f"UPDATE register.{table} SET {column} = {changed} WHERE {key}".format(
        id=told.entry.id
    )


@BOTH
def test_an_untouched_record_is_whole(told: tuple[World, list[Told]]) -> None:
    world, filed = told
    seen = look_over(world)
    assert seen.faults == ()
    assert seen.heads == 2
    assert seen.size == seen.entries == seen.signed
    assert seen.entries > len(filed)


@BOTH
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(flip("entry", "sealed", "id = '{id}'"), id="ciphertext"),
        pytest.param(flip("entry", "sealed", "id = '{id}'", at=3), id="nonce"),
        pytest.param(flip("entry", "header", "id = '{id}'"), id="header"),
        pytest.param(flip("entry", "facts", "id = '{id}'"), id="facts"),
        pytest.param(flip("entry", "commitment", "id = '{id}'"), id="commitment"),
        pytest.param(flip("leaf", "data", "entry = '{id}'"), id="leaf"),
        pytest.param(
            flip("wrapped_key", "wrap", "entry = '{id}' AND recipient = 'intake'"), id="our wrap"
        ),
        pytest.param(
            flip("wrapped_key", "wrap", "entry = '{id}' AND recipient = 'code'"),
            id="the reporter's wrap",
        ),
        pytest.param(
            lambda told: (
                "UPDATE register.thread SET public_key = sha256('x') || substring(public_key"
                f" from 33) WHERE stream = '{told.record}'"
            ),
            id="the reporter's way back",
        ),
        pytest.param(
            lambda told: f"DELETE FROM register.wrapped_key WHERE entry = '{told.entry.id}'",
            id="wraps deleted",
        ),
        pytest.param(
            lambda told: f"UPDATE register.entry SET version = 7 WHERE id = '{told.entry.id}'",
            id="version",
        ),
        pytest.param(
            lambda told: f"DELETE FROM register.entry WHERE id = '{told.entry.id}'", id="deleted"
        ),
    ],
)
def test_one_changed_byte_names_the_entry(
    told: tuple[World, list[Told]], change: Callable[[Told], str]
) -> None:
    world, filed = told
    tamper(world, change(filed[1]))
    faults = look_over(world).faults
    assert any(str(filed[1].entry.id) in fault.where for fault in faults), faults
    others = {str(other.entry.id) for other in filed} - {str(filed[1].entry.id)}
    assert not any(other in fault.where for fault in faults for other in others)


@pytest.mark.parametrize("column", ["root", "note"])
def test_one_changed_byte_in_a_signed_head_names_the_head(
    told: tuple[World, list[Told]], column: str
) -> None:
    world, _ = told
    size = look_over(world).signed
    tamper(
        world,
        f"UPDATE register.checkpoint SET {column} = {FLIP.format(column, 20)} WHERE size = {size}",
    )
    faults = look_over(world).faults
    assert [fault.where for fault in faults] == [f"head over {size}"]


def test_a_leaf_that_is_taken_out_and_the_gap_closed_is_found(
    told: tuple[World, list[Told]], tmp_path: Path
) -> None:
    world, filed = told
    lost = filed[4].entry.id
    tamper(
        world,
        f"DELETE FROM register.entry WHERE id = '{lost}'",
        f"DELETE FROM register.wrapped_key WHERE entry = '{lost}'",
        f"WITH gone AS (DELETE FROM register.leaf WHERE entry = '{lost}' RETURNING seq)"
        " SELECT seq FROM gone",
        "UPDATE register.leaf SET seq = seq - 1 WHERE seq = (SELECT max(seq) FROM register.leaf)",
    )
    faults = look_over(world).faults
    assert any("was signed" in fault.what or "the root" in fault.what for fault in faults)
    with pytest.raises(HeadContradicted):
        Sequencer(world.link("heed_sequencer"), world.log, tmp_path / "other").start()


def test_two_places_that_are_swapped_are_found(told: tuple[World, list[Told]]) -> None:
    world, filed = told
    first, second = filed[0].entry.id, filed[1].entry.id
    tamper(
        world,
        "CREATE TEMP TABLE swapped AS SELECT a.seq, b.entry, b.data FROM register.leaf a"
        f" JOIN register.leaf b ON a.entry <> b.entry WHERE a.entry IN ('{first}', '{second}')"
        f" AND b.entry IN ('{first}', '{second}')",
        f"DELETE FROM register.leaf WHERE entry IN ('{first}', '{second}')",
        "INSERT INTO register.leaf SELECT * FROM swapped",
    )
    faults = look_over(world).faults
    assert {fault.where.split()[0] for fault in faults} == {"head"}


def test_an_entry_without_a_place_is_found(told: tuple[World, list[Told]]) -> None:
    world, _ = told
    late = world.tell("one more")
    tamper(world, f"DELETE FROM register.pending WHERE entry = '{late.entry.id}'")
    faults = look_over(world).faults
    assert [fault.where for fault in faults] == [f"entry {late.entry.id}"]


def test_words_moved_to_another_entry_are_found(told: tuple[World, list[Told]]) -> None:
    world, filed = told
    first, second = filed[0].entry.id, filed[1].entry.id
    tamper(
        world,
        f"UPDATE register.entry SET sealed = (SELECT sealed FROM register.entry WHERE id = '{first}')"
        f" WHERE id = '{second}'",
    )
    faults = look_over(world).faults
    assert [fault.where.split()[1] for fault in faults] == [str(second)]


def add_what_never_opens(world: World, told: Told) -> SealedEntry:
    """By whoever holds the record's code: bytes that were never sealed to anybody."""
    sealed = b"never to be opened"
    garbage = replace(told.entry, id=uuid.uuid4(), kind="added", sealed=sealed, door=None)
    world.register("heed_intake").append(garbage)
    return garbage


def test_what_was_recorded_unreadable_is_told_apart_from_what_was_changed(
    told: tuple[World, list[Told]],
) -> None:
    world, filed = told
    garbage = add_what_never_opens(world, filed[0])
    seen = look_over(world)
    assert seen.faults == ()
    assert [str(garbage.id) in closed.where for closed in seen.unreadable] == [True]
    tamper(world, f"UPDATE register.entry SET sealed = 'changed' WHERE id = '{garbage.id}'")
    assert [str(garbage.id) in fault.where for fault in look_over(world).faults] == [True]


def test_an_addition_that_does_not_open_hides_nothing_else(
    told: tuple[World, list[Told]],
) -> None:
    world, filed = told
    garbage = add_what_never_opens(world, filed[0])
    world.open()
    assert [row[0] for row in world.as_owner("SELECT entry FROM words.unreadable")] == [garbage.id]
    assert world.as_owner("SELECT stream FROM words.stopped") == []
