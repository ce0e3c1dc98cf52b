"""With the database stopped, slow, or out of connections, every filing is taken and recorded once."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from heed.core.ports import SealedEntry
from heed.intake.commands import add_words, file_concern
from heed.intake.events import Concern
from heed.loops.drain import Drain
from heed.register.entry import Recipients, write
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreRefused
from heed.store.receiving import Received, Receiving
from heed.store.spool import Spool, SpoolFull
from tests.servers import Server, create, drop, missing, running_server
from tests.world import CHANCE, World, new_world

PATIENCE = 1.0
PAUSE = 0.5
DRAINER = """
import sys, threading
from pathlib import Path
from heed.loops.drain import Drain
from heed.store.append import PostgresRegister
from heed.store.connection import Link
from heed.store.spool import Spool
link = Link(sys.stdin.readline().strip(), patience=1.0)
Drain(Spool(Path(sys.argv[1])), PostgresRegister(link)).run(threading.Event())
"""


@pytest.fixture(scope="module", params=[18, 15])
def own_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that these tests may stop and start."""
    if missing(request.param):
        pytest.skip(missing(request.param))
    with running_server(request.param) as server:
        yield server


@pytest.fixture
def world(own_server: Server) -> Iterator[World]:
    """A begun register of its own."""
    database = create(own_server)
    made = new_world(database)
    yield made
    made.close()
    # A connection that was never answered stays open, in a ring of references, until this; the
    # server waits for its password, a minute long, before it lets the database go.
    gc.collect()
    own_server.embedded.start()
    drop(database)


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    """Small, and empty."""
    made = Spool(tmp_path / "spool", capacity=16 << 20)
    made.create()
    return made


class Counted(Link):
    """A link that counts how often the database was asked."""

    asked = 0

    def rows(self, *arguments: Any) -> list[Any]:
        self.asked += 1
        return super().rows(*arguments)


@dataclass
class Door:
    """The public face without its pages: its link, its spool, and what it was told it had taken."""

    world: World
    spool: Spool
    taken: dict[uuid.UUID, Received] = field(default_factory=dict)
    wrong: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.link: Counted = Counted(self.world.urls["heed_intake"], patience=PATIENCE)
        self.receiving = Receiving(self.link, self.spool, pause=PAUSE)

    def filing(self) -> SealedEntry:
        return concern(self.world)[0]

    def take(self, entry: SealedEntry) -> Received:
        received = self.receiving.append(entry)
        self.taken[entry.id] = received
        return received

    @contextmanager
    def filing_on(self, threads: int = 8) -> Iterator[None]:
        """Eight threads file one concern after another until the block ends."""
        stop = threading.Event()

        def work() -> None:
            while not stop.wait(0.05):
                try:
                    self.take(self.filing())
                except BaseException as wrong:
                    self.wrong.append(wrong)

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            stop.set()
            for worker in workers:
                worker.join(60)

    @property
    def spooled(self) -> list[uuid.UUID]:
        return [entry for entry, received in list(self.taken.items()) if received.spooled]

    def drain(self) -> Drain:
        url = self.world.urls["heed_intake"]
        return Drain(self.spool, PostgresRegister(Link(url, patience=PATIENCE)))

    def start_drainer(self) -> subprocess.Popen[bytes]:
        """A process of its own that drains until it is killed."""
        started = subprocess.Popen(
            [sys.executable, "-c", DRAINER, str(self.spool.folder)], stdin=subprocess.PIPE
        )
        assert started.stdin is not None
        started.stdin.write(self.world.urls["heed_intake"].encode() + b"\n")
        started.stdin.flush()
        return started

    @contextmanager
    def draining(self) -> Iterator[None]:
        drainer = self.start_drainer()
        try:
            yield
        finally:
            assert drainer.poll() is None
            drainer.kill()
            drainer.wait()


def concern(world: World) -> tuple[SealedEntry, ReturnCode]:
    code = ReturnCode.new(os.urandom)
    entry = file_concern(
        CHANCE,
        world.public_recipients(code),
        Concern(saw="what was seen"),
        record=uuid.uuid4(),
        token=os.urandom(32),
        door=new_door(CHANCE, code),
    )
    return entry, code


def added(world: World, filed: SealedEntry, code: ReturnCode) -> SealedEntry:
    assert filed.lookup is not None
    return add_words(
        CHANCE,
        world.public_recipients(code),
        "and one thing more",
        record=filed.stream,
        lookup=filed.lookup,
        token=os.urandom(32),
    )


def recorded(world: World) -> Counter[uuid.UUID]:
    """How often each entry of a report stands in the register."""
    rows = world.as_owner("SELECT entry FROM facts.item")
    found = world.as_owner(
        "SELECT id FROM register.entry WHERE id = ANY (%s)", ([r[0] for r in rows],)
    )
    return Counter(row[0] for row in found)


def until(done: object, seconds: float = 30.0) -> None:
    """Wait for a condition, at most so long."""
    assert callable(done)
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def all_is_recorded_once(door: Door) -> None:
    """Everything that was said to be taken, and nothing else, stands there once; nothing waits."""
    drain = door.drain()
    until(lambda: drain.step() >= 0 and door.spool.depth().waiting == 0)
    assert door.wrong == []
    assert recorded(door.world) == Counter(dict.fromkeys(door.taken, 1))
    assert door.spool.depth().set_aside == 0
    for table in ("facts.record", "register.thread"):
        [[count]] = door.world.as_owner(f"SELECT count(*) FROM {table}")
        assert count == len(door.taken)


def all_processes(server: Server) -> list[int]:
    """The server's processes: the first one and its children."""
    first = server.embedded.server_pid()
    assert first is not None
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]


@contextmanager
def standing_still(server: Server) -> Iterator[None]:
    """Every process of the server is held where it is."""
    held = all_processes(server)
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)


def kill_server(server: Server) -> None:
    """As a power cut takes it, but for the disk."""
    first = server.embedded.server_pid()
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: not server.embedded.running())


# -- away --------------------------------------------------------------------------------------


def test_with_the_database_there_nothing_is_spooled(world: World, spool: Spool) -> None:
    door = Door(world, spool)
    with door.filing_on():
        until(lambda: len(door.taken) > 40)
    assert door.spooled == []
    all_is_recorded_once(door)


def test_with_the_database_stopped_filings_go_on_and_are_recorded_once(
    world: World, spool: Spool
) -> None:
    server, door = world.database.server, Door(world, spool)
    with door.draining(), door.filing_on():
        until(lambda: len(door.taken) > 20)
        server.embedded.stop()
        before = len(door.taken)
        until(lambda: len(door.taken) > before + 50)
        server.embedded.start()
        direct = len(door.taken) - len(door.spooled)
        until(lambda: len(door.taken) - len(door.spooled) > direct + 20)
    assert len(door.spooled) > 50
    all_is_recorded_once(door)
    for entry in door.spooled:
        [[spooled_at, filed_at]] = world.as_owner(
            "SELECT r.spooled_at, r.filed_at FROM facts.record r JOIN facts.item i"
            " ON i.record = r.id WHERE i.entry = %s",
            (entry,),
        )
        if spooled_at is not None:  # null: the first try was kept after all
            assert spooled_at == door.taken[entry].recorded_at < filed_at


def test_restarted_and_killed_under_load_everything_is_recorded_once(
    world: World, spool: Spool
) -> None:
    server, door = world.database.server, Door(world, spool)
    with door.draining(), door.filing_on():
        for take_down in (lambda: kill_server(server), server.embedded.stop) * 2:
            direct = len(door.taken) - len(door.spooled)
            until(lambda before=direct: len(door.taken) - len(door.spooled) > before + 20)
            take_down()
            time.sleep(0.2)
            server.embedded.start()
    all_is_recorded_once(door)


def test_while_the_database_stands_still_one_asks_at_a_time(world: World, spool: Spool) -> None:
    door = Door(world, spool)
    with door.draining(), door.filing_on():
        until(lambda: len(door.taken) > 20)
        with standing_still(world.database.server):
            stood = len(door.taken), door.link.asked
            # All eight find it out once; then one at a time asks, and seven go to the spool at once.
            until(lambda: len(door.taken) > stood[0] + 200)
            asked = door.link.asked - stood[1]
        taken = len(door.taken) - stood[0]
    assert asked < taken / 4
    all_is_recorded_once(door)


def test_a_filing_whose_answer_was_lost_after_it_was_recorded_is_recorded_once(
    world: World, spool: Spool
) -> None:
    server, door = world.database.server, Door(world, spool)
    first = door.take(door.filing())
    assert not first.spooled
    entry = door.filing()
    with standing_still(server):
        received = door.take(entry)
    assert received.spooled
    # The server finds the statement in its socket and carries it out, for nobody.
    until(lambda: recorded(world)[entry.id] == 1)
    assert [waiting.id for _, waiting in spool.waiting()] == [entry.id]
    assert door.drain().step() == 1
    all_is_recorded_once(door)
    [[spooled_at]] = world.as_owner(
        "SELECT spooled_at FROM facts.record WHERE id = %s", (entry.stream,)
    )
    assert spooled_at is None


def test_out_of_connections_filings_are_taken(world: World, spool: Spool) -> None:
    door = Door(world, spool)
    with world.database.server.superuser() as connection:
        connection.execute("ALTER ROLE heed_intake CONNECTION LIMIT 0")
        try:
            with door.draining(), door.filing_on():
                until(lambda: len(door.taken) > 40)
        finally:
            connection.execute("ALTER ROLE heed_intake CONNECTION LIMIT -1")
    assert door.spooled == list(door.taken)
    all_is_recorded_once(door)


def test_with_every_connection_of_the_server_taken_filings_are_taken(
    world: World, spool: Spool
) -> None:
    door, held = Door(world, spool), []
    try:
        with suppress(psycopg.OperationalError):
            while True:
                held.append(psycopg.connect(world.database.superuser_url))
        assert len(held) > 10
        with door.filing_on():
            until(lambda: len(door.taken) > 40)
    finally:
        for connection in held:
            connection.close()
    assert door.spooled == list(door.taken)
    all_is_recorded_once(door)


def test_a_table_locked_by_somebody_else_keeps_nobody_out(world: World, spool: Spool) -> None:
    door = Door(world, spool)
    with psycopg.connect(world.database.superuser_url) as holder:
        holder.execute("LOCK TABLE register.entry IN ACCESS EXCLUSIVE MODE")
        assert door.take(door.filing()).spooled
        assert door.drain().step() == 0
        assert spool.depth().waiting == 1
    all_is_recorded_once(door)


def test_nobody_on_duty_is_no_reason_to_refuse(world: World, spool: Spool) -> None:
    door = Door(world, spool)
    with psycopg.connect(world.database.superuser_url, autocommit=True) as superuser:
        superuser.execute("CREATE TABLE public.kept AS SELECT * FROM facts.slot")
        superuser.execute("DELETE FROM facts.slot")
        assert door.take(door.filing()).spooled
        assert door.drain().step() == 0
        assert (spool.depth().waiting, spool.depth().set_aside) == (1, 0)
        superuser.execute("INSERT INTO facts.slot SELECT * FROM public.kept")
    all_is_recorded_once(door)


# -- order, refusals, full ---------------------------------------------------------------------


def test_what_is_added_never_arrives_before_its_filing(world: World, spool: Spool) -> None:
    server, door = world.database.server, Door(world, spool)
    filed, code = concern(world)
    more = [added(world, filed, code) for _ in range(2)]
    server.embedded.stop()
    try:
        assert door.take(filed).spooled
        assert door.take(more[0]).spooled
    finally:
        server.embedded.start()
    time.sleep(PAUSE)
    assert not door.take(door.filing()).spooled
    assert door.take(more[1]).spooled
    assert door.drain().step() == 3
    versions = world.as_owner(
        "SELECT entry FROM facts.item WHERE record = %s ORDER BY version", (filed.stream,)
    )
    assert [row[0] for row in versions] == [filed.id, more[0].id, more[1].id]
    last = added(world, filed, code)
    assert not door.take(last).spooled
    assert set(recorded(world).values()) == {1}


def test_an_entry_that_the_record_refuses_is_set_aside_and_the_next_follow(
    world: World, spool: Spool
) -> None:
    door = Door(world, spool)
    filed, code = concern(world)
    stray = added(world, filed, code)
    strange = write(
        CHANCE,
        Recipients(world.public_recipients(code).keys),
        kind="filed",
        stream=uuid.uuid4(),
        actor="reporter",
        body={},
        claims={"danger": "perhaps", "channel": "online"},
        lookup=os.urandom(32),
        door=new_door(CHANCE, ReturnCode.new(os.urandom)),
    )
    good = door.filing()
    for entry in (stray, strange, good):
        spool.put(entry, datetime.now(UTC))
    assert door.drain().step() == 3
    assert list(recorded(world)) == [good.id]
    assert (spool.depth().waiting, spool.depth().set_aside) == (0, 2)
    names = {path.name for path in (spool.folder / "set-aside").iterdir()}
    assert names == {f"refused-HE404-{stray.id}.frame", f"refused-HE003-{strange.id}.frame"}
    PostgresRegister(door.link).append(filed)
    assert spool.bring_back() == 2
    assert door.drain().step() == 2
    assert recorded(world)[stray.id] == 1
    assert spool.depth().set_aside == 1


def test_a_code_that_opens_nothing_is_refused_and_not_spooled(world: World, spool: Spool) -> None:
    door = Door(world, spool)
    with pytest.raises(StoreRefused) as refused:
        door.take(added(world, *concern(world)))
    assert refused.value.code == "HE404"
    assert spool.depth().waiting == 0


def test_a_full_spool_and_no_database_is_never_a_false_yes(world: World, tmp_path: Path) -> None:
    server = world.database.server
    small = Spool(tmp_path / "small", capacity=16 * 1024 + 8192)
    small.create()
    door = Door(world, small)
    server.embedded.stop()
    try:
        with suppress(SpoolFull):
            for _ in range(10):
                door.take(door.filing())
        assert 0 < len(door.taken) < 10
        with pytest.raises(SpoolFull):
            door.take(door.filing())
    finally:
        server.embedded.start()
    # The spool is full still and the pause not over: then the database is asked all the same.
    assert not door.take(door.filing()).spooled
    all_is_recorded_once(door)


def test_a_broken_spool_keeps_nothing_off_the_record(world: World, tmp_path: Path) -> None:
    door = Door(world, Spool(tmp_path / "nowhere"))
    assert not door.take(door.filing()).spooled


def test_of_two_drainers_one_stands_by(world: World, spool: Spool) -> None:
    server, door = world.database.server, Door(world, spool)
    server.embedded.stop()
    for _ in range(40):
        door.take(door.filing())
    server.embedded.start()
    steps: list[int] = []
    drains = [
        threading.Thread(
            target=lambda: steps.append(Door(world, Spool(spool.folder)).drain().step())
        )
        for _ in range(3)
    ]
    for thread in drains:
        thread.start()
    for thread in drains:
        thread.join()
    assert sum(steps) == 40
    all_is_recorded_once(door)


def test_a_drainer_killed_at_work_leaves_each_recorded_once(world: World, spool: Spool) -> None:
    server, door = world.database.server, Door(world, spool)
    server.embedded.stop()
    for _ in range(60):
        door.take(door.filing())
    server.embedded.start()
    for share in (50, 30):
        drainer = door.start_drainer()
        until(lambda left=share: spool.depth().waiting <= left)
        drainer.kill()
        drainer.wait()
    all_is_recorded_once(door)
