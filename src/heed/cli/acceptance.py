"""What of the acceptance scenario a replay met, each looked at on the record or through the faces."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from heed.cli.acting import Staff
from heed.cli.casting import Stage
from heed.cli.chronicle import Chronicle
from heed.cli.receipts import Kept
from heed.core.times import LONDON
from heed.store.configuration import (
    Configuration,
    OfficeHand,
    OpenerHand,
    PublicHand,
    SequencerHand,
    SweepHand,
)

NEVER = 999
LATEST = 5
"""Working days within which somebody independent has each thing (the domain's A4)."""
_UNOWNED = """
SELECT count(*) FROM facts.record r LEFT JOIN register.entry e ON e.stream = r.id AND e.version = 1
WHERE NOT EXISTS (
    SELECT FROM register.entry p JOIN register.leaf a ON a.entry = p.id JOIN register.leaf b ON b.entry = e.id
    WHERE a.seq < b.seq AND p.stream = (convert_from(e.facts, 'UTF8')::jsonb->>'owner')::uuid
    AND p.version = 1 AND convert_from(p.header, 'UTF8')::jsonb->>'kind' = 'person_added'
)
"""
"""Records whose first entry names nobody, or somebody who was not there yet."""
_TO_THE_CRITICISED = """
SELECT count(*) FROM facts.referral f JOIN facts.criticism c ON c.record = f.record AND c.stands
WHERE f.route = 'accountability' AND register.in_line(f.body, c.body)
"""
_ALTER = "UPDATE register.entry SET sealed = sealed"
NOT_YET = {
    "A7": "pressure and reprisal stay hidden from the managers who are named",
    "A9": "warnings about the same people and places are joined",
    "A12": "a hold stops expiry, and a pack for an inquiry is built",
    "A13": "statistics can be made again",
    "A14": "somebody who reads too much is reported",
}


class Met(NamedTuple):
    """One line of the acceptance scenario: whether it was met; None: nothing here does it yet."""

    id: str
    met: bool | None
    said: str

    def line(self) -> str:
        """As it is printed."""
        state = {True: "met", False: "NOT MET", None: "not yet"}[self.met]
        return f"{self.id:<5}{state:<9}{self.said}"


def acceptance(
    stage: Stage,
    chronicle: Chronicle,
    kept: list[Kept],
    staff: Staff,
    place: Path,
    pages: Path,
    configuration: Configuration,
    url: str,
) -> list[Met]:
    """Every line, in order. The replay has ended; `staff` may sign in still."""
    found = [*_on_the_record(stage, chronicle, kept, url), *_asked_again(stage, chronicle, staff)]
    found += [_nobody_alters(place, configuration), _beside(chronicle, pages)]
    found += [Met(id, None, said) for id, said in NOT_YET.items()]
    return sorted(found, key=lambda each: int(each.id[1:]))


def _on_the_record(stage: Stage, chronicle: Chronicle, kept: list[Kept], url: str) -> Iterator[Met]:
    count, verified = len(stage.story.items), sum(one.verified for one in kept)
    weekends = stage.weekends.values()
    found = all(one["found"] == "true" and one["holds"] == "true" for one in weekends)
    with psycopg.connect(url) as connection:
        connection.execute("SET LOCAL ROLE heed_rule")
        unowned, wrong = (
            row[0]
            for asked in (_UNOWNED, _TO_THE_CRITICISED)
            for row in connection.execute(asked.encode()).fetchall()
        )
    slowest = max((one.overseen_after or NEVER for one in chronicle.courses), default=NEVER)
    yield Met("A1", len(kept) == count, f"{len(kept)} of {count} warnings are on the record")
    said = f"{verified} of {count} receipts verify, by the log's own key only"
    if weekends:
        said += "; what was destroyed on a weekend was found, and its receipt held"
    if theft := stage.theft:
        found &= theft["files"] > 0 and theft["readable"] == 0 and theft["ended"] == 1
        said += "; nothing told could be read on what was stolen, and the stolen sign-in was ended"
    yield Met("A2", verified == count and found, said)
    yield Met(
        "A3",
        unowned == 0,
        "the entry that made each names one accountable person, who was there before it",
    )
    said = f"within {slowest} working days" if slowest < NEVER else "not for each"
    yield Met("A4", slowest <= LATEST, f"somebody independent was told, {said}")
    yield Met("A5", wrong == 0, "no referral asks a criticised body, or its line, about itself")
    refused, tried = stage.refusals
    said = f"{refused} of {tried} attempts to ask a criticised body about itself were refused"
    yield Met("A6", refused == tried > 0 if tried else None, said)


def _asked_again(stage: Stage, chronicle: Chronicle, staff: Staff) -> Iterator[Met]:
    """Looking back over the first half of the story, through the office, twice: byte for byte."""
    day, cast = stage.story.days // 2, stage.story.cast
    until = stage.began.astimezone(LONDON) + timedelta(days=day)
    said = {"by": f"{until.day} {until:%B %Y}"}
    lead = next((one for one in cast if one.username and "lead" in one.role), None)
    overseer = next((one for one in cast if one.username and "overseer" in one.posts), None)
    managers = [one.role for one in cast if "manager" in one.posts]
    overseer = overseer if managers else None
    title, manager = stage.story.title, f"job: {managers[0]}" if managers else ""
    for id, person, address, asked, what in (
        ("A10", lead, "/lookback", {"sought": title}, f"What had come about {title}"),
        ("A11", overseer, "/lookback/people", {"person": manager}, "What a manager had been told"),
    ):
        if person is None:
            yield Met(id, None, f"{what}: nobody in this story can ask")
            continue
        first, second = (staff.look_back(person.id, address, said | asked) for _ in range(2))
        told = json.loads(first)
        later = [at for at in _instants(told) if at.astimezone(LONDON).date() > until.date()]
        some = bool(told["received"] or told["shown"])
        yield Met(
            id,
            some and first == second and not later,
            f"{what} by day {day + 1}: the same bytes twice, and nothing later",
        )


def _instants(told: Any) -> Iterator[datetime]:
    """Every time of an entry in an answer."""
    if isinstance(told, dict):
        for name, value in told.items():
            if name in ("at", "received_at", "opened_at") and isinstance(value, str):
                yield datetime.fromisoformat(value)
            else:
                yield from _instants(value)
    elif isinstance(told, list):
        for value in told:
            yield from _instants(value)


def _beside(chronicle: Chronicle, pages: Path) -> Met:
    """Both pages were written, and each item that follows an event leads to it there."""
    pair = [pages / name for name in ("replay.html", "history.html")]
    replay, history = (one.read_text(encoding="utf-8") if one.exists() else "" for one in pair)
    follow = [one.follows for one in chronicle.courses if one.follows]
    linked = sum(
        f'href="history.html#{event}"' in replay and f'id="{event}"' in history for event in follow
    )
    said = (
        f"the replay leads to the history from {linked} of {len(follow)} items that follow an event"
    )
    return Met("A15", linked == len(follow) > 0, said)


def _nobody_alters(place: Path, configuration: Configuration) -> Met:
    """Each process's own role tries to change what was recorded."""
    origin = configuration.origin
    hands = (
        PublicHand.load(place, origin),
        OfficeHand.load(place),
        OpenerHand.load(place),
        SequencerHand.load(place, origin),
        SweepHand.load(place, origin),
    )
    refused = sum(_refused(hand.database_url) for hand in hands)
    said = f"{refused} of {len(hands)} processes that tried to change an entry were refused"
    return Met("A8", refused == len(hands), said)


def _refused(url: str) -> bool:
    try:
        with psycopg.connect(url) as connection:
            connection.execute(_ALTER)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False
