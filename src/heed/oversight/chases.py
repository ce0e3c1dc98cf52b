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
        self._of: dict[UUID, list[Chase]] = {}
        self._concerns = concerns

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply_chasing()."""
        if "anew" in facts:
            self._begin(UUID(facts.get("record", str(header.stream))), header.recorded_at)
        if header.kind != Kind.CHASED or header.stream not in self._concerns.records:
            return
        told = tuple(UUID(one) for one in facts["told"])
        at, record = header.recorded_at, header.stream
        made = Chase(header.id, record, facts["days"], told, at)
        self.chases[header.id] = made
        self._of.setdefault(record, []).append(made)
        kept = self._concerns.records[record]
        if kept.anew_at is None or at >= kept.anew_at:  # else it is of a ladder that is over
            self._concerns.records[record] = kept._replace(chased=facts["days"])
        self._concerns.items[header.id] = Item(
            header.id, record, header.version, header.kind, at, None
        )

    def _begin(self, record: UUID, at: datetime) -> None:
        """Something waits where nothing did: a ladder begins. The SQL twin is register.wait_anew()."""
        kept = self._concerns.records.get(record)
        if kept is not None:
            anew = max(at, kept.anew_at or at)
            told = [one.days for one in self._of.get(record, []) if one.at >= anew]
            self._concerns.records[record] = kept._replace(
                anew_at=anew, chased=told[-1] if told else 0
            )
