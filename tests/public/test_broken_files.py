"""A file that is too big, or breaks on the way, never costs the words that were typed beside it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from heed.cli.browsing import Page
from heed.pages.front import LARGE_AT_ONCE, LARGE_SLOWEST, SLOWEST, SMALL
from tests.public.conftest import Face, public_face
from tests.public.test_coming_back import BACK_SECONDS, way_back
from tests.public.test_files import add, kept, multipart, words
from tests.public.test_slow_senders import _heard
from tests.servers import Server, create, drop
from tests.world import new_world

VIDEO = bytes(17 * 1024 * 1024)
SAID = "Half a sentence\r\nof mine"
GIVEN_BACK = f">{SAID}</textarea>".encode()


@pytest.fixture(scope="module")
def face(pg18: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Face]:
    """A face that is soon impatient."""
    database = create(pg18)
    home = tmp_path_factory.mktemp("impatient")
    with public_face(new_world(database), home, run=["tests.public.impatient"]) as running:
        yield running
    drop(database)


def head(path: str, kind: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def press(face: Face, way: str, path: str, file: bytes, cut: int = 0) -> tuple[bytes, bytes]:
    """As a browser does, but for the last `cut` bytes; the status line, and the page."""
    body, kind = multipart(way, file, words=SAID)
    with socket.create_connection(("127.0.0.1", face.port), timeout=20) as line:
        line.sendall(head(path, kind, len(body)) + body[: len(body) - cut])
        status, _, page = _heard(line).partition(b"\r\n")
    return status, page


def way(page: Page) -> str:
    return page.form("way_back").fields["way_back"]


@pytest.mark.parametrize("path", ["/thread", "/file", "/proof"])
def test_words_with_a_video_come_back_and_nothing_is_kept(face: Face, path: str) -> None:
    _, page = face.come_back(face.tell(saw="I have a video."))
    status, content = press(face, way(page), path, VIDEO)
    assert status.endswith(b" 413 Payload Too Large")
    assert GIVEN_BACK in content
    assert b"This file is too big." in content
    assert b"Nothing is sent yet." in content
    assert (words(face), kept(face)) == ([], [])


def test_what_came_back_can_be_sent(face: Face) -> None:
    _, page = face.come_back(face.tell(saw="I have a video."))
    _, content = press(face, way(page), "/thread", VIDEO)
    fresh = content.partition(b'name="way_back" value="')[2].partition(b'"')[0].decode()
    body, kind = multipart(fresh, words=SAID, step="add")
    assert b"We have kept what you added" in face.fetch("/thread", body, Content_Type=kind)[2]
    assert words(face) == [SAID]


@pytest.mark.parametrize("path", ["/thread", "/file"])
@pytest.mark.parametrize("size", [5000, SMALL + 5000, len(VIDEO)])
def test_cut_in_the_middle_of_the_file_the_words_come_back(
    face: Face, path: str, size: int
) -> None:
    before = words(face), kept(face)
    _, page = face.come_back(face.tell(saw="I have a photo."))
    status, content = press(face, way(page), path, bytes(size), cut=2500)
    assert status.endswith(b" 400 Bad Request")
    assert GIVEN_BACK in content
    assert b"Your file did not come through." in content
    assert (words(face), kept(face)) == before


def test_a_video_that_comes_first_leaves_the_eight_words_on_the_page(face: Face) -> None:
    last = face.tell(saw="I have a video.")
    status, content = add(face, last, VIDEO)
    assert status == 413
    shown = content.decode().partition('id="return-code">')[2].partition("</ol>")[0]
    assert shown.replace("<li>", "").split("</li>")[:-1] == last.texts["return-code"].split()


def test_on_a_page_that_was_closed_the_words_come_back_too(face: Face) -> None:
    _, page = face.come_back(face.tell(saw="I have a video."))
    _, content = press(face, way_back(face, page, BACK_SECONDS + 1), "/thread", VIDEO)
    assert b"We closed your page" in content
    assert GIVEN_BACK in content


def test_only_the_button_that_sends_a_file_carries_one(face: Face) -> None:
    """The others say its name only, so that no photo costs what they do."""
    browser, page = face.come_back(face.tell(saw="I have a photo."))
    buttons = [part.partition(b"</button>")[0] for part in page.content.split(b"<button")[1:]]
    typed_only = b'formenctype="application/x-www-form-urlencoded"'
    assert {b"Send it" in each for each in buttons if typed_only not in each} == {True}
    assert len(buttons) == 4
    form = page.form("way_back", "words")
    for step in ("show", "hide"):
        shown = browser.send(page, form, words=SAID, step=step, file="van.jpg")
        assert b"Please choose it again" in shown.content
        assert GIVEN_BACK in shown.content


def test_where_there_is_no_proof_yet_a_chosen_file_is_not_dropped_without_a_word(
    face: Face,
) -> None:
    browser, page = face.come_back(face.tell(saw="I have a photo."))
    form = page.form("way_back", "words")
    form.action = "/proof"
    for name, said in (("van.jpg", True), ("", False)):
        shown = browser.send(page, form, words=SAID, file=name).content
        assert b"There is no proof yet" in shown
        assert (b"Please choose your file again" in shown) == said
    body, kind = multipart(way(page), b"photo", words=SAID)
    assert b"Please choose your file again" in face.fetch("/proof", body, Content_Type=kind)[2]


@contextmanager
def sending(face: Face, rate: int) -> Iterator[None]:
    """As many as there is room for, each at `rate` bytes a second, until they are let go."""
    done = threading.Event()
    body, kind = multipart("", bytes(8 * 1024 * 1024))

    def send(line: socket.socket) -> None:
        at = 0
        while not done.wait(0.1):
            at, part = at + rate // 10, body[at : at + rate // 10]
            try:
                line.sendall(part)
            except OSError:
                return

    with ExitStack() as held:
        held.callback(done.set)
        for _ in range(LARGE_AT_ONCE):
            line = held.enter_context(socket.create_connection(("127.0.0.1", face.port)))
            line.sendall(head("/thread", kind, len(body)))
            threading.Thread(target=send, args=[line], daemon=True).start()
        time.sleep(0.3)
        yield


def test_slow_senders_of_large_files_give_their_places_up(face: Face) -> None:
    """At a rate at which a short form is heard out, they would hold them for an hour."""
    _, page = face.come_back(face.tell(saw="I have a photo."))
    before = len(kept(face))
    with sending(face, SLOWEST * 2):
        assert SLOWEST * 2 < LARGE_SLOWEST
        body, kind = multipart(way(page), bytes(SMALL), words=SAID, step="add")
        _, _, content = face.fetch("/thread", body, Content_Type=kind)
    assert b"We have kept what you added" in content
    assert len(kept(face)) == before + 1


def test_who_waits_in_vain_for_a_place_has_their_words_given_back(face: Face) -> None:
    _, page = face.come_back(face.tell(saw="I have a photo."))
    before = words(face), kept(face)
    with sending(face, LARGE_SLOWEST * 2):
        status, content = press(face, way(page), "/thread", bytes(SMALL))
    assert status.endswith(b" 503 Service Unavailable")
    assert GIVEN_BACK in content
    assert b"We could not keep your file now." in content
    assert b"Nothing is sent yet." in content
    assert (words(face), kept(face)) == before
