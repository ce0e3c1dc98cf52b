"""Whoever sends slowly, or stops half-way, holds up nobody else, and half a form is never taken."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from bench.place import answers, free_port
from tests.public.conftest import Face


def _line(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def _head(length: int, path: str = "/tell") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def _heard(line: socket.socket) -> bytes:
    """All that comes until the end of one answer."""
    answer = line.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    while len(body) < length:
        body += line.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.mark.parametrize("senders", [8, 64, 300])
def test_slow_senders_hold_up_nobody(face: Face, senders: int) -> None:
    with ExitStack() as lines:
        for _ in range(senders):
            line = lines.enter_context(_line(face.port))
            line.sendall(_head(5000) + b"form=&saw=half+a+")
        assert face.tell(saw="Told while others send slowly.").status == 200


@contextmanager
def _impatient(log: Path) -> Iterator[int]:
    """A face as `heed start` serves it, but soon impatient."""
    port = free_port()
    serving = f"serve('tests.public.short_patience:application', {port}, workers=1, patience=1.5)"
    command = ["-c", f"from heed.cli.running import serve; {serving}"]
    with log.open("wb") as out:
        served = subprocess.Popen([sys.executable, *command], stdout=out, stderr=out)
    try:
        answers(port, "/")
        yield port
    finally:
        served.terminate()
        served.wait(20)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with _impatient(tmp_path_factory.mktemp("front") / "log") as port:
        yield port


def test_a_form_comes_whole_however_it_is_cut_up(port: int) -> None:
    with _line(port) as line:
        line.sendall(_head(30) + b"0123456789")
        time.sleep(0.1)
        line.sendall(b"0123456789" * 2)
        assert _heard(line).endswith(b"30 30 0123456789")


def test_one_that_stands_still_is_told_so_and_nothing_of_it_is_taken(port: int) -> None:
    with _line(port) as line:
        line.sendall(_head(30) + b"0123456789")
        assert _heard(line).endswith(b"not whole")


def test_one_that_keeps_coming_is_heard_out_past_the_patience(port: int) -> None:
    with _line(port) as line:
        line.sendall(_head(8000))
        for _ in range(8):  # 1,000 bytes each 0.15 s: more than the slowest line that is heard out
            time.sleep(0.15)
            line.sendall(b"0123456789" * 100)
        assert _heard(line).endswith(b"8000 8000 0123456789")


def test_without_a_length_nothing_is_taken_for_the_whole(port: int) -> None:
    head = b"POST /tell HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with _line(port) as line:
        line.sendall(head + b"a\r\n0123456789\r\n0\r\n\r\n")
        assert _heard(line).endswith(b"0 0 ")


def test_too_long_a_form_is_heard_out_and_dropped(port: int) -> None:
    length = 20 * 1024 * 1024
    with _line(port) as line:
        line.sendall(_head(length))
        for _ in range(20):
            line.sendall(b"x" * (1024 * 1024))
        assert _heard(line).endswith(b"too long")


def test_large_forms_that_stand_still_leave_room_for_short_ones(port: int) -> None:
    with ExitStack() as lines:
        for _ in range(20):
            line = lines.enter_context(_line(port))
            line.sendall(_head(1024 * 1024) + b"x" * 1000)
        short = lines.enter_context(_line(port))
        short.sendall(_head(10) + b"0123456789")
        assert _heard(short).endswith(b"10 10 0123456789")
        large = lines.enter_context(_line(port))
        large.sendall(_head(300_000) + b"x" * 299_990 + b"0123456789")
        assert _heard(large).endswith(b"300000 300000 0123456789")


@pytest.mark.parametrize(
    ("sent", "heard"),
    [(b"", b""), (_head(5000)[:40], b""), (_head(5000) + b"form=&saw=half+a+", b"not whole")],
    ids=["nothing", "half a head", "half a form"],
)
def test_fifty_that_stand_still_are_let_go_and_hold_up_nobody(
    port: int, sent: bytes, heard: bytes
) -> None:
    with ExitStack() as lines:
        still = [lines.enter_context(_line(port)) for _ in range(50)]
        for line in still:
            line.sendall(sent)
        short = lines.enter_context(_line(port))
        short.sendall(_head(10) + b"0123456789")
        assert _heard(short).endswith(b"10 10 0123456789")
        assert {_to_the_end(line)[-9:] for line in still} == {heard}


def _to_the_end(line: socket.socket) -> bytes:
    """All that comes until the other side closes; raises TimeoutError where it does not."""
    heard = b""
    while part := line.recv(65536):
        heard += part
    return heard
