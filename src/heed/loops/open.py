"""Opens what was filed, within a second, and puts the words where the rule guards them."""

from __future__ import annotations

import threading

from heed.register.opening import OrganisationKeys
from heed.store.connection import Link, StoreAway
from heed.store.words import WordRows, keep, unopened

BATCH = 200


class Opener:
    """The only process that holds the organisation's private keys and writes words."""

    def __init__(self, link: Link, keys: OrganisationKeys) -> None:
        self._link = link
        self._keys = keys

    def step(self) -> int:
        """Open a batch; returns how many entries left the queue."""
        waiting = unopened(self._link, BATCH)
        if waiting:
            rows = WordRows.empty()
            for row in waiting:
                rows.take(self._keys, row)
            keep(self._link, rows, [row.entry for row in waiting])
        return len(waiting)

    def run(self, stop: threading.Event, pause: float = 0.1) -> None:
        """Step until told to stop."""
        while not stop.is_set():
            try:
                worked = self.step()
            except StoreAway:
                worked = 0
                stop.wait(1.0)
            if worked < BATCH:
                stop.wait(pause)
