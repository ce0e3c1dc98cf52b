"""Outsiders fetch the sign of life and its keys from the public face, and nothing else."""

from pathlib import Path

import pytest

from tests.public.conftest import Face, face  # noqa: F401

HELD = ("public/form.key", "public/promise.key", "public/database.url", "secrets/owner.url")


@pytest.fixture
def export(face: Face) -> Path:  # noqa: F811
    return face.home / "export"


def test_whoever_watches_fetches_what_is_published_as_it_stands(face: Face, export: Path) -> None:  # noqa: F811
    for name in ("heartbeat", "heartbeat.vkey", "log.vkey", "policy", "story/replay.html"):
        path = export / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        status, _, content = face.fetch(f"/log/{name}")
        assert (status, content) == (200, name.encode())


def test_what_is_not_there_yet_is_not_found(face: Face) -> None:  # noqa: F811
    assert face.fetch("/log/story/history.html")[0] == 404


def test_nobody_sees_the_log_grow_as_people_write(face: Face, export: Path) -> None:  # noqa: F811
    for name in ("checkpoint", "tile/0/000", "tile/0/000.p/7"):
        path = export / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"grown")
        assert face.fetch(f"/log/{name}")[0] == 404


@pytest.mark.parametrize(
    "before", ["", "../", "tile/../../", "%2e%2e/", "..%2f", "story/../../", "/"]
)
def test_nothing_else_of_this_machine_is_handed_out(face: Face, before: str) -> None:  # noqa: F811
    for name in (*HELD, "configuration.toml", "checkpoint/..", ".heartbeat"):
        status, _, content = face.fetch(f"/log/{before}{name}")
        assert status == 404, name
        held = face.home / name
        assert not held.is_file() or held.read_bytes() not in content


def test_a_folder_or_an_unfinished_file_is_not_handed_out(face: Face, export: Path) -> None:  # noqa: F811
    (export / ".heartbeat").write_text("half")
    (export / "secrets.txt").write_text("not published")
    (export / "story" / "style.css").mkdir(parents=True, exist_ok=True)
    for name in (".heartbeat", "secrets.txt", "story", "story/style.css", ""):
        assert face.fetch(f"/log/{name}")[0] == 404, name
