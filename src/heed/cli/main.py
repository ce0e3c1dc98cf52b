"""heed: the recording and referral system for allegations of child abuse, from the command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from heed.cli import checks, demo, running, set_up, setting_up
from heed.store.begin import CannotBegin
from heed.store.configuration import ConfigurationWrong
from heed.store.connection import StoreAway, StoreRefused
from heed.store.embedded import EmbeddedRefused
from heed.store.install import CannotInstall

EXPECTED = (
    CannotBegin,
    CannotInstall,
    ConfigurationWrong,
    EmbeddedRefused,
    StoreAway,
    StoreRefused,
    demo.StoryWrong,
    FileExistsError,
    NotADirectoryError,
    PermissionError,
    TimeoutError,
)
DONE, WRONG, UNUSABLE = 0, 1, 2


def parser() -> argparse.ArgumentParser:
    """Every command, with its help."""
    top = argparse.ArgumentParser(
        prog="heed",
        description=__doc__,
        epilog="Exit status: 0 done and whole, 1 something is wrong with the record, 2 it could not be"
        " done (the message says why and what to do next).",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], dict[str, Any]], text: str) -> Any:
        added = commands.add_parser(name, help=text, description=text)
        added.add_argument(
            "--json", action="store_true", help="print the result as one JSON object"
        )
        added.set_defaults(run=run)
        return added

    init = command("init", setting_up.init, "Set up keys, database and the first entry.")
    init.add_argument(
        "--demonstration", action="store_true", help="the only kind of record that can begin yet"
    )
    organisation = command(
        "set-up", set_up.set_up, "Put an organisation on the record: units, people, posts, duty."
    )
    organisation.add_argument("file", metavar="FILE", help="a TOML file (docs/operate.md)")
    command("start", running.start, "Start both faces and the loops; stop with Ctrl-C.")
    told = command(
        "demo", demo.demo, "File a story through the real doors and check every receipt."
    )
    told.add_argument("--no-serve", action="store_true", help="stop after printing the table")
    told.add_argument(
        "--story", metavar="DIR", help="replay the story in this folder (docs/story.md)"
    )
    told.add_argument("--out", metavar="DIR", default="demo-out", help="where the receipts go")
    told.add_argument(
        "--silent", action="store_true", help="play it with nobody acting on what comes in"
    )
    command("verify", checks.verify, "Re-derive the whole record and name whatever does not hold.")
    rebuilt = command(
        "rebuild", checks.rebuild, "Rebuild every table from the entries and swap it in."
    )
    rebuilt.add_argument("--check", action="store_true", help="only compare; change nothing")
    command("doctor", checks.doctor, "Say what is wrong with this installation, and what to do.")
    waiting = command("spool", checks.spool, "Say what waits, sealed, while the database is away.")
    waiting.add_argument("--again", action="store_true", help="try again what was kept aside")
    psql = command("psql", setting_up.psql, "Open psql on the record's database, as its owner.")
    psql.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to psql")
    part = command("run", running.run, "Run one part by itself (for service managers).")
    part.add_argument("part", choices=sorted(running.PARTS))
    return top


def main(arguments: list[str] | None = None) -> int:
    """Run one command; prints its result and returns its exit status."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["psql"] and not {"-h", "--help", "--json", "--"} & set(words):
        words = ["psql", "--", *words[1:]]  # psql's own options are none of ours
    given = parser().parse_args(words)
    try:
        result = given.run(given)
    except EXPECTED as refused:
        result = {"ok": False, "error": str(refused), "status": UNUSABLE}
        if not given.json:
            print(f"heed: {refused}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    try:
        return _say(result, as_json=given.json)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE if result.get("ok", True) else WRONG


def _say(result: dict[str, Any], *, as_json: bool) -> int:
    """Print a result; its exit status."""
    status = int(result.get("status", DONE if result.get("ok", True) else WRONG))
    if as_json:
        told = {name: value for name, value in result.items() if name not in ("lines", "status")}
        print(json.dumps(told, default=str, sort_keys=True))
    else:
        for line in result.get("lines", []):
            print(line)
    sys.stdout.flush()
    return status


if __name__ == "__main__":
    sys.exit(main())
