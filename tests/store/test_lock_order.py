"""Who appends several entries at once takes locks in one order: two of them wait, and never for each other."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from heed.access.commands import wall_match
from heed.access.people import name_unit
from heed.core.ports import SealedEntry
from heed.intake.commands import add_words
from heed.loops.sweep import Sweep
from heed.register.note import Signer
from heed.store import words
from heed.store.append import append_within
from heed.store.connection import StoreAway
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.test_ladder import days_later
from tests.world import CHANCE


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def beside(act: Callable[[], object]) -> Callable[[], str]:
    """Begin this in a thread, with time to come to its first lock; call for what became of it."""
    said: list[str] = []

    def run() -> None:
        try:
            act()
            said.append("done")
        except StoreAway as wrong:
            said.append(str(wrong))

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.4)

    def ended() -> str:
        thread.join()
        return said[0]

    return ended


def opened(scene: Bodies, monkeypatch: pytest.MonkeyPatch) -> str:
    """The opener finds a unit and somebody who works here, while the reporter adds; what became of that."""
    world = scene.world
    told = world.tell("Something.")
    unit, person = next(iter(scene.units.values())), world.people["colleague"]
    more = add_words(
        CHANCE,
        world.public_recipients(told.code),
        "more",
        record=told.record,
        lookup=told.code.lookup,
        token=b"q" * 32,
    )
    ending: list[Callable[[], str]] = []

    def first_then_the_other(connection: Any, entry: SealedEntry) -> Any:
        done = append_within(connection, entry)
        if not ending:
            ending.append(beside(lambda: world.register("heed_intake").append(more)))
        return done

    monkeypatch.setattr(words, "append_within", first_then_the_other)
    mention = name_unit(CHANCE, scene.to, record=told.record, unit=unit, token=b"u" * 32)
    match = wall_match(CHANCE, scene.to, record=told.record, person=person, token=b"m" * 32)
    words.keep(
        world.link("heed_opener"),
        words.WordRows.empty(),
        [],
        [(words.Match(told.record, person, told.entry.id), match)],
        [mention],
    )
    return ending[0]()


def test_a_reporter_adds_while_the_opener_finds_names(
    scene: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened(scene, monkeypatch) == "done"


def test_the_sweep_takes_records_in_the_order_of_a_look(scene: Bodies, tmp_path: Path) -> None:
    world = scene.world
    pair = sorted([world.tell("one").record, world.tell("two").record])
    world.open()
    days_later(scene, 1)
    sweep = Sweep(world.link("heed_sweep"), scene.to, Signer("heed", b"\7" * 32), tmp_path)
    sweep._append(pair[::-1], 1)
    asked = "SELECT record FROM facts.chase WHERE record = ANY (%s) ORDER BY at"
    assert [row[0] for row in world.as_owner(asked, (pair,))] == pair
