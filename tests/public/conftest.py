"""The public face as it runs: its own process, its own role, spoken to over HTTP."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from heed.cli.browsing import Browser, Page
from heed.store.spool import Spool
from tests.servers import Server, create, drop
from tests.world import World, new_world


@dataclass
class Face:
    """A running public face, its world, and where it keeps things."""

    world: World
    home: Path
    port: int

    def browser(self) -> Browser:
        return Browser(self.port)

    def fetch(
        self, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, Message, bytes]:
        """One raw request: status, headers, bytes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, named)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def tell(self, browser: Browser | None = None, **words: str) -> Page:
        """The whole journey with these answers; the last page."""
        browser = browser or self.browser()
        page = browser.get("/tell")
        for fields, step in (
            (("danger",), "words"),
            (("saw", "told", "worried"), "people"),
            (("who", "where", "when", "keep_from", "rung", "child"), "check"),
            ((), "send"),
        ):
            said = {name: words[name] for name in fields if name in words}
            page = browser.send(page, page.form("form"), **said, step=step)
        return page

    def come_back(self, page: Page) -> tuple[Browser, Page]:
        """With the code of a last page, in another browser."""
        browser = self.browser()
        asked = browser.get("/return")
        code = page.texts["return-code"]
        return browser, browser.send(asked, asked.form("code"), code=code)


@contextmanager
def public_face(
    world: World,
    home: Path,
    *,
    capacity: int | None = None,
    run: Sequence[str] = ("heed.cli.main", "run", "public"),
) -> Iterator[Face]:
    """Start the face on a free port, by the module and arguments of `run`; stop it at the end."""
    world.write_home(home)
    if capacity is None:
        Spool(home / "public" / "spool").create()
    else:
        Spool(home / "public" / "spool", capacity=capacity).create()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (home / "log" / "public.log").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", *run],
            env=os.environ | {"HEED_HOME": str(home), "HEED_PUBLIC_PORT": str(port)},
            stdout=log,
            stderr=log,
        )
    face = Face(world, home, port)
    try:
        _wait(face)
        yield face
    finally:
        child.terminate()
        child.wait(timeout=20)


def _wait(face: Face) -> None:
    for _ in range(600):
        try:
            if face.fetch("/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError((face.home / "log" / "public.log").read_text()[-2000:])


@pytest.fixture(scope="module")
def face(pg18: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """One face for a module's tests."""
    database = create(pg18)
    with public_face(new_world(database), tmp_path_factory.mktemp("home")) as running:
        yield running
    drop(database)
