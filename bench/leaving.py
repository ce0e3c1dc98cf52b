"""What one owner's leaving costs, and whatever else may move all their records while filings wait."""

import os
import time
from uuid import UUID, uuid4

import psycopg

from bench.place import Place, place
from bench.report import report
from heed.access import commands
from heed.access import people as access
from heed.core.ports import SealedEntry, SystemChance
from heed.register.entry import Recipients
from heed.store.append import append_within
from heed.store.configuration import OfficeHand

RECORDS, WALLS, STAFF, UNITS, DAYS = 15_000, 500, 60, 40, 1_000
LIMIT_MS = 1_000.0
RUNS = 5
CHANCE = SystemChance()

# Facts only, as entries would write them: as heed_rule, under every check that entries meet.
_FILL = (
    "INSERT INTO facts.unit SELECT unnest(%(units)s::uuid[])",
    "INSERT INTO register.head SELECT unnest(%(units)s::uuid[]), 1",
    """
    INSERT INTO facts.line (entry, unit, parent, since)
    SELECT gen_random_uuid(), u.id, (%(units)s::uuid[])[CASE WHEN u.n > 1 THEN u.n / 4 + 1 END], '2020-01-01Z'
    FROM unnest(%(units)s::uuid[]) WITH ORDINALITY AS u(id, n)
    """,
    """
    INSERT INTO facts.person (id, role, active)
    SELECT s.id, 'safeguarding lead', true FROM unnest(%(staff)s::uuid[]) AS s(id)
    """,
    """
    INSERT INTO facts.employment (entry, person, unit, since)
    SELECT gen_random_uuid(), s.id, (%(units)s::uuid[])[10 + s.n %% 30], '2021-01-01Z'
    FROM unnest(%(staff)s::uuid[]) WITH ORDINALITY AS s(id, n)
    """,
    # A turn a day, among the same twenty.
    """
    INSERT INTO facts.turn (entry, slot, person, starts_at)
    SELECT gen_random_uuid(), (SELECT id FROM facts.slot), (%(staff)s::uuid[])[1 + n %% 20],
           now() - n * interval '1 day'
    FROM generate_series(1, {days}) AS n
    """,
    # The first of the staff answers for the half, the others for the other half.
    """
    INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at)
    SELECT gen_random_uuid(), 'BENCH-' || n, 'online', 'unknown',
           (%(staff)s::uuid[])[CASE WHEN n %% 2 = 0 THEN 1 ELSE 2 + n %% ({staff} - 1) END], t.at, t.at
    FROM generate_series(1, 2 * {records}) AS n,
         LATERAL (SELECT timestamptz '2021-01-01Z' + n * interval '2 minutes' AS at) AS t
    """,
    # On the owner's records: most on one of who may take them, every tenth on a unit where they do not work.
    """
    INSERT INTO facts.wall (entry, record, person, unit, ground, at, lifted)
    SELECT gen_random_uuid(), r.id, CASE WHEN r.n %% 10 > 0 THEN (%(staff)s::uuid[])[2 + r.n %% 12] END,
           CASE WHEN r.n %% 10 = 0 THEN (%(units)s::uuid[])[12 + r.n %% 20] END,
           CASE WHEN r.n %% 10 = 0 THEN 'body' ELSE 'accused' END, now(), false
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM facts.record
          WHERE owner = (%(staff)s::uuid[])[1] LIMIT {walls}) AS r
    """,
    """
    INSERT INTO facts.offer (entry, record, giver, taker, at, state)
    SELECT gen_random_uuid(), r.id, r.owner, (%(staff)s::uuid[])[30], now(), 'open'
    FROM facts.record r WHERE r.owner = (%(staff)s::uuid[])[1] ORDER BY r.id DESC LIMIT 100
    """,
)


def run() -> None:
    """Each change RUNS times in a transaction that is taken back after its last check."""
    with place() as here:
        records = int(os.environ.get("BENCH_RECORDS", "") or RECORDS)
        runs = int(os.environ.get("BENCH_RUNS", "") or RUNS)
        staff, units = ([uuid4() for _ in range(n)] for n in (STAFF, UNITS))
        _fill(here, records, staff, units)
        for name, entries in _changes(here, staff, units).items():
            taken = [_taken_back(here, entries) for _ in range(runs)]
            report(
                name,
                max(taken),
                "ms worst",
                limit=LIMIT_MS,
                ratio=round(max(taken) / LIMIT_MS, 3),
                best=round(min(taken), 1),
                records=records,
                walls=WALLS,
                staff=STAFF,
                runs=runs,
            )


def _changes(here: Place, staff: list[UUID], units: list[UUID]) -> dict[str, list[SealedEntry]]:
    """What is measured: the last entry of each; those before it only prepare it."""
    to = Recipients({"organisation": OfficeHand.load(here.home).organisation})
    owner, cover, other = staff[0], staff[2], staff[40]
    theirs, criticised = units[10], units[11]
    return {
        "leaving": [commands.leave(CHANCE, to, person=owner)],
        "going-away": [access.go_away(CHANCE, to, person=owner, cover=cover)],
        "relation-declared": [
            commands.declare_relation(CHANCE, to, person=owner, other=other, how="close")
        ],
        "post-set": [commands.set_posts(CHANCE, to, person=owner, posts=["manager"])],
        "employed": [commands.employ(CHANCE, to, person=owner, unit=criticised)],
        "unit-moved": [commands.move_unit(CHANCE, to, unit=theirs, parent=criticised)],
        "unit-added": [commands.add_unit(CHANCE, to, unit=uuid4(), name="new", parent=units[0])],
    }


def _fill(here: Place, records: int, staff: list[UUID], units: list[UUID]) -> None:
    with psycopg.connect(here.owner_url) as connection:
        connection.execute("SET ROLE heed_rule")
        for statement in _FILL:
            text = statement.format(records=records, walls=WALLS, staff=STAFF, days=DAYS)
            connection.execute(text.encode(), {"staff": staff, "units": units})
    with psycopg.connect(here.owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def _taken_back(here: Place, entries: list[SealedEntry]) -> float:
    """Milliseconds of the last entry with all that is checked when it commits, which it does not."""
    with psycopg.connect(here.owner_url) as connection:
        for entry in entries[:-1]:
            append_within(connection, entry)
        began = time.perf_counter()
        append_within(connection, entries[-1])
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        took = 1000 * (time.perf_counter() - began)
        connection.rollback()
    return took
