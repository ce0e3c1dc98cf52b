"""Whatever wall is taken down in the database, the office's own probes see it, and see it put back."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from heed.store import catalogue, closing
from heed.store.begin import new_installation
from heed.store.closing import Failure, failures
from heed.store.configuration import Configuration, OfficeHand
from heed.store.connection import Link, StoreAway
from heed.store.rebuild import rebuild
from heed.store.watch import EVERY, STALE, Watch
from tests.copies import Scene, copied
from tests.servers import Database, Server
from tests.walls.breaks import BREAKS, Break
from tests.world import World

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)


@dataclass
class Guarded(Scene):
    """A world with words in it, and the list of walls that its office keeps."""

    kept: Path = Path()

    def failures(self) -> list[Failure]:
        return failures(self.world.link("heed_office"), self.kept)

    def codes(self) -> set[str]:
        return {failure.code for failure in self.failures()}


@pytest.fixture
def guarded(server: Server, tmp_path: Path) -> Iterator[Guarded]:
    with copied(server, "something told", _told) as made:
        made.world.write_home(tmp_path / "home")
        made.kept = tmp_path / "home" / "office" / "walls.json"
        yield made


def _told(world: World) -> Guarded:
    world.tell("what was seen")
    world.open()
    world.sign_in("lead")
    return Guarded(world)


@BOTH
def test_what_install_makes_passes_every_probe(guarded: Guarded) -> None:
    assert guarded.failures() == []
    assert len(catalogue.kept(guarded.kept)) > 300


@pytest.mark.parametrize(
    ("server", "broken"),
    [
        pytest.param(version, each, id=f"{each.code}: {each.name} {version}")
        for version in (18, 15)
        for each in BREAKS
        if version in each.versions
    ],
    indirect=["server"],
)
def test_a_wall_that_is_down_is_seen_while_people_go_on_telling(
    guarded: Guarded, broken: Break
) -> None:
    guarded.world.link("heed_office").close()  # a role's settings count from the next connection on
    with broken.made(guarded):
        seen = [one.text for one in guarded.failures() if one.code == broken.code]
        assert any(broken.says in text for text in seen), guarded.failures()
        guarded.world.tell("still taken")
    guarded.world.link("heed_office").close()
    assert guarded.failures() == []


def test_every_probe_has_a_wall_that_is_taken_down_for_it() -> None:
    rules = {code for code, _, _ in closing._RULES}
    parts = {"schema", "table", "column", "constraint", "policy", "trigger", "rule", "statistics"}
    parts |= {"function", "grant"}
    assert {one.code for one in BREAKS} == rules | parts | {"canary", "unfinished"}


@BOTH
def test_a_changed_expression_of_a_policy_is_seen(guarded: Guarded) -> None:
    with guarded.world.database.server.superuser(guarded.world.database.name) as connection:
        row = connection.execute(
            "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy"
            " WHERE polname = 'office' AND polrelid = 'facts.record'::regclass"
        ).fetchone()
    assert row is not None
    guarded.without("ALTER POLICY office ON facts.record USING (owner = machinery.me())")
    assert guarded.codes() == {"policy"}
    guarded.without(f"ALTER POLICY office ON facts.record USING ({row[0]})")
    assert guarded.failures() == []


@BOTH
def test_a_rebuild_swaps_the_tables_and_closes_nothing(
    guarded: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked at without a pause while every table is made anew and swapped in, ten times."""
    monkeypatch.setattr("heed.store.watch.EVERY", 0.001)
    heard: list[str] = []
    looks: list[bool] = []
    link = Link(guarded.world.urls["heed_office"])

    def look() -> list[Failure]:
        found = failures(link, guarded.kept)
        looks.append(not found)
        return found

    watch = Watch(look, heard.append)
    stop = threading.Event()
    looking = threading.Thread(target=watch.run, args=(stop,))
    looking.start()
    try:
        for _ in range(10):
            rebuild(guarded.world.urls["heed_owner"], guarded.world.keys)
            swapped = len(looks)
            while looking.is_alive() and len(looks) < swapped + 2:
                time.sleep(0.001)
    finally:
        stop.set()
        looking.join()
    link.close()
    assert heard == []
    assert guarded.failures() == []


@BOTH
def test_a_rebuild_that_was_cut_short_closes_nothing(guarded: Guarded) -> None:
    owner = guarded.world.link("heed_owner")
    owner.rows("CREATE SCHEMA facts_next")
    owner.rows("CREATE TABLE facts_next.person (LIKE facts.person)")
    assert guarded.failures() == []


@BOTH
def test_the_list_is_made_of_our_own_sql_whatever_stands(guarded: Guarded) -> None:
    before = guarded.kept.read_text()
    guarded.without("ALTER TABLE words.item NO FORCE ROW LEVEL SECURITY")
    guarded.without("CREATE POLICY open ON words.item FOR SELECT TO heed_office USING (true)")
    assert catalogue.to_keep(guarded.world.urls["heed_owner"]) == before
    assert {"row_security", "table", "policy"} <= guarded.codes()
    undone = guarded.world.link("heed_owner").rows(
        "SELECT nspname FROM pg_namespace WHERE right(nspname, 5) = 'aside'"
    )
    assert undone == []


@BOTH
def test_filing_does_not_wait_while_the_list_is_made(guarded: Guarded) -> None:
    with psycopg.connect(guarded.world.urls["heed_owner"], autocommit=True) as owner:

        def look(connection: psycopg.Connection) -> dict[str, str]:
            guarded.world.tell("told meanwhile")
            assert guarded.failures() == []
            return catalogue.said(connection)

        assert catalogue.as_installed(owner, look) == catalogue.kept(guarded.kept)


@BOTH
def test_of_a_large_table_the_canary_tries_a_part(guarded: Guarded) -> None:
    """Else a minute's look would take longer than a minute where there are a million records."""
    count = 60_000
    guarded.without(
        "INSERT INTO words.item (entry, stream, version, kind, body) SELECT gen_random_uuid(),"
        f" gen_random_uuid(), 1, 'filed', '{{}}' FROM generate_series(1, {count})"
    )
    read = "SELECT coalesce(seq_tup_read, 0) FROM pg_stat_user_tables WHERE relid = 'words.item'::regclass"
    before = guarded.world.as_owner(read)[0][0]
    assert guarded.failures() == []
    guarded.world.link("heed_office").close()  # what it counted is told when it ends
    _wait_for_the_count(guarded, read, before)
    assert 0 < guarded.world.as_owner(read)[0][0] - before < count
    guarded.without("CREATE POLICY open ON words.item FOR SELECT TO heed_office USING (true)")
    assert "canary" in guarded.codes()


def _wait_for_the_count(guarded: Guarded, read: str, before: int) -> None:
    for _ in range(600):
        if guarded.world.as_owner(read)[0][0] > before:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was counted")


@BOTH
@pytest.mark.parametrize("left", [None, "", "{}", "[]", '{"table words.item": '])
def test_without_its_list_the_office_stays_closed(guarded: Guarded, left: str | None) -> None:
    guarded.kept.unlink()
    if left is not None:
        guarded.kept.write_text(left)
    assert guarded.codes() == {"not_kept"}


@BOTH
def test_who_sets_up_gets_the_list_in_a_room_that_only_the_office_enters(
    database: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    new_installation(home, database.owner_url, Configuration(), demonstration=True)
    office = OfficeHand.load(home)
    assert office.walls.parent == home / "office"
    assert office.walls.parent.stat().st_mode & 0o077 == 0
    assert office.walls.stat().st_mode & 0o077 == 0
    link = Link(office.database_url)
    assert failures(link, office.walls) == []
    changed = json.loads(office.walls.read_text()) | {"table words.item": "other"}
    office.walls.write_text(json.dumps(changed))
    assert {failure.code for failure in failures(link, office.walls)} == {"table"}
    new_installation(home, database.owner_url, Configuration(), demonstration=True)
    assert failures(link, office.walls) == []
    link.close()


class Minutes:
    """A clock that a test sets, and what the probes find when they are asked."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.found: list[Failure] | Exception = []
        self.asked = 0
        self.heard: list[str] = []
        self.watch = Watch(self._look, self.heard.append, now=lambda: self.at)

    def _look(self) -> list[Failure]:
        self.asked += 1
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


DOWN = Failure("grant", "words.item to PUBLIC")


def test_nothing_is_open_before_the_first_look() -> None:
    minutes = Minutes()
    minutes.found = [DOWN]
    assert minutes.watch.failures() == (DOWN,)
    assert minutes.watch.failures() == (DOWN,)
    assert minutes.asked == 2  # one look, which makes sure


def test_should_the_minutes_thread_stand_still_whoever_asks_looks() -> None:
    minutes = Minutes()
    assert minutes.watch.failures() == ()
    minutes.found = [DOWN]
    minutes.at += EVERY
    assert minutes.watch.failures() == ()
    minutes.at += STALE
    assert minutes.watch.failures() == (DOWN,)


def test_after_a_look_that_found_no_database_nothing_is_open_until_another() -> None:
    minutes = Minutes()
    assert minutes.watch.failures() == ()
    minutes.found = StoreAway("stopped")
    minutes.watch.look()
    with pytest.raises(StoreAway):
        minutes.watch.failures()
    minutes.found = [DOWN]
    assert minutes.watch.failures() == (DOWN,)
    minutes.found = []
    minutes.watch.look()
    assert minutes.watch.failures() == ()


def test_the_log_hears_of_a_change_once_and_not_of_every_minute() -> None:
    minutes = Minutes()
    for found in ([], [DOWN], [DOWN], StoreAway("stopped"), [DOWN], [], []):
        minutes.found = found
        minutes.watch.look()
    closed, opened = minutes.heard
    assert "reading is closed" in closed
    assert "words.item to PUBLIC" in closed
    assert "reading is open again" in opened


def test_what_a_second_look_does_not_see_closes_nothing() -> None:
    """Names that a rebuild swaps between two statements look like a gap, once."""
    swapped = [[DOWN], [], [DOWN], [DOWN]]
    heard: list[str] = []
    watch = Watch(lambda: swapped.pop(0), heard.append)
    assert watch.failures() == ()
    assert heard == []
    watch.look()
    assert watch.failures() == (DOWN,)


def test_many_who_ask_at_once_wait_for_one_look() -> None:
    minutes, began, go = Minutes(), threading.Event(), threading.Event()

    def slow() -> list[Failure]:
        began.set()
        minutes.asked += 1
        assert go.wait(20)
        raise StoreAway("stopped")

    watch = Watch(slow, minutes.heard.append)
    ended: list[str] = []

    def ask() -> None:
        try:
            watch.failures()
        except StoreAway:
            ended.append("away")

    asking = [threading.Thread(target=ask) for _ in range(5)]
    for one in asking:
        one.start()
    assert began.wait(20)
    while sum(one.is_alive() for one in asking) < 5:
        pass
    go.set()
    for one in asking:
        one.join(20)
    assert ended == ["away"] * 5
    assert minutes.asked <= 2  # who came after the end looks anew


def test_what_nobody_foresaw_closes_too() -> None:
    minutes = Minutes()
    assert minutes.watch.failures() == ()
    minutes.found = KeyError("a fault of ours")
    with pytest.raises(KeyError):
        minutes.watch.look()
    with pytest.raises(KeyError):
        minutes.watch.failures()
    minutes.found = []
    assert minutes.watch.failures() == ()
