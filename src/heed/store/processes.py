"""Tells whether a process of this computer is still there, and which program it is."""

import os
from pathlib import Path


def process_exists(pid: int) -> bool:
    """Whether the number is taken, be it by a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True


def command_line(pid: int) -> list[bytes] | None:
    """The words that a process was started with; empty for a zombie, None where no /proc says."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [] if Path("/proc/self/cmdline").exists() else None


def memory_is_held(segment: str) -> bool:
    """Whether a process holds this System V memory segment, or nothing here can tell."""
    try:
        lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    except OSError:
        return True
    rows = (line.split() for line in lines)  # key shmid perms size cpid lpid nattch …
    return any(row[1] == segment and row[6] != "0" for row in rows)
