"""Whom a record is about, and what was decided for each of them, as its pages show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from heed.office.bodies import Bodies
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.harm_answers import in_words
from heed.store import concerned, trust
from heed.store.concerned import Decided, JoinedWith, Named
from heed.store.trust import HarmAnswered
from heed.triage.concerned_commands import TOLD, Choice, Part, Trust

LABELS = {
    "name": "Name",
    "age": "Age or date of birth",
    "place": "Where they are",
    "known": "Anything else known",
}
PARTS = {
    Part.ABOUT: "The person the concern is about",
    Part.CHILD: "A child alleged to have harmed",
    Part.PARENT: "A parent or carer",
    Part.OTHER: "Somebody else",
}
TRUSTED = {Trust.YES: "Yes", Trust.NO: "No", Trust.UNKNOWN: "Not known"}
CHOICES = {
    Choice.ACT_NOW: "Act now",
    Choice.REFER: "Refer",
    Choice.SHARE: "Share",
    Choice.NO_FURTHER_ACTION: "No further action",
}
NOBODY = "the record, where no child is named"
"""For whom a decision is where nobody is named."""
WHOLE = "the whole record, with everybody named in it"
"""For whom a referral is that names nobody, once somebody is named in the record."""


class Line(NamedTuple):
    """One thing known of a person: what was said last, and what was said before, newest first."""

    label: str
    newest: str
    before: tuple[str, ...]


class Ruling(NamedTuple):
    """A decision as the page shows it; `second`: "waits" for a second person, who "not agreed", or "".

    "overtaken": it waited, and nobody can agree any more. "ended": it counted, and does not any more.
    """

    said: str
    reason: str
    by: str
    at: datetime
    second: str = ""


class Somebody(NamedTuple):
    """A person whom a record is about. `wanted`: a decision is wanted for them.

    `trusted`: they were said to be an adult in a position of trust, which nobody takes back alone.

    `label` names them without a word of what was told: "Child 1". `rulings` are newest first.
    `harm`: what was answered of an adult in a position of trust, each (question, answer).
    """

    id: UUID
    label: str
    child: bool
    part: str
    trust: str
    wanted: bool
    trusted: bool
    lines: tuple[Line, ...]
    rulings: tuple[Ruling, ...]
    harm: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What they are called, where it is known and a look is on the record."""
        return next((line.newest for line in self.lines if line.label == LABELS["name"]), "")

    @property
    def titled(self) -> str:
        """The label, with what they are called where that is known."""
        return f"{self.label}: {self.name}" if self.name else self.label

    @property
    def adult(self) -> bool:
        """Whether they are an adult for whom a decision is wanted: in a position of trust, now or once."""
        return self.wanted and not self.child and self.part != Part.CHILD


class About:
    """The people of one record, to the eyes of one reader; words only after a look."""

    def __init__(
        self,
        namings: Sequence[Named],
        decisions: Sequence[Decided],
        joined: Sequence[JoinedWith],
        bodies: Bodies,
        seconds: Mapping[UUID, str] = MappingProxyType({}),
        harm: Mapping[UUID, HarmAnswered] = MappingProxyType({}),
    ) -> None:
        self._seconds, self._harm = seconds, harm
        self.joined = joined
        self._bodies = bodies
        self._decisions = decisions
        by_person: dict[UUID, list[Named]] = {}
        for naming in namings:
            by_person.setdefault(naming.concerned, []).append(naming)
        counts = {True: 0, False: 0}
        self.people: list[Somebody] = []
        for said in by_person.values():
            counts[said[0].child] += 1
            self.people.append(self._somebody(said, counts[said[0].child]))
        self.people.sort(key=lambda one: not one.child)
        self.alone = self._rulings(None)
        self.done_for = dict(self._done_for(namings))

    @classmethod
    def of(cls, who: Who, record: UUID, bodies: Bodies) -> About:
        """As the database gives it to whoever is signed in."""
        asked = hands().desk, who.key, record
        return cls(
            concerned.namings(*asked),
            concerned.decisions(*asked),
            concerned.joined_with(*asked),
            bodies,
            {one.decision: one.outcome or "waits" for one in trust.secondings(*asked)},
            trust.harm_answered(*asked),
        )

    @property
    def wanted(self) -> bool:
        """Whether a decision is wanted for anybody; else it is for the record itself."""
        return any(one.wanted for one in self.people)

    def whom(self, id: UUID | None) -> str:
        """For whom a referral is: that person by label, or all of the record, whoever is named in it."""
        somebody = self.person(id)
        if somebody is not None:
            return somebody.label
        return WHOLE if self.people else NOBODY

    def person(self, id: UUID | None) -> Somebody | None:
        """The person of that id in this record; None where there is none."""
        return next((one for one in self.people if one.id == id), None)

    def _somebody(self, said: Sequence[Named], number: int) -> Somebody:
        last = said[-1]
        trusted = any(each.trust == Trust.YES and not _is_child(each) for each in said)
        return Somebody(
            last.concerned,
            f"Child {number}" if last.child else f"Adult {number}",
            last.child,
            last.part,
            last.trust,
            _is_child(last) or trusted,
            trusted,
            tuple(_lines(said)),
            self._rulings(last.concerned),
            in_words(self._harm[last.concerned]) if last.concerned in self._harm else (),
        )

    def _rulings(self, person: UUID | None) -> tuple[Ruling, ...]:
        return tuple(
            Ruling(
                _said(each), each.reason, self._bodies.name(each.actor), each.at, self._second(each)
            )
            for each in reversed(self._decisions)
            if each.concerned == person
        )

    def _second(self, each: Decided) -> str:
        said = self._seconds.get(each.entry, "")
        if said in ("", "agreed"):
            return "" if each.counts else "ended"
        return said

    def _done_for(self, namings: Sequence[Named]) -> Iterator[tuple[UUID, tuple[str, str]]]:
        labels = {one.id: one.label for one in self.people}
        for naming in namings:
            yield naming.entry, (labels[naming.concerned], "")
        for each in self._decisions:
            whom = labels[each.concerned] if each.concerned else NOBODY
            yield each.entry, (whom, _said(each))


def _is_child(said: Named) -> bool:
    return said.child or said.part == Part.CHILD


def _said(decided: Decided) -> str:
    return CHOICES[Choice(decided.decision)]


def _lines(said: Sequence[Named]) -> Iterator[Line]:
    for field in TOLD:
        told = [each.words.get(field, "").strip() for each in reversed(said)]
        there = list(dict.fromkeys(text for text in told if text))
        if there:
            yield Line(LABELS[field], there[0], tuple(there[1:]))
