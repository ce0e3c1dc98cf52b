"""Which records waited, for how long, and who was told, as the entries so far have made it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.intake.view import Concerns, Item
from heed.register.entry import Header


class Chase(NamedTuple):
    """After `days` working days a record waited still, and these people were told, in the order of ids."""

    entry: UUID
    record: UUID
    days: int
    told: tuple[UUID, ...]
    at: datetime


class Chases:
    """Every chase so far; each record's newest stands with its other facts."""

    def __init__(self, concerns: Concerns) -> None:
        self.chases: dict[UUID, Chase] = {}
        self._concerns = concerns

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply_chasing()."""
        if header.kind != Kind.CHASED or header.stream not in self._concerns.records:
            return
        told = tuple(UUID(one) for one in facts["told"])
        at, record = header.recorded_at, header.stream
        self.chases[header.id] = Chase(header.id, record, facts["days"], told, at)
        kept = self._concerns.records[record]
        self._concerns.records[record] = kept._replace(chased=facts["days"])
        self._concerns.items[header.id] = Item(
            header.id, record, header.version, header.kind, at, None
        )
