"""Whoever may not see a record learns nothing of it from another that was joined to it as a copy."""

from collections.abc import Iterator
from typing import Any, LiteralString

import pytest

from heed.access import asking
from heed.core.vocabulary import Kind
from heed.store import packs, sorting
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import naming
from tests.walls.looking_back import asked, now
from tests.walls.refusals import Asked, told
from tests.walls.sorting_letters import NOT_ONE, letter, look
from tests.walls.test_openings import asks, granted, reference
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

SORTED_AS = "SELECT outcome, copy_of FROM facts.sorting WHERE outcome = 'copy'"
ITEMS = "SELECT kind FROM facts.item WHERE kind = 'sorted'"
WORDS = "SELECT kind FROM words.item WHERE kind = 'sorted'"
PUT_ASIDE = "SELECT outcome, reason FROM facts.sorting WHERE copy_of IS NULL"
HIDDEN = "machinery.my_hidden_copies()"
LEAVES = "machinery.leaves(uuid)"
OPEN = "SELECT machinery.my_open_records()"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead joined the second letter to the first. The colleague reads the second, by leave."""
    with bodies(server) as made:
        first, copy = made.records = [letter(made, words="No more buses.") for _ in range(2)]
        look(made, "lead", first, copy)
        joins = {"outcome": "copy", "reason": None, "copy_of": str(first)}
        assert told(made, Asked("lead", Kind.SORTED, first, NOT_ONE)) == (ACCEPTED,)
        assert told(made, Asked("lead", Kind.SORTED, copy, joins)) == (ACCEPTED,)
        made.world.open()
        wanted = asks(made, "colleague", reference(made, copy))
        made.act("lead", asking.grant_access(CHANCE, made.to, record=copy, asking=wanted))
        yield made


def seen(scene: Bodies, statement: LiteralString, name: str = "colleague") -> list[Any]:
    return Desk(scene.world.link("heed_office")).rows(scene.keys[name], statement)


def told_of_it(scene: Bodies) -> list[int]:
    """How often each table says to the colleague, who has opened the second, what it was joined to."""
    look(scene, "colleague", scene.records[1], purpose="granted")
    assert seen(scene, OPEN) == [(scene.records[1],)]
    return [len(seen(scene, statement)) for statement in (SORTED_AS, ITEMS, WORDS)]


def test_whoever_may_see_both_sees_that_one_is_a_copy(scene: Bodies) -> None:
    granted(scene, "colleague")
    assert told_of_it(scene) == [1, 1, 1]


def test_a_look_back_says_no_more_of_it_than_the_record(scene: Bodies) -> None:
    def sorted_then() -> list[bool]:
        [then] = asked(scene, "buses", now(scene).date(), "colleague").answer.certain
        assert then.record == scene.records[1]
        return [thing.kind == Kind.SORTED for thing in then.things]

    assert not any(sorted_then())
    scene.without_line(
        "register.tells_of_another(bytea)", "AND NOT machinery.may_see(other)", "AND false"
    )
    assert any(sorted_then())


def test_whoever_is_walled_from_the_other_is_not_told_that_it_is_one(scene: Bodies) -> None:
    granted(scene, "colleague")
    scene.act(*naming(scene, "lead", "colleague"))
    assert told_of_it(scene) == [0, 0, 0]
    scene.without_line(HIDDEN, "NOT machinery.may_see(other.record)", "false")
    assert told_of_it(scene) == [0, 1, 1]
    rule = "record IN (SELECT machinery.my_records())"
    scene.without(f"ALTER POLICY office ON facts.sorting USING ({rule})")
    assert told_of_it(scene) == [1, 1, 1]


def test_the_answer_is_the_same_where_the_other_is_only_not_theirs(scene: Bodies) -> None:
    unasked = told_of_it(scene)
    scene.act(*naming(scene, "lead", "colleague"))
    assert told_of_it(scene) == unasked == [0, 0, 0]


def test_what_was_put_aside_for_a_reason_is_told_as_before(scene: Bodies) -> None:
    granted(scene, "colleague")
    look(scene, "colleague", scene.records[0], purpose="granted")
    assert seen(scene, PUT_ASIDE) == [("not one", "thanks")]
    assert seen(scene, WORDS) == [("sorted",)]


def test_who_joined_it_still_finds_it_and_is_not_told_to_what(scene: Bodies) -> None:
    """Walled by a later match, the lead answers for the second record only."""
    desk, key, (first, copy) = (
        Desk(scene.world.link("heed_office")),
        scene.keys["lead"],
        scene.records,
    )
    joined = {one.record: one.copy_of for one in sorting.aside(desk, key, 9)}
    assert joined == {first: None, copy: reference(scene, first)}
    scene.act(*naming(scene, "lead", "lead"))
    [left] = sorting.aside(desk, key, 9)
    assert (left.record, left.outcome, left.copy_of) == (copy, None, None)
    assert sorting.aside_since(desk, key, copy) == left.at


def test_what_the_tree_holds_of_a_record_does_not_tell_it_either(scene: Bodies) -> None:
    [[joining]] = scene.world.as_owner("SELECT entry FROM facts.sorting WHERE outcome = 'copy'")
    desk, record = Desk(scene.world.link("heed_office")), scene.records[1]

    def shown() -> bool:
        look(scene, "colleague", record, purpose="granted")
        return joining in packs.leaves(desk, scene.keys["colleague"], record)

    granted(scene, "colleague")
    assert shown(), "whoever may see the other sees that this is its copy"
    scene.act(*naming(scene, "lead", "colleague"))
    assert not shown()
    scene.without_line(LEAVES, "AND i.entry NOT IN (SELECT machinery.my_hidden_copies())")
    assert shown()
