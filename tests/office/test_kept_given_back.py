"""What was typed on a record comes back when it cannot be recorded; sent again, its draft is gone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.office.browser import Browser, forms
from tests.office.conftest import office_of
from tests.office.test_drafts import drafts
from tests.office.test_kept import FORMS, MARK, filled, keep
from tests.servers import Server, create, running_server
from tests.world import Told, World, new_world


@pytest.fixture(scope="module")
def stoppable() -> Iterator[Server]:
    """One that these tests may stop."""
    with running_server(18) as running:
        yield running


@pytest.mark.parametrize("place", FORMS)
def test_sent_again_after_a_fault_it_is_recorded_once_and_its_draft_is_gone(
    stoppable: Server, tmp_path: Path, place: str
) -> None:
    world = new_world(create(stoppable))
    world.give_password("lead")
    told = world.tell()
    world.open()
    with office_of(world, tmp_path / "home"):
        lead = Browser()
        lead.sign_in("lead")
        keep(lead, filled(lead, told, place), told, words=MARK)
        sent = filled(lead, told, place)
        assert sent.fields["words"] == MARK
        world.close()
        stoppable.embedded.stop()
        gone = lead.send(sent)
        assert gone.status_code == 503
        assert "Where they are" not in gone.content.decode()
        assert lead.send(sent, words=" ").content.count(b"<textarea") == 0
        stoppable.embedded.start()
        [again] = [each for each in forms(gone) if "words" in each.fields]
        carried = {name: again.fields.get(name) for name in ("draft", "seen", "kept_at", "token")}
        assert carried == {name: sent.fields[name] for name in carried}
        assert lead.send(again).status_code == 302
        assert drafts(world) == [(world.people["lead"], None)]
        assert filled(lead, told, place).fields["words"] == ""
        assert "You typed this before" not in lead.get(again.action).content.decode()
    world.close()


@pytest.fixture
def told(office: World) -> Told:
    made = office.tell("the heron")
    office.open()
    return made


@pytest.mark.parametrize("place", FORMS)
def test_when_the_session_ended_only_what_was_typed_comes_back(
    office: World, lead: Browser, told: Told, place: str
) -> None:
    sent = filled(lead, told, place)
    del lead.client.cookies[settings.HEED_SESSION_COOKIE]
    lost = lead.send(sent, words=MARK)
    assert lost.status_code == 401
    assert lost.content.count(b"<textarea") == 1
    assert MARK in lost.content.decode()
    empty = lead.send(sent, words="")
    assert (empty.status_code, empty["Location"]) == (302, "/sign-in")
