"""Lists, searches, a look and a restriction, among 200,000 and 1,000,000 records, with and without walls."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import make_conninfo

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
from heed.store.embedded import Embedded
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor, set_credential

STAFF, UNITS = 500, 400
SIZES = (200_000, 1_000_000)
PASSWORD = "correct horse battery"
CHANCE = SystemChance()
WARM, RUNS = 12, 100
"""A server plans a statement anew five times on each connection, and psycopg prepares after five."""
LIMIT_MS = 50.0
LIMITS = {"reading-search-common": 300.0}
"""Those that differ, by what is measured."""
OVER_MS = 5.0
"""What walls may add to a request, and the record of a look to reading."""
_MINE = "SELECT id FROM facts.record WHERE owner = (SELECT machinery.me()) ORDER BY md5(id::text)"
_COUNT = "SELECT count(*) FROM facts.record WHERE owner = (SELECT machinery.me())"

# Facts only, as a rebuild would write them: these benchmarks read no entry's words but one's.
_PEOPLE = (
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
)
# One record in so many is the owner's, all over the table.
_RECORDS = (
    """
    INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at, opened_at, opened_by,
                              unseen_since, wanted, undecided)
    SELECT gen_random_uuid(), 'BENCH-' || n, 'online', (ARRAY['yes', 'no', 'unknown'])[1 + n % 3],
           CASE WHEN n % {staff} = 7 THEN '{owner}' ELSE p.ids[1 + n % {staff}] END,
           t.at, t.at, CASE WHEN n % 5 > 0 THEN t.at + interval '1 day' END, NULL,
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
    SELECT gen_random_uuid(), r.id, CASE WHEN r.n % 500 > 0 THEN p.ids[1 + (r.n / 50 * 7) % {staff}] END,
           CASE WHEN r.n % 500 = 0 THEN u.ids[5 + (r.n / 500) % ({units} - 5)] END,
           CASE WHEN r.n % 500 = 0 THEN 'body' ELSE 'accused' END, now(), false
    FROM (SELECT id, owner, row_number() OVER () AS n FROM facts.record) AS r,
         (SELECT array_agg(id) AS ids FROM facts.person) AS p,
         (SELECT array_agg(id) AS ids FROM facts.unit) AS u
    WHERE r.n % 50 = 0
"""


# The same requests without walls: no row-level security, and whoever owns a record reads it.
_NO_WALLS = (
    """
    DO $$
    DECLARE t regclass;
    BEGIN
        FOR t IN SELECT c.oid FROM pg_class c WHERE c.relrowsecurity LOOP
            EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY', t);
        END LOOP;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION machinery.my_records() RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE me uuid := machinery.me();
    BEGIN
        RETURN QUERY SELECT r.id FROM facts.record r WHERE r.owner = me;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION machinery.may_see(p_record uuid) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        RETURN true;
    END $$
    """,
    """
    CREATE OR REPLACE FUNCTION register.walled_from(p_person uuid) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
    BEGIN
    END $$
    """,
)
# A reader opens a few records in five minutes, not one every half second.
_FORGET = """
    DELETE FROM machinery.ticket WHERE look NOT IN (
        SELECT look FROM machinery.ticket ORDER BY asked_at DESC LIMIT 5)
"""


@dataclass(frozen=True)
class Side:
    """One of the two databases, and who asks there; they are copies but for the walls."""

    url: str
    desk: Desk
    recipients: Recipients
    keys: dict[str, tuple[str, UUID]]

    def requests(self, mine: list[UUID], rare: str) -> dict[str, Callable[[], object]]:
        """What is measured, by name."""
        key, person = self.keys["owner"]
        over, _ = self.keys["overseer"]
        looks = cycle(mine)

        def search(sought: str, hits: int) -> None:
            found, _ = searching.search(self.desk, key, person, sought, 25, CHANCE, self.recipients)
            assert len(found) == hits

        return {
            "search-rare": lambda: search(rare, 1),
            "search-common": lambda: search("weir", 25),
            "queue": lambda: self.desk.queue(key, 25),
            "count": lambda: self.desk.rows(key, _COUNT),
            "overseen": lambda: staff.overseen(self.desk, over, 25),
            "look": lambda: self.look(next(looks)),
        }

    def look(self, record: UUID) -> None:
        """Open a record, as its owner."""
        key, person = self.keys["owner"]
        self.desk.open(key, person, record, CHANCE, self.recipients)

    def read(self, record: UUID) -> None:
        """The same without recording it: a look came before."""
        self.desk.opened(self.keys["owner"][0], record)


def run() -> None:
    """For each size: each request with walls and without, one after the other, warm."""
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "").split(",") if size]
    for size in sizes or SIZES:
        with place() as here:
            _one(here, size)


def _one(here: Place, size: int) -> None:
    office = OfficeHand.load(here.home)
    recipients = Recipients({"organisation": office.organisation})
    keys = _people(here, office, recipients, size)
    server = Embedded(here.home)
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE open TEMPLATE heed")
    sides = []
    for name in ("heed", "open"):
        desk = Desk(Link(make_conninfo(office.database_url, dbname=name), patience=60.0))
        sides.append(Side(server.superuser_url(name), desk, recipients, keys))
    walled, free = sides
    for statement in _NO_WALLS:
        _as_superuser(free, statement)
    for side in sides:
        _as_superuser(side, "VACUUM (ANALYZE)")
    mine = [row[0] for row in walled.desk.rows(keys["owner"][0], _MINE)]
    assert len(mine) > 0.9 * size / STAFF
    of_size = {"size": size, "staff": STAFF, "units": UNITS, "own": len(mine), "runs": RUNS}
    _compare(walled, free, mine, of_size)
    _look(walled, mine, of_size)
    took = [_timed(partial(_wall, walled, record)) for record in mine[: WARM + RUNS]]
    _report("wall-in-effect", took[WARM:], of_size)


def _people(
    here: Place, office: OfficeHand, recipients: Recipients, size: int
) -> dict[str, tuple[str, UUID]]:
    """Everything that is asked about, and the keys of those who ask: an owner with a unit, and an overseer."""
    register = PostgresRegister(Link(here.owner_url))
    for statement in _PEOPLE:
        _execute(here, statement)
    unit = _execute(here, "SELECT unit FROM facts.line WHERE parent IS NOT NULL LIMIT 1")[0][0]
    keys = {}
    for name, posts in (("owner", []), ("overseer", ["overseer"])):
        person = uuid4()
        register.append(
            commands.add_person(CHANCE, recipients, person=person, name=name, role=name)
        )
        register.append(commands.employ(CHANCE, recipients, person=person, unit=unit))
        register.append(commands.set_posts(CHANCE, recipients, person=person, posts=posts))
        set_credential(here.owner_url, recipients, person, "bench " + name, PASSWORD)
        key = FrontDoor(Link(office.signin_url)).sign_in("bench " + name, PASSWORD)
        assert key is not None
        keys[name] = (key, person)
    for statement in _RECORDS:
        _execute(here, statement.replace("{owner}", str(keys["owner"][1])), size)
    _execute(here, _WALLS)
    return keys


def _compare(walled: Side, free: Side, mine: list[UUID], of_size: dict[str, int]) -> None:
    rows = walled.desk.rows(
        walled.keys["owner"][0], "SELECT reference FROM facts.record WHERE id = %s", mine[:1]
    )
    rare = "code" + rows[0][0].split("-")[1]
    ours, theirs = (side.requests(mine, rare) for side in (walled, free))
    took: dict[str, tuple[list[float], list[float]]] = {what: ([], []) for what in ours}
    for turn in range(WARM + RUNS):
        for side in (walled, free):
            _as_superuser(side, _FORGET)
        for what, (with_walls, without) in took.items():
            pair = ((ours[what], with_walls), (theirs[what], without))
            for act, times in pair if turn % 2 else reversed(pair):
                times.append(_timed(act))
    for what, (with_walls, without) in took.items():
        _report(f"reading-{what}", with_walls[WARM:], of_size, without_walls=without[WARM:])


def _look(walled: Side, mine: list[UUID], of_size: dict[str, int]) -> None:
    """A look at a record that was just looked at, and the same reading without recording it."""
    looks: list[float] = []
    reads: list[float] = []
    for turn, record in enumerate(mine[: WARM + RUNS]):
        _as_superuser(walled, _FORGET)
        walled.look(record)
        pair = ((walled.look, looks), (walled.read, reads))
        for act, times in pair if turn % 2 else reversed(pair):
            times.append(_timed(partial(act, record)))
    _report("look-recorded", looks[WARM:], of_size, unrecorded=reads[WARM:])


def _report(what: str, took: list[float], of_size: dict[str, int], **other: list[float]) -> None:
    """The p95 against its limit; of what was taken in turn with it, the median of what it takes less."""
    limit = LIMITS.get(what, LIMIT_MS)
    more: dict[str, float] = {}
    for name, times in other.items():
        over = statistics.median(a - b for a, b in zip(took, times, strict=True))
        more |= {name: round(_p95(times), 2), "over_" + name: round(over, 2)}
        more |= {"over_limit": OVER_MS, "over_ratio": round(over / OVER_MS, 3)}
    ratio = round(_p95(took) / limit, 3)
    more |= {"median": round(statistics.median(took), 2), "load": round(os.getloadavg()[0], 1)}
    report(what, _p95(took), "ms p95", limit=limit, ratio=ratio, **more, **of_size)


def _wall(side: Side, record: UUID) -> None:
    key, person = side.keys["owner"]
    side.desk.append(
        key,
        commands.wall_person(
            CHANCE,
            side.recipients,
            record=record,
            person=person,
            ground=Ground.DECLARED,
            reason="bench",
        ),
    )
    assert not side.desk.rows(key, "SELECT 1 FROM facts.record WHERE id = %s", (record,))


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def _p95(took: list[float]) -> float:
    return statistics.quantiles(took, n=20)[-1]


def _as_superuser(side: Side, statement: str) -> None:
    with psycopg.connect(side.url, autocommit=True) as connection:
        connection.execute(statement.encode())


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
