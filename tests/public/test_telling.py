"""A person tells, by the pages alone: nothing is required but words, and nothing is lost."""

import base64
import re
import urllib.parse
from pathlib import Path

import psycopg
import pytest

from tests.public.conftest import Face
from tests.world import World

MARKER = "heliotrope-marker-7731"


def kept(world: World) -> list[tuple[str, str, int]]:
    """(danger, channel, entries) of every record, oldest first."""
    with psycopg.connect(world.database.superuser_url) as connection:
        return connection.execute(
            "SELECT r.danger, r.channel, (SELECT count(*) FROM facts.item i WHERE i.record = r.id)"
            " FROM facts.record r ORDER BY r.filed_at"
        ).fetchall()


def spoken(world: World) -> str:
    """Everything that the opener has put in the words tables."""
    world.open()
    with psycopg.connect(world.database.superuser_url) as connection:
        return "\n".join(row[0] for row in connection.execute("SELECT body FROM words.item"))


def test_one_line_is_enough_and_blank_danger_counts_as_not_known(face: Face) -> None:
    page = face.tell(worried="I am worried about a boy in my class.")
    assert page.status == 200
    assert len(page.texts["return-code"].split()) == 8
    assert kept(face.world)[-1] == ("unknown", "online", 1)


@pytest.mark.parametrize("saw", ["", " \n\t ", "\u200b\u2060\ufeff"])
def test_nothing_at_all_asks_for_one_line_and_records_nothing(face: Face, saw: str) -> None:
    before = len(kept(face.world))
    page = face.tell(danger="no", saw=saw)
    assert page.status == 200
    assert "return-code" not in page.texts
    assert b"Write something, even one line" in page.content
    assert len(kept(face.world)) == before


def test_sending_the_last_page_twice_records_once_and_gives_the_same_code(face: Face) -> None:
    browser = face.browser()
    page = browser.get("/tell")
    page = browser.send(page, page.form("form"), saw="The same van, twice.", step="check")
    first = browser.send(page, page.form("form"), step="send")
    second = browser.send(page, page.form("form"), step="send")
    assert first.texts["return-code"] == second.texts["return-code"]
    assert kept(face.world)[-1][2] == 1
    assert _commitment(first.content) == _commitment(second.content)


def test_going_back_and_changing_words_adds_to_the_same_record(face: Face) -> None:
    browser = face.browser()
    page = browser.get("/tell")
    check = browser.send(page, page.form("form"), saw="A van.", step="check")
    first = browser.send(check, check.form("form"), step="send")
    again = browser.send(check, check.form("form"), saw="A van. It was blue.", step="check")
    second = browser.send(again, again.form("form"), step="send")
    assert first.texts["return-code"] == second.texts["return-code"]
    assert kept(face.world)[-1][2] == 2


@pytest.mark.parametrize(
    "words",
    [
        "a\0b",
        "naïve – “quotes” 🦊 שלום مرحبا",
        "<script>alert(1)</script>{{ 7*7 }}",
        "'; DROP TABLE register.entry; --",
        "\ufdd0 \ufffe \x7f \x1b[31m",
        "x" * 1_000_000,
    ],
    ids=["NUL", "many scripts", "markup", "SQL", "controls", "a million letters"],
)
def test_any_words_are_taken_as_they_are(face: Face, words: str) -> None:
    page = face.tell(saw=words)
    assert len(page.texts["return-code"].split()) == 8
    browser, back = face.come_back(page)
    shown = browser.send(back, back.form("way_back"), step="show")
    assert b"<script>alert" not in shown.content
    # Encoded as canonical JSON, the words stand in the sealed bytes exactly.
    import json

    bodies = [json.loads(body)["saw"] for body in spoken(face.world).splitlines()]
    assert words in bodies


def test_bytes_that_are_no_text_do_not_stop_a_report(face: Face) -> None:
    browser = face.browser()
    page = browser.get("/tell")
    state = page.form("form").fields["form"]
    body = (
        b"at=words&step=check&saw=%ED%A0%80%FF+broken+bytes&form="
        + urllib.parse.quote(state, safe="").encode()
    )
    status, _, content = face.fetch("/tell", body)
    assert status == 200
    assert b"broken bytes" in content


def test_more_than_a_form_can_take_is_said_plainly(face: Face) -> None:
    status, _, content = face.fetch("/tell", b"at=words&step=check&saw=" + b"x" * 11_000_000)
    assert status in (400, 413)
    assert b"Not recorded" in content


def test_a_broken_hidden_field_loses_no_words(face: Face) -> None:
    body = urllib.parse.urlencode(
        {"form": "not-ours", "at": "words", "step": "check", "saw": "kept"}
    )
    status, _, content = face.fetch("/tell", body.encode())
    assert status == 200
    assert b"kept" in content


def test_a_file_that_a_browser_sends_is_dropped_and_the_words_are_kept(face: Face) -> None:
    browser = face.browser()
    state = browser.get("/tell").form("form").fields["form"]
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in (("form", state), ("at", "words"), ("step", "check"), ("saw", "kept"))
    ]
    file = (
        '--b\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n" + MARKER + "\r\n--b--\r\n"
    )
    status, _, content = face.fetch(
        "/tell",
        ("".join(parts) + file).encode(),
        Content_Type="multipart/form-data; boundary=b",
    )
    assert status == 200
    assert b"kept" in content
    assert MARKER.encode() not in content


def test_no_page_sets_a_cookie_or_may_be_kept(face: Face) -> None:
    for path in ("/", "/tell", "/return", "/thread", "/proof", "/nothing-here"):
        _, headers, content = face.fetch(path)
        assert "Set-Cookie" not in headers
        assert headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert b"999" in content
        assert b"Leave fast" in content


def test_no_word_address_or_browser_is_kept_on_the_public_host(face: Face) -> None:
    page = face.tell(saw=MARKER, who=MARKER)
    browser, back = face.come_back(page)
    browser.send(back, back.form("way_back", "words"), words=MARKER + " more", step="add")
    face.fetch("/tell", f"saw={MARKER}".encode(), User_Agent=MARKER)
    face.fetch(f"/{MARKER}", User_Agent=MARKER)
    for path in (face.home / "public", face.home / "log", face.home / "export"):
        for file in Path(path).rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert MARKER.encode() not in content, file
                assert b"127.0.0.1:" not in content.replace(
                    f"http://127.0.0.1:{face.port}".encode(), b""
                ), file
    with psycopg.connect(face.world.database.superuser_url) as connection:
        for table in ("entry", "wrapped_key", "pending", "leaf", "thread", "head"):
            held = connection.execute(f"SELECT string_agg(t::text, ' ') FROM register.{table} t")
            row = held.fetchone()
            assert row is not None
            assert MARKER not in (row[0] or "")
            assert MARKER.encode().hex() not in (row[0] or "")
    assert MARKER in spoken(face.world)  # the search can find it where it may stand


def test_every_address_answers_and_none_breaks(face: Face) -> None:
    for path in ("/", "/tell", "/return", "/thread", "/proof", "/healthz", "/readyz"):
        for body in (None, b"", b"step=send&at=check", b"way_back=x&code=%00&form=%00", b"\xff=%"):
            status, _, _ = face.fetch(path, body)
            assert status in (200, 404, 422), (path, body, status)


def _commitment(content: bytes) -> bytes:
    found = re.search(rb'name="promise" value="([^"]*)"', content)
    assert found is not None
    return base64.b64decode(found.group(1)).splitlines()[2]
