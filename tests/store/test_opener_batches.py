"""Whatever one entry holds, the opener goes on with the rest, in batches that the store can answer."""

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from heed.loops import open as opening
from heed.loops.open import Opener
from heed.store.connection import Link, StoreAway, StoreRefused
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import World

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
