"""The rules that stand twice, in Python to be read and in SQL to be obeyed, answer alike."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import psycopg
import pytest

from heed.access.policy import Reading, may_read
from heed.access.view import Duty, Person, Slot, Turn
from tests.servers import Database
from tests.world import World, new_world

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)
SEED = 4864
BEGINNING = datetime(2026, 11, 1, 9, tzinfo=UTC)
STOPS = ((), ("facts",), ("words",), ("facts", "words"))


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    made = new_world(database)
    yield made
    made.close()


def records_of(world: World, key: str) -> set[uuid.UUID]:
    """What the database lets this session read."""
    with psycopg.connect(world.urls["heed_office"]) as connection:
        connection.execute("SELECT set_config('heed.session', %s, true)", (key,))
        return {row[0] for row in connection.execute("SELECT machinery.my_records()")}


def make_it_so(
    connection: psycopg.Connection, world: World, record: uuid.UUID, reading: Reading
) -> None:
    """What one record's own facts say."""
    owner = world.people["lead" if reading.owner else "colleague"]
    connection.execute("UPDATE facts.record SET owner = %s WHERE id = %s", (owner, record))
    if not reading.screened:
        connection.execute("DELETE FROM words.screened WHERE record = %s", (record,))


@BOTH
def test_python_and_sql_let_the_same_records_be_read(world: World) -> None:
    key = world.sign_in("lead")
    cases = {
        world.tell().record: (owner, screened, stops)
        for owner, screened, stops in product((True, False), (True, False), STOPS)
    }
    world.open()
    answers = []
    with world.database.server.superuser(world.database.name) as connection:
        for record, (owner, screened, stops) in cases.items():
            reading = Reading(True, owner, screened, bool(stops), True)
            make_it_so(connection, world, record, reading)
            for schema in stops:
                connection.execute(
                    f"INSERT INTO {schema}.stopped (stream, entry, why)"
                    " VALUES (%s, gen_random_uuid(), 'a test')",
                    (record,),
                )
        for active, whole in product((True, False), (True, False)):
            connection.execute(
                "UPDATE facts.person SET active = %s WHERE id = %s", (active, world.people["lead"])
            )
            connection.execute("DELETE FROM facts.head")
            if whole:
                connection.execute("INSERT INTO facts.head DEFAULT VALUES")
            seen = records_of(world, key)
            for record, (owner, screened, stops) in cases.items():
                reading = Reading(active, owner, screened, bool(stops), whole)
                answer, why = may_read(reading)
                assert (record in seen) == answer, (reading, stops, why)
                answers.append(answer)
    assert (len(answers), sum(answers)) == (64, 1)


def a_plan(chance: random.Random) -> Duty:
    """People, of whom some are not active, and turns of two slots; many begin at one instant."""
    duty = Duty()
    ids = [uuid.UUID(int=chance.getrandbits(128)) for _ in range(20)]
    people, slots, turns = ids[:4], ids[4:6], ids[6:]
    for person in people:
        duty.people[person] = Person(person, "owner", chance.random() < 0.7)
    for slot in slots:
        duty.slots[slot] = Slot(slot, "intake", chance.choice(people))
    for entry in turns[: chance.randrange(len(turns) + 1)]:
        starts_at = BEGINNING + timedelta(hours=chance.randrange(4))
        duty.turns[entry] = Turn(entry, chance.choice(slots), chance.choice(people), starts_at)
    return duty


def write_plan(connection: psycopg.Connection, duty: Duty) -> None:
    """The same plan in the tables."""
    for table, rows in (
        ("person (id, role, active)", duty.people.values()),
        ("slot (id, purpose, fallback)", duty.slots.values()),
        ("turn (entry, slot, person, starts_at)", duty.turns.values()),
    ):
        name, marks = table.split()[0], ", ".join(["%s"] * (table.count(",") + 1))
        connection.execute(f"DELETE FROM facts.{name}")
        for row in rows:
            connection.execute(f"INSERT INTO facts.{table} VALUES ({marks})", row)


@BOTH
def test_python_and_sql_put_the_same_person_on_duty(world: World) -> None:
    chance = random.Random(SEED)
    instants = [
        BEGINNING + timedelta(hours=hours, microseconds=off)
        for hours, off in product(range(-1, 5), (-1, 0))
    ]
    ties = fell_back = 0
    with world.database.server.superuser(world.database.name) as connection:
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
