"""Lists, searches, a look and a restriction, among 200,000 and 1,000,000 records, with and without walls."""

import os
import statistics
import time
from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg

from bench.place import Place, place
from bench.report import report
from heed.access import commands
from heed.access.walls import Ground
from heed.core.ports import SystemChance
from heed.register.entry import Recipients
from heed.store import searching, staff
from heed.store.append import PostgresRegister
from heed.store.configuration import OfficeHand
from heed.store.connection import Link
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor, set_credential

STAFF, UNITS = 500, 400
SIZES = (200_000, 1_000_000)
PASSWORD = "correct horse battery"
CHANCE = SystemChance()
LIMIT_MS = 50.0
LIMITS = {"search-common": 300.0}
"""Those that differ, by what is measured."""
_COUNT = "SELECT count(*) FROM facts.record WHERE owner = (SELECT machinery.me())"

# Facts only, as a rebuild would write them: these benchmarks read no entry's words but one's.
_FILL = (
    "INSERT INTO facts.unit SELECT gen_random_uuid() FROM generate_series(1, {units})",
    """
    INSERT INTO facts.line (entry, unit, parent, since)
    SELECT gen_random_uuid(), u.id, CASE WHEN u.n > 4 THEN u.ids[1 + (u.n / 4)] END, '2020-01-01Z'
    FROM (SELECT id, row_number() OVER () AS n, array_agg(id) OVER () AS ids FROM facts.unit) AS u
    """,
    """
    INSERT INTO facts.person (id, role, active)
    SELECT gen_random_uuid(), 'safeguarding lead', true FROM generate_series(1, {staff})
    """,
    """
    INSERT INTO facts.employment (entry, person, unit, since)
    SELECT gen_random_uuid(), p.id, u.ids[1 + p.n % {units}], '2021-01-01Z'
    FROM (SELECT id, row_number() OVER () AS n FROM facts.person) AS p,
         (SELECT array_agg(id) AS ids FROM facts.unit) AS u
    """,
    """
    INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at, opened_at, opened_by,
                              unseen_since, wanted, undecided)
    SELECT gen_random_uuid(), 'BENCH-' || n, 'online', (ARRAY['yes', 'no', 'unknown'])[1 + n % 3],
           p.ids[1 + n % {staff}], t.at, t.at, CASE WHEN n % 5 > 0 THEN t.at + interval '1 day' END, NULL,
           CASE WHEN n % 5 = 0 THEN t.at END, n % 4, CASE WHEN n % 7 = 0 THEN n % 4 ELSE 0 END
    FROM generate_series(1, {records}) AS n, (SELECT array_agg(id) AS ids FROM facts.person) AS p,
         LATERAL (SELECT timestamptz '2021-01-01Z' + n * interval '2 minutes' AS at) AS t
    """,
    "INSERT INTO words.screened SELECT id FROM facts.record ON CONFLICT DO NOTHING",
    # A page of forty words, "weir" in every one, and one word that no other has.
    """
    INSERT INTO words.item (entry, stream, version, kind, body)
    SELECT gen_random_uuid(), r.id, 1, 'filed',
           '{{"told":"at the weir code' || split_part(r.reference, '-', 2) || ' '
           || (SELECT string_agg('word' || (random() * random() * 20000)::int, ' ')
               FROM generate_series(1, 40) WHERE r.id IS NOT NULL) || '"}}'
    FROM facts.record r
    """,
)
_WATCHED = ("record", "person", "wall", "employment", "line")
_FILLED = (*_WATCHED, "unit", "screened", "item")
_WALLS = """
    INSERT INTO facts.wall (entry, record, person, unit, ground, at, lifted)
    SELECT gen_random_uuid(), r.id, CASE WHEN r.n % 10 > 0 THEN p.ids[1 + (r.n * 7) % {staff}] END,
           CASE WHEN r.n % 10 = 0 THEN u.ids[5 + (r.n / 10) % ({units} - 5)] END,
           CASE WHEN r.n % 10 = 0 THEN 'body' ELSE 'accused' END, now(), false
    FROM (SELECT id, owner, row_number() OVER () AS n FROM facts.record) AS r,
         (SELECT array_agg(id) AS ids FROM facts.person) AS p,
         (SELECT array_agg(id) AS ids FROM facts.unit) AS u
    WHERE r.n % 50 = 0
"""


def run() -> None:
    """For each size: without walls, then with restrictions on one record in fifty."""
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "").split(",") if size]
    for size in sizes or SIZES:
        with place() as here:
            _one(here, size)


def _one(here: Place, size: int) -> None:
    office = OfficeHand.load(here.home)
    recipients = Recipients({"organisation": office.organisation})
    register = PostgresRegister(Link(here.owner_url))
    _fill(here, size)
    keys = {}
    for name, posts in (("owner", []), ("overseer", ["overseer"])):
        person = uuid4()
        register.append(
            commands.add_person(CHANCE, recipients, person=person, name=name, role=name)
        )
        register.append(commands.set_posts(CHANCE, recipients, person=person, posts=posts))
        set_credential(here.owner_url, recipients, person, "bench " + name, PASSWORD)
        key = FrontDoor(Link(office.signin_url)).sign_in("bench " + name, PASSWORD)
        assert key is not None
        keys[name] = (key, person)
    mine = _give(here, keys["owner"][1], size // STAFF)
    desk = Desk(Link(office.database_url, patience=60.0))
    free = _measure(desk, recipients, keys, mine)
    _execute(here, _WALLS)
    walled = _measure(desk, recipients, keys, mine)
    for what, milliseconds in walled.items():
        report(
            f"reading-{what}",
            milliseconds,
            "ms p95",
            limit=LIMITS.get(what, LIMIT_MS),
            ratio=round(milliseconds / LIMITS.get(what, LIMIT_MS), 3),
            without_walls=round(free[what], 2),
            size=size,
            staff=STAFF,
            units=UNITS,
            runs=40,
        )
    took = []
    for record in mine[:20]:
        took.append(_timed(lambda record=record: _wall(desk, recipients, keys["owner"], record)))
    report(
        "wall-in-effect",
        _p95(took),
        "ms p95",
        limit=LIMIT_MS,
        ratio=round(_p95(took) / LIMIT_MS, 3),
        size=size,
    )


def _measure(
    desk: Desk, recipients: Recipients, keys: dict[str, tuple[str, UUID]], mine: list[UUID]
) -> dict[str, float]:
    key, person = keys["owner"]
    over, _ = keys["overseer"]
    looks = iter(mine * 2)

    def look() -> None:
        desk.open(key, person, next(looks), CHANCE, recipients)

    rows = desk.rows(key, "SELECT reference FROM facts.record WHERE id = ANY(%s)", (mine,))
    rare = "code" + rows[0][0].split("-")[1]

    def search(sought: str) -> None:
        hits, _ = searching.search(desk, key, person, sought, 25, CHANCE, recipients)
        assert len(hits) == (25 if sought == "weir" else 1)

    return {
        "search-rare": _many(lambda: search(rare)),
        "search-common": _many(lambda: search("weir")),
        "queue": _many(lambda: desk.queue(key, 25)),
        "count": _many(lambda: desk.rows(key, _COUNT)),
        "overseen": _many(lambda: staff.overseen(desk, over, 25)),
        "look": _many(look),
    }


def _wall(desk: Desk, recipients: Recipients, who: tuple[str, UUID], record: UUID) -> None:
    key, person = who
    desk.append(
        key,
        commands.wall_person(
            CHANCE, recipients, record=record, person=person, ground=Ground.DECLARED, reason="bench"
        ),
    )
    assert not desk.rows(key, "SELECT 1 FROM facts.record WHERE id = %s", (record,))


def _many(act: Callable[[], object]) -> float:
    act()
    return _p95([_timed(act) for _ in range(40)])


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def _fill(here: Place, size: int) -> None:
    for statement in _FILL:
        _execute(here, statement, size)


def _give(here: Place, person: UUID, count: int) -> list[UUID]:
    rows = _execute(
        here,
        f"UPDATE facts.record SET owner = '{person}'"
        f" WHERE id IN (SELECT id FROM facts.record LIMIT {count}) RETURNING id",
    )
    return [row[0] for row in rows]


def _execute(here: Place, statement: str, size: int = 0) -> list[tuple[UUID]]:
    """As the tables' owner, who lifts the walls for as long as this lasts: it comes from no entry."""
    text = (
        statement.format(records=size, staff=STAFF, units=UNITS) if "{" in statement else statement
    )
    with psycopg.connect(here.owner_url) as connection:
        _walls(connection, up=False)
        cursor = connection.execute(text.encode())
        rows = cursor.fetchall() if cursor.description else []
        _walls(connection, up=True)
    return rows


def _walls(connection: psycopg.Connection[tuple[UUID]], up: bool) -> None:
    for table in _FILLED:
        schema = "words" if table in ("screened", "item") else "facts"
        force = "FORCE" if up else "NO FORCE"
        connection.execute(f"ALTER TABLE {schema}.{table} {force} ROW LEVEL SECURITY".encode())
        if table in _WATCHED:
            state = "ENABLE ALWAYS" if up else "DISABLE"
            connection.execute(f"ALTER TABLE facts.{table} {state} TRIGGER accountable".encode())
