"""Runs the two faces and the loops, each as a process of its own, and starts again what falls over."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heed.cli.setting_up import database
from heed.pages.front import PATIENCE
from heed.store.configuration import (
    Configuration,
    ConfigurationWrong,
    OpenerHand,
    PublicHand,
    SequencerHand,
    SweepHand,
)
from heed.store.connection import Link
from heed.store.embedded import Embedded, EmbeddedRefused
from heed.store.exported import CONTRADICTED
from heed.store.home import home

READY_SECONDS = 60.0
HEAD_START_SECONDS = 3.0
OPENING_WAITS = 5
"""How much the opener gives way (nice(2)): where the machine is full, receiving comes before reading."""
GRACE_SECONDS = 4.0
"""For all parts together to end by themselves."""

STEADY_SECONDS = 60.0
"""What ran so long is started again at once."""

SLOWEST_SECONDS = 30.0

DATABASE_SECONDS = 3.0
"""Between two looks whether the embedded server stands."""


def start(given: argparse.Namespace) -> dict[str, Any]:
    """Start everything and stay until told to stop."""
    place = home()
    configuration = Configuration.load(place)
    stop = _stopping()  # from here on: whoever stops a start half-way leaves nothing running
    with database(place), Running(place, stop) as running:
        running.wait_until_ready()
        if not stop.is_set():
            for line in addresses(configuration):
                print(line, flush=True)
        running.stay()
    return {"ok": True, "lines": ["Stopped."]}


def addresses(configuration: Configuration) -> list[str]:
    """Where the faces are."""
    return [
        f"Public face  http://127.0.0.1:{configuration.public_port}/",
        f"Office face  http://127.0.0.1:{configuration.office_port}/",
        "Both listen on this machine only and run as one operating-system user. Stop with Ctrl-C.",
    ]


@dataclass
class Running:
    """The parts as child processes; they end with this process, however it ends.

    `later`: parts that wait for `start_the_rest()`.
    """

    place: Path
    stop: threading.Event = field(default_factory=threading.Event)
    later: frozenset[str] = frozenset()
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _failures: dict[str, int] = field(default_factory=dict)
    _launched: dict[str, float] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _look_again: float = 0.0

    def __enter__(self) -> Running:
        if "public" in PARTS:
            self._receive_first()
        for part in PARTS:
            if part not in self.children and part not in self.later:
                self._launch(part)
        return self

    def start_the_rest(self) -> None:
        """The parts that were to begin later."""
        for part in PARTS:
            if part not in self.children:
                self._launch(part)

    def _receive_first(self) -> None:
        """People who tell come first: the other parts start when this face answers, or soon after."""
        configuration = Configuration.load(self.place)
        for name in ("public_port", "office_port"):
            _check_free(getattr(configuration, name), name)
        self._launch("public")
        ends = time.monotonic() + HEAD_START_SECONDS
        address = f"http://127.0.0.1:{configuration.public_port}/healthz"
        while time.monotonic() < ends and not self.stop.is_set() and not _answers(address):
            time.sleep(0.02)

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            child.terminate()
        ends = time.monotonic() + GRACE_SECONDS
        for child in self.children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=max(0.0, ends - time.monotonic()))
            _end_group(child)
            child.wait()

    def wait_until_ready(self) -> None:
        """Until both faces answer; raises TimeoutError with the part's log to read.

        Whether one is *ready* is another question: nothing that the office lacks may stop intake.
        """
        configuration = Configuration.load(self.place)
        ends = time.monotonic() + READY_SECONDS
        for name, port in (
            ("public", configuration.public_port),
            ("office", configuration.office_port),
        ):
            while not self.stop.is_set() and not _answers(f"http://127.0.0.1:{port}/healthz"):
                self.tend()
                if time.monotonic() > ends:
                    log = self.place / "log" / f"{name}.log"
                    raise TimeoutError(f"the {name} face does not answer; its log is {log}")
                time.sleep(0.05)

    def stay(self) -> None:
        """Until SIGINT or SIGTERM; what falls over is started again, ever more slowly."""
        _stopping(self.stop)
        while not self.stop.wait(0.2):
            self.tend()
            self._tend_database()

    def _tend_database(self) -> None:
        """Start the embedded server again where it ended; meanwhile reports go to the sealed spool."""
        if os.environ.get("HEED_DATABASE_URL") or time.monotonic() < self._look_again:
            return
        self._look_again = time.monotonic() + DATABASE_SECONDS
        server = Embedded(self.place)
        if server.running():
            return
        print("heed: the database ended; starting it again", file=sys.stderr, flush=True)
        try:
            server.start()
        except EmbeddedRefused as refused:
            print(f"heed: {refused}", file=sys.stderr, flush=True)

    def tend(self) -> None:
        """Start again what has ended, each part when its turn has come; waits for nothing."""
        now = time.monotonic()
        for part, child in list(self.children.items()):
            if child.poll() is None:
                continue
            if part not in self._due:
                _end_group(child)  # its workers may hold the port
                lasted = now - self._launched[part]
                failures = 1 if lasted > STEADY_SECONDS else self._failures.get(part, 0) + 1
                self._failures[part] = failures
                pause = min(0.2 * 2 ** min(failures - 1, 10), SLOWEST_SECONDS)
                self._due[part] = now + pause
                print(
                    f"heed: {part} ended with status {child.returncode};"
                    f" starting it again in {pause:.1f} s",
                    file=sys.stderr,
                    flush=True,
                )
            if now >= self._due[part]:
                del self._due[part]
                self._launch(part)

    def _launch(self, part: str) -> None:
        self._launched[part] = time.monotonic()
        log = self.place / "log" / f"{part}.log"
        with log.open("ab") as out:
            self.children[part] = subprocess.Popen(
                [sys.executable, "-m", "heed.cli.main", "run", part],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=_given() | {"HEED_HOME": str(self.place)},
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )


def run(given: argparse.Namespace) -> dict[str, Any]:
    """Run one part in this process until it is told to stop."""
    PARTS[given.part](home())
    return {"ok": True, "lines": []}


def _public(place: Path) -> None:
    # Once, before its processes part: each would do it by itself. It helps only where granian forks; on
    # macOS, and with Python 3.14, it spawns them.
    import heed.public.urls  # noqa: F401

    serve("heed.public.served:application", Configuration.load(place).public_port, workers=2)


def _office(place: Path) -> None:
    # One: how sign-in slows down is counted in the process.
    serve("heed.office.served:application", Configuration.load(place).office_port, workers=1)


def serve(target: str, port: int, workers: int, patience: float = PATIENCE) -> None:
    """Serve a face until told to stop; `patience` in seconds for a head to come, as for a form.

    HTTP/1 only: where the server would first find out which version somebody speaks, it waits for
    whoever says nothing for ever, and a thousand of them keep everybody else out.
    """
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    Granian(
        target,
        address="127.0.0.1",
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=int(patience * 1000)),
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
        process_name=None,
    ).serve()


def _opener(place: Path) -> None:
    from heed.loops.open import Opener
    from heed.register.opening import OrganisationKeys

    os.nice(OPENING_WAITS)
    hand = OpenerHand.load(place)
    Opener(Link(hand.database_url, name="heed opener"), OrganisationKeys(hand.keys)).run(
        _stopping()
    )


def _sequencer(place: Path) -> None:
    from heed.loops.sequence import Sequencer

    hand = SequencerHand.load(place, Configuration.load(place).origin)
    Sequencer(
        Link(hand.database_url, name="heed sequencer"),
        hand.log,
        hand.export,
        place / "sequencer" / CONTRADICTED,
    ).run(_stopping())


def _drain(place: Path) -> None:
    from heed.loops.drain import Drain
    from heed.store.append import PostgresRegister
    from heed.store.spool import Spool

    hand = PublicHand.load(place, Configuration.load(place).origin)
    Drain(Spool(hand.spool), PostgresRegister(Link(hand.database_url, name="heed drain"))).run(
        _stopping()
    )


def _sweep(place: Path) -> None:
    from heed.loops.call import CallOuts
    from heed.loops.post import post_of, returned_to
    from heed.loops.returned import Returned
    from heed.loops.send import Sender
    from heed.loops.send_links import LinkSender
    from heed.loops.sweep import Sweep
    from heed.register.entry import Recipients

    configuration = Configuration.load(place)
    hand = SweepHand.load(place, configuration.origin)
    link = Link(hand.database_url, name="heed sweep")  # one connection for each of the three
    to = Recipients({"organisation": hand.organisation})
    post = post_of(configuration, place)
    linking = LinkSender(link, post, configuration, to)
    returned = Returned(link, returned_to(configuration))
    calling = CallOuts(link, to)
    sending = Sender(link, post, configuration, lambda: (linking.step(), returned.step()))
    sweep = Sweep(link, to, hand.heartbeat, hand.export, (calling, sending))
    _side_by_side(sweep.run, calling.run, sending.run)


def _side_by_side(*runs: Callable[[threading.Event], None]) -> None:
    """Each in a thread of its own, until told to stop; where one falls over, all end, and raise."""
    stop, broken = _stopping(), list[BaseException]()

    def watched(run: Callable[[threading.Event], None]) -> None:
        try:
            run(stop)
        except BaseException as wrong:
            broken.append(wrong)
            stop.set()

    threads = [threading.Thread(target=watched, args=(run,), daemon=True) for run in runs]
    for thread in threads:
        thread.start()
    while not stop.wait(0.5):
        pass
    for thread in threads:
        thread.join(timeout=GRACE_SECONDS / 2)
    if broken:
        raise broken[0]


PARTS: dict[str, Callable[[Path], None]] = {
    "public": _public,
    "office": _office,
    "opener": _opener,
    "sequencer": _sequencer,
    "drain": _drain,
    "sweep": _sweep,
}


def _stopping(stop: threading.Event | None = None) -> threading.Event:
    """Set when the process is asked to stop."""
    stop = stop or threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """Each part leads a group of its own: a server's workers end with it, come what may."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _given() -> dict[str, str]:
    """The environment of a part: without the owner's URL, which opens everything."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "HEED_DATABASE_URL" and not name.startswith("PG")
    }


def _end_with_parent() -> None:
    """Linux ends this child when its parent dies; elsewhere the parent's own exit does (prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _check_free(port: int, name: str) -> None:
    """Two servers could share a port unseen, and each would get half of what people send."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigurationWrong(
                f"Port {port} is in use: is Heed running already? To use another, set"
                f" HEED_{name.upper()} (HEED_PUBLIC_PORT, HEED_OFFICE_PORT) or {name} in heed.toml."
            ) from None


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False
