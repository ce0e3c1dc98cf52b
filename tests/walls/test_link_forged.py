"""A forged acknowledgement: an answer to a referral is nobody's who did not open that referral."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreRefused
from tests.servers import Server
from tests.walls.bodies import APPEND, Bodies, bodies
from tests.walls.linking import Sent, answering, ending, linking, opened
from tests.walls.naming_people import looking

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
        yield made


@pytest.fixture
def sent(scene: Bodies) -> Sent:
    return linking(scene, scene.records[0])


def intake(scene: Bodies) -> Link:
    return scene.world.link("heed_intake")


def test_a_way_back_answers_its_own_referral_and_no_other(scene: Bodies, sent: Sent) -> None:
    """A session of another link, or the old words of a link that ended, names this one in vain."""
    other = linking(scene, scene.records[1])
    theirs, code = opened(scene.world, other, b"t" * 32), opened(scene.world, sent)
    forged = answering(scene.world, theirs)
    claims = {"link": str(sent.entry), "referral": str(sent.referral), "record": str(sent.record)}
    named = replace(forged, claims=forged.claims | claims)
    register = PostgresRegister(intake(scene))
    for stolen in (replace(named, stream=code.record), replace(named, lookup=code.lookup)):
        with pytest.raises(StoreRefused) as refused:
            register.append(stolen)
        assert refused.value.code == "HE404"
    ending(scene, other)
    register.append(named)
    steps = "SELECT link, what FROM facts.step WHERE what <> 'opened'"
    assert scene.world.as_owner(steps) == [(other.entry, "after the end")]


def test_without_the_code_s_own_stream_being_asked_for_another_s_words_answer(
    scene: Bodies, sent: Sent
) -> None:
    other = linking(scene, scene.records[1])
    theirs, code = opened(scene.world, other, b"t" * 32), opened(scene.world, sent)
    stolen = replace(answering(scene.world, theirs), stream=code.record)
    scene.without_line(APPEND, "(version > 1 AND known IS DISTINCT FROM p_stream)", "false")
    PostgresRegister(intake(scene)).append(stolen)
    steps = "SELECT link, what FROM facts.step WHERE what <> 'opened'"
    assert scene.world.as_owner(steps) == [(sent.entry, "acknowledged")]


def test_the_public_role_writes_no_answer_past_the_door(scene: Bodies, sent: Sent) -> None:
    opened(scene.world, sent)
    for statement in (
        "INSERT INTO facts.step SELECT * FROM facts.step",
        "UPDATE facts.step SET what = 'accepted'",
        "UPDATE machinery.link SET stream = gen_random_uuid()",
        "SELECT register.decide_link_heard(gen_random_uuid(), 2, '{}')",
        "SELECT register.apply_link(gen_random_uuid(), gen_random_uuid(), 2, 'link_heard', now(), '{}')",
    ):
        with pytest.raises(StoreRefused) as refused:
            intake(scene).rows(statement)
        assert refused.value.code == "42501", statement
