"""A year of ten thousand records through the folds and rules alone, beside what is counted by hand."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.core import working_days
from heed.core.times import LONDON
from heed.core.vocabulary import Kind
from heed.intake.view import Concerns, Record
from heed.oversight import ladder
from heed.oversight.calls import ACT, NEXT, Calls
from heed.oversight.chases import Chases
from heed.oversight.ladder import RUNGS, Unconfirmed, received_before
from heed.referral.commands import Heard
from heed.referral.waiting import waits_for
from heed.register.entry import Header
from heed.triage.clocks import DECIDE, NOTHING, OPEN_IN_DANGER, Waiting, next_due
from heed.triage.concerned import CONFIRM, Concerned
from tests.by_hand import Expected, begins, over

FROM = date(2027, 7, 1)
"""The year from here has both changes of the clocks, a Christmas on a Saturday, a leap day and Easter."""
YEAR, DAY, SECOND = timedelta(days=366), timedelta(days=1), timedelta(seconds=1)
CHILDREN = "council/E09000033/children"
OWNER, OTHER = UUID(int=1), UUID(int=2)


@dataclass
class Core:
    """The folds, with no database below them; and what is counted by hand, record by record."""

    concerns: Concerns = field(default_factory=Concerns)
    expected: dict[UUID, Expected] = field(default_factory=dict)
    waiting: dict[UUID, None] = field(default_factory=dict)
    must_wait: dict[UUID, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.chases, self.calls = Chases(self.concerns), Calls(self.concerns)
        self.concerned = Concerned(self.concerns)
        self.told: dict[UUID, list[tuple[int, datetime]]] = {}
        self._versions: dict[UUID, int] = {}
        self._entries = 1000
        self._offers: dict[UUID, UUID] = {}
        self._referrals: dict[UUID, list[UUID]] = {}

    def take(self, record: UUID, kind: Kind, at: datetime, **facts: object) -> UUID:
        """One entry, as every fold would take it; its id."""
        self._entries += 1
        id = UUID(int=self._entries)
        own = kind != Kind.LOOKED
        version = self._versions[record] = self._versions.get(record, 0) + own
        nothing = {"prev_size": 0, "prev_root": "", "facts": "", "sealed": ""}
        header = Header(id, record if own else id, version, kind, "any", at, **nothing)
        said = {"actor": str(OWNER)} | facts
        rested = record in self.concerns.records and not is_due(self.concerns.records[record])
        for fold in (self.concerns, self.concerned, self.calls):
            fold.apply(header, said)
        if rested and is_due(self.concerns.records[record]):  # as register.append() says
            said["anew"] = version
        self.chases.apply(header, said)
        for one, group in (
            (waits(self.concerns.records[record]), self.waiting),
            (self.expected[record].waits, self.must_wait),
        ):
            group.update({record: None}) if one else group.pop(record, None)
        return id

    def sweep(self, now: datetime) -> None:
        """What loops/sweep.py asks and machinery.to_chase() answers, of the folds."""
        unconfirmed = Unconfirmed.at(now)
        for chased, days in pairwise((0, *(rung.days for rung in RUNGS))):
            before = received_before(days, now)
            for id in tuple(self.waiting):
                record = self.concerns.records[id]
                since = record.anew_at or record.filed_at
                due = record.chased == chased and since < before
                if due and self._may_come(record, unconfirmed):
                    self.take(id, Kind.CHASED, now, days=days, told=[str(OWNER)])
                    self.told[id].append((days, now))
        for id in tuple(self.must_wait):
            self.expected[id].swept(now)
            if not self.expected[id].waits:
                self.must_wait.pop(id)

    def _may_come(self, record: Record, unconfirmed: Unconfirmed) -> bool:
        more = record.unseen_since is not None or as_waiting(record).decision_open
        if record.to_do != CONFIRM or more:
            return True
        assert record.to_do_since is not None
        told = max((at for _, at in self.told[record.id]), default=record.filed_at)
        return record.to_do_since < unconfirmed.asked and told < unconfirmed.told

    # What can happen to a record.

    def file(self, record: UUID, at: datetime, danger: str) -> None:
        self.expected[record], self.told[record] = Expected(at, danger != "no"), []
        about = {"reference": "R", "channel": "online", "danger": danger, "owner": str(OWNER)}
        self.take(record, Kind.FILED, at, spooled_at=None, **about)

    def look(self, record: UUID, at: datetime) -> None:
        self.expected[record].looked()
        self.take(record, Kind.LOOKED, at, records=[str(record)], purpose="own queue")

    def hand_over(self, record: UUID, at: datetime) -> None:
        offer = self.take(record, Kind.HAND_OVER_OFFERED, at, taker=str(OTHER))
        self.take(record, Kind.HAND_OVER_ACCEPTED, at, offer=str(offer), actor=str(OTHER))

    def say_more(self, record: UUID, at: datetime) -> None:
        self.expected[record].said_more(at)
        self.take(record, Kind.ADDED, at)

    def settle(self, record: UUID, at: datetime) -> None:
        self.look(record, at)
        self.expected[record].decide(at + SECOND, to_do=False)
        self.take(record, Kind.DECIDED, at + SECOND, concerned=None, decision="share")

    def promise(self, record: UUID, at: datetime) -> None:
        self.look(record, at)
        self.expected[record].decide(at + SECOND, to_do=True)
        self.take(record, Kind.DECIDED, at + SECOND, concerned=None, decision="act_now")

    def ring(self, record: UUID, at: datetime) -> None:
        self.expected[record].rang()
        self.take(record, Kind.CALLED, at)

    def refer(self, record: UUID, at: datetime) -> None:
        self.expected[record].refer(at)
        how = {"route": "protecting", "how": "telephone", "body": CHILDREN, "concerned": None}
        sent = self.take(record, Kind.REFERRED, at, told_at=at.isoformat(), **how)
        self._referrals.setdefault(record, []).append(sent)

    def hear(self, record: UUID, at: datetime) -> None:
        if self._referrals.get(record):
            sent = str(self._referrals[record].pop(0))
            self.expected[record].confirmed()
            self.take(record, Kind.REFERRAL_HEARD, at, referral=sent, what=Heard.ACKNOWLEDGED)


Act = Callable[[Core, UUID, datetime], None]
ACTS: tuple[Act, ...] = (
    *(Core.look, Core.hand_over, Core.say_more, Core.settle, Core.promise),
    *(Core.ring, Core.refer, Core.hear),
)


def as_waiting(record: Record) -> Waiting:
    return Waiting(*(getattr(record, name) for name in Waiting._fields))


def waits(record: Record) -> bool:
    return record.chased < RUNGS[-1].days and is_due(record)


def is_due(record: Record) -> bool:
    return next_due(as_waiting(record)) != NOTHING


@dataclass(frozen=True)
class Story:
    """What happens to one record, and how long after the step before it."""

    received: datetime
    danger: str = "no"
    acts: tuple[tuple[timedelta, Act], ...] = ()

    def steps(self) -> Iterator[tuple[datetime, Act]]:
        at = self.received
        for pause, act in self.acts:
            at += pause
            yield at, act


def midnights(first: date, days: int) -> Iterator[datetime]:
    """A second before each midnight in London, and at it: a rung comes then, and never before."""
    for count in range(days):
        for early in (SECOND, timedelta(0)):
            yield begins(first + DAY * count) - early


def wrong_in(stories: list[Story], sweeps: Iterator[datetime]) -> list[UUID]:
    """The records that were not told of as is counted by hand, after all that was played."""
    core = Core()
    plays: list[tuple[datetime, Callable[[], None]]] = []
    for number, story in enumerate(stories):
        record = UUID(int=number + 10**9)
        plays.append((story.received, lambda r=record, s=story: core.file(r, s.received, s.danger)))
        plays += [(at, lambda a=act, r=record, t=at: a(core, r, t)) for at, act in story.steps()]
    plays += [(at, lambda t=at: core.sweep(t)) for at in sweeps]
    for _, play in sorted(plays, key=lambda one: one[0]):
        play()
    return [record for record, must in core.expected.items() if core.told[record] != must.told]


def invented(count: int, seed: str) -> list[Story]:
    """So many records over the year, at any second; half of them somebody acts on sooner or later."""
    dice = random.Random(seed)
    last = begins(FROM + YEAR - 20 * DAY)
    span = int((last - begins(FROM)).total_seconds())
    kinds: tuple[tuple[Act, ...], ...] = (
        *((), (), (Core.look,), (Core.look, Core.hand_over), (Core.hand_over, Core.hand_over)),
        *((Core.settle,), (Core.settle, Core.say_more), (Core.promise,), (Core.promise, Core.ring)),
        *((Core.settle, Core.refer), (Core.promise, Core.refer, Core.hear)),
    )
    found = []
    for _ in range(count):
        received = begins(FROM) + SECOND * dice.randrange(span)
        acts = dice.choice(kinds)
        pauses = [SECOND * dice.randrange(2, 6 * 86400) for _ in acts]
        danger = dice.choice(("yes", "no", "unknown"))
        found.append(Story(received, danger, tuple(zip(pauses, acts, strict=True))))
    return found


def year(count: int) -> list[UUID]:
    return wrong_in(invented(count, "a year"), midnights(FROM, YEAR.days))


def test_of_ten_thousand_records_in_a_year_each_rung_is_told_at_its_midnight_once() -> None:
    assert year(10_000) == []


def restarting(self: Concerns, header: Header, facts: dict[str, object]) -> None:
    """A hand-over that would begin the ladder anew."""
    if header.kind == Kind.HAND_OVER_ACCEPTED:
        known = self.records[header.stream]
        self.records[header.stream] = known._replace(filed_at=header.recorded_at)


WRONGS: dict[str, tuple[object, str, object]] = {
    "a hand-over begins it anew": (Concerns, "_handed_over", restarting),
    "bank holidays count": (working_days, "is_working_day", lambda day: day.weekday() < 5),
    "days are those of UTC": (ladder, "LONDON", UTC),
    "nothing waits that was looked at": (Waiting, "decision_open", property(lambda _: False)),
}


@pytest.mark.parametrize("wrong", WRONGS.values(), ids=WRONGS)
def test_a_core_that_counts_otherwise_is_found_out(
    wrong: tuple[object, str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*wrong)
    assert year(400) != []


MINUTES = st.integers(1, 20 * 24 * 60).map(lambda count: timedelta(minutes=count))
INSTANTS = st.datetimes(datetime(2027, 1, 1), datetime(2028, 10, 1), timezones=st.just(UTC))
DANGERS = st.sampled_from(["yes", "no", "unknown"])
STORIES = st.builds(
    Story,
    INSTANTS,
    DANGERS,
    st.lists(st.tuples(MINUTES, st.sampled_from(ACTS)), max_size=8).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(story=STORIES)
def test_whatever_happens_to_a_record_in_whatever_order_its_rungs_are_those_counted_by_hand(
    story: Story,
) -> None:
    first = story.received.astimezone(LONDON).date()
    assert wrong_in([story], midnights(first, 60)) == []


@settings(max_examples=300, deadline=None)
@given(received=INSTANTS)
def test_what_asks_by_working_days_and_what_asks_by_minutes(received: datetime) -> None:
    """Danger is by elapsed time on every day of the year, whatever is done to the clocks that night."""
    assert DECIDE.due(received) == over(received, 1) - SECOND
    for rung in RUNGS:
        assert rung.rule.due(received) == over(received, rung.days) - SECOND
    referral = waits_for("protecting", CHILDREN, received, ())
    assert referral.by == over(received, 1) - SECOND
    assert not referral.late(referral.by)
    assert referral.late(over(received, 1))
    for clock, minutes in ((NEXT, 15), (OPEN_IN_DANGER, 15), (ACT, 60)):
        assert clock.due(received) == received + timedelta(minutes=minutes)
