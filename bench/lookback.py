"""Looking back among 200,000 records and 2,000,000 entries, and among a tenth of them."""

import os
import statistics
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg

from bench.place import Place, place
from bench.reading import _p95, _timed
from bench.report import report
from heed.access import commands
from heed.access.remits import give_remit
from heed.core.ports import SystemChance
from heed.lookback.answer import Question
from heed.lookback.rules import end_of
from heed.register.entry import Recipients
from heed.store import lookback
from heed.store.append import PostgresRegister
from heed.store.configuration import OfficeHand
from heed.store.connection import Link
from heed.store.embedded import Embedded
from heed.store.lookback import Asker
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor, set_credential

CHANCE = SystemChance()
SIZES = (20_000, 200_000)
"""Records, of ten entries each."""
OWNERS = 200
LOOKS, NOTES = 7, 2
LIMIT_MS = 1000.0
GROWTH = 1.5
"""How many times as slow ten times as many may be."""
MIDDLE = date(2005, 7, 1)
"""In the middle of what came."""
PASSWORD = "correct horse battery"
WARM, RUNS = 6, int(os.environ.get("BENCH_RUNS", "30"))

# Records over nine years; "weir" stands in every one, "alderstreet" in 25, and one word in no other. Entries,
# leaves, facts and words as append() and the opener leave them.
_ENTRY = """
    INSERT INTO register.entry (stream, version, id, header, facts, commitment, sealed)
    SELECT e.stream, e.version, e.id, convert_to(format(
        '{{"demonstration":true,"facts":"%s","id":"%s","kind":"%s","prev":{{"root":"%s","size":0}},"recorded_at":"%s",'
        '"role":"heed_office","sealed":"%s","stream":"%s","v":1,"version":%s,"wraps":{{}}}}',
        encode(sha256(convert_to(e.facts, 'UTF8')), 'hex'), e.id, e.kind, repeat('0', 64),
        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), repeat('0', 64), e.stream,
        e.version), 'UTF8'), convert_to(e.facts, 'UTF8'), sha256(convert_to(e.id::text, 'UTF8')), ''
    FROM ({rows}) AS e
"""
_FILED = """
    SELECT r.id AS stream, 1 AS version, i.entry AS id, 'filed' AS kind, r.filed_at AS at,
           format('{{"actor":null,"channel":"online","danger":"no","owner":"%s","reference":"%s","spooled_at":null,"v":1}}',
                  r.owner, r.reference) AS facts
    FROM facts.record r JOIN facts.item i ON i.record = r.id AND i.kind = 'filed'
"""
_NOTED = """
    SELECT i.record AS stream, i.version, i.entry AS id, 'noted' AS kind, i.at,
           format('{{"about":null,"actor":"%s","v":1}}', i.actor) AS facts
    FROM facts.item i WHERE i.kind = 'noted'
"""
_LOOKED = """
    SELECT k.person AS stream, (1000 + row_number() OVER ())::int AS version, k.entry AS id,
           'looked' AS kind, k.at,
           format('{{"early":[],"purpose":"own queue","records":["%s"],"v":1}}', k.records[1]) AS facts
    FROM facts.look k
"""
_FILL = (
    """
    INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at, opened_at, opened_by)
    SELECT gen_random_uuid(), 'BENCH-' || n, 'online', 'no', p.ids[1 + n % {owners}], t.at, t.at,
           t.at + interval '1 day', p.ids[1 + n % {owners}]
    FROM generate_series(1, {records}) AS n,
         (SELECT array_agg(id) AS ids FROM facts.person WHERE role = 'bench owner') AS p,
         LATERAL (SELECT timestamptz '2001-01-01Z' + n * interval '9 years' / {records} AS at) AS t
    """,
    "INSERT INTO words.screened SELECT id FROM facts.record ON CONFLICT DO NOTHING",
    """
    INSERT INTO facts.item (entry, record, version, kind, at, actor)
    SELECT gen_random_uuid(), r.id, v, CASE v WHEN 1 THEN 'filed' ELSE 'noted' END,
           r.filed_at + (v - 1) * interval '1 hour', CASE WHEN v > 1 THEN r.owner END
    FROM facts.record r, generate_series(1, 1 + {notes}) AS v
    """,
    """
    INSERT INTO facts.look (entry, person, records, purpose, at)
    SELECT gen_random_uuid(), r.owner, ARRAY[r.id], 'own queue', r.filed_at + n * interval '3 hours'
    FROM facts.record r, generate_series(1, {looks}) AS n
    """,
    """
    INSERT INTO words.item (entry, stream, version, kind, body)
    SELECT i.entry, i.record, i.version, i.kind, '{{"told":"at the weir'
           || CASE WHEN i.kind = 'filed' THEN ' code' || split_part(r.reference, '-', 2) ELSE '' END
           || CASE WHEN substr(r.reference, 7)::int % ({records} / 25) = 3 THEN ' alderstreet' ELSE '' END
           || ' ' || (SELECT string_agg('word' || (random() * random() * 20000)::int, ' ')
               FROM generate_series(1, CASE i.kind WHEN 'filed' THEN 40 ELSE 5 END)
               WHERE r.id IS NOT NULL) || '"}}'
    FROM facts.item i JOIN facts.record r ON r.id = i.record
    """,
    *(_ENTRY.replace("{rows}", rows) for rows in (_FILED, _NOTED, _LOOKED)),
    """
    INSERT INTO register.leaf (seq, entry, data)
    SELECT 1000000000 + row_number() OVER (ORDER BY o.at), o.entry, decode(repeat('01', 33), 'hex')
    FROM (SELECT i.at, i.entry FROM facts.item i WHERE i.kind IN ('filed', 'noted')
          UNION ALL SELECT k.at, k.entry FROM facts.look k) AS o JOIN register.entry e ON e.id = o.entry
    ON CONFLICT DO NOTHING
    """,
)


def run() -> None:
    """For each size: rare and common words and one person, by whoever reads all and by one owner."""
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "").split(",") if size]
    smaller: dict[str, float] = {}
    for size in sizes or SIZES:
        with place() as here:
            took = _one(here, size)
        for what, times in took.items():
            value = _p95(times)
            growth = round(value / smaller[what], 2) if what in smaller else None
            more = {"limit": LIMIT_MS, "ratio": round(value / LIMIT_MS, 3), "growth": growth}
            more |= {"growth_limit": GROWTH, "median": round(statistics.median(times), 1)}
            more |= {
                "size": size,
                "entries": 10 * size,
                "runs": RUNS,
                "load": round(os.getloadavg()[0], 1),
            }
            report(f"lookback-{what}", value, "ms p95", **more)
        smaller = {what: _p95(times) for what, times in took.items()}


def _one(here: Place, size: int) -> dict[str, list[float]]:
    office = OfficeHand.load(here.home)
    recipients = Recipients({"organisation": office.organisation})
    people = _people(here, recipients)
    with psycopg.connect(here.owner_url) as connection:
        _lifted(connection, "NO FORCE", "DISABLE")
        for statement in _FILL:
            text = statement.format(owners=OWNERS, looks=LOOKS, notes=NOTES, records=size)
            connection.execute(text.encode())
        _lifted(connection, "FORCE", "ENABLE ALWAYS")
    with psycopg.connect(Embedded(here.home).superuser_url("heed"), autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    desk = Desk(Link(office.database_url, patience=120.0))
    asking = {}
    for name in ("reviewer", "overseer", "owner"):
        set_credential(here.owner_url, recipients, people[name], "bench " + name, PASSWORD)
        key = FrontDoor(Link(office.signin_url)).sign_in("bench " + name, PASSWORD)
        assert key is not None
        asking[name] = Asker(key, people[name], CHANCE, recipients)
    took: dict[str, list[float]] = {}
    for turn in range(WARM + RUNS):
        for what, act in _questions(desk, asking, people["owner"], size).items():
            spent = _timed(act)
            if turn >= WARM:
                took.setdefault(what, []).append(spent)
    return took


def _lifted(connection: psycopg.Connection[Any], force: str, trigger: str) -> None:
    """As the tables' owner, whom the walls stop otherwise: what is filled in comes from no real entry."""
    for table in (
        "facts.record",
        "facts.item",
        "facts.look",
        "facts.person",
        "words.item",
        "words.screened",
    ):
        connection.execute(f"ALTER TABLE {table} {force} ROW LEVEL SECURITY".encode())
    connection.execute(f"ALTER TABLE facts.record {trigger} TRIGGER accountable".encode())


def _questions(
    desk: Desk, asking: dict[str, Asker], owner: UUID, size: int
) -> dict[str, Callable[[], None]]:
    by = end_of(MIDDLE)

    def about(who: str, words: str, least: int) -> None:
        page = lookback.received(desk, asking[who], Question(MIDDLE, by, words))
        assert len(page.answer.certain) >= least, (who, words, len(page.answer.certain))

    def shown() -> None:
        page = lookback.known(desk, asking["overseer"], Question(MIDDLE, by), [owner])
        assert len(page.answer.known) >= 25

    return {
        "one": lambda: about("reviewer", f"code{size // 3}", 1),
        "some": lambda: about("reviewer", "alderstreet", 8),
        "common": lambda: about("reviewer", "weir", 25),
        "owner": lambda: about("owner", "weir", 25),
        "person": shown,
    }


def _people(here: Place, recipients: Recipients) -> dict[str, UUID]:
    """Owners in one unit, a reviewer who reads all of it by remit, and an overseer."""
    register = PostgresRegister(Link(here.owner_url))
    unit, found = uuid4(), {}
    register.append(commands.add_unit(CHANCE, recipients, unit=unit, name="Bench", parent=None))
    names = [f"owner {number}" for number in range(OWNERS)] + ["reviewer", "overseer"]
    for name in names:
        role = "bench owner" if name.startswith("owner") else "bench other"
        found[name] = uuid4()
        register.append(
            commands.add_person(CHANCE, recipients, person=found[name], name=name, role=role)
        )
        register.append(commands.employ(CHANCE, recipients, person=found[name], unit=unit))
    posts = commands.set_posts(CHANCE, recipients, person=found["overseer"], posts=["overseer"])
    register.append(posts)
    register.append(give_remit(CHANCE, recipients, person=found["reviewer"], unit=unit))
    return found | {"unit": unit, "owner": found["owner 7"]}
