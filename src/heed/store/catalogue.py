"""What the database's catalogue says of every wall, and what this version's own SQL makes it say."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from heed.store.connection import Row
from heed.store.install import FILES, CannotInstall, statements

SCHEMAS = ("register", "machinery", "facts", "words")
"""All that install makes lies in these; the rebuild swaps the last two by name."""

Look = Callable[[psycopg.Connection[Row]], dict[str, str]]

PATIENCE = "5s"
"""For a rebuild that is under way."""

_SWAPPING = 4
"""As in rebuild.py: a rebuild holds (4864, this), and renames the schemas that we rename too."""

# One row each for whatever decides who may see or change what: its name, and how it is made. Names,
# not numbers, so that a rebuilt schema reads as the one it replaced. Where an ACL is not set, the
# built-in one counts. A column's statistics are a wall too (facts.sql).
_LINES = """
WITH place AS (
    SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = ANY (%(schemas)s)
), relation AS (
    SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.relowner, c.relacl, c.relpersistence,
           c.relrowsecurity, c.relforcerowsecurity, c.reloptions
    FROM pg_class c JOIN place p ON p.oid = c.relnamespace
), attribute AS (
    SELECT a.*, r.name || '.' || quote_ident(a.attname) AS name
    FROM pg_attribute a JOIN relation r ON r.oid = a.attrelid
    WHERE a.attnum > 0 AND NOT a.attisdropped AND r.relkind NOT IN ('i', 'I', 'S')
), routine AS (
    SELECT f.oid, f.oid::regprocedure::text AS name, f.proowner, f.proacl, f.prokind
    FROM pg_proc f JOIN place p ON p.oid = f.pronamespace
), granted AS (
    SELECT 'schema ' || nspname AS what, coalesce(nspacl, acldefault('n', nspowner)) AS acl FROM place
    UNION ALL
    SELECT name, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char",
                                             relowner)) FROM relation
    UNION ALL SELECT name, attacl FROM attribute WHERE attacl IS NOT NULL
    UNION ALL SELECT name, coalesce(proacl, acldefault('f', proowner)) FROM routine
)
SELECT 'schema ' || nspname, 'of ' || pg_get_userbyid(nspowner) FROM place
UNION ALL
SELECT 'table ' || name, concat_ws(' ', relkind, 'of', pg_get_userbyid(relowner), relpersistence,
           'row security', relrowsecurity, relforcerowsecurity, reloptions,
           CASE WHEN relkind IN ('i', 'I') THEN pg_get_indexdef(oid) END,
           (SELECT 'under ' || string_agg(i.inhparent::regclass::text, ' ' ORDER BY i.inhseqno)
            FROM pg_inherits i WHERE i.inhrelid = relation.oid)) FROM relation
UNION ALL
SELECT 'column ' || a.name, concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull,
           'statistics', coalesce(a.attstattarget, -1), a.attidentity, a.attgenerated,
           pg_get_expr(d.adbin, d.adrelid))
FROM attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT 'constraint ' || r.name || ' ' || c.conname, concat_ws(' ', pg_get_constraintdef(c.oid),
           c.convalidated) FROM pg_constraint c JOIN relation r ON r.oid = c.conrelid
UNION ALL
SELECT 'policy ' || r.name || ' ' || p.polname, concat_ws(' ',
           CASE WHEN p.polpermissive THEN 'permits' ELSE 'restricts' END, p.polcmd, 'to',
           (SELECT string_agg(CASE one WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(one) END, ' '
                              ORDER BY pg_get_userbyid(one)) FROM unnest(p.polroles) AS one),
           'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
UNION ALL
SELECT 'trigger ' || r.name || ' ' || t.tgname, concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid))
FROM pg_trigger t JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'rule ' || r.name || ' ' || w.rulename, concat_ws(' ', w.ev_enabled, pg_get_ruledef(w.oid))
FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class
UNION ALL
SELECT 'statistics ' || s.stxnamespace::regnamespace || '.' || s.stxname, pg_get_statisticsobjdef(s.oid)
FROM pg_statistic_ext s JOIN place p ON p.oid = s.stxnamespace
UNION ALL
SELECT 'function ' || name, 'of ' || pg_get_userbyid(proowner) || ' ' || CASE WHEN prokind <> 'a' THEN
           encode(sha256(convert_to(pg_get_functiondef(oid), 'UTF8')), 'hex') ELSE 'aggregate' END
FROM routine
UNION ALL
SELECT 'grant ' || what || ' to ' || CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END,
       string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ' '
                  ORDER BY x.privilege_type)
FROM granted, aclexplode(acl) AS x GROUP BY what, x.grantee
"""


def said(connection: psycopg.Connection[Row]) -> dict[str, str]:
    """Everything that stands, by name, as this connection's transaction sees it; any role may ask."""
    # Names are written with their schemas only where no search path finds them.
    connection.execute("SELECT set_config('search_path', 'pg_catalog', true)")
    return dict(connection.execute(_LINES, {"schemas": list(SCHEMAS)}).fetchall())


def permits(connection: psycopg.Connection[Row]) -> dict[str, str]:
    """Who may append what: rows, which only the owner may read."""
    rows = connection.execute("SELECT role, kind FROM register.permit").fetchall()
    return {f"permit {role} {kind}": "" for role, kind in rows}


def as_installed(connection: psycopg.Connection[Row], look: Look = said) -> dict[str, str]:
    """What the packaged SQL makes on this server: installed beside what stands, looked at, undone.

    The connection is the owner's, in autocommit. Nobody else sees any of it or waits for it. Raises
    LockNotAvailable while a rebuild is under way.
    """
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('lock_timeout', %s, true)", (PATIENCE,))
        connection.execute("SELECT pg_advisory_xact_lock_shared(4864, %s)", (_SWAPPING,))
        for name in SCHEMAS:
            connection.execute(
                sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(
                    sql.Identifier(name), sql.Identifier(f"{name}_aside")
                )
            )
        for file in FILES:
            connection.execute(statements(file).encode())
        return look(connection)


def to_keep(owner_url: str) -> str:
    """The text of `office/walls.json`, for this version and this server.

    It stands on disk in the office's own room: whoever takes a wall down in the database has not
    that file in hand. It is made from the packaged SQL and never from what stands, so that no later
    `heed init` learns a wall that is down. Raises CannotInstall.
    """
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            return json.dumps(as_installed(connection), indent=0, sort_keys=True) + "\n"
    except psycopg.errors.LockNotAvailable:
        raise CannotInstall("A rebuild is under way: run this again when it has ended.") from None


def kept(file: Path) -> dict[str, str]:
    """What `to_keep` gave; raises OSError or ValueError."""
    read = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(read, dict) or not read:
        raise ValueError("not a list of walls")
    return {str(name): str(how) for name, how in read.items()}


def differences(stands: Mapping[str, str], should: Mapping[str, str]) -> list[tuple[str, str]]:
    """(what kind of thing, a sentence) for each that is not as it should be."""
    found = [(name, "was added") for name in stands.keys() - should.keys()]
    found += [(name, "is missing") for name in should.keys() - stands.keys()]
    found += [
        (name, "was changed")
        for name in stands.keys() & should.keys()
        if stands[name] != should[name]
    ]
    return [(name.partition(" ")[0], f"{name} {how}") for name, how in sorted(found)]
