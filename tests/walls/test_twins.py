"""Who is on duty is said twice, in Python to be read and in SQL to be obeyed: alike, whatever the turns are."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import psycopg
import pytest

from heed.access.view import Duty, Person, Slot, Turn
from tests.servers import Database
from tests.world import World, new_world

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)
SEED = 4864
BEGINNING = datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    made = new_world(database)
    yield made
    made.close()


def a_plan(chance: random.Random) -> Duty:
    """People, some not active or administrators, and turns of two slots; many begin at one instant."""
    duty = Duty()
    ids = [uuid.UUID(int=chance.getrandbits(128)) for _ in range(20)]
    people, slots, turns = ids[:4], ids[4:6], ids[6:]
    for person in people:
        posts = chance.choice([(), ("overseer",), ("administrator",)])
        away = BEGINNING if chance.random() < 0.3 else None
        duty.people[person] = Person(
            person, "owner", chance.random() < 0.7, posts, away, signs_in=chance.random() < 0.7
        )
    for slot in slots:
        duty.slots[slot] = Slot(slot, "intake", chance.choice(people), BEGINNING)
    for entry in turns[: chance.randrange(len(turns) + 1)]:
        starts_at = BEGINNING + timedelta(hours=chance.randrange(4))
        duty.turns[entry] = Turn(entry, chance.choice(slots), chance.choice(people), starts_at)
    return duty


def write_plan(connection: psycopg.Connection, duty: Duty) -> None:
    """The same plan in the tables."""
    for table, rows in (
        (
            "person (id, role, active, posts, away_since, away_until, cover, signs_in)",
            duty.people.values(),
        ),
        ("slot (id, purpose, fallback, since)", duty.slots.values()),
        ("turn (entry, slot, person, starts_at)", duty.turns.values()),
    ):
        name, marks = table.split()[0], ", ".join(["%s"] * (table.count(",") + 1))
        connection.execute(f"DELETE FROM facts.{name}")
        for row in rows:
            values = [list(value) if isinstance(value, tuple) else value for value in row]
            connection.execute(f"INSERT INTO facts.{table} VALUES ({marks})", values)


@BOTH
def test_python_and_sql_put_the_same_person_on_duty(world: World) -> None:
    chance = random.Random(SEED)
    instants = [
        BEGINNING + timedelta(hours=hours, microseconds=off)
        for hours, off in product(range(-1, 5), (-1, 0))
    ]
    ties = fell_back = 0
    with world.database.server.superuser(world.database.name) as connection:
        for table in ("person", "slot"):  # a contact who is not here could not come to be
            connection.execute(f"DROP TRIGGER accountable ON facts.{table}".encode())
        for _ in range(60):
            duty = a_plan(chance)
            with connection.transaction():
                write_plan(connection, duty)
            for slot in (*duty.slots, uuid.UUID(int=0)):
                rows = connection.execute(
                    "SELECT at, register.on_duty(%s, at) FROM unnest(%s::timestamptz[]) AS at",
                    (slot, instants),
                ).fetchall()
                assert len(rows) == len(instants)
                for at, found in rows:
                    assert duty.on_duty(slot, at) == found, (slot, at, duty.turns)
                turns = [turn for turn in duty.turns.values() if turn.slot == slot]
                ties += len({turn.starts_at for turn in turns}) < len(turns)
                fell_back += not turns
    assert ties > 30
    assert fell_back > 60
