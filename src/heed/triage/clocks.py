"""By when the next thing is due: working days of England, counted from receipt, which never begin anew."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from heed.core.rules import RULES, Rule
from heed.core.vocabulary import Danger

OPEN_IN_DANGER = RULES.always("C28")
OPEN = RULES.always("own.open")
DECIDE = RULES.always("own.decide")
CONFIRM = RULES.always("own.confirm")
CLOCKS = (OPEN_IN_DANGER, OPEN, DECIDE, CONFIRM)
"""Every clock that stands beside a record. None binds another body, and none closes anything."""


class Waiting(NamedTuple):
    """The facts of a record on which its clocks depend, as facts.record has them. `young`: a child wrote it."""

    danger: str
    filed_at: datetime
    unseen_since: datetime | None
    wanted: int
    undecided: int
    undecided_adults: int
    decided_alone: int
    to_do: str | None = None
    to_do_since: datetime | None = None
    young: bool | None = None

    @property
    def decision_open(self) -> bool:
        """Whether somebody still waits for a decision, or nobody was named and nothing decided."""
        return self.undecided > 0 or (self.wanted == 0 and self.decided_alone == 0)


class Due(NamedTuple):
    """The next thing to do, by when, and by which clock; `by` None: no time runs.

    `yourself`: it was decided, and waits for somebody to do it and write it down.
    """

    what: str
    by: datetime | None = None
    clock: Rule | None = None
    yourself: bool = False

    def late(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.by is not None and now > self.by


NOTHING = Due("Nothing due")
AFTER = {
    "act_now": ("Act yourself, and write it down here", OPEN_IN_DANGER),
    "refer": ("Make the referral yourself, and write it down here", OPEN),
    "declined": ("They declined. Ask again, or take it to another body", OPEN),
    "confirm": ("No confirmation received. Ask again", CONFIRM),
}
"""What is next: once that was decided, until it is written down; once they were told, until they say so.

All that one rank of facts.record waits for has the same time."""


def next_due(record: Waiting) -> Due:
    """What whoever answers for a record has to do next; no time stands beside a clock that is off.

    facts.record.rank and due say the same in SQL (store/sql/facts.sql): a test holds them equal.
    """
    # Where two things are due, both are said, by the time and the clock of the more pressing.
    if record.to_do is None or record.to_do_since is None:
        return _seen_and_decided(record)
    due = to_be_done(record.to_do, record.to_do_since)
    other = _seen_and_decided(record)
    if other == NOTHING:
        return due
    first, second = sorted((other, due), key=_pressing)
    return first._replace(what=f"{first.what}. {second.what}", yourself=True)


def to_be_done(what: str, since: datetime) -> Due:
    """What is next of what was decided, or of a referral that nobody confirmed, since that instant."""
    said, clock = AFTER[what]
    return Due(said, clock.due(since), clock, yourself=True)


def _pressing(due: Due) -> tuple[bool, datetime]:
    return due.clock != OPEN_IN_DANGER, due.by or datetime.max.replace(tzinfo=UTC)


def _seen_and_decided(record: Waiting) -> Due:
    since = record.unseen_since
    if since is None:
        if not record.decision_open:
            return NOTHING
        return Due(_to_decide(record), DECIDE.due(record.filed_at), DECIDE)
    what = "Open it" if since <= record.filed_at else "Open what is new"
    if record.danger != Danger.NO or record.young:
        return Due(what, OPEN_IN_DANGER.due(since), OPEN_IN_DANGER)
    if record.decision_open:  # what is new gives no more time to decide
        return Due(what, DECIDE.due(record.filed_at), DECIDE)
    return Due(what, OPEN.due(since), OPEN)


def _to_decide(record: Waiting) -> str:
    if record.wanted == 0:
        return "Name the child, or decide"
    children = record.undecided - record.undecided_adults
    counted = (
        (children, "child" if children == 1 else "children"),
        (record.undecided_adults, "adult" if record.undecided_adults == 1 else "adults"),
    )
    return "Decide for " + " and ".join(f"{count} {what}" for count, what in counted if count)
