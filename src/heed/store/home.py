"""Where this installation keeps its keys, its database and its logs on this computer."""

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path

SYSTEM_HOME = Path("/var/lib/heed")


def checkout_key() -> str:
    """Twelve hex digits that tell two checkouts on one computer apart."""
    package = Path(__file__).resolve().parent.parent
    return hashlib.sha256(os.fsencode(package)).hexdigest()[:12]


def home() -> Path:
    """The data directory, absolute, made if it was missing.

    `HEED_HOME` decides; else a folder of the user's data directory, keyed by the checkout.
    Root's is under /var/lib, because PostgreSQL runs as another user, who must pass through,
    and a home such as /root is closed to him.
    """
    named = os.environ.get("HEED_HOME", "")
    if named:
        place = Path(named).expanduser().absolute()
    elif os.geteuid() == 0:
        place = SYSTEM_HOME / checkout_key()
    else:
        place = _user_data() / "heed" / checkout_key()
    make_home(place)
    return place


def make_home(place: Path) -> None:
    """Make a data directory: 0755 for root, whose server is another user, else 0700.

    What exists already keeps its owner and mode.
    """
    mode = 0o755 if os.geteuid() == 0 else 0o700
    missing = [folder for folder in (place, *place.parents) if not folder.exists()]
    for folder in reversed(missing):
        try:
            folder.mkdir()
            folder.chmod(mode)  # mkdir's own mode bends to the umask
        except FileExistsError:
            pass
        except OSError as wrong:
            raise NotADirectoryError(
                f"{folder} cannot be made ({wrong.strerror}); name another in HEED_HOME."
            ) from None
    if not place.is_dir():
        raise NotADirectoryError(f"{place} is not a folder; name another in HEED_HOME.")


def _user_data() -> Path:
    """XDG base directory specification: a relative XDG_DATA_HOME is to be ignored."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    if named.is_absolute():
        return named
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    return Path.home() / ".local" / "share"


def write_secret(path: Path, data: bytes | str) -> None:
    """Write a file that only its owner may read (0600): whole and on disk, or not at all.

    A reader sees the old content or the new, never a part; the folder must exist.
    """
    content = data.encode() if isinstance(data, str) else data
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
    sync_directory(path.parent)


def sync_directory(folder: Path) -> None:
    """Put a folder's own entries on disk, so that a rename in it outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
