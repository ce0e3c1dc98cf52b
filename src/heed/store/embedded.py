"""Starts and stops a private PostgreSQL server for a newcomer who has none of their own.

It listens on no network, only on a socket in a closed folder, asks everybody for a password, and
writes nothing into its log that somebody told us. For evaluation and small single hosts; a real
server comes by HEED_DATABASE_URL.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import secrets
import shlex
import shutil
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import conninfo, sql

from heed.store.binaries import public_copy, version, wheel_binaries
from heed.store.home import SYSTEM_HOME, make_home, sync_directory, write_secret
from heed.store.processes import command_line, memory_is_held, process_exists
from heed.store.server_settings import SETTINGS, SETTINGS_FROM_18
from heed.store.server_user import (
    OTHERWISE,
    EmbeddedRefused,
    ServerUser,
    belongs_to_another,
    own_directory,
    server_user,
)

__all__ = ["DATABASE", "OWNER", "SUPERUSER", "Embedded", "EmbeddedRefused"]

SUPERUSER = "postgres"
OWNER = "heed_owner"
DATABASE = "heed"

_LONGEST_SOCKET_PATH = 99  # bytes; sockaddr_un holds 107 on Linux and 103 on macOS
_LARGEST_LOG = 8 * 1024 * 1024  # bytes, before it is set aside at a start
_START_SECONDS = 600  # a long recovery after a crash is a start too
_RETRY_SECONDS = 15.0  # for a killed server's children to leave
_SETTLE_SECONDS = 10.0  # for a recovery to end before a stop

# PostgreSQL 18 documentation, "Message Formats", StartupMessage: length, protocol 3.0, pairs.
_HELLO = f"user\0{SUPERUSER}\0database\0{SUPERUSER}\0\0".encode()
_HELLO = struct.pack("!ii", len(_HELLO) + 8, 196608) + _HELLO
_CANNOT_CONNECT_NOW = b"C57P03\0"  # its SQLSTATE while it starts, recovers or stops


class Embedded:
    """One private server in one data directory; any process that may write there can steer it."""

    def __init__(
        self,
        home: Path,
        *,
        binaries: Path | None = None,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        open_to_users: bool = False,
    ) -> None:
        """Nothing is made or started yet.

        `home`: the data directory. `binaries`: a folder with initdb, pg_ctl and postgres 15 or
        newer, else the wheel's. `port`: only a part of the socket's name. `settings`: added to
        SETTINGS. `environment`: of the server, which inherits none. `open_to_users`: other users
        of this computer may reach the socket, where they still need a password.
        """
        self.home = home.resolve()
        self.port = port or 5432
        self.data = self.home / "postgresql" / "data"
        self.log = self.home / "log" / "postgres.log"
        self.socket_directory = self._socket_directory()
        self._binaries = binaries
        self._settings = dict(settings or {})
        self._environment = dict(environment or {})
        self._open = open_to_users

    # -- what callers ask for ------------------------------------------------------------------

    def create(self) -> None:
        """Make the database files, once; a half-made set of an earlier try is replaced."""
        with self._alone():
            self._create()

    def start(self) -> None:
        """Make the files if need be and start the server; returns when it takes connections.

        The server outlives this process. Two callers at once are one start.
        """
        with self._alone():
            self._settle(_START_SECONDS)
            if not self.running():
                self._create()
                self._start()

    def stop(self) -> None:
        """Stop the server, whoever started it; connections are closed, commits are kept."""
        with self._alone():
            self._clear_stale_locks()
            if self.server_pid() is None:
                return
            user, binaries = self._prepare()
            self._settle(_SETTLE_SECONDS)
            for mode in ("fast", "immediate"):
                user.run(
                    [binaries / "pg_ctl", "stop", "-D", self.data, "-m", mode, "-t", "30"],
                    environment=self._environment,
                )
                if self.server_pid() is None:
                    return
        raise EmbeddedRefused(f"The server in {self.data} does not stop: see {self.log}")

    def running(self) -> bool:
        """Whether the server takes connections now."""
        record = self._pid_file()
        if len(record) < 8 or record[7].strip() != "ready":
            return False
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(5)
            try:
                probe.connect(str(self.socket_directory / f".s.PGSQL.{self.port}"))
                probe.sendall(_HELLO)  # connecting is not enough: a killed server's children
                answer = probe.recv(1024)  # hold its socket for a moment
                return bool(answer) and _CANNOT_CONNECT_NOW not in answer
            except TimeoutError:
                return self.server_pid() is not None  # busy, or held up
            except OSError:
                return False

    def server_pid(self) -> int | None:
        """The process id of the server, also while it starts or stops; None where it is gone."""
        pid = self._recorded_pid()
        if pid is None or not process_exists(pid):
            return None
        words = command_line(pid)
        return pid if words is None or os.fsencode(self.data) in words else None

    def url(self, user: str, password: str, db: str = DATABASE) -> str:
        """A connection URL for psycopg over the private socket."""
        return (
            f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@/{quote(db, safe='')}"
            f"?host={quote(str(self.socket_directory), safe='/')}&port={self.port}"
        )

    def superuser_url(self, db: str = "postgres") -> str:
        """The bootstrap superuser's URL: to make owner and database, and for tests' set-up."""
        return self.url(SUPERUSER, self._password_file.read_text().strip(), db)

    def create_database_and_owner(self) -> str:
        """Make the role that owns Heed's schemas, and its database; returns the owner's URL.

        The owner may make roles, and is no superuser. The URL is kept in secrets/owner.url
        (0600); a second call changes no password.
        """
        self.start()
        kept = self.home / "secrets" / "owner.url"
        with self._alone():
            known = kept.read_text().strip() if kept.exists() else ""
            password = str(conninfo.conninfo_to_dict(known).get("password", "")) if known else ""
            fresh = not password
            password = password or secrets.token_urlsafe(32)
            with psycopg.connect(self.superuser_url(), autocommit=True) as connection:
                _ensure_owner(connection, password, set_password=fresh)
            url = self.url(OWNER, password, DATABASE)
            if url != known:
                write_secret(kept, url + "\n")
        return url

    # -- making the files ----------------------------------------------------------------------

    @property
    def _password_file(self) -> Path:
        return self.home / "secrets" / "postgres.password"

    def _prepare(self) -> tuple[ServerUser, Path]:
        """The server's user and programs that this user can run."""
        user = server_user(self.data)
        if self._binaries is not None:
            return user, self._binaries
        binaries = wheel_binaries()
        if user.drop:
            make_home(SYSTEM_HOME)
            binaries = public_copy(binaries, SYSTEM_HOME)
        return user, binaries

    def _create(self) -> None:
        if (self.data / "PG_VERSION").exists():
            if not self._password_file.exists():
                raise EmbeddedRefused(
                    f"There is a database in {self.data}, but not its password in "
                    f"{self._password_file}: bring both back from the same backup, {OTHERWISE}"
                )
            return
        user, binaries = self._prepare()
        major, full = version(binaries, user)
        if major < 15:
            raise EmbeddedRefused(f"PostgreSQL {full} is too old: bring 15 or newer, {OTHERWISE}")
        own_directory(self.data.parent, user, 0o700)
        if user.run(["test", "-x", self.data.parent]).returncode != 0:
            raise EmbeddedRefused(
                f"The user {user.name}, who runs PostgreSQL, cannot reach {self.home}: name a "
                f"folder in HEED_HOME with nothing closed above it, {OTHERWISE}"
            )
        for folder in (self._password_file.parent, self.log.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not self._password_file.exists():
            write_secret(self._password_file, secrets.token_urlsafe(32) + "\n")
        half_made = self.data.with_name("data.new")
        if half_made.exists():
            shutil.rmtree(half_made)
        self._initdb(user, binaries, major, half_made)
        half_made.rename(self.data)
        sync_directory(self.data.parent)

    def _initdb(self, user: ServerUser, binaries: Path, major: int, place: Path) -> None:
        """The password goes through a pipe, so that no second copy of it ever rests on disk."""
        command: list[str | Path] = [binaries / "initdb", "-D", place, "-U", SUPERUSER]
        command += ["--pwfile=/dev/stdin"]
        command += ["--auth=scram-sha-256", "--data-checksums", "-T", "english"]
        command += ["--encoding=UTF8", "--locale=C.UTF-8"]
        if major >= 17:
            command += ["--locale-provider=builtin"]
        reading, writing = os.pipe()
        try:
            if user.drop:
                os.fchown(reading, user.uid, user.gid)  # /dev/stdin is opened anew, by that user
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(self._password_file.read_bytes())
            made = user.run(command, environment=self._environment, stdin=reading)
        finally:
            os.close(reading)
        if made.returncode != 0:
            reason = re.findall(r"(?:error|FATAL|PANIC): .*", made.stdout) or [made.stdout[-300:]]
            raise EmbeddedRefused(f"The database files could not be made ({reason[0].strip()}).")

    # -- starting ------------------------------------------------------------------------------

    def _start(self) -> None:
        user, binaries = self._prepare()
        major, full = version(binaries, user)
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(major):
            raise EmbeddedRefused(
                f"The files in {self.data} were made by PostgreSQL {made_by}, and this is {full}: "
                f"start with {made_by}, dump, and load into a new data directory."
            )
        own_directory(self.socket_directory, user, 0o711 if self._open else 0o700)
        options = " ".join("-c " + shlex.quote(f"{k}={v}") for k, v in self._options(major))
        command: list[str | Path] = [binaries / "pg_ctl", "start", "-D", self.data, "-s", "-w"]
        command += ["-t", str(_START_SECONDS), "-o", options]
        crashed = bool(self._pid_file())
        deadline = time.monotonic() + _RETRY_SECONDS
        while True:
            self._clear_stale_locks()
            with self._log_file() as log:
                begun = os.fstat(log).st_size
                environment = self._environment
                if user.run(command, environment=environment, output=log).returncode == 0:
                    return
            self._settle(_START_SECONDS)
            if self.running():  # it lived, and was recovering
                return
            if not crashed or time.monotonic() > deadline:
                raise EmbeddedRefused(self._why_not(begun))
            time.sleep(0.05)

    def _settle(self, patience: float) -> None:
        """Wait, `patience` seconds at most, while a server that lives takes no connections.

        It may be recovering: asked to stop in that, 18.4 was seen to hang.
        """
        deadline = time.monotonic() + patience
        while self.server_pid() is not None and not self.running():
            if time.monotonic() > deadline:
                return
            time.sleep(0.05)

    def _options(self, major: int) -> list[tuple[str, str]]:
        options = {**SETTINGS, **(SETTINGS_FROM_18 if major >= 18 else {})}
        options["port"] = str(self.port)
        options["unix_socket_directories"] = str(self.socket_directory)
        options["unix_socket_permissions"] = "0777" if self._open else "0700"
        return list({**options, **self._settings}.items())

    @contextlib.contextmanager
    def _log_file(self) -> Iterator[int]:
        """Opened by us and handed down, so that the server's user needs no right to the folder."""
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        log = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            yield log
        finally:
            os.close(log)

    def _why_not(self, begun: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begun)
            lines = log.read().decode(errors="replace").splitlines()
        fatal = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
        reason = f" ({fatal[-1]})" if fatal else ""
        return f"PostgreSQL did not start{reason}: see {self.log}, {OTHERWISE}"

    # -- locks and folders ---------------------------------------------------------------------

    def _socket_directory(self) -> Path:
        """In the data directory; where its path is too long or odd, in /tmp under a hash of it.

        Not the temporary directory of the environment, in which two callers may differ.
        """
        near = self.home / "socket"
        length = len(os.fsencode(near / f".s.PGSQL.{self.port}.lock"))
        if length <= _LONGEST_SOCKET_PATH and re.fullmatch(r"[\w./+-]+", str(near), re.ASCII):
            return near
        key = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp") / f"heed-{key}"  # noqa: S108 -- owner and mode are checked

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One process and thread at a time steers this server."""
        if not self.home.is_dir():
            raise EmbeddedRefused(f"There is no folder {self.home}: make it, {OTHERWISE}")
        if set(str(self.home)) & set("\"$`\\'\n"):  # pg_ctl hands the path to a shell
            raise EmbeddedRefused(
                f"PostgreSQL cannot live in {self.home!r}, whose name holds a quote, backslash, "
                f"dollar or line break: name another folder in HEED_HOME, {OTHERWISE}"
            )
        path = self.home / "postgresql.lock"
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except PermissionError:
            raise belongs_to_another(self.home) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _pid_file(self) -> list[str]:
        """The server's own record: pid, data, start, port, socket folder, host, memory, status."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []
        except PermissionError:
            raise belongs_to_another(self.data) from None

    def _recorded_pid(self) -> int | None:
        record = self._pid_file()
        return int(record[0]) if record and record[0].strip().isdigit() else None

    def _clear_stale_locks(self) -> None:
        """Remove the lock files of a dead server whose number another process has now.

        PostgreSQL itself clears the rest, but refuses where the number is taken, as after a
        restart of a container, or by a zombie. As it does, we look whether any process still
        holds the server's shared memory.
        """
        pid = self._recorded_pid()
        if pid is None or not process_exists(pid) or self.server_pid() is not None:
            return
        memory = "".join(self._pid_file()[6:7]).split()
        if not memory or memory_is_held(memory[-1]):
            return
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_directory / f".s.PGSQL.{self.port}.lock").unlink(missing_ok=True)


def _ensure_owner(
    connection: psycopg.Connection[tuple[object, ...]], password: str, *, set_password: bool
) -> None:
    """Only the password's SCRAM verifier is sent; the server never sees the password."""
    name = sql.Identifier(OWNER)
    made = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).rowcount
    if not made:
        connection.execute(sql.SQL("CREATE ROLE {}").format(name))
    if not made or set_password:
        verifier = connection.pgconn.encrypt_password(
            password.encode(), OWNER.encode(), b"scram-sha-256"
        )
        rights = "ALTER ROLE {} LOGIN CREATEROLE NOSUPERUSER NOCREATEDB NOBYPASSRLS PASSWORD {}"
        connection.execute(sql.SQL(rights).format(name, sql.Literal(verifier.decode())))
    if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), name)
        )
