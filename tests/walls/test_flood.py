"""Hundreds of reports that mean nothing come in, and the one that is true meets its clocks all the same."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from heed.core.vocabulary import Danger
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.calling import Kept, address, called, caller, reachable, sender
from tests.walls.test_ladder import climbed, told
from tests.world import CHANCE

FLOOD = 240
"""More than the loops take in one go, and more than nine pages of a queue."""

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        reachable(made)
        yield made


def flooded(scene: Bodies) -> UUID:
    """The record that is true: in the middle of the flood, of which nothing says that it is none."""
    records = []
    for number in range(FLOOD):
        danger = Danger.YES if number == FLOOD // 2 else Danger.UNKNOWN
        records.append(scene.world.tell(f"{number} {CHANCE.bytes(8).hex()}", danger=danger).record)
    scene.world.open()
    kept = scene.world.as_owner("SELECT count(*) FROM facts.record WHERE id = ANY (%s)", (records,))
    assert kept == [(FLOOD,)]
    return records[FLOOD // 2]


def test_the_one_that_is_in_danger_is_called_about_first_and_read_first(scene: Bodies) -> None:
    true = flooded(scene)
    caller(scene).step()
    assert called(scene, true) == ["lead"]
    queue = Desk(scene.world.link("heed_office")).queue(scene.keys["lead"], 25)
    assert queue[0].id == true


def test_without_that_order_it_waits_behind_the_flood(scene: Bodies) -> None:
    scene.without_line(
        "machinery.to_call(integer)",
        "ORDER BY array_position(ARRAY['yes', 'unknown', 'no'], d.danger), d.filed_at",
        "ORDER BY d.filed_at",
    )
    true = flooded(scene)
    caller(scene).step()
    assert called(scene, true) == []


def test_whoever_is_called_gets_one_text_for_all_of_it(scene: Bodies) -> None:
    flooded(scene)
    assert len(texts(scene)) == 1


def test_without_the_wait_between_two_texts_the_telephone_never_stops(scene: Bodies) -> None:
    scene.without_line("machinery.to_send(integer)", "interval '2 minutes'", "interval '0'")
    flooded(scene)
    assert len(texts(scene)) > 3


def texts(scene: Bodies) -> list[str]:
    """What came to the telephone of whoever is on duty, until nothing more is due."""
    post, calling = Kept(), caller(scene)
    while calling.step():
        while sender(scene, post).step():
            pass
    return [one.text for one in post.came if one.to == address("lead")]


def test_its_silence_is_told_on_its_day(scene: Bodies, tmp_path: Path) -> None:
    true = flooded(scene)
    for days in (1, 3, 5):
        climbed(scene, tmp_path, days)
    assert told(scene, true)[5] == {"overseer", "second"}
