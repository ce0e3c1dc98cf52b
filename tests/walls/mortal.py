"""Loops that are killed half-way: each as a process of its own, which ends in its nth transaction."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from heed.loops.call import CallOuts
from heed.loops.sweep import Sweep
from heed.register.entry import Recipients
from heed.register.note import Signer
from heed.register.vault import SealingKey
from heed.store.connection import Link, Row

HEARTBEAT = Signer("heed.example.org/heartbeat", b"\7" * 32)
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.walls.mortal"])


class Mortal(Link):
    """A link whose process is killed in its nth transaction: before it can commit, or just after."""

    lives = 0
    after = False

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        with super().transaction() as connection:
            yield connection
            if not self.after:
                self._live()
        if self.after:
            self._live()

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """What appends is a transaction like the others."""
        if "register.append" not in statement:
            return super().rows(statement, parameters)
        with self.transaction() as connection:
            return connection.execute(statement, parameters).fetchall()

    def _live(self) -> None:
        self.lives -= 1
        if self.lives < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def sweep_and_die(url: str, organisation: bytes, export: Path, lives: int, after: bool) -> None:
    """A sweep as a process of its own, which is killed in its nth transaction if it gets so far."""
    link = Mortal(url)
    link.lives, link.after = lives, after
    to = Recipients({"organisation": SealingKey(organisation)})
    Sweep(link, to, HEARTBEAT, export).step()


def call_and_die(url: str, organisation: bytes, lives: int, after: bool) -> None:
    """The same for the loop of calls."""
    link = Mortal(url)
    link.lives, link.after = lives, after
    CallOuts(link, Recipients({"organisation": SealingKey(organisation)})).step()


def dies(target: Callable[..., None], *given: object) -> bool:
    """Run it as a process of its own; whether it was killed. It does not fall over by itself."""
    process = _PROCESSES.Process(target=target, args=given)
    process.start()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0
