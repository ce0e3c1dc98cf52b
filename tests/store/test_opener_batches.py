"""Whatever one entry holds, the opener goes on with the rest, in batches that the store can answer."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from heed.core.vocabulary import Danger
from heed.loops import open as opening
from heed.loops.open import Opener
from heed.store.connection import Link, StoreAway, StoreRefused
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import Told, World

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

REFUSED = "ALTER TABLE words.item ADD CONSTRAINT no CHECK (body NOT LIKE '%unbearable%') NOT VALID"


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "nothing told", Scene) as made:
        yield made


def _waiting(world: World) -> int:
    return int(world.as_owner("SELECT count(*) FROM machinery.unopened")[0][0])


def test_an_entry_that_alone_is_refused_stops_its_record_and_the_rest_goes_on(
    scene: Scene,
) -> None:
    scene.without(REFUSED)
    said = ["one", "two", "unbearable", "four", "five", "unbearable too", "seven"]
    told = [scene.world.tell(words) for words in said]
    scene.world.open()
    assert _waiting(scene.world) == 0
    stopped = scene.world.as_owner("SELECT stream, why FROM words.stopped")
    assert {row[0] for row in stopped} == {told[2].record, told[5].record}
    assert all("cannot be kept (23514)" in row[1] for row in stopped)
    kept = scene.world.as_owner("SELECT stream FROM words.item")
    assert {row[0] for row in kept} == {t.record for n, t in enumerate(told) if n not in (2, 5)}


def test_a_store_that_takes_no_words_at_all_stops_no_record(
    scene: Scene, capfd: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger("heed.opener").handlers.clear()  # of another test's stderr
    told = scene.world.tell("a secret word")
    scene.without("REVOKE INSERT ON words.item FROM heed_opener")
    opener = Opener(Link(scene.world.urls["heed_opener"]), scene.world.keys)
    with pytest.raises(StoreRefused):
        opener.step()
    stop = threading.Event()
    thread = threading.Thread(target=opener.run, args=(stop,))
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive()
    scene.without("GRANT INSERT ON words.item TO heed_opener")
    end = time.monotonic() + 10
    while _waiting(scene.world):
        assert time.monotonic() < end
        time.sleep(0.05)
    stop.set()
    thread.join()
    assert scene.world.as_owner("SELECT stream FROM words.stopped") == []
    assert scene.world.as_owner("SELECT stream FROM words.item") == [(told.record,)]
    error = capfd.readouterr().err
    assert "takes no words now: 42501" in error
    assert "Traceback" not in error
    assert "secret" not in error


def test_a_batch_that_cannot_be_answered_in_time_is_halved_until_it_can(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BATCH", 16)
    for number in range(12):
        scene.world.tell(f"seen {number}")
    scene.world.open()
    for number in range(12):
        scene.world.tell(f"seen again {number}")
    # As long as 50 ms an entry: more than five at once are more than the link's patience.
    scene.without(
        "CREATE FUNCTION words.slow() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END'",
        "CREATE TRIGGER slow BEFORE INSERT ON words.item FOR EACH ROW EXECUTE FUNCTION words.slow()",
    )
    opener: Any = Opener(Link(scene.world.urls["heed_opener"], patience=0.3), scene.world.keys)
    away = 0
    end = time.monotonic() + 20
    while _waiting(scene.world):
        assert time.monotonic() < end
        try:
            opener.step()
        except StoreAway:
            away += 1
    assert away > 0
    assert scene.world.as_owner("SELECT count(*) FROM words.item") == [(24,)]


STANDING = (
    "CREATE FUNCTION words.slow() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN IF NEW.body LIKE ''%enormous%'' THEN PERFORM pg_sleep({}); END IF; RETURN NEW; END'"
)
SLOW = "CREATE TRIGGER slow BEFORE INSERT ON words.item FOR EACH ROW EXECUTE FUNCTION words.slow()"


def _steps(opener: Opener, world: World, told: Told, most: int) -> int:
    """How many steps come back late until this is opened; at most so many are made."""
    away = 0
    for _ in range(most):
        try:
            opener.step()
        except StoreAway:
            away += 1
        if world.as_owner("SELECT entry FROM words.item WHERE stream = %s", (told.record,)):
            return away
    raise AssertionError("it was never opened")


def test_what_takes_long_is_put_aside_until_there_is_patience(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene.world.open()
    scene.without(STANDING.format(1), SLOW)
    large = scene.world.tell("enormous")
    small = scene.world.tell("late at night")
    opener = Opener(Link(scene.world.urls["heed_opener"], patience=0.5), scene.world.keys)
    monkeypatch.setattr(opening, "PATIENCE", 3600.0)
    assert _steps(opener, scene.world, small, 30) > 1
    assert _waiting(scene.world) == 1
    assert opener.step() == 0  # and it is not asked for meanwhile
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + 3601)
    assert _steps(opener, scene.world, large, 1) == 0
    assert _waiting(scene.world) == 0


def test_without_that_nothing_behind_it_is_ever_opened(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.open()
    scene.without(STANDING.format(1), SLOW)
    scene.world.tell("enormous")
    small = scene.world.tell("late at night")
    opener = Opener(Link(scene.world.urls["heed_opener"], patience=0.5), scene.world.keys)
    monkeypatch.setattr(Opener, "_put_aside", lambda *_: None)
    with pytest.raises(AssertionError):
        _steps(opener, scene.world, small, 15)


def test_too_little_patience_is_doubled_and_the_rest_goes_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.open()
    scene.without(STANDING.format(1), SLOW)
    large = scene.world.tell("enormous")
    opener: Any = Opener(Link(scene.world.urls["heed_opener"], patience=0.5), scene.world.keys)
    monkeypatch.setattr(opening, "PATIENCE", 0.6)
    assert _steps(opener, scene.world, large, 10_000_000) > 1
    assert _waiting(scene.world) == 0
    assert opener._aside == {}


def test_a_store_that_does_not_answer_at_all_puts_nothing_aside(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.open()
    scene.without(STANDING.format(1), SLOW)
    scene.world.tell("enormous")
    opener: Any = Opener(Link(scene.world.urls["heed_opener"], patience=0.5), scene.world.keys)
    monkeypatch.setattr(Opener, "_answers", lambda _: False)
    for _ in range(4):
        with pytest.raises(StoreAway):
            opener.step()
    assert opener._aside == {}


def test_danger_comes_first_and_what_is_large_last(scene: Scene) -> None:
    scene.world.open()
    large = scene.world.tell("x" * 300_000)
    small = scene.world.tell("something")
    danger = scene.world.tell("tonight", danger=Danger.YES)
    order = [
        row[1]
        for row in scene.world.link("heed_opener").rows(
            "SELECT entry, stream FROM register.unopened(10, '{}', false) AS u"
        )
    ]
    assert order == [danger.record, small.record, large.record]
