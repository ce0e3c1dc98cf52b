"""What became of each thing of a story, as the record has it: who answered, acted, was told, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psycopg

from heed.cli.casting import Stage
from heed.core.times import LONDON
from heed.core.vocabulary import Channel, Kind
from heed.core.working_days import is_working_day, working_day_of
from heed.referral.directory import directory
from heed.referral.rules import Route
from heed.register.return_code import ReturnCode

DOORS = {
    Channel.LETTER: "a letter",
    Channel.TELEPHONE: "a telephone call",
    Channel.EMAIL: "an email",
    Channel.ONLINE: "the public form",
}
ROUTES = {
    Route.PROTECTING: "So that the child is safe",
    Route.ACCOUNTABILITY: "So that somebody outside looks at what was done",
}
WHY = {
    "first": "There may be danger",
    "unanswered": "Nobody said “I have this” in 15 minutes",
    "undecided": "Nobody has acted in an hour",
    "refused": "The message did not go out",
}
DECISIONS = {
    "act_now": "act now",
    "refer": "refer",
    "share": "share",
    "no_further_action": "no further action",
}
_RECORDS = "SELECT t.lookup, t.stream FROM register.thread t WHERE t.lookup = ANY (%s)"
_ITEMS = """
SELECT i.record, i.kind, i.at, coalesce(i.actor, d.actor), d.decision, c.days, c.told, f.route, f.body,
    o.person, o.why
FROM facts.item i LEFT JOIN facts.decision d ON d.entry = i.entry LEFT JOIN facts.chase c ON c.entry = i.entry
LEFT JOIN facts.referral f ON f.entry = i.entry LEFT JOIN facts.call_out o ON o.entry = i.entry
WHERE i.record = ANY (%s) ORDER BY i.at, i.version
"""
_INDEPENDENT = """
SELECT p.id FROM facts.person p WHERE 'overseer' = ANY (p.posts) UNION SELECT s.fallback FROM facts.slot s
"""
_NAMES = "SELECT p.id, p.name FROM words.person p"
_FIRST_OWNER = """
SELECT e.stream, convert_from(e.facts, 'UTF8')::jsonb->>'owner' FROM register.entry e
WHERE e.stream = ANY (%s) AND e.version = 1
"""


class _Item(NamedTuple):
    """A row of what stands on a record."""

    record: UUID
    kind: str
    at: datetime
    actor: UUID | None
    decision: str | None
    days: int | None
    told: list[UUID] | None
    route: str | None
    body: str | None
    called: UUID | None
    why: str | None


class Happened(NamedTuple):
    """One thing on the record of one item: at an instant, in a sentence; of a chase, after how many days.

    `number` 0: of no item. `follows`: the event of history that it follows.
    """

    number: int
    follows: str
    at: datetime
    kind: str
    days: int | None
    said: str


class Course(NamedTuple):
    """What became of one item. Days are days of the story; of `*_after`, working days from receipt."""

    number: int
    follows: str
    day: int
    door: str
    owner: str
    decided_after: int | None
    decision: str
    referred_after: int | None
    chased_after: int | None
    overseen_after: int | None
    overseen_rung: int | None
    told: str


class Chronicle(NamedTuple):
    """All that happened, in order, and the course of each item, in the story's order."""

    happened: tuple[Happened, ...]
    courses: tuple[Course, ...]

    @classmethod
    def read(cls, stage: Stage, url: str) -> Chronicle:
        """From the record of this stage."""
        lookups = [ReturnCode.parse(" ".join(code)).lookup for code in stage.codes]
        with psycopg.connect(url) as connection:
            connection.execute("SET LOCAL ROLE heed_rule")
            streams: dict[bytes, UUID] = dict(connection.execute(_RECORDS, (lookups,)).fetchall())
            records = [streams[lookup] for lookup in lookups]
            rows = [_Item._make(row) for row in connection.execute(_ITEMS, (records,))]
            independent = {row[0] for row in connection.execute(_INDEPENDENT)}
            names: dict[UUID, str] = dict(connection.execute(_NAMES).fetchall())
            owners: dict[UUID, str] = dict(connection.execute(_FIRST_OWNER, (records,)).fetchall())
        first = {record: names[UUID(owner)] for record, owner in owners.items()}
        happened = [
            Happened(
                place + 1,
                stage.story.items[place].follows,
                row.at,
                row.kind,
                row.days,
                _said(stage, place, row, names, first),
            )
            for row in rows
            for place in [records.index(row.record)]
        ]
        happened += [*_weekends(stage), *_theft(stage)]
        happened.sort(key=lambda each: each.at)  # what is of one instant keeps its order
        courses = [
            _course(
                stage, place, first[record], [row for row in rows if row.record == record], told
            )
            for place, record in enumerate(records)
            for told in [{one: names[one] for one in independent}]
        ]
        return cls(tuple(happened), tuple(courses))


def _weekends(stage: Stage) -> Iterator[Happened]:
    """What was destroyed, and what the check after it found."""
    for place, told in stage.weekends.items():
        item, weekend = stage.story.items[place], stage.story.items[place].weekend
        if weekend is None or "found" not in told:
            continue
        destroyed = "Somebody with the keys of the database destroys what was sealed."
        at = stage.instant(weekend.destroyed)
        yield Happened(place + 1, item.follows, at, "destroyed", None, destroyed)
        named = "names this one and no other" if told["found"] == "true" else "DOES NOT NAME IT"
        holds = "still proves" if told["holds"] == "true" else "NO LONGER PROVES"
        found = (
            f"A check of the whole record {named}. The sender’s receipt {holds} what they sent and when."
            " What was destroyed is put back."
        )
        at = stage.instant(weekend.found)
        yield Happened(place + 1, item.follows, at, "found", None, found)


def _theft(stage: Stage) -> Iterator[Happened]:
    """What was stolen, what could be read on it, and how it ended."""
    theft, told = stage.story.theft, stage.theft
    if theft is None or "ended" not in told:
        return
    whose = stage.role_of(theft.laptop_of)
    stolen = (
        f"The machine that takes reports is stolen, and a laptop on which the {whose} is signed in."
        f" Of {told['files']} files on the machine, {told['readable']} hold a sentence of what was told."
    )
    yield Happened(0, theft.follows, stage.instant(theft.stolen), "stolen", None, stolen)
    now = "ends there" if told["ended"] else "GOES ON"
    noticed = (
        f"The {stage.role_of(theft.ended_by)} invites the {whose} anew; what was signed in {now}."
    )
    yield Happened(0, theft.follows, stage.instant(theft.noticed), "noticed", None, noticed)


def working_days_to(received: datetime, at: datetime) -> int:
    """Which working day after that of receipt it is; 0 on the same."""
    day, ends = working_day_of(received), at.astimezone(LONDON).date()
    return sum(
        is_working_day(type(day).fromordinal(each))
        for each in range(day.toordinal() + 1, ends.toordinal() + 1)
    )


def _ended(received: datetime, at: datetime) -> int:
    """How many working days after that of receipt had ended by then, whatever the rung is called."""
    return working_days_to(received, at - timedelta(days=1))


def _said(
    stage: Stage, place: int, row: _Item, names: dict[UUID, str], first: dict[UUID, str]
) -> str:
    who = names.get(row.actor, "Somebody") if row.actor else "Somebody"
    if row.kind == Kind.FILED:
        door = DOORS[stage.story.items[place].concern.channel]
        return f"Comes in by {door}. {first[row.record]} answers for it from this moment."
    if row.kind == Kind.CHASED:
        people = " and ".join(names[one] for one in row.told or ()) or "nobody is left to tell"
        return f"{row.days} working {'day' if row.days == 1 else 'days'} on it waits still. Told: {people}."
    if row.kind == Kind.REFERRED:
        deed = stage.story.items[place].owner
        names_told = {one.body: one.name for one in deed.referrals if one.name} if deed else {}
        body = names_told.get(row.body or "") or directory().name(row.body or "")
        route = ROUTES[Route(row.route or "")]
        return f"{who} rings: {body}. {route}. Nobody there confirms it."
    if row.kind == Kind.CALL_OUT:
        called = names.get(row.called, "somebody") if row.called else "somebody"
        return f"{WHY.get(row.why or '', 'There may be danger')}: {called} is called."
    return {
        Kind.SORTED: f"{who} has read it: a concern about a child.",
        Kind.CHILD_NAMED: f"{who} writes down which child it is about.",
        Kind.DECIDED: f"{who} decides: {DECISIONS.get(row.decision or '', '')}.",
        Kind.CRITICISED: f"{who} writes down whose response is criticised.",
        Kind.CALLED: f"{who} writes down a call.",
        Kind.NAME_MATCHED: "Somebody who works here is named in it, and cannot see it from now on.",
    }.get(Kind(row.kind), f"On the record: {row.kind.replace('_', ' ')}.")


def _course(
    stage: Stage, place: int, owner: str, rows: Sequence[_Item], independent: dict[UUID, str]
) -> Course:
    item = stage.story.items[place]
    received = next(row.at for row in rows if row.kind == Kind.FILED)
    decided = next((row for row in rows if row.kind == Kind.DECIDED), None)
    referred = next((row for row in rows if row.route == "protecting"), None)
    chases = [row for row in rows if row.kind == Kind.CHASED]
    overseen = next((row for row in chases if independent.keys() & set(row.told or ())), None)
    told = (
        [independent[one] for one in (overseen.told or ()) if one in independent]
        if overseen
        else []
    )
    return Course(
        number=place + 1,
        follows=item.follows,
        day=stage.day_of(received),
        door=DOORS[item.concern.channel],
        owner=owner,
        decided_after=working_days_to(received, decided.at) if decided else None,
        decision=DECISIONS.get(decided.decision or "", "") if decided else "",
        referred_after=working_days_to(received, referred.at) if referred else None,
        chased_after=_ended(received, chases[0].at) if chases else None,
        overseen_after=_ended(received, overseen.at) if overseen else None,
        overseen_rung=overseen.days if overseen else None,
        told=" and ".join(told),
    )
