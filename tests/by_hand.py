"""What must happen to one record, counted by hand: day after day, on a calendar that is written out here.

Nothing here asks the product: neither its calendar, nor its time zone, nor its folds. It is slow, and so
plain that somebody can compare it with a wall calendar.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
RUNGS = (1, 3, 5, 7)
CALLED_AGAIN = timedelta(minutes=15)
TO_ACT = timedelta(minutes=60)
APART = timedelta(hours=22)
"""The least time between two rungs where only an unconfirmed referral waits (ADR 0023)."""

# As GOV.UK lists them for England and Wales (2026 to 2028); 2029 by the same rule, as far as it is asked.
BANK_HOLIDAYS = {
    date.fromisoformat(day)
    for day in (
        *("2026-01-01", "2026-04-03", "2026-04-06", "2026-05-04", "2026-05-25", "2026-08-31"),
        *("2026-12-25", "2026-12-28"),  # Boxing Day fell on a Saturday
        *("2027-01-01", "2027-03-26", "2027-03-29", "2027-05-03", "2027-05-31", "2027-08-30"),
        *("2027-12-27", "2027-12-28"),  # Christmas on a Saturday, Boxing Day on a Sunday
        *("2028-01-03", "2028-04-14", "2028-04-17", "2028-05-01", "2028-05-29", "2028-08-28"),
        *("2028-12-25", "2028-12-26"),
        *("2029-01-01", "2029-03-30", "2029-04-02", "2029-05-07", "2029-05-28", "2029-08-27"),
    )
}


@cache
def is_worked(day: date) -> bool:
    """Whether people work in England on this day."""
    assert 2026 <= day.year <= 2029, "its bank holidays are not written out here"
    return day.strftime("%a") not in ("Sat", "Sun") and day not in BANK_HOLIDAYS


@cache
def last_sunday(year: int, month: int) -> date:
    """On which clocks are changed, at one in the morning UTC: forward in March, back in October."""
    day = date(year, month, 31)
    while day.strftime("%a") != "Sun":
        day -= DAY
    return day


def ahead(at: datetime) -> timedelta:
    """How far clocks in London are ahead of UTC at this instant."""
    forward, back = (
        datetime.combine(last_sunday(at.year, month), time(1), UTC) for month in (3, 10)
    )
    return HOUR if forward <= at < back else timedelta(0)


def day_of(at: datetime) -> date:
    """The day that it is in London."""
    return (at.astimezone(UTC) + ahead(at)).date()


@cache
def begins(day: date) -> datetime:
    """Midnight in London at which this day begins, in UTC."""
    midnight = datetime.combine(day, time(0), UTC)
    return midnight - ahead(midnight - HOUR)


@cache
def worked_after(day: date) -> list[date]:
    """The first seven working days after T: after this day, if people work on it, or after the next."""
    while not is_worked(day):
        day += DAY
    found: list[date] = []
    while len(found) < RUNGS[-1]:
        day += DAY
        if is_worked(day):
            found.append(day)
    return found


def over(received: datetime, days: int) -> datetime:
    """The instant at which so many working days from T are over, in UTC."""
    return begins(worked_after(day_of(received))[days - 1] + DAY)


def worked_between(one: datetime, other: datetime) -> bool:
    """Whether a working day ended after the one instant, and by the other."""
    day = day_of(one)
    while begins(day + DAY) <= other:
        if is_worked(day):
            return True
        day += DAY
    return False


@dataclass
class Expected:
    """One record as it must stand: what was done to it, who must have been told when, who called when.

    Times are those of the clock as it stood then; it may have been put back. What happens is told in the
    order in which it happened. `begun`: when its ladder began again, after nothing had waited; `told_before`
    then.
    """

    received: datetime
    danger: bool = False
    unseen: bool = True
    decided: bool = False
    to_do: bool = False
    referred: list[datetime] = field(default_factory=list)
    told: list[tuple[int, datetime]] = field(default_factory=list)
    calls: list[datetime] = field(default_factory=list)
    begun: datetime | None = None
    told_before: int = 0
    _acted: bool = False
    _since: list[datetime] = field(default_factory=list)
    _answered: bool = False

    def looked(self) -> None:
        """Its owner opened it."""
        self.unseen = False

    def said_more(self, at: datetime) -> None:
        """Whoever told came back and said more."""
        self._begins(at)
        self.unseen = True

    def decide(self, at: datetime, *, to_do: bool) -> None:
        """Its owner decided; `to_do`: somebody must now act, or refer, and write that down."""
        if to_do:
            self._begins(at)
        self.decided, self.to_do = True, to_do
        self._act()

    def rang(self) -> None:
        """Somebody was rung, and that was written down: that is what was to be done."""
        self.to_do = False
        self._act()

    def refer(self, at: datetime) -> None:
        """By telephone, to children's services: that does what was decided, and waits to be confirmed."""
        self._begins(at)
        self.to_do = False
        self.referred.append(at)
        self._act()

    def confirmed(self) -> None:
        """Whoever was told first of those who did not, says that they have it."""
        self.referred.pop(0)

    def answered(self) -> None:
        """Whoever was called said "I have this"."""
        self._answered = True

    @property
    def waits(self) -> bool:
        """Whether anything waits, and somebody is left who can be told."""
        rungs = len(self.told) - self.told_before
        return rungs < len(RUNGS) and (self.more_waits or bool(self.referred))

    @property
    def more_waits(self) -> bool:
        """Whether anything waits but a confirmation."""
        return self.unseen or not self.decided or self.to_do

    def swept(self, at: datetime) -> None:
        """The sweep ran to its end: every rung that is due was told now."""
        for days in RUNGS[len(self.told) - self.told_before :]:
            if not self._is_due(days, at):
                return
            self.told.append((days, at))

    def asked_for_calls(self, at: datetime) -> bool:
        """The loop of calls went through once; whether somebody was called."""
        if not self.is_alarming or not self._call_is_due(at):
            return False
        self.calls.append(at)
        self._since.append(at)
        return True

    @property
    def is_alarming(self) -> bool:
        """A child may be in danger, and nobody acted, or nobody opened what was said since."""
        return self.danger and (self.unseen or not self._acted)

    def _is_due(self, days: int, at: datetime) -> bool:
        if not self.waits or over(self.begun or self.received, days) > at:
            return False
        if self.more_waits:
            return True
        if over(min(self.referred), 1) > at:
            return False
        return all(at - when >= APART and worked_between(when, at) for _, when in self.told)

    def _call_is_due(self, at: datetime) -> bool:
        if not self._since:
            return True
        first, last = self._since[0], self._since[-1]
        if last > at + timedelta(minutes=1):  # the clock was put back
            return True
        again = last + CALLED_AGAIN
        return at >= (max(again, min(first, last) + TO_ACT) if self._answered else again)

    def _begins(self, at: datetime) -> None:
        """Something will wait; where nothing did its ladder begins again."""
        if not (self.more_waits or self.referred):
            self.begun, self.told_before = at, len(self.told)

    def _act(self) -> None:
        self._acted, self._since, self._answered = True, [], False
