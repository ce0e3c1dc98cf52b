"""Everything that raw SQL can bring out of the database by one role's own connection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import gettempdir

import psycopg
from psycopg import sql

REFUSED = "42501"
"""insufficient_privilege"""

# PostgreSQL's own functions that read for whoever calls them, or take text as a query.
_READERS = (
    "SELECT query_to_xml('SELECT * FROM {table}', true, false, '')",
    "SELECT table_to_xml('{table}', true, false, '')",
    "SELECT ts_stat('SELECT to_tsvector(t::text) FROM {table} t')",
    "COPY {table} TO STDOUT",
    "COPY (SELECT * FROM {table}) TO STDOUT",
    "SELECT t FROM {table} t",
    "SELECT t.ctid, t.xmin FROM {table} t",
    "EXPLAIN (ANALYZE, VERBOSE) SELECT * FROM {table}",
    "CREATE TEMPORARY TABLE pg_temp.loot AS SELECT * FROM {table}",
    "CREATE TEMPORARY VIEW loot AS SELECT * FROM {table}",
    "DECLARE loot CURSOR FOR SELECT * FROM {table}",
    "PREPARE loot AS SELECT * FROM {table}",
    "LOCK TABLE {table}",
    "SELECT pg_get_viewdef('{table}'::regclass)",
    "SELECT pg_relation_filepath('{table}'), pg_read_binary_file(pg_relation_filepath('{table}'))",
    "ANALYZE {table}",
)
_ELSEWHERE = (
    "SELECT schema_to_xml('words', true, false, '')",
    "SELECT database_to_xml(true, false, '')",
    "SELECT * FROM pg_stats",
    "SELECT * FROM pg_stats_ext",
    "SELECT * FROM pg_statistic",
    "SELECT * FROM pg_stat_activity",
    "SELECT * FROM pg_stat_statements",
    "SELECT * FROM pg_prepared_statements",
    "SELECT * FROM pg_cursors",
    "SELECT * FROM pg_locks",
    "SELECT * FROM pg_shadow",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_roles",
    "SELECT * FROM pg_settings",
    "SELECT * FROM pg_file_settings",
    "SELECT * FROM pg_hba_file_rules",
    "SELECT * FROM pg_largeobject",
    "SELECT * FROM pg_replication_slots",
    "SELECT pg_ls_dir('.')",
    "SELECT pg_ls_waldir()",
    "SELECT pg_ls_logdir()",
    "SELECT pg_ls_tmpdir()",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_read_binary_file('global/pg_control')",
    "SELECT pg_stat_file('base')",
    "SELECT pg_current_logfile()",
    "SELECT lo_import('/etc/hostname')",
    "SELECT pg_create_logical_replication_slot('loot', 'test_decoding')",
    "SELECT pg_create_physical_replication_slot('loot')",
    "SELECT pg_export_snapshot()",
    "SELECT pg_backup_start('loot')",
    "SELECT pg_switch_wal()",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    f"COPY (SELECT 1) TO '{gettempdir()}/loot'",
    "CREATE EXTENSION dblink",
    "CREATE EXTENSION postgres_fdw",
    "CREATE EXTENSION file_fdw",
    "CREATE EXTENSION vector",
    "LOAD 'auto_explain'",
    "CREATE PUBLICATION loot FOR ALL TABLES",
    "CREATE SUBSCRIPTION loot CONNECTION '' PUBLICATION loot",
    "CREATE SCHEMA loot",
    "CREATE TABLE public.loot (a text)",
    "CREATE FUNCTION words.loot() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE LANGUAGE plpython3u",
    "ALTER DATABASE {database} SET search_path = pg_temp",
    "ALTER SYSTEM SET log_statement = 'all'",
    "SET session_replication_role = replica",
    "SET log_statement = 'all'",
    "SET zero_damaged_pages = on",
    "DO LANGUAGE plpgsql $$ BEGIN EXECUTE 'SELECT * FROM words.item'; END $$",
)


def tables(connection: psycopg.Connection) -> list[str]:
    """Every table and view of every schema that the catalogue names, quoted."""
    rows = connection.execute(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f', 't', 'S') AND n.nspname !~ '^pg_temp'"
        " ORDER BY 1"
    )
    return [row[0] for row in rows]


def ours(names: Iterable[str]) -> list[str]:
    """Those that are not PostgreSQL's own."""
    return [n for n in names if n.split(".")[0] not in ("pg_catalog", "information_schema")]


def loot(connection: psycopg.Connection, *, everywhere: bool = True) -> str:
    """All text that this role's own connection can bring out; `everywhere`: PostgreSQL's own too."""
    database = sql.Identifier(connection.info.dbname).as_string(connection)
    found: list[str] = []
    for name in tables(connection):
        if name in ours([name]):
            for reader in _READERS:
                found += attempt(connection, reader.format(table=name))
        elif everywhere:
            found += attempt(connection, f"SELECT t FROM {name} t")
    for statement in _ELSEWHERE if everywhere else ():
        found += attempt(connection, statement.format(database=database))
    for call in calls(connection):
        found += attempt(connection, call)
    return "\n".join(found)


def attempt(connection: psycopg.Connection, statement: str) -> list[str]:
    """What one statement gives: rows or refusal, as text; undone afterwards."""
    found: list[str] = []
    try:
        with connection.transaction(force_rollback=True), connection.cursor() as cursor:
            if statement.startswith("COPY") and "STDOUT" in statement:
                with cursor.copy(statement.encode()) as copy:
                    found += [bytes(block).decode(errors="replace") for block in copy]
            else:
                cursor.execute(statement.encode())
                if cursor.description is not None:
                    found += [_text(row) for row in cursor]
    except psycopg.Error as refused:
        about = refused.diag
        found += [
            f"{about.sqlstate} {about.message_primary} {about.message_detail} {about.context}"
        ]
    return found


def calls(connection: psycopg.Connection) -> Iterator[str]:
    """A call of every function that is not PostgreSQL's own, with nothing, and with plain values."""
    plain = {
        "uuid": "gen_random_uuid()",
        "uuid[]": "ARRAY[gen_random_uuid()]",
        "text": "'lead'",
        "text[]": "ARRAY['organisation']",
        "bytea": "sha256('guess')",
        "bytea[]": "ARRAY[sha256('guess')]",
        "jsonb": "'{}'",
        "integer": "100",
        "bigint": "0",
        "boolean": "false",
        "timestamp with time zone": "now()",
    }
    rows = connection.execute(
        "SELECT n.nspname, p.proname,"
        " ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(t, n)"
        "       ORDER BY a.n)"
        " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    for schema, name, types in rows:
        for values in (plain, {}):
            given = ", ".join(f"{values.get(kind, 'NULL')}::{kind}" for kind in types)
            yield f"SELECT * FROM {schema}.{name}({given})"


def _text(row: Iterable[object]) -> str:
    return " | ".join(
        value.hex() if isinstance(value, bytes | memoryview) else str(value) for value in row
    )
