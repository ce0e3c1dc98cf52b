"""PostgreSQL servers that the tests start for themselves, and databases in them.

Each server is private, listens on no network, and is watched by a child process that stops it and
removes its files as soon as the tests end, however they end.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from heed.store.embedded import OWNER, Embedded, EmbeddedRefused

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
WITHOUT_15 = "PostgreSQL 15 is not installed: apt-get install postgresql-15"
_VERIFIERS = "SELECT rolname, rolpassword FROM pg_authid WHERE rolpassword IS NOT NULL"
_QUICK = {18: {"scram_iterations": "1"}}
"""Passwords of tests are random: weighing them slowly, which 15 always does, guards nothing."""
_CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass
class Database:
    """One database, owned by the plain role heed_owner; `urls` by role, where it was cloned."""

    server: "Server"
    name: str
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def owner_url(self) -> str:
        return _in_database(self.server.owner_url, self.name)

    @property
    def superuser_url(self) -> str:
        return self.server.embedded.superuser_url(self.name)


@dataclass
class Template:
    """A database to clone, its roles' URLs, and their password verifiers as they were then."""

    name: str
    urls: dict[str, str]
    verifiers: dict[str, str]
    rest: tuple[sql.SQL, ...] = ()
    """What a copy leaves out, to be said of `{database}`."""


@dataclass
class Server:
    """A running server; roles belong to all its databases, so use these one after another."""

    version: int
    embedded: Embedded
    owner_url: str
    templates: dict[str, Template] = field(default_factory=dict)

    @contextmanager
    def superuser(self, database: str = "postgres") -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.embedded.superuser_url(database), autocommit=True) as connection:
            yield connection


def binaries(version: int) -> Path | None:
    """Where PostgreSQL of this version is: None means the wheel's, which is 18."""
    return {18: None, 15: DEBIAN_15}[version]


def missing(version: int) -> str:
    """Why tests on this version cannot run here; empty where they can."""
    return WITHOUT_15 if version == 15 and not (DEBIAN_15 / "postgres").exists() else ""


@contextmanager
def running_server(
    version: int,
    *,
    settings: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """A server of its own; other users of this computer reach its socket, by password."""
    with temporary_place() as place:
        embedded = Embedded(
            place,
            binaries=binaries(version),
            settings=_QUICK.get(version, {}) | dict(settings or {}),
            environment=environment,
            open_to_users=True,
        )
        with watched(embedded, binaries(version)):
            yield Server(version, embedded, embedded.create_database_and_owner())


@contextmanager
def temporary_place(under: Path | None = None) -> Iterator[Path]:
    """A folder with a short path that the server's user can pass through, removed at the end.

    In memory where there is room, because making database files waits mostly for the disk; no
    test here cuts the power. Programs may not run from there: name /tmp for those.
    """
    place = Path(tempfile.mkdtemp(prefix="heed-", dir=under or _quick_ground()))
    if os.geteuid() == 0:
        place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _quick_ground() -> Path:
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize > 2 * 1024**3:
            return memory
    return Path("/tmp")


@contextmanager
def watched(embedded: Embedded, programs: Path | None = None) -> Iterator[None]:
    """See to it that this server is stopped when the block ends, or this process dies in it.

    The watchdog reads from a pipe that nobody writes to: its end is our end.
    """
    command = [sys.executable, "-m", "tests.servers", str(embedded.home), str(programs or "")]
    watchdog = subprocess.Popen(
        command, cwd=_CHECKOUT, stdin=subprocess.PIPE, start_new_session=True
    )
    assert watchdog.stdin is not None
    try:
        yield
    finally:
        watchdog.stdin.close()
        watchdog.wait(timeout=90)


def create(server: Server) -> Database:
    """A fresh, empty database."""
    name = f"heed_{uuid.uuid4().hex[:12]}"
    with server.superuser() as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(
                sql.Identifier(name), sql.Identifier(OWNER)
            )
        )
    return Database(server, name)


def drop(database: Database) -> None:
    """Remove a database and whoever is still connected to it."""
    with database.server.superuser() as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.name))
        )


def make_template(server: Server, name: str, fill: Callable[[str], Mapping[str, str]]) -> Template:
    """Fill a database once per server; `fill` gets its owner's URL and returns URLs by role."""
    if name not in server.templates:
        database = create(server)
        urls = dict(fill(database.owner_url))
        with server.superuser() as connection:
            rows = connection.execute(_VERIFIERS).fetchall()
        users = {conninfo.conninfo_to_dict(url).get("user") for url in urls.values()}
        verifiers = {role: kept for role, kept in rows if role in users and role != OWNER}
        server.templates[name] = Template(database.name, urls, verifiers)
    return server.templates[name]


def clone(server: Server, template_name: str) -> Database:
    """A copy of a template, with its grants, settings and passwords; quicker than filling one."""
    template = server.templates[template_name]
    name = f"heed_{uuid.uuid4().hex[:12]}"
    with server.superuser() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [template.name],
        )
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template.name)
            )
        )
        if not template.rest:
            template.rest = (*_grants(connection, template), *_settings(connection, template))
        now = dict(connection.execute(_VERIFIERS).fetchall())
        passwords = (  # another test may have changed them
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
            for role, verifier in template.verifiers.items()
            if now.get(role) != verifier
        )
        copied = (each.format(database=sql.Identifier(name)) for each in template.rest)
        connection.execute(sql.SQL(";").join((*copied, *passwords)))
    urls = {role: _in_database(url, name) for role, url in template.urls.items()}
    return Database(server, name, urls)


def _grants(connection: psycopg.Connection, template: Template) -> Iterator[sql.SQL]:
    """CREATE DATABASE … TEMPLATE leaves out who may connect."""
    grants = connection.execute(
        "SELECT privilege_type, CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END"
        " FROM pg_database, aclexplode(datacl) WHERE datname = %s",
        [template.name],
    ).fetchall()
    if grants:
        yield sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    for privilege, role in grants:
        to = sql.Identifier(role) if role else sql.SQL("PUBLIC")
        grant = sql.SQL("GRANT {} ON DATABASE {{database}} TO {}")
        yield sql.SQL(grant.format(sql.SQL(privilege), to).as_string(connection))


def _settings(connection: psycopg.Connection, template: Template) -> Iterator[sql.SQL]:
    """Nor does it copy settings of the database, or of a role in it."""
    rows = connection.execute(
        "SELECT CASE WHEN setrole <> 0 THEN pg_get_userbyid(setrole) END, unnest(setconfig)"
        " FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase WHERE datname = %s",
        [template.name],
    ).fetchall()
    for role, setting in rows:
        key, _, value = setting.partition("=")
        within = sql.SQL("ROLE {} IN ").format(sql.Identifier(role)) if role else sql.SQL("")
        change = sql.SQL("ALTER {}DATABASE {{database}} SET {} TO {}")
        text = change.format(within, sql.Identifier(key), sql.Literal(value)).as_string(connection)
        yield sql.SQL(text)


def _in_database(url: str, name: str) -> str:
    return conninfo.make_conninfo(url, dbname=name)


def _watch(home: str, programs: str) -> None:
    sys.stdin.read()
    place = Path(home)
    if place.is_dir():
        embedded = Embedded(place, binaries=Path(programs) if programs else None)
        try:
            embedded.stop()
        except EmbeddedRefused:  # held up by a test that is no more
            pid = embedded.server_pid()
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    _watch(sys.argv[1], sys.argv[2])
