"""The office face of a fresh invented register, in this process, by its own database roles."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import pytest
from django.conf import Settings, settings
from django.template import engines
from django.urls import clear_url_caches, set_urlconf
from jinja2.bccache import Bucket, BytecodeCache

from heed.office.hands import hands
from tests.copies import Scene, copied
from tests.office.browser import Browser
from tests.servers import Server
from tests.world import World


class Compiled(BytecodeCache):
    """Templates are the same in every world: each is compiled once in a process."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@contextmanager
def office_of(world: World, home: Path) -> Iterator[None]:
    """Django as the office sees it, for this world; what was there before comes back."""
    world.write_home(home)
    before = settings._wrapped
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEED_HOME", str(home))
        hands.cache_clear()
        _use(Settings("heed.office.settings"))
        django.setup(set_prefix=False)
        for engine in engines.all():
            engine.env.bytecode_cache = COMPILED
        try:
            yield
        finally:
            hands.cache_clear()
            _use(before)


def _use(wrapped: object) -> None:
    settings._wrapped = wrapped
    clear_url_caches()
    set_urlconf(None)
    engines.__dict__.pop("templates", None)
    engines._templates = None
    engines._engines = {}


def _opened(world: World) -> Scene:
    world.open()
    return Scene(world)


@pytest.fixture
def world(server: Server) -> Iterator[World]:
    with copied(server, "a world", _opened) as made:
        yield made.world


@pytest.fixture
def office(world: World, tmp_path: Path) -> Iterator[World]:
    with office_of(world, tmp_path / "home"):
        yield world


@pytest.fixture
def browser(office: World) -> Browser:
    return Browser()


@pytest.fixture
def lead(office: World, browser: Browser) -> Browser:
    """A browser in which the person on duty has signed in."""
    office.give_password("lead")
    assert browser.sign_in("lead").status_code == 302
    return browser
