"""Who changes how another is called takes no call from them: for a week it goes to both."""

from collections.abc import Iterator

import pytest

from heed.access import people
from heed.core.ports import NotYet, Refused
from heed.store.calls import reaches
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.calling import Kept, address, caller, reachable, sender
from tests.world import CHANCE

OTHER = "07700900199@sms.example.org"
WEEK = "UPDATE machinery.reach SET was_until = was_until - interval '7 days'"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        reachable(made, email=True)
        yield made


def changed(scene: Bodies, by: str, telephone: str = "07700900199") -> None:
    scene.act(
        by,
        people.set_reach(
            CHANCE,
            scene.to,
            person=scene.world.people["lead"],
            telephone=telephone,
            email="lead@example.org",
        ),
    )


def rung(scene: Bodies, post: Kept | None = None) -> list[str]:
    """Where the text went that calls the lead."""
    post = post or Kept()
    caller(scene).step()
    sender(scene, post).step()
    return [one.to for one in post.came]


def until(scene: Bodies, reader: str) -> bool:
    """Whether this reader is told that what the lead had before counts, too."""
    desk = Desk(scene.world.link("heed_office"))
    return reaches(desk, scene.keys[reader])[scene.world.people["lead"]].before_until is not None


def test_who_is_called_elsewhere_is_called_where_they_were_as_well(scene: Bodies) -> None:
    assert not until(scene, "lead")
    changed(scene, "admin")
    assert until(scene, "lead")
    assert until(scene, "admin")
    post = Kept()
    assert rung(scene, post) == [address("lead"), OTHER]
    assert len({one.id for one in post.came}) == 2
    assert len({one.text for one in post.came}) == 1


@pytest.mark.parametrize(
    "twice", [("admin", "07700900198"), ("admin", "")], ids=["changed twice", "emptied"]
)
def test_no_second_change_forgets_the_first(scene: Bodies, twice: tuple[str, str]) -> None:
    changed(scene, "admin")
    changed(scene, *twice)
    assert rung(scene)[0] == address("lead")


def test_a_dead_number_that_somebody_else_wrote_down_silences_nothing(scene: Bodies) -> None:
    changed(scene, "admin")
    assert rung(scene, Kept(fails={OTHER: Refused("no such number")})) == [address("lead")]


def test_where_the_new_number_is_tried_again_the_one_before_gets_it_once(scene: Bodies) -> None:
    changed(scene, "admin")
    post = Kept(fails={OTHER: NotYet("try again later")})
    for _ in range(3):
        rung(scene, post)
        scene.without("UPDATE machinery.message SET next_try = clock_timestamp()")
    assert [one.to for one in post.came] == [address("lead")]


def test_it_ends_when_whoever_it_is_says_so_or_after_a_week(scene: Bodies) -> None:
    changed(scene, "admin")
    changed(scene, "lead")
    assert not until(scene, "lead")
    assert rung(scene) == [OTHER]
    scene.without("DELETE FROM machinery.message")
    changed(scene, "admin", "07700900197")
    scene.without(WEEK)
    assert not until(scene, "lead")


def test_without_that_line_the_calls_go_to_whoever_changed_it(scene: Bodies) -> None:
    scene.without_line(
        "register.ways_to(uuid)", "h.was_until > clock_timestamp() AS counts", "false AS counts"
    )
    changed(scene, "admin")
    assert rung(scene) == [OTHER]
