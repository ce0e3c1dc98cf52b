"""Shows a replay: as lines to read, and as two pages that stand by themselves, the replay and the history."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from heed.cli.casting import Stage
from heed.cli.chronicle import Chronicle, Course
from heed.core.times import LONDON

HELP = (
    "If a child is in danger now, ring 999.",
    "Childline, for anyone under 19: 0800 1111.",
    "NSPCC helpline, for adults who worry about a child: 0808 800 5000.",
)
_WIDTH, _ROW = 720, 26


def lines(stage: Stage, chronicle: Chronicle) -> list[str]:
    """The replay, event by event, and what became of each item, in working days."""
    told = ["", "What happened, day by day", ""]
    day = 0
    for each in chronicle.happened:
        now = stage.day_of(each.at)
        when, day = f"Day {now}" if now != day else "", now
        hour = f"{each.at.astimezone(LONDON):%H:%M}"
        told.append(f"{when:<8}{hour}  {_number(each.number)} {each.follows:<5} {each.said}")
    told += [
        "",
        "How long it took, in working days from the day it came in",
        "(“Referred”: to keep a child safe)",
        "",
    ]
    told.append(
        f"{'No':<5}{'After':<7}{'Day':<5}{'First owner':<13}{'Decided':<9}{'Referred':<10}{'First chased':<14}"
        f"{'Oversight':<11}Who of them"
    )
    told += [
        f"{one.number:03}  {one.follows:<7}{one.day:<5}{'at once':<13}{_days(one.decided_after):<9}"
        f"{_days(one.referred_after):<10}"
        f"{_days(one.chased_after):<14}{_days(one.overseen_after):<11}{one.told}"
        for one in chronicle.courses
    ]
    return told


def write_pages(out: Path, stage: Stage, chronicle: Chronicle, *, silent: bool) -> None:
    """`replay.html` and `history.html` into `out`, with their style; neither needs a script."""
    out.mkdir(exist_ok=True)
    story = files("heed") / "story"
    history = tomllib.loads((story / "history.toml").read_text(encoding="utf-8"))
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (story / name).read_text(encoding="utf-8")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    courses = {one.follows: one for one in chronicle.courses if one.follows}
    given: dict[str, Any] = {
        "story": stage.story,
        "silent": silent,
        "help": HELP,
        "courses": chronicle.courses,
        "happened": [
            (stage.day_of(each.at), f"{each.at.astimezone(LONDON):%H:%M}", each)
            for each in chronicle.happened
        ],
        "lanes": [_lane(stage, chronicle, one) for one in chronicle.courses],
        "width": _WIDTH,
        "row": _ROW,
        "events": [each | {"course": courses.get(each["id"])} for each in history["event"]],
        "titles": {each["id"]: each for each in history["event"]},
        "sources": {each["id"]: each for each in history["source"]},
    }
    for name in ("replay.html", "history.html", "style.css"):
        (out / name).write_text(made.get_template(name).render(**given), encoding="utf-8")


def _lane(stage: Stage, chronicle: Chronicle, course: Course) -> list[tuple[float, str, str]]:
    """The marks of one item along the days: where, what kind of mark, and its words."""
    last = stage.story.days + 1
    marks = []
    for each in chronicle.happened:
        if each.number != course.number:
            continue
        days = (each.at - stage.began).total_seconds() / 86400
        kind = "other"
        if each.kind in ("filed", "chased", "decided", "destroyed"):
            kind = each.kind
        if each.days is not None and each.days == course.overseen_rung:
            kind = "overseen"
        marks.append(
            (round(days / last * _WIDTH, 1), kind, f"Day {stage.day_of(each.at)}: {each.said}")
        )
    return marks


def _days(days: int | None) -> str:
    return "never" if days is None else str(days)


def _number(number: int) -> str:
    return f"{number:03}" if number else "   "
