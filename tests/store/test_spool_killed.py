"""Many threads and processes at one spool, killed as they write: nothing acknowledged is lost."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from heed.store.space import FIRST
from heed.store.spool import Spool, SpoolFull
from tests.spooled import (
    AT,
    aside,
    drain,
    fill,
    ids,
    made,
    sealed,
)

WRITER = """
import sys, os
from pathlib import Path
from datetime import datetime, UTC
from heed.store.spool import Spool, SpoolFull
from tests.spooled import sealed
spool = Spool(Path(sys.argv[1]))
out = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
for _ in range(int(sys.argv[3])):
    entry = sealed(int(sys.argv[4]))
    try:
        spool.put(entry, datetime.now(UTC))
    except SpoolFull:
        break
    os.write(out, f"{entry.id}\\n".encode())
"""


def writer(spool: Spool, said: Path, count: int, size: int = 400) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(spool.folder), str(said), str(count), str(size)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2])


def acknowledged(said: Path) -> list[UUID]:
    lines = said.read_text().split("\n")[:-1] if said.exists() else []
    return [UUID(line) for line in lines]


def in_threads(count: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_threads_and_processes_at_once_lose_nothing_and_keep_each_one_in_order(
    tmp_path: Path,
) -> None:
    spool = made(tmp_path, 4 << 20)
    said = [tmp_path / f"said-{number}" for number in range(2)]
    writers = [writer(spool, path, 60) for path in said]
    mine: list[list[UUID]] = []

    def put_some() -> None:
        mine.append([fill(spool, 1)[0].id for _ in range(30)])

    in_threads(4, put_some)
    for process in writers:
        assert process.wait(60) == 0
    waiting = ids(Spool(spool.folder))
    sources = [*mine, *map(acknowledged, said)]
    assert sorted(waiting) == sorted(known for source in sources for known in source)
    for source in sources:
        assert [known for known in waiting if known in set(source)] == source


def test_draining_beside_putting_takes_each_exactly_once(tmp_path: Path) -> None:
    spool = made(tmp_path, 96 * 1024)  # small: the space is used again many times
    said, taken, stop = tmp_path / "said", [], threading.Event()
    drainer = Spool(spool.folder)

    def take() -> None:
        while not stop.is_set() or drainer.depth().waiting:
            taken.extend(drain(drainer))

    thread = threading.Thread(target=take)
    thread.start()
    process = writer(spool, said, 150)
    mine: list[UUID] = []
    for _ in range(150):
        entry = sealed(400)
        try:
            spool.put(entry, AT)
        except SpoolFull:
            continue
        mine.append(entry.id)
    assert process.wait(60) == 0
    stop.set()
    thread.join(60)
    assert sorted(taken) == sorted(mine + acknowledged(said))
    assert spool.depth().free == 96 * 1024 - FIRST


def test_a_writer_killed_again_and_again_loses_nothing_that_was_acknowledged(
    tmp_path: Path,
) -> None:
    spool = made(tmp_path, 8 << 20)
    chance = random.Random(4864)
    said = tmp_path / "said"
    for _ in range(8):
        before = len(acknowledged(said))
        process = writer(spool, said, 10_000, 20_000)
        while len(acknowledged(said)) <= before and process.poll() is None:
            threading.Event().wait(0.005)
        threading.Event().wait(chance.random() * 0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    waiting = ids(Spool(spool.folder))
    told = acknowledged(said)
    assert len(told) >= 8
    assert len(waiting) == len(set(waiting))
    assert [known for known in waiting if known in set(told)] == told
    # At most the put in hand at each kill was whole without having been acknowledged.
    assert len(waiting) - len(told) <= 8
    assert aside(spool) == []


def test_a_drainer_killed_again_and_again_skips_nothing(tmp_path: Path) -> None:
    spool = made(tmp_path, 1 << 20)
    entries = fill(spool, 120)
    said, source = (
        tmp_path / "taken",
        (
            "import sys, os\n"
            "from pathlib import Path\n"
            "from heed.store.spool import Spool\n"
            "spool = Spool(Path(sys.argv[1]))\n"
            "out = os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
            "for position, entry in spool.waiting():\n"
            "    os.write(out, f'{entry.id}\\n'.encode())\n"
            "    spool.drained(position)\n"
        ),
    )
    for _ in range(4):
        before = len(acknowledged(said))
        process = subprocess.Popen([sys.executable, "-c", source, str(spool.folder), str(said)])
        while len(acknowledged(said)) < min(before + 10, 120) and process.poll() is None:
            threading.Event().wait(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    taken = acknowledged(said) + drain(Spool(spool.folder))
    assert list(dict.fromkeys(taken)) == [entry.id for entry in entries]
    assert len(taken) - 120 <= 4  # one kill can repeat one, and the register records it once


ON_A_FULL_DISK = """
import os, sys
from pathlib import Path
from tests.spooled import AT, drain, fill, ids, made
spool = made(Path(sys.argv[1]), 256 * 1024)
entries = fill(spool, 3)
with open(sys.argv[1] + "/everything-else", "wb", buffering=0) as other:
    try:
        while True:
            other.write(bytes(4096))
    except OSError:
        pass
assert os.statvfs(sys.argv[1]).f_bavail == 0
for _ in range(5):
    entries += fill(spool, 10)
    assert ids(spool) == [entry.id for entry in entries]
    assert drain(spool) == [entry.id for entry in entries]
    entries = []
print("kept")
"""


def test_on_a_full_disk_the_spool_keeps_drains_and_is_used_again(tmp_path: Path) -> None:
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    script = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" -c "$3" "$1"'
    command = ["unshare", *as_root, "--mount", "sh", "-c", script, "sh"]
    done = subprocess.run(
        [*command, str(tmp_path), sys.executable, ON_A_FULL_DISK],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "kept\n", done.stderr
