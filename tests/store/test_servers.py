"""The servers that the tests start: fresh databases, faithful copies, and nothing left behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from tests.servers import Database, Server, clone, create, drop, make_template

CHECKOUT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("server", [18, 15], indirect=True)
def test_a_fresh_database_belongs_to_a_plain_role(server: Server, database: Database) -> None:
    with psycopg.connect(database.owner_url) as connection:
        row = connection.execute(
            "SELECT current_user::text, rolsuper, current_setting('server_version_num')::int/10000"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("heed_owner", False, server.version)


@pytest.mark.parametrize("server", [18, 15], indirect=True)
def test_a_copy_has_the_templates_rows_grants_settings_and_passwords(server: Server) -> None:
    def fill(owner_url: str) -> dict[str, str]:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            name = connection.info.dbname
            connection.execute("CREATE ROLE copy_reader LOGIN PASSWORD 'first'")
            # A schema of its own: set-up takes from the owner what everybody has in `public`.
            connection.execute("CREATE SCHEMA copied")
            connection.execute("CREATE TABLE copied.t AS SELECT 7 AS n")
            connection.execute("GRANT USAGE ON SCHEMA copied TO copy_reader")
            connection.execute("GRANT SELECT ON copied.t TO copy_reader")
            connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
            connection.execute(f"GRANT CONNECT ON DATABASE {name} TO copy_reader")
            connection.execute(
                f"ALTER ROLE copy_reader IN DATABASE {name} SET work_mem TO '1234kB'"
            )
        url = conninfo.make_conninfo(owner_url, user="copy_reader", password="first")
        return {"copy_reader": url}

    make_template(server, "copied", fill)
    with server.superuser() as connection:
        connection.execute("ALTER ROLE copy_reader PASSWORD 'second'")
        connection.execute("DROP ROLE IF EXISTS copy_stranger")
        connection.execute("CREATE ROLE copy_stranger LOGIN PASSWORD 'x'")
    copies = [clone(server, "copied") for _ in range(2)]
    for copy in copies:
        with psycopg.connect(copy.urls["copy_reader"]) as connection:
            assert connection.execute("SELECT n FROM copied.t").fetchone() == (7,)
            assert connection.execute("SHOW work_mem").fetchone() == ("1234kB",)
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(
                conninfo.make_conninfo(copy.owner_url, user="copy_stranger", password="x")
            )
        drop(copy)


def test_a_database_is_dropped_under_a_connection(pg18: Server) -> None:
    fresh = create(pg18)
    with psycopg.connect(fresh.owner_url) as connection:
        drop(fresh)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


def test_a_server_is_stopped_and_removed_when_its_tests_are_killed() -> None:
    code = (
        "import time\nfrom tests.servers import running_server\n"
        "with running_server(18) as server:\n"
        "    print(server.embedded.home, server.embedded.server_pid(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    tests = subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdout=subprocess.PIPE)
    assert tests.stdout is not None
    home, pid = tests.stdout.readline().decode().split()
    tests.send_signal(signal.SIGKILL)
    tests.wait()
    until = time.monotonic() + 30
    while os.path.exists(home) or Path(f"/proc/{pid}/cmdline").exists():
        if not os.path.exists(home) and not Path(f"/proc/{pid}/cmdline").read_bytes():
            break  # gone, and not yet reaped
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_skip_fails_where_ci_is_true(tmp_path: Path) -> None:
    module = tmp_path / "test_skips.py"
    module.write_text(
        "import pytest\n"
        "def test_skipped():\n    pytest.skip('because of that')\n"
        "@pytest.mark.xfail\ndef test_known():\n    raise ValueError\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "tests.conftest"]
    command += ["-c", str(CHECKOUT / "pyproject.toml"), str(module)]
    for ci, code in (("true", 1), ("", 0)):
        done = subprocess.run(
            command,
            cwd=CHECKOUT,
            env={**os.environ, "CI": ci, "PYTEST_XDIST_WORKER": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        assert "because of that" in done.stdout
