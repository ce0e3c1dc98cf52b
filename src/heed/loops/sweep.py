"""Finds what has waited too long, has the next person told, and leaves a sign of life for an outside body."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Protocol
from uuid import UUID

from heed.core.ports import SystemChance
from heed.core.quiet import quiet_log
from heed.oversight.asked_commands import chase_challenge
from heed.oversight.commands import chase
from heed.oversight.ladder import RUNGS, Unconfirmed, received_before
from heed.register.entry import Recipients
from heed.register.note import Signer
from heed.store.append import append_all_within
from heed.store.connection import Link, StoreAway, StoreRefused

BATCH = 200
PAUSE = 60.0
"""Seconds between two sweeps."""

HEARTBEAT = "heartbeat"
"""In the export folder: when the sweep last went through everything, signed. An outside body watches it."""

STILL = 300.0
"""Seconds after which a loop beside this one, that has not come round, counts as standing still."""

_NOW = "SELECT register.now()"
_CHALLENGED = "SELECT record, challenge FROM machinery.challenges_to_chase(%s, %s, %s)"
_DUE = "SELECT machinery.to_chase(%s, %s, %s, %s, %s)"


class Beside(Protocol):
    """A loop in the same process; `worked_at`: when it last came round, by the monotonic clock, in seconds."""

    worked_at: float


class Sweep:
    """Goes up the ladder, rung after rung: days on which it did not run are caught up in one go.

    It decides nothing that can be undone: whether a record waits, whom each rung tells and which rung
    comes next is the database's to say. Run twice at once, each rung is still recorded once.
    """

    def __init__(
        self,
        link: Link,
        recipients: Recipients,
        signer: Signer,
        export: Path,
        beside: Sequence[Beside] = (),
    ) -> None:
        """`signer` signs the heartbeat; `export` is the folder that outsiders read.

        `beside`: what calls and sends. While one of them stands still there is no sign of life.
        """
        self._beside = beside
        self._link = link
        self._recipients = recipients
        self._signer = signer
        self._export = export
        self._chance = SystemChance()

    def step(self) -> int:
        """One whole sweep; returns how many times somebody was told. Raises StoreAway."""
        now: datetime = self._link.rows(_NOW)[0][0]
        told = 0
        for chased, rung in pairwise((0, *(rung.days for rung in RUNGS))):
            before = received_before(rung, now)
            told += self._rung(chased, rung, before, Unconfirmed.at(now))
            told += self._challenged(chased, rung, before)
        if all(time.monotonic() - one.worked_at < STILL for one in self._beside):
            self._beat(now)
        return told

    def run(self, stop: threading.Event, pause: float = PAUSE) -> None:
        """Sweep until told to stop; waits where the store is away."""
        log = quiet_log("sweep")
        while not stop.is_set():
            try:
                self.step()
            except StoreAway:
                pass
            except StoreRefused as refused:
                log.warning("the record takes no chase now: %s", refused.code)
            stop.wait(pause)

    def _rung(self, chased: int, days: int, before: datetime, unconfirmed: Unconfirmed) -> int:
        told, refused = 0, 0
        while True:
            rows = self._link.rows(_DUE, (chased, before, *unconfirmed, BATCH + refused))
            due = [row[0] for row in rows][refused:]  # what was refused stands first, and stays
            if not due:
                return told
            done = self._chase(due, days)
            told += done
            refused += len(due) - done

    def _challenged(self, chased: int, days: int, before: datetime) -> int:
        """One rung of the ladder that each challenge has; one by one, for they are few."""
        told = 0
        for record, challenge in self._link.rows(_CHALLENGED, (chased, before, BATCH)):
            entry = chase_challenge(
                self._chance, self._recipients, record=record, challenge=challenge, days=days
            )
            try:
                with self._link.transaction() as connection:
                    append_all_within(connection, [entry])
            except StoreRefused:
                continue  # somebody answered it just now, or another sweep was here
            told += 1
        return told

    def _chase(self, records: Sequence[UUID], days: int) -> int:
        """All in one transaction; one by one where one of them is refused. How many were recorded."""
        try:
            self._append(records, days)
            return len(records)
        except StoreRefused:
            return sum(self._alone(record, days) for record in records)

    def _alone(self, record: UUID, days: int) -> bool:
        """False where the record says no: it waits no more, or another sweep was here."""
        try:
            self._append([record], days)
        except StoreRefused:
            return False
        return True

    def _append(self, records: Sequence[UUID], days: int) -> None:
        entries = (
            chase(self._chance, self._recipients, record=record, days=days)
            for record in sorted(records)  # the order of locks (append.sql)
        )
        with self._link.transaction() as connection:
            append_all_within(connection, entries)

    def _beat(self, now: datetime) -> None:
        """Replaced whole, so that whoever reads it never finds half."""
        text = f"heed heartbeat v1\n{self._signer.name}\n{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
        fresh = self._export / f".{HEARTBEAT}"
        fresh.write_text(self._signer.sign(text), encoding="utf-8")
        os.replace(fresh, self._export / HEARTBEAT)
