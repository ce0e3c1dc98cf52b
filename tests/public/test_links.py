"""A referral by link, from the office's page to the receiver's answer, over HTTP and by the real post."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from heed.loops.post import FolderPost
from heed.loops.send_links import LinkSender
from heed.register.entry import Recipients
from heed.store.configuration import Configuration
from tests.office.browser import Browser as OfficeBrowser
from tests.office.browser import form
from tests.office.conftest import office_of
from tests.office.test_concerned import opened
from tests.office.test_packing import added, packed
from tests.office.test_referring import chosen
from tests.public.conftest import Face, public_face
from tests.servers import Server, create, drop
from tests.world import new_world

CHILDREN = "council/E09000033/children"
SAID = "What was seen behind the boathouse."


@pytest.fixture(scope="module")
def face(pg18: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    database = create(pg18)
    home = tmp_path_factory.mktemp("home")
    world = new_world(database)
    world.open()
    with public_face(world, home) as running, office_of(world, home):
        yield running
    drop(database)


@pytest.fixture
def lead(face: Face) -> OfficeBrowser:
    face.world.give_password("lead")
    browser = OfficeBrowser()
    assert browser.sign_in("lead").status_code == 302
    return browser


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]


def sent(face: Face, lead: OfficeBrowser, tmp_path: Path) -> tuple[str, str, str, str]:
    """Refer by link: the record's page, the link page, the link's path and its code."""
    told = opened(face.world, lead)
    filled = form(chosen(lead, told, CHILDREN), "reach")
    words = {"words": "Please ring us."}
    done = lead.send(filled, how="link", reach="duty@example.org", step="record", **words)
    assert done.status_code == 302, text(done)
    entry = face.world.as_owner("SELECT entry FROM facts.referral ORDER BY at DESC")[0][0]
    where = f"/records/{told.record}/referrals/{entry}/link"
    assert done["Location"] == where.replace("/link", "/pack")
    assert "Make the pack first" in text(lead.get(where))
    face.world.open()
    pack = packed(face.world, lead, told)
    assert where in text(lead.get(pack))
    unseen = "SELECT unseen_since, opened_at FROM facts.record WHERE id = %s"
    added(face.world, told, "He came again.")
    before = face.world.as_owner(unseen, (told.record,))
    page = lead.get(where)
    assert face.world.as_owner(unseen, (told.record,)) == before, "it is not reading the record"
    assert "pack.json" in text(page)
    made = lead.send(form(page, "email"), where, step="make")
    assert made.status_code == 200, text(made)
    code = re.search(r'id="link-code">([0-9 ]+)<', text(made))
    assert code is not None
    configuration = Configuration(post="smtp", public_url="http://127.0.0.1")
    post = FolderPost(tmp_path / "sent")
    to: Recipients = face.world.office_recipients
    assert LinkSender(face.world.link("heed_sweep"), post, configuration, to).step()
    [email] = (tmp_path / "sent").iterdir()
    mail = email.read_text()
    assert code[1].replace(" ", "") not in mail.replace(" ", "")
    assert str(told.record) not in mail
    path = re.search(r"http://127\.0\.0\.1(/r/\S+)", mail)
    assert path is not None
    return f"/records/{told.record}", where, path[1], code[1]


def test_a_scanner_opens_nothing_and_the_receiver_opens_it_once_and_answers(
    face: Face, lead: OfficeBrowser, tmp_path: Path
) -> None:
    record, _, path, code = sent(face, lead, tmp_path)
    for _ in range(3):
        assert face.fetch(path)[0] == 200
    assert face.world.as_owner("SELECT wrong, stream FROM machinery.link")[-1] == (0, None)
    phone = face.browser()
    asked = phone.get(path)
    filled = asked.form("code")
    wrong = phone.send(asked, filled, name="A. Receiver", code="0000 0000")
    assert b"This did not open" in wrong.content
    for _ in range(2):  # sent again, because its answer was lost
        held = phone.send(asked, filled, name="A. Receiver", role="Duty team", code=code)
        assert b"A referral to you" in held.content
    assert len(held.texts["return-code"].split()) == 8
    again = face.browser()
    dead = again.get(path)
    stale = again.send(dead, dead.form("code"), name="Somebody", code=code)
    assert b"This did not open" in stale.content
    saved = phone.send(held, held.form("person"), document="0")
    assert b"Please ring us." in saved.content
    answered = phone.send(
        held, held.form("person"), step="say", what="declined", person="A. Receiver"
    )
    assert b"Write why" in answered.content
    answered = phone.send(
        answered, answered.form("person"), step="say", words="Not for us.", what="declined"
    )
    assert b"Recorded" in answered.content
    assert b"Not for us." in answered.content
    words = " ".join(held.texts["return-code"].split())
    asking = face.browser()
    there = asking.get("/return")
    lost = asking.send(there, there.form("code"), code=words)
    assert b"A referral to you" in lost.content, "the words of a referral lead to no child's page"
    assert b"pack.words" in lost.content
    face.world.open()
    lead.get(record)
    shown = text(lead.get(record))
    for said in (
        "who gave the name “A. Receiver, Duty team”",
        "They declined it",
        "Not for us.",
        "The link was sent",
        "duty@example.org",
        "they declined it, as somebody with the link and the code said",
    ):
        assert said in shown, said
