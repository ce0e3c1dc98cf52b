"""Messages are made on an invented register, as the walls' tests make it."""

from collections.abc import Iterator

import pytest

from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.calling import reachable


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """Two concerns that nobody opened; everybody has a telephone."""
    with bodies(server) as made:
        reachable(made)
        yield made
