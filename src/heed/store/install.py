"""Sets up an empty database: roles, schemas, walls and grants."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from importlib.resources import files

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

ROLES = ("heed_intake", "heed_office", "heed_opener", "heed_sequencer", "heed_signin", "heed_sweep")
OWNER = "heed_owner"
CONNECTIONS = {"heed_intake": 40, "heed_office": 40, "heed_signin": 20}
"""How many a role may hold at once, so that none can take another's; of the other roles each 10.

A face holds at most one a thread, and the drain, the probes and the doctor one each.
"""
FILES = (
    "register.sql",
    "machinery.sql",
    "searching.sql",
    "facts.sql",
    "words.sql",
    "rule.sql",
    "accountable.sql",
    "settling.sql",
    "staff.sql",
    "append.sql",
    "sorting.sql",
    "doors.sql",
    "state.sql",
    "closing.sql",
    "seen.sql",
    "concerned.sql",
    "files.sql",
    "drafts.sql",
    "openings.sql",
    "matching.sql",
    "looks.sql",
    "approving.sql",
    "identity.sql",
    "remits.sql",
    "chasing.sql",
    "asked.sql",
    "trust.sql",
    "referral.sql",
    "pack.sql",
    "links.sql",
    "owed.sql",
    "lookback.sql",
    "calling.sql",
    "screening.sql",
    "facts_walls.sql",
    "words_walls.sql",
    "grants.sql",
)


class CannotInstall(Exception):
    """Why the database cannot be set up, and what to do."""


def statements(name: str, *, facts: str = "facts", words: str = "words") -> str:
    """The text of one SQL file, for the schemas of those names."""
    text = (files("heed.store") / "sql" / name).read_text(encoding="utf-8")
    return text.replace("{facts}", facts).replace("{words}", words)


def install(owner_url: str) -> dict[str, str]:
    """Create everything in the database of `owner_url`; returns each role's URL, with a new password.

    The owner is a plain role named heed_owner with CREATEROLE that owns the database. What stands
    already is kept, so that a set-up that was cut short can be run again. Raises CannotInstall with
    a sentence that says what to do.
    """
    urls = create_roles(owner_url)
    create_schemas(owner_url)
    return urls


def create_roles(owner_url: str, held: Mapping[str, str] | None = None) -> dict[str, str]:
    """The roles, and the URL of each: nothing else lets a process in.

    `held` are URLs by role that processes may be using now. One that lets its role in keeps its
    password; every other role gets a new one.
    """
    known = {role: _still_good(owner_url, role, url) for role, url in (held or {}).items()}
    with psycopg.connect(owner_url, autocommit=True) as connection:
        _check(connection)
        with connection.transaction():
            return {role: _role(connection, owner_url, role, known.get(role, "")) for role in ROLES}


def create_schemas(owner_url: str) -> bool:
    """Schemas, rules, walls and grants, all or nothing; False where they stand already."""
    with psycopg.connect(owner_url, autocommit=True) as connection, connection.transaction():
        row = connection.execute("SELECT to_regnamespace('register') IS NOT NULL").fetchone()
        if row is not None and row[0]:
            return False
        for name in FILES:
            connection.execute(statements(name).encode())
    return True


def _check(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    row = connection.execute(
        "SELECT current_user, rolsuper, rolcreaterole, current_setting('server_version_num')::int"
        " FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None
    user, superuser, creates, version = row
    if user != OWNER or superuser or not creates:
        raise CannotInstall(
            "HEED_DATABASE_URL must name a plain role: CREATE ROLE heed_owner LOGIN CREATEROLE"
            " PASSWORD '…'; CREATE DATABASE heed OWNER heed_owner;"
        )
    if not isinstance(version, int) or version < 150000:
        raise CannotInstall("PostgreSQL 15 or newer is needed.")


def _still_good(owner_url: str, role: str, url: str) -> str:
    """The password in this URL, if it lets the role into the owner's database; else nothing."""
    try:
        password = str(conninfo_to_dict(url).get("password") or "")
        if password:
            named = make_conninfo(owner_url, user=role, password=password)
            psycopg.connect(named, connect_timeout=5).close()
        return password
    except psycopg.Error:
        return ""


def _role(
    connection: psycopg.Connection[tuple[object, ...]], owner_url: str, role: str, known: str
) -> str:
    """Make the role if it is new, and give it a password unless its own is known."""
    password = known or secrets.token_urlsafe(24)
    name = sql.Identifier(role)
    if not _exists(connection, role):
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    if not _exists(connection, "heed_rule"):
        connection.execute("CREATE ROLE heed_rule NOLOGIN")
    _join_rule(connection)
    if not known:
        # The verifier, not the password, so that no log can hold what lets a process in.
        verifier = connection.pgconn.encrypt_password(
            password.encode(), role.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier.decode()))
        )
    connection.execute(sql.SQL("ALTER ROLE {} SET synchronous_commit = 'on'").format(name))
    limit = sql.Literal(CONNECTIONS.get(role, 10))
    connection.execute(sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(name, limit))
    return make_conninfo(owner_url, user=role, password=password)


def _exists(connection: psycopg.Connection[tuple[object, ...]], role: str) -> bool:
    found = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    return found is not None


def _join_rule(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """The owner may become heed_rule on purpose (rebuild, check), never by accident."""
    if connection.info.server_version >= 160000:
        connection.execute("GRANT heed_rule TO heed_owner WITH INHERIT FALSE, SET TRUE")
    else:
        connection.execute("ALTER ROLE heed_owner NOINHERIT")
        connection.execute("GRANT heed_rule TO heed_owner")
