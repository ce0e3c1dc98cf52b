"""A reporter adds a few small files: sealed as they came, never shown back, and never lost on a bad day."""

import json
import os
import re
import socket
from pathlib import Path

import pytest

from heed.cli.browsing import Page
from heed.intake.files import REPORTERS_LARGEST
from heed.loops.drain import Drain
from heed.store import receiving
from heed.store.append import PostgresRegister
from heed.store.connection import Link
from heed.store.spool import Spool
from tests.public.conftest import Face, public_face
from tests.servers import create, running_server
from tests.world import new_world

PHOTO = b"\xff\xd8\xff\xe1Exif GPSLatitude 55.01 \0\r\n--x" + bytes(range(256))
KEPT = b"We have kept what you added"


def multipart(way_back: str, *files: bytes, **said: str) -> tuple[bytes, str]:
    """The body that a browser sends, and what it calls it."""
    line = os.urandom(8).hex()
    parts = [
        f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode()
        for name, text in {"way_back": way_back, **said}.items()
    ]
    for number, content in enumerate(files):
        head = f'Content-Disposition: form-data; name="file"; filename="{number} é.jpg"\r\n'
        parts.append(head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + content)
    body = b"".join(b"--%s\r\n%s\r\n" % (line.encode(), part) for part in parts)
    return body + f"--{line}--\r\n".encode(), f"multipart/form-data; boundary={line}"


def add(face: Face, page: Page, *files: bytes) -> tuple[int, bytes]:
    """Send files from a page behind the code."""
    body, kind = multipart(page.form("way_back").fields["way_back"], *files)
    status, _, content = face.fetch("/file", body, Content_Type=kind)
    return status, content


def press(face: Face, page: Page, path: str, *files: bytes, **said: str) -> bytes:
    """Press a button of the page behind the code, with words typed and files chosen."""
    body, kind = multipart(page.form("way_back").fields["way_back"], *files, **said)
    return face.fetch(path, body, Content_Type=kind)[2]


def words(face: Face) -> list[str]:
    """What reporters added in words, oldest first."""
    face.world.open()
    rows = face.world.as_owner(
        "SELECT w.body FROM words.item w JOIN facts.item i USING (entry)"
        " WHERE i.kind = 'added' ORDER BY i.at"
    )
    return [json.loads(body)["words"] for (body,) in rows]


def kept(face: Face) -> list[bytes]:
    face.world.open()
    rows = face.world.as_owner(
        "SELECT w.bytes FROM words.file w JOIN facts.item i USING (entry) ORDER BY i.at, w.version"
    )
    return [bytes(row[0]) for row in rows]


def test_a_file_of_nothing_is_not_said_to_be_kept(face: Face) -> None:
    before = len(kept(face))
    status, content = add(face, face.tell(saw="I have a photo."), b"")
    assert (status, b"This file is empty" in content) == (200, True)
    assert len(kept(face)) == before


def test_a_photo_is_kept_as_it_was_sent_with_all_that_is_hidden_in_it(face: Face) -> None:
    before = len(kept(face))
    last = face.tell(saw="I have a photo.")
    assert last.content.count(b"/file") == 1
    status, content = add(face, last, PHOTO)
    assert status == 200
    assert KEPT in content
    assert b"You added a file." in content
    assert kept(face)[before:] == [PHOTO]


def test_above_the_field_stands_what_not_to_send(face: Face) -> None:
    last = face.tell(saw="I have a photo.")
    _, page = face.come_back(last)
    for shown in (last.content, page.content):
        before = shown[: shown.index(b'type="file"')]
        assert before.rstrip().endswith(b'<input class="govuk-file-upload" id="file" name="file"')
        above = b"Please do not send sexual pictures of anyone under 18."
        assert above in before[-300:]


def test_sent_twice_it_is_kept_once_and_never_comes_back_by_the_code(face: Face) -> None:
    before = len(kept(face))
    last = face.tell(saw="I have a photo.")
    for _ in range(2):
        assert KEPT in add(face, last, PHOTO)[1]
    assert len(kept(face)) == before + 1
    browser, page = face.come_back(last)
    shown = browser.send(page, page.form("way_back"), step="show")
    assert shown.content.count(b"You added a file.") == 1
    assert b"GPSLatitude" not in shown.content
    assert ".jpg" not in shown.content.decode()


def test_three_files_and_no_more(face: Face) -> None:
    before = len(kept(face))
    last = face.tell(saw="I have photos.")
    many = b"You can add 3 files and no more"
    assert many in add(face, last, *(bytes([n]) for n in range(4)))[1]
    assert kept(face)[before:] == []
    assert KEPT in add(face, last, b"1", b"2")[1]
    status, content = add(face, face.come_back(last)[1], b"3", b"4")
    assert status == 200
    assert KEPT in content
    assert many in content
    assert kept(face)[before:] == [b"1", b"2", b"3"]


def test_none_or_too_big_a_one_is_said_in_plain_words(face: Face) -> None:
    last = face.tell(saw="I have a photo.")
    assert b"Please choose a file first." in add(face, last)[1]
    assert b"This file is too big." in add(face, last, bytes(REPORTERS_LARGEST + 1))[1]
    assert KEPT in add(face, last, bytes(REPORTERS_LARGEST))[1]
    body, kind = multipart("", bytes(17 * 1024 * 1024))
    status, _, content = face.fetch("/file", body, Content_Type=kind)
    assert status == 413
    assert b"A file can be as big as 2 MB" in content


@pytest.mark.parametrize(
    ("wrong", "files"),
    [
        ("", [PHOTO]),
        ("This file is too big", [bytes(REPORTERS_LARGEST + 1)]),
        ("You can add 3 files and no more", [b"1", b"2", b"3", b"4"]),
    ],
)
def test_words_and_files_go_together_and_no_file_costs_a_word(
    face: Face, wrong: str, files: list[bytes]
) -> None:
    before, said = len(kept(face)), f"Here it is. {wrong}"
    _, page = face.come_back(face.tell(saw="I have a photo."))
    content = press(face, page, "/thread", *files, words=said, step="add")
    assert KEPT in content
    assert wrong.encode() in content
    assert words(face)[-1] == said
    assert kept(face)[before:] == ([] if wrong else files)


@pytest.mark.parametrize("files", [[], [PHOTO], [bytes(REPORTERS_LARGEST + 1)]])
def test_a_file_sent_by_itself_gives_the_words_back(face: Face, files: list[bytes]) -> None:
    _, page = face.come_back(face.tell(saw="I have a photo."))
    content = press(face, page, "/file", *files, words="Half a sentence")
    assert b">Half a sentence</textarea>" in content
    assert "Half a sentence" not in words(face)


def test_a_file_that_was_chosen_and_not_sent_is_said_to_be_chosen_again(face: Face) -> None:
    _, page = face.come_back(face.tell(saw="I have a photo."))
    content = press(face, page, "/thread", PHOTO, words="Half a sentence", step="show")
    assert b"Please choose it again" in content
    assert b">Half a sentence</textarea>" in content


def test_a_photo_that_is_added_first_leaves_the_code_on_the_page(face: Face) -> None:
    """Whoever has not written the eight words down would lose the way back."""
    last = face.tell(saw="I have a photo.")
    code = last.texts["return-code"].split()
    browser = face.browser()
    page = browser.send(last, last.form("way_back"), step="add", words="And this.")
    for content in (add(face, last, PHOTO)[1], add(face, last)[1], page.content):
        shown = content.decode().partition('id="return-code">')[2].partition("</ol>")[0]
        assert re.findall(r"<li>(\w+)</li>", shown) == code
        assert "I have my 8 words" in content.decode()
    noted = browser.send(page, page.form("way_back"), step="look")
    assert b"return-code" not in noted.content
    assert b"return-code" not in face.come_back(last)[1].content


@pytest.mark.parametrize("way_back", ["", "x", "A" * 900])
def test_without_the_page_behind_the_code_nothing_is_kept(face: Face, way_back: str) -> None:
    before = len(kept(face))
    body, kind = multipart(way_back, PHOTO)
    content = face.fetch("/file", body, Content_Type=kind)[2]
    assert b"We closed your page" in content
    assert len(kept(face)) == before


def test_half_a_file_is_never_taken_for_the_whole(face: Face) -> None:
    before = len(kept(face))
    last = face.tell(saw="I have a photo.")
    body, kind = multipart(last.form("way_back").fields["way_back"], PHOTO * 100)
    head = f"POST /file HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", face.port), timeout=20) as line:
        line.sendall(head.encode() + body[:-20])
        assert face.tell(saw="Told meanwhile.").status == 200
    assert len(kept(face)) == before


def test_with_the_database_away_files_wait_sealed_and_come_onto_the_record_once(
    tmp_path: Path,
) -> None:
    with running_server(18) as server:
        world = new_world(create(server))
        with public_face(world, tmp_path / "home") as face:
            last = face.tell(saw="I have a photo.")
            world.close()
            server.embedded.stop()
            for _ in range(2):
                status, content = add(face, last, PHOTO, b"second")
                assert status == 200
                assert KEPT in content
            spool = face.home / "public" / "spool"
            assert b"GPSLatitude" not in (spool / "spool").read_bytes()
            server.embedded.start()
            waiting = Spool(spool)
            assert waiting.depth().waiting == 2
            drain = Drain(waiting, PostgresRegister(Link(world.urls["heed_intake"])))
            assert [drain.step(), drain.step()] == [2, 0]
            assert waiting.depth().set_aside == 0
            assert kept(face) == [PHOTO, b"second"]


def test_files_leave_the_spool_s_second_half_to_words(tmp_path: Path) -> None:
    with running_server(18) as server:
        world = new_world(create(server))
        with public_face(world, tmp_path / "home", capacity=receiving.WORDS_FIRST) as face:
            last = face.tell(saw="I have a photo.")
            world.close()
            server.embedded.stop()
            assert b"We could not keep your file now" in add(face, last, PHOTO)[1]
            assert face.tell(saw="Words are taken all the same.").status == 200
            assert Spool(face.home / "public" / "spool").depth().waiting == 1
