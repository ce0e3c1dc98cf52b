"""From the entries to every table that a screen reads: the same folds that any question about a date uses."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any
from uuid import UUID

import psycopg

from heed.access.approvals import Approvals
from heed.access.identities import Identities
from heed.access.openings import Openings
from heed.access.remits import Remits
from heed.access.view import Duty, looked_at
from heed.access.walls import Walls
from heed.core import canonical
from heed.core.vocabulary import Kind
from heed.intake.files import Files
from heed.intake.sorting import Sorting
from heed.intake.view import Concerns, overtaken, owners
from heed.oversight.asked import Asked
from heed.oversight.calls import Calls
from heed.oversight.chases import Chases
from heed.referral.view import Referrals
from heed.register.entry import EntryUnreadable, Header
from heed.register.opening import OrganisationKeys
from heed.register.upcast import upcast_facts
from heed.store.connection import Row
from heed.store.words import SealedRow, WordRows
from heed.triage.concerned import Concerned

FACTS = (
    *("person", "unit", "line", "employment", "held", "relation", "slot", "turn", "record", "item"),
    *("wall", "offer", "request", "look", "stopped"),
    *("passed", "mention", "sorting", "sample"),
    *("naming", "decision", "joined", "file", "flag", "asking", "opening"),
    *("criticism", "referral", "step", "link", "reach"),
    *("approval", "identity", "unsealing", "unsealed", "remit", "chase", "call_out"),
    *("ask", "telling", "hold", "challenge"),
    *("harm_test", "seconding"),
)
WORDS = (
    *("item", "person", "unit", "screened", "unreadable", "stopped", "tie", "likeness", "file"),
    "identity",
)

_ENTRIES = """
SELECT e.id, e.stream, e.version, e.header, e.commitment, e.sealed, e.facts,
       (SELECT array_agg(w.recipient ORDER BY w.recipient) FROM register.wrapped_key w
        WHERE w.entry = e.id AND w.recipient IN ('intake', 'organisation')),
       (SELECT array_agg(w.wrap ORDER BY w.recipient) FROM register.wrapped_key w
        WHERE w.entry = e.id AND w.recipient IN ('intake', 'organisation'))
FROM (SELECT l.entry, 0 AS waits, l.seq AS place FROM register.leaf l WHERE l.seq >= %s
      UNION ALL SELECT p.entry, 1, p.n FROM register.pending p) AS o
JOIN register.entry e ON e.id = o.entry
ORDER BY o.waits, o.place
"""


class Fold:
    """Everything that the entries so far amount to: facts always, words where keys are given.

    `unspoken` are entries whose words the opener still owes: their facts count, their words not yet.
    Entries must come in the log's order: it keeps each stream's order and every cause before its
    effect, and effects across streams commute.
    """

    def __init__(self, keys: OrganisationKeys | None, unspoken: Set[UUID] = frozenset()) -> None:
        self.duty = Duty()
        self.walls = Walls()
        self.concerns = Concerns()
        self.sorting = Sorting()
        self.concerned = Concerned(self.concerns)
        self.files = Files()
        self.openings = Openings()
        self.approvals = Approvals()
        self.identities = Identities()
        self.remits = Remits()
        self.chases = Chases(self.concerns)
        self.asked = Asked(self.concerns)
        self.referrals = Referrals()
        self.calls = Calls(self.concerns)
        self.words = WordRows.empty()
        self.stopped: dict[UUID, tuple[UUID, UUID, str]] = {}
        self.seen: set[UUID] = set()
        self.begun = False
        self._keys = keys
        self._unspoken = unspoken
        self._silent: dict[UUID, SealedRow] = {}

    def take(self, row: SealedRow, facts: bytes) -> set[UUID]:
        """Take one entry in; returns the keys of the fact rows that it may have touched."""
        self.seen.add(row.entry)
        touched = {row.entry, row.stream}
        try:
            touched |= self._facts(row, facts)
        except (EntryUnreadable, LookupError, ValueError, TypeError, AttributeError) as wrong:
            why = str(wrong) if isinstance(wrong, EntryUnreadable) else "its facts cannot be read"
            self.stopped.setdefault(row.stream, (row.stream, row.entry, why))
        if self._keys is not None:
            if row.entry in self._unspoken:
                self._silent[row.entry] = row
            else:
                self.words.take(self._keys, row)
        return touched

    def speak(self, unspoken: Set[UUID]) -> set[UUID]:
        """Take in the words of all but these, which the opener still owes; returns the rows' keys."""
        self._unspoken = unspoken
        heard = [row for entry, row in self._silent.items() if entry not in unspoken]
        for row in heard:
            del self._silent[row.entry]
            if self._keys is not None:
                self.words.take(self._keys, row)
        return {key for row in heard for key in (row.entry, row.stream)}

    def _facts(self, row: SealedRow, stored: bytes) -> set[UUID]:
        header = Header.decode(row.header)
        if (header.id, header.stream, header.version) != (row.entry, row.stream, row.version):
            raise EntryUnreadable("the header belongs to another entry")
        if hashlib.sha256(stored).hexdigest() != header.facts:
            raise EntryUnreadable("the facts are not those that were recorded")
        facts = upcast_facts(header.kind, canonical.loads(stored))
        if header.stream in self.stopped:
            return set()
        self.begun = self.begun or header.kind == Kind.BEGUN
        # What a record whose filing this version cannot read is touched by is no fault of the entry.
        if header.kind == Kind.LOOKED:
            looked = [str(one) for one in looked_at(facts) if one in self.concerns.records]
            self.duty.apply(header, facts)
            facts = facts | {"records": looked}
        else:
            self.duty.apply(header, facts)
        if "owners" in facts:
            kept = [f"{one} {to}" for one, to in owners(facts) if one in self.concerns.records]
            facts = facts | {"owners": kept}
        changed = self.walls.apply(header, facts)
        self.concerns.apply(header, facts)
        self.sorting.apply(header, facts)
        changed |= self.concerned.apply(header, facts)
        self.files.apply(header, facts)
        self.chases.apply(header, facts)
        self.referrals.apply(header, facts)
        changed |= self.calls.apply(header, facts) | self.asked.apply(header, facts)
        changed |= self.openings.apply(header, facts) | self.approvals.apply(header, facts)
        changed |= self.identities.apply(header, facts)
        changed |= self.remits.apply(header, facts)
        return _touched(header.kind, facts) | changed

    def standing(self) -> dict[str, Mapping[UUID, tuple[Any, ...]]]:
        """The rows of every facts table by their keys, in its columns' order."""
        return {
            "person": self.duty.people,
            "unit": self.walls.units,
            "line": self.walls.lines,
            "employment": self.walls.employments,
            "held": self.walls.held,
            "relation": self.walls.relations,
            "wall": self.walls.walls,
            "offer": self.concerns.offers,
            "request": self.duty.requests,
            "slot": self.duty.slots,
            "turn": self.duty.turns,
            "record": self.concerns.records,
            "item": self.concerns.items,
            "look": self.duty.looks,
            "stopped": self.stopped,
            "sorting": self.sorting.sorted,
            "sample": self.sorting.samples,
            "passed": self.concerns.passed,
            "mention": self.concerns.mentions,
            "naming": self.concerned.namings,
            "decision": self.concerned.decisions,
            "joined": self.concerned.joined,
            "file": self.files.files,
            "flag": self.files.flags,
            "asking": self.openings.askings,
            "opening": self.openings.openings,
            "identity": self.identities.sealed,
            "unsealing": self.identities.unsealings,
            "unsealed": self.identities.unsealed,
            "approval": self.approvals.approvals,
            "remit": self.remits.remits,
            "chase": self.chases.chases,
            "harm_test": self.concerned.tests,
            "seconding": self.concerned.secondings,
            "ask": self.asked.asks,
            "telling": self.asked.tellings,
            "hold": self.asked.holds,
            "challenge": self.asked.challenges,
            "criticism": self.referrals.criticisms,
            "referral": self.referrals.referrals,
            "step": self.referrals.steps,
            "link": self.referrals.links,
            "reach": self.referrals.reaches,
            "call_out": self.calls.calls,
        }

    def facts(self, table: str) -> Iterable[tuple[Any, ...]]:
        """The rows of one facts table; the first column is its key."""
        return self.standing()[table].values()

    def spoken(self, table: str) -> Iterable[tuple[Any, ...]]:
        """The rows of one words table, in its columns' order; the first column is its key."""
        rows: dict[str, Iterable[tuple[Any, ...]]] = {
            "item": self.words.items,
            "person": self.words.people,
            "unit": self.words.units,
            "screened": self.words.screened,
            "unreadable": self.words.unreadable,
            "stopped": {row[0]: row for row in reversed(self.words.stopped)}.values(),
            "likeness": self.words.likeness,
            "tie": self.words.ties,
            "file": self.words.files,
            "identity": self.words.identities,
        }
        return rows[table]


def _touched(kind: str, facts: dict[str, Any]) -> set[UUID]:
    """The keys of rows, beside the entry's own and its stream's, that an entry changed."""
    touched = set(looked_at(facts)) if kind == Kind.LOOKED else set()
    touched |= {record for record, _ in owners(facts)} | set(overtaken(facts))
    named = (
        facts.get(name)
        for name in (
            "wall",
            "offer",
            "employment",
            "relation",
            "sorting",
            "flag",
            "link",
            "seconded",
        )
    )
    if kind == Kind.LINK_HEARD:
        touched.add(UUID(facts["record"]))
    return touched | {UUID(one) for one in named if one}


def entries(
    connection: psycopg.Connection[Row], since: int = 0
) -> Iterator[tuple[SealedRow, bytes]]:
    """Every entry from leaf `since` on, then those that wait for their place; streamed."""
    with connection.cursor(name="entries") as cursor:
        cursor.itersize = 2000
        cursor.execute(_ENTRIES, (since,))
        for entry, stream, version, header, commitment, sealed, facts, names, wraps in cursor:
            yield (
                SealedRow(
                    entry,
                    stream,
                    version,
                    header,
                    commitment,
                    sealed,
                    dict(zip(names or (), wraps or (), strict=True)),
                ),
                facts,
            )
