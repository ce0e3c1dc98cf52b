"""Every record has one owner who may answer for it, however two changes meet; each guard is removed once."""

import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from heed.core.ports import SealedEntry
from heed.store.rebuild import check
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, APPEND, Bodies, answer, bodies, orphans
from tests.walls.changes import (
    Change,
    accepting,
    ask,
    coming_back,
    covering,
    declining,
    employing,
    filing,
    going_away,
    leaving,
    moving,
    naming,
    offering,
    posting,
    relating,
    replacing_contact,
    turning,
    wall_off,
)

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

NOT_FOUND = "HE404"
ORPHAN = "HE015"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def _two_left(scene: Bodies) -> tuple[Change, Change]:
    """All but the lead and the contact are named already."""
    for name in ("colleague", "overseer", "second"):
        scene.act(*naming(scene, "lead", name))
    return naming(scene, "lead", "lead"), naming(scene, "lead", "contact")


def _after_naming(scene: Bodies, named: str) -> Change:
    scene.act(*naming(scene, "lead", named))
    return accepting(scene)


def _after_wall(scene: Bodies, unit: str) -> Change:
    wall_off(scene, unit)
    return accepting(scene)


def _after_going_away(scene: Bodies, name: str) -> Change:
    scene.world.register().append(going_away(scene, name).entry)
    return coming_back(scene, name)


def _overseen(scene: Bodies) -> Bodies:
    ask(scene)
    return scene


Pair = Callable[[Bodies], tuple[Change, Change]]
# What the second is told, when the first came first, and the other way round.
PAIRS: dict[str, tuple[Pair, str, str]] = {
    "a filing, and the leaving of who is on duty": (
        lambda s: (filing(s), leaving(s, "lead")), ACCEPTED, ACCEPTED),
    "naming the owner, and the leaving of the successor": (
        lambda s: (naming(s, "lead", "lead"), leaving(s, "colleague")), ACCEPTED, ACCEPTED),
    "a filing, and a new post for who is on duty": (
        lambda s: (filing(s), posting(s, "lead", "administrator")), ACCEPTED, ACCEPTED),
    "naming the owner, and naming the successor": (
        lambda s: (naming(s, "lead", "lead"), naming(_overseen(s), "overseer", "colleague")),
        ACCEPTED, ACCEPTED),
    "naming the last two": (_two_left, NOT_FOUND, "HE014"),
    "two offers": (lambda s: (offering(s, "colleague"), offering(s, "third")), "HE018", "HE018"),
    "accepting, and taking the offer back": (
        lambda s: (accepting(s), declining(s)), NOT_FOUND, NOT_FOUND),
    "accepting, and being named": (
        lambda s: (accepting(s), naming(_overseen(s), "overseer", "colleague")),
        ACCEPTED, NOT_FOUND),
    "accepting, and leaving": (
        lambda s: (accepting(s), leaving(s, "colleague")), ACCEPTED, NOT_FOUND),
    "accepting, and becoming an administrator": (
        lambda s: (accepting(s), posting(s, "colleague", "administrator")), ACCEPTED, NOT_FOUND),
    "accepting, and being close to who is named": (
        lambda s: (_after_naming(s, "third"), relating(s, "third", "colleague")),
        ACCEPTED, NOT_FOUND),
    "accepting, and being employed where it is about": (
        lambda s: (_after_wall(s, "archive"), employing(s, "colleague", "archive")),
        ACCEPTED, NOT_FOUND),
    "accepting, and a reorganisation": (
        lambda s: (_after_wall(s, "archive"), moving(s, "team", "archive")), ACCEPTED, NOT_FOUND),
    "a turn, and the leaving of whose turn it is": (
        lambda s: (turning(s, "third"), leaving(s, "third")), ACCEPTED, "HE003"),
    "a filing, and the going away of who is on duty": (
        lambda s: (filing(s), going_away(s, "lead")), ACCEPTED, ACCEPTED),
    "naming the owner, and the going away of the successor": (
        lambda s: (naming(s, "lead", "lead"), going_away(s, "colleague")), ACCEPTED, ACCEPTED),
    "accepting, and going away": (
        lambda s: (accepting(s), going_away(s, "colleague")), ACCEPTED, NOT_FOUND),
    "offering, and the taker's going away": (
        lambda s: (offering(s, "colleague"), going_away(s, "colleague")), ACCEPTED, "HE017"),
    "going away under somebody's cover, and their going away": (
        lambda s: (covering(s, "lead", "third"), going_away(s, "third")), ACCEPTED, "HE017"),
    "going away under somebody's cover, and their leaving": (
        lambda s: (covering(s, "lead", "third"), leaving(s, "third")), ACCEPTED, "HE017"),
    "going away under somebody's cover, and naming them": (
        lambda s: (covering(s, "lead", "colleague"), naming(_overseen(s), "overseer", "colleague")),
        ACCEPTED, ACCEPTED),
    "a filing, and the coming back of who was on duty": (
        lambda s: (filing(s), _after_going_away(s, "lead")), ACCEPTED, ACCEPTED),
    "another outside contact, and their leaving": (
        lambda s: (replacing_contact(s, "overseer"), leaving(s, "overseer")), "HE014", "HE003"),
    "another outside contact, and their going away": (
        lambda s: (replacing_contact(s, "overseer"), going_away(s, "overseer")),
        "HE014", "HE003"),
    "another outside contact, and their new post": (
        lambda s: (replacing_contact(s, "overseer"), posting(s, "overseer", "administrator")),
        "HE003", "HE003"),
}  # fmt: skip


def meanwhile(
    scene: Bodies, first: Change, second: Change, *, hurry: bool = False, level: str = ""
) -> tuple[str, str, bool]:
    """The second is sent while the first is not committed; what each is told, and whether it waited.

    `hurry`: both have the deferred checks done before either commits. `level`: how the second's
    transaction is isolated; then it has its snapshot before the first begins.
    """
    with scene.connected(first.who) as one, scene.connected(second.who) as other:
        other.execute(f"BEGIN {level}".encode())
        if level:
            other.execute("SELECT pg_current_snapshot()")
        one.execute("BEGIN")
        answers = [_appended(one, first.entry, hurry), ""]

        def send() -> None:
            answers[1] = _appended(other, second.entry, hurry)

        sending = threading.Thread(target=send)
        sending.start()
        waited = _waits(scene, other.info.backend_pid, sending)
        answers[0] = _ended(one, answers[0])
        sending.join()
        answers[1] = _ended(other, answers[1])
        return answers[0], answers[1], waited


def _appended(connection: psycopg.Connection, entry: SealedEntry, hurry: bool) -> str:
    told = answer(connection, entry)
    if hurry and told == ACCEPTED:
        return _told(connection, "SET CONSTRAINTS ALL IMMEDIATE")
    return told


def _ended(connection: psycopg.Connection, told: str) -> str:
    committed = _told(connection, "COMMIT")
    return told if committed == ACCEPTED else committed


def _told(connection: psycopg.Connection, statement: str) -> str:
    try:
        connection.execute(statement.encode())
    except psycopg.Error as refused:
        return str(refused.sqlstate)
    return ACCEPTED


def _waits(scene: Bodies, pid: int, sending: threading.Thread) -> bool:
    """Until it is done, or stands before a lock."""
    with scene.world.database.server.superuser() as connection:
        while sending.is_alive():
            row = connection.execute(
                "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", (pid,)
            ).fetchone()
            if row == ("Lock",):
                return True
            time.sleep(0.002)
    return False


def _sound(scene: Bodies) -> None:
    assert orphans(scene.world) == set()
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


@pytest.mark.parametrize("name", PAIRS)
def test_of_two_changes_that_meet_one_waits_and_nothing_is_left_to_nobody(
    scene: Bodies, name: str
) -> None:
    pair, told, _ = PAIRS[name]
    first, second = pair(scene)
    assert meanwhile(scene, first, second) == (ACCEPTED, told, True)
    scene.world.tell("afterwards")
    _sound(scene)


@pytest.mark.parametrize("name", PAIRS)
def test_nor_when_they_come_the_other_way_round(scene: Bodies, name: str) -> None:
    pair, _, told = PAIRS[name]
    second, first = pair(scene)
    assert meanwhile(scene, first, second) == (ACCEPTED, told, True)
    scene.world.tell("afterwards")
    _sound(scene)


APART = (
    "a filing, and the leaving of who is on duty",
    "a filing, and a new post for who is on duty",
    "naming the owner, and the leaving of the successor",
    "a filing, and the going away of who is on duty",
    "naming the owner, and the going away of the successor",
    "going away under somebody's cover, and their going away",
)
"""Those that meet in no row: nothing but the gate keeps them apart."""

TABLES = ("record", "person", "wall", "relation", "employment", "line", "slot", "held")


def without_gate(scene: Bodies) -> None:
    scene.without_line(APPEND, "IN SHARE ROW EXCLUSIVE MODE", "IN ROW EXCLUSIVE MODE")


def without_second_look(scene: Bodies) -> None:
    scene.without(*(f"DROP TRIGGER accountable ON facts.{table}" for table in TABLES))


@pytest.mark.parametrize("name", APART)
def test_without_the_gate_the_second_look_refuses_whichever_commits_last(
    scene: Bodies, name: str
) -> None:
    without_gate(scene)
    assert meanwhile(scene, *PAIRS[name][0](scene)) == (ACCEPTED, ORPHAN, False)
    _sound(scene)


@pytest.mark.parametrize("name", APART)
def test_without_the_gate_two_who_hurry_leave_a_record_to_nobody(scene: Bodies, name: str) -> None:
    """Each one's second look comes before the other's commit: it alone is not enough."""
    without_gate(scene)
    told = meanwhile(scene, *PAIRS[name][0](scene), hurry=True)
    assert told == (ACCEPTED, ACCEPTED, False)
    assert orphans(scene.world)


@pytest.mark.parametrize("name", APART)
def test_without_gate_and_second_look_a_record_is_left_to_nobody(scene: Bodies, name: str) -> None:
    without_gate(scene)
    without_second_look(scene)
    assert meanwhile(scene, *PAIRS[name][0](scene)) == (ACCEPTED, ACCEPTED, False)
    assert orphans(scene.world)


@pytest.mark.parametrize("name", APART)
def test_without_the_second_look_the_gate_alone_keeps_them_apart(scene: Bodies, name: str) -> None:
    without_second_look(scene)
    assert meanwhile(scene, *PAIRS[name][0](scene)) == (ACCEPTED, ACCEPTED, True)
    assert orphans(scene.world) == set()


@pytest.mark.parametrize("name", APART)
def test_hurrying_gains_nothing_while_the_gate_stands(scene: Bodies, name: str) -> None:
    first, second = PAIRS[name][0](scene)
    assert meanwhile(scene, first, second, hurry=True)[2]
    _sound(scene)


@pytest.mark.parametrize(
    "level", ["ISOLATION LEVEL REPEATABLE READ", "ISOLATION LEVEL SERIALIZABLE"]
)
def test_an_old_snapshot_is_refused_because_it_would_leave_a_record_to_nobody(
    scene: Bodies, level: str
) -> None:
    named, left = PAIRS["naming the owner, and the leaving of the successor"][0](scene)
    with scene.connected("lead") as lead, lead.transaction(force_rollback=True):
        lead.execute(f"SET TRANSACTION {level}".encode())
        assert answer(lead, named.entry) == "HE006"
    scene.without_line(APPEND, "'read committed'", "current_setting('transaction_isolation')")
    assert meanwhile(scene, left, named, level=level) == (ACCEPTED, ACCEPTED, True)
    assert orphans(scene.world) == {scene.records[0]}
