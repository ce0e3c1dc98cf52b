"""People named, decisions, joined records and what is unseen: a rebuild makes of the entries what stands."""

import os
import threading
from collections.abc import Iterator
from datetime import datetime

import psycopg
import pytest

from heed.access import commands as access
from heed.intake import commands as intake
from heed.store.rebuild import check, rebuild
from heed.triage.concerned_commands import Part, Trust
from tests.servers import Server
from tests.store.test_rebuild_people import written
from tests.walls.bodies import Bodies, bodies
from tests.walls.changes import accepting
from tests.walls.naming_people import (
    a_child,
    an_adult,
    deciding,
    joining,
    looking,
    name_and_decide,
    parting,
)
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

ALTERED = {
    "who it is": "UPDATE facts.naming SET concerned = record WHERE entry = %s",
    "a child or none": "UPDATE facts.naming SET child = NOT child WHERE entry = %s",
    "their part": "UPDATE facts.naming SET part = 'parent' WHERE entry = %s",
    "a position of trust": (
        "UPDATE facts.naming SET trust = CASE trust WHEN 'no' THEN 'yes' ELSE 'no' END"
        " WHERE entry = %s"
    ),
    "a decision": "UPDATE facts.decision SET decision = 'share' WHERE entry = %s",
    "for whom": "UPDATE facts.decision SET concerned = record WHERE entry = %s",
    "who decided": "UPDATE facts.decision SET actor = record WHERE entry = %s",
    "that it is decided again": "UPDATE facts.decision SET again_at = now() WHERE entry = %s",
    "with what it was joined": "UPDATE facts.joined SET other = record WHERE id = %s",
    "that it was parted": "UPDATE facts.joined SET parted_at = NULL WHERE id = %s",
    "what is undecided": "UPDATE facts.record SET undecided = 9 WHERE id = %s",
    "what is wanted": "UPDATE facts.record SET wanted = 9 WHERE id = %s",
    "of how many adults": "UPDATE facts.record SET undecided_adults = 9 WHERE id = %s",
    "decided for nobody": "UPDATE facts.record SET decided_alone = 9 WHERE id = %s",
    "what is to be done": "UPDATE facts.record SET to_do = 'act_now' WHERE id = %s",
    "since when": "UPDATE facts.record SET to_do_since = now() WHERE id = %s",
    "what is unseen": "UPDATE facts.record SET unseen_since = now() WHERE id = %s",
}
"""What a hand in the database could alter."""


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        first, second = made.records
        child = name_and_decide(made, first)
        made.act(*a_child(made, first, "Ella", concerned=child))
        coach = an_adult(made, first, Trust.UNKNOWN)
        made.act(*coach)
        made.act(*an_adult(made, first, Trust.YES, concerned=coach.entry.id))
        made.act(*an_adult(made, first, Trust.NO, Part.CHILD))
        made.act(*looking(made, second))
        made.act(*deciding(made, second, None))
        join = joining(made)
        made.act(*join)
        made.act(*parting(made, join.entry.stream))
        made.act(*joining(made))
        made.act(*accepting(made))
        made.world.open()
        yield made


def _differences(scene: Bodies) -> set[tuple[str, str]]:
    found = check(scene.world.urls["heed_owner"], scene.world.keys)
    return {(one.table, one.key) for one in found.differences}


def _row(connection: psycopg.Connection, table: str) -> tuple[object, ...]:
    where = " WHERE parted_at IS NOT NULL" if table == "facts.joined" else ""
    found = f"SELECT {written(connection, table)} FROM {table}{where} ORDER BY 1 LIMIT 1"
    row = connection.execute(found.encode()).fetchone()
    assert row is not None
    return row


def test_every_row_that_was_altered_is_named_and_a_rebuild_mends_it(scene: Bodies) -> None:
    assert _differences(scene) == set()
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for what, statement in ALTERED.items():
            table = statement.split()[1]
            row = _row(connection, table)
            with connection.transaction(force_rollback=False):
                assert connection.execute(statement.encode(), (row[0],)).rowcount == 1
            assert _differences(scene) == {(table, str(row[0]))}, what
            key = "entry" if table in ("facts.naming", "facts.decision") else "id"
            connection.execute(f"DELETE FROM {table} WHERE {key} = %s".encode(), (row[0],))
            places = ", ".join(["%s"] * len(row))
            into = f"INSERT INTO {table} ({written(connection, table)}) VALUES ({places})"
            connection.execute(into.encode(), row)
        assert _differences(scene) == set()
        for table in ("naming", "decision", "joined"):
            connection.execute(f"DELETE FROM facts.{table}".encode())
    before = scene.world.as_owner("SELECT * FROM facts.record ORDER BY id")
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert _differences(scene) == set()
    assert scene.world.as_owner("SELECT * FROM facts.record ORDER BY id") == before


def _add(scene: Bodies, told: Told) -> None:
    scene.world.register("heed_intake").append(
        intake.add_words(
            CHANCE,
            scene.world.public_recipients(told.code),
            "more",
            record=told.record,
            lookup=told.door.lookup,
            token=os.urandom(32),
        )
    )


def _unseen(scene: Bodies, told: Told) -> datetime | None:
    rows = scene.world.as_owner(
        "SELECT unseen_since FROM facts.record WHERE id = %s", (told.record,)
    )
    found: datetime | None = rows[0][0]
    return found


def _said(scene: Bodies, told: Told) -> list[datetime]:
    rows = scene.world.as_owner(
        "SELECT at FROM facts.item WHERE record = %s AND kind IN ('filed', 'added') ORDER BY at",
        (told.record,),
    )
    return [row[0] for row in rows]


def test_what_is_unseen_counts_from_the_oldest_of_it_and_no_addition_begins_it_anew(
    scene: Bodies,
) -> None:
    told = scene.world.tell("at first")
    scene.world.open()
    assert _unseen(scene, told) == _said(scene, told)[0]
    scene.act(*looking(scene, told.record))
    assert _unseen(scene, told) is None
    for _ in range(3):
        _add(scene, told)
        assert _unseen(scene, told) == _said(scene, told)[1]
    scene.act(*looking(scene, told.record))
    assert _unseen(scene, told) == _said(scene, told)[1]  # the words were not there yet
    scene.world.open()
    scene.act(*looking(scene, told.record))
    assert _unseen(scene, told) is None
    assert _differences(scene) == set()


def test_looks_and_additions_at_once_leave_what_the_entries_say(scene: Bodies) -> None:
    """A look and an addition commit in either order; nothing unseen is taken for seen."""
    told = scene.world.tell("at first")
    scene.world.open()
    person = scene.world.people["lead"]
    scene.act(*looking(scene, told.record))  # the others may all come too early to count

    def look() -> None:
        for _ in range(12):
            entry = access.look(
                CHANCE, scene.to, person=person, records=[told.record], purpose="own queue"
            )
            scene.act("lead", entry)
        scene.world.close()

    def add() -> None:
        for _ in range(12):
            _add(scene, told)
        scene.world.close()

    threads = [threading.Thread(target=act) for act in (look, look, add)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (opened,) = scene.world.as_owner(
        "SELECT opened_at FROM facts.record WHERE id = %s", (told.record,)
    )[0]
    said = _said(scene, told)
    assert len(said) == 13
    assert _unseen(scene, told) == min((at for at in said if at > opened), default=None)
    scene.world.open()
    assert _differences(scene) == set()
