"""Files a story through the real doors, waits for its places in the log, and checks every receipt."""

from __future__ import annotations

import argparse
import json
import sys
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from heed.cli.acceptance import Met, acceptance
from heed.cli.casting import Stage
from heed.cli.chronicle import Chronicle
from heed.cli.receipts import Kept, collect, write_out
from heed.cli.replay import Replay
from heed.cli.running import Running, addresses
from heed.cli.setting_up import database
from heed.cli.showing import lines, write_pages
from heed.cli.story import Story, StoryWrong, read_story
from heed.store.begin import new_installation
from heed.store.configuration import Configuration
from heed.store.home import home

__all__ = ["StoryWrong", "demo"]


def demo(given: argparse.Namespace) -> dict[str, Any]:
    """Begin, file, verify, print; a second run appends nothing and prints the table again."""
    story = _story(given.story)
    try:
        Path(given.out).mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise StoryWrong(
            f"{given.out} cannot be a folder ({wrong.strerror}): name another in --out."
        ) from None
    place = home()
    with database(place) as url:
        new_installation(place, url, Configuration(), demonstration=True)
        return _play(given, story, place, url)


def _play(given: argparse.Namespace, story: Story, place: Path, url: str) -> dict[str, Any]:
    configuration = Configuration.load(place)
    with Running(place, later=frozenset({"sweep"})) as running:
        running.wait_until_ready()
        stage = Stage.open(place, url, story)
        replay = Replay(stage, place, url, configuration, silent=given.silent)
        replay.play(_progress)
        kept = collect(url, configuration, place, stage.codes)
        out = Path(given.out)
        write_out(out, place, kept)
        chronicle = Chronicle.read(stage, url)
        for folder in (out, place / "export" / "story"):
            write_pages(folder, stage, chronicle, silent=given.silent)
        if not stage.met:
            found = acceptance(stage, chronicle, kept, replay.staff, place, out, configuration, url)
            stage.keep_met([list(one) for one in found])
        met = [Met(*one) for one in stage.met]
        result = _result(stage, chronicle, kept, met, out)
        if not given.no_serve and result["ok"]:
            if given.json:
                print(json.dumps({"table": result["table"]}), flush=True)
            for line in result.pop("lines") if not given.json else []:
                print(line)
            for line in (*addresses(configuration), *stage.sign_ins()):
                print(line, flush=True)
            running.start_the_rest()
            running.stay()
            result["lines"] = ["Stopped."]
    return result


def _progress(day: str) -> None:
    """One line that is written over, for whoever waits at a terminal."""
    if sys.stderr.isatty():
        print(f"\r{day}", end="", file=sys.stderr, flush=True)


def _story(folder: str | None) -> Story:
    if folder is not None:
        return read_story(Path(folder))
    with as_file(files("heed") / "story") as packaged:
        return read_story(packaged)


def _result(
    stage: Stage, chronicle: Chronicle, kept: list[Kept], met: list[Met], out: Path
) -> dict[str, Any]:
    table = [one.row(stage.day_of(one.recorded_at)) for one in kept]
    (out / "table.json").write_text(json.dumps(table, indent=2) + "\n")
    weekends = [
        {
            "item": place + 1,
            "found": told["found"] == "true",
            "receipt_holds": told["holds"] == "true",
        }
        for place, told in stage.weekends.items()
    ]
    good = all(one.verified for one in kept) and all(
        one["found"] and one["receipt_holds"] for one in weekends
    )
    good &= not stage.theft.get("readable", 0)
    story = stage.story
    said = [
        f"{story.title}. {story.preamble}",
        "",
        f"{'No':<4}{'Day':<5}{'Reference':<13}{'Door':<11}{'Danger':<9}{'Accountable person':<34}"
        f"{'Place':>6}  Receipt",
        *(
            f"{row['number']:<4}{row['day']:<5}{row['reference']:<13}{row['door']:<11}{row['danger']:<9}"
            f"{row['owner']:<34}{row['index']:>6}  {row['receipt']}"
            for row in table
        ),
        "",
        *lines(stage, chronicle),
        "",
        "What of the acceptance scenario this met",
        "",
        *(one.line() for one in met),
        "",
        f"{len(kept)} filed, {sum(one.verified for one in kept)} receipts verified; they are in {out}/.",
        f"The replay, drawn and as a table: {out}/replay.html, and /log/story/replay.html on the public face.",
        "Not co-signed: no outside body has signed this log's head (quorum none).",
        "Recording here does not discharge anybody's duty to report.",
    ]
    return {
        "ok": good,
        "table": table,
        "courses": [one._asdict() for one in chronicle.courses],
        "weekends": weekends,
        "theft": stage.theft,
        "acceptance": {one.id: one.met for one in met},
        "out": str(out),
        "lines": said,
    }
