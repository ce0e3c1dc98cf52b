"""What falls over is started again, and who stops the system stops all of it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from heed.cli import running
from heed.store.configuration import ConfigurationWrong
from heed.store.embedded import Embedded
from heed.store.processes import command_line, process_exists
from tests.copies import Scene, copied
from tests.servers import Server, temporary_place


@pytest.fixture
def started(server: Server, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """`heed start` on a server of its own, once both faces answer."""
    with copied(server, "nothing told", Scene) as scene:
        scene.world.write_home(tmp_path)
        environment = os.environ | {
            "HEED_HOME": str(tmp_path),
            "HEED_DATABASE_URL": scene.world.urls["heed_owner"],
            "HEED_PUBLIC_PORT": str(_free()),
            "HEED_OFFICE_PORT": str(_free()),
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "heed.cli.main", "start"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            assert "Public face" in process.stdout.readline()
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _below(pid: int) -> set[int]:
    """A process's children, and theirs."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return set()
    children = {int(one) for text in lists for one in text.split()}
    return children.union(*map(_below, children))


def _part(process: subprocess.Popen[str], name: str) -> int:
    """The process of that part; 0 while there is none."""
    for pid in _below(process.pid):
        words = command_line(pid) or []
        if [b"run", name.encode()] == [word for word in words if word][-2:]:
            return pid
    return 0


def _until(so: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end
        time.sleep(0.05)


def _gone(pid: int) -> bool:
    return not process_exists(pid) or command_line(pid) == []


def _stop(process: subprocess.Popen[str]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)
    return time.monotonic() - began


def test_a_part_that_is_killed_runs_again_and_a_stop_leaves_nothing_behind(
    started: subprocess.Popen[str],
) -> None:
    for part in ("opener", "public"):
        before = _part(started, part)
        workers = _below(before)
        os.kill(before, signal.SIGKILL)
        _until(lambda part=part, before=before: _part(started, part) not in (0, before))  # type: ignore[misc]
        _until(lambda workers=workers: all(map(_gone, workers)))  # type: ignore[misc]
    everything = _below(started.pid)
    assert len(everything) >= 5
    assert _stop(started) < 6
    assert started.returncode == 0
    _until(lambda: all(map(_gone, everything)))


def test_an_embedded_server_that_ends_is_started_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HEED_DATABASE_URL", raising=False)
    with temporary_place() as place:
        server = Embedded(place)
        server.start()
        try:
            _ended_and_started_again(server, capsys)
        finally:
            server.stop()


def _ended_and_started_again(server: Embedded, capsys: pytest.CaptureFixture[str]) -> None:
    parts = running.Running(server.home)
    parts._tend_database()
    assert capsys.readouterr().err == ""
    server.stop()
    parts._look_again = 0.0
    parts._tend_database()
    assert "the database ended" in capsys.readouterr().err
    assert server.running()


def test_parts_that_do_not_listen_are_ended_all_the_same(
    started: subprocess.Popen[str],
) -> None:
    everything = _below(started.pid)
    for part in ("opener", "sequencer", "drain", "sweep"):
        os.kill(_part(started, part), signal.SIGSTOP)
    assert _stop(started) < 6
    _until(lambda: all(map(_gone, everything)))


def test_what_ends_at_once_is_started_ever_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "drain.log").touch()
    monkeypatch.setattr(running, "PARTS", {"drain": running.PARTS["drain"]})
    launched: list[float] = []
    parts = running.Running(tmp_path)
    launch = parts._launch

    def counted(part: str) -> None:
        launched.append(time.monotonic())
        launch(part)  # there is no configuration: it ends with status 2

    monkeypatch.setattr(parts, "_launch", counted)
    with parts:
        end = time.monotonic() + 120
        while len(launched) < 4 and time.monotonic() < end:
            parts.tend()
            time.sleep(0.02)
    said = re.findall(r"again in ([0-9.]+) s", capsys.readouterr().err)
    pauses = [float(pause) for pause in said]
    assert pauses == sorted(set(pauses))
    assert len(pauses) == 3
    waited = [after - before for before, after in pairwise(launched)]
    assert all(each >= pause for each, pause in zip(waited, pauses, strict=False))


def test_no_part_is_given_the_owners_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEED_DATABASE_URL", "postgresql://heed_owner:secret@nowhere/heed")
    monkeypatch.setenv("PGPASSWORD", "secret")
    (tmp_path / "log").mkdir()
    whole = running.Running(tmp_path)
    whole._launch("drain")
    child = whole.children["drain"]
    try:
        held = Path(f"/proc/{child.pid}/environ").read_bytes()
    finally:
        child.kill()
        child.wait()
    assert b"HEED_HOME" in held
    assert b"secret" not in held


def test_a_port_that_is_in_use_is_named_with_its_cure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationWrong, match=f"Port {port} .*HEED_PUBLIC_PORT"):
            running._check_free(port, "public_port")
    running._check_free(port, "public_port")
