"""A clock that is put back wins nobody time in secret: what comes is taken and marked, and outsiders see it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from heed.loops.sequence import Sequencer
from heed.register.note import open_note
from heed.store.probes import _PUT_BACK
from heed.store.rebuild import check
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.mortal import HEARTBEAT
from tests.walls.test_ladder import climbed, days_later, sweep, told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

APPEND = "register.append(uuid,uuid,text,jsonb,bytea,bytea,text[],bytea[],bytea,bytea,bytea)"
KEEP = "register.keep_checkpoint(bigint,bytea,bytea)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def signs(scene: Bodies, place: Path) -> None:
    """The heads of all that is recorded are signed, by the clock as it stands."""
    sequencer = Sequencer(scene.world.link("heed_sequencer"), scene.world.log, place)
    while sequencer.step():
        pass


def put_back(scene: Bodies, days: int = 3) -> None:
    shift = "SELECT extract(epoch FROM coalesce(max(shift), interval '0')) FROM machinery.clock"
    ahead = timedelta(seconds=float(scene.world.as_owner(shift)[0][0])) - timedelta(days=days)
    scene.without(
        "DELETE FROM machinery.clock",
        f"INSERT INTO machinery.clock (shift) VALUES ('{ahead.total_seconds()} s')",
    )


def is_marked(scene: Bodies, record: UUID) -> bool:
    (row,) = scene.world.as_owner(
        "SELECT convert_from(facts, 'UTF8')::jsonb->>'clock' FROM register.entry"
        " WHERE stream = %s AND version = 1",
        (record,),
    )
    return row[0] == "back"


def minutes_behind(scene: Bodies) -> int:
    """What `heed doctor` finds wrong; 0 where nothing is."""
    return int(scene.world.as_owner(_PUT_BACK[1])[0][0] or 0)


def test_what_comes_while_the_clock_is_back_is_taken_and_marked(
    scene: Bodies, tmp_path: Path
) -> None:
    signs(scene, tmp_path)
    before = scene.world.tell("before").record
    put_back(scene)
    during = []
    for _ in range(2):
        during.append(scene.world.tell("meanwhile").record)
        signs(scene, tmp_path)  # a head that is signed meanwhile makes no later one look right
    assert 3 * 1440 - 5 < minutes_behind(scene) < 3 * 1440 + 5
    put_back(scene, -3)
    after = scene.world.tell("after").record
    assert [is_marked(scene, one) for one in (before, *during, after)] == [False, True, True, False]
    assert minutes_behind(scene) == 0
    scene.world.open()
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_without_the_mark_it_looks_as_if_it_had_come_in_time(scene: Bodies, tmp_path: Path) -> None:
    signs(scene, tmp_path)
    put_back(scene)
    scene.without_line(
        APPEND, "recorded_at < head.signed_at", "false AND recorded_at < head.signed_at"
    )
    assert not is_marked(scene, scene.world.tell("meanwhile").record)


def test_without_the_latest_time_being_kept_one_head_hides_it(
    scene: Bodies, tmp_path: Path
) -> None:
    signs(scene, tmp_path)
    put_back(scene)
    scene.without_line(KEEP, "greatest(register.now(), max(c.signed_at))", "register.now()")
    assert is_marked(scene, scene.world.tell("first").record)
    signs(scene, tmp_path)
    assert not is_marked(scene, scene.world.tell("second").record)


def test_the_sign_of_life_says_how_far_back_it_is_and_nothing_is_told_twice_or_never(
    scene: Bodies, tmp_path: Path
) -> None:
    record = scene.records[0]
    climbed(scene, tmp_path, 3)
    assert set(told(scene, record)) == {1, 3}
    put_back(scene)
    assert sweep(scene, tmp_path).step() == 0
    text, _ = open_note((tmp_path / "heartbeat").read_bytes(), [HEARTBEAT.verifier])
    shown = datetime.fromisoformat(text.split("\n")[2])
    now = scene.world.as_owner("SELECT register.now()")[0][0]
    assert abs(shown - now) < timedelta(
        minutes=2
    )  # by the clock that was put back: stale to others
    days_later(scene, 5)
    sweep(scene, tmp_path).step()
    assert set(told(scene, record)) == {1, 3, 5}
