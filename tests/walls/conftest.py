"""Each test of a wall gets a throw-away copy of the register in which things were said yesterday."""

from collections.abc import Iterator

import pytest

from tests.servers import Server
from tests.walls.yesterday import Yesterday, yesterday


@pytest.fixture
def kept(server: Server) -> Iterator[Yesterday]:
    """What was kept yesterday."""
    with yesterday(server) as made:
        yield made
