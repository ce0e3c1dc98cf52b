"""Brings what waits in the spool onto the record, in order, as soon as the database is back."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from heed.core.ports import Register
from heed.store.connection import StoreAway, StoreRefused
from heed.store.receiving import is_of_the_store
from heed.store.spool import Spool

_log = logging.getLogger("heed.drain")


class Drain:
    """Sends waiting entries to the register. Of all processes one drains; the others stand by."""

    def __init__(self, spool: Spool, register: Register) -> None:
        self._spool = spool
        self._register = register

    def step(self) -> int:
        """Send what waits, in order; returns how many entries left the spool.

        Stops where the database is away or would refuse any entry. An entry that itself is
        refused is set aside, and the next one follows. Raises OSError.
        """
        left = 0
        with self._only_drainer() as alone:
            if not alone:
                return 0
            for position, entry in self._spool.waiting():
                try:
                    self._register.append(entry)
                except StoreAway:
                    break
                except StoreRefused as refused:
                    if is_of_the_store(refused.code):
                        _log.warning("the record takes nothing now: %s", refused.code)
                        break
                    self._spool.set_aside(position, refused.code)
                else:
                    self._spool.drained(position)
                left += 1
        return left

    def run(self, stop: threading.Event, pause: float = 0.2) -> None:
        """Step whenever something waits, until told to stop; looks every `pause` seconds."""
        while not stop.is_set():
            try:
                self.step()
            except OSError as wrong:
                _log.error("the spool cannot be read or written: %s", wrong.strerror)
                stop.wait(1.0)
            stop.wait(pause)

    @contextmanager
    def _only_drainer(self) -> Iterator[bool]:
        """Whether no other process or thread drains; the kernel frees the lock of one that dies."""
        handle = os.open(self._spool.drain_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
        finally:
            os.close(handle)
