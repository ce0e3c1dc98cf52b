"""Finds the public test vectors, which are other people's and are not copied into the project."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of vectors: HEED_VECTORS, or `shared/vectors` beside the checkout."""
    beside = Path(__file__).parents[3] / "shared" / "vectors"
    folder = Path(os.environ.get("HEED_VECTORS", beside))
    if not (folder / "merkle").is_dir():
        pytest.skip(f"the public test vectors are not at {folder}")
    return folder
