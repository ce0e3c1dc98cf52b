"""Finds the public test vectors, which are other people's and are not copied into the project."""

import os
from pathlib import Path

import pytest

from tests.leaving_out import left_out

BESIDE = Path(__file__).parents[3] / "shared" / "vectors"
FOLDER = Path(os.environ.get("HEED_VECTORS", BESIDE))
CLOCKS = Path(__file__).parents[3] / "shared" / "domain" / "clocks.csv"


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of vectors: HEED_VECTORS, or `shared/vectors` beside the checkout."""
    return FOLDER


@pytest.fixture(scope="session")
def listed_clocks() -> Path:
    """The domain's list of clocks, `shared/domain/clocks.csv` beside the checkout."""
    return CLOCKS


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without vectors or list, leave out what needs them; tests/conftest.py says so at the end."""
    if not (FOLDER / "merkle").is_dir():
        why = f"the public test vectors are not at {FOLDER} (HEED_VECTORS names another place)"
        _leave_out(config, items, "vectors", why)
    if not CLOCKS.is_file():
        _leave_out(config, items, "listed_clocks", f"the domain's list is not at {CLOCKS}")


def _leave_out(config: pytest.Config, items: list[pytest.Item], fixture: str, why: str) -> None:
    needing = [item for item in items if fixture in getattr(item, "fixturenames", ())]
    if needing:
        items[:] = [item for item in items if item not in needing]
        config.hook.pytest_deselected(items=needing)
        names = {
            item.nodeid.partition("[")[0].removeprefix("tests/conformance/") for item in needing
        }
        left_out(config).append(
            f"not run, as {why}, from tests/conformance: {', '.join(sorted(names))}"
        )
