"""By when the next thing is due: working days of England, counted from receipt, which never begin anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from heed.core.vocabulary import Danger
from heed.core.working_days import after, end_of, working_day_of


class Clock(NamedTuple):
    """How long there is for one thing, and on whose word.

    `minutes` of elapsed time, or else the end of that many working `days` after T, the working day of
    receipt or the next. `basis` says whose rule it is. `row` names the line of the domain's list of
    clocks that it was taken from, with the `evidence` of that line: V official text seen, S seen in a
    secondary source, I our own rule, K unchecked.
    """

    name: str
    basis: str
    row: str
    evidence: str
    minutes: int = 0
    days: int = 0

    @property
    def verified(self) -> bool:
        """A clock that nobody has checked against its source is switched off, and says so."""
        return self.evidence != "K"

    def due(self, received: datetime) -> datetime:
        """By when, in UTC, for what was received at this instant; it includes its last second."""
        if self.minutes:
            return received + timedelta(minutes=self.minutes)
        return end_of(after(working_day_of(received), self.days))


NEXT_DAY = "one working day, by this organisation’s own rule"
OPEN_IN_DANGER = Clock(
    "15 minutes, because there may be danger", "this system's own rule", "C28", "I", minutes=15
)
OPEN = Clock(NEXT_DAY, "this organisation's own default", "", "I", days=1)
DECIDE = Clock(
    NEXT_DAY,
    "this organisation's own default. Working Together asks the same of the council: one working day",
    "C02",
    "S",
    days=1,
)
CLOCKS = (OPEN_IN_DANGER, OPEN, DECIDE)
"""Every clock of this version. None binds another body, and none closes anything."""


class Waiting(NamedTuple):
    """The facts of a record on which its clocks depend, as facts.record has them."""

    danger: str
    filed_at: datetime
    unseen_since: datetime | None
    wanted: int
    undecided: int
    undecided_adults: int
    decided_alone: int
    to_do: str | None = None
    to_do_since: datetime | None = None

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
    clock: Clock | None = None
    yourself: bool = False

    def late(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.by is not None and now > self.by


NOTHING = Due("Nothing due")
AFTER = {
    "act_now": ("Act yourself, and write it down here", OPEN_IN_DANGER),
    "refer": ("Make the referral yourself, and write it down here", OPEN),
}
"""What is next once that was decided, until something is written down: this system sends no referral yet.

The clocks are those of opening, since all that one rank of facts.record waits for has the same time."""


def next_due(record: Waiting) -> Due:
    """What whoever answers for a record has to do next; no time stands beside a clock that is off.

    facts.record.rank and due say the same in SQL (store/sql/facts.sql): a test holds them equal.
    """
    due = _next(record)
    if due.clock is not None and not due.clock.verified:
        return due._replace(by=None)
    return due


def _next(record: Waiting) -> Due:
    """Where two things are due, both are said, by the time and the clock of the more pressing."""
    if record.to_do is None or record.to_do_since is None:
        return _seen_and_decided(record)
    what, clock = AFTER[record.to_do]
    due = Due(what, clock.due(record.to_do_since), clock, yourself=True)
    other = _seen_and_decided(record)
    if other == NOTHING:
        return due
    first, second = sorted((other, due), key=_pressing)
    return first._replace(what=f"{first.what}. {second.what}", yourself=True)


def _pressing(due: Due) -> tuple[bool, datetime]:
    return due.clock != OPEN_IN_DANGER, due.by or datetime.max.replace(tzinfo=UTC)


def _seen_and_decided(record: Waiting) -> Due:
    since = record.unseen_since
    if since is None:
        if not record.decision_open:
            return NOTHING
        return Due(_to_decide(record), DECIDE.due(record.filed_at), DECIDE)
    what = "Open it" if since <= record.filed_at else "Open what is new"
    if record.danger != Danger.NO:
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
