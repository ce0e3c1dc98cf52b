"""Rebuilds every table from the entries, beside the old ones, and swaps them in; or only compares."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from heed.register.opening import OrganisationKeys
from heed.store.connection import Row
from heed.store.fold import FACTS, WORDS, Fold, entries
from heed.store.install import statements
from heed.store.words import WordRows

_APPENDING = "LOCK TABLE register.gate IN SHARE MODE"
"""Waits for every append under way and holds off the next; the shared half stands in append()."""

_OPENING = "LOCK TABLE machinery.unopened IN SHARE MODE"
"""The same for the opener, which takes entries off this queue before it writes their words."""

_SWAPPING = 4
"""Under (4864, this) one rebuild at a time; checks share it, for a swap would empty their snapshot."""

_FEW = 200
"""Entries, so few that appends can wait while they are folded."""

_TRIES = 60
"""Half a second each, for which whoever appends waits at most (append() itself waits two)."""

_MISINDEXED = """
SELECT 'words.item', entry FROM words.item WHERE sought IS DISTINCT FROM machinery.indexed(body)
UNION ALL
SELECT 'words.file', entry FROM words.file WHERE sought IS DISTINCT FROM machinery.indexed(body)
ORDER BY 1, 2
"""

MISCOUNTED = """
SELECT u.record FROM machinery.unscreened u JOIN words.screened s ON s.record = u.record
UNION
SELECT r.id FROM facts.record r
WHERE NOT EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)
  AND NOT EXISTS (SELECT FROM machinery.unscreened u WHERE u.record = r.id)
ORDER BY 1
"""
"""Records that are hidden until they are screened, and do not need it; or need it, and are not hidden."""

_UNSCREENED = (
    "DELETE FROM machinery.unscreened",
    "INSERT INTO machinery.unscreened SELECT r.id FROM facts.record r"
    " WHERE NOT EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)",
)

Told = Callable[[int], None]


@dataclass(frozen=True)
class Difference:
    """A row that is not what the entries say: which table, which key, and how it differs."""

    table: str
    key: str
    how: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: {self.how}"


@dataclass(frozen=True)
class Comparison:
    """What a check saw: entries folded, rows compared, words not yet opened, and every difference."""

    entries: int
    rows: int
    unopened: int
    differences: tuple[Difference, ...]


def check(owner_url: str, keys: OrganisationKeys, told: Told = lambda _: None) -> Comparison:
    """Compare every live table with a fresh fold of the entries, in one snapshot; changes nothing."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock_shared(4864, %s)", (_SWAPPING,))
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL ROLE heed_rule")
        waiting = _waiting(connection)
        fold = Fold(keys, unspoken=waiting)
        for number, (row, facts) in enumerate(entries(connection), 1):
            fold.take(row, facts)
            if number % 10_000 == 0:
                told(number)
        found: list[Difference] = []
        rows = 0
        for table in FACTS:
            live = connection.execute(_all(connection, "facts", table)).fetchall()
            rows += len(live)
            found += _compare(f"facts.{table}", live, fold.facts(table))
        heads = connection.execute("SELECT FROM facts.head").rowcount
        if heads != (1 if fold.begun else 0):
            found.append(Difference("facts.head", "-", f"has {heads} rows"))
        held = fold.files.held()  # given to nobody, nor to a check
        for table in WORDS:
            live = connection.execute(_all(connection, "words", table)).fetchall()
            rows += len(live)
            shown = (row for row in fold.spoken(table) if row[0] not in held)
            found += _compare(f"words.{table}", live, shown)
        found += [
            Difference(table, str(entry), "is not indexed by its words")
            for table, entry in connection.execute(_MISINDEXED)
        ]
        found += [
            Difference("machinery.unscreened", str(record), "is not what words.screened says")
            for (record,) in connection.execute(MISCOUNTED)
        ]
        return Comparison(len(fold.seen), rows, len(waiting), tuple(found))


def rebuild(owner_url: str, keys: OrganisationKeys, told: Told = lambda _: None) -> int:
    """Fill new tables beside the live ones, then swap them by name; returns entries folded.

    What waits for the opener waits on: only the opener looks for names before the words show.

    Readers see the old tables until the swap commits, and the new ones only with their last row,
    `head`. No reader waits or is waited for: the old tables are renamed, and dropped once nobody
    is in them. Appends wait for the swap itself, not for the filling. Raises psycopg's
    LockNotAvailable where an append holds the swap up for half a minute.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(4864, %s)", (_SWAPPING,))
        for schema in ("facts_next", "words_next", "facts_old", "words_old"):
            _drop(connection, schema)
        for name in ("facts.sql", "words.sql"):
            connection.execute(_next(name))
        filling = _Filling(Fold(keys))
        last, fresh = math.inf, math.inf
        while fresh > _FEW and fresh * 2 <= last:  # as long as a round leaves far less to the next
            last = fresh
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                size, before = _size(connection), len(filling.fold.seen)
                _catch_up(connection, filling, told)
            filling = _Filling(filling.fold, size)
            fresh = len(filling.fold.seen) - before
        _patiently(connection, lambda: _swap(connection, filling))
        for schema in ("facts_old", "words_old"):
            with suppress(psycopg.errors.LockNotAvailable):  # closed already; the next run drops it
                _patiently(connection, partial(_drop, connection, schema))
    return len(filling.fold.seen)


@dataclass
class _Filling:
    """What is folded, the first leaf that may be new, and the rows not yet written for certain."""

    fold: Fold
    leaves: int = 0
    owed: set[UUID] = field(default_factory=set)
    spoken: _Spoken = field(default_factory=lambda: _Spoken())


class _Spoken:
    """The word rows by their keys, so that a few can be found without a walk through all."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[UUID, tuple[Any, ...]]] = {table: {} for table in WORDS}
        self._read = dict.fromkeys(WORDS, 0)

    def of(self, words: WordRows) -> dict[str, dict[UUID, tuple[Any, ...]]]:
        """Each table's rows, with what came since the last call; the first row of a key counts."""
        grown: dict[str, Sequence[tuple[Any, ...]]] = {
            "item": words.items,
            "person": words.people,
            "unit": words.units,
            "screened": words.screened,
            "unreadable": words.unreadable,
            "stopped": words.stopped,
            "likeness": words.likeness,
            "tie": words.ties,
            "file": words.files,
            "identity": words.identities,
        }
        for table, rows in grown.items():
            for number in range(self._read[table], len(rows)):
                self._rows[table].setdefault(rows[number][0], rows[number])
            self._read[table] = len(rows)
        return self._rows


def _patiently(connection: psycopg.Connection[Row], act: Callable[[], None]) -> None:
    """In a transaction that gives way early, before PostgreSQL would look for a deadlock."""
    for left in reversed(range(_TRIES)):
        try:
            with connection.transaction():
                connection.execute("SET LOCAL lock_timeout = '500ms'")
                act()
            return
        except psycopg.errors.LockNotAvailable:
            if not left:
                raise
            time.sleep(0.05)


def _size(connection: psycopg.Connection[Row]) -> int:
    row = connection.execute("SELECT coalesce(max(seq) + 1, 0) FROM register.leaf").fetchone()
    assert row is not None
    size: int = row[0]
    return size


def _drop(connection: psycopg.Connection[Row], schema: str) -> None:
    connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))


def _waiting(connection: psycopg.Connection[Row]) -> set[UUID]:
    """The entries whose words the opener has not brought."""
    return {row[0] for row in connection.execute("SELECT entry FROM machinery.unopened")}


def _catch_up(
    connection: psycopg.Connection[Row], filling: _Filling, told: Told = lambda _: None
) -> None:
    """Fold what the fold has not seen, and the words that came since; write the rows of both."""
    fold, first = filling.fold, not filling.fold.seen
    filling.owed |= fold.speak(_waiting(connection))
    for sealed, facts in entries(connection, filling.leaves):
        if sealed.entry not in fold.seen:
            filling.owed |= fold.take(sealed, facts)
            if len(fold.seen) % 10_000 == 0:
                told(len(fold.seen))
    if first:
        _fill(connection, fold)
        return
    owed = list(filling.owed)
    for schema, tables in (
        ("facts_next", fold.standing()),
        ("words_next", filling.spoken.of(fold.words)),
    ):
        for table, rows in tables.items():
            key = _key(connection, schema, table)
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE {} = ANY(%s)").format(
                    sql.Identifier(schema, table), sql.Identifier(key)
                ),
                (owed,),
            )
            _copy(connection, schema, table, (rows[one] for one in owed if one in rows))


def _swap(connection: psycopg.Connection[Row], filling: _Filling) -> None:
    """The last entries, the walls, the names, and `head`: all seen at once, or nothing of it."""
    connection.execute(_APPENDING)
    connection.execute(_OPENING)
    _catch_up(connection, filling)
    for name in ("facts_walls.sql", "words_walls.sql"):
        connection.execute(_next(name))
    if filling.fold.begun:
        connection.execute("SET LOCAL ROLE heed_rule")
        connection.execute("INSERT INTO facts_next.head DEFAULT VALUES")
        connection.execute("RESET ROLE")
    for name in ("facts", "words"):
        live, old = sql.Identifier(name), sql.Identifier(f"{name}_old")
        connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(live, old))
        connection.execute(
            sql.SQL("REVOKE ALL ON SCHEMA {} FROM heed_rule, heed_office, heed_opener").format(old)
        )
        connection.execute(
            sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(f"{name}_next"), live)
        )
    connection.execute("SET LOCAL ROLE heed_rule")
    for statement in _UNSCREENED:
        connection.execute(statement.encode())
    connection.execute("RESET ROLE")


def _fill(connection: psycopg.Connection[Row], fold: Fold) -> None:
    for schema, tables, rows in (
        ("facts_next", FACTS, fold.facts),
        ("words_next", WORDS, fold.spoken),
    ):
        for table in tables:
            _copy(connection, schema, table, rows(table))


def _copy(
    connection: psycopg.Connection[Row], schema: str, table: str, rows: Iterable[tuple[Any, ...]]
) -> None:
    into = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(schema, table))
    with connection.cursor() as cursor, cursor.copy(into) as copy:
        for row in rows:
            copy.write_row([list(v) if isinstance(v, tuple) else v for v in row])


def _compare(
    table: str, live: Iterable[tuple[Any, ...]], told: Iterable[tuple[Any, ...]]
) -> list[Difference]:
    standing = {row[0]: _plain(row) for row in live}
    expected = {row[0]: _plain(row) for row in told}
    found = [
        Difference(table, str(key), "is not in the entries")
        for key in standing.keys() - expected.keys()
    ]
    found += [
        Difference(table, str(key), "is missing") for key in expected.keys() - standing.keys()
    ]
    found += [
        Difference(table, str(key), "differs from the entries")
        for key in standing.keys() & expected.keys()
        if standing[key] != expected[key]
    ]
    return sorted(found, key=str)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(tuple(v) if isinstance(v, list) else v for v in row)


def _all(connection: psycopg.Connection[Row], schema: str, table: str) -> sql.Composed:
    """Every row, of the columns that are written: the database derives the others from them."""
    written = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
        (f"{schema}.{table}",),
    ).fetchall()
    columns = sql.SQL(", ").join(sql.Identifier(str(name)) for (name,) in written)
    return sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(schema, table))


def _next(name: str) -> bytes:
    return statements(name, facts="facts_next", words="words_next").encode()


def _key(connection: psycopg.Connection[Row], schema: str, table: str) -> str:
    row = connection.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1",
        (f"{schema}.{table}",),
    ).fetchone()
    assert row is not None
    return str(row[0])
