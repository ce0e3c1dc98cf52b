"""Where nothing waited in a record, what begins to wait has a ladder of its own; else none begins anew."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from heed.core.vocabulary import Danger
from heed.oversight.asked_commands import Verdict
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.asking_again import answering, challenging, reported, says, telling
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.naming_people import a_child, deciding, looking
from tests.walls.referring import referring
from tests.walls.sorting_letters import CONCERN, oversee, put_aside
from tests.walls.test_ladder import climbed, days_later, late_for, sweep
from tests.world import Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

APPEND = "register.append(uuid,uuid,text,jsonb,bytea,bytea,text[],bytea[],bytea,bytea,bytea)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def same(scene: Bodies) -> None:
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def rungs(scene: Bodies, record: UUID) -> list[int]:
    """After how many days somebody was told of it, in the order in which they were."""
    rows = scene.world.as_owner(
        "SELECT days FROM facts.chase WHERE record = %s ORDER BY at, days", (record,)
    )
    return [row[0] for row in rows]


def all_told_then_shared(scene: Bodies, place: Path) -> tuple[Told, UUID]:
    """Everybody was told that it waits; then it was decided to share it, and nothing waits."""
    told = scene.world.tell("She is often alone", danger=Danger.NO)
    scene.world.open()
    climbed(scene, place, 7)
    assert rungs(scene, told.record) == [1, 3, 5, 7]
    scene.act(*looking(scene, told.record))
    made = deciding(scene, told.record, None, Choice.SHARE)
    scene.act(*made)
    return told, made.entry.id


def add(scene: Bodies, told: Told) -> None:
    scene.world.tell("There is more", danger=Danger.NO, code=told.code, door=told.door)
    scene.world.open()


def test_what_is_said_to_an_old_record_climbs_a_ladder_from_when_it_came(
    scene: Bodies, tmp_path: Path
) -> None:
    told, _ = all_told_then_shared(scene, tmp_path)
    add(scene, told)
    sweep(scene, tmp_path).step()
    assert rungs(scene, told.record) == [1, 3, 5, 7]  # nobody is told in its first minute
    assert told.record not in late_for(scene, "overseer")
    for days in (9, 11, 13, 15):
        climbed(scene, tmp_path, days)
    assert rungs(scene, told.record) == [1, 3, 5, 7, 1, 3, 5, 7]
    assert told.record in late_for(scene, "overseer")
    same(scene)


def test_without_that_nobody_is_ever_told_of_it(scene: Bodies, tmp_path: Path) -> None:
    told, _ = all_told_then_shared(scene, tmp_path)
    scene.without_line(APPEND, "IF rested AND register.waits(about)", "IF false")
    add(scene, told)
    climbed(scene, tmp_path, 21)
    assert rungs(scene, told.record) == [1, 3, 5, 7]


def test_what_must_be_decided_again_is_chased(scene: Bodies, tmp_path: Path) -> None:
    told, made = all_told_then_shared(scene, tmp_path)
    said = telling(scene, told.record, made)
    scene.act(*said)
    challenge = challenging(scene, told, said.entry.id)
    assert says(scene, challenge) == ACCEPTED
    oversee(scene, "overseer", told.record)
    scene.act(*answering(scene, told.record, challenge.entry.id, "overseer", Verdict.DECIDE_AGAIN))
    for days in (9, 11):
        climbed(scene, tmp_path, days)
    assert rungs(scene, told.record) == [1, 3, 5, 7, 1, 3]
    same(scene)


def test_while_anything_waits_no_ladder_begins_anew(scene: Bodies, tmp_path: Path) -> None:
    told = scene.world.tell("She is often alone", danger=Danger.NO)
    scene.world.open()
    climbed(scene, tmp_path, 3)
    scene.act(*looking(scene, told.record))
    child = a_child(scene, told.record)
    scene.act(*child)
    scene.act(*deciding(scene, told.record, child.entry.id, Choice.REFER))
    add(scene, told)
    scene.act(*looking(scene, told.record))
    climbed(scene, tmp_path, 5)
    assert rungs(scene, told.record) == [1, 3, 5]
    same(scene)


def test_who_puts_a_record_aside_and_takes_it_back_begins_none(
    scene: Bodies, tmp_path: Path
) -> None:
    record = scene.records[0]
    climbed(scene, tmp_path, 3)
    assert put_aside(scene, record) == (ACCEPTED,)
    assert put_aside(scene, record, **CONCERN) == (ACCEPTED,)
    days_later(scene, 5)
    sweep(scene, tmp_path).step()
    assert rungs(scene, record) == [1, 3, 5]
    same(scene)


def test_a_referral_from_a_record_that_rested_has_the_whole_ladder(
    scene: Bodies, tmp_path: Path
) -> None:
    told, _ = all_told_then_shared(scene, tmp_path)
    scene.act(*referring(scene, told.record))
    climbed(scene, tmp_path, 8)
    assert rungs(scene, told.record) == [1, 3, 5, 7]
    for days in (9, 10, 11, 13, 15):
        climbed(scene, tmp_path, days)
        same(scene)
    assert rungs(scene, told.record) == [1, 3, 5, 7, 1, 3, 5, 7]


def test_two_records_that_rested_begin_each_by_itself(scene: Bodies, tmp_path: Path) -> None:
    first, _ = all_told_then_shared(scene, tmp_path)
    other = reported(scene)
    add(scene, first)
    climbed(scene, tmp_path, 9)
    assert rungs(scene, other.record) == rungs(scene, first.record)[4:] == [1]
    same(scene)
