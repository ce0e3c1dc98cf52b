"""Nobody escapes a second person by putting a record aside, or by deciding much at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from heed.core.vocabulary import Kind
from heed.oversight.asked_commands import Verdict
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.asking_again import answering, challenging, reported, says, telling
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import Change
from tests.walls.naming_people import counts, deciding, looking
from tests.walls.refusals import Asked, told
from tests.walls.seconding import nothing_in_danger
from tests.walls.sorting_letters import DECIDE as SORT
from tests.walls.sorting_letters import oversee, put_aside

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

SECOND = "register.second_for(uuid,uuid,text,timestamp with time zone,uuid)"
NOTHING = Choice.NO_FURTHER_ACTION


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def same(scene: Bodies) -> None:
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def sortable(scene: Bodies) -> set[UUID]:
    with scene.connected("lead") as connection:
        return {row[0] for row in connection.execute("SELECT record FROM machinery.unsorted(50)")}


def refused(scene: Bodies, record: UUID) -> Any:
    return put_aside(scene, record)[0]


def test_what_waits_for_a_second_person_is_put_aside_by_nobody(scene: Bodies) -> None:
    waiting, _ = nothing_in_danger(scene)
    assert waiting.record not in sortable(scene)
    assert refused(scene, waiting.record) == "HE021"
    scene.without_line(SORT, " OR register.was_decided(p_stream)", "")
    assert put_aside(scene, waiting.record) == (ACCEPTED,)


def test_what_must_be_decided_again_is_put_aside_by_nobody(scene: Bodies) -> None:
    made = reported(scene)
    scene.act(*looking(scene, made.record))
    nothing = deciding(scene, made.record, None, NOTHING)
    scene.act(*nothing)
    said = telling(scene, made.record, nothing.entry.id)
    scene.act(*said)
    challenge = challenging(scene, made, said.entry.id)
    assert says(scene, challenge) == ACCEPTED
    oversee(scene, "overseer", made.record)
    verdict = answering(scene, made.record, challenge.entry.id, "overseer", Verdict.DECIDE_AGAIN)
    scene.act(*verdict)
    assert made.record not in sortable(scene)
    assert refused(scene, made.record) == "HE021"
    same(scene)


def test_what_an_overseer_sent_back_may_be_put_aside(scene: Bodies) -> None:
    waiting, made = nothing_in_danger(scene)
    oversee(scene, "overseer", waiting.record)
    review = {"sorting": str(made), "outcome": "look again"}
    again = told(scene, Asked("overseer", Kind.REVIEWED, waiting.record, review))
    assert again == (ACCEPTED,)
    assert waiting.record in sortable(scene)
    assert put_aside(scene, waiting.record) == (ACCEPTED,)
    same(scene)


def many(scene: Bodies) -> list[Change]:
    """Twelve decisions by one person that nothing is done, each of another record; not sent yet."""
    records = [reported(scene).record for _ in range(12)]
    for record in records:
        scene.act(*looking(scene, record))
    return [deciding(scene, record, None, NOTHING) for record in records]


def sent_together(scene: Bodies, changes: list[Change]) -> int:
    """How many of them wait."""
    with ThreadPoolExecutor(len(changes)) as pool:
        assert set(pool.map(lambda change: says(scene, change), changes)) == {ACCEPTED}
    return sum(counts(scene, one.entry.stream) == (0, 0, 0, 0) for one in changes)


def test_many_decisions_at_the_same_moment_wait_as_many_in_turn_do(scene: Bodies) -> None:
    assert sent_together(scene, many(scene)) == 2
    same(scene)


def test_without_that_lock_none_of_them_waits(scene: Bodies) -> None:
    changes = many(scene)
    together = datetime.now(UTC) + timedelta(seconds=3)  # all count at one instant, then commit
    scene.without_line(
        SECOND,
        "PERFORM FROM facts.person p WHERE p.id = p_me FOR NO KEY UPDATE;",
        f"PERFORM pg_sleep_until('{together.isoformat()}');",
    )
    assert sent_together(scene, changes) < 2
