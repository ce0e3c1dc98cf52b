"""The private database server: started by anybody, killed, raced, and asked to betray content."""

import contextlib
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from heed.store.embedded import Embedded, EmbeddedRefused
from heed.store.server_user import server_user
from tests.servers import DEBIAN_15, binaries, missing, temporary_place, watched

ROOT_ONLY = pytest.mark.skipif(
    os.geteuid() != 0,
    reason="needs root, to act as a second user of this computer: run the tests as root too",
)
BOTH = pytest.mark.parametrize("version", [18, 15])
MARKER = "marker-7f3a91"
START = (
    "import sys; from pathlib import Path; from heed.store.embedded import Embedded;"
    "Embedded(Path(sys.argv[1])).start()"
)


@pytest.fixture
def place() -> Iterator[Path]:
    with temporary_place() as folder:
        yield folder


@pytest.fixture
def private(place: Path) -> Iterator[Embedded]:
    """Nothing is made yet; whatever is started is stopped."""
    embedded = Embedded(place)
    with watched(embedded):
        yield embedded


def programs(version: int) -> Path | None:
    if missing(version):
        pytest.skip(missing(version))
    return binaries(version)


def kill(embedded: Embedded) -> None:
    """SIGKILL to the server itself, and wait until the system has carried it out."""
    pid = embedded.server_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while embedded.server_pid() is not None:
        time.sleep(0.001)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@BOTH
def test_it_starts_twice_and_a_commit_outlives_a_kill(place: Path, version: int) -> None:
    embedded = Embedded(place, binaries=programs(version))
    with watched(embedded, binaries(version)):
        embedded.start()
        first = embedded.server_pid()
        embedded.start()
        assert embedded.server_pid() == first
        url = embedded.create_database_and_owner()
        for turn in range(3):
            with psycopg.connect(url) as connection:
                connection.execute(f"CREATE TABLE kept_{turn} ()")
            kill(embedded)
            assert not embedded.running()
            embedded.start()
            with psycopg.connect(url) as connection:
                assert connection.execute(f"SELECT count(*) FROM kept_{turn}").fetchone() == (0,)
        embedded.stop()
        assert not embedded.running()
        embedded.stop()


def test_it_outlives_its_launcher_and_another_process_stops_it(private: Embedded) -> None:
    subprocess.run([sys.executable, "-c", START, str(private.home)], check=True)
    assert private.running()
    private.stop()
    assert not private.running()


@pytest.mark.parametrize("made_before", [False, True])
def test_starts_at_once_are_one_server(private: Embedded, made_before: bool) -> None:
    if made_before:
        private.start()
        kill(private)
    command = [sys.executable, "-c", START, str(private.home)]
    starters = [subprocess.Popen(command) for _ in range(3)]
    assert [starter.wait(60) for starter in starters] == [0, 0, 0]
    assert private.running()
    assert private.log.read_text().count("ready to accept connections") == 1 + made_before


def test_a_start_during_a_recovery_waits_for_it(private: Embedded) -> None:
    url = private.create_database_and_owner()
    with psycopg.connect(url, autocommit=True) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        private.start()
    first = private.server_pid()
    until = time.monotonic() + 20
    while private.log.read_text().count("ready to accept connections") < 2:
        assert time.monotonic() < until
        time.sleep(0.05)
    private.start()
    psycopg.connect(url).close()
    assert private.server_pid() == first


def test_files_half_made_by_a_power_cut_are_made_again(private: Embedded) -> None:
    private.create()
    private.data.rename(private.data.with_name("data.new"))
    (private.data.with_name("data.new") / "PG_VERSION").unlink()
    private.start()
    assert private.running()
    assert not private.data.with_name("data.new").exists()


def test_a_number_that_another_process_has_now_does_not_stop_the_start(private: Embedded) -> None:
    private.start()
    kill(private)
    owner = server_user(private.data)
    sleeper = subprocess.Popen(
        ["sleep", "60"],
        user=owner.uid if owner.drop else None,
        cwd="/",
    )
    try:
        locks = (
            private.data / "postmaster.pid",
            private.socket_directory / f".s.PGSQL.{private.port}.lock",
        )
        for lock in locks:
            lines = lock.read_text().splitlines(keepends=True)
            lock.write_text("".join([f"{sleeper.pid}\n", *lines[1:]]))
        assert private.server_pid() is None
        private.stop()
        assert sleeper.poll() is None, "the stranger must not be stopped in the server's place"
        private.start()
        assert private.running()
    finally:
        sleeper.kill()
        sleeper.wait()


@BOTH
def test_everybody_is_asked_for_a_password(place: Path, version: int) -> None:
    embedded = Embedded(place, binaries=programs(version))
    with watched(embedded, binaries(version)):
        url = embedded.create_database_and_owner()
        for user in ("postgres", "heed_owner"):
            for password in ("", "wrong"):
                with pytest.raises(psycopg.OperationalError, match=r"password"):
                    psycopg.connect(embedded.url(user, password, "heed"))
        rules = (embedded.data / "pg_hba.conf").read_text().splitlines()
        methods = {rule.split()[-1] for rule in rules if re.match(r"(local|host)", rule)}
        assert methods == {"scram-sha-256"}
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT rolsuper, rolcreaterole, rolbypassrls, rolreplication, rolcreatedb,"
                " current_setting('data_checksums'), current_setting('synchronous_commit'),"
                " current_setting('fsync'), current_setting('server_encoding'),"
                " (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'heed')"
                " FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
        assert row == (False, True, False, False, False, "on", "on", "on", "UTF8", "heed_owner")


def test_making_the_owner_again_changes_nothing(private: Embedded) -> None:
    url = private.create_database_and_owner()
    assert private.create_database_and_owner() == url
    assert (private.home / "secrets" / "owner.url").read_text().strip() == url
    (private.home / "secrets" / "owner.url").unlink()
    renewed = private.create_database_and_owner()
    assert renewed != url
    psycopg.connect(renewed).close()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_secrets_log_and_socket_are_closed_to_others(private: Embedded) -> None:
    private.create_database_and_owner()
    secrets = list((private.home / "secrets").iterdir())
    assert {file.name for file in secrets} == {"postgres.password", "owner.url"}
    assert {mode(file) for file in (*secrets, private.log)} == {0o600}
    closed = (private.home / "secrets", private.data, private.data.parent, private.socket_directory)
    assert {mode(folder) for folder in closed} == {0o700}
    password = (private.home / "secrets" / "postgres.password").read_text().strip()
    found = subprocess.run(["grep", "-rl", password, str(private.home)], capture_output=True)
    assert found.stdout.decode().split() == [str(private.home / "secrets" / "postgres.password")]


@pytest.mark.parametrize("control", [True, False])
def test_no_network_port_is_open(place: Path, control: bool) -> None:
    with socket.socket() as finder:
        finder.bind(("127.0.0.1", 0))
        port = finder.getsockname()[1]
    removed = {} if control else {"listen_addresses": "127.0.0.1"}
    embedded = Embedded(place, port=port, settings=removed)
    with watched(embedded):
        embedded.start()
        with socket.socket() as caller:
            assert (caller.connect_ex(("127.0.0.1", port)) != 0) == control
        embedded.stop()


def provoke(embedded: Embedded, url: str) -> None:
    """Errors that each carry the marker: in DETAIL, in the message itself, in a crash's report."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (words text CHECK (length(words) < 3), n int)")
        for statement, values in (
            ("INSERT INTO t (words) VALUES (%s)", [MARKER]),
            (f"INSERT INTO t (words) VALUES ('{MARKER}')", None),
            ("INSERT INTO t (n) VALUES (%s::text::int)", [MARKER]),
            (f"SELECT '{MARKER}' FRM t", None),
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement, values)
        victim = connection.info.backend_pid

        def sleep() -> None:
            with contextlib.suppress(psycopg.Error):
                connection.execute(f"SELECT pg_sleep(60), '{MARKER}'")

        thread = threading.Thread(target=sleep)
        thread.start()
        with psycopg.connect(embedded.superuser_url(), autocommit=True) as watcher:
            asleep = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'PgSleep'"
            while not watcher.execute(asleep, [victim]).rowcount:
                time.sleep(0.01)
        os.kill(victim, signal.SIGKILL)
        thread.join()


@BOTH
@pytest.mark.parametrize("control", [True, False])
def test_the_servers_log_carries_nothing_that_was_told(
    place: Path, version: int, control: bool
) -> None:
    defaults = {
        "log_min_messages": "warning",
        "log_error_verbosity": "default",
        "log_min_error_statement": "error",
    }
    embedded = Embedded(place, binaries=programs(version), settings={} if control else defaults)
    with watched(embedded, binaries(version)):
        provoke(embedded, embedded.create_database_and_owner())
        until = time.monotonic() + 20
        while "was terminated by signal 9" not in embedded.log.read_text():
            assert time.monotonic() < until
            time.sleep(0.05)
        found = embedded.log.read_text().count(MARKER)
        assert found == 0 if control else found >= 5
        embedded.stop()
        log = embedded.log.read_text()
        assert "received immediate shutdown request" not in log, "waited for, not fallen into"
        assert log.rstrip().endswith("database system is shut down")


def long_home(place: Path) -> Path:
    home = place / ("a" * 50) / ("b" * 50)
    home.mkdir(parents=True)
    return home


def test_a_long_path_still_has_a_short_private_socket(place: Path) -> None:
    embedded = Embedded(long_home(place))
    with watched(embedded):
        embedded.start()
        assert len(str(embedded.socket_directory / ".s.PGSQL.5432")) < 100
        assert mode(embedded.socket_directory) == 0o700
        psycopg.connect(embedded.superuser_url()).close()
        embedded.stop()
    embedded.socket_directory.rmdir()


@pytest.mark.parametrize("trick", ["open to all", "link", "file"])
def test_a_squatted_socket_folder_is_refused(place: Path, trick: str) -> None:
    embedded = Embedded(long_home(place))
    squatted = embedded.socket_directory
    if trick == "open to all":
        squatted.mkdir()
        squatted.chmod(0o777)
    elif trick == "link":
        squatted.symlink_to(place)
    else:
        squatted.write_text("")
    try:
        with pytest.raises(EmbeddedRefused, match="remove it and start again"):
            embedded.start()
        assert not embedded.running()
    finally:
        squatted.rmdir() if trick == "open to all" else squatted.unlink()


@ROOT_ONLY
def test_a_socket_folder_of_another_user_is_refused(place: Path) -> None:
    embedded = Embedded(long_home(place))
    embedded.socket_directory.mkdir(mode=0o700)
    os.chown(embedded.socket_directory, 12345, 12345)
    try:
        with pytest.raises(EmbeddedRefused, match="belongs to another user"):
            embedded.start()
    finally:
        embedded.socket_directory.rmdir()


@ROOT_ONLY
def test_a_data_directory_that_the_servers_user_cannot_reach_is_refused(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    (closed / "home").mkdir()
    with pytest.raises(EmbeddedRefused, match=r"cannot reach .* HEED_HOME"):
        Embedded(closed / "home").start()
    assert mode(closed) == 0o700


def test_files_of_another_version_are_refused(private: Embedded) -> None:
    programs(15)
    private.create()
    with pytest.raises(EmbeddedRefused, match=r"made by PostgreSQL 18, and this is 15\."):
        Embedded(private.home, binaries=DEBIAN_15).start()


def test_a_database_without_its_password_is_refused(private: Embedded) -> None:
    private.create()
    (private.home / "secrets" / "postgres.password").unlink()
    with pytest.raises(EmbeddedRefused, match="from the same backup"):
        private.start()


def test_a_server_that_cannot_start_says_why(place: Path) -> None:
    embedded = Embedded(place, settings={"shared_buffers": "nonsense"})
    with pytest.raises(EmbeddedRefused, match=r"shared_buffers.*HEED_DATABASE_URL"):
        embedded.start()


@pytest.mark.parametrize("name", ["with space", 'quote"', "dollar$HOME", "a,b"])
def test_an_odd_folder_name_works_or_is_refused_in_words(place: Path, name: str) -> None:
    (place / name).mkdir()
    embedded = Embedded(place / name)
    if set(name) & set('"$'):
        with pytest.raises(EmbeddedRefused, match="name another folder"):
            embedded.start()
        return
    with watched(embedded):
        psycopg.connect(embedded.create_database_and_owner()).close()
        embedded.stop()
    embedded.socket_directory.rmdir()
