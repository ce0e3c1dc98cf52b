"""Brings the two programs that some tests need from Debian, or says which tests will not run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Debian's package, what shows that it is there, and which tests wait for it.
NEEDED = {
    "postgresql-15": (
        "/usr/lib/postgresql/15/bin/postgres",
        "the runs on PostgreSQL 15 of store, walls, threats and stories",
    ),
    "chromium": ("/usr/bin/chromium", "tests/browser"),
}
POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    """The packages whose programs are not here."""
    return [package for package, (program, _) in NEEDED.items() if not Path(program).exists()]


@contextmanager
def no_service_starts() -> Iterator[None]:
    """Debian policy manual, invoke-rc.d: a policy-rc.d that answers 101 forbids every start."""
    ours = not POLICY.exists()
    if ours:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            POLICY.unlink(missing_ok=True)


def apt_get(*words: str) -> bool:
    """Run apt-get quietly; on failure print the end of what it said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    done = subprocess.run(
        ["apt-get", *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        print(f"apt-get {' '.join(words)} failed:\n{done.stdout[-600:]}", file=sys.stderr)
    return done.returncode == 0


def install(packages: list[str]) -> None:
    """One package at a time, so that one which this Debian lacks does not keep out the other."""
    print(f"Installing for the tests: {' '.join(packages)}")
    with no_service_starts():
        if apt_get("update", "-qq"):
            for package in packages:
                apt_get("install", "-y", "-qq", "--no-install-recommends", package)


def main() -> int:
    """Exit code 0, except that under CI=true a program which is still missing is a failure."""
    absent = missing()
    if absent and os.geteuid() == 0 and shutil.which("apt-get"):
        install(absent)
        absent = missing()
    for package in absent:
        program, tests = NEEDED[package]
        print(
            f"{tests} will not run: {program} is missing. As root: apt-get install {package}",
            file=sys.stderr,
        )
    return 1 if absent and os.environ.get("CI", "").lower() == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
