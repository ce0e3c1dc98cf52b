"""A decision that something newer overtook waits for no second person, and nobody can agree to it any more."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from heed.oversight.asked_commands import Verdict
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice, Trust
from tests.servers import Server
from tests.walls.asking_again import answering, challenging, says, telling
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.naming_people import a_child, an_adult, counts, deciding, looking
from tests.walls.seconding import (
    a_coach_decided,
    harm_answered,
    nothing_in_danger,
    read_by,
    seconding,
)
from tests.walls.sorting_letters import oversee
from tests.world import Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_trust(uuid,text,jsonb,uuid)"
NOTHING = Choice.NO_FURTHER_ACTION


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def same(scene: Bodies) -> None:
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def waits(scene: Bodies, name: str) -> list[UUID]:
    """The decisions that this person is shown as waiting for a second."""
    with scene.connected(name) as connection:
        rows = connection.execute("SELECT decision FROM machinery.secondings(NULL)").fetchall()
        return [row[0] for row in rows]


def in_danger(scene: Bodies) -> tuple[Told, UUID]:
    """A decision that waits for a second person; a colleague read it."""
    told, made = nothing_in_danger(scene)
    read_by(scene, told.record)
    return told, made


def decided_anew(scene: Bodies, told: Told) -> None:
    scene.act(*deciding(scene, told.record, None, Choice.REFER))


def a_child_named(scene: Bodies, told: Told) -> None:
    scene.act(*a_child(scene, told.record))


@pytest.mark.parametrize("meanwhile", [decided_anew, a_child_named])
def test_what_was_overtaken_is_on_nobodys_list_and_agreed_to_by_nobody(
    scene: Bodies, meanwhile: Callable[[Bodies, Told], None]
) -> None:
    told, made = in_danger(scene)
    assert waits(scene, "lead") == waits(scene, "colleague") == [made]
    meanwhile(scene, told)
    assert waits(scene, "lead") == waits(scene, "colleague") == waits(scene, "overseer") == []
    assert says(scene, seconding(scene, told.record, made, "colleague")) == "HE085"
    same(scene)


def test_without_that_question_telephones_fall_silent_while_a_child_is_undecided(
    scene: Bodies,
) -> None:
    told, made = in_danger(scene)
    a_child_named(scene, told)
    alarmed = "SELECT alarmed FROM facts.record WHERE id = %s"
    assert says(scene, seconding(scene, told.record, made, "colleague")) == "HE085"
    assert scene.world.as_owner(alarmed, (told.record,)) == [(True,)]
    scene.without_line(DECIDE, "NOT register.still_waits(held.entry)", "false")
    assert says(scene, seconding(scene, told.record, made, "colleague")) == ACCEPTED
    assert scene.world.as_owner(alarmed, (told.record,)) == [(False,)]


def test_what_waits_for_an_adult_in_trust_waits_whatever_is_said_of_them_later(
    scene: Bodies,
) -> None:
    record = scene.records[0]
    coach, made = a_coach_decided(scene, record, NOTHING)
    scene.act(*harm_answered(scene, record, coach))
    read_by(scene, record)
    scene.act(*an_adult(scene, record, Trust.NO, concerned=coach))
    agreeing = seconding(scene, record, made, "colleague")
    assert waits(scene, "colleague") == [made]
    other = an_adult(scene, record)  # what is decided for somebody else overtakes nothing
    scene.act(*other)
    scene.act(*deciding(scene, record, other.entry.id, Choice.REFER))
    assert says(scene, agreeing) == ACCEPTED
    same(scene)


def test_what_must_be_decided_again_waits_no_more(scene: Bodies) -> None:
    told = scene.world.tell("He shouts at them")
    scene.world.open()
    coach, made = a_coach_decided(scene, told.record, Choice.SHARE)
    said = telling(scene, told.record, made)
    scene.act(*said)
    nothing = deciding(scene, told.record, coach, NOTHING)
    scene.act(*nothing)
    challenge = challenging(scene, told, said.entry.id)
    assert says(scene, challenge) == ACCEPTED
    oversee(scene, "overseer", told.record)
    verdict = answering(scene, told.record, challenge.entry.id, "overseer", Verdict.DECIDE_AGAIN)
    scene.act(*verdict)
    read_by(scene, told.record)
    assert waits(scene, "colleague") == []
    assert says(scene, seconding(scene, told.record, nothing.entry.id, "colleague")) == "HE085"
    assert counts(scene, told.record) == (1, 1, 1, 0)
    same(scene)


def test_who_was_named_without_a_post_is_undecided_once_they_have_one(scene: Bodies) -> None:
    record = scene.records[0]
    scene.act(*looking(scene, record))
    adult = an_adult(scene, record, Trust.UNKNOWN)
    scene.act(*adult)
    scene.act(*deciding(scene, record, None, NOTHING))
    assert counts(scene, record) == (0, 0, 0, 1)
    scene.act(*an_adult(scene, record, concerned=adult.entry.id))
    assert counts(scene, record) == (1, 1, 1, 1)
    same(scene)
