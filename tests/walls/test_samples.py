"""An overseer reviews a sample of what was put aside, which nobody inside can choose."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.access import commands
from heed.core.vocabulary import Danger, Kind
from heed.store import sorting
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import naming, offering
from tests.walls.refusals import Asked, check_refused, told
from tests.walls.sorting_letters import (
    DECIDE,
    SAMPLED,
    aside,
    letter,
    look,
    oversee,
    put_aside,
    samples,
    tell,
)
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def test_danger_and_what_was_told_in_public_is_always_reviewed_letters_by_chance(
    scene: Bodies,
) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    told_us, grave = tell(scene, danger=Danger.NO).record, letter(scene, Danger.YES)
    for record in (told_us, grave, *(letter(scene) for _ in range(3))):
        assert put_aside(scene, record) == (ACCEPTED,)
    rows = scene.world.as_owner("SELECT record FROM facts.sample")
    assert {row[0] for row in rows} == {told_us, grave}
    scene.without_line(SAMPLED, "< 0", "< 256")
    last = letter(scene)
    assert put_aside(scene, last) == (ACCEPTED,)
    assert scene.world.as_owner("SELECT 1 FROM facts.sample WHERE record = %s", (last,))


BURIED = {
    "Thank you for your help with the grant.": False,
    "The report is late. My daughter sends her regards.": False,
    "The harm done to our hedge is beyond words.": False,
    "The report is late. One of the girls we spoke to was hurt again, by the way.": True,
    "Our PUPILS are fine,\nUNSAFE on the way home.": True,
    "The hedge is high. A 14 year-old told me that an older man waits there.": True,
}


@pytest.mark.parametrize("words", BURIED)
def test_whatever_names_a_child_and_a_harm_is_always_reviewed(scene: Bodies, words: str) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    record = letter(scene, words=words)
    assert put_aside(scene, record) == (ACCEPTED,)
    assert len(samples(scene)) == BURIED[words]


def test_who_put_it_aside_cannot_tell_what_is_reviewed(scene: Bodies) -> None:
    assert put_aside(scene, scene.records[0]) == (ACCEPTED,)
    assert len(samples(scene)) == 1
    with scene.connected("lead") as connection:
        with pytest.raises(Exception, match="permission denied"):
            connection.execute("SELECT 1 FROM facts.sample")
        assert connection.execute("SELECT * FROM machinery.sampled(9)").fetchall() == []


def _to_review(scene: Bodies, name: str) -> list[UUID]:
    rows = sorting.sampled(Desk(scene.world.link("heed_office")), scene.keys[name], 9)
    return [row.sorting for row in rows]


def test_an_overseer_reviews_what_they_read_and_nobody_their_own(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    assert _to_review(scene, "overseer") == _to_review(scene, "second") == [sample]
    claims = {"sorting": str(sample), "outcome": "right"}
    review = Asked("overseer", Kind.REVIEWED, record, claims)
    check_refused(scene, "HE404", review)  # not asked for yet
    asks = commands.ask_for_content(
        CHANCE, scene.to, person=scene.world.people["overseer"], record=record, reason="sampled"
    )
    scene.act("overseer", asks)
    check_refused(scene, "HE019", review)  # not read yet
    look(scene, "overseer", record, purpose="oversight")
    wrong = [{}, claims | {"outcome": "fine"}, claims | {"outcome": None}]
    check_refused(
        scene, "HE003", *(Asked("overseer", Kind.REVIEWED, record, one) for one in wrong[1:])
    )
    check_refused(
        scene,
        "HE404",
        Asked("overseer", Kind.REVIEWED, record, wrong[0]),
        Asked("overseer", Kind.REVIEWED, scene.records[1], claims),
        Asked("lead", Kind.REVIEWED, record, claims),
        *(Asked(name, Kind.REVIEWED, record, claims) for name in ("second", "custodian", "admin")),
    )
    assert told(scene, review) == (ACCEPTED,)
    check_refused(scene, "HE404", review)  # once
    assert _to_review(scene, "second") == []
    assert aside(scene) == {record}


def test_nobody_reviews_what_they_put_aside_themselves(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    lead = scene.world.people["lead"]
    scene.act(*offering(scene, "colleague"))
    scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=record))
    posts = commands.set_posts(CHANCE, scene.to, person=lead, posts=["overseer"])
    scene.world.register().append(posts)
    oversee(scene, "lead", record)
    claims = {"sorting": str(sample), "outcome": "right"}
    review = Asked("lead", Kind.REVIEWED, record, claims)
    assert _to_review(scene, "lead") == []
    check_refused(scene, "HE404", review)
    scene.without_line(DECIDE, "OR chosen.actor = p_me", "")
    assert told(scene, review) == (ACCEPTED,)


def test_a_review_can_bring_it_back_into_the_queue(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    oversee(scene, "overseer", record)
    claims = {"sorting": str(sample), "outcome": "look again"}
    assert told(scene, Asked("overseer", Kind.REVIEWED, record, claims)) == (ACCEPTED,)
    assert aside(scene) == set()


def test_an_overseer_who_is_restricted_is_shown_no_sample(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    scene.act(*naming(scene, "lead", "overseer"))
    assert _to_review(scene, "overseer") == []
    assert len(_to_review(scene, "second")) == 1
    line = "AND s.record NOT IN (SELECT register.walled_from(me))"
    scene.without_line("machinery.sampled(integer)", line, "")
    assert len(_to_review(scene, "overseer")) == 1
