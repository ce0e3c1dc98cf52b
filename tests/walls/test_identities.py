"""Who told us is sealed: what no ordinary look opens, which two open it, for how long, and who can never."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.sealing import (
    NAME,
    looks,
    opened_by_two,
    reads,
    shown,
    told_and_sealed,
)
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_identity(uuid,text,jsonb,uuid)"
LOOK = "register.decide_identity_look(uuid,jsonb)"
IDENTITIES = "machinery.my_open_identities()"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


@pytest.fixture
def record(scene: Bodies) -> UUID:
    return told_and_sealed(scene)


def desk(scene: Bodies) -> Desk:
    return Desk(scene.world.link("heed_office"))


def gone_by(scene: Bodies, interval: str) -> None:
    scene.without(
        f"UPDATE facts.unsealed SET at = at - interval '{interval}', until = until - interval '{interval}'"
    )


def walled(scene: Bodies, record: UUID, name: str) -> None:
    from heed.access import commands
    from heed.access.walls import Ground

    person = scene.world.people[name]
    entry = commands.wall_person(
        CHANCE, scene.to, record=record, person=person, ground=Ground.ACCUSED, reason="named"
    )
    scene.act("lead", entry)


def test_no_ordinary_look_shows_who_told_us_to_anybody(scene: Bodies, record: UUID) -> None:
    looks(scene, record, purpose="own queue")
    looks(scene, record, purpose="print")
    assert NAME not in shown(scene, "lead")
    for name in scene.keys:
        assert shown(scene, name) == "[]", name


def test_two_open_it_to_who_asked_and_each_look_is_on_the_record(
    scene: Bodies, record: UUID
) -> None:
    opened_by_two(scene, record)
    assert shown(scene, "lead") == "[]"
    assert reads(scene, record) == [NAME]
    assert scene.world.as_owner("SELECT purpose, person FROM facts.look") == [
        ("identity", scene.world.people["lead"])
    ]
