"""On a bad day, with the database stopped, the disk full or the line cut, each page still says what is true."""

import json
import os
import shutil
import socket
import subprocess
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from heed.cli.browsing import Browser, Page
from heed.core import canonical
from heed.core.vocabulary import Actor, Kind
from heed.intake.commands import answer
from heed.loops.drain import Drain
from heed.register.entry import Recipients, write
from heed.register.return_code import ReturnCode
from heed.register.vault import SealingKey
from heed.store.append import PostgresRegister, append_within
from heed.store.connection import Link
from heed.store.spool import Spool
from tests.public.conftest import Face, public_face
from tests.public.test_coming_back import identify, owner_answers
from tests.servers import Server, create, drop, running_server
from tests.world import CHANCE, new_world

TELEPHONE = b"01632 960 001"


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that these tests may stop."""
    with running_server(18) as server:
        yield server


@pytest.fixture
def place(own_server: Server, tmp_path: Path) -> Iterator[Callable[..., Face]]:
    """Starts a face of its own, on its own register and spool."""
    database = create(own_server)
    world = new_world(database)
    running = []

    def start(**options: int) -> Face:
        running.append(public_face(world, tmp_path, **options))
        return running[-1].__enter__()

    yield start
    for face in running:
        face.__exit__(None, None, None)
    world.close()
    own_server.embedded.start()
    drop(database)


@contextmanager
def stopped(face: Face) -> Iterator[None]:
    """Without the database."""
    server = face.world.database.server
    server.embedded.stop()
    try:
        yield
    finally:
        server.embedded.start()


def spool_of(face: Face) -> Spool:
    return Spool(face.home / "public" / "spool")


def drain(face: Face) -> int:
    return Drain(spool_of(face), PostgresRegister(Link(face.world.urls["heed_intake"]))).step()


def told(face: Face, page: Page) -> list[str]:
    """All that stands on the record under a last page's code, in order."""
    bodies = face.world.words_behind(ReturnCode.parse(page.texts["return-code"]))
    return [said.get("saw") or said["words"] for said in map(canonical.loads, bodies)]


def entries(face: Face) -> int:
    with psycopg.connect(face.world.database.superuser_url) as connection:
        row = connection.execute("SELECT count(*) FROM register.entry").fetchone()
    assert row is not None
    return int(row[0])


def look_up(browser: Browser, code: str) -> Page:
    asked = browser.get("/return")
    return browser.send(asked, asked.form("code"), code=code)


def test_with_the_database_stopped_it_is_sealed_and_later_recorded_once(
    place: Callable[..., Face],
) -> None:
    face = place()
    browser = face.browser()
    check = browser.get("/tell")
    check = browser.send(check, check.form("form"), saw="Kept through it.", step="check")
    with stopped(face):
        last = browser.send(check, check.form("form"), step="send")
        assert last.status == 200
        assert b"It is sealed and safe" in last.content
        assert b"It is on the record" not in last.content
        again = browser.send(check, check.form("form"), step="send")
        assert again.texts["return-code"] == last.texts["return-code"]
        _, page = face.come_back(last)
        assert b"It is sealed and safe" in page.content
        assert b"could not check" not in page.content
        assert b"cannot check" not in page.content
        added = browser.send(page, page.form("way_back", "words"), words="And this.", step="add")
        assert b"We have kept what you added" in added.content
        assert b"Recorded" not in added.content
        assert face.fetch("/readyz")[0] == 200
    assert drain(face) == 2
    assert drain(face) == 0
    assert told(face, last) == ["Kept through it.", "And this."]
    assert spool_of(face).depth().set_aside == 0


def test_with_the_database_stopped_a_code_that_nobody_could_check_gets_no_false_yes(
    place: Callable[..., Face],
) -> None:
    face = place()
    last = face.tell(saw="On the record.")
    code = last.texts["return-code"]
    wrong = ReturnCode(os.urandom(11))
    with stopped(face):
        for typed in (code, " ".join(wrong.words)):
            browser = face.browser()
            for attempt in ("first", "second"):
                page = look_up(browser, typed)
                assert page.status == 200
                assert b"we cannot check your code" in page.content
                assert b"It is sealed and safe" not in page.content
                said = {"words": f"Under this code, {attempt}.", "step": "add"}
                page = browser.send(page, page.form("way_back", "words"), **said)
                assert b"We have kept what you wrote, sealed." in page.content
                assert b"We could not check your code." in page.content
                assert TELEPHONE in page.content
                for yes in (b"Recorded", b"We have kept what you added", b"It is sealed and safe"):
                    assert yes not in page.content
    assert look_up(face.browser(), " ".join(wrong.words)).status == 404
    assert drain(face) == 4
    assert told(face, last)[1:] == ["Under this code, first.", "Under this code, second."]
    names = sorted(path.name for path in (spool_of(face).folder / "set-aside").iterdir())
    assert [name.rpartition("-")[0][:13] for name in names] == ["refused-HE404"] * 2
    assert look_up(face.browser(), " ".join(wrong.words)).status == 404


def test_a_code_that_could_not_be_checked_is_checked_before_words_are_kept_under_it(
    place: Callable[..., Face],
) -> None:
    face = place()
    browser = face.browser()
    with stopped(face):
        page = look_up(browser, " ".join(ReturnCode(os.urandom(11)).words))
    before = entries(face)
    said = {"words": "Typed meanwhile.", "step": "add"}
    page = browser.send(page, page.form("way_back", "words"), **said)
    assert page.status == 404
    assert page.form("code", "words").fields["words"] == "Typed meanwhile."
    assert entries(face) == before
    assert spool_of(face).depth().waiting == 0


def test_a_full_spool_and_no_database_says_not_recorded_and_gives_the_words_back(
    place: Callable[..., Face],
) -> None:
    face = place(capacity=16 * 1024)
    behind = face.tell(saw="On the record before.")
    browser, page = face.come_back(behind)
    with stopped(face):
        kept = []
        for number in range(10):
            visitor = face.browser()
            check = visitor.get("/tell")
            check = visitor.send(
                check, check.form("form"), saw=f"Number {number}. " * 40, step="check"
            )
            last = visitor.send(check, check.form("form"), step="send")
            if last.status != 200:
                break
            kept.append(last)
        assert last.status == 503
        assert b"Not recorded" in last.content
        assert b"return-code" not in last.content
        assert TELEPHONE in last.content
        assert f"Number {number}.".encode() in last.content
        added = browser.send(
            page, page.form("way_back", "words"), words="Added. " * 300, step="add"
        )
        assert added.status == 503
        assert b"Not recorded" in added.content
        assert b"Added. Added." in added.content
        assert TELEPHONE in added.content
        assert face.fetch("/thread", b"way_back=x")[0] == 200
    again = visitor.send(last, last.form("form"), step="send")
    assert told(face, again) == [f"Number {number}. " * 40]
    assert drain(face) == len(kept)
    assert told(face, behind) == ["On the record before."]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
def test_on_a_full_disk_the_spool_still_takes_what_its_room_was_made_for(
    place: Callable[..., Face], tmp_path: Path
) -> None:
    disk = tmp_path / "public" / "spool"
    disk.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this computer does not let a test mount a small disk")
    try:
        face = place(capacity=128 * 1024)
        with (disk / "filler").open("wb") as filler, suppress(OSError):
            filler.write(bytes(256 * 1024))
        assert shutil.disk_usage(disk).free == 0
        with stopped(face):
            last = face.tell(saw="Told on a full disk.")
            assert b"It is sealed and safe" in last.content
        assert drain(face) == 1
        assert told(face, last) == ["Told on a full disk."]
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_spool_that_is_gone_takes_no_page_down_and_makes_no_false_no(
    place: Callable[..., Face],
) -> None:
    face = place()
    last = face.tell(saw="Before the disk broke.")
    shutil.rmtree(face.home / "public" / "spool")
    browser, page = face.come_back(last)
    assert page.status == 200
    page = browser.send(page, page.form("way_back", "words"), words="After it.", step="add")
    assert page.status == 200
    assert b"Recorded" in page.content
    assert b"Not recorded" not in page.content
    assert told(face, last) == ["Before the disk broke.", "After it."]
    page = look_up(browser, " ".join(ReturnCode(os.urandom(11)).words))
    assert page.status == 200  # it may wait in the spool that cannot be read
    assert b"we cannot check your code" in page.content
    status, _, content = face.fetch("/readyz")
    assert (status, json.loads(content)) == (200, {"database": True, "spool_room": False})
    with stopped(face):
        assert face.fetch("/readyz")[0] == 503
        page = browser.send(page, page.form("way_back", "words"), words="Lost?", step="add")
        assert page.status == 503
        assert b"Lost?" in page.content


def test_how_much_waits_is_told_to_nobody(place: Callable[..., Face]) -> None:
    face = place()
    with stopped(face):
        face.tell(saw="Waiting.")
        said = json.loads(face.fetch("/readyz")[2])
    assert said == {"database": False, "spool_room": True}


@pytest.mark.parametrize("harm", ["changed on the disk", "of another layout"])
def test_an_item_that_cannot_be_read_says_so_and_the_rest_is_shown(
    place: Callable[..., Face], harm: str
) -> None:
    face = place()
    last = face.tell(saw="Please write back.")
    code = ReturnCode.parse(last.texts["return-code"])
    face.world.open()
    with face.world.link("heed_office").transaction() as connection:
        identify(face.world, connection)
        row = connection.execute("SELECT register.thread_key(%s)", (code.record,)).fetchone()
        assert row is not None
        recipients = Recipients(
            {**face.world.office_recipients.keys, "thread": SealingKey(bytes(row[0]))}
        )
        if harm == "of another layout":
            entry = write(
                CHANCE,
                recipients,
                kind=Kind.ANSWERED,
                stream=code.record,
                actor=Actor.WORKER,
                body={"said": "unknown to this version"},
            )
        else:
            entry = answer(CHANCE, recipients, "harmed", record=code.record, token=b"h" * 32)
            entry = replace(entry, sealed=bytes(len(entry.sealed)))
        append_within(connection, entry)
    owner_answers(face.world, code.record, "This one stays whole.")
    _, page = face.come_back(last)
    assert page.status == 200
    assert b"This cannot be shown now." in page.content
    assert b"This one stays whole." in page.content


def test_two_tabs_of_one_form_make_one_record_with_the_words_of_both(face: Face) -> None:
    browser = face.browser()
    first = browser.get("/tell")
    words = ("One tab.", "The other tab.")
    checks = [browser.send(first, first.form("form"), saw=saw, step="check") for saw in words]
    last: list[Page] = []

    def send(check: Page) -> None:
        last.append(face.browser().send(check, check.form("form"), step="send"))

    tabs = [threading.Thread(target=send, args=(check,)) for check in checks * 2]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len({page.texts["return-code"] for page in last}) == 1
    assert sorted(told(face, last[0])) == sorted(words)


def test_a_hundred_megabytes_are_heard_out_and_answered_in_plain_words(face: Face) -> None:
    before = entries(face)
    state = urllib.parse.quote(face.browser().get("/tell").form("form").fields["form"])
    body = f"form={state}&at=check&step=send&saw=".encode() + b"x" * 100_000_000
    status, _, content = face.fetch("/tell", body)
    assert status == 413
    assert b"Not recorded" in content
    assert entries(face) == before


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_an_upload_that_is_cut_off_midway_leaves_nothing_behind(face: Face, kind: str) -> None:
    before = entries(face)
    page = face.browser().get("/tell")
    state = page.form("form").fields["form"]
    fields = {"form": state, "at": "check", "step": "send", "saw": "cut off in the"}
    if kind == "multipart/form-data":
        mark = uuid.uuid4().hex
        body = "".join(
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        kind += f"; boundary={mark}"
    else:
        body = urllib.parse.urlencode(fields)
    head = f"POST /tell HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
    sent = (head + f"Content-Length: {2 * len(body)}\r\n\r\n" + body).encode()
    with socket.create_connection(("127.0.0.1", face.port)) as line:
        line.sendall(sent)
    with socket.create_connection(("127.0.0.1", face.port), timeout=20) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while part := line.recv(65536):
            answer += part
        assert b"return-code" not in answer
        assert b"press the back button" in answer.lower()
    assert face.tell(saw="The next one is served.").status == 200
    assert entries(face) == before + 1
