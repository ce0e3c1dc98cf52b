"""Referrals that nobody confirmed, for whoever answers for them and for overseers: facts, no words."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk


class Unconfirmed(NamedTuple):
    """A referral of which nobody said that it was received; `open`: the reader may read its record.

    `told_at`: when they were told; `since`: when that was written down, from which our own time counts.
    """

    referral: UUID
    record: UUID
    reference: str
    body: str
    route: str
    how: str
    told_at: datetime
    owner: UUID
    open: bool
    since: datetime


def unconfirmed(desk: Desk, key: str, limit: int) -> list[Unconfirmed]:
    """Those of which the reader should know, told longest ago first."""
    rows = desk.rows(key, "SELECT * FROM machinery.unconfirmed(%s)", (limit,))
    return [Unconfirmed(*row) for row in rows]


def unconfirmed_one(desk: Desk, key: str, referral: UUID) -> Unconfirmed | None:
    """That referral, under the same rule; None where there is none, or somebody confirmed it."""
    rows = desk.rows(key, "SELECT * FROM machinery.unconfirmed(1, %s)", (referral,))
    return Unconfirmed(*rows[0]) if rows else None
