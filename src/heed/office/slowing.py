"""Makes guessing a password slow, without ever shutting out the person whose name is guessed at."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

FREE = 3
"""Slips of the finger that cost nothing."""
LONGEST = 2.0
"""Seconds that one wrong answer waits at most."""
FORGET = 15 * 60.0
"""Seconds after which a name's wrong answers are forgotten."""
LANE = 4
"""Sign-ins weighed at once: the other threads stay free for people who are signed in."""
REMEMBERED = 10_000


class Slowing:
    """Wrong answers wait, longer each time; a right one never does, so nobody can be locked out.

    Known and unknown names are treated alike. Names are held as hashes, in memory only.
    """

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._now = now
        self._wait = wait
        self._mutex = threading.Lock()
        self._lane = threading.BoundedSemaphore(LANE)
        self._wrong: OrderedDict[bytes, tuple[int, float]] = OrderedDict()

    @contextmanager
    def lane(self, patience: float = LONGEST) -> Iterator[bool]:
        """A place to be weighed in; False where none came free within `patience` seconds."""
        entered = self._lane.acquire(timeout=patience)
        try:
            yield entered
        finally:
            if entered:
                self._lane.release()

    def wrong(self, name: str) -> None:
        """A wrong answer for this name: wait before saying so."""
        mark = _mark(name)
        with self._mutex:
            count, last = self._wrong.pop(mark, (0, 0.0))
            count = count + 1 if self._now() - last < FORGET else 1
            self._wrong[mark] = (count, self._now())
            if len(self._wrong) > REMEMBERED:
                self._wrong.popitem(last=False)
        if count > FREE:
            self._wait(min(LONGEST, 0.25 * 2.0 ** min(count - FREE - 1, 10)))

    def right(self, name: str) -> None:
        """The right answer for this name: forget the slips."""
        with self._mutex:
            self._wrong.pop(_mark(name), None)


def _mark(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
