"""That nothing is done stands on what was known: danger, trust or other answers about harm undo it."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.core.vocabulary import Danger
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice, Part, Trust
from tests.servers import Server
from tests.walls.asking_again import reported, says
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.naming_people import a_child, an_adult, counts, deciding, looking
from tests.walls.seconding import a_coach_decided, harm_answered, read_by, seconding
from tests.world import Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

NOTHING = Choice.NO_FURTHER_ACTION
DECIDE = "register.decide_trust(uuid,text,jsonb,uuid)"
REOPEN = "register.reopen_nothing(uuid,uuid,integer,timestamp with time zone)"
WANTED = "register.to_decide_for(uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def same(scene: Bodies) -> None:
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def alarmed(scene: Bodies, record: UUID) -> bool:
    rows = scene.world.as_owner("SELECT alarmed FROM facts.record WHERE id = %s", (record,))
    return bool(rows[0][0])


def said_again(scene: Bodies, told: Told, danger: Danger) -> None:
    """The reporter sends another concern by the same code; the lead opens it."""
    scene.world.tell("It is worse", danger=danger, code=told.code, door=told.door)
    scene.world.open()
    scene.act(*looking(scene, told.record))


def nothing_for_a_child(scene: Bodies) -> tuple[Told, UUID]:
    """No danger was said; one person decided that nothing is done for a child, and for that alone."""
    told = scene.world.tell("She is often alone", danger=Danger.NO)
    scene.world.open()
    scene.act(*looking(scene, told.record))
    child = a_child(scene, told.record)
    scene.act(*child)
    scene.act(*deciding(scene, told.record, child.entry.id, NOTHING))
    assert counts(scene, told.record) == (1, 0, 0, 0)
    return told, child.entry.id


def test_danger_said_later_is_decided_for_anew_by_two(scene: Bodies) -> None:
    told, child = nothing_for_a_child(scene)
    said_again(scene, told, Danger.YES)
    assert counts(scene, told.record) == (1, 1, 0, 0)
    assert alarmed(scene, told.record)  # a look ends no call: what was done was done before
    same(scene)
    again = deciding(scene, told.record, child, NOTHING)
    scene.act(*again)
    assert counts(scene, told.record) == (1, 1, 0, 0)
    read_by(scene, told.record)
    scene.act(*seconding(scene, told.record, again.entry.id, "colleague"))
    assert counts(scene, told.record) == (1, 0, 0, 0)
    assert not alarmed(scene, told.record)
    same(scene)


@pytest.mark.parametrize("danger", [Danger.NO, Danger.UNKNOWN])
def test_what_is_said_without_danger_undoes_nothing(scene: Bodies, danger: Danger) -> None:
    told, _ = nothing_for_a_child(scene)
    said_again(scene, told, danger)
    assert counts(scene, told.record) == (1, 0, 0, 0)
    assert not alarmed(scene, told.record)
    same(scene)


def test_danger_said_twice_is_acted_upon_twice_and_calls_go_on_where_they_were(
    scene: Bodies,
) -> None:
    told, child = nothing_for_a_child(scene)
    said_again(scene, told, Danger.YES)
    scene.act(*deciding(scene, told.record, child, Choice.ACT_NOW))
    assert not alarmed(scene, told.record)
    said_again(scene, told, Danger.YES)
    assert alarmed(scene, told.record)
    scene.act(*deciding(scene, told.record, child, Choice.ACT_NOW))
    assert not alarmed(scene, told.record)
    same(scene)


def test_without_those_a_look_silences_the_telephones_and_one_person_decided(
    scene: Bodies,
) -> None:
    told, _ = nothing_for_a_child(scene)
    scene.without_line(REOPEN, "d.version < p_version", "false")
    scene.without_line("register.count_to_do(uuid)", " WHERE a.version > r.pressed")
    said_again(scene, told, Danger.YES)
    assert counts(scene, told.record) == (1, 0, 0, 0)
    assert not alarmed(scene, told.record)


def test_nobody_takes_trust_back_to_decide_alone(scene: Bodies) -> None:
    record = scene.records[0]
    coach, made = a_coach_decided(scene, record, NOTHING)
    scene.act(*harm_answered(scene, record, coach))
    for said in ((Trust.NO, Part.ABOUT), (Trust.UNKNOWN, Part.OTHER), (Trust.YES, Part.CHILD)):
        scene.act(*an_adult(scene, record, *said, concerned=coach))
        assert counts(scene, record)[:2] == (1, 1), said
        same(scene)
    read_by(scene, record)
    assert says(scene, seconding(scene, record, made, "colleague")) == ACCEPTED
    assert counts(scene, record) == (1, 0, 0, 0)
    same(scene)


def test_without_that_an_owner_ends_it_alone(scene: Bodies) -> None:
    record = scene.records[0]
    coach, _ = a_coach_decided(scene, record, NOTHING)
    scene.without_line(WANTED, "WHERE n.is_child OR n.trusted", "WHERE n.is_child")
    scene.act(*an_adult(scene, record, Trust.NO, concerned=coach))
    assert counts(scene, record) == (0, 0, 0, 0)  # nobody is asked for: a decision for none is next
    scene.act(*deciding(scene, record, None, NOTHING))
    assert counts(scene, record) == (0, 0, 0, 1)


def test_what_one_person_decided_for_a_child_is_not_theirs_again_after_trust(scene: Bodies) -> None:
    record = scene.records[0]
    scene.act(*looking(scene, record))
    child = an_adult(scene, record, Trust.NO, Part.CHILD)
    scene.act(*child)
    scene.act(*deciding(scene, record, child.entry.id, NOTHING))
    assert counts(scene, record) == (1, 0, 0, 0)
    scene.act(*an_adult(scene, record, concerned=child.entry.id))
    scene.act(*an_adult(scene, record, Trust.NO, Part.CHILD, concerned=child.entry.id))
    assert counts(scene, record) == (1, 1, 0, 0)
    same(scene)


def agreed_for_a_coach(scene: Bodies) -> tuple[UUID, UUID]:
    """Nothing is done for a coach, as two agreed: the record, and who."""
    record = scene.records[0]
    coach, made = a_coach_decided(scene, record, NOTHING)
    scene.act(*harm_answered(scene, record, coach))
    read_by(scene, record)
    scene.act(*seconding(scene, record, made, "colleague"))
    assert counts(scene, record) == (1, 0, 0, 0)
    return record, coach


def test_other_answers_about_harm_undo_what_two_agreed(scene: Bodies) -> None:
    record, coach = agreed_for_a_coach(scene)
    scene.act(*harm_answered(scene, record, coach, employer="told"))
    assert counts(scene, record) == (1, 0, 0, 0)
    scene.act(*harm_answered(scene, record, coach, harmed="yes"))
    assert counts(scene, record) == (1, 1, 1, 0)
    same(scene)


def test_without_that_what_they_agreed_to_is_changed_behind_them(scene: Bodies) -> None:
    record, coach = agreed_for_a_coach(scene)
    scene.without_line(REOPEN, "d.version < p_version", "false")
    scene.act(*harm_answered(scene, record, coach, harmed="yes"))
    assert counts(scene, record) == (1, 0, 0, 0)


def test_other_answers_end_what_waits_for_a_second_person(scene: Bodies) -> None:
    record = scene.records[0]
    coach, made = a_coach_decided(scene, record, NOTHING)
    scene.act(*harm_answered(scene, record, coach))
    scene.act(*harm_answered(scene, record, coach, offence="yes"))
    read_by(scene, record)
    assert says(scene, seconding(scene, record, made, "colleague")) == "HE085"
    same(scene)


def test_a_second_person_has_read_the_answers_about_harm(scene: Bodies) -> None:
    record = scene.records[0]
    coach, made = a_coach_decided(scene, record, NOTHING)
    read_by(scene, record)
    scene.act(*harm_answered(scene, record, coach))
    agreeing = seconding(scene, record, made, "colleague")
    assert says(scene, agreeing) == "HE019"
    scene.without_line(DECIDE, "AND k.at > h.at", "")
    assert says(scene, agreeing) == ACCEPTED


def test_a_report_is_never_refused_for_it(scene: Bodies) -> None:
    told = reported(scene)
    for danger in Danger:
        said_again(scene, told, danger)
    same(scene)
