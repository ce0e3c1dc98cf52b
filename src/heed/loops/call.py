"""Has the next person called while a child may be in danger and nobody has acted, every day of the year."""

from __future__ import annotations

import threading
import time
from uuid import UUID

from heed.core.ports import SystemChance
from heed.core.quiet import quiet_log
from heed.oversight.commands import call_out
from heed.register.entry import Recipients
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreAway, StoreRefused

BATCH = 50
PAUSE = 3.0
"""Seconds between two looks at who is to be called."""

_DUE = "SELECT machinery.to_call(%s)"
_NOT_NOW = frozenset({"HE064", "HE065", "HE404"})
"""Another was here first, somebody acted meanwhile, or nobody can be reached any more."""


class CallOuts:
    """Records each call that is due; the post takes it from there (loops/send.py).

    It decides nothing: whom, when and how often is the database's to say. Run twice at once, each
    call is still recorded once. What it did not do while it stood still is due when it runs again.
    """

    def __init__(self, link: Link, recipients: Recipients) -> None:
        self._link = link
        self._register = PostgresRegister(link)
        self._recipients = recipients
        self._chance = SystemChance()
        self.worked_at = time.monotonic()

    def step(self) -> int:
        """Every call that is due now, a batch at most; returns how many. Raises StoreAway, StoreRefused."""
        rows = self._link.rows(_DUE, (BATCH,))
        done = sum(self._call(row[0]) for row in rows)
        self.worked_at = time.monotonic()
        return done

    def run(self, stop: threading.Event, pause: float = PAUSE) -> None:
        """Call until told to stop; waits where the store is away."""
        log = quiet_log("sweep")
        while not stop.is_set():
            try:
                self.step()
            except StoreAway:
                pass
            except StoreRefused as refused:
                log.warning("the record takes no call now: %s", refused.code)
            stop.wait(pause)

    def _call(self, record: UUID) -> bool:
        try:
            self._register.append(call_out(self._chance, self._recipients, record=record))
        except StoreRefused as refused:
            if refused.code not in _NOT_NOW:
                raise
            return False
        return True
