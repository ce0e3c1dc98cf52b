"""Tries, as somebody who may not, to read and to change what is recorded: each try must fail."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping

from heed.store.catalogue import SCHEMAS
from heed.store.connection import Link, StoreRefused

SANG = "HEC01"
"""The SQLSTATE of a try that did not fail; the sentence names a table or a role, never a row."""

FORGED = ("heed.staff", "heed.person", "heed.user", "heed.me")
"""Settings by which somebody could claim to be whom they please, if any function believed them."""

# Of a large table other blocks each time, about 64: where no row may show, every row would be tried.
_READ = """
DO $$
DECLARE
    each record;
    seen boolean;
BEGIN
    IF machinery.me() IS NOT NULL THEN
        RAISE EXCEPTION 'the database takes a stranger for a member of staff' USING ERRCODE = 'HEC01';
    END IF;
    FOR each IN SELECT c.oid::regclass::text AS name,
                    least(100, 6400.0 * 8192 / greatest(pg_catalog.pg_relation_size(c.oid), 1)) AS part
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p', 'm') LOOP
        BEGIN
            EXECUTE format('SELECT EXISTS (SELECT FROM %s TABLESAMPLE SYSTEM (%s))', each.name, each.part)
                INTO seen;
        EXCEPTION WHEN insufficient_privilege THEN
            seen := false;
        END;
        IF seen THEN
            RAISE EXCEPTION 'rows of % show to a stranger', each.name USING ERRCODE = 'HEC01';
        END IF;
    END LOOP;
END $$
"""
# Each statement touches no row even where it is allowed. A table without columns is only locked.
_CHANGE = """
DO $$
DECLARE
    each record;
    way  text;
    done boolean;
BEGIN
    FOR each IN SELECT c.oid::regclass::text AS name, quote_ident(a.attname) AS first
                FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                JOIN LATERAL (SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = c.oid
                    AND attnum > 0 AND NOT attisdropped AND attgenerated = '' LIMIT 1) a ON true
                WHERE n.nspname IN ({schemas}) AND c.relkind IN ('r', 'p') LOOP
        FOREACH way IN ARRAY ARRAY['INSERT INTO %s SELECT WHERE false', 'DELETE FROM %s WHERE false',
                                   'UPDATE %s SET ' || each.first || ' = DEFAULT WHERE false'] LOOP
            BEGIN
                EXECUTE format(way, each.name);
                done := true;
            EXCEPTION WHEN insufficient_privilege THEN
                done := false;
            END;
            IF done THEN
                RAISE EXCEPTION 'the office may % %', lower(split_part(way, ' ', 1)), each.name
                    USING ERRCODE = 'HEC01';
            END IF;
        END LOOP;
    END LOOP;
END $$
"""
_BECOME = """
DO $$
DECLARE
    other text;
    done  boolean;
BEGIN
    FOR other IN SELECT rolname FROM pg_catalog.pg_roles
                 WHERE rolname <> current_user AND (rolname LIKE 'heed\\_%' OR rolsuper) LOOP
        BEGIN
            EXECUTE format('SET LOCAL ROLE %I', other);
            done := true;
        EXCEPTION WHEN insufficient_privilege THEN
            done := false;
        END;
        IF done THEN
            RAISE EXCEPTION 'the office may become %', other USING ERRCODE = 'HEC01';
        END IF;
    END LOOP;
END $$
"""


def sings(link: Link) -> list[str]:
    """Which tries did not fail: a sentence each; as `heed_office`, by its own link.

    Nothing is written. Raises StoreAway, and StoreRefused where a try could not be made.
    """
    nobody: dict[str, str] = {}
    strangers: tuple[Mapping[str, str], ...] = (
        nobody,
        {"heed.session": secrets.token_hex(32)},
        dict.fromkeys(FORGED, str(uuid.uuid4())),
    )
    tries = [(_READ, stranger) for stranger in strangers]
    tries += [(_CHANGE, nobody), (_BECOME, nobody)]
    return [sung for script, stranger in tries if (sung := _try(link, script, stranger))]


def _try(link: Link, script: str, stranger: Mapping[str, str]) -> str:
    schemas = ", ".join(f"'{name}'" for name in SCHEMAS)
    try:
        with link.transaction() as connection:
            for setting, value in stranger.items():
                connection.execute("SELECT set_config(%s, %s, true)", (setting, value))
            connection.execute(script.replace("{schemas}", schemas).encode())
    except StoreRefused as refused:
        if refused.code != SANG:
            raise
        return str(refused)
    return ""
