"""No role can take every connection, and each face gets as many as it can ever hold."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from heed.pages.front import THREADS
from heed.store.install import CONNECTIONS, ROLES, create_roles
from tests.copies import Scene, copied
from tests.servers import Server

PUBLIC_WORKERS = 2
# One a thread and process; the drain beside the public face, the probes and the doctor beside the
# office, and in the loops one each; the sweep also calls and sends.
HELD = {
    "heed_intake": PUBLIC_WORKERS * THREADS + 1,
    "heed_office": THREADS + 2,
    "heed_signin": THREADS,
    "heed_opener": 1,
    "heed_sequencer": 1,
    "heed_sweep": 3,
}

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "nothing told", Scene) as made:
        create_roles(
            made.world.urls["heed_owner"], made.world.urls
        )  # another test may have been here
        yield made


def _take_all(held: ExitStack, url: str) -> None:
    while True:
        held.enter_context(psycopg.connect(url))


def _limits(scene: Scene) -> dict[str, int]:
    with scene.world.database.server.superuser() as connection:
        rows = connection.execute(
            "SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname = ANY (%s)", (list(ROLES),)
        )
        return dict(rows.fetchall())


def test_each_role_has_its_limit_and_all_that_the_faces_hold_at_once_is_let_in(
    scene: Scene,
) -> None:
    for role, limit in _limits(scene).items():
        assert limit == CONNECTIONS.get(role, 10)
        assert limit >= HELD[role] + 2, role
    with ExitStack() as held:
        for role, count in HELD.items():
            for _ in range(count):
                held.enter_context(psycopg.connect(scene.world.urls[role]))
        assert scene.world.tell("still taken").appended.version == 1


def test_a_role_that_takes_all_it_can_leaves_room_for_the_others(scene: Scene) -> None:
    office, intake = scene.world.urls["heed_office"], scene.world.urls["heed_intake"]
    with ExitStack() as held:
        for _ in range(CONNECTIONS["heed_office"]):
            held.enter_context(psycopg.connect(office))
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            psycopg.connect(office)
        psycopg.connect(intake).close()
        scene.without("ALTER ROLE heed_office CONNECTION LIMIT -1")
        try:
            with pytest.raises(psycopg.OperationalError):
                _take_all(held, office)
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(intake)
        finally:
            held.close()
            scene.without(f"ALTER ROLE heed_office CONNECTION LIMIT {CONNECTIONS['heed_office']}")
