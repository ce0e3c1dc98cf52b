"""Entries of a referral: whose response is criticised, to whom a record went, what came of it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from heed.referral import commands
from heed.referral.commands import Heard, How
from heed.referral.rules import Route
from tests.walls.bodies import Bodies
from tests.walls.changes import Change
from tests.world import CHANCE

CHILDREN = "council/E09000033/children"
FORCE = "police/E23000001"


def minutes_ago(count: int) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=count)


def criticising(scene: Bodies, record: UUID, body: str, stands: bool = True) -> Change:
    entry = commands.criticise(
        CHANCE, scene.to, record=record, body=body, stands=stands, reason="They did not come."
    )
    return Change("lead", entry)


def referring(scene: Bodies, record: UUID, body: str = CHILDREN, **other: Any) -> Change:
    how = other.pop("how", How.TELEPHONE)
    told_at = minutes_ago(5) if how in commands.AT_ONCE else None
    about = {"concerned": None, "route": Route.PROTECTING, "told_at": told_at} | other
    said = {"person": "Duty worker", "reach": "01632 960 999", "place": "SW1A 1AA"}
    entry = commands.refer(CHANCE, scene.to, said, record=record, body=body, how=how, **about)
    return Change("lead", entry)


def hearing(scene: Bodies, record: UUID, referral: UUID, what: Heard) -> Change:
    entry = commands.write_down_heard(
        CHANCE,
        scene.to,
        record=record,
        referral=referral,
        what=what,
        happened_at=minutes_ago(1),
        person="Duty worker",
        reference="R 7",
        words="They wrote it on paper.",
    )
    return Change("lead", entry)


def keeping_reach(scene: Bodies, name: str = "lead") -> Change:
    entry = commands.keep_reach(
        CHANCE,
        scene.to,
        body=FORCE,
        how=How.TELEPHONE,
        checked_on=date(2026, 1, 5),
        name="Front desk",
        reach="01632 960 998",
    )
    return Change(name, entry)
