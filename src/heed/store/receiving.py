"""The way a report is taken in: onto the record at once, or else into the sealed spool."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from heed.core.ports import Appended, SealedEntry
from heed.core.vocabulary import Kind
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreAway, StoreRefused
from heed.store.spool import CAPACITY, Spool, SpoolFull

# Nobody on duty, wrong isolation, not durable, role without permit, not begun (append.sql).
_OF_THE_STORE = frozenset({"HE004", "HE006", "HE007", "HE008", "HE010"})
# Classes of appendix A of PostgreSQL's manual: connection, read-only standby, sign-in, missing
# database or schema, rolled back, missing table or grant, resources, locks, stopped, disk, inside.
_CLASSES_OF_THE_STORE = (
    "08",
    "25",
    "28",
    "3D",
    "3F",
    "40",
    "42",
    "53",
    "55",
    "57",
    "58",
    "F0",
    "XX",
)
_QUICK = 0.25
WORDS_FIRST = CAPACITY // 2
"""Bytes of the spool that no file takes: pictures must not keep words out while the database is away."""


def is_of_the_store(code: str) -> bool:
    """Whether a refusal (SQLSTATE) would meet any entry now: then keep this one and try later."""
    return code in _OF_THE_STORE or code.startswith(_CLASSES_OF_THE_STORE)


@dataclass(frozen=True)
class Received:
    """Taken: on the record (`appended`), or on disk in the spool (`spooled`).

    `recorded_at` is the database's time, or the spool's claim. `commitment`: 32 bytes.
    """

    commitment: bytes
    recorded_at: datetime
    spooled: bool
    appended: Appended | None


class Breaker:
    """After a failure nobody tries for a while, and then one at a time, until one succeeds."""

    def __init__(self, pause: float, now: Callable[[], float] = time.monotonic) -> None:
        """`pause` in seconds; `now` counts seconds from anywhere."""
        self._pause = pause
        self._now = now
        self._lock = threading.Lock()
        self._closed_until: float | None = None
        self._probing: int | None = None

    def may_try(self) -> bool:
        """Whether this thread may try; it must then say `succeeded` or `failed`."""
        with self._lock:
            if self._closed_until is None:
                return True
            if self._probing is not None or self._now() < self._closed_until:
                return False
            self._probing = threading.get_ident()
            return True

    def succeeded(self) -> None:
        """The database answered: everybody may try."""
        with self._lock:
            self._closed_until = self._probing = None

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._closed_until = self._now() + self._pause
            if self._probing == threading.get_ident():
                self._probing = None


class Receiving:
    """The public face's way in: never refused while the database or the spool takes it.

    While an entry of a stream waits in the spool, later ones of that stream wait behind it. Only
    what another process spooled in the last quarter of a second can be overtaken, and only where
    the record knows the stream already: nothing comes before the filing that it belongs to. An
    append whose outcome is unknown is spooled as well: the same entry is recorded once.
    """

    def __init__(
        self,
        link: Link,
        spool: Spool,
        *,
        pause: float = 3.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`link`: with short patience. `pause`: seconds without a try after the database failed."""
        self._register = PostgresRegister(link)
        self._spool = spool
        self._breaker = Breaker(pause)
        self._clock = clock

    def append(self, entry: SealedEntry) -> Received:
        """Take an entry, durably.

        Raises StoreRefused where the record's rule says no to this entry itself, and SpoolFull
        where nothing can take it: say "not recorded; telephone".
        """
        # Quick: should another process have spooled its filing just now, the record refuses this
        # entry, and _try looks again.
        if not self._must_wait(entry, within=_QUICK) and self._breaker.may_try():
            received = self._try(entry)
            return received if received is not None else self._keep(entry)
        try:
            return self._keep(entry)
        except SpoolFull:
            received = self._try(entry)
            if received is None:
                raise
            return received

    def _must_wait(self, entry: SealedEntry, within: float = 0.0) -> bool:
        try:
            return self._spool.holds_stream(entry.stream, within=within)
        except OSError:
            return False  # a broken spool must not keep anything off the record

    def _try(self, entry: SealedEntry) -> Received | None:
        """On the record, or None where the database cannot take anything now."""
        started = time.monotonic()
        try:
            try:
                appended = self._register.append(entry)
            except StoreAway:
                # A lasting connection that broke long ago fails at once; a new one may not.
                if time.monotonic() - started > _QUICK:
                    raise
                appended = self._register.append(entry)
        except StoreRefused as refused:
            if is_of_the_store(refused.code):
                self._breaker.failed()
                return None
            self._breaker.succeeded()
            if self._must_wait(entry):
                return None  # what it belongs to was spooled since we looked
            raise
        except StoreAway:
            self._breaker.failed()
            return None
        except BaseException:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return Received(appended.commitment, appended.recorded_at, False, appended)

    def _keep(self, entry: SealedEntry) -> Received:
        try:
            if entry.kind == Kind.FILE_ADDED and self._spool.depth().free < WORDS_FIRST:
                raise SpoolFull("what room there is now is for words")
            at = self._spool.put(entry, self._clock())
        except OSError as wrong:
            raise SpoolFull("the spool cannot be used") from wrong
        return Received(entry.commitment, at, True, None)
