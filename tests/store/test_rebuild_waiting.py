"""What waits for the opener while tables are rebuilt is neither shown early nor lost."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from heed.store import rebuild as rebuilding
from heed.store.rebuild import check, rebuild
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import World

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "nothing told", Scene) as made:
        made.world.open()
        yield made


def _rebuilt(world: World) -> None:
    rebuild(world.urls["heed_owner"], world.keys)


def _words(world: World) -> int:
    return int(world.as_owner("SELECT count(*) FROM words.item")[0][0])


def _differences(world: World) -> tuple[object, ...]:
    return check(world.urls["heed_owner"], world.keys).differences


def _open_elsewhere(world: World) -> None:
    """On connections of its own."""
    world.open()
    world.close()


def _before(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], None]) -> None:
    """Do this first, each time that this step of a rebuild is done."""
    real = getattr(rebuilding, name)

    def stepped(*given: Any, **named: Any) -> Any:
        act()
        return real(*given, **named)

    monkeypatch.setattr(rebuilding, name, stepped)


def test_it_waits_on_unspoken(scene: Scene) -> None:
    scene.world.tell("not opened")
    _rebuilt(scene.world)
    assert _words(scene.world) == 0
    scene.world.open()
    assert _words(scene.world) == 1
    assert _differences(scene.world) == ()


def test_what_is_opened_after_it_was_folded_has_its_words(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.tell("opened in between")
    _before(monkeypatch, "_swap", lambda: _open_elsewhere(scene.world))
    _rebuilt(scene.world)
    assert _words(scene.world) == 1
    assert _differences(scene.world) == ()


def _open_while_swapping(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The opener comes by when the swap has folded the last entry, and before it is committed."""
    scene.world.tell("opened in the swap")
    opening = threading.Thread(target=_open_elsewhere, args=(scene.world,))

    def come_by() -> None:
        if opening.ident is None:
            opening.start()
            opening.join(1)

    swap = rebuilding._swap

    def swapped(*given: Any) -> None:
        _before(monkeypatch, "_next", come_by)
        swap(*given)

    monkeypatch.setattr(rebuilding, "_swap", swapped)
    _rebuilt(scene.world)
    opening.join()


def test_the_opener_waits_for_the_swap(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _open_while_swapping(scene, monkeypatch)
    assert _words(scene.world) == 1
    assert _differences(scene.world) == ()


def test_without_that_lock_words_are_lost(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "_OPENING", "SELECT 1")
    _open_while_swapping(scene, monkeypatch)
    assert _words(scene.world) == 0
