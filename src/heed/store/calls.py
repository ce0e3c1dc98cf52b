"""Who was called about which record, and how people are reached: facts, for whoever may know them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.readable import Desk


class Call(NamedTuple):
    """One call-out. `reference` None: its words are not there yet. `next_at`: when the next person is called.

    `why`: first, unanswered, undecided, refused or unread. `sent`: waiting, sent, refused or overtaken.
    `next_at` None: somebody has acted. `open`: the reader may read the record now.
    `stands`: nobody has acted since this call.
    """

    call: UUID
    record: UUID
    reference: str | None
    danger: str
    filed_at: datetime
    owner: UUID
    person: UUID
    why: str
    at: datetime
    answered_at: datetime | None
    sent: str | None
    next_at: datetime | None
    open: bool
    stands: bool


class Reach(NamedTuple):
    """How somebody is reached; blank: not that way, or not the reader's to know. `reached`: by a telephone.

    `before_until`: until when texts and notices go to where they were reached before, too; None: no more.
    """

    person: UUID
    telephone: str
    email: str
    reached: bool
    before_until: datetime | None = None


def calls(desk: Desk, key: str, record: UUID | None = None) -> list[Call]:
    """The last calls of a record, or of all the reader may know of: the gravest first, then the newest call."""
    rows = desk.rows(key, "SELECT * FROM machinery.calls(%s::uuid)", (record,))
    return [Call(*row) for row in rows]


def reaches(desk: Desk, key: str) -> dict[UUID, Reach]:
    """How the reader is reached; for an administrator, everybody, by person."""
    rows = desk.rows(key, "SELECT * FROM machinery.reaches()")
    return {row[0]: Reach(*row) for row in rows}
