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
        self._told: dict[UUID, list[tuple[int, int]]] = {}
        self._begun: dict[UUID, tuple[int, datetime]] = {}
        self._concerns = concerns

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply_chasing()."""
        if "anew" in facts:
            self._begin(UUID(facts.get("record", str(header.stream))), header, facts["anew"])
        if header.kind != Kind.CHASED or header.stream not in self._concerns.records:
            return
        told = tuple(UUID(one) for one in facts["told"])
        at, record = header.recorded_at, header.stream
        self.chases[header.id] = Chase(header.id, record, facts["days"], told, at)
        self._told.setdefault(record, []).append((header.version, facts["days"]))
        self._count(record)
        self._concerns.items[header.id] = Item(
            header.id, record, header.version, header.kind, at, None
        )

    def _begin(self, record: UUID, header: Header, version: int) -> None:
        """Something waits where nothing did: a ladder begins. The SQL twin is register.wait_anew()."""
        if record in self._concerns.records:
            newest = max(
                (version, header.recorded_at), self._begun.get(record, (0, header.recorded_at))
            )
            self._begun[record] = newest
            kept = self._concerns.records[record]
            self._concerns.records[record] = kept._replace(anew_at=newest[1])
            self._count(record)

    def _count(self, record: UUID) -> None:
        """The rung that was told last behind what began the ladder."""
        behind, _ = self._begun.get(record, (0, None))
        told = [days for version, days in self._told.get(record, ()) if version > behind]
        kept = self._concerns.records[record]
        self._concerns.records[record] = kept._replace(chased=told[-1] if told else 0)
