"""What an operator types: it does what it says, says what is wrong, and its exit status is honest."""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.servers import Database

ROOT = Path(__file__).resolve().parents[2]
SHORT = str(Path(__file__).parent / "short_story")
"""A story of three things that come in, for tests that are about something else."""
BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)


@dataclass
class Operator:
    """Somebody at a shell, with a home and a database of their own."""

    home: Path
    environment: dict[str, str]

    def heed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "heed.cli.main", *arguments],
            env=self.environment,
            cwd=self.home,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def told(self, *arguments: str) -> dict[str, Any]:
        """The JSON of a command that ended well."""
        done = self.heed(*arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return said


@pytest.fixture
def operator(database: Database, tmp_path: Path) -> Operator:
    home = tmp_path / "home"
    home.mkdir()
    ports = {name: str(_free()) for name in ("HEED_PUBLIC_PORT", "HEED_OFFICE_PORT")}
    environment = os.environ | ports
    environment |= {"HEED_HOME": str(home), "HEED_DATABASE_URL": database.owner_url}
    return Operator(home, environment)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def tamper(database: Database, *statements: str) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE register.entry DISABLE TRIGGER append_only")
        for statement in statements:
            assert connection.execute(statement.encode()).rowcount > 0


@BOTH
def test_the_demonstration_files_verifies_and_repeats_without_appending(
    operator: Operator, database: Database
) -> None:
    first = operator.told("demo", "--no-serve", "--story", SHORT)
    assert [row["receipt"] for row in first["table"]] == ["verified"] * len(first["table"])
    assert len(first["table"]) >= 3
    assert len({row["owner"] for row in first["table"]}) == 2  # two turns of the duty slot
    entries = operator.told("verify")["entries"]
    second = operator.told("demo", "--no-serve", "--story", SHORT)
    assert second["table"] == first["table"]
    assert operator.told("verify")["entries"] == entries
    assert operator.told("rebuild", "--check")["differences"] == []
    assert operator.told("doctor")["ok"] is True
    _receipts_hold_for_strangers(operator.home / "demo-out", len(first["table"]))


def _receipts_hold_for_strangers(out: Path, count: int) -> None:
    """The stand-alone verifier, in an interpreter that sees nothing of ours."""
    names = {path.name for path in out.iterdir()}
    assert {"table.json", "log.vkey", "policy"} <= names
    assert (out / "log.vkey").read_text().count("\n") == 1
    assert "quorum none" in (out / "policy").read_text()
    for number in range(1, count + 1):
        stem = out / f"{number:03}"
        command = [sys.executable, "-I", str(ROOT / "heed_verify.py"), f"{stem}.tlog-proof"]
        for source in (["--key", str(out / "log.vkey")], ["--policy", str(out / "policy")]):
            done = subprocess.run(
                [*command, *source, "--words", f"{stem}.body"],
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        leaf = bytes.fromhex(stem.with_suffix(".leaf").read_text())
        assert len(leaf) == 33
        assert leaf[0] == 1
        assert stem.with_suffix(".txt").read_text().strip()
        assert json.loads(stem.with_suffix(".envelope").read_bytes())["type"] == "filed"


def test_one_changed_byte_makes_verify_fail_and_name_the_entry(
    operator: Operator, database: Database
) -> None:
    operator.told("demo", "--no-serve", "--story", SHORT)
    with psycopg.connect(database.superuser_url) as connection:
        row = connection.execute("SELECT id FROM register.entry ORDER BY header LIMIT 1").fetchone()
    assert row is not None
    tamper(
        database,
        "UPDATE register.entry SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)"
        f" WHERE id = '{row[0]}'",
    )
    done = operator.heed("verify")
    assert done.returncode == 1
    assert str(row[0]) in done.stdout
    assert "NOT whole" in done.stdout


def test_one_altered_fact_or_word_makes_the_check_fail_and_rebuild_mends_it(
    operator: Operator, database: Database
) -> None:
    operator.told("demo", "--no-serve", "--story", SHORT)
    tamper(database, "UPDATE facts.record SET danger = 'no' WHERE danger = 'unknown'")
    done = operator.heed("rebuild", "--check")
    assert done.returncode == 1
    assert "facts.record" in done.stdout
    assert operator.heed("rebuild").returncode == 0
    assert operator.told("rebuild", "--check")["differences"] == []
    tamper(
        database, "UPDATE words.item SET body = replace(body, 'girl', 'boy') WHERE body ~ 'girl'"
    )
    done = operator.heed("rebuild", "--check")
    assert done.returncode == 1
    assert "words.item" in done.stdout
    assert operator.heed("rebuild").returncode == 0
    assert operator.told("rebuild", "--check")["differences"] == []


def test_a_real_register_refuses_to_begin_and_says_why(operator: Operator) -> None:
    done = operator.heed("init")
    assert done.returncode == 2
    assert "demonstration" in done.stderr
    assert "backups" in done.stderr


def test_init_twice_changes_nothing(operator: Operator) -> None:
    assert operator.told("init", "--demonstration")["begun"] is True
    held = {path: path.read_bytes() for path in operator.home.rglob("*.key")}
    assert held
    assert operator.told("init", "--demonstration")["begun"] is False
    assert held == {path: path.read_bytes() for path in operator.home.rglob("*.key")}


def test_the_rooms_are_closed_to_other_users(operator: Operator) -> None:
    operator.told("init", "--demonstration")
    for room in ("public", "office", "opener", "sequencer", "sweep", "secrets"):
        assert (operator.home / room).stat().st_mode & 0o077 == 0
    for secret in [*operator.home.rglob("*.key"), *operator.home.rglob("*.url")]:
        assert secret.stat().st_mode & 0o077 == 0, secret


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("organisation = 3", "organisation"),
        ('colour = "blue"', "colour"),
        ('telephone = ""', "telephone"),
        ("organisation = ", "heed.toml"),
    ],
)
def test_a_wrong_configuration_is_named(operator: Operator, line: str, says: str) -> None:
    operator.told("init", "--demonstration")
    (operator.home / "heed.toml").write_text(line + "\n")
    for command in ("doctor", "start"):
        done = operator.heed(command)
        assert done.returncode != 0
        assert says in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_doctor_says_which_wall_is_down(operator: Operator, database: Database) -> None:
    operator.told("init", "--demonstration")
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE words.item NO FORCE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE register.leaf DISABLE TRIGGER append_only")
    done = operator.heed("doctor")
    assert done.returncode == 1
    assert "words.item" in done.stdout
    assert "register.leaf" in done.stdout


def test_before_init_every_command_says_what_to_do(operator: Operator) -> None:
    for command in ("start", "verify", "rebuild", "doctor"):
        done = operator.heed(command)
        assert done.returncode in (1, 2), command
        assert "heed init" in done.stdout + done.stderr, command
        assert "Traceback" not in done.stderr


def test_a_story_that_is_wrong_is_named_and_nothing_is_filed(
    operator: Operator, tmp_path: Path
) -> None:
    (tmp_path / "story.toml").write_text('title = "x"\n[[person]]\nid = "a"\n')
    done = operator.heed("demo", "--no-serve", "--story", str(tmp_path))
    assert done.returncode == 2
    assert "story.toml" in done.stderr
    done = operator.heed("demo", "--no-serve", "--story", str(tmp_path / "nowhere"))
    assert done.returncode == 2


def test_a_superuser_is_not_taken_for_an_owner(operator: Operator, database: Database) -> None:
    operator.environment["HEED_DATABASE_URL"] = database.superuser_url
    done = operator.heed("init", "--demonstration")
    assert done.returncode == 2
    assert "heed_owner" in done.stderr


def test_a_home_that_was_never_set_up_is_no_empty_record(operator: Operator) -> None:
    done = operator.heed("psql", "-A", "-c", "SELECT 1")
    assert done.returncode == 2
    assert "heed init" in done.stderr


def test_a_folder_that_cannot_be_used_is_named_in_a_sentence(
    operator: Operator, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    done = operator.heed("demo", "--no-serve", "--out", str(tmp_path / "file"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "--out" in done.stderr
    operator.environment["HEED_HOME"] = "/proc/nope"
    done = operator.heed("doctor")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "HEED_HOME" in done.stderr
