"""What was referred and what came of it, whose response is criticised, and how bodies are reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from heed.core import canonical
from heed.store.readable import Desk

_REFERRALS = """
SELECT f.entry, f.record, f.concerned, f.route, f.body, f.how, f.told_at, f.rung_back_at, f.at, f.actor, w.body
FROM machinery.referrals(%s) f LEFT JOIN words.item w ON w.entry = f.entry ORDER BY f.record, f.version
"""
_STEPS = """
SELECT s.entry, s.referral, s.what, s.happened_at, s.at, s.actor, s.link, coalesce(w.body, s.said)
FROM machinery.referral_steps(%s) s LEFT JOIN words.item w ON w.entry = s.entry ORDER BY s.at, s.version
"""
_CRITICISED = """
SELECT c.entry, c.body, c.stands, c.at, c.actor, w.body
FROM machinery.criticised(%s) c LEFT JOIN words.item w ON w.entry = c.entry
"""
_REACHES = "SELECT * FROM machinery.body_reaches()"


class Referred(NamedTuple):
    """A referral as its entry says it; `words` are blank where no look is committed."""

    entry: UUID
    record: UUID
    concerned: UUID | None
    route: str
    body: str
    how: str
    told_at: datetime | None
    rung_back_at: datetime | None
    at: datetime
    actor: UUID
    words: dict[str, str]


class HeardOf(NamedTuple):
    """One thing heard of a referral: when it happened, and when it was written down.

    `actor` None: from whoever opened its `link`, or from the sweep that sent that.
    """

    entry: UUID
    referral: UUID
    what: str
    happened_at: datetime
    at: datetime
    actor: UUID | None
    link: UUID | None
    words: dict[str, str]


class MadeLink(NamedTuple):
    """A link as whoever answers for its record sees it; `wrong`: codes that did not fit.

    `state`: waiting, opened, locked, not sent (the email failed for good), expired or ended;
    `unsent`: the post still has it. `email` is blank where no look is committed.
    """

    entry: UUID
    referral: UUID
    at: datetime
    actor: UUID
    state: str
    expires_at: datetime
    wrong: int
    email: str
    unsent: bool


class Criticised(NamedTuple):
    """What was said of a body: its response is criticised, or that was said in error."""

    entry: UUID
    body: str
    stands: bool
    at: datetime
    actor: UUID
    words: dict[str, str]


class ReachOf(NamedTuple):
    """How a body is reached, and when that was last checked; the words are here within a second."""

    entry: UUID
    body: str
    how: str
    checked_on: date
    at: datetime
    actor: UUID
    words: dict[str, str]


def danger(desk: Desk, key: str, record: UUID) -> str:
    """Whether somebody in this record was said to be in danger: yes, no or unknown."""
    rows = desk.rows(key, "SELECT r.danger FROM facts.record r WHERE r.id = %s", (record,))
    return str(rows[0][0]) if rows else "unknown"


def referrals(desk: Desk, key: str, records: Sequence[UUID]) -> list[Referred]:
    """Every referral of those of these records that the reader may see, oldest first in each."""
    rows = desk.rows(key, _REFERRALS, (list(records),))
    return [Referred._make((*row[:-1], _words(row[-1]))) for row in rows]


def heard_of(desk: Desk, key: str, records: Sequence[UUID]) -> list[HeardOf]:
    """Everything heard of the referrals of these records, oldest first."""
    rows = desk.rows(key, _STEPS, (list(records),))
    return [HeardOf._make((*row[:-1], _words(row[-1]))) for row in rows]


def links(desk: Desk, key: str, record: UUID) -> list[MadeLink]:
    """The links of a record that the reader may see, oldest first."""
    rows = desk.rows(key, "SELECT * FROM machinery.links(%s)", ([record],))
    return [MadeLink._make(row) for row in rows]


def criticised(desk: Desk, key: str, record: UUID) -> list[Criticised]:
    """All that was said of whose response is criticised in a record, oldest first."""
    rows = desk.rows(key, _CRITICISED, (record,))
    return [Criticised._make((*row[:-1], _words(row[-1]))) for row in rows]


def standing(said: Sequence[Criticised]) -> tuple[str, ...]:
    """The bodies whose response is criticised now: what was said last of each."""
    newest = {one.body: one.stands for one in said}
    return tuple(body for body, stands in newest.items() if stands)


def reaches(desk: Desk, key: str) -> list[ReachOf]:
    """Every way in which a body is or was reached, newest first."""
    return [ReachOf._make((*row[:-1], _words(row[-1]))) for row in desk.rows(key, _REACHES, ())]


def _words(body: str | None) -> dict[str, str]:
    said = canonical.loads(body.encode()) if body else {}
    return {name: text for name, text in said.items() if isinstance(text, str)}
