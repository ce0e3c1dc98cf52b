"""Finds the public test vectors, which are other people's and are not copied into the project."""

import os
from pathlib import Path

import pytest

from tests.leaving_out import left_out

BESIDE = Path(__file__).parents[3] / "shared" / "vectors"
FOLDER = Path(os.environ.get("HEED_VECTORS", BESIDE))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of vectors: HEED_VECTORS, or `shared/vectors` beside the checkout."""
    return FOLDER


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without vectors, leave out what needs them; tests/conftest.py says so at the end."""
    if (FOLDER / "merkle").is_dir():
        return
    needing = [item for item in items if "vectors" in getattr(item, "fixturenames", ())]
    if needing:
        items[:] = [item for item in items if item not in needing]
        config.hook.pytest_deselected(items=needing)
        names = {
            item.nodeid.partition("[")[0].removeprefix("tests/conformance/") for item in needing
        }
        left_out(config).append(
            f"not run, as the public test vectors are not at {FOLDER} (HEED_VECTORS names another"
            f" place), from tests/conformance: {', '.join(sorted(names))}"
        )
