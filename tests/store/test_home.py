"""The data directory and the files in it that only their owner may read."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heed.store.home import SYSTEM_HOME, checkout_key, home, make_home, write_secret
from tests.servers import temporary_place


@pytest.fixture
def place() -> Iterator[Path]:
    with temporary_place() as folder:
        yield folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_variable_names_the_data_directory_and_it_is_made(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEED_HOME", str(place / "a" / "b"))
    old = os.umask(0o077)
    try:
        assert home() == place / "a" / "b"
    finally:
        os.umask(old)
    assert mode(place / "a" / "b") == (0o755 if os.geteuid() == 0 else 0o700)


def test_a_folder_that_was_there_keeps_its_mode(place: Path) -> None:
    kept = place / "kept"
    kept.mkdir(mode=0o750)
    kept.chmod(0o750)
    make_home(kept / "inner")
    assert mode(kept) == 0o750


def test_a_file_in_the_way_is_refused_with_a_sentence(place: Path) -> None:
    (place / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="name another in HEED_HOME"):
        make_home(place / "file")


def test_root_keeps_data_where_another_user_can_pass_and_a_user_in_his_own_folder(
    place: Path,
) -> None:
    """In a child with its own package folder, so that no real data directory is touched."""
    package = place / "elsewhere" / "heed"
    (package / "store").mkdir(parents=True)
    for folder in (package, package / "store"):
        (folder / "__init__.py").write_text("")
    source = Path(sys.modules[home.__module__].__file__ or "")
    (package / "store" / "home.py").write_bytes(source.read_bytes())
    found = subprocess.run(
        [sys.executable, "-c", "from heed.store.home import home; print(home())"],
        cwd=package.parent,
        env={"HOME": str(place / "me"), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=True,
    )
    folder = Path(found.stdout.strip())
    try:
        assert folder.name != checkout_key()
        if os.geteuid() == 0:
            assert folder.parent == SYSTEM_HOME
            assert mode(folder) == 0o755
        else:
            assert (place / "me") in folder.parents
            assert mode(folder) == 0o700
    finally:
        folder.rmdir()


def test_a_secret_is_readable_by_its_owner_only_whatever_the_umask(place: Path) -> None:
    old = os.umask(0)
    try:
        write_secret(place / "key", b"one")
    finally:
        os.umask(old)
    assert mode(place / "key") == 0o600
    write_secret(place / "key", "two")
    assert (place / "key").read_text() == "two"
    assert mode(place / "key") == 0o600
    assert [file.name for file in place.iterdir()] == ["key"]


def test_a_secret_replaces_a_link_and_does_not_write_through_it(place: Path) -> None:
    (place / "victim").write_text("untouched")
    (place / "key").symlink_to(place / "victim")
    write_secret(place / "key", "secret")
    assert (place / "victim").read_text() == "untouched"
    assert not (place / "key").is_symlink()


def test_a_secret_that_cannot_be_written_leaves_the_old_one_and_no_scrap(place: Path) -> None:
    (place / "key").mkdir()
    with pytest.raises(IsADirectoryError):
        write_secret(place / "key", "secret")
    assert [file.name for file in place.iterdir()] == ["key"]
