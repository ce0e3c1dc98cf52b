"""While appends wait for a swap, only what is new is written, however long the record is."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from heed.store import rebuild as rebuilding
from heed.store.fold import FACTS, WORDS, Fold
from heed.store.rebuild import check, rebuild
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import World


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "forty told", _fill) as made:
        yield made


def _fill(world: World) -> Scene:
    for number in range(40):
        world.tell(f"seen {number}")
    return Scene(world)


def test_the_swap_walks_no_table_and_sends_no_list_of_all_entries(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[str] = []
    swapping = False
    swap: Callable[..., None] = rebuilding._swap

    def watched(connection: psycopg.Connection[Any], filling: rebuilding._Filling) -> None:
        nonlocal swapping
        scene.world.tell("in the last moment")
        swapping = True
        swap(connection, filling)
        swapping = False
        assert len(filling.owed) < 20

    for name in ("facts", "spoken"):
        whole: Callable[[Fold, str], Any] = getattr(Fold, name)

        def rows(fold: Fold, table: str, whole: Callable[[Fold, str], Any] = whole) -> Any:
            if swapping:
                walked.append(table)
            return whole(fold, table)

        monkeypatch.setattr(Fold, name, rows)
    monkeypatch.setattr(rebuilding, "_swap", watched)
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert walked == []
    monkeypatch.undo()
    scene.world.open()  # what waited for the opener waits for it still
    found = check(scene.world.urls["heed_owner"], scene.world.keys)
    assert (found.differences, found.unopened) == ((), 0)
    assert scene.world.as_owner("SELECT count(*) FROM words.item") == [(41,)]


def test_what_comes_at_the_last_moment_is_caught_up_in_every_table() -> None:
    fold = Fold(None)
    assert fold.standing().keys() == set(FACTS)


def test_no_table_is_filled_twice() -> None:
    for tables in (FACTS, WORDS):
        assert sorted(tables) == sorted(set(tables))
