"""Which tests were left out because something of other people's is not here, and says so at the end."""

import pytest

_NAMES = pytest.StashKey[list[str]]()


def left_out(config: pytest.Config) -> list[str]:
    """The tests that were left out so far, each with why; whoever leaves one out adds it."""
    return config.stash.setdefault(_NAMES, [])


def tell_controller(config: pytest.Config) -> None:
    """Under pytest-xdist a worker's findings reach the process that prints."""
    if hasattr(config, "workeroutput"):
        config.workeroutput["left_out"] = left_out(config)


def hear_worker(config: pytest.Config, output: dict[str, list[str]]) -> None:
    """Take in what a worker told; every worker collects the same tests."""
    known = left_out(config)
    known.extend(one for one in output.get("left_out", []) if one not in known)
