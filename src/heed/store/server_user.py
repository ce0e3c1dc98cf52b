"""Which user of this computer runs the private database server, and folders that are his alone."""

import contextlib
import os
import pwd
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

OTHERWISE = "or set HEED_DATABASE_URL to a PostgreSQL server of your own."


class EmbeddedRefused(RuntimeError):
    """The private database server cannot be made or started; the text says what to do next."""


@dataclass(frozen=True)
class ServerUser:
    """The operating-system user that the server runs as, and whether we must become it first."""

    name: str
    uid: int
    gid: int
    drop: bool

    def run(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        stdin: int = subprocess.DEVNULL,
        output: int = subprocess.PIPE,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program as this user, with no inherited environment and none of root's groups."""
        return subprocess.run(
            [str(part) for part in command],
            user=self.uid if self.drop else None,
            group=self.gid if self.drop else None,
            extra_groups=[] if self.drop else None,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C", **(environment or {})},
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def server_user(data: Path) -> ServerUser:
    """Who runs the server: the owner of an existing data directory, else ourselves.

    Root may not run PostgreSQL: `postgres` does it where that user exists, else `nobody`;
    initdb refuses a uid without a passwd entry.
    """
    me = os.geteuid()
    owner = data.stat().st_uid if data.exists() else None
    if me != 0:
        if owner not in (None, me):
            raise belongs_to_another(data)
        return _known(me, drop=False)
    if owner == 0:
        raise EmbeddedRefused(f"The database in {data} belongs to root: move it away, {OTHERWISE}")
    if owner is not None:
        return _known(owner, drop=True)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return _known(pwd.getpwnam(name).pw_uid, drop=True)
    raise EmbeddedRefused(
        f"PostgreSQL does not run as root: add a system user named postgres, {OTHERWISE}"
    )


def belongs_to_another(place: Path) -> EmbeddedRefused:
    """What to say where a data directory was made by somebody else."""
    return EmbeddedRefused(
        f"{place} belongs to another user of this computer: run this command as that user, "
        f"or name a folder of your own in HEED_HOME, {OTHERWISE}"
    )


def _known(uid: int, *, drop: bool) -> ServerUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedRefused(
            f"PostgreSQL does not run as uid {uid}, which has no entry in /etc/passwd: "
            f"run Heed as a user who has one, {OTHERWISE}"
        ) from None
    return ServerUser(entry.pw_name, uid, entry.pw_gid, drop)


def own_directory(place: Path, user: ServerUser, mode: int) -> None:
    """Make a folder of the server's user; refuse one that somebody else has put there."""
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700)
    try:
        handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise EmbeddedRefused(
            f"{place} cannot be used as a folder ({error.strerror}): find out who made it, "
            "remove it and start again."
        ) from error
    try:
        kept = os.fstat(handle)
        if kept.st_uid not in (user.uid, os.geteuid()) or stat.S_IMODE(kept.st_mode) & 0o022:
            raise EmbeddedRefused(
                f"{place} belongs to another user or can be changed by others: "
                "find out who made it, remove it and start again."
            )
        if user.drop:
            os.fchown(handle, user.uid, user.gid)
        os.fchmod(handle, mode)
    finally:
        os.close(handle)
