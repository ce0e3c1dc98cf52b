"""That nothing is done counts only once a second person agreed: for an adult in trust, in danger, in bulk."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.core.vocabulary import Danger
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice, Part, Trust
from heed.triage.trust_commands import Agreement
from tests.servers import Server
from tests.walls.asking_again import reported, says
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.naming_people import a_child, an_adult, counts, deciding, looking
from tests.walls.seconding import a_coach_decided, harm_answered, read_again, read_by, seconding

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_trust(uuid,text,jsonb,uuid)"
SECOND = "register.second_for(uuid,uuid,text,timestamp with time zone,uuid)"
APPLY = "register.apply_trust(uuid,uuid,integer,text,timestamp with time zone,jsonb)"
AGREED = "register.is_agreed(uuid)"
NOTHING = Choice.NO_FURTHER_ACTION


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def same(scene: Bodies) -> None:
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def waits(scene: Bodies) -> list[tuple[str, UUID]]:
    """Why decisions wait for a second person, and which."""
    rows = scene.world.as_owner(
        "SELECT why, entry FROM facts.seconding WHERE outcome IS NULL ORDER BY at"
    )
    return [(str(why), entry) for why, entry in rows]


def test_for_an_adult_in_trust_it_counts_once_somebody_else_agreed(scene: Bodies) -> None:
    record = scene.records[0]
    coach, made = a_coach_decided(scene, record, NOTHING)
    assert waits(scene) == [("adult", made)]
    assert counts(scene, record) == (1, 1, 1, 0)
    scene.act(*looking(scene, record))
    assert says(scene, seconding(scene, record, made, "lead")) == "HE080"
    assert says(scene, seconding(scene, record, made, "colleague")) == "HE404"
    read_by(scene, record)
    assert says(scene, seconding(scene, record, made, "colleague")) == "HE084"
    scene.act(*harm_answered(scene, record, coach))
    read_again(scene, record)
    assert says(scene, seconding(scene, record, made, "colleague")) == ACCEPTED
    assert counts(scene, record) == (1, 0, 0, 0)
    assert says(scene, seconding(scene, record, made, "colleague")) == "HE404"
    same(scene)


def test_without_that_question_they_are_their_own_second_person(scene: Bodies) -> None:
    record = scene.records[0]
    coach, made = a_coach_decided(scene, record, NOTHING)
    scene.act(*harm_answered(scene, record, coach))
    scene.act(*looking(scene, record))
    own = seconding(scene, record, made, "lead")
    assert says(scene, own) == "HE080"
    scene.without_line(DECIDE, "p_me = held.decided_by OR ", "")
    assert says(scene, own) == ACCEPTED


def test_where_they_do_not_agree_it_is_undecided_and_what_was_to_be_done_still_is(
    scene: Bodies,
) -> None:
    record = scene.records[0]
    coach, _ = a_coach_decided(scene, record, Choice.REFER)
    to_do = "SELECT to_do FROM facts.record WHERE id = %s"
    assert scene.world.as_owner(to_do, (record,)) == [("refer",)]
    nothing = deciding(scene, record, coach, NOTHING)
    scene.act(*nothing)
    assert scene.world.as_owner(to_do, (record,)) == [("refer",)]  # no way round a referral
    read_by(scene, record)
    no = seconding(scene, record, nothing.entry.id, "colleague", Agreement.NOT_AGREED)
    assert says(scene, no) == ACCEPTED
    assert scene.world.as_owner(to_do, (record,)) == [("refer",)]
    same(scene)


def test_where_they_do_not_agree_nothing_that_was_decided_before_counts(scene: Bodies) -> None:
    record = scene.records[0]
    coach, _ = a_coach_decided(scene, record, Choice.SHARE)
    nothing = deciding(scene, record, coach, NOTHING)
    scene.act(*nothing)
    assert counts(scene, record) == (1, 0, 0, 0)
    read_by(scene, record)
    scene.act(*seconding(scene, record, nothing.entry.id, "colleague", Agreement.NOT_AGREED))
    assert counts(scene, record) == (1, 1, 1, 0)
    same(scene)
    scene.act(*looking(scene, record))
    scene.act(*deciding(scene, record, coach, Choice.SHARE))
    assert counts(scene, record) == (1, 0, 0, 0)
    same(scene)


def test_without_that_being_opened_again_the_earlier_decision_stands(scene: Bodies) -> None:
    record = scene.records[0]
    coach, _ = a_coach_decided(scene, record, Choice.SHARE)
    nothing = deciding(scene, record, coach, NOTHING)
    scene.act(*nothing)
    read_by(scene, record)
    scene.without_line(APPLY, "= 'not agreed' THEN", "= 'never' THEN")
    scene.act(*seconding(scene, record, nothing.entry.id, "colleague", Agreement.NOT_AGREED))
    assert counts(scene, record) == (1, 0, 0, 0)


def test_where_danger_was_said_it_waits_and_nobodys_telephone_falls_silent(scene: Bodies) -> None:
    told = scene.world.tell("He has a knife", danger=Danger.YES)
    scene.world.open()
    alarmed = "SELECT alarmed FROM facts.record WHERE id = %s"
    scene.act(*looking(scene, told.record))
    made = deciding(scene, told.record, None, NOTHING)
    scene.act(*made)
    assert waits(scene) == [("danger", made.entry.id)]
    assert scene.world.as_owner(alarmed, (told.record,)) == [(True,)]
    read_by(scene, told.record)
    scene.act(*seconding(scene, told.record, made.entry.id, "colleague"))
    assert scene.world.as_owner(alarmed, (told.record,)) == [(False,)]
    same(scene)


def test_without_that_question_it_ends_the_calls_at_once(scene: Bodies) -> None:
    told = scene.world.tell("He has a knife", danger=Danger.YES)
    scene.world.open()
    scene.act(*looking(scene, told.record))
    scene.without_line(SECOND, "r.danger = 'yes'", "false")
    scene.act(*deciding(scene, told.record, None, NOTHING))
    alarmed = "SELECT alarmed FROM facts.record WHERE id = %s"
    assert scene.world.as_owner(alarmed, (told.record,)) == [(False,)]


def test_closing_many_in_ten_minutes_makes_the_eleventh_wait(scene: Bodies) -> None:
    records = [reported(scene).record for _ in range(11)]
    for record in records:
        scene.act(*looking(scene, record))
        scene.act(*deciding(scene, record, None, NOTHING))
    assert [why for why, _ in waits(scene)] == ["many"]
    assert counts(scene, records[9]) == (0, 0, 0, 1)
    assert counts(scene, records[10]) == (0, 0, 0, 0)
    same(scene)
    scene.without_line(SECOND, ">= 10", ">= 1000")
    scene.act(*deciding(scene, records[10], None, NOTHING))
    assert counts(scene, records[10]) == (0, 0, 0, 1)


def a_child_of_whom_nothing_was_to_be_done(scene: Bodies, record: UUID) -> UUID:
    """Somebody named as a child alleged to have harmed: to refer, then that nothing is done."""
    scene.act(*looking(scene, record))
    child = an_adult(scene, record, Trust.YES, Part.CHILD)
    scene.act(*child)
    for choice in (Choice.REFER, NOTHING):
        scene.act(*deciding(scene, record, child.entry.id, choice))
    return child.entry.id


def test_who_is_named_an_adult_in_trust_afterwards_needs_a_new_decision_and_a_second_person(
    scene: Bodies,
) -> None:
    record = scene.records[0]
    coach = a_child_of_whom_nothing_was_to_be_done(scene, record)
    to_do = "SELECT to_do FROM facts.record WHERE id = %s"
    assert waits(scene) == []
    assert counts(scene, record) == (1, 0, 0, 0)
    assert scene.world.as_owner(to_do, (record,)) == [(None,)]
    scene.act(*an_adult(scene, record, concerned=coach))
    assert scene.world.as_owner(to_do, (record,)) == [("refer",)]  # nothing undid it
    same(scene)
    again = deciding(scene, record, coach, NOTHING)
    scene.act(*again)
    assert waits(scene) == [("adult", again.entry.id)]
    scene.act(*harm_answered(scene, record, coach))
    read_by(scene, record)
    scene.act(*seconding(scene, record, again.entry.id, "colleague"))
    assert counts(scene, record) == (1, 0, 0, 0)
    assert scene.world.as_owner(to_do, (record,)) == [(None,)]
    same(scene)


def test_who_was_decided_for_as_an_adult_in_trust_alone_is_undecided(scene: Bodies) -> None:
    record = scene.records[0]
    scene.act(*looking(scene, record))
    child = an_adult(scene, record, Trust.YES, Part.CHILD)
    scene.act(*child)
    scene.act(*deciding(scene, record, child.entry.id, NOTHING))
    as_adult = an_adult(scene, record, concerned=child.entry.id)
    scene.act(*as_adult)
    assert counts(scene, record) == (1, 1, 1, 0)
    same(scene)
    scene.without_line(AGREED, "d.decision = 'no_further_action'", "false")
    scene.act(*an_adult(scene, record, concerned=child.entry.id))
    assert counts(scene, record) == (1, 0, 0, 0)


def test_who_becomes_one_while_it_waits_is_agreed_to_once_the_four_are_answered(
    scene: Bodies,
) -> None:
    told = scene.world.tell("He has a knife", danger=Danger.YES)
    scene.world.open()
    scene.act(*looking(scene, told.record))
    child = an_adult(scene, told.record, Trust.YES, Part.CHILD)
    scene.act(*child)
    made = deciding(scene, told.record, child.entry.id, NOTHING)
    scene.act(*made)
    scene.act(*an_adult(scene, told.record, concerned=child.entry.id))
    assert waits(scene) == [("danger", made.entry.id)]
    read_by(scene, told.record)
    agreeing = seconding(scene, told.record, made.entry.id, "colleague")
    assert says(scene, agreeing) == "HE084"
    scene.without_line(DECIDE, "t.concerned = held.concerned AND t.trusted", "false")
    assert says(scene, agreeing) == ACCEPTED


def test_what_is_decided_to_be_done_never_waits(scene: Bodies) -> None:
    record = scene.records[0]
    a_coach_decided(scene, record, Choice.ACT_NOW)
    child = a_child(scene, record)
    scene.act(*child)
    scene.act(*deciding(scene, record, child.entry.id, NOTHING))
    assert waits(scene) == []


def test_the_four_are_answered_by_its_owner_and_for_an_adult_in_trust(scene: Bodies) -> None:
    record = scene.records[0]
    coach, _ = a_coach_decided(scene, record, Choice.REFER)
    parent = an_adult(scene, record, Trust.NO)
    scene.act(*parent)
    child = a_child(scene, record)
    scene.act(*child)
    for whom in (parent.entry.id, child.entry.id, record):
        assert says(scene, harm_answered(scene, record, whom)) == "HE404"
    other = harm_answered(scene, record, coach)
    for name in ("colleague", "overseer", "third", "admin"):
        assert says(scene, other._replace(who=name)) == "HE404"
    for wrong in ({"harmed": ""}, {"works": "perhaps"}, {"employer": "yes"}):
        assert says(scene, harm_answered(scene, record, coach, **wrong)) == "HE003"
    assert says(scene, other) == ACCEPTED
    same(scene)
