"""What a replay says it met can be said not to be met."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from heed.cli import acceptance, acting
from heed.cli.browsing import Page
from heed.cli.casting import Stage
from heed.cli.chronicle import Chronicle, Course
from heed.loops.sequence import Sequencer
from heed.referral.rules import CRITICISED
from tests.copies import Scene, copied
from tests.servers import Server

COURSE = Course(1, "E04", 1, "a letter", "A", 1, "refer", 1, 1, 5, 5, "B")


@pytest.fixture
def scene(server: Server) -> Iterator[Scene]:
    with copied(server, "nothing told", Scene) as made:
        yield made


def test_only_the_sentence_about_the_criticised_counts_as_that_refusal() -> None:
    refused = Page(400, f"<p>{CRITICISED}.</p>".encode(), [], {}, "")
    other = Page(400, b"<p>Write who took it.</p>", [], {}, "")
    told = Page(302, refused.content, [], {}, "")
    assert [acting._turned_away(one) for one in (refused, other, told)] == [True, False, False]


def test_the_pages_must_be_there_and_lead_from_each_item(tmp_path: Path) -> None:
    chronicle = Chronicle((), (COURSE,))
    assert acceptance._beside(chronicle, tmp_path).met is False
    (tmp_path / "history.html").write_text('<p id="E04">')
    (tmp_path / "replay.html").write_text('<a href="history.html#E05">')
    assert acceptance._beside(chronicle, tmp_path).met is False
    (tmp_path / "replay.html").write_text('<a href="history.html#E04">')
    assert acceptance._beside(chronicle, tmp_path).met is True


@pytest.mark.parametrize(
    ("theft", "met"),
    [
        ({"files": 9, "readable": 0, "ended": 1}, True),
        ({"files": 9, "readable": 1, "ended": 1}, False),
        ({"files": 9, "readable": 0, "ended": 0}, False),
        ({"files": 0, "readable": 0, "ended": 1}, False),
    ],
)
def test_a_theft_is_survived_if_nothing_can_be_read_and_the_way_in_was_ended(
    scene: Scene, tmp_path: Path, theft: dict[str, int], met: bool
) -> None:
    story = SimpleNamespace(items=())
    stage = Stage(tmp_path / "demo.json", {"theft": theft}, story)  # type: ignore[arg-type]
    found = acceptance._on_the_record(stage, Chronicle((), ()), [], scene.world.urls["heed_owner"])
    assert {one.id: one.met for one in found}["A2"] is met


def test_a_record_whose_first_owner_was_added_after_it_counts_as_unowned(
    scene: Scene, tmp_path: Path
) -> None:
    scene.world.tell("He waits by the ferry.")
    Sequencer(scene.world.link("heed_sequencer"), scene.world.log, tmp_path / "export").step()
    asked = acceptance._UNOWNED
    assert scene.world.as_owner(asked) == [(0,)]
    assert scene.world.as_owner(asked.replace("a.seq < b.seq", "a.seq > b.seq")) == [(1,)]
