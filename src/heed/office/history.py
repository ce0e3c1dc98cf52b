"""What was said and done in a record, in its order, with names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.times import day, moment
from heed.core.vocabulary import Kind
from heed.intake.events import Concern
from heed.office.bodies import Bodies
from heed.office.grounds import GROUNDS
from heed.office.labels import REASONS, WHOM
from heed.oversight.ladder import RUNGS
from heed.referral.commands import HEARD_WORDS, REFERRED_WORDS
from heed.store.holding import About, Passing, Written
from heed.store.readable import Said
from heed.store.referral import HeardOf
from heed.store.staff import Restriction
from heed.triage.concerned_commands import TOLD
from heed.triage.trust_commands import WORDS as HARM_WORDS

_REASON = {"reason": ""}
_BLANK: dict[str, dict[str, str]] = {
    Kind.FILED: {field.name: "" for field in fields(Concern)},
    Kind.ADDED: {"words": ""},
    Kind.ANSWERED: {"words": ""},
    Kind.WALLED: _REASON,
    Kind.WALL_CONFIRMED: _REASON,
    Kind.LIFT_ASKED: _REASON,
    Kind.WALL_LIFTED: _REASON,
    Kind.HAND_OVER_OFFERED: {"note": ""},
    Kind.HAND_OVER_DECLINED: _REASON,
    Kind.CHILD_NAMED: dict.fromkeys(TOLD, ""),
    Kind.ADULT_NAMED: dict.fromkeys(TOLD, ""),
    Kind.DECIDED: _REASON,
    Kind.SORTED: {"outcome": "", "reason": "", "words": ""},
    Kind.REVIEWED: {"outcome": "", "words": ""},
    Kind.NOTED: {"words": "", "about": ""},
    Kind.CALLED: {"whom": "", "rung_at": "", "words": ""},
    Kind.PARENTS_TOLD: {"told": "", "words": ""},
    Kind.ACCESS_DECLINED: _REASON,
    Kind.ACCESS_GIVEN: _REASON,
    Kind.FILE_FLAGGED: _REASON,
    Kind.FLAG_WITHDRAWAL_ASKED: _REASON,
    Kind.FLAG_WITHDRAWN: _REASON,
    Kind.IDENTITY_ASKED: _REASON,
    Kind.IDENTITY_AGREED: _REASON,
    Kind.IDENTITY_DECLINED: _REASON,
    Kind.IDENTITY_OPENED: _REASON,
    Kind.IDENTITY_REVIEWED: _REASON,
    Kind.CRITICISED: _REASON,
    Kind.REFERRED: dict.fromkeys(REFERRED_WORDS, ""),
    Kind.LINK_SENT: _REASON,
    Kind.LINK_ENDED: _REASON,
    Kind.LINK_HEARD: dict.fromkeys(HEARD_WORDS, ""),
    Kind.REFERRAL_HEARD: dict.fromkeys(HEARD_WORDS, ""),
    Kind.REPORTER_TOLD: {"words": ""},
    Kind.HARM_TESTED: dict.fromkeys(HARM_WORDS, ""),
    Kind.SECONDED: {"words": "", "outcome": ""},
    Kind.TELLING_HELD: {"words": "", "until": ""},
    Kind.CHALLENGE_ANSWERED: {"words": "", "outcome": ""},
}
"""The words that each kind has; a kind that is not here has none."""


PASSED = "passed"
"""What no entry of the record says: by an entry elsewhere, or beside one here, it changed hands."""
_BECAUSE = {
    Kind.LEFT: "has left",
    Kind.AWAY: "is away",
    Kind.WALLED: "was restricted",
    Kind.NAME_MATCHED: "was restricted",
    Kind.WALL_CONFIRMED: "was restricted",
    Kind.CALL_ANSWERED: "had not acted",
}
_CANNOT = "can no longer have it"
"""Said of every other cause: which one it was may be nobody's to know."""


class Happened(NamedTuple):
    """One thing said or done. `body`: its words, None until they are here.

    `named`: whom it is about, and `ground` why, in plain words. `taken_back`: whoever had offered the
    record took the offer back. Kind PASSED: the rule gave it to `named`, because `by` lost it. `entry`:
    which entry it is. `detail`: what the words of the kind's own sentence leave open: why, about what.
    """

    kind: str
    at: datetime
    by: str
    body: dict[str, str] | None
    named: str = ""
    ground: str = ""
    taken_back: bool = False
    entry: UUID | None = None
    detail: str = ""


class Restricted(NamedTuple):
    """A restriction as the page lists it. `person`: whom to decide about where only a name matched."""

    name: str
    ground: str
    at: datetime
    asked: bool
    lifted: bool
    person: UUID | None


def history(
    said: Sequence[Said],
    entries: Sequence[Written],
    walls: Sequence[Restriction],
    bodies: Bodies,
    abouts: Mapping[UUID, About],
    passings: Sequence[Passing],
    done_for: Mapping[UUID, tuple[str, str]],
    heard: Sequence[HeardOf] = (),
) -> list[Happened]:
    """Everything in a record, oldest first; `entries` go with `said`, one each.

    `done_for`: for each entry about a person, whom it is about, and what was decided. `heard`: of its
    referrals; what came by a link stands in a stream of its own, and so not in `said`.
    """
    by_wall = {wall.wall: wall for wall in walls}
    placed = by_wall | {
        entry: by_wall[about.wall] for entry, about in abouts.items() if about.wall in by_wall
    }
    told, asked = [], None
    for each, entry in zip(said, entries, strict=False):
        if each.kind == Kind.HAND_OVER_OFFERED and entry.entry in abouts:
            asked = abouts[entry.entry].taker
        wall = placed.get(entry.entry)
        named, ground = done_for.get(entry.entry, (_taker(abouts.get(entry.entry), bodies), ""))
        told.append(
            Happened(
                each.kind,
                each.at,
                each.by,
                whole(each),
                name_of(wall, bodies) if wall else named,
                GROUNDS.get(wall.ground, "") if wall else ground,
                each.kind == Kind.HAND_OVER_DECLINED and entry.actor != asked,
                entry.entry,
                _detail(each, entries, said),
            )
        )
    told += [
        Happened(
            PASSED,
            one.at,
            bodies.name(one.giver),
            {},
            bodies.name(one.taker),
            _BECAUSE.get(Kind(one.kind), _CANNOT),
        )
        for one in passings
    ]
    told += _by_link(heard, frozenset(entry.entry for entry in entries), done_for)
    return sorted(told, key=lambda one: one.at)  # stable: what followed stands behind its cause


def _by_link(
    heard: Sequence[HeardOf], own: frozenset[UUID], done_for: Mapping[UUID, tuple[str, str]]
) -> Iterator[Happened]:
    blank = _BLANK[Kind.LINK_HEARD]
    for one in heard:
        if one.link and one.entry not in own:
            whom, what = done_for.get(one.entry, ("", ""))
            body = plain_words(one.words, blank) if one.words else None
            yield Happened(Kind.LINK_HEARD, one.at, "", body, whom, what, entry=one.entry)


def _taker(about: About | None, bodies: Bodies) -> str:
    return bodies.name(about.taker) if about and about.taker else ""


def whole(said: Said) -> dict[str, str] | None:
    """Every word that the page shows, as text: what came in must not break the page it is on."""
    blank = _BLANK.get(said.kind, {})
    if said.body is None:
        return None if blank else {}
    return plain_words(said.body, blank)


def _detail(each: Said, entries: Sequence[Written], said: Sequence[Said]) -> str:
    body = whole(each) or {}
    if each.kind == Kind.SORTED:
        return REASONS.get(body["reason"], "") if body else ""
    if each.kind == Kind.CALLED and body:
        return f"{WHOM.get(body['whom'], '')}, {_moment(body['rung_at'])}"
    if each.kind == Kind.CHASED:
        rung = RUNGS[sum(one.kind == Kind.CHASED for one in said if one.at < each.at)]
        days = "1 working day" if rung.days == 1 else f"{rung.days} working days"
        return f"{days} and something is still to be done, so {rung.who} {rung.verb} told"
    if each.kind == Kind.TELLING_HELD and body.get("until"):
        return day(date.fromisoformat(body["until"]))
    if each.kind == Kind.NOTED and body:
        ids = [str(entry.entry) for entry in entries]
        if body["about"] in ids:
            other = said[ids.index(body["about"])]
            return moment(other.at)
    return ""


def _moment(said: str) -> str:
    try:
        return moment(datetime.fromisoformat(said))
    except ValueError:
        return said


def plain_words(body: Mapping[str, Any], blank: Mapping[str, str]) -> dict[str, str]:
    """The words that `blank` names, as text; blank where the body has none."""
    there = {name: body[name] for name in blank if isinstance(body.get(name), str)}
    return {**blank, **there}


def restricted(walls: Sequence[Restriction], bodies: Bodies) -> list[Restricted]:
    """Who must not see a record, oldest first, with those that were lifted."""
    return [
        Restricted(
            name_of(wall, bodies),
            GROUNDS.get(wall.ground, ""),
            wall.at,
            wall.lift_asked_by is not None,
            wall.lifted,
            wall.person if wall.ground == "match" and not wall.lifted else None,
        )
        for wall in walls
    ]


def name_of(wall: Restriction, bodies: Bodies) -> str:
    """The person or the unit that a restriction names."""
    return bodies.unit_name(wall.unit) if wall.unit else bodies.name(wall.person)
