"""Setting up again leaves what works as it is, and the file it writes can be read again."""

from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest

from heed.store.begin import new_installation
from heed.store.configuration import FILE, Configuration, ConfigurationWrong
from heed.store.connection import Link
from tests.servers import Database

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)
URLS = (
    "public/database.url",
    "office/database.url",
    "office/signin.url",
    "opener/database.url",
    "sequencer/database.url",
)


def _begin(home: Path, database: Database) -> bool:
    home.mkdir(exist_ok=True)
    return new_installation(home, database.owner_url, Configuration(), demonstration=True)


def _urls(home: Path) -> dict[str, str]:
    return {name: (home / name).read_text().strip() for name in URLS}


def _lets_in(url: str) -> None:
    psycopg.connect(url, connect_timeout=5).close()


@BOTH
def test_to_set_up_again_locks_no_running_process_out(database: Database, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert _begin(home, database) is True
    before = _urls(home)
    for url in before.values():
        _lets_in(url)
    assert _begin(home, database) is False
    assert _urls(home) == before
    for url in before.values():
        _lets_in(url)


@BOTH
def test_a_role_whose_file_is_gone_or_does_not_log_in_gets_a_new_password_and_no_other(
    database: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    _begin(home, database)
    before = _urls(home)
    (home / URLS[0]).unlink()
    (home / URLS[1]).write_text(before[URLS[2]])  # of another role
    (home / URLS[3]).write_text("no url at all")
    _begin(home, database)
    after = _urls(home)
    changed = {name for name in URLS if after[name] != before[name]}
    assert changed == {URLS[0], URLS[1], URLS[3]}
    for url in after.values():
        _lets_in(url)
    link = Link(after[URLS[0]])
    assert link.rows("SELECT session_user::text") == [("heed_intake",)]
    link.close()


HOSTILE = (
    'The "Old" School',
    "back\\slash \\",
    'a"\ntelephone = "0',
    "tab\tbell\x07 nul\x00 delete\x7f",
    "line\r\nend",
    "Ysgol Gymraeg Tŷ’r Eos 🦉",
    "\\u0041 \\n '''",
    '"""',
)


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_that_is_written_is_read_again_as_it_was(name: str, tmp_path: Path) -> None:
    written = Configuration(organisation=name, next_read=name)
    (tmp_path / FILE).write_bytes(written.encode().encode())
    assert asdict(Configuration.load(tmp_path)) == asdict(written)


def test_a_name_that_is_no_text_is_refused_before_anything_is_written() -> None:
    with pytest.raises(ConfigurationWrong, match="organisation"):
        Configuration(organisation="half \ud83e").check()
