"""What a referral waits for, until somebody heard an outcome: nothing ends it in silence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from heed.core.rules import Rule
from heed.referral.commands import Heard
from heed.referral.rules import confirmation

NOT_SENT = "Not sent yet"
NO_CONFIRMATION = "No confirmation received"
NO_DECISION = "They have it. No decision received"
DECLINED = "Declined. Ask again, or take it to another body"
NO_OUTCOME = "Accepted. No outcome received"
DONE = "Outcome received"
IN_ERROR = "Recorded in error"

_WENT = (Heard.SENT, Heard.OPENED)
"""By which a referral is known to have reached them: also where nobody said that it was sent."""

_HAVE_IT = {Heard.ACKNOWLEDGED, Heard.REFERENCE}
"""Whoever gives a reference of their own has it written down."""


class Waits(NamedTuple):
    """In words what a referral waits for. `by`: when the clock of whoever was told ends; None: none runs.

    `over`: nothing more is waited for.
    """

    said: str
    by: datetime | None = None
    clock: Rule | None = None
    over: bool = False

    def late(self, now: datetime) -> bool:
        """Whether that time is over."""
        return self.by is not None and now > self.by


def waits_for(
    route: str, body: str, told_at: datetime | None, heard: Sequence[tuple[str, datetime]]
) -> Waits:
    """By what was heard, each (what, when it happened), oldest first; `told_at` None: sent later, if at all."""
    what = [each for each, _ in heard]
    if Heard.IN_ERROR in what:
        return Waits(IN_ERROR, over=True)
    if Heard.OUTCOME in what:
        return Waits(DONE, over=True)
    decided = [each for each in what if each in (Heard.ACCEPTED, Heard.DECLINED)]
    if decided:
        return Waits(DECLINED if decided[-1] == Heard.DECLINED else NO_OUTCOME)
    sent = told_at or min((at for each, at in heard if each in _WENT), default=None)
    if sent is None:
        return Waits(NOT_SENT)
    clock = confirmation(route, body, sent)
    said = NO_DECISION if _HAVE_IT & set(what) else NO_CONFIRMATION
    return Waits(said, clock.due(sent) if clock else None, clock)
