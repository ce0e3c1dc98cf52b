"""What a thief could read on the machine that takes reports is found, if there is anything."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from heed.cli.theft import STOLEN, words_on_it
from heed.core.vocabulary import Channel, Danger
from heed.intake.events import Concern
from heed.store.spool import Spool
from tests.copies import Scene, copied
from tests.servers import Server

SAW = "The ferry was late again. He waits there every evening"


def told(saw: str) -> Concern:
    return replace(Concern(channel=Channel.ONLINE, danger=Danger.NO), saw=saw)


def test_what_waits_sealed_on_it_cannot_be_read(server: Server, tmp_path: Path) -> None:
    """It is the sealed entry of these words that waits there."""
    (tmp_path / "public").mkdir()
    spool = Spool(tmp_path / "public" / "spool", capacity=1 << 20)
    spool.create()
    with copied(server, "nothing told", Scene) as scene:
        spool.put(scene.world.tell(SAW).entry, datetime.now(UTC))
    files, readable = words_on_it(tmp_path, [told(SAW)])
    assert (files > 0, readable) == (True, 0)


@pytest.mark.parametrize("place", STOLEN)
def test_one_sentence_left_open_on_it_is_found(tmp_path: Path, place: str) -> None:
    left = tmp_path / place if "." in place else tmp_path / place / "deep" / "left.txt"
    left.parent.mkdir(parents=True)
    left.write_text("said: He waits there every evening, they wrote")
    assert words_on_it(tmp_path, [told(SAW)]) == (1, 1)
    assert words_on_it(tmp_path, [told("Something else altogether")]) == (1, 0)


def test_what_stays_on_other_machines_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "left.txt").write_text(SAW)
    assert words_on_it(tmp_path, [told(SAW)]) == (0, 0)
