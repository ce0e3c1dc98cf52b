"""Reads a story: who is who and works where, who is on duty, and what comes in by which door on which day."""

from __future__ import annotations

import tomllib
from calendar import day_name
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from heed.core.vocabulary import Channel, Danger
from heed.intake.events import Concern
from heed.referral.rules import Route
from heed.triage.concerned_commands import Choice

POSTS = ("administrator", "custodian", "manager", "overseer")


class StoryWrong(Exception):
    """What is wrong in a story, and where."""


@dataclass(frozen=True)
class StoryUnit:
    """A part of a body; without a `parent`, a body of its own."""

    id: str
    name: str
    parent: str = ""


@dataclass(frozen=True)
class Cast:
    """A person of the story; only those with a `username` sign in."""

    id: str
    role: str
    name: str
    username: str = ""
    unit: str = ""
    posts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moment:
    """A time of day on a day of the story; day 1 is the first."""

    day: int
    at: time


@dataclass(frozen=True)
class StoryTurn:
    """From this moment this person is on duty."""

    moment: Moment
    person: str


@dataclass(frozen=True)
class StoryReferral:
    """A body that is rung: by which route, its id in the directory or its kind, and who answered there.

    `name`: what it is called, where the directory does not list it.
    """

    route: Route
    body: str
    person: str
    reach: str
    name: str = ""


@dataclass(frozen=True)
class Deed:
    """What whoever answers does on the next working day: whom they name, what they decide, and why.

    `criticises`: bodies, or kinds of them, whose response the item criticises.
    """

    decision: Choice
    reason: str
    child: str = ""
    criticises: tuple[str, ...] = ()
    referrals: tuple[StoryReferral, ...] = ()


@dataclass(frozen=True)
class Weekend:
    """When somebody with the keys of the database destroys it, and when a check finds that."""

    destroyed: Moment
    found: Moment


@dataclass(frozen=True)
class StoryItem:
    """One thing that comes in: when, who puts it in (paper, telephone), and the words.

    `follows`: the id of the event of history that it follows, if any. Without `owner` nobody acts.
    """

    moment: Moment
    by: str
    concern: Concern
    follows: str = ""
    owner: Deed | None = None
    weekend: Weekend | None = None


@dataclass(frozen=True)
class Theft:
    """When the machine that takes reports is stolen with somebody's laptop, and who ends that way in.

    `follows`: the event of history that it follows, if any.
    """

    stolen: Moment
    noticed: Moment
    laptop_of: str
    ended_by: str
    follows: str = ""


@dataclass(frozen=True)
class Story:
    """A whole story, checked."""

    title: str
    preamble: str
    units: tuple[StoryUnit, ...]
    cast: tuple[Cast, ...]
    fallback: str
    turns: tuple[StoryTurn, ...]
    items: tuple[StoryItem, ...]
    begins_on: str = ""
    goes_on_for: int = 0
    theft: Theft | None = None

    @property
    def days(self) -> int:
        """How many days it plays."""
        return max((item.moment.day for item in self.items), default=1) + self.goes_on_for

    def began(self, today: date) -> date:
        """Day 1: so that it has ended yesterday, and on the day of the week on which it begins."""
        day = today - timedelta(days=self.days)
        while self.begins_on and f"{day:%A}" != self.begins_on:
            day -= timedelta(days=1)
        return day


def read_story(folder: Path) -> Story:
    """The story in `folder`/story.toml; raises StoryWrong with the place that is wrong."""
    path = folder / "story.toml"
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoryWrong(f"There is no story.toml in {folder}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise StoryWrong(f"{path}: {wrong}") from None
    try:
        story = Story(
            title=str(told["title"]),
            preamble=str(told.get("preamble", "")),
            units=tuple(StoryUnit(**unit) for unit in told.get("unit", ())),
            cast=tuple(_cast(person) for person in told["person"]),
            fallback=told["slot"]["fallback"],
            turns=tuple(StoryTurn(_moment(turn), turn["person"]) for turn in told["slot"]["turns"]),
            items=tuple(_item(item) for item in told["item"]),
            begins_on=_weekday(told.get("begins_on", "")),
            goes_on_for=int(told.get("goes_on_for", 0)),
            theft=_theft(**told["theft"]) if "theft" in told else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as wrong:
        raise StoryWrong(f"{path}: {_said(wrong)}") from None
    _check(path, story)
    return story


def _cast(told: dict[str, Any]) -> Cast:
    posts = tuple(sorted(told.get("posts", ())))
    unknown = set(posts) - set(POSTS)
    if unknown:
        raise ValueError(
            f"there is no post {', '.join(sorted(unknown))}; posts: {', '.join(POSTS)}"
        )
    return Cast(**(told | {"posts": posts}))


def _item(told: dict[str, Any]) -> StoryItem:
    words = {
        field.name: str(told[field.name]).strip() for field in fields(Concern) if field.name in told
    }
    unknown = (
        told.keys() - words.keys() - {"day", "at", "door", "by", "follows", "owner", "weekend"}
    )
    if unknown:
        raise ValueError(f"an item names what is not known: {', '.join(sorted(unknown))}")
    body = words | {
        "channel": Channel(told["door"]),
        "danger": Danger(told.get("danger", "unknown")),
    }
    owner = _deed(**told["owner"]) if "owner" in told else None
    concern = Concern.from_body(body)
    weekend = _weekend(**told["weekend"]) if "weekend" in told else None
    follows = str(told.get("follows", ""))
    return StoryItem(_moment(told), told.get("by", ""), concern, follows, owner, weekend)


def _weekend(destroyed: dict[str, Any], found: dict[str, Any]) -> Weekend:
    return Weekend(_moment(destroyed), _moment(found))


def _theft(
    stolen: dict[str, Any],
    noticed: dict[str, Any],
    laptop_of: str,
    ended_by: str,
    follows: str = "",
) -> Theft:
    return Theft(_moment(stolen), _moment(noticed), laptop_of, ended_by, follows)


def _deed(
    decision: str,
    reason: str,
    child: str = "",
    criticises: Sequence[str] = (),
    referral: Sequence[dict[str, str]] = (),
) -> Deed:
    referrals = (StoryReferral(Route(one.pop("route")), **one) for one in map(dict, referral))
    return Deed(Choice(decision), reason, child, tuple(criticises), tuple(referrals))


def _weekday(said: str) -> str:
    if said and said not in day_name:
        raise ValueError(f"there is no day {said!r}; days: {', '.join(day_name)}")
    return said


def _moment(told: dict[str, Any]) -> Moment:
    if int(told["day"]) < 1:
        raise ValueError("days count from 1")
    return Moment(int(told["day"]), time.fromisoformat(str(told["at"])))


def _check(path: Path, story: Story) -> None:
    _check_units(path, story)
    known = {person.id: person for person in story.cast}
    for item in story.items:
        signs_in = item.by in known and known[item.by].username
        if item.concern.channel != Channel.ONLINE and not signs_in:
            raise StoryWrong(f"{path}: an item needs `by`, a person with a username")
    for name in (story.fallback, *(turn.person for turn in story.turns)):
        if name not in known:
            raise StoryWrong(f"{path}: nobody in the cast has the id {name!r}")
        if "administrator" in known[name].posts:
            raise StoryWrong(f"{path}: {name!r} is an administrator, who answers for no record")
    theft = story.theft
    for name in (theft.laptop_of, theft.ended_by) if theft else ():
        if name not in known or not known[name].username:
            raise StoryWrong(f"{path}: in a theft {name!r} is nobody with a username")
    moments = [(item.moment.day, item.moment.at) for item in story.items]
    if moments != sorted(moments):
        raise StoryWrong(f"{path}: items stand in the order of their days")


def _check_units(path: Path, story: Story) -> None:
    known: set[str] = set()
    for unit in story.units:
        if unit.parent and unit.parent not in known:
            raise StoryWrong(f"{path}: no unit above {unit.id!r} has the id {unit.parent!r}")
        known.add(unit.id)
    for person in story.cast:
        if person.unit and person.unit not in known:
            raise StoryWrong(f"{path}: no unit has the id {person.unit!r}")
        if "administrator" in person.posts and len(person.posts) > 1:
            raise StoryWrong(f"{path}: {person.id!r} is an administrator, who holds no other post")
    ids = [*(unit.id for unit in story.units), *(person.id for person in story.cast)]
    if len(set(ids)) < len(ids):
        raise StoryWrong(f"{path}: two people or units have one id")


def _said(wrong: Exception) -> str:
    return f"{wrong.args[0]!r} is missing" if isinstance(wrong, KeyError) else str(wrong)
