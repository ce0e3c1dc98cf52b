"""Many writers at once, killed at random: each keeps a journal of what it was told."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from uuid import UUID, uuid4

from heed.access import commands as access
from heed.core.ports import SealedEntry
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.loops.open import Opener
from heed.loops.sequence import Sequencer
from heed.register.entry import Recipients
from heed.register.note import Signer
from heed.register.opening import OrganisationKeys
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.register.vault import OpeningKey, SealingKey
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreAway, StoreRefused
from heed.store.readable import Desk, NoSuchRecord
from tests.world import CHANCE, World

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.store.storm"])


@dataclass(frozen=True)
class Account:
    """What a writer is given: plain data, so that it can travel to another process."""

    urls: dict[str, str]
    intake: bytes
    organisation: bytes
    origin: str
    log_seed: bytes
    readers: tuple[tuple[str, UUID], ...]
    journals: Path
    export: Path
    seed: int

    @property
    def office(self) -> Recipients:
        return Recipients({"organisation": SealingKey(self.organisation_key.public())})

    @property
    def organisation_key(self) -> OpeningKey:
        return OpeningKey(self.organisation)


@dataclass
class Storm:
    """The running processes, by name. Nothing outlives `raging`, nor the test's own process."""

    account: Account
    running: dict[str, ForkServerProcess] = field(default_factory=dict)
    killed: int = 0

    def start(self, name: str) -> None:
        """(Re)start one process; its kind is the name's first word."""
        process = _PROCESSES.Process(target=_live, args=(self.account, name))
        process.start()
        self.running[name] = process

    def kill(self, name: str) -> None:
        """SIGKILL it and start it anew."""
        process = self.running[name]
        assert process.exitcode is None, f"{name} fell over by itself"
        process.kill()
        process.join()
        self.killed += 1
        self.start(name)

    def stop(self) -> None:
        """Kill everybody: what they were told before must stand."""
        for process in self.running.values():
            process.kill()
        for process in self.running.values():
            process.join()
        self.running.clear()

    def acknowledged(self) -> dict[UUID, str]:
        """Every entry that a writer was told is recorded, with the hash of the header it was shown."""
        told: dict[UUID, str] = {}
        for line in self._lines("told"):
            entry, header = line.split()
            assert told.setdefault(UUID(entry), header) == header, "told two different things"
        return told

    def refusals(self) -> set[str]:
        """What the database refused, which in a storm it should not."""
        return set(self._lines("refused"))

    def _lines(self, word: str) -> Iterator[str]:
        for journal in sorted(self.account.journals.iterdir()):
            for line in journal.read_text().splitlines():
                if line.startswith(word + " "):
                    yield line.removeprefix(word + " ")


@contextmanager
def raging(
    world: World, place: Path, readers: dict[str, str], writers: int = 16
) -> Iterator[Storm]:
    """`writers` processes, a third of them in the office, and the two loops; `readers`: key by name."""
    (place / "journals").mkdir()
    (place / "export").mkdir()
    storm = Storm(
        Account(
            world.urls,
            world.intake.seeds,
            world.organisation.seeds,
            world.origin,
            world.log_seed,
            tuple((key, world.people[name]) for name, key in readers.items()),
            place / "journals",
            place / "export",
            random.randrange(2**32),
        )
    )
    office = writers // 3
    names = [f"office-{n}" for n in range(office)]
    names += [f"public-{n}" for n in range(writers - office)]
    try:
        for name in (*names, "opener", "sequencer"):
            storm.start(name)
        yield storm
    finally:
        storm.stop()


def _live(account: Account, name: str) -> None:
    """One process: it dies when the test does, however that ends."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=lambda: (parent.join(), os._exit(1)), daemon=True).start()
    live = {"public": _tell, "office": _work, "opener": _open, "sequencer": _sequence}
    live[name.split("-")[0]](account, name)


class _Journal:
    """One write a line: what was written before a SIGKILL stays."""

    def __init__(self, account: Account, name: str) -> None:
        path = account.journals / f"{name}-{uuid4().hex[:8]}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


class _Writer:
    """Sends an entry until it is told yes, as the public face and the office do."""

    def __init__(self, account: Account, name: str) -> None:
        self.account = account
        self.journal = _Journal(account, name)
        self.dice = random.Random(f"{account.seed} {name} {os.getpid()}")
        self.intake = PostgresRegister(Link(account.urls["heed_intake"]))
        self.desk = Desk(Link(account.urls["heed_office"]))

    def send(self, entry: SealedEntry, key: str | None = None) -> None:
        time.sleep(self.dice.random() * 0.03)
        while True:
            try:
                answer = self.desk.append(key, entry) if key else self.intake.append(entry)
            except StoreAway:
                time.sleep(0.02)
                continue
            except StoreRefused as refused:
                self.journal.write("refused", refused.code, refused)
                return
            self.journal.write("told", entry.id, hashlib.sha256(answer.header).hexdigest())
            if self.dice.random() < 0.9:
                return  # else ask again: it must say the same


def _tell(account: Account, name: str) -> None:
    writer = _Writer(account, name)
    sealing = SealingKey(OpeningKey(account.intake).public())
    mine: list[tuple[UUID, ReturnCode]] = []
    for number in range(10**9):
        if mine and writer.dice.random() < 0.4:
            record, code = writer.dice.choice(mine)
            entry = intake.add_words(
                CHANCE,
                Recipients({"intake": sealing}, code.key),
                f"and then, {number}",
                record=record,
                lookup=code.lookup,
                token=os.urandom(32),
            )
        else:
            record, code = uuid4(), ReturnCode.new(os.urandom)
            entry = intake.file_concern(
                CHANCE,
                Recipients({"intake": sealing}, code.key),
                Concern(saw=f"seen by {name}, {number}"),
                record=record,
                token=os.urandom(32),
                door=new_door(CHANCE, code),
            )
            mine.append((record, code))
        writer.send(entry)


def _work(account: Account, name: str) -> None:
    writer = _Writer(account, name)
    key, person = account.readers[int(name.split("-")[1]) % len(account.readers)]
    while True:
        try:
            queue = [listed.id for listed in writer.desk.queue(key, 50)]
        except StoreAway:
            queue = []
        except StoreRefused as refused:
            writer.journal.write("refused", refused.code, refused)
            continue
        if not queue:
            time.sleep(0.02)
            continue
        records = writer.dice.sample(queue, min(3, len(queue)))
        look = access.look(
            CHANCE, account.office, person=person, records=records, purpose="own queue"
        )
        answer = intake.answer(
            CHANCE,
            account.office,
            "thank you",
            record=records[0],
            token=os.urandom(32),
        )
        try:
            writer.send(look, key)
            writer.send(answer, key)
        except NoSuchRecord:
            writer.journal.write("refused", "HE404", "a record in the own queue")


def _open(account: Account, name: str) -> None:
    keys = OrganisationKeys(
        {"intake": OpeningKey(account.intake), "organisation": account.organisation_key}
    )
    opener = Opener(Link(account.urls["heed_opener"]), keys)
    _step(_Journal(account, name), opener)


def _sequence(account: Account, name: str) -> None:
    link = Link(account.urls["heed_sequencer"])
    signer = Signer(account.origin, account.log_seed)
    _step(_Journal(account, name), Sequencer(link, signer, account.export))


def _step(journal: _Journal, loop: Opener | Sequencer) -> None:
    while True:
        try:
            if not loop.step():
                time.sleep(0.02)
        except StoreAway:
            time.sleep(0.02)
        except Exception as wrong:
            journal.write("refused", type(wrong).__name__, wrong)
            raise
