"""What the receiver of a referral answers is lost to no stopped database, old page or ended link."""

import os
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from heed.cli.browsing import Browser, Page
from heed.core import canonical
from heed.core.ports import SystemChance
from heed.core.vocabulary import Kind
from heed.loops.drain import Drain
from heed.public.holder import Holder
from heed.public.state import BACK_SECONDS
from heed.referral.link import LARGEST
from heed.referral.pack import Document
from heed.store.append import PostgresRegister
from heed.store.configuration import Configuration, PublicHand
from heed.store.connection import Link
from heed.store.spool import Spool
from tests.public.conftest import Face, public_face
from tests.servers import Server, running_server
from tests.walls.bodies import Bodies, bodies
from tests.walls.linking import Sent, ending, linking
from tests.walls.naming_people import looking

STEPS = "SELECT what FROM facts.step WHERE link = %s ORDER BY at"
SAYS = {"step": "say", "what": "accepted", "person": "A. Receiver", "words": "We go today."}


@pytest.fixture(scope="module")
def scene(pg18: Server) -> Iterator[Bodies]:
    with bodies(pg18) as made:
        made.act(*looking(made, made.records[0]))
        yield made


@pytest.fixture(scope="module")
def face(scene: Bodies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    with public_face(scene.world, tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def sent(scene: Bodies) -> Sent:
    return linking(scene, scene.records[0])


@dataclass
class Alone:
    """A referral by link on a server of its own, which may be stopped."""

    server: Server
    scene: Bodies
    face: Face
    sent: Sent

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.server.embedded.stop()
        try:
            yield
        finally:
            self.server.embedded.start()
            self.scene.world.close()


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    with running_server(18) as server:
        yield server


@pytest.fixture
def alone(own_server: Server, tmp_path: Path) -> Iterator[Alone]:
    with bodies(own_server) as scene, public_face(scene.world, tmp_path) as face:
        scene.act(*looking(scene, scene.records[0]))
        yield Alone(own_server, scene, face, linking(scene, scene.records[0]))


def held(face: Face, sent: Sent) -> tuple[Browser, Page]:
    """The page of whoever just opened it."""
    browser = face.browser()
    asked = browser.get(f"/r/{sent.secret.address}")
    page = browser.send(asked, asked.form("code"), name="A. Receiver", code=sent.secret.code)
    assert b"A referral to you" in page.content
    return browser, page


def steps(face: Face, sent: Sent) -> list[str]:
    return [what for (what,) in face.world.as_owner(STEPS, (sent.entry,))]


def said(face: Face, sent: Sent) -> list[str]:
    """The words of every answer, as whoever answers for the record reads them."""
    face.world.open()
    words = face.world.as_owner(
        "SELECT w.body FROM words.item w JOIN facts.step s ON s.entry = w.entry"
        " WHERE s.link = %s AND w.kind = %s ORDER BY s.at",
        (sent.entry, Kind.LINK_HEARD),
    )
    return [canonical.loads(body.encode()).get("words", "") for (body,) in words]


def drain(face: Face) -> int:
    spool = Spool(face.home / "public" / "spool")
    return Drain(spool, PostgresRegister(Link(face.world.urls["heed_intake"]))).step()


def test_an_answer_while_the_database_is_stopped_is_sealed_and_later_recorded_once(
    alone: Alone,
) -> None:
    face, sent = alone.face, alone.sent
    browser, page = held(face, sent)
    with alone.stopped():
        for _ in range(2):
            kept = browser.send(page, page.form("person"), **SAYS)
            assert kept.status == 200
            assert b"Your answer is sealed and safe" in kept.content
            assert b"can see what you said" not in kept.content
    assert drain(face) == 1
    assert drain(face) == 0
    assert steps(face, sent) == ["opened", "accepted"]
    assert said(face, sent)[-1] == "We go today."


def test_an_answer_that_waited_while_its_link_was_taken_back_comes_to_the_record(
    alone: Alone,
) -> None:
    face, sent = alone.face, alone.sent
    browser, page = held(face, sent)
    with alone.stopped():
        browser.send(page, page.form("person"), **SAYS)
    ending(alone.scene, sent)
    assert drain(face) == 1
    assert steps(face, sent) == ["opened", "after the end"]
    assert Spool(face.home / "public" / "spool").depth().set_aside == 0


def test_a_link_that_was_taken_back_meanwhile_takes_the_answer_and_gives_nothing(
    face: Face, scene: Bodies, sent: Sent
) -> None:
    browser, page = held(face, sent)
    words = " ".join(page.texts["return-code"].split())
    ending(scene, sent)
    kept = browser.send(page, page.form("person"), **SAYS)
    assert b"Recorded" in kept.content
    assert b"took this link back" in kept.content
    assert b"words.txt" not in kept.content
    assert browser.send(page, page.form("person"), document="0").status == 404
    for way in ("/referral", "/return"):
        other = face.browser()
        there = other.get(way)
        back = other.send(there, there.form("code"), code=words)
        assert b"took this link back" in back.content
        assert b"words.txt" not in back.content
        assert b"We go today." not in back.content
    assert steps(face, sent) == ["opened", "after the end"]


def test_from_a_page_that_is_too_old_the_answer_goes_on_with_the_eight_words(
    face: Face, sent: Sent
) -> None:
    browser, page = held(face, sent)
    words = " ".join(page.texts["return-code"].split())
    form = page.form("person")
    key = PublicHand.load(face.home, Configuration.load(face.home).origin).form_key
    now = Holder.open(key, form.fields["way"])
    form.fields["way"] = replace(now, made=now.made - BACK_SECONDS).seal(key, SystemChance())
    old = browser.send(page, form, **SAYS | {"reference": "R 7"})
    assert old.status == 400
    assert b"Your answer is not recorded yet" in old.content
    wrong = browser.send(old, old.form("code"), code="not our words")
    assert wrong.status == 422
    back = browser.send(wrong, wrong.form("code"), code=words)
    filled = back.form("way")
    assert (filled.fields["words"], filled.fields["reference"]) == ("We go today.", "R 7")
    assert filled.fields["what"] == "accepted"
    assert steps(face, sent) == ["opened"]
    assert b"Recorded" in browser.send(back, filled, step="say").content
    assert said(face, sent) == ["", "We go today."]


def test_what_can_be_kept_nowhere_is_given_back_and_said_not_to_be_recorded(
    alone: Alone,
) -> None:
    face, sent = alone.face, alone.sent
    browser, page = held(face, sent)
    spool = face.home / "public" / "spool" / "spool"
    away = spool.rename(spool.with_name("gone"))
    try:
        with alone.stopped():
            lost = browser.send(page, page.form("person"), **SAYS)
    finally:
        away.rename(spool)
    assert lost.status == 503
    assert b"Not recorded" in lost.content
    assert b"01632 960 001" in lost.content
    assert lost.form("code").fields["words"] == "We go today."


@pytest.mark.parametrize(
    "typed",
    ["x" * 100_000, "\U0001f9f8 \U0001f468\u200d\U0001f469", "\u202eמה שראינו", "a\x00b", "\r\n "],
    ids=["100 kB", "emoji", "right to left", "null", "blank"],
)
def test_whatever_is_typed_is_kept_whole_or_asked_for_again(
    face: Face, sent: Sent, typed: str
) -> None:
    browser, page = held(face, sent)
    answer = browser.send(page, page.form("person"), **SAYS | {"what": "other", "words": typed})
    if not typed.strip():
        assert answer.status == 422
        assert b"Write what you want to say." in answer.content
        assert steps(face, sent) == ["opened"]
        return
    assert b"Recorded" in answer.content
    assert said(face, sent)[-1] == typed


def test_a_form_in_another_encoding_or_of_an_unknown_answer_is_asked_again_with_its_words(
    face: Face, sent: Sent
) -> None:
    browser, page = held(face, sent)
    unknown = browser.send(page, page.form("person"), **SAYS | {"what": "handed on"})
    assert unknown.status == 422
    assert b"Choose what you want to say." in unknown.content
    assert unknown.form("person").fields["words"] == "We go today."
    way = urllib.parse.quote(page.form("person").fields["way"])
    body = f"way={way}&step=say&what=other&person=A&words=caf%E9".encode()
    assert b"Recorded" in face.fetch("/referral/answer", body)[2]
    assert said(face, sent)[-1] == "caf\ufffd"


def test_sent_twice_it_is_there_once_and_from_two_pages_both_answers_are(
    face: Face, sent: Sent
) -> None:
    browser, page = held(face, sent)
    for words in ("First.", "First.", "Second."):
        done = browser.send(page, page.form("person"), **SAYS | {"words": words})
        assert b"Recorded" in done.content
    assert said(face, sent)[1:] == ["First.", "Second."]


def test_the_pages_of_a_referral_speak_to_a_professional_and_to_no_child(
    face: Face, sent: Sent
) -> None:
    browser, page = held(face, sent)
    pages = [browser.get(f"/r/{sent.secret.address}"), browser.get("/referral"), page]
    for each in pages:
        for words in (b"Childline", b"keep you safe", b"We cannot find you"):
            assert words not in each.content
        assert b"Ring 999" in each.content
        assert b"01632 960 001" in each.content


def test_a_pack_of_the_largest_size_comes_by_link_byte_for_byte(face: Face, scene: Bodies) -> None:
    whole = Document("scan.pdf", "application/pdf", os.urandom(LARGEST))
    browser, page = held(face, linking(scene, scene.records[0], whole))
    assert browser.send(page, page.form("person"), document="0").content == whole.content
