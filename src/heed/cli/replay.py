"""Plays a story on the demonstration's clock: what comes in, what owners do, who is told of silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from heed.cli.acting import PATIENCE, Staff, tell
from heed.cli.casting import Stage, set_clock
from heed.cli.receipts import collect
from heed.cli.story import Moment, StoryItem, StoryWrong, Theft
from heed.cli.theft import words_on_it
from heed.cli.weekend import before, destroy, find, put_back
from heed.core.times import LONDON
from heed.core.vocabulary import Channel, Danger
from heed.core.working_days import after, working_day_of
from heed.loops.call import CallOuts
from heed.loops.sweep import Sweep
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.store.configuration import Configuration, SweepHand
from heed.store.connection import Link

OWNERS_HOUR = time(10)
"""When whoever answers acts, on the working day after."""
CALLS = (1, 17, 33, 49)
"""Minutes after it came in at which the replay has people called; the real loop never stops asking."""
SWEEPS = time(0, 5)
"""When the sweep goes through, each day: soon after the day before has ended."""
_RECORD = "SELECT t.stream FROM register.thread t WHERE t.lookup = %s"
_SCREENED = "SELECT EXISTS (SELECT FROM words.screened s WHERE s.record = %s)"
_OWNER = "SELECT r.owner FROM facts.record r WHERE r.id = %s"


class Step(NamedTuple):
    """Something that happens at an instant of the story."""

    at: datetime
    play: Callable[[], None]


class Replay:
    """A story on its stage, step by step; what was played once is not played again."""

    def __init__(
        self, stage: Stage, place: Path, url: str, configuration: Configuration, *, silent: bool
    ) -> None:
        """`silent`: nobody who answers acts; only what comes in, and the sweep."""
        self._stage = stage
        self._place = place
        self._url = url
        self._configuration = configuration
        self.staff = Staff(configuration.office_port, stage.credential)
        self._silent = silent
        self._hand = SweepHand.load(place, configuration.origin)

    def play(self, say: Callable[[str], None]) -> None:
        """Everything that was not played yet; the clock is set back to the real time at the end.

        `say` is told each day of the story as it begins.
        """
        if self._stage.finished:
            return
        steps = sorted(self._steps(), key=lambda step: step.at)
        left = steps[self._stage.played :]
        day = 0
        for step in left:
            if self._stage.day_of(step.at) != day:
                day = self._stage.day_of(step.at)
                say(f"Day {day} of {self._stage.story.days}")
            set_clock(self._url, step.at)
            step.play()
            self._stage.step_played()
        set_clock(self._url, None)
        self._stage.finish()

    def _steps(self) -> Iterator[Step]:
        for number, item in enumerate(self._stage.story.items):
            received = self._stage.instant(item.moment)
            yield Step(received, partial(self._receive, number, item))
            if item.concern.danger != Danger.NO:
                for minutes in CALLS:
                    calls = received + timedelta(minutes=minutes)
                    yield Step(calls, partial(self._call, number))
            if item.owner is not None and not self._silent:
                acts = next_working_day(received) + timedelta(minutes=number)
                yield Step(acts, partial(self._answer, number, item))
            if item.weekend is not None:
                yield Step(self._stage.instant(item.weekend.destroyed), partial(self._lose, number))
                yield Step(self._stage.instant(item.weekend.found), partial(self._find, number))
        if theft := self._stage.story.theft:
            yield Step(self._stage.instant(theft.stolen), self._steal)
            yield Step(self._stage.instant(theft.noticed), partial(self._shut_out, theft))
        for day in range(2, self._stage.story.days + 1):
            yield Step(self._stage.instant(Moment(day, SWEEPS)), self._sweep)

    def _receive(self, number: int, item: StoryItem) -> None:
        """Its words come before the story goes on: a day of the story is no time for those who open."""
        if item.concern.channel == Channel.ONLINE:
            self._stage.keep(tell(self._configuration.public_port, item.concern))
        else:
            self._stage.keep(self.staff.put_in(item.by, item.concern))
        self._wait_for_words(number)

    def _answer(self, number: int, item: StoryItem) -> None:
        assert item.owner is not None
        record = self._record(number)
        owner = self._stage.person(self._asked(_OWNER, record))
        if owner is not None and owner.username:
            refused = self.staff.act(owner.id, record, item.owner)
            self._stage.keep_refusals(refused, len(item.owner.criticises))

    def _call(self, number: int) -> None:
        """Whoever is to be called now."""
        link, to = self._sweeping()
        CallOuts(link, to).step()

    def _wait_for_words(self, number: int) -> None:
        record, ends = self._record(number), monotonic() + PATIENCE
        while not self._asked(_SCREENED, record):
            if monotonic() > ends:
                raise StoryWrong("the words of an item did not come: run `heed doctor`")
            sleep(0.05)

    def _lose(self, number: int) -> None:
        """The sender fetched the receipt before; then what they sent is destroyed.

        What stood there is saved first, so that a replay that is stopped here puts it back all the same.
        """
        record = self._record(number)
        if number not in self._stage.weekends:
            code = self._stage.codes[number]
            (kept,) = collect(self._url, self._configuration, self._place, [code])
            self._stage.save_weekend(number, before(self._url, record, kept))
        destroy(self._url, record)

    def _find(self, number: int) -> None:
        done = self._stage.weekends[number]
        if "found" not in done:
            found, holding = find(self._url, self._place, done)
            done |= {"found": str(found).lower(), "holds": str(holding).lower()}
            self._stage.save_weekend(number, done)
        put_back(self._url, done)
        self._stage.keep_weekend(number, {name: done[name] for name in ("found", "holds")})

    def _steal(self) -> None:
        told = (item.concern for item in self._stage.story.items)
        files, readable = words_on_it(self._place, told)
        self._stage.keep_theft(files=files, readable=readable)

    def _shut_out(self, theft: Theft) -> None:
        person = theft.laptop_of
        renew = partial(self._stage.renew, person)
        id = self._stage.id_of(person)
        ended = self.staff.shut_out(person, id, theft.ended_by, renew)
        self._stage.keep_theft(ended=int(ended))

    def _sweep(self) -> None:
        link, to = self._sweeping()
        Sweep(link, to, self._hand.heartbeat, self._hand.export).step()

    def _sweeping(self) -> tuple[Link, Recipients]:
        """What the sweep works with; the replay does its work at the story's instants."""
        to = Recipients({"organisation": self._hand.organisation})
        return Link(self._hand.database_url), to

    def _record(self, number: int) -> UUID:
        code = ReturnCode.parse(" ".join(self._stage.codes[number]))
        record: UUID = self._asked(_RECORD, code.lookup)
        return record

    def _asked(self, question: str, *given: object) -> Any:
        with psycopg.connect(self._url) as connection:
            connection.execute("SET LOCAL ROLE heed_rule")
            row = connection.execute(question.encode(), given).fetchone()
        assert row is not None
        return row[0]


def next_working_day(received: datetime) -> datetime:
    """Ten in the morning, London time, of the working day after that of receipt; in UTC."""
    day = after(working_day_of(received), 1)
    return datetime.combine(day, OWNERS_HOUR, LONDON).astimezone(UTC)
