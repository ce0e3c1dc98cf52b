"""Tries the walls and the clockwork, and says plainly what does not stand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from heed.store.configuration import Configuration, ConfigurationWrong, OpenerHand, owner_url
from heed.store.connection import Row
from heed.store.spool import Spool

_WALLS: tuple[tuple[str, str], ...] = (
    (
        "no forced row-level security on {}",
        "SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace IN"
        " ('facts'::regnamespace, 'words'::regnamespace)"
        " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    ),
    (
        "the append-only trigger is not always on for {}",
        "SELECT t FROM unnest(ARRAY['register.entry', 'register.leaf', 'register.checkpoint',"
        " 'register.wrapped_key', 'register.thread', 'register.installation']) AS t"
        " WHERE NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = t::regclass"
        " AND g.tgname = 'append_only' AND g.tgenabled = 'A')",
    ),
    (
        "a function runs as its owner without being bound to heed_rule and a fixed search path: {}",
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace IN"
        " ('register'::regnamespace, 'machinery'::regnamespace) AND p.prosecdef AND"
        " (p.proowner <> 'heed_rule'::regrole OR p.proconfig IS NULL OR"
        " NOT 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig)"
        " OR has_function_privilege('public', p.oid, 'EXECUTE'))",
    ),
    (
        "a role that should be plain is not: {}",
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'heed_%' AND (rolsuper OR rolbypassrls OR"
        " (rolcreaterole AND rolname <> 'heed_owner') OR (rolcanlogin AND rolname = 'heed_rule'))",
    ),
    (
        "somebody may change what is recorded: {}",
        "SELECT r.rolname || ' on ' || t FROM pg_roles r, unnest(ARRAY['register.entry',"
        " 'register.leaf', 'register.checkpoint']) AS t WHERE r.rolname IN ('heed_rule',"
        " 'heed_intake', 'heed_office', 'heed_opener', 'heed_sequencer', 'heed_signin')"
        " AND has_table_privilege(r.rolname, t, 'UPDATE, DELETE, TRUNCATE')",
    ),
    (
        "the setting {} is off: an acknowledged report could be lost",
        "SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit',"
        " 'full_page_writes') AND setting = 'off'",
    ),
)
_STALE: tuple[tuple[str, str], ...] = (
    (
        "{} streams hold something that this version cannot read; they are hidden",
        "SELECT count(*) FROM (SELECT stream FROM facts.stopped UNION SELECT stream FROM words.stopped) s",
    ),
    ("{} entries wait for the opener", "SELECT count(*) FROM machinery.unopened"),
    ("{} entries wait for their place in the tree", "SELECT count(*) FROM register.pending"),
)


@dataclass(frozen=True)
class Finding:
    """`level` is "ok", "note" or "wrong"."""

    level: str
    text: str


def examine(place: Path) -> list[Finding]:
    """Every finding about an installation, worst first."""
    found = list(_examine(place))
    return sorted(found, key=lambda finding: ("wrong", "note", "ok").index(finding.level))


def walls_down(connection: psycopg.Connection[Row]) -> list[str]:
    """Which walls do not stand: a sentence each, none where all stand."""
    return [
        sentence.format(row[0])
        for sentence, query in _WALLS
        for row in connection.execute(query.encode())
    ]


def _examine(place: Path) -> Iterator[Finding]:
    try:
        configuration = Configuration.load(place)
        yield Finding(
            "ok", f"The configuration in {place} is sound ({configuration.organisation})."
        )
        OpenerHand.load(place)
        url = owner_url(place)
    except ConfigurationWrong as wrong:
        yield Finding("wrong", str(wrong))
        return
    yield from _rooms(place)
    yield from _spool(place)
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            yield from _database(connection)
    except psycopg.Error as away:
        yield Finding(
            "wrong",
            f"The database does not answer ({type(away).__name__}); filings go to the spool."
            " Start it, or run `heed start`.",
        )


def _rooms(place: Path) -> Iterator[Finding]:
    owners = {(place / room).stat().st_uid for room in ("public", "opener")}
    for room in ("public", "office", "opener", "sequencer", "secrets"):
        if (place / room).stat().st_mode & 0o077:
            yield Finding("wrong", f"{place / room} is open to other users: chmod 700.")
    if len(owners) == 1:
        yield Finding(
            "note",
            "The public face and the opener run as one operating-system user: enough for a"
            " demonstration, not for real reports.",
        )
    if "HEED_DATABASE_URL" not in os.environ:
        yield Finding("note", "The embedded PostgreSQL is for evaluation; see docs/operate.md.")


def _spool(place: Path) -> Iterator[Finding]:
    depth = Spool(place / "public" / "spool").depth()
    if depth.waiting:
        yield Finding("note", f"{depth.waiting} sealed filings wait in the spool.")
    if depth.set_aside:
        yield Finding(
            "wrong",
            f"{depth.set_aside} sealed filings could not be brought onto the record and are kept"
            " aside: `heed spool --again` tries them once more.",
        )
    if depth.free <= 0:
        yield Finding("wrong", "The spool is full: new filings would be turned to the telephone.")


def _database(connection: psycopg.Connection[Row]) -> Iterator[Finding]:
    begun = connection.execute("SELECT to_regnamespace('register') IS NOT NULL").fetchone()
    if begun is None or not begun[0]:
        yield Finding("wrong", "The database is empty: run `heed init --demonstration`.")
        return
    version = connection.info.server_version // 10000
    yield Finding("ok", f"PostgreSQL {version} answers.")
    down = walls_down(connection)
    for sentence in down:
        yield Finding("wrong", sentence[0].upper() + sentence[1:] + ".")
    if not down:
        yield Finding("ok", "Every wall that can be examined stands.")
    with connection.transaction():
        connection.execute("SET LOCAL ROLE heed_rule")
        demonstration = connection.execute(
            "SELECT demonstration FROM register.installation"
        ).fetchone()
        if demonstration is None:
            yield Finding("wrong", "The record has not begun: run `heed init --demonstration`.")
        elif demonstration[0]:
            yield Finding("note", "This record is a demonstration: put no real report into it.")
        for number, (sentence, query) in enumerate(_STALE):
            row = connection.execute(query.encode()).fetchone()
            if row is not None and row[0]:
                text = sentence.format(row[0]) + "."
                yield Finding("wrong" if number == 0 else "note", text)
