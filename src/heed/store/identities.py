"""Who told us, where that is sealed: what a reader is told of it, who waits for whom, and the words."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.core import canonical
from heed.core.ports import Chance
from heed.intake.identity import Identity
from heed.register.entry import Recipients
from heed.store.readable import Desk

PURPOSE = "identity"
"""Of a look at who told us; no other look shows it."""
_WORDS = "SELECT w.body FROM words.identity w WHERE w.stream = %s ORDER BY w.entry"


class Sealed(NamedTuple):
    """That who told us is sealed, as a reader of the record is told.

    `asked_at`: the reader asked and waits; `agreed`: the custodian has agreed. `until`: it is open to
    the reader until then.
    """

    may_ask: bool
    asked_at: datetime | None
    agreed: bool | None
    until: datetime | None


class Waits(NamedTuple):
    """Somebody asks who told us. `may`: what the reader may do: "agree", "open", or "wait"."""

    asking: UUID
    record: UUID
    reference: str
    person: UUID
    at: datetime
    agreed_by: UUID | None
    may: str
    reason: str


class OpenedAlone(NamedTuple):
    """The owner opened it alone, for danger to life, and nobody has reviewed that."""

    opening: UUID
    record: UUID
    reference: str
    person: UUID
    at: datetime
    until: datetime
    reason: str


def sealed(desk: Desk, key: str, record: UUID) -> Sealed | None:
    """What a reader of a record is told; None where nothing is sealed, or it is not theirs to read."""
    rows = desk.rows(key, "SELECT * FROM machinery.identity(%s)", (record,))
    return Sealed(*rows[0]) if rows else None


def waiting(desk: Desk, key: str) -> list[Waits]:
    """Who asks, for those who may be one of the two that open it; none for anybody else."""
    rows = desk.rows(key, "SELECT * FROM machinery.unsealings()")
    return [Waits(*(*row[:7], _reason(row[7]))) for row in rows]


def opened_alone(desk: Desk, key: str) -> list[OpenedAlone]:
    """What waits for a review, for overseers and the outside contact; none for anybody else."""
    rows = desk.rows(key, "SELECT * FROM machinery.unsealed_alone()")
    return [OpenedAlone(*(*row[:6], _reason(row[6]))) for row in rows]


def waits(desk: Desk, key: str) -> bool:
    """Whether the reader may agree, open or review something now."""
    if any(one.may != "wait" for one in waiting(desk, key)):
        return True
    return bool(opened_alone(desk, key))


def who_told_us(
    desk: Desk, key: str, reader: UUID, record: UUID, chance: Chance, recipients: Recipients
) -> list[Identity]:
    """Who told us, after a committed look for just that; raises NoSuchRecord where it is not open."""
    desk.look(key, reader, record, chance, recipients, PURPOSE)
    rows = desk.rows(key, _WORDS, (record,))
    return [Identity.from_body(canonical.loads(body.encode())) for (body,) in rows]


def _reason(body: str | None) -> str:
    said = canonical.loads(body.encode()).get("reason", "") if body else ""
    return said if isinstance(said, str) else ""
