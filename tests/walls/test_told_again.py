"""Whoever tells again what is on the record already is not told so, also where it names them (threat 27)."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from heed.store import sorting
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.changes import naming
from tests.walls.sorting_letters import letter
from tests.walls.twin_events import Build, nothing, restricted, told
from tests.walls.twin_events import letter as by_letter
from tests.walls.twin_questions import OWN
from tests.walls.twin_worlds import Twins, compare
from tests.world import World

BOTH = {"public.tell", "office.letter"}
"""Where people tell: the public form and the office's letter page. Both are sent twin_questions.WORDS."""


def by_form(world: World) -> None:
    """The same words, told by the public form and opened: they name the colleague."""
    told(world)
    world.open()


FIRST: dict[str, Build] = {
    "by the form": by_form,
    "by the form, not opened yet": told,
    "by letter": by_letter,
    "and is kept from whoever tells again": restricted("colleague"),
}


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("person", ["colleague", "lead", None])
def test_the_same_told_again_gets_the_same_answer_whoever_tells_it(
    server: Server, person: str | None, first: str
) -> None:
    twins = Twins(person, FIRST[first], nothing, holds=OWN["colleague"])
    found = compare(server, twins, only=BOTH)
    assert found.differences == []
    recorded = {
        asked.route
        for asked, answer in found.answers.items()
        if asked.method == "POST" and (b"return-code" in answer.body or b"recorded" in answer.body)
    }
    assert recorded == (BOTH if person else {"public.tell"})


@pytest.fixture(params=[18, 15])
def scene(request: pytest.FixtureRequest) -> Iterator[Bodies]:
    """The colleague is on duty; the lead answered for what came before."""
    with bodies(request.getfixturevalue(f"pg{request.param}")) as made:
        yield made


def shown_alike(scene: Bodies, name: str) -> list[list[UUID]]:
    """The groups of the same words that the page on which one sorts shows them."""
    groups = sorting.unsorted(Desk(scene.world.link("heed_office")), scene.keys[name], 50)
    return [[one.record for one in group] for group in groups]


def test_what_came_before_is_shown_beside_it_only_to_who_answers_for_both(scene: Bodies) -> None:
    first, own = letter(scene, words="No more buses."), letter(scene, words="No more buses.")
    assert [first, own] in shown_alike(scene, "lead")
    scene.act(*naming(replace(scene, records=[first]), "lead", "colleague"))
    scene.world.put_on_duty("colleague")
    again = letter(scene, words="No more buses.", name="colleague")
    assert shown_alike(scene, "colleague") == [[again]]
    scene.without_line("machinery.unsorted(integer)", "r.owner = me AND", "")
    scene.without_line(
        "machinery.unsorted(integer)", "AND r.id NOT IN (SELECT register.hidden_from(me))", ""
    )
    assert shown_alike(scene, "colleague") == [[again]]  # row-level security stands behind it
    scene.without("ALTER POLICY office ON facts.record USING (true)")
    assert [first, own, again] in shown_alike(scene, "colleague")
