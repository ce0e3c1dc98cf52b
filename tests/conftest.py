"""Servers and databases for every test, and the rule that a skip fails where CI=true.

What is not here because it is other people's is left out instead, and named at the end.
"""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.leaving_out import hear_worker, left_out, tell_controller
from tests.servers import Database, Server, create, drop, missing, running_server

ROOT = Path(__file__).parent
LONGEST = (
    "walls/test_rule_twins.py",
    "browser/test_axe.py",
    "walls/test_twin_worlds.py",
    "walls/test_owned_storm.py",
    "walls/test_real_year.py",
    "properties/test_pure_year.py",
    "cli/test_replay.py",
    "walls/test_twin_worlds_differ.py",
    "browser/test_concerned.py",
    "store/test_rebuild_people.py",
    "cli/test_commands.py",
)
"""Files whose tests take longest: they go first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {ROOT / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="session")
def pg18() -> Iterator[Server]:
    """PostgreSQL 18 from the wheel: one server per worker."""
    with running_server(18) as server:
        yield server


@pytest.fixture(scope="session")
def pg15() -> Iterator[Server]:
    """PostgreSQL 15 from Debian: one server per worker, never the system's own."""
    if missing(15):
        pytest.skip(missing(15))
    with running_server(15) as server:
        yield server


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """18, or as `@pytest.mark.parametrize("server", [18, 15], indirect=True)` asks."""
    version = getattr(request, "param", 18)
    chosen = request.getfixturevalue(f"pg{version}")
    assert isinstance(chosen, Server)
    return chosen


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """A fresh, empty database that the plain role heed_owner owns."""
    fresh = create(server)
    yield fresh
    drop(fresh)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _a_skip_fails(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped:
        _a_skip_fails(report)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    tell_controller(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    hear_worker(node.config, getattr(node, "workeroutput", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in left_out(config):
        terminalreporter.write_line(line, yellow=True)


def _a_skip_fails(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI", "").lower() == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"Under CI=true a skip fails. {reason}"
