"""The folds that every table comes from, over what was recorded before an instant and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from heed.access.view import Duty
from heed.access.walls import Walls
from heed.core.times import LONDON
from heed.core.vocabulary import Kind
from heed.intake.view import Concerns, Item
from heed.lookback.events import Claim, Decided, Kept, Known, Received, Thing
from heed.lookback.interval import read
from heed.oversight.calls import Calls
from heed.oversight.chases import Chases
from heed.register.entry import Header
from heed.triage.concerned import Concerned


class AsAt:
    """Some records as the entries before an instant have made them: `take` them in the log's order.

    Of an entry elsewhere, by which a record changed hands or was opened, the folds read only that.
    """

    def __init__(self) -> None:
        self.concerns = Concerns()
        self.concerned = Concerned(self.concerns)
        self.walls = Walls()
        self.chases = Chases(self.concerns)
        self.claims: dict[UUID, Claim] = {}

    def take(self, header: Header, facts: dict[str, Any], reached: str | None = None) -> None:
        """One entry. `reached`: when it is said to have reached the office, as a JSON text."""
        self.concerns.apply(header, facts)
        if header.stream not in self.concerns.records:
            return
        self.walls.apply(header, facts)
        self.concerned.apply(header, facts)
        self.chases.apply(header, facts)
        if reached is not None:
            said, day = json.loads(reached), header.recorded_at.astimezone(LONDON).date()
            self.claims[header.id] = Claim(said, read(said, day))

    def received(self, record: UUID, holding: Iterable[UUID]) -> Received:
        """One record; `holding`: what was received in it that holds the words."""
        known, holds = self.concerns.records[record], frozenset(holding)
        return Received(
            record,
            known.reference,
            known.channel,
            known.danger,
            known.filed_at,
            known.owner,
            known.opened_at,
            known.chased,
            tuple(
                Thing(
                    item.entry,
                    item.kind,
                    item.at,
                    item.actor,
                    item.entry in holds,
                    self._claim(item),
                )
                for item in _in_order(self.concerns.items, record)
            ),
            tuple(
                Decided(made.entry, made.decision, made.at, made.actor)
                for made in _in_order(self.concerned.decisions, record)
            ),
            tuple(
                Kept(wall.entry, wall.person, wall.unit, wall.ground, wall.at)
                for wall in _in_order(self.walls.walls, record)
                if not wall.lifted
            ),
        )

    def _claim(self, item: Item) -> Claim | None:
        return self.claims.get(item.entry)


def _in_order(rows: Mapping[UUID, Any], record: UUID) -> list[Any]:
    return sorted(
        (row for row in rows.values() if row.record == record), key=lambda row: (row.at, row.entry)
    )


def known_to(
    person: UUID,
    filings: Iterable[tuple[UUID, UUID]],
    concerns: Concerns,
    concerned: Concerned,
    duty: Duty,
    chases: Chases,
    calls: Calls,
) -> list[Known]:
    """All that came before a person, and that they did, in the order of time; the SQL twin is known_to().

    `filings`: each record with its first owner. The folds have taken in what was recorded by then.
    """
    found = [
        *_shown(person, duty),
        *_given(person, filings, concerns),
        *_done(person, concerns, concerned),
        *(
            Known(each.at, each.entry, person, "told", str(each.days), (each.record,))
            for each in chases.chases.values()
            if person in each.told
        ),
        *(
            Known(each.at, each.entry, person, "rung", "", (each.record,))
            for each in calls.calls.values()
            if each.person == person
        ),
    ]
    return sorted(found, key=lambda one: (one.at, one.entry, one.what))


def _shown(person: UUID, duty: Duty) -> Iterator[Known]:
    for look in duty.looks.values():
        if look.person == person and look.records:
            records = tuple(sorted(set(look.records)))
            yield Known(look.at, look.entry, person, "looked", look.purpose, records)


def _given(
    person: UUID, filings: Iterable[tuple[UUID, UUID]], concerns: Concerns
) -> Iterator[Known]:
    first = {record for record, owner in filings if owner == person}
    for item in concerns.items.values():
        if item.kind == Kind.FILED and item.version == 1 and item.record in first:
            yield Known(item.at, item.entry, person, "answers", "", (item.record,))
    for offer in concerns.offers.values():
        if offer.taker == person:
            yield Known(offer.at, offer.entry, person, "offered", "", (offer.record,))
    for passed in concerns.passed.values():
        for what, people in (("lost", passed.givers), ("given", passed.takers)):
            pairs = zip(passed.records, people, strict=True)
            records = tuple(sorted(record for record, who in pairs if who == person))
            if records:
                yield Known(passed.at, passed.entry, person, what, "", records)


def _done(person: UUID, concerns: Concerns, concerned: Concerned) -> Iterator[Known]:
    for item in concerns.items.values():
        if item.actor == person:
            decision = concerned.decisions.get(item.entry)
            detail = decision.decision if decision else ""
            yield Known(item.at, item.entry, person, item.kind, detail, (item.record,))
