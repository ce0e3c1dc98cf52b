"""While a wall is down the office shows nothing, people go on telling, and it opens again by itself."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from heed.office.hands import hands
from tests.copies import Scene, copied
from tests.office.browser import Browser, form
from tests.office.conftest import office_of
from tests.office.test_faults import Wire
from tests.public.conftest import public_face
from tests.servers import Server, create, running_server
from tests.walls.breaks import BREAKS, Break, rewritten
from tests.world import PASSWORD, World, new_world

WITHOUT_SIGN_IN = {"sign_in", "sign_out", "healthz", "readyz", "welcome", "call_link"}
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
MARK = "otter-by-the-mill"
CLOSED = "Tell whoever runs this system now."
DOWN = "GRANT SELECT ON words.item TO PUBLIC"
UP = "REVOKE SELECT ON words.item FROM PUBLIC"


@pytest.fixture
def scene(office: World) -> Scene:
    return Scene(office)


def _records(world: World) -> int:
    return len(world.as_owner("SELECT 1 FROM facts.record"))


@pytest.mark.parametrize("server", [18, 15], indirect=True)
def test_whatever_wall_falls_the_office_closes_the_public_face_files_and_it_opens_again(
    server: Server, tmp_path: Path
) -> None:
    public = tmp_path / "public"  # a home of its own: the office's is written while this face runs
    with copied(server, "nothing told", Scene) as scene, public_face(scene.world, public) as face:
        scene.world.give_password("lead")
        with office_of(scene.world, tmp_path / "office"):
            lead = Browser()
            assert lead.sign_in("lead").status_code == 302
            for broken in _one_of_each(server.version):
                assert lead.get("/").status_code == 200, broken
                with broken.made(scene):
                    hands().watch.look()
                    _is_closed(lead, broken)
                    before = _records(scene.world)
                    assert "return-code" in face.tell(saw="still taken").texts, broken
                    assert _records(scene.world) == before + 1, broken
                hands().watch.look()
                assert lead.get("/readyz").status_code == 200, broken


def _one_of_each(version: int) -> list[Break]:
    """A break for each probe; what else each sees is tried in tests/walls/test_probes.py."""
    last = {each.code: each for each in BREAKS if version in each.versions}
    assert len(last) > 20
    return list(last.values())


def _is_closed(browser: Browser, broken: Break) -> None:
    shut = browser.get("/")
    assert shut.status_code == 503, broken
    assert CLOSED in shut.content.decode(), broken
    ready = browser.get("/readyz")
    assert ready.status_code == 503, broken
    assert ready.json() == {"ready": False}, broken
    assert broken.code in {failure.code for failure in hands().watch.failures()}, broken


def test_no_page_that_needs_a_sign_in_opens_while_a_wall_is_down(
    office: World, lead: Browser, scene: Scene
) -> None:
    told = office.tell(MARK)
    office.open()
    assert MARK in lead.get(f"/records/{told.record}").content.decode()
    scene.without(DOWN)
    hands().watch.look()
    from heed.office.urls import urlpatterns

    staff = [route for route in urlpatterns if route.name not in WITHOUT_SIGN_IN]
    assert len(staff) + len(WITHOUT_SIGN_IN) == len(urlpatterns)
    stranger = Browser()
    assert stranger.get("/sign-in").status_code == 200
    for browser in (lead, stranger):
        for route in staff:
            path = "/" + re.sub(r"<uuid:\w+>", str(told.record), str(route.pattern))
            for method in METHODS:
                token = browser.client.cookies["heed_office_form"].value
                answer = browser.client.generic(method, path, HTTP_X_CSRFTOKEN=token)
                where = f"{method} {route.name}"
                assert answer.status_code == 503, where
                assert MARK not in answer.content.decode(), where
                assert "Safeguarding lead" not in answer.content.decode(), where
                assert answer["Cache-Control"] == "no-store", where
    assert lead.get("/healthz").status_code == 200
    assert lead.get("/nowhere").status_code == 404


def test_before_the_first_page_there_is_a_look(
    office: World, browser: Browser, scene: Scene
) -> None:
    scene.without(DOWN)
    assert browser.get("/").status_code == 503


def test_without_the_guards_question_a_wall_that_is_down_shows_somebody_elses_record(
    office: World, lead: Browser, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put_on_duty("colleague")
    hers = office.tell(MARK)
    office.open()
    assert lead.get(f"/records/{hers.record}").status_code == 404
    colleague = f"RETURN '{office.people['colleague']}'::uuid"
    anyone = rewritten(
        "all are one", "function", "machinery.me()", "RETURN found_person", colleague
    )
    with anyone.made(scene):
        hands().watch.look()
        assert lead.get(f"/records/{hers.record}").status_code == 503
        monkeypatch.setattr(hands().watch, "failures", lambda: ())
        assert MARK in lead.get(f"/records/{hers.record}").content.decode()


def test_what_was_typed_comes_back_and_is_recorded_once_when_it_opens(
    office: World, lead: Browser, scene: Scene
) -> None:
    told = office.tell()
    office.open()
    answering = form(lead.get(f"/records/{told.record}"), "words")
    letter = form(lead.get("/letters/new"), "form")
    scene.without(DOWN)
    hands().watch.look()
    held = lead.send(answering, words=MARK)
    kept = lead.send(letter, told=MARK, danger="yes")
    for shut in (held, kept):
        assert shut.status_code == 503
        assert MARK in shut.content.decode()
    assert len(office.words_behind(told.code)) == 1
    scene.without(UP)
    hands().watch.look()
    for _ in range(2):
        assert lead.send(form(held, "words")).status_code == 302
        assert lead.send(form(kept, "form")).status_code == 200
    assert len(office.words_behind(told.code)) == 2
    assert office.as_owner("SELECT danger FROM facts.record WHERE channel = 'letter'") == [("yes",)]


def test_what_is_said_of_it_names_no_content(office: World, browser: Browser, scene: Scene) -> None:
    told = office.tell(MARK)
    office.open()
    scene.without(DOWN, "CREATE POLICY open ON words.item FOR SELECT TO heed_office USING (true)")
    ready = browser.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {"ready": False}
    codes = {failure.code for failure in hands().watch.failures()}
    assert codes == {"canary", "grant", "policy"}
    log = "; ".join(failure.text for failure in hands().watch.failures())
    assert "rows of words.item show to a stranger" in log
    for shown in (browser.get("/").content.decode(), log, ready.content.decode()):
        for secret in (MARK, str(told.record), str(office.people["lead"])):
            assert secret not in shown


def test_a_database_that_is_away_is_no_wall_that_is_down_but_is_looked_at_when_it_comes_back(
    tmp_path: Path,
) -> None:
    with running_server(18) as server:
        world = new_world(create(server))
        world.give_password("lead")
        with office_of(world, tmp_path / "home"):
            lead = Browser()
            lead.sign_in("lead")
            assert lead.get("/").status_code == 200
            world.close()
            server.embedded.stop()
            hands().watch.look()
            away = lead.get("/")
            assert away.status_code == 503
            assert CLOSED not in away.content.decode()
            assert lead.get("/readyz").json() == {"ready": False}
            server.embedded.start()
            Scene(world).without(DOWN)
            assert CLOSED in lead.get("/").content.decode()
            Scene(world).without(UP)
            hands().watch.look()
            assert lead.get("/").status_code == 200
            world.close()


@contextmanager
def _served(world: World, home: Path, log: Path) -> Iterator[Wire]:
    """The office as it is served for real, with a short minute."""
    world.write_home(home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("granian")),
        "--interface", "rsgi", "tests.office.short_minute:application", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "--no-access-log",
    ]  # fmt: skip
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=Path(__file__).resolve().parents[2],
            env={**os.environ, "HEED_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Wire(port)
        finally:
            os.killpg(process.pid, signal.SIGKILL)  # with its worker, should it be about to start
            process.wait(20)


def _until(true: Callable[[], bool]) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come about")


def test_as_it_is_served_it_looks_at_start_and_each_minute_though_nobody_asks(
    world: World, tmp_path: Path
) -> None:
    world.give_password("lead")
    scene, log = Scene(world), tmp_path / "office.log"
    scene.without(DOWN)
    with _served(world, tmp_path / "home", log) as wire:
        _until(lambda: log.read_text().count("reading is closed") == 1)
        scene.without(UP)
        _until(lambda: log.read_text().count("reading is open again") == 1)
        right = wire.token("/sign-in") | {"username": "lead", "password": PASSWORD}
        assert wire.send("POST", "/sign-in", right)[0] == 302
        assert wire.send("GET", "/")[0] == 200
        scene.without(DOWN)
        _until(lambda: log.read_text().count("reading is closed") == 2)
        status, text, _ = wire.send("GET", "/")
        assert (status, CLOSED in text) == (503, True)
