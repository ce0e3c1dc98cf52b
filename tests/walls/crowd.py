"""The clients of a storm, as processes that are killed: they also decide, refer, ring and answer calls."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from typing import Any, ClassVar

from heed.loops.call import CallOuts
from heed.oversight.commands import answer_call
from heed.referral.commands import Heard, How, refer, write_down_heard
from heed.referral.rules import Route
from heed.triage.concerned_commands import Choice, decide
from tests.walls.referring import CHILDREN
from tests.walls.upheaval import Account, Client
from tests.world import CHANCE

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.walls.crowd"])
_REFERRALS = """
SELECT r.id, r.owner, f.entry FROM facts.referral f JOIN facts.record r ON r.id = f.record
ORDER BY f.entry
"""


class Member(Client):
    """A client who also works on records."""

    def _decide(self) -> None:
        record, owner = self._held()
        self._look(record, owner, "own queue")
        choice = self.dice.choice(list(Choice))
        about = {"record": record, "concerned": None, "reason": "as told"}
        self.act(owner, decide(CHANCE, self._office, choice=choice, **about))

    def _refer(self) -> None:
        """By telephone, to children's services."""
        record, owner = self._held()
        said = {"person": "Duty worker", "reach": "01632 960 999", "place": "SW1A 1AA"}
        way = {"route": Route.PROTECTING, "body": CHILDREN, "how": How.TELEPHONE}
        about = {"record": record, "concerned": None, "told_at": _just_now()}
        self.act(owner, refer(CHANCE, self._office, said, **way, **about))

    def _hear(self) -> bool:
        return self._write_down([what for what in Heard if what != Heard.IN_ERROR])

    def _take_back(self) -> bool:
        """A referral was recorded in error."""
        return self._write_down([Heard.IN_ERROR])

    def _write_down(self, heard: list[Heard]) -> bool:
        row = self.one(_REFERRALS)
        if row is not None:
            record, owner, referral = row
            said = {"person": "Duty worker", "reference": "R 7", "words": "They said so."}
            about = {"record": record, "referral": referral, "happened_at": _just_now()}
            what = self.dice.choice(heard)
            self.act(owner, write_down_heard(CHANCE, self._office, what=what, **about, **said))
        return row is not None

    def _call(self) -> bool:
        """The loop of calls goes through once; several at a time, and killed half-way."""
        return CallOuts(self._links["heed_sweep"], self._office).step() > 0

    def _answer_call(self) -> bool:
        """Whoever was called says "I have this", and may answer for the record from then on."""
        row = self.one("SELECT record, entry, person FROM facts.call_out ORDER BY entry")
        if row is not None:
            record, call, person = row
            self.act(person, answer_call(CHANCE, self._office, record=record, call=call))
        return row is not None

    acts: ClassVar[dict[Callable[[Any], bool | None], int]] = {
        Client._file: 6,
        Client._look_at_own: 10,
        Client._oversee: 6,
        Client._ask_for_leave: 5,
        Client._grant: 5,
        Client._bring_in: 3,
        Client._break_glass: 4,
        Client._name: 7,
        Client._criticise: 4,
        Client._lift: 3,
        Client._offer: 8,
        Client._take: 8,
        Client._decline: 2,
        Client._relate: 3,
        Client._join: 5,
        Client._leave: 3,
        Client._repost: 3,
        Client._employ: 4,
        Client._end: 2,
        Client._reorganise: 3,
        Client._take_turns: 3,
        Client._go_away: 5,
        Client._come_back: 5,
        Client._replace_contact: 1,
        Client._withdraw: 1,
        _decide: 7,
        _refer: 5,
        _hear: 4,
        _take_back: 2,
        _call: 4,
        _answer_call: 6,
    }


def _just_now() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=1)


def live(account: Account, name: str) -> None:
    """One client as a process, until it is killed; it dies when the test does, however that ends."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    client = Member(account, f"{name} {os.getpid()}")
    while True:
        client.step()


class Crowd:
    """Clients as processes, some of them killed."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._running: dict[str, ForkServerProcess] = {}
        self.killed = 0

    def start(self, name: str) -> None:
        """(Re)start one client."""
        process = _PROCESSES.Process(target=live, args=(self._account, name))
        process.start()
        self._running[name] = process

    def ask_for(self, acts: Iterable[str]) -> None:
        """Whoever lives does these more often from now on."""
        fresh = self._account.asked.with_suffix(".new")
        fresh.write_text(" ".join(acts))
        fresh.replace(self._account.asked)

    def kill(self, name: str) -> None:
        """SIGKILL it, wherever it stands, and start it anew."""
        process = self._running[name]
        assert process.exitcode is None, f"{name} fell over by itself"
        process.kill()
        process.join()
        self.killed += 1
        self.start(name)

    def stop(self) -> None:
        """Kill everybody."""
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.join()
        self._running.clear()

    def told(self, word: str) -> list[list[str]]:
        """The lines of all journals that begin with this word, without it."""
        lines = [
            line.split()
            for journal in sorted(self._account.journals.iterdir())
            for line in journal.read_text().split("\n")[:-1]
        ]
        return [line[1:] for line in lines if line[0] == word]
