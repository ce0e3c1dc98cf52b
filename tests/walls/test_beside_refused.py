"""What the register refuses of notes, calls and what the parents were told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from heed.core.vocabulary import Kind
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.refusals import NO_ID, Asked, check_refused, told
from tests.walls.sorting_letters import oversee

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def test_only_who_answers_for_a_record_writes_beside_it(scene: Bodies) -> None:
    record = scene.records[0]
    oversee(scene, "overseer", record)
    now = datetime.now(UTC).isoformat()
    written: list[tuple[Kind, dict[str, Any]]] = [
        (Kind.NOTED, {"about": None}),
        (Kind.CALLED, {"whom": "999", "rung_at": now}),
        (Kind.PARENTS_TOLD, {"told": "no"}),
    ]
    others = [name for name in scene.keys if name != "lead"]
    said = check_refused(
        scene,
        "HE404",
        *(Asked(name, kind, record, claims) for name in others for kind, claims in written),
        *(Asked("lead", kind, uuid4(), claims) for kind, claims in written),
    )
    assert len({one[:2] for one in said}) == 1
    for kind, claims in written:
        assert told(scene, Asked("lead", kind, record, claims)) == (ACCEPTED,), kind


def test_a_call_was_made_to_somebody_at_a_time_that_has_been(scene: Bodies) -> None:
    record, now = scene.records[0], datetime.now(UTC)
    at = now.isoformat()
    wrong: list[dict[str, Any]] = [
        {},
        {"whom": "999"},
        {"whom": "nobody", "rung_at": at},
        {"whom": "999", "rung_at": "yesterday"},
        {"whom": "999", "rung_at": (now + timedelta(hours=1)).isoformat()},
    ]
    check_refused(scene, "HE003", *(Asked("lead", Kind.CALLED, record, one) for one in wrong))
    parents = ({}, {"told": "perhaps"}, {"told": True})
    check_refused(
        scene, "HE003", *(Asked("lead", Kind.PARENTS_TOLD, record, one) for one in parents)
    )


def test_a_note_is_about_something_in_its_own_record(scene: Bodies) -> None:
    rows = scene.world.as_owner("SELECT record, entry FROM facts.item WHERE kind = 'filed'")
    of = dict(rows)
    mine, other = scene.records[:2]
    about = [*NO_ID, str(of[other]), str(uuid4())]
    notes = [Asked("lead", Kind.NOTED, mine, {"about": one}) for one in about if one is not None]
    check_refused(scene, "HE003", *notes)
    assert told(scene, Asked("lead", Kind.NOTED, mine, {"about": str(of[mine])})) == (ACCEPTED,)
