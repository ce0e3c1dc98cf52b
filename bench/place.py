"""A whole installation in a temporary folder, with the parts that a benchmark asks for."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from heed.cli.casting import Stage
from heed.cli.story import read_story
from heed.store.begin import new_installation
from heed.store.configuration import Configuration, PublicHand
from heed.store.embedded import Embedded


@dataclass
class Place:
    """Where it stands, and how to reach its database as its owner."""

    home: Path
    owner_url: str
    configuration: Configuration

    @property
    def hand(self) -> PublicHand:
        """What the public face holds."""
        return PublicHand.load(self.home, self.configuration.origin)

    @contextmanager
    def part(self, *arguments: str, port: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """A child process for as long as the block lasts."""
        environment = os.environ | {"HEED_HOME": str(self.home)}
        with (self.home / "log" / "bench.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, *arguments], env=environment, stdout=log, stderr=log
            )
        try:
            if port is not None:
                answers(port)
            yield child
        finally:
            child.terminate()
            child.wait(timeout=20)


@contextmanager
def place() -> Iterator[Place]:
    """A begun demonstration with people and a duty slot; removed afterwards."""
    home = Path(tempfile.mkdtemp(prefix="heed-bench-"))
    home.chmod(0o755)
    embedded = Embedded(home)
    try:
        embedded.create()
        embedded.start()
        url = embedded.create_database_and_owner()
        configuration = replace(Configuration(), public_port=free_port(), office_port=free_port())
        new_installation(home, url, configuration, demonstration=True)
        story = read_story(Path(str(files("heed") / "story")))
        Stage.open(home, url, story)
        yield Place(home, url, configuration)
    finally:
        embedded.stop()
        shutil.rmtree(home, ignore_errors=True)


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str = "/healthz", seconds: float = 30.0) -> None:
    """Wait until a face answers; raises TimeoutError."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"nothing answers on port {port}")
