"""One sweep that has 1,000 records chased, among 200,000 and 1,000,000 that wait and are not due."""

import os
import time

import psycopg

from bench.place import Place, place
from bench.report import report
from heed.loops.sweep import Sweep
from heed.register.entry import Recipients
from heed.store.configuration import SweepHand
from heed.store.connection import Link

SIZES = (200_000, 1_000_000)
DUE = 1_000
LIMIT_MS = 2_000.0

# Facts only, as entries would write them. The newest half came today, the older half was chased to the end.
_FILL = """
INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at, unseen_since, chased)
SELECT gen_random_uuid(), 'BENCH-' || n, 'online', 'no', p.id, t.at, t.at, t.at,
       CASE WHEN n % 2 = 0 THEN 7 ELSE 0 END
FROM generate_series(1, {records}) AS n, (SELECT fallback AS id FROM facts.slot LIMIT 1) AS p,
     LATERAL (SELECT now() - CASE WHEN n % 2 = 0 THEN interval '30 days' ELSE interval '0' END AS at) AS t
"""
_FALL_DUE = """
UPDATE facts.record SET chased = 5, filed_at = now() - interval '14 days'
WHERE id IN (SELECT id FROM facts.record WHERE chased = 0 AND reference LIKE 'BENCH-%' LIMIT {due})
"""


def run() -> None:
    """For each size: a sweep that finds nothing, and one that finds what just fell due."""
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "").split(",") if size]
    for size in sizes or SIZES:
        with place() as here:
            _one(here, size)


def _one(here: Place, size: int) -> None:
    hand = SweepHand.load(here.home, here.configuration.origin)
    recipients = Recipients({"organisation": hand.organisation})
    sweep = Sweep(Link(hand.database_url, patience=60.0), recipients, hand.heartbeat, hand.export)
    _as_rule(here, _FILL.format(records=size))
    sweep.step()
    idle, _ = _timed(sweep)
    _as_rule(here, _FALL_DUE.format(due=DUE))
    took, told = _timed(sweep)
    assert told == DUE
    report(
        "sweep",
        took,
        "ms",
        limit=LIMIT_MS,
        ratio=round(took / LIMIT_MS, 3),
        told=told,
        nothing_due_ms=round(idle, 2),
        size=size,
        runs=1,
    )


def _timed(sweep: Sweep) -> tuple[float, int]:
    began = time.perf_counter()
    told = sweep.step()
    return 1000 * (time.perf_counter() - began), told


def _as_rule(here: Place, statement: str) -> None:
    with psycopg.connect(here.owner_url) as connection:
        connection.execute("SET ROLE heed_rule")
        connection.execute(statement.encode())
    with psycopg.connect(here.owner_url, autocommit=True) as connection:
        connection.execute("ANALYZE")
