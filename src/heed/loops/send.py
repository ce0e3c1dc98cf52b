"""Sends the texts that call somebody, and short notices; none of them says what a record holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple
from uuid import UUID, uuid5

from heed.core.ports import Message, NotSent, NotYet, Post, Refused
from heed.core.quiet import quiet_log
from heed.loops.post import sms_address
from heed.store.configuration import Configuration
from heed.store.connection import Link, StoreAway, StoreRefused

BATCH = 100
PAUSE = 2.0
"""Seconds between two looks at what waits to be sent."""

SUBJECT = "Heed"
NO_ADDRESS = "there is no way to reach them"
BEFORE = "before"
"""What the id of a copy is made with, that goes to where somebody was reached before."""

_DUE = "SELECT * FROM machinery.to_send(%s)"
_DONE = "SELECT machinery.was_sent(%s, %s, %s, %s, %s)"


class Waiting(NamedTuple):
    """A message that is due: `what` is "call" or "notice"; `tries` counts this one.

    `was_*`: where they were reached before somebody else changed it; None: nothing goes there.
    """

    id: UUID
    person: UUID
    what: str
    token: str
    telephone: str | None
    email: str | None
    was_telephone: str | None
    was_email: str | None
    tries: int


class Sender:
    """Sends at least once: what was sent and not noted, because the process died, is sent again."""

    def __init__(
        self,
        link: Link,
        post: Post,
        configuration: Configuration,
        then: Callable[[], object] = int,
    ) -> None:
        """`then`: what is sent, one at a time, when no call and no notice waits."""
        self._then = then
        self._link = link
        self._post = post
        self._configuration = configuration
        self.worked_at = time.monotonic()

    def step(self) -> int:
        """What is due now, to so many people at most; returns how many messages left. Raises StoreAway."""
        done = sum(self._send(together) for together in islice(self._due(), BATCH))
        self.worked_at = time.monotonic()
        return done

    def run(self, stop: threading.Event, pause: float = PAUSE) -> None:
        """Send until told to stop; waits where the store is away."""
        log = quiet_log("sweep")
        while not stop.is_set():
            try:
                self.step()
                self._then()
            except StoreAway:
                pass
            except StoreRefused as refused:
                log.warning("what waits to be sent cannot be asked for: %s", refused.code)
            stop.wait(pause)

    def _due(self) -> Iterator[list[Waiting]]:
        """Of one person, all calls together, or all notices: one message. Asked for just before it goes."""
        while rows := self._link.rows(_DUE, (BATCH,)):
            yield [Waiting(*row) for row in rows]

    def _send(self, together: list[Waiting]) -> bool:
        state, why, again = "sent", "", 0
        self._send_before(together)
        try:
            self._post.send(self._message(together))
        except Refused as refused:
            state, why = "refused", refused.why
        except NotYet as failed:
            state, why, again = "", failed.why, min(5 * 2 ** together[0].tries, 300)
        except ValueError:
            state, why = "refused", NO_ADDRESS
        for one in together:
            self._link.rows(_DONE, (one.id, state or None, why, again, together[0].id))
        return state == "sent"

    def _send_before(self, together: list[Waiting]) -> None:
        """The same, once, to where they were reached before; whether it came counts for nothing."""
        first = together[0]
        if first.tries > 1:
            return
        before = [
            one._replace(id=uuid5(one.id, BEFORE), telephone=one.was_telephone, email=one.was_email)
            for one in together
        ]
        if first.was_telephone if first.what == "call" else first.was_email:
            with suppress(NotSent, ValueError):
                self._post.send(self._message(before))

    def _message(self, together: list[Waiting]) -> Message:
        """Raises ValueError where its reader has no address."""
        first, office = together[0], self._configuration.office_url
        if first.what == "call":
            number = first.telephone
            to = sms_address(self._configuration.sms_address, number) if number else ""
            return Message(first.id, to, SUBJECT, call(office, together))
        return Message(first.id, first.email or "", SUBJECT, notice(office))


def call(office: str, together: list[Waiting]) -> str:
    """What a text says: no word, no name, no reference; a link to tap."""
    if len(together) == 1:
        return f"Heed: a concern may mean danger now. Open: {office}/c/{together[0].token}\n"
    return f"Heed: {len(together)} concerns may mean danger now. Open: {office}/calls\n"


def notice(office: str) -> str:
    """What a notice says."""
    return f"Something you were told of waits. Sign in: {office}/\n"
