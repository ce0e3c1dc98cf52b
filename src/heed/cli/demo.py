"""Files a story through the real doors, waits for its places in the log, and checks every receipt."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime, timedelta
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from heed.cli.browsing import Browser, Page
from heed.cli.casting import Stage, set_clock
from heed.cli.receipts import Kept, collect, write_out
from heed.cli.running import Running, addresses
from heed.cli.setting_up import database
from heed.cli.story import Moment, Story, StoryItem, StoryWrong, read_story
from heed.core.times import LONDON
from heed.core.vocabulary import Channel
from heed.store.begin import new_installation
from heed.store.configuration import Configuration
from heed.store.home import home

__all__ = ["StoryWrong", "demo"]


def demo(given: argparse.Namespace) -> dict[str, Any]:
    """Begin, file, verify, print; a second run appends nothing and prints the table again."""
    story = _story(given.story)
    place = home()
    with database(place) as url:
        new_installation(place, url, Configuration(), demonstration=True)
        return _play(given, story, place, url)


def _play(given: argparse.Namespace, story: Story, place: Path, url: str) -> dict[str, Any]:
    configuration = Configuration.load(place)
    with Running(place) as running:
        running.wait_until_ready()
        stage = Stage.open(place, url, story)
        filed = _file(stage, story, configuration, url)
        kept = collect(url, configuration, place, filed)
        out = Path(given.out)
        write_out(out, place, kept)
        result = _result(stage, story, kept, out)
        if not given.no_serve and result["ok"]:
            if given.json:
                print(json.dumps({"table": result["table"]}), flush=True)
            for line in result.pop("lines") if not given.json else []:
                print(line)
            for line in (*addresses(configuration), *stage.sign_ins()):
                print(line, flush=True)
            running.stay()
            result["lines"] = ["Stopped."]
    return result


def _story(folder: str | None) -> Story:
    if folder is not None:
        return read_story(Path(folder))
    with as_file(files("heed") / "story") as packaged:
        return read_story(packaged)


def _file(
    stage: Stage, story: Story, configuration: Configuration, url: str
) -> list[tuple[str, ...]]:
    """File what is not filed yet, each on its day; the return codes, in the story's order."""
    for number, item in enumerate(story.items):
        if len(stage.codes) > number:
            continue
        set_clock(url, _instant(stage, item.moment))
        if item.concern.channel == Channel.ONLINE:
            code = _tell(configuration, item)
        else:
            code = _put_in(configuration, stage, item)
        stage.keep(code)
    if stage.playing:
        set_clock(url, None)
        stage.finish()
    return stage.codes


def _tell(configuration: Configuration, item: StoryItem) -> tuple[str, ...]:
    """Through the public face, page by page."""
    browser = Browser(configuration.public_port)
    words = item.concern.body()
    page = browser.get("/tell")
    for fields, step in (
        (("danger",), "words"),
        (("saw", "told", "worried"), "people"),
        (("who", "where", "when", "keep_from", "rung"), "check"),
        ((), "send"),
    ):
        said = {name: words[name] for name in fields}
        page = browser.send(page, page.form("form"), **said, step=step)
    return _code(page)


def _put_in(configuration: Configuration, stage: Stage, item: StoryItem) -> tuple[str, ...]:
    """Through the office face: somebody signs in and puts in the paper."""
    browser = Browser(configuration.office_port)
    page = browser.get("/sign-in")
    username, password = stage.credential(item.by)
    page = browser.send(page, page.form("username"), username=username, password=password)
    page = browser.get("/letters/new")
    words = {name: value for name, value in item.concern.body().items() if value}
    page = browser.send(page, page.form("form"), **words)
    return _code(page)


def _code(page: Page) -> tuple[str, ...]:
    words = page.texts.get("return-code", "").replace("-", " ").split()
    if len(words) != 8:
        raise StoryWrong(
            f"the face at {page.address} answered {page.status} and gave no return code"
        )
    return tuple(words)


def _instant(stage: Stage, moment: Moment) -> datetime:
    day = stage.began.astimezone(LONDON).date() + timedelta(days=moment.day - 1)
    return datetime.combine(day, moment.at, LONDON).astimezone(UTC)


def _result(stage: Stage, story: Story, kept: list[Kept], out: Path) -> dict[str, Any]:
    table = [one.row(stage.day_of(one.recorded_at)) for one in kept]
    (out / "table.json").write_text(json.dumps(table, indent=2) + "\n")
    good = all(one.verified for one in kept)
    lines = [
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
        f"{len(kept)} filed, {sum(one.verified for one in kept)} receipts verified; they are in {out}/.",
        "Not co-signed: no outside body has signed this log's head (quorum none).",
        "Recording here does not discharge anybody's duty to report.",
    ]
    return {"ok": good, "table": table, "out": str(out), "lines": lines}
