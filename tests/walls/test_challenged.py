"""Of what a reporter is told, and who judges what they say is wrong, where decisions take a second person."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.access import commands as access
from heed.oversight.asked_commands import Verdict
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.asking_again import answering, challenged, challenging, reported, says, telling
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.naming_people import a_child, counts, deciding, looking
from tests.walls.seconding import nothing_in_danger, seconding
from tests.walls.sorting_letters import oversee
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

TELLING = "register.decide_telling(uuid,text,jsonb,timestamp with time zone,uuid)"
OWN = "register.is_own(uuid,uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def same(scene: Bodies) -> None:
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def in_danger(scene: Bodies) -> tuple[Told, UUID]:
    """A decision that waits for a second person; an overseer read it."""
    told, made = nothing_in_danger(scene)
    oversee(scene, "overseer", told.record)
    return told, made


def test_nobody_is_told_of_a_decision_that_does_not_count(scene: Bodies) -> None:
    told, made = in_danger(scene)
    said = telling(scene, told.record, made)
    assert says(scene, said) == "HE085"
    assert says(scene, seconding(scene, told.record, made, "overseer")) == ACCEPTED
    assert says(scene, said) == ACCEPTED
    challenge = challenging(scene, told, said.entry.id)
    assert says(scene, challenge) == ACCEPTED
    oversee(scene, "second", told.record)
    scene.act(*answering(scene, told.record, challenge.entry.id, "second", Verdict.DECIDE_AGAIN))
    assert says(scene, telling(scene, told.record, made)) == "HE085"
    same(scene)


def test_without_that_question_they_are_told_before_a_second_person_read_it(scene: Bodies) -> None:
    told, made = in_danger(scene)
    assert says(scene, telling(scene, told.record, made)) == "HE085"
    scene.without_line(TELLING, "NOT register.counts(made)", "false")
    assert says(scene, telling(scene, told.record, made)) == ACCEPTED


def seconded_and_challenged(scene: Bodies) -> tuple[UUID, UUID]:
    """An overseer agreed that nothing is done; the reporter, who was told, says that it is wrong."""
    told, made = in_danger(scene)
    scene.act(*seconding(scene, told.record, made, "overseer"))
    said = telling(scene, told.record, made)
    scene.act(*said)
    challenge = challenging(scene, told, said.entry.id)
    assert says(scene, challenge) == ACCEPTED
    return told.record, challenge.entry.id


def may_answer(scene: Bodies, name: str) -> list[bool]:
    with scene.connected(name) as connection:
        rows = connection.execute("SELECT may_answer FROM machinery.reporters_wait(100)")
        return [row[0] for row in rows.fetchall()]


def test_who_agreed_to_a_decision_judges_no_challenge_of_it_and_is_not_asked_to(
    scene: Bodies,
) -> None:
    record, challenge = seconded_and_challenged(scene)
    assert may_answer(scene, "overseer") == may_answer(scene, "lead") == [False]
    assert says(scene, answering(scene, record, challenge, "overseer")) == "HE080"
    oversee(scene, "second", record)
    assert may_answer(scene, "second") == [True]
    assert says(scene, answering(scene, record, challenge, "second")) == ACCEPTED


def test_without_that_question_a_second_person_judges_what_they_agreed_to(scene: Bodies) -> None:
    record, challenge = seconded_and_challenged(scene)
    assert says(scene, answering(scene, record, challenge, "overseer")) == "HE080"
    scene.without_line(OWN, " OR register.agreed_to(p_me, d.entry)")
    assert says(scene, answering(scene, record, challenge, "overseer")) == ACCEPTED


def decided_the_same(scene: Bodies) -> tuple[UUID, UUID]:
    """The lead shared it, which is challenged, and handed it over; a colleague shared it, too."""
    told = reported(scene)
    scene.act(*looking(scene, told.record))
    made = deciding(scene, told.record, None, Choice.SHARE)
    scene.act(*made)
    said = telling(scene, told.record, made.entry.id)
    scene.act(*said)
    taker = scene.world.people["colleague"]
    scene.act(
        "lead", access.offer_hand_over(CHANCE, scene.to, record=told.record, taker=taker, note="")
    )
    scene.act("colleague", access.accept_hand_over(CHANCE, scene.to, record=told.record))
    scene.act(*looking(scene, told.record, "colleague"))
    scene.act(*deciding(scene, told.record, None, Choice.SHARE)._replace(who="colleague"))
    challenge = challenging(scene, told, said.entry.id)
    assert says(scene, challenge) == ACCEPTED
    return told.record, challenge.entry.id


def test_who_decided_the_same_judges_no_challenge_of_it(scene: Bodies) -> None:
    record, challenge = decided_the_same(scene)
    assert may_answer(scene, "colleague") == [False]
    assert says(scene, answering(scene, record, challenge, "colleague")) == "HE080"
    oversee(scene, "overseer", record)
    assert says(scene, answering(scene, record, challenge, "overseer")) == ACCEPTED
    same(scene)


def test_without_that_question_they_judge_what_they_decided_again(scene: Bodies) -> None:
    record, challenge = decided_the_same(scene)
    scene.without_line(
        OWN, "d.entry = o.entry OR NOT register.is_contact(p_me)", "d.entry = o.entry"
    )
    assert says(scene, answering(scene, record, challenge, "colleague")) == ACCEPTED


@pytest.mark.parametrize("named", [True, False], ids=["a child", "nobody named"])
def test_what_was_decided_before_counts_no_more_once_it_is_to_be_decided_again(
    scene: Bodies, named: bool
) -> None:
    told, open_again = reported(scene), (1, 1, 0, 0) if named else (0, 0, 0, 0)
    child = a_child(scene, told.record)
    if named:
        scene.act(*child)
    scene.act(*looking(scene, told.record))
    whom = child.entry.id if named else None
    scene.act(*deciding(scene, told.record, whom, Choice.SHARE))
    challenge = challenged(scene, told, whom)
    scene.act(*deciding(scene, told.record, whom, Choice.SHARE))
    oversee(scene, "overseer", told.record)
    assert counts(scene, told.record) == ((1, 0, 0, 0) if named else (0, 0, 0, 3))
    scene.act(*answering(scene, told.record, challenge, "overseer", Verdict.DECIDE_AGAIN))
    assert counts(scene, told.record) == open_again
    same(scene)
    scene.act(*looking(scene, told.record))
    scene.act(*deciding(scene, told.record, whom, Choice.SHARE))
    assert counts(scene, told.record) == ((1, 0, 0, 0) if named else (0, 0, 0, 1))
    same(scene)


def test_without_that_the_earlier_decision_stands_and_nobody_decides_again(scene: Bodies) -> None:
    told = reported(scene)
    child = a_child(scene, told.record)
    scene.act(*child)
    scene.act(*looking(scene, told.record))
    scene.act(*deciding(scene, told.record, child.entry.id, Choice.SHARE))
    challenge = challenged(scene, told, child.entry.id)
    oversee(scene, "overseer", told.record)
    scene.without_line(
        "register.reopen(uuid,integer,timestamp with time zone)", "d.version <= p_version", "false"
    )
    scene.act(*answering(scene, told.record, challenge, "overseer", Verdict.DECIDE_AGAIN))
    assert counts(scene, told.record) == (1, 0, 0, 0)
