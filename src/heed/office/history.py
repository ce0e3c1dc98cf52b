"""What was said and done in a record, in its order, with names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.intake.events import Concern
from heed.office.bodies import Bodies
from heed.office.grounds import GROUNDS
from heed.store.holding import Written
from heed.store.readable import Said
from heed.store.staff import Restriction

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
    Kind.ACCESS_DECLINED: _REASON,
}
"""The words that each kind has; a kind that is not here has none."""


class Happened(NamedTuple):
    """One thing said or done. `body`: its words, None until they are here.

    `named`: who was restricted, and `ground` why, in plain words. `taken_back`: whoever had offered
    the record took the offer back.
    """

    kind: str
    at: datetime
    by: str
    body: dict[str, str] | None
    named: str = ""
    ground: str = ""
    taken_back: bool = False


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
) -> list[Happened]:
    """Everything in a record, oldest first; `entries` go with `said`, one each."""
    placed = {wall.wall: wall for wall in walls}
    told, giver = [], None
    for each, entry in zip(said, entries, strict=False):
        if each.kind == Kind.HAND_OVER_OFFERED:
            giver = entry.actor
        wall = placed.get(entry.entry)
        told.append(
            Happened(
                each.kind,
                each.at,
                each.by,
                whole(each),
                name_of(wall, bodies) if wall else "",
                GROUNDS.get(wall.ground, "") if wall else "",
                each.kind == Kind.HAND_OVER_DECLINED and entry.actor == giver,
            )
        )
    return told


def whole(said: Said) -> dict[str, str] | None:
    """Every word that the page shows, as text: what came in must not break the page it is on."""
    blank = _BLANK.get(said.kind, {})
    if said.body is None:
        return None if blank else {}
    there = {name: said.body[name] for name in blank if isinstance(said.body.get(name), str)}
    return blank | there


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
