"""Failure F02: key papers could not be found later, and files were destroyed or missing.

Here one bit is changed, or something is deleted, in the database; and an old backup is put back. A file
lies sealed in its entry, so there is no store beside the database in which it could be lost. Not shown
here: witnesses outside the office who sign heads too, and a run over a backup that is not put back.
"""

import shutil
from pathlib import Path

import psycopg
import pytest

from heed.core.vocabulary import Actor
from heed.intake.files import SentFile, add_file
from heed.loops.sequence import HeadContradicted, Sequencer
from heed.register.note import Verifier
from heed.store.install import ROLES
from heed.store.verify import verify
from tests.store.test_verify import tamper
from tests.world import CHANCE, Told, World

MINUTES = b"Minutes of the meeting: the child named three men. " * 50


@pytest.fixture
def kept(world: World, tmp_path: Path) -> tuple[World, Told, str]:
    """A worker's warning with its minutes, numbered and signed; and the entry of the minutes."""
    told = world.tell("Three men wait for girls outside the home.")
    sent = SentFile("minutes.pdf", "application/pdf", MINUTES)
    about = {"record": told.record, "lookup": told.door.lookup, "actor": Actor.REPORTER}
    to = world.public_recipients(told.code)
    entry = add_file(CHANCE, to, sent, token=CHANCE.bytes(32), **about)
    world.register("heed_intake").append(entry)
    sequenced(world, tmp_path)
    return world, told, str(entry.id)


def sequenced(world: World, place: Path) -> None:
    (place / "export").mkdir(exist_ok=True)
    Sequencer(world.link("heed_sequencer"), world.log, place / "export").step()


def faults(world: World) -> list[str]:
    key = Verifier.from_vkey(world.log.vkey)
    return [str(one) for one in verify(world.urls["heed_owner"], world.keys, key).faults]


def test_no_role_of_the_system_can_lose_a_paper(kept: tuple[World, Told, str]) -> None:
    world, _, _ = kept
    for role in ROLES:
        with psycopg.connect(world.urls[role], autocommit=True) as connection:
            for table in ("entry", "leaf", "wrapped_key", "checkpoint"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"DELETE FROM register.{table}".encode())


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM register.entry WHERE id = '{entry}'",
        "UPDATE register.entry SET sealed = set_byte(sealed, 99, get_byte(sealed, 99) # 1)"
        " WHERE id = '{entry}'",
        "UPDATE register.leaf SET data = set_byte(data, 9, get_byte(data, 9) # 1)"
        " WHERE entry = '{entry}'",
        "DELETE FROM register.wrapped_key WHERE entry = '{entry}'",
    ],
)
def test_whoever_owns_the_machine_can_and_one_run_names_the_paper(
    kept: tuple[World, Told, str], change: str
) -> None:
    """Somebody with every right over the database takes the minutes away, or one bit of them."""
    world, told, entry = kept
    assert faults(world) == []
    tamper(world, change.format(entry=entry))
    assert any(entry in one for one in faults(world))
    assert not any(str(told.entry.id) in one for one in faults(world))


def test_an_old_backup_is_found_out_and_without_the_signed_head_it_would_not_be(
    kept: tuple[World, Told, str], tmp_path: Path
) -> None:
    """A later warning is signed. Then the database is put back to what it was before, and goes on with
    other entries. The database by itself is whole: nothing in it says what is missing. The head that
    was fetched by others contradicts it, and nothing more is signed. Without that head it goes on.
    """
    world, _, _ = kept
    [(size,)] = world.as_owner("SELECT max(size) FROM register.checkpoint")
    lost = world.tell("They came again.").entry.id
    sequenced(world, tmp_path)
    tamper(
        world,
        f"DELETE FROM register.leaf WHERE seq >= {size}",
        f"DELETE FROM register.checkpoint WHERE size > {size}",
        f"DELETE FROM register.wrapped_key WHERE entry = '{lost}'",
        f"DELETE FROM register.thread WHERE stream = (SELECT stream FROM register.entry"
        f" WHERE id = '{lost}')",
        f"DELETE FROM register.entry WHERE id = '{lost}'",
    )
    assert faults(world) == []
    world.tell("Something else.")
    with pytest.raises(HeadContradicted):
        sequenced(world, tmp_path)
    assert world.as_owner("SELECT max(size) FROM register.checkpoint") == [(size,)]
    shutil.rmtree(tmp_path / "export")
    sequenced(world, tmp_path)
    assert world.as_owner("SELECT max(size) > %s FROM register.checkpoint", (size,)) == [(True,)]
