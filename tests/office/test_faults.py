"""When something is away or broken: plain words, the typed words back, and nothing of them in any log."""

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest

from tests.office.browser import Browser, form
from tests.office.conftest import office_of
from tests.servers import create, running_server
from tests.world import PASSWORD, World, new_world

MARK = "heron-on-the-weir"


def test_with_the_database_stopped_the_words_come_back_and_can_be_sent_again(
    tmp_path: Path,
) -> None:
    with running_server(18) as server:
        world = new_world(create(server))
        world.give_password("lead")
        told = world.tell()
        world.open()
        with office_of(world, tmp_path / "home"):
            lead = Browser()
            lead.sign_in("lead")
            answering = form(lead.get(f"/records/{told.record}"), "words")
            letter = form(lead.get("/letters/new"), "form")
            assert lead.get("/readyz").status_code == 200
            world.close()
            server.embedded.stop()
            assert lead.get("/healthz").status_code == 200
            assert lead.get("/readyz").status_code == 503
            for path in ("/", f"/records/{told.record}", "/letters/new", "/sign-in"):
                away = lead.get(path)
                assert away.status_code == 503
                assert "01632 960 001" in away.content.decode()
            gone = lead.send(letter, told=f"letter {MARK}", danger="yes")
            lost = lead.send(answering, words=f"answer {MARK}")
            for answer in (gone, lost):
                assert answer.status_code == 503
                assert MARK in answer.content.decode()
            server.embedded.start()
            again = form(gone, "form")
            assert (again.action, again.fields["danger"]) == ("/letters/new", "yes")
            assert lead.send(again).status_code == 200
            assert lead.send(form(lost, "words")).status_code == 302
            assert len(world.words_behind(told.code)) == 2
            rows = world.as_owner("SELECT danger FROM facts.record WHERE channel = 'letter'")
            assert rows == [("yes",)]
            world.close()


def test_a_sign_in_with_the_database_stopped_does_not_show_the_password(tmp_path: Path) -> None:
    with running_server(18) as server:
        world = new_world(create(server))
        world.give_password("lead")
        with office_of(world, tmp_path / "home"):
            browser = Browser()
            page = form(browser.get("/sign-in"), "password")
            world.close()
            server.embedded.stop()
            answer = browser.send(page, "/sign-in", username="lead", password=MARK)
            assert answer.status_code == 503
            assert MARK not in answer.content.decode()


def test_a_rule_that_says_no_gives_the_words_back(office: World, lead: Browser) -> None:
    filled = form(lead.get("/letters/new"), "form")
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("DELETE FROM facts.turn")
        connection.execute("DELETE FROM facts.slot")
    answer = lead.send(filled, told=MARK)
    assert answer.status_code == 503
    assert MARK in answer.content.decode()


def test_something_broken_gives_the_words_back(
    office: World, lead: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    filled = form(lead.get("/letters/new"), "form")
    _break(office)
    answer = lead.send(filled, told=MARK)
    assert answer.status_code == 500
    assert MARK in answer.content.decode()
    assert MARK not in "".join(capfd.readouterr())


def _break(office: World) -> None:
    """Let the database itself quote the words in its error."""
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute(
            "CREATE FUNCTION register.quote() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION 'quoting {MARK}' USING DETAIL = '{MARK}'; END $$"
        )
        connection.execute(
            "CREATE TRIGGER quote BEFORE INSERT ON register.entry FOR EACH ROW"
            " EXECUTE FUNCTION register.quote()"
        )


def test_ready_says_yes_or_no_and_to_nobody_why(office: World, browser: Browser) -> None:
    ready = browser.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"ready": True})
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute(
            "INSERT INTO words.stopped VALUES (gen_random_uuid(), gen_random_uuid(), %s)", (MARK,)
        )
    stopped = browser.get("/readyz")
    assert (stopped.status_code, stopped.json()) == (503, {"ready": False})
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("DELETE FROM words.stopped")
        assert browser.get("/readyz").json() == {"ready": True}
        connection.execute("DELETE FROM facts.head")
    closed = browser.get("/readyz")
    assert (closed.status_code, closed.content) == (503, stopped.content)


class Wire:
    """HTTP by hand to a served office, with its cookies."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def send(
        self, method: str, path: str, fields: dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str, http.client.HTTPMessage]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = urlencode(fields) if fields else ""
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            sent["Origin"] = f"http://127.0.0.1:{self.port}"
        connection.request(method, path, body, sent | headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        connection.close()
        return answer.status, text, answer.headers

    def token(self, path: str) -> dict[str, str]:
        _, text, _ = self.send("GET", path)
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))


@contextmanager
def served(world: World, home: Path, log: Path) -> Iterator[Wire]:
    """The office as it is served for real, its output in `log`."""
    world.write_home(home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("granian")),
        "--interface", "rsgi", "heed.office.served:application", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--no-access-log",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, "HEED_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(port, process, log)
            yield Wire(port)
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(port: int, process: subprocess.Popen, log: Path) -> None:
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the office did not start")


def test_nothing_that_is_typed_reaches_any_log(world: World, tmp_path: Path) -> None:
    """Served for real: sign in, write, fail in the database, fail before it; then read every log."""
    world.give_password("lead")
    told = world.tell(MARK)
    world.open()
    log = tmp_path / "office.log"
    with served(world, tmp_path / "home", log) as wire:
        wrong = wire.token("/sign-in") | {"username": MARK, "password": MARK}
        assert wire.send("POST", "/sign-in", wrong)[0] == 400
        right = wire.token("/sign-in") | {"username": "lead", "password": PASSWORD}
        assert wire.send("POST", "/sign-in", right)[0] == 302
        assert MARK in wire.send("GET", f"/records/{told.record}")[1]
        letter = wire.token("/letters/new") | {"told": MARK}
        answering = wire.token(f"/records/{told.record}") | {"words": MARK}
        _break(world)
        status, text, _ = wire.send("POST", "/letters/new", letter)
        assert (status, MARK in text) == (500, True)
        assert wire.send("POST", f"/records/{told.record}/answer", answering)[0] == 500
        assert wire.send("GET", f"/{MARK}?{MARK}")[0] == 404
        assert wire.send("POST", "/letters/new", letter, Origin=f"http://{MARK}")[0] == 403
        assert wire.send("GET", "/", Host=MARK)[0] == 400
        assert wire.send("POST", "/letters/new", {"told": MARK * 700_000})[0] == 413
        with world.database.server.superuser(world.database.name) as connection:
            connection.execute("ALTER SCHEMA facts RENAME TO gone")
        assert wire.send("GET", f"/records/{told.record}")[0] == 500
    said = log.read_text()
    assert "StoreRefused" in said  # our own lines are there
    assert "in letter" in said
    for text in (said, world.database.server.embedded.log.read_text()):
        for secret in (MARK, PASSWORD, str(told.record), "127.0.0.1:", *wire.cookies.values()):
            assert secret not in text.replace("http://127.0.0.1:", "")


def test_the_database_keeps_no_quoted_words_in_its_own_log(office: World) -> None:
    with pytest.raises(psycopg.Error):
        with psycopg.connect(office.urls["heed_office"]) as connection:
            connection.execute("SELECT %s::uuid", (MARK,))
    assert MARK not in office.database.server.embedded.log.read_text()
