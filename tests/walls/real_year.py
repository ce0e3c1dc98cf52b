"""A virtual year through the real store: what comes in, what people do, nights in which the sweep is killed.

One client, one thing after another, each at its instant of the demonstration's clock: here time is what is
tried. Where many clients do everything at once, at one instant, is tests/walls/upheaval.py.
"""

from __future__ import annotations

import heapq
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from uuid import UUID

from heed.access import commands, people
from heed.access.walls import Ground
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Actor, Channel, Danger
from heed.intake.beside import Whom, write_down_call
from heed.intake.commands import file_concern
from heed.intake.events import Concern
from heed.loops.call import CallOuts
from heed.loops.sequence import Sequencer
from heed.loops.sweep import Sweep
from heed.oversight.commands import answer_call
from heed.referral.commands import Heard, How, criticise, refer, write_down_heard
from heed.referral.rules import Route
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.triage.concerned_commands import Choice, decide
from tests.by_hand import Expected, begins
from tests.walls.bodies import Bodies, new_session
from tests.walls.calling import reachable
from tests.walls.mortal import HEARTBEAT, call_and_die, dies, sweep_and_die
from tests.walls.referring import CHILDREN
from tests.world import CHANCE, Told

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
CALLS = (1, 20, 75)
"""Minutes after danger came in at which the loop of calls goes through; else once a night."""
_CLOCK = """
INSERT INTO machinery.clock (shift) VALUES (%s - clock_timestamp())
ON CONFLICT (one) DO UPDATE SET shift = EXCLUDED.shift
"""


@dataclass
class Year:
    """What is there, what is still to come, and what must have happened, record by record."""

    scene: Bodies
    export: Path
    dice: random.Random
    now: datetime
    expected: dict[UUID, Expected] = field(default_factory=dict)
    told: dict[UUID, Told] = field(default_factory=dict)
    killed: int = 0
    killed_calling: int = 0
    _plan: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _places: Iterator[int] = field(default_factory=count)
    _referrals: dict[UUID, list[UUID]] = field(default_factory=dict)
    _workers: list[str] = field(default_factory=lambda: ["lead", "colleague"])
    _away: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        reachable(self.scene)
        self.world = self.scene.world
        link = self.world.link("heed_sequencer")
        self.sequencer = Sequencer(link, self.world.log, self.export)
        for record in self.scene.records:  # what stood there before the year
            self.expected[record] = Expected(self._filed_at(record), danger=True)
        self.set_clock(self.now)

    def at(self, instant: datetime, play: Callable[[], None]) -> None:
        """Plan something; what is planned for one instant is done in that order."""
        heapq.heappush(self._plan, (instant, next(self._places), play))

    def play_until(self, end: datetime) -> None:
        """Everything that is planned before this instant."""
        while self._plan and self._plan[0][0] < end:
            instant, _, play = heapq.heappop(self._plan)
            self.set_clock(instant)
            play()

    def set_clock(self, instant: datetime) -> None:
        self.now = instant
        self.world.link("heed_owner").rows(_CLOCK, (instant,))

    def act(self, name: str, entry: SealedEntry) -> None:
        if name not in self.scene.keys:
            self.scene.keys[name] = new_session(self.world, self.world.people[name])
        self.scene.act(name, entry)

    def owner(self, record: UUID) -> str:
        held = self.scene.owner(record)
        return next(name for name, person in self.world.people.items() if person == held)

    def _filed_at(self, record: UUID) -> datetime:
        asked = "SELECT filed_at FROM facts.record WHERE id = %s"
        found: datetime = self.world.as_owner(asked, (record,))[0][0]
        return found

    # Every night.

    def sweep(self) -> None:
        """The sweep goes through; on one night in three it is killed half-way before."""
        world = self.world
        if self.dice.random() < 1 / 3:
            given = (world.urls["heed_sweep"], world.organisation.public(), self.export)
            fate = (self.dice.randrange(3), self.dice.random() < 0.5)
            self.killed += dies(sweep_and_die, *given, *fate)
        Sweep(world.link("heed_sweep"), self.scene.to, HEARTBEAT, self.export).step()
        for one in self.expected.values():
            one.swept(self.now)

    def call(self) -> None:
        """The loop of calls goes through; it is killed before at one call, or just after, one time in three."""
        due = sum(one.asked_for_calls(self.now) for one in self.expected.values())
        before, world = self._calls(), self.world
        if due and self.dice.random() < 1 / 3:
            fate = (self.dice.randrange(due), self.dice.random() < 0.5)
            given = (world.urls["heed_sweep"], world.organisation.public())
            self.killed_calling += dies(call_and_die, *given, *fate)
        loop = CallOuts(world.link("heed_sweep"), self.scene.to)
        while loop.step():
            pass
        assert self._calls() - before == due

    def _calls(self) -> int:
        found: int = self.world.as_owner("SELECT count(*) FROM facts.call_out")[0][0]
        return found

    def step_back(self) -> None:
        """The clock is put back; everything runs then, too, and something comes in."""
        self.set_clock(self.now - 2 * HOUR - 15 * MINUTE)
        self.sweep()
        self.call()
        self.file(Danger.NO)

    # What comes in.

    def file(self, danger: Danger) -> UUID:
        """By whoever tells, or put in by whoever is on duty: paper, calls, emails."""
        channel = self.dice.choice(list(Channel))
        if channel == Channel.ONLINE:
            one = self.world.tell("what was seen", danger=danger)
            self.told[one.record] = one
            record = one.record
        else:
            record = self._put_in(channel, danger)
        self.world.open()
        self.expected[record] = Expected(self.now, danger != Danger.NO)
        return record

    def _put_in(self, channel: Channel, danger: Danger) -> UUID:
        code = ReturnCode.new(os.urandom)
        entry = file_concern(
            CHANCE,
            Recipients(self.scene.to.keys, code.key),
            Concern(told="what was told", danger=danger, channel=channel),
            record=code.record,
            token=os.urandom(32),
            door=new_door(CHANCE, code),
            actor=Actor.WORKER,
        )
        self.act(self.dice.choice(self._present()), entry)
        return code.record

    def say_more(self, record: UUID) -> None:
        if record in self.told:
            one = self.told[record]
            self.world.tell("more", danger=Danger.NO, code=one.code, door=one.door)
            self.world.open()
            self.expected[record].said_more(self.now)

    # What owners do.

    def look(self, record: UUID) -> None:
        name = self.owner(record)
        reader = self.world.people[name]
        about = {"person": reader, "records": [record], "purpose": "own queue"}
        self.act(name, commands.look(CHANCE, self.scene.to, **about))
        self.expected[record].looked()

    def settle(self, record: UUID) -> None:
        self._decide(record, Choice.SHARE)

    def promise(self, record: UUID) -> None:
        self._decide(record, Choice.ACT_NOW)

    def _decide(self, record: UUID, choice: Choice) -> None:
        self.look(record)
        about = {"record": record, "concerned": None, "reason": "as told"}
        self.act(self.owner(record), decide(CHANCE, self.scene.to, choice=choice, **about))
        self.expected[record].decide(self.now, to_do=choice == Choice.ACT_NOW)

    def ring(self, record: UUID) -> None:
        about = {"record": record, "whom": next(iter(Whom)), "rung_at": self.now - 2 * MINUTE}
        entry = write_down_call(CHANCE, self.scene.to, words="They come.", **about)
        self.act(self.owner(record), entry)
        self.expected[record].rang()

    def refer(self, record: UUID) -> None:
        self.look(record)
        said = {"person": "Duty worker", "reach": "01632 960 999", "place": "SW1A 1AA"}
        way = {"route": Route.PROTECTING, "body": CHILDREN, "how": How.TELEPHONE}
        about = {"record": record, "concerned": None, "told_at": self.now - 2 * MINUTE}
        entry = refer(CHANCE, self.scene.to, said, **way, **about)
        self.act(self.owner(record), entry)
        self._referrals.setdefault(record, []).append(entry.id)
        self.expected[record].refer(self.now)

    def hear(self, record: UUID) -> None:
        if not self._referrals.get(record):
            return
        referral = self._referrals[record].pop(0)
        said = {"person": "Duty worker", "reference": "R 7", "words": "They have it."}
        heard = {"what": Heard.ACKNOWLEDGED, "happened_at": self.now - 2 * MINUTE}
        about = {"record": record, "referral": referral}
        entry = write_down_heard(CHANCE, self.scene.to, **about, **heard, **said)
        self.act(self.owner(record), entry)
        self.expected[record].confirmed()

    def criticise(self, record: UUID) -> None:
        about = {"record": record, "body": CHILDREN, "stands": True, "reason": "slow"}
        self.act(self.owner(record), criticise(CHANCE, self.scene.to, **about))

    def restrict(self, record: UUID) -> None:
        """Somebody must not see it: anybody, also whoever answers for it."""
        person = self.world.people[self.dice.choice([*self._present(), "third"])]
        about = {"record": record, "person": person, "ground": Ground.ACCUSED, "reason": "named"}
        self.act(self.owner(record), commands.wall_person(CHANCE, self.scene.to, **about))

    def hand_over(self, record: UUID) -> None:
        """To anybody who is there and may have it."""
        name, asked = self.owner(record), "SELECT register.walled(%s, %s)"
        for taker in self._present():
            person = self.world.people[taker]
            if taker != name and not self.world.as_owner(asked, (person, record))[0][0]:
                about = {"record": record, "taker": person, "note": ""}
                self.act(name, commands.offer_hand_over(CHANCE, self.scene.to, **about))
                self.act(taker, commands.accept_hand_over(CHANCE, self.scene.to, record=record))
                return

    def answer(self, record: UUID) -> None:
        """Whoever was called last says "I have this"; they may answer for it from then on."""
        asked = "SELECT entry, person FROM facts.call_out WHERE record = %s ORDER BY version DESC"
        rows = self.world.as_owner(asked, (record,))
        if rows and self.expected[record].is_alarming:
            entry, person = rows[0]
            (name,) = (name for name, one in self.world.people.items() if one == person)
            self.act(name, answer_call(CHANCE, self.scene.to, record=record, call=entry))
            self.expected[record].answered()

    # What becomes of people.

    def _present(self) -> list[str]:
        return [name for name in self._workers if name not in self._away]

    def join(self) -> None:
        """Somebody new, who is on duty from now on."""
        name = f"worker {len(self.world.people)}"
        person = self.world.add_person(name, name.capitalize(), "owner")
        desk = self.scene.units["desk"]
        add = commands.employ(CHANCE, self.scene.to, person=person, unit=desk)
        self.world.register().append(add)
        self.world.put_on_duty(name, self.now)
        self.world.open()
        self._workers.append(name)

    def leave(self) -> None:
        """Never the last who is there: somebody must take papers in."""
        if len(self._present()) > 1:
            name = self.dice.choice(self._present())
            self._workers.remove(name)
            gone = commands.leave(CHANCE, self.scene.to, person=self.world.people[name])
            self.world.register().append(gone)

    def go_away(self) -> None:
        if len(self._present()) > 1:
            name = self.dice.choice(self._present())
            self._away.append(name)
            person = self.world.people[name]
            self.act(name, people.go_away(CHANCE, self.scene.to, person=person))

    def come_back(self) -> None:
        if self._away:
            name = self._away.pop(0)
            person = self.world.people[name]
            self.act(name, people.come_back(CHANCE, self.scene.to, person=person))


def plan(year: Year, first: date, days: int, records: int) -> None:
    """What happens: so many records over the days, each with a life of its own; and the nights."""
    dice = year.dice
    for record in year.scene.records:
        year.at(begins(first) + 33 * MINUTE, lambda record=record: year.settle(record))
    for day in range(days):
        night = begins(first + DAY * day)
        year.at(night + 7 * MINUTE, year.sweep)
        year.at(night + 8 * MINUTE, year.call)
        if dice.random() < 0.1:
            year.at(night + 22 * HOUR, year.step_back)
        if dice.random() < 0.2:
            change = dice.choice((year.join, year.leave, year.go_away, year.come_back))
            year.at(night + 57 * MINUTE, change)
    slots = [
        begins(first + DAY * day) + hour * HOUR for day in range(days) for hour in range(2, 21, 2)
    ]
    for slot in sorted(dice.sample(slots, records)):
        year.at(slot + dice.randrange(10) * MINUTE, lambda: _live(year))


def _live(year: Year) -> None:
    """A record comes in; what will be done about it, in the next days, is thrown."""
    dice = year.dice
    danger = dice.choice((Danger.NO, Danger.NO, Danger.YES, Danger.UNKNOWN))
    record, came = year.file(danger), year.now
    lives: tuple[tuple[str, ...], ...] = (
        *((), ("look",), ("look", "hand_over", "restrict"), ("hand_over", "criticise")),
        *(("settle",), ("settle", "say_more", "look"), ("promise", "ring"), ("promise", "refer")),
        *(
            ("settle", "refer", "hear"),
            ("refer", "hear", "settle"),
            ("restrict", "settle", "refer"),
        ),
    )
    acts = dice.choice(lives)
    if danger != Danger.NO:
        acts = acts or ("ring",)  # else the outside contact is called each night of the year
        for minutes in CALLS:
            year.at(came + minutes * MINUTE, year.call)
        if dice.random() < 0.5:
            year.at(came + 5 * MINUTE, lambda: year.answer(record))
        if not {"settle", "ring", "refer"} & set(acts):
            acts = (*acts, "ring")
        if not {"look", "settle", "promise", "refer"} & set(acts):
            acts = (*acts, "look")  # what nobody opens rings on
    noon = begins(came.date()) + 90 * MINUTE
    for act in acts:
        noon += DAY * dice.randrange(1, 4)
        when = noon + 2 * HOUR * dice.randrange(1, 9)
        year.at(when, lambda act=act: getattr(year, act)(record))
