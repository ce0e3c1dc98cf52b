"""From a fresh clone to the first page, a second start, and the memory of all processes."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from bench.place import answers, free_port
from bench.report import report

ROOT = Path(__file__).resolve().parent.parent
FIRST, SECOND, MEMORY = 60.0, 3.0, 600.0


def run() -> None:
    """Clone, `make demo` until the first page answers, stop, start again; sum proportional memory."""
    folder = Path(tempfile.mkdtemp(prefix="heed-start-"))
    folder.chmod(0o755)
    public, office = free_port(), free_port()
    environment = os.environ | {
        "HEED_HOME": str(folder / "home"),
        "HEED_PUBLIC_PORT": str(public),
        "HEED_OFFICE_PORT": str(office),
    }
    environment.pop("VIRTUAL_ENV", None)
    try:
        began = time.perf_counter()
        clone = ["git", "clone", "-q", str(ROOT), str(folder / "clone")]
        subprocess.run(clone, check=True)
        first = _until_page(["make", "-s", "demo"], folder / "clone", environment, public, began)
        report("start-first", first[0], "s", limit=FIRST, ratio=round(FIRST / first[0], 2))
        heed = str(folder / "clone" / ".venv" / "bin" / "heed")
        second = _until_page([heed, "start"], folder / "clone", environment, public, None)
        report("start-second", second[0], "s", limit=SECOND, ratio=round(SECOND / second[0], 2))
        report("start-memory", second[1], "MB", limit=MEMORY, ratio=round(MEMORY / second[1], 2))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _until_page(
    command: list[str], folder: Path, environment: dict[str, str], port: int, began: float | None
) -> tuple[float, float]:
    """Seconds to the first page, and megabytes of everything that then runs."""
    began = began or time.perf_counter()
    with tempfile.TemporaryFile() as out:
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        )
        try:
            answers(port, "/", 300)
            took = time.perf_counter() - began
            answers(int(environment["HEED_OFFICE_PORT"]), "/healthz", 60)
            time.sleep(2)
            return took, _memory(child.pid, environment["HEED_HOME"])
        finally:
            os.killpg(child.pid, signal.SIGINT)
            child.wait(timeout=60)


def _memory(leader: int, home: str) -> float:
    """Proportional set size, in MB, of the descendants and of the database that serves this home."""
    total = 0
    wanted = _family(leader, home)
    for pid in wanted:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(
            int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")
        )
    return total / 1024


def _family(leader: int, home: str) -> set[int]:
    parents: dict[int, int] = {}
    wanted = {leader}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(
                    (entry / "stat").read_text().rpartition(")")[2].split()[1]
                )
                if home in (entry / "cmdline").read_text():
                    wanted.add(int(entry.name))
            except OSError:
                continue
    grown = True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in wanted} - wanted
        wanted |= more
        grown = bool(more)
    return wanted
