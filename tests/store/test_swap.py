"""While every table is rebuilt and swapped, nobody waits long, loses anything, or sees more than before."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from heed.store import rebuild as rebuilding
from heed.store.rebuild import check, rebuild
from tests.copies import Scene, copied
from tests.other_versions import seal
from tests.servers import Server
from tests.store.storm import raging
from tests.world import Told, World

LONGEST = 60.0
"""Seconds that a slow machine gets to write as much as the test needs."""

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)
Act = Callable[[], object]


@dataclass
class Hall(Scene):
    """`mine` is what the lead may see; `stopped` and `hers` (the colleague's) never."""

    key: str
    mine: frozenset[UUID]
    stopped: UUID
    hers: UUID
    also: Told

    def rebuild(self) -> int:
        return rebuild(self.world.urls["heed_owner"], self.world.keys)

    def stop_stream(self, told: Told) -> None:
        """Whoever holds its code adds what no reader of today knows, and what does not open."""
        recipients = self.world.public_recipients(told.code)
        words = {"words": "from a newer version"}
        for body_v in (2, 1):
            entry = seal(
                recipients, "added", told.record, words, body_v=body_v, lookup=told.door.lookup
            )
            spoilt = entry if body_v == 2 else replace(entry, sealed=os.urandom(200))
            self.world.register("heed_intake").append(spoilt)

    @contextmanager
    def snapshot(self) -> Iterator[psycopg.Connection]:
        """The lead's transaction whose snapshot is taken now, and which has read no table yet."""
        with psycopg.connect(self.world.urls["heed_office"]) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            connection.execute("SELECT set_config('heed.session', %s, true)", (self.key,))
            connection.execute("SELECT pg_current_snapshot()")
            yield connection

    def without_head(self) -> None:
        """The rule as it would be if it did not ask whether the facts are complete."""
        self.without_line("machinery.my_records()", "OR NOT EXISTS (SELECT FROM facts.head)")


@pytest.fixture
def hall(server: Server) -> Iterator[Hall]:
    with copied(server, "hall", _fill) as made:
        yield made


def _fill(world: World) -> Hall:
    mine = [world.tell(f"seen {number}") for number in range(12)]
    stopped = world.tell("read, and then stopped")
    also = world.tell("read, and later stopped")
    world.put_on_duty("colleague")
    hers = world.tell("for the colleague")
    world.put_on_duty("lead")
    world.open()
    entitled = frozenset(told.record for told in (*mine, also))
    world.sign_in("colleague")
    key = world.sign_in("lead")
    made = Hall(world, key, entitled, stopped.record, hers.record, also)
    made.stop_stream(stopped)
    world.open()
    return made


def _visible(connection: psycopg.Connection) -> frozenset[UUID]:
    rows = connection.execute("SELECT id FROM facts.record").fetchall()
    rows += connection.execute("SELECT record FROM facts.item").fetchall()
    return frozenset(row[0] for row in rows)


@dataclass
class Watch:
    """One reader in a loop; what it saw and what went wrong."""

    hall: Hall
    isolation: str
    hold: float = 0.0
    seen: list[frozenset[UUID]] = field(default_factory=list)
    wrong: list[Exception] = field(default_factory=list)
    slowest: float = 0.0

    def __call__(self, end: threading.Event) -> None:
        with psycopg.connect(self.hall.world.urls["heed_office"]) as connection:
            while not end.is_set():
                try:
                    with connection.transaction():
                        self._look(connection)
                except psycopg.Error as wrong:
                    self.wrong.append(wrong)

    def _look(self, connection: psycopg.Connection) -> None:
        connection.execute(f"SET TRANSACTION ISOLATION LEVEL {self.isolation}".encode())
        connection.execute("SELECT set_config('heed.session', %s, true)", (self.hall.key,))
        connection.execute("SELECT pg_current_snapshot()")
        time.sleep(self.hold)
        begun = time.monotonic()
        self.seen.append(_visible(connection))
        self.slowest = max(self.slowest, time.monotonic() - begun)


@contextmanager
def _watched(*watches: Watch) -> Iterator[None]:
    end = threading.Event()
    threads = [threading.Thread(target=watch, args=(end,)) for watch in watches]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()


@BOTH
def test_no_reader_sees_more_or_less_while_tables_are_swapped(hall: Hall) -> None:
    steady = [Watch(hall, "READ COMMITTED"), Watch(hall, "READ COMMITTED", 0.03)]
    frozen = [Watch(hall, "REPEATABLE READ", hold) for hold in (0.0, 0.05, 0.2, 0.4)]
    with _watched(*steady, *frozen):
        for _ in range(50):
            hall.rebuild()
            if all(len(watch.seen) > 5 for watch in (*steady, *frozen)):
                break
    for watch in (*steady, *frozen):
        assert not watch.wrong
        assert len(watch.seen) > 5
        assert watch.slowest < 2
    assert {seen for watch in steady for seen in watch.seen} == {hall.mine}
    assert {seen for watch in frozen for seen in watch.seen} <= {hall.mine, frozenset()}


@BOTH
def test_a_reader_inside_the_old_tables_finishes_there_and_holds_nobody_up(hall: Hall) -> None:
    with hall.snapshot() as reader:
        assert _visible(reader) == hall.mine
        begun = time.monotonic()
        swapped = threading.Thread(target=hall.rebuild)
        swapped.start()
        hall.world.tell("while the tables are swapped")
        while not hall.world.as_owner("SELECT to_regnamespace('facts_old') IS NOT NULL")[0][0]:
            time.sleep(0.02)
        assert time.monotonic() - begun < 5
        hall.world.tell("and after")
        assert _visible(reader) <= hall.mine
    swapped.join()
    assert hall.world.as_owner("SELECT to_regnamespace('facts_old')") == [(None,)]


def _at_the_swap(monkeypatch: pytest.MonkeyPatch, act: Act) -> None:
    """Let something happen when the new tables are filled and not yet swapped."""
    swap = rebuilding._swap

    def act_first(*arguments: object) -> None:
        act()
        swap(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rebuilding, "_swap", act_first)


@BOTH
@pytest.mark.parametrize("head", [True, False], ids=["as it is", "without head"])
def test_a_snapshot_from_between_filling_and_swap_sees_nothing(
    hall: Hall, head: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not head:
        hall.without_head()
    with ExitStack() as held:
        readers: list[psycopg.Connection] = []

        def between() -> None:
            hall.stop_stream(hall.also)
            hall.world.open()
            readers.append(held.enter_context(hall.snapshot()))

        _at_the_swap(monkeypatch, between)
        hall.rebuild()
        seen = _visible(readers[0])
    if head:
        assert seen == frozenset()
    else:
        assert hall.also.record in seen  # hidden before, hidden after, and shown by this snapshot
    with hall.snapshot() as reader:
        assert _visible(reader) == hall.mine - {hall.also.record}
    assert check(hall.world.urls["heed_owner"], hall.world.keys).differences == ()


@BOTH
def test_a_rebuild_that_emptied_the_live_tables_would_show_what_is_hidden(hall: Hall) -> None:
    with hall.snapshot() as reader:
        hall.without("TRUNCATE words.stopped")  # a replay would fill it again, too late
        assert hall.stopped in _visible(reader)


@BOTH
def test_what_is_being_filled_and_what_was_swapped_out_is_closed_to_every_role(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    _at_the_swap(monkeypatch, lambda: found.extend(_open_schemas(hall)))
    with hall.snapshot() as reader:
        assert _visible(reader)
        swapped = threading.Thread(target=hall.rebuild)
        swapped.start()
        while not hall.world.as_owner("SELECT to_regnamespace('words_old') IS NOT NULL")[0][0]:
            time.sleep(0.02)
        found += _open_schemas(hall)
    swapped.join()
    assert found == []
    hall.without("CREATE SCHEMA words_next", "GRANT USAGE ON SCHEMA words_next TO PUBLIC")
    assert _open_schemas(hall)


def _open_schemas(hall: Hall) -> list[str]:
    """Schemas beside the live ones that a role may enter."""
    with hall.world.database.server.superuser(hall.world.database.name) as connection:
        rows = connection.execute(
            "SELECT r.rolname || ' ' || n.nspname FROM pg_roles r, pg_namespace n"
            " WHERE r.rolname LIKE 'heed\\_%' AND r.rolname <> 'heed_owner'"
            " AND n.nspname ~ '^(facts|words)_' AND has_schema_privilege(r.oid, n.oid, 'USAGE')"
        )
        return [row[0] for row in rows]


@BOTH
def test_a_swap_under_load_loses_nothing_and_refuses_nobody(hall: Hall, tmp_path: Path) -> None:
    world = hall.world
    owner = world.urls["heed_owner"]
    readers = {"lead": hall.key, "colleague": world.sign_in("colleague")}
    with raging(world, tmp_path, readers, writers=8) as storm:
        begun = time.monotonic()
        while time.monotonic() < begun + 2 or (
            len(storm.acknowledged()) <= 20 and time.monotonic() < begun + LONGEST
        ):
            rebuild(owner, world.keys)
    assert storm.refusals() == set()
    told = storm.acknowledged()
    kept = dict(
        world.as_owner("SELECT id, encode(sha256(header), 'hex') FROM register.entry")  # type: ignore[arg-type]
    )
    assert len(told) > 20
    assert told.items() <= kept.items()
    assert check(owner, world.keys).differences == ()
    rebuild(owner, world.keys)
    assert check(owner, world.keys).differences == ()


@BOTH
def test_two_rebuilds_at_once_take_turns(hall: Hall) -> None:
    before = check(hall.world.urls["heed_owner"], hall.world.keys)
    done: list[int] = []
    threads = [threading.Thread(target=lambda: done.append(hall.rebuild())) for _ in range(3)]
    for thread in threads:
        thread.start()
    found = check(hall.world.urls["heed_owner"], hall.world.keys)
    for thread in threads:
        thread.join()
    assert done == [before.entries] * 3
    assert found == before == check(hall.world.urls["heed_owner"], hall.world.keys)


@BOTH
def test_a_rebuild_that_was_cut_off_changes_nothing_and_can_be_run_again(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall() -> None:
        raise KeyboardInterrupt

    before = check(hall.world.urls["heed_owner"], hall.world.keys)
    with monkeypatch.context() as once:
        _at_the_swap(once, fall)
        with pytest.raises(KeyboardInterrupt):
            hall.rebuild()
    assert check(hall.world.urls["heed_owner"], hall.world.keys) == before
    hall.rebuild()
    assert check(hall.world.urls["heed_owner"], hall.world.keys) == before
