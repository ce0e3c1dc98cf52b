"""Whoever asked again waits until somebody answers them, and is heard by whoever should hear it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from heed.access import commands as access
from heed.core.vocabulary import Kind
from heed.store.rebuild import check
from tests.servers import Server
from tests.walls.asking_again import asking, holding, reported, says, told_by
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.refusals import Asked
from tests.walls.refusals import told as answered
from tests.walls.test_asked import WAIT, later, replying, today, wait
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

REPLIED = "register.replied(uuid,integer)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def handed_over(scene: Bodies, told: Told) -> None:
    """The lead gives it to the colleague, who answers for it from now on."""
    taker = scene.world.people["colleague"]
    scene.act(
        "lead", access.offer_hand_over(CHANCE, scene.to, record=told.record, taker=taker, note="")
    )
    scene.act("colleague", access.accept_hand_over(CHANCE, scene.to, record=told.record))


def test_taking_a_marker_back_answers_nobody(scene: Bodies) -> None:
    told = reported(scene)
    scene.act(*holding(scene, told.record, (today() + timedelta(days=20)).date()))
    assert says(scene, asking(scene, told)) == ACCEPTED
    scene.act(*holding(scene, told.record, None))
    assert wait(scene, "lead") == [("asked", told.record)]
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    scene.without_line(REPLIED, " AND h.until IS NOT NULL")
    assert wait(scene, "lead") == []


def test_a_marker_with_a_day_ends_an_ask(scene: Bodies) -> None:
    told = reported(scene)
    assert says(scene, asking(scene, told)) == ACCEPTED
    scene.act(*holding(scene, told.record, (today() + timedelta(days=20)).date()))
    assert wait(scene, "lead") == []


def test_a_marker_that_says_nothing_of_a_day_is_refused(scene: Bodies) -> None:
    told = reported(scene)
    for claims in ([], 5, "x", {}, ["until"], "until"):
        asked = Asked("lead", Kind.TELLING_HELD, told.record, claims)  # type: ignore[arg-type]
        assert answered(scene, asked)[0] == "HE081", claims


def test_whoever_was_told_of_an_ask_that_was_answered_sees_no_later_one(scene: Bodies) -> None:
    told = reported(scene)
    assert says(scene, asking(scene, told)) == ACCEPTED
    assert wait(scene, "lead") == [("asked", told.record)]
    scene.act(*replying(scene, told))
    handed_over(scene, told)
    later(scene, days=2)
    ask = asking(scene, told)
    assert says(scene, ask) == ACCEPTED
    assert "lead" not in told_by(scene, ask.entry.id)
    assert wait(scene, "lead") == []
    assert wait(scene, "colleague") == [("asked", told.record)]
    scene.without_line(WAIT, " AND NOT register.replied(t.record, t.version)")
    assert wait(scene, "lead") == [("asked", told.record)]
