"""Opens what was filed, within a second, and puts the words where the rule guards them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from heed.access.commands import wall_match
from heed.core.ports import SealedEntry, SystemChance
from heed.core.quiet import quiet_log
from heed.intake.naming import Names
from heed.register.entry import Recipients
from heed.register.opening import OrganisationKeys
from heed.store.connection import Link, StoreAway, StoreRefused
from heed.store.receiving import is_of_the_store
from heed.store.words import SealedRow, WordRows, keep, staff_names, unopened

BATCH = 200


class Opener:
    """The only process that holds the organisation's private keys and writes words."""

    def __init__(self, link: Link, keys: OrganisationKeys) -> None:
        self._link = link
        self._keys = keys
        self._recipients = Recipients(keys.public())
        self._batch = BATCH

    def step(self) -> int:
        """Open a batch; returns how many entries left the queue.

        A batch that the store refuses is halved; an entry that is refused alone stops its stream,
        and the rest goes on. Raises StoreAway, after which the next batch is half as large, and
        StoreRefused where the store would take no entry whatever.
        """
        while True:
            waiting: list[SealedRow] = []
            try:
                waiting = unopened(self._link, self._batch)
                self._store(waiting)
            except StoreAway:
                self._batch = max(1, self._batch // 2)
                raise
            except StoreRefused as refused:
                if is_of_the_store(refused.code):
                    raise
                if self._batch > 1 and len(waiting) != 1:
                    self._batch = max(1, min(self._batch, len(waiting) or self._batch) // 2)
                    continue
                if not waiting:
                    raise
                self._stop(waiting[0], refused.code)
            self._batch = min(BATCH, self._batch * 2)
            return len(waiting)

    def run(self, stop: threading.Event, pause: float = 0.1) -> None:
        """Step until told to stop; waits where nothing waits, the store is away or says no."""
        log = quiet_log("opener")
        while not stop.is_set():
            worked, wait = 0, 1.0
            try:
                worked, wait = self.step(), pause
            except StoreAway:
                pass
            except StoreRefused as refused:
                log.warning("the record takes no words now: %s", refused.code)
            if not worked:
                stop.wait(wait)

    def _store(self, waiting: list[SealedRow]) -> None:
        if waiting:
            rows = WordRows.empty()
            for row in waiting:
                rows.take(self._keys, row)
            keep(self._link, rows, [row.entry for row in waiting], list(self._matches(rows)))

    def _matches(self, rows: WordRows) -> Iterator[SealedEntry]:
        """A restriction for everybody who is named in what was told, in the order of the records."""
        names = Names([*staff_names(self._link), *rows.people] if rows.told else ())
        for entry, record, body in sorted(rows.told, key=lambda told: told[1]):
            for person in names.found_in(body):
                token = self._keys.token(entry.bytes + person.bytes)
                yield wall_match(
                    SystemChance(), self._recipients, record=record, person=person, token=token
                )

    def _stop(self, row: SealedRow, code: str) -> None:
        """Take one entry off the queue with a note that its words are not here, and why."""
        quiet_log("opener").warning("an entry's words cannot be kept: %s", code)
        rows, why = WordRows.empty(), f"its words cannot be kept ({code})"
        if row.version > 1:  # whoever can add to a record must not be able to hide it
            rows.unreadable.append((row.entry, row.stream, why))
        else:
            rows.stopped.append((row.stream, row.entry, why))
        keep(self._link, rows, [row.entry])
