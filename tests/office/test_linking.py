"""The page by which a pack goes by link: which pack, made once, and what is said when it cannot go."""

import re
from pathlib import Path
from uuid import UUID

import pytest
from django.http import HttpResponse

from heed.core.ports import Message, Refused
from heed.core.vocabulary import Danger
from heed.loops.send_links import LinkSender
from heed.loops.sequence import Sequencer
from heed.office import linking, packs
from heed.office.hands import hands
from heed.store.configuration import Configuration
from heed.store.connection import Link
from tests.office.browser import Browser, form
from tests.office.test_files import put_on, sent
from tests.office.test_packing import packed
from tests.office.test_referring import CHILDREN, referred, text
from tests.world import Told, World


@pytest.fixture
def told(office: World, lead: Browser) -> Told:
    """A record that its owner opened, with a file, and referred by link."""
    told = office.tell("She waits by the ferry.", danger=Danger.NO)
    office.open()
    assert lead.get(f"/records/{told.record}").status_code == 200
    put_on(office, lead, f"/records/{told.record}", sent())
    reach = {"postcode": "SW1A 1AA", "how": "link", "reach": "duty@example.org"}
    assert referred(lead, told, CHILDREN, **reach).status_code == 302
    office.open()
    return told


def where(office: World, told: Told) -> str:
    [[entry]] = office.as_owner(
        "SELECT entry FROM facts.referral WHERE record = %s", (told.record,)
    )
    return f"/records/{told.record}/referrals/{entry}/link"


def making(lead: Browser, page: HttpResponse, path: str) -> HttpResponse:
    return lead.send(form(page, "email"), path, step="make")


def code_of(page: HttpResponse) -> str:
    found = re.search(r'id="link-code">([0-9 ]+)<', text(page))
    assert found is not None, text(page)
    return found[1]


def links(office: World, told: Told) -> list[UUID]:
    asked = "SELECT pack FROM facts.link WHERE record = %s ORDER BY at"
    return [row[0] for row in office.as_owner(asked, (told.record,))]


def test_the_same_form_sent_twice_makes_one_link_and_shows_the_same_code(
    office: World, lead: Browser, told: Told
) -> None:
    packed(office, lead, told)
    page = lead.get(where(office, told))
    first, second = (making(lead, page, where(office, told)) for _ in range(2))
    assert code_of(first) == code_of(second)
    home = Path(hands().hand.export)
    sequencer = Sequencer(Link(office.urls["heed_sequencer"]), office.log, home)
    while sequencer.step():
        pass
    assert "pack.tlog-proof" in text(lead.get(where(office, told)))
    third = making(lead, page, where(office, told))
    assert code_of(third) == code_of(first), "its receipt came between, and it is the same link"
    assert len(links(office, told)) == 1
    other = making(lead, lead.get(where(office, told)), where(office, told))
    assert code_of(other) != code_of(first)
    assert len(links(office, told)) == 2


def test_of_two_packs_the_newer_goes(office: World, lead: Browser, told: Told) -> None:
    packed(office, lead, told)
    page = lead.get(where(office, told))
    assert "files/01.pdf" in text(page)
    [[file]] = office.as_owner("SELECT entry FROM facts.file WHERE record = %s", (told.record,))
    newer = packed(office, lead, told, without=(str(file),))
    assert "files/01.pdf" not in text(lead.get(where(office, told)))
    code_of(making(lead, page, where(office, told)))
    assert links(office, told) == [UUID(newer.rpartition("/")[2])]


def test_an_older_pack_that_the_page_would_send_is_refused_and_nothing_typed_is_lost(
    office: World, lead: Browser, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody made a newer one between the reading and the writing."""
    packed(office, lead, told)
    page = lead.get(where(office, told))
    real = packs.newest

    def just_before(*asked: object) -> packs.Newest | None:
        found = real(*asked)  # type: ignore[arg-type]
        monkeypatch.setattr(packs, "newest", real)
        packed(office, lead, told)
        return found

    monkeypatch.setattr(packs, "newest", just_before)
    refused = lead.send(form(page, "email"), email="other@example.org", step="make")
    assert refused.status_code == 400
    assert linking.STALE in text(refused)
    assert "other@example.org" in text(refused)
    assert links(office, told) == []


def test_a_pack_of_which_a_file_was_flagged_since_goes_to_nobody(
    office: World, lead: Browser, told: Told
) -> None:
    packed(office, lead, told)
    page = lead.get(where(office, told))
    [[file]] = office.as_owner("SELECT entry FROM facts.file WHERE record = %s", (told.record,))
    flag = form(lead.get(f"/records/{told.record}/files/{file}/flag"), "reason")
    assert lead.send(flag, reason="I saw it").status_code == 302
    office.open()
    assert "Make the pack first" in text(lead.get(where(office, told)))
    refused = making(lead, page, where(office, told))
    assert refused.status_code == 400
    assert linking.NO_PACK in text(refused)
    assert links(office, told) == []
    packed(office, lead, told)
    code_of(making(lead, page, where(office, told)))


class Refuses:
    """A mail server that knows no such mailbox."""

    def send(self, message: Message) -> None:
        raise Refused("no such mailbox")


def test_an_email_that_could_not_be_sent_is_said_to_be_with_nobody_and_what_to_do_next(
    office: World, lead: Browser, told: Told
) -> None:
    packed(office, lead, told)
    making(lead, lead.get(where(office, told)), where(office, told))
    to, smtp = office.office_recipients, Configuration(post="smtp")
    assert LinkSender(office.link("heed_sweep"), Refuses(), smtp, to).step()
    office.open()
    record = f"/records/{told.record}"
    assert lead.get(record).status_code == 200
    for page in (record, where(office, told)):
        shown = text(lead.get(page))
        assert "the email could not be sent, so nobody has this link" in shown, page
        assert "Ring them and ask for their email address" in shown, page
        assert "nobody has opened it yet" not in shown, page
    assert "no such mailbox" in text(lead.get(record))
    code_of(making(lead, lead.get(where(office, told)), where(office, told)))
    shown = text(lead.get(record))
    assert "the email waits to be sent" in shown
