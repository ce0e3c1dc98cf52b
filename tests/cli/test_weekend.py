"""What a story destroys on a weekend can be put back, whenever the replay is stopped."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from heed.cli import replay
from heed.cli.casting import Stage
from heed.cli.receipts import Kept
from heed.cli.weekend import destroy, put_back
from tests.copies import Scene, copied
from tests.servers import Server


class Stopped(BaseException):
    """The replay ends here."""


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "nothing told", Scene) as made:
        yield made


def sealed(scene: Scene, record: UUID) -> bytes:
    asked = "SELECT sealed FROM register.entry WHERE stream = %s AND version = 1"
    return bytes(scene.world.as_owner(asked, (record,))[0][0])


def losing(scene: Scene, stage: Stage, record: UUID) -> replay.Replay:
    """A replay that has come to the weekend of its only item."""
    played = replay.Replay.__new__(replay.Replay)
    played._stage, played._url = stage, scene.world.urls["heed_owner"]
    played.__dict__.update(_configuration=None, _place=stage.path.parent)
    played.__dict__["_record"] = lambda number: record
    return played


def test_what_was_destroyed_is_put_back_though_the_replay_was_stopped_there(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = scene.world.tell("He waits by the ferry.").record
    stood, path = sealed(scene, record), tmp_path / "demo.json"
    stage = Stage(path, {"codes": [["word"]], "played": 0}, None)  # type: ignore[arg-type]
    kept = Kept.__new__(Kept)
    kept.__dict__.update(proof=b"proof", body=b"body")
    monkeypatch.setattr(replay, "collect", lambda *_: [kept])

    def stopped(url: str, lost: UUID) -> None:
        destroy(url, lost)
        raise Stopped

    monkeypatch.setattr(replay, "destroy", stopped)
    with pytest.raises(Stopped):
        losing(scene, stage, record)._lose(0)
    assert set(sealed(scene, record)) == {0}
    monkeypatch.setattr(replay, "destroy", destroy)
    again = Stage(path, json.loads(path.read_text()), stage.story)
    losing(scene, again, record)._lose(0)
    put_back(scene.world.urls["heed_owner"], again.weekends[0])
    assert sealed(scene, record) == stood
