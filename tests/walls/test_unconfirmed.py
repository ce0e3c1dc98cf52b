"""Whoever answers has a day to ask again about a referral, and then one more is told each working day."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from heed.referral.commands import Heard, How
from heed.store import rebuild
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.naming_people import a_child, deciding, looking
from tests.walls.referring import hearing, referring
from tests.walls.test_ladder import days_later, refused, sweep, told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

LATER = 15
"""Working days after receipt on which it is referred."""
DECIDE = "register.decide_chasing(uuid,jsonb,timestamptz)"
TO_CHASE = "machinery.to_chase(integer,timestamptz,timestamptz,timestamptz,integer)"

_SETTLED = """
INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at, wanted, chased)
SELECT gen_random_uuid(), r.reference, r.channel, 'no', r.owner, r.filed_at, r.said_at, 1, 1
FROM facts.record r, generate_series(1, 3000)
"""


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def referred_late(scene: Bodies) -> tuple[UUID, UUID]:
    """What was to be referred in time is referred weeks after; and the referral."""
    record = scene.records[0]
    child = a_child(scene, record)
    told_them = referring(scene, record)
    for change in (
        looking(scene, record),
        child,
        deciding(scene, record, child.entry.id, Choice.REFER),
    ):
        scene.act(*change)
    days_later(scene, LATER)
    scene.act(*told_them)
    return record, told_them.entry.id


def rungs(scene: Bodies, place: Path, record: UUID, days: int) -> set[int]:
    """The rungs so far, after two sweeps at the end of so many working days."""
    days_later(scene, days)
    for _ in range(2):
        sweep(scene, place).step()
    return set(told(scene, record))


def test_a_referral_in_an_old_record_climbs_one_rung_each_working_day(
    scene: Bodies, tmp_path: Path
) -> None:
    record, _ = referred_late(scene)
    climbed = [rungs(scene, tmp_path, record, LATER + days) for days in range(6)]
    assert climbed == [set(), set(), {1}, {1, 3}, {1, 3, 5}, {1, 3, 5, 7}]


def test_it_ends_where_somebody_confirms_it(scene: Bodies, tmp_path: Path) -> None:
    record, referral = referred_late(scene)
    assert rungs(scene, tmp_path, record, LATER + 2) == {1}
    scene.act(*hearing(scene, record, referral, Heard.ACKNOWLEDGED))
    assert rungs(scene, tmp_path, record, LATER + 5) == {1}


def test_what_else_waits_in_it_counts_from_receipt(scene: Bodies, tmp_path: Path) -> None:
    record, _ = referred_late(scene)
    scene.act(*a_child(scene, record))
    assert rungs(scene, tmp_path, record, LATER) == {1, 3, 5, 7}


def test_the_database_holds_to_both_days_whatever_the_sweep_asks(
    scene: Bodies, tmp_path: Path
) -> None:
    record, _ = referred_late(scene)
    assert refused(scene, 1, record) == "HE003"
    assert rungs(scene, tmp_path, record, LATER + 2) == {1}
    assert refused(scene, 3, record) == "HE003"


def test_without_those_lines_everybody_is_told_at_once(scene: Bodies, tmp_path: Path) -> None:
    scene.without_line(DECIDE, "asked IS NOT NULL", "false")
    scene.without_line(TO_CHASE, "r.to_do IS DISTINCT FROM 'confirm'", "true")
    record, _ = referred_late(scene)
    assert rungs(scene, tmp_path, record, LATER) == {1, 3, 5, 7}


def test_a_referral_that_was_written_down_as_sent_twice_counts_from_the_first(
    scene: Bodies,
) -> None:
    record = scene.records[0]
    written = referring(scene, record, how=How.EMAIL)
    scene.act(*looking(scene, record))
    scene.act(*written)
    at = []
    for shift in ("10 minutes", "0 s"):  # a clock that was set back between the two
        scene.without(
            "DELETE FROM machinery.clock", f"INSERT INTO machinery.clock (shift) VALUES ('{shift}')"
        )
        scene.act(*hearing(scene, record, written.entry.id, Heard.SENT))
        at.append(scene.world.as_owner("SELECT max(at), min(at) FROM facts.step")[0])
    assert at[1][1] < at[0][0]
    asked = "SELECT to_do, to_do_since FROM facts.record WHERE id = %s"
    assert scene.world.as_owner(asked, (record,)) == [("confirm", at[0][0])]
    found = rebuild.check(scene.world.urls["heed_owner"], scene.world.keys)
    assert found.differences == ()


def test_the_sweep_finds_what_waits_by_its_index(scene: Bodies) -> None:
    (body,) = scene.world.as_owner(
        "SELECT prosrc FROM pg_proc WHERE oid = %s::regprocedure", (TO_CHASE,)
    )[0]
    asked = body[body.index("SELECT r.id") : body.rindex(";\nEND")]
    for name in ("p_before", "p_asked", "p_told"):
        asked = asked.replace(name, "now()")
    asked = asked.replace("p_chased", "1").replace("p_limit", "200")
    scene.without(_SETTLED, "ANALYZE facts.record")
    plan = scene.world.as_owner("EXPLAIN " + asked)
    assert any("record_waits" in line for (line,) in plan), plan
    scene.without("DROP INDEX facts.record_waits")
    plan = scene.world.as_owner("EXPLAIN " + asked)
    assert not any("record_waits" in line for (line,) in plan), plan
