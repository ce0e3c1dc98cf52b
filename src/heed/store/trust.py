"""What was answered of adults in trust, and decisions that wait for a second person: facts, no words."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.core import canonical
from heed.store.readable import Desk

_HARM = """
SELECT h.*, w.body FROM machinery.harm_tests(%s) h LEFT JOIN words.item w ON w.entry = h.entry
"""


class HarmAnswered(NamedTuple):
    """The newest answers for one adult; each as triage/concerned.py has it.

    `words`: what was written beside them; blank where no look is committed.
    """

    entry: UUID
    concerned: UUID
    harmed: str
    offence: str
    risk: str
    unsuitable: str
    works: str
    employer: str
    at: datetime
    actor: UUID
    words: dict[str, str]


class Waits(NamedTuple):
    """A decision that needs a second person; `open`: the reader may read it.

    `outcome`: "agreed", "not agreed", "overtaken" (it waits no more, and nobody answered), or None: it waits.
    """

    decision: UUID
    record: UUID
    reference: str
    concerned: UUID | None
    why: str
    decided_by: UUID
    at: datetime
    outcome: str | None
    answered_by: UUID | None
    open: bool


def harm_answered(desk: Desk, key: str, record: UUID) -> dict[UUID, HarmAnswered]:
    """The newest answers for each adult of a record, by who it is."""
    rows = desk.rows(key, _HARM, (record,))
    return {
        row[1]: HarmAnswered._make(
            (*row[:-1], canonical.loads(row[-1].encode()) if row[-1] else {})
        )
        for row in rows
    }


def secondings(desk: Desk, key: str, of: UUID | None = None) -> list[Waits]:
    """What waits for a second person, for the reader; or all of one record or decision, answered or not."""
    rows = desk.rows(key, "SELECT * FROM machinery.secondings(%s)", (of,))
    return [Waits(*row) for row in rows]
