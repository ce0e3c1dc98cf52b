"""Looks each minute whether the walls stand, and keeps reading closed while they do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from heed.store.closing import Failure
from heed.store.connection import StoreAway

EVERY = 60.0
"""Seconds between two looks."""

STALE = 2.5 * EVERY
"""Seconds after which a look counts no more: should the minute's thread stand still, whoever asks looks."""

NAMED = 5
"""Failures that one line of the log names."""


class Watch:
    """Whether reading is open, as the probes said when they last looked.

    Nothing is open before the first look, nor after one that found no database, until another is
    done: whoever asks then looks, and the others wait for that one.
    """

    def __init__(
        self,
        look: Callable[[], Sequence[Failure]],
        told: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`look` carries out every probe, and raises StoreAway; `told` hears when reading closes."""
        self._probe = look
        self._told = told
        self._now = now
        self._looking = threading.Lock()
        self._looks = 0
        self._seen: tuple[float, tuple[Failure, ...] | None] = (0.0, None)
        self._said: tuple[Failure, ...] = ()

    def failures(self) -> tuple[Failure, ...]:
        """What keeps reading closed, nothing while it is open; raises StoreAway."""
        looks = self._looks
        at, found = self._seen
        if found is None or self._now() - at > STALE:
            with self._looking:
                if self._looks == looks:
                    self._look()
                _, found = self._seen
        if found is None:
            raise StoreAway("the probes found no database")
        return found

    def look(self) -> None:
        """Carry out every probe now."""
        with self._looking:
            self._look()

    def run(self, stop: threading.Event) -> None:
        """Look at once, and then each minute until told to stop."""
        self.look()
        while not stop.wait(EVERY):
            self.look()

    def _look(self) -> None:
        found: tuple[Failure, ...] | None = None
        try:
            # Twice: names that a rebuild swaps in the midst of a look read as a gap, and only in that.
            found = tuple(self._probe() and self._probe())
        except StoreAway:
            pass
        finally:
            self._seen = (self._now(), found)
            self._looks += 1
        if found is not None and found != self._said:
            self._said = found
            self._told(_sentence(found))


def _sentence(found: Sequence[Failure]) -> str:
    if not found:
        return "reading is open again: every wall stands"
    named = "; ".join(f"{one.code}: {one.text}" for one in found[:NAMED])
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"reading is closed, reporters go on: {named}{more}"
