"""Opens what was filed, within a second, and puts the words where the rule guards them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from uuid import UUID

from heed.access.commands import wall_match
from heed.access.people import name_unit
from heed.core.ports import SealedEntry, SystemChance
from heed.core.quiet import quiet_log
from heed.intake.naming import Names
from heed.register.entry import Recipients
from heed.register.opening import OrganisationKeys
from heed.store.connection import Link, StoreAway, StoreRefused
from heed.store.receiving import is_of_the_store
from heed.store.words import (
    Match,
    Said,
    SealedRow,
    WordRows,
    alleged,
    former_contacts,
    keep,
    owed_matches,
    pay,
    restricted_by_name,
    sought,
    staff_names,
    told_before,
    unit_names,
    unopened,
)

BATCH = 200
PATIENCE = 30.0
"""Seconds for an entry that was put aside; twice as many each time that it was too few, to an hour."""
_OWED = 10.0
"""Seconds after which a restriction that is owed is tried again, though nothing was opened."""


class Opener:
    """The only process that holds the organisation's private keys and writes words."""

    def __init__(self, link: Link, keys: OrganisationKeys) -> None:
        self._link = link
        self._keys = keys
        self._recipients = Recipients(keys.public())
        self._batch = BATCH
        self._late: UUID | None = None
        self._aside: dict[UUID, tuple[float, float]] = {}
        self._asked = -_OWED

    def step(self) -> int:
        """Open a batch; returns how many entries left the queue.

        A batch that the store refuses is halved; an entry that is refused alone stops its stream,
        and the rest goes on. Raises StoreAway, after which the next batch is half as large, and
        StoreRefused where the store would take no entry whatever. An entry that alone takes too
        long twice, while the store answers, is put aside: the rest goes on, and it is tried again
        with more patience.
        """
        while True:
            waiting: list[SealedRow] = []
            try:
                waiting = unopened(self._link, self._batch, list(self._aside))
                self._store(waiting)
            except StoreAway:
                self._batch = max(1, min(self._batch, len(waiting) or self._batch) // 2)
                self._note_late(waiting)
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
            self._pay(bool(waiting))
            return len(waiting) + self._again()

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

    def _note_late(self, waiting: list[SealedRow]) -> None:
        """Put the one entry aside that was late a second time, if the store answers otherwise."""
        if len(waiting) != 1:
            return
        (late,) = waiting
        again, self._late = self._late == late.entry, late.entry
        if again and self._answers():
            self._put_aside(late.entry, PATIENCE)

    def _put_aside(self, entry: UUID, patience: float) -> None:
        quiet_log("opener").warning("an entry takes long; it is tried again in %d s", patience)
        self._aside[entry] = (patience, time.monotonic() + patience)

    def _answers(self) -> bool:
        try:
            return bool(self._link.rows("SELECT 1"))
        except StoreAway:
            return False

    def _again(self) -> int:
        """Open one entry that was put aside, if it is time; returns how many left the queue."""
        due = [(at, entry) for entry, (_, at) in self._aside.items() if at <= time.monotonic()]
        if not due:
            return 0
        _, entry = min(due)
        patience, _ = self._aside[entry]
        link = self._link.with_patience(patience)
        try:
            patient = Opener(link, self._keys)
            waiting = unopened(link, 1, [entry], again=True)
            try:
                patient._store(waiting)
            except StoreRefused as refused:
                if is_of_the_store(refused.code):
                    raise
                patient._stop(waiting[0], refused.code)
        except (StoreAway, StoreRefused):
            self._put_aside(entry, min(2 * patience, 3600.0))
            return 0
        finally:
            link.close()
        del self._aside[entry]
        return len(waiting)

    def _store(self, waiting: list[SealedRow]) -> None:
        if waiting:
            rows = WordRows.empty()
            for row in waiting:
                rows.take(self._keys, row)
            matches = [
                (match, self._sealed(match))
                for match in (*self._matches(rows), *self._newcomers(rows))
            ]
            keep(self._link, rows, [row.entry for row in waiting], matches, [*self._units(rows)])

    def _pay(self, opened: bool) -> None:
        """Restrict whoever could not be before: by what was opened somebody else may be there."""
        if not opened and time.monotonic() < self._asked + _OWED:
            return
        self._asked = time.monotonic()
        if not (owed := owed_matches(self._link)):
            return
        known = restricted_by_name(self._link, {match.record for match in owed})
        for match in owed:
            done = not known.get((match.record, match.person), True)
            try:
                pay(self._link, match, None if done else self._sealed(match))
            except StoreRefused as refused:
                quiet_log("opener").warning("a restriction stays owed: %s", refused.code)

    def _sealed(self, match: Match) -> SealedEntry:
        """The entry that restricts whom this match names; the same however often it is made."""
        return wall_match(
            SystemChance(),
            self._recipients,
            record=match.record,
            person=match.person,
            token=self._keys.token(match.entry.bytes + match.person.bytes),
        )

    def _matches(self, rows: WordRows) -> Iterator[Match]:
        """A restriction for everybody who is named in what was told, or as whom a concern is about."""
        told = [*rows.told, *alleged(self._link, rows)]
        names = Names([*staff_names(self._link), *rows.people] if told else ())
        yield from self._found(names, told)

    def _newcomers(self, rows: WordRows) -> Iterator[Match]:
        """The same for people whose names come only now, and for whoever was the outside contact until
        now, in all that was told before.

        They are restricted in the transaction that takes this in. Before it a newcomer can answer for
        a record that names them only if it came after them, and that is looked through by `_matches`.
        """
        fresh = sought(self._link, [person for person, _ in rows.people])
        people = [(person, name) for person, name in rows.people if person in fresh]
        if names := Names([*people, *former_contacts(self._link, rows.replaced)]):
            yield from self._found(names, told_before(self._link), before=True)

    def _found(
        self, names: Names, told: Iterable[Said], *, before: bool = False
    ) -> Iterator[Match]:
        """In the order of the records; once for each of whom and from what.

        Nobody gets a second restriction beside one that stands. `before`: what was told may have been
        decided about, so that nobody is restricted again whose restriction people lifted.
        """
        found: dict[tuple[UUID, UUID], UUID] = {}
        for entry, record, body in told:
            for person in names.found_in(body):
                found.setdefault((record, person), entry)
        known = restricted_by_name(self._link, {record for record, _ in found}) if found else {}
        for record, person in sorted(found):
            if known.get((record, person), True) and not (before and (record, person) in known):
                yield Match(record, person, found[record, person])

    def _units(self, rows: WordRows) -> Iterator[SealedEntry]:
        """A note of every unit that is named in what was told, once a record; it restricts nobody."""
        names = Names([*unit_names(self._link), *rows.units] if rows.told else ())
        seen = set()
        for _, record, body in sorted(rows.told, key=lambda told: told[1]):
            for unit in names.found_in(body):
                if (record, unit) not in seen:
                    seen.add((record, unit))
                    token = self._keys.token(b"unit" + record.bytes + unit.bytes)
                    yield name_unit(
                        SystemChance(), self._recipients, record=record, unit=unit, token=token
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
