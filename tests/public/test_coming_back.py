"""With the code, and with nothing else, a reporter sees what happened, adds, and takes a proof away."""

import subprocess
import sys
import time
import urllib.parse
import uuid
from dataclasses import replace
from pathlib import Path

from heed.access.commands import look
from heed.cli.browsing import Page
from heed.core import canonical
from heed.intake.commands import answer
from heed.loops.sequence import Sequencer
from heed.public.state import BACK_SECONDS, WayBack
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.vault import SealingKey
from heed.store.append import append_within
from tests.public.conftest import Face
from tests.world import CHANCE, World

KEPT = b"We have kept what you added"
ROOT = Path(__file__).resolve().parents[2]


def owner_looks(world: World, record: uuid.UUID) -> None:
    """The accountable person opens the record in the office."""
    entry = look(
        CHANCE,
        world.office_recipients,
        person=world.people["lead"],
        records=[record],
        purpose="own queue",
    )
    _as_lead(world, entry)


def owner_answers(world: World, record: uuid.UUID, words: str) -> None:
    with world.link("heed_office").transaction() as connection:
        identify(world, connection)
        row = connection.execute("SELECT register.thread_key(%s)", (record,)).fetchone()
    assert row is not None
    keys = {**world.office_recipients.keys, "thread": SealingKey(bytes(row[0]))}
    _as_lead(world, answer(CHANCE, Recipients(keys), words, record=record, token=b"t" * 32))


def _as_lead(world: World, entry: object) -> None:
    with world.link("heed_office").transaction() as connection:
        identify(world, connection)
        append_within(connection, entry)  # type: ignore[arg-type]


def identify(world: World, connection: object) -> None:
    key = world.sign_in("lead")
    connection.execute("SELECT set_config('heed.session', %s, true)", (key,))  # type: ignore[attr-defined]


def newest(world: World) -> uuid.UUID:
    world.open()
    record: uuid.UUID = world.as_owner("SELECT id FROM facts.record ORDER BY filed_at DESC")[0][0]
    return record


def test_the_page_says_whether_anybody_has_opened_it(face: Face) -> None:
    last = face.tell(saw="Something that worries me.")
    _, page = face.come_back(last)
    assert b"Nobody has opened this" in page.content
    assert b"999" in page.content
    owner_looks(face.world, newest(face.world))
    _, page = face.come_back(last)
    assert b"A worker has opened it" in page.content


def test_own_words_show_only_when_asked_for(face: Face) -> None:
    last = face.tell(saw="My own words, quince.")
    browser, page = face.come_back(last)
    assert b"quince" not in page.content
    shown = browser.send(page, page.form("way_back"), step="show")
    assert b"quince" in shown.content


def test_an_answer_is_read_and_answered(face: Face) -> None:
    last = face.tell(saw="Please write back.")
    owner_answers(face.world, newest(face.world), "Are you safe where you are now?")
    browser, page = face.come_back(last)
    assert b"Are you safe where you are now?" in page.content
    added = browser.send(page, page.form("way_back", "words"), words="Yes, at school.", step="add")
    assert added.status == 200
    assert b"We have kept what you added" in added.content
    again = browser.send(page, page.form("way_back", "words"), words="Yes, at school.", step="add")
    assert again.content.count(b"heed-thread__item--mine") == 2  # sent twice, recorded once


def test_a_wrong_word_is_named_and_another_code_opens_nothing(face: Face) -> None:
    last = face.tell(saw="Behind the code.")
    words = last.texts["return-code"].split()
    browser = face.browser()
    asked = browser.get("/return")
    page = browser.send(asked, asked.form("code"), code=" ".join(["qqqqzz", *words[1:]]))
    assert page.status == 422
    assert b"Word 1" in page.content
    page = browser.send(asked, asked.form("code"), code=" ".join([*words[1:], words[0]]))
    assert page.status == 404
    assert b"We cannot find this code" in page.content
    spoken_differently = "  ".join(word.upper() + "," for word in words)
    page = browser.send(asked, asked.form("code"), code=spoken_differently)
    assert page.status == 200


def test_the_promise_comes_at_once_and_the_proof_when_a_signed_head_covers_it(
    face: Face, tmp_path: Path
) -> None:
    browser = face.browser()
    last = face.tell(browser, saw="I want a proof.")
    promise = browser.send(last, last.form("way_back", "promise"), promise="A stranger's words")
    assert promise.content.startswith(b"heed-promise/v1\n")
    (tmp_path / "promise").write_bytes(promise.content)
    (tmp_path / "promise.vkey").write_text(face.world.promise.vkey)
    assert _verify(tmp_path / "promise", tmp_path / "promise.vkey") == 0
    Sequencer(face.world.link("heed_sequencer"), face.world.log, face.home / "export").step()
    proof = browser.send(last, last.form("way_back", "promise"))
    assert proof.content.startswith(b"c2sp.org/tlog-proof@v1\n")
    (tmp_path / "proof").write_bytes(proof.content)
    (tmp_path / "log.vkey").write_text(face.world.log.vkey)
    assert _verify(tmp_path / "proof", tmp_path / "log.vkey") == 0
    changed = proof.content.replace(b"index ", b"index 1")
    (tmp_path / "proof").write_bytes(changed)
    assert _verify(tmp_path / "proof", tmp_path / "log.vkey") != 0


def _verify(file: Path, key: Path) -> int:
    command = [sys.executable, "-I", str(ROOT / "heed_verify.py"), str(file), "--key", str(key)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_the_page_behind_the_code_gives_the_promise_too_until_there_is_a_proof(face: Face) -> None:
    browser = face.browser()
    last = face.tell(browser, saw="I went on first.")
    page = browser.send(last, last.form("way_back"), step="look")
    proof = page.form("way_back", "words")
    proof.action = "/proof"
    assert browser.send(page, proof).content.startswith(b"heed-promise/v1\n")


def test_no_stranger_can_make_us_hand_out_their_text_as_a_proof(face: Face) -> None:
    last = face.tell(saw="Behind the code.")
    _, page = face.come_back(last)
    form = page.form("way_back", "words")
    for way in (form.fields["way_back"], "not-ours"):
        body = urllib.parse.urlencode({"way_back": way, "promise": "A stranger's words"})
        _, headers, content = face.fetch("/proof", body.encode())
        assert b"stranger" not in content
        assert "Content-Disposition" not in headers


def test_lines_are_kept_as_a_browser_sends_them(face: Face) -> None:
    last = face.tell(saw="one\ntwo\r\nthree")
    code = ReturnCode.parse(last.texts["return-code"])
    assert canonical.loads(face.world.words_behind(code)[0])["saw"] == "one\r\ntwo\r\nthree"


def way_back(face: Face, page: Page, age: float) -> str:
    """The hidden field as it was made this many seconds ago."""
    key = (face.home / "public" / "form.key").read_bytes()
    way = WayBack.open(key, page.form("way_back").fields["way_back"])
    return replace(way, made=int(time.time() - age)).seal(key, CHANCE)


def test_a_page_that_was_closed_gives_the_words_back_and_takes_them_along(face: Face) -> None:
    last = face.tell(saw="I will add to this.")
    browser, page = face.come_back(last)
    form = page.form("way_back", "words")
    form.fields["way_back"] = way_back(face, page, BACK_SECONDS + 1)
    closed = browser.send(page, form, words="Typed for a long time.", step="add")
    assert b"We closed your page" in closed.content
    assert b"Your words are still here" in closed.content
    asked = closed.form("code", "words")
    assert asked.fields["words"] == "Typed for a long time."
    code = last.texts["return-code"]
    for wrong in ("one two", " ".join(reversed(code.split()))):
        closed = browser.send(closed, asked, code=wrong)
        asked = closed.form("code", "words")
    again = browser.send(closed, asked, code=code)
    form = again.form("way_back", "words")
    assert form.fields["words"] == "Typed for a long time."
    assert b"We have kept what you added" in browser.send(again, form, step="add").content
    bodies = face.world.words_behind(ReturnCode.parse(code))
    assert [canonical.loads(body).get("words") for body in bodies] == [
        None,
        "Typed for a long time.",
    ]


def test_half_an_hour_counts_from_the_code_and_not_from_the_last_look(face: Face) -> None:
    key = (face.home / "public" / "form.key").read_bytes()
    browser, page = face.come_back(face.tell(saw="A phone that lies about."))
    form = page.form("way_back", "words")
    form.fields["way_back"] = way_back(face, page, 1000)
    for said in ({"step": "show"}, {"step": "add", "words": "more"}, {"step": "add", "words": ""}):
        page = browser.send(page, form, **said)
        form = page.form("way_back", "words")
        made = WayBack.open(key, form.fields["way_back"]).made
        assert 999 <= time.time() - made < 1030


def test_what_was_added_after_the_last_look_is_said_to_be_unopened(face: Face) -> None:
    last = face.tell(saw="Monday.")
    record = newest(face.world)
    owner_looks(face.world, record)
    browser, page = face.come_back(last)
    assert b"Nobody has opened what you added" not in page.content
    added = browser.send(page, page.form("way_back", "words"), words="Tuesday.", step="add")
    for page in (added, face.come_back(last)[1]):
        assert b"A worker has opened it" in page.content
        assert b"Nobody has opened what you added" in page.content
    face.world.open()
    owner_looks(face.world, record)
    assert b"Nobody has opened what you added" not in face.come_back(last)[1].content


def test_what_is_typed_comes_back_whatever_is_pressed(face: Face) -> None:
    browser, page = face.come_back(face.tell(saw="I will add to this."))
    for pressed in ("show", "hide", "look", "", "proof"):
        form = page.form("way_back", "words")
        form.action = "/proof" if pressed == "proof" else form.action
        page = browser.send(page, form, words="Half a sentence", step=pressed)
        assert page.form("way_back", "words").fields["words"] == "Half a sentence"
        assert KEPT not in page.content
    page = browser.send(page, page.form("way_back", "words"), step="add")
    assert KEPT in page.content
    assert page.form("way_back", "words").fields["words"] == ""


def test_every_button_of_the_page_stands_in_the_form_that_holds_the_words(face: Face) -> None:
    """A button outside it would send nothing of what was typed."""
    _, page = face.come_back(face.tell(saw="Anything."))
    assert len(page.forms) == 1
    inside = page.content[page.content.index(b"<form") : page.content.index(b"</form>")]
    assert page.content.count(b"<button") == inside.count(b"<button") > 2
