"""Whom each concern is about, what was decided for each of them, and which concerns belong together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.intake.view import Concerns
from heed.register.entry import Header

NOTHING = "no_further_action"

TO_DO = ("act_now", "refer")
"""Decisions that somebody carries out outside this system."""

CONFIRM = "confirm"
"""A referral was sent, and nobody said that it was received."""

DECLINED = "declined"
"""Whoever got a referral does not accept it, and nothing was written down since."""

PRESSING = (*TO_DO, DECLINED, CONFIRM)
"""What is to be done, the most pressing first."""

CONFIRMED = frozenset({"acknowledged", "accepted", "declined", "reference", "outcome"})
"""What a body says of a referral by which it is known to have it."""


class Naming(NamedTuple):
    """One thing said of a person whom a record is about; the words hold all but these.

    `concerned` is who, the same each time. `part` and `trust` are blank for a child.
    """

    entry: UUID
    record: UUID
    concerned: UUID
    version: int
    child: bool
    part: str
    trust: str
    at: datetime
    actor: UUID

    @property
    def trusted(self) -> bool:
        """Whether this says that they are an adult in a position of trust, which nobody takes back alone."""
        return self.adult and self.trust == "yes"

    @property
    def adult(self) -> bool:
        """Whether they count as an adult: a child alleged to have harmed is a child."""
        return not (self.child or self.part == "child")


class Decision(NamedTuple):
    """What was decided for a person; `concerned` None: nobody was named yet.

    `again_at`: when somebody else said that it must be decided again.
    """

    entry: UUID
    record: UUID
    concerned: UUID | None
    version: int
    decision: str
    at: datetime
    actor: UUID
    again_at: datetime | None = None


class Joined(NamedTuple):
    """Two records that somebody said are about the same child, until somebody parted them."""

    id: UUID
    record: UUID
    other: UUID
    at: datetime
    actor: UUID
    parted_at: datetime | None = None
    parted_by: UUID | None = None


class Sent(NamedTuple):
    """What of a referral counts. `version`, `at`: of the entry by which they were told; None: not yet.

    `opened_at`: when somebody opened its link first: in a stream of their own, so that has no version here.
    """

    concerned: UUID | None
    protecting: bool
    version: int | None
    at: datetime | None
    confirmed: bool = False
    answered: tuple[datetime, bool] | None = None
    """What was said last of accepting it: when, and whether they declined."""
    opened_at: datetime | None = None

    @property
    def since(self) -> datetime | None:
        """Since when they have it: it was sent, or opened. The SQL twin is register.unconfirmed_since()."""
        return min((at for at in (self.at, self.opened_at) if at), default=None)

    def behind(self, made: Decision) -> bool:
        """Whether they were told only once that was decided."""
        if self.version is not None and self.version < made.version:
            return False
        if self.opened_at is not None and self.opened_at <= made.at:
            return False
        return self.since is not None

    @property
    def declined_at(self) -> datetime | None:
        """Since when it stands declined; the SQL twin is register.declined_since()."""
        return self.answered[0] if self.answered and self.answered[1] else None

    def did(self, made: Decision, named: Mapping[UUID, Naming]) -> bool:
        """Whether this does what was decided before it; the SQL twin is register.was_referred().

        `named`: what was said last of each person. Accountability keeps no child safe.
        """
        if not self.behind(made) or self.declined_at:
            return False
        if not self.protecting:
            if made.concerned is None or self.concerned != made.concerned:
                return False
            return made.decision == "refer" and named[made.concerned].adult
        return None in (self.concerned, made.concerned) or self.concerned == made.concerned


class HarmTest(NamedTuple):
    """The four limbs for an adult in a position of trust; each "yes", "no" or "unknown".

    `works`: with other children; `employer`: "told" or "not told".
    """

    entry: UUID
    record: UUID
    concerned: UUID
    version: int
    harmed: str
    offence: str
    risk: str
    unsuitable: str
    works: str
    employer: str
    at: datetime
    actor: UUID

    @property
    def judged(self) -> tuple[str, ...]:
        """What a second person judges by; the SQL twin is register.answered_otherwise()."""
        return self.harmed, self.offence, self.risk, self.unsuitable, self.works


class Seconding(NamedTuple):
    """A decision that counts only once somebody else agreed; `why`: "adult", "danger" or "many"."""

    entry: UUID
    record: UUID
    concerned: UUID | None
    why: str
    decided_by: UUID
    at: datetime
    outcome: str | None = None
    answered_by: UUID | None = None
    answer: UUID | None = None
    answered_at: datetime | None = None


LIMBS = ("harmed", "offence", "risk", "unsuitable")
"""The four limbs of the harm test, in the order of their source (triage/data/lado.toml)."""


class Concerned:
    """The people, decisions and joined records that the entries so far have made.

    It counts in the records of `concerns` what is still undecided, and what was decided to be done.
    """

    def __init__(self, concerns: Concerns) -> None:
        self.namings: dict[UUID, Naming] = {}
        self.decisions: dict[UUID, Decision] = {}
        self.joined: dict[UUID, Joined] = {}
        self._concerns = concerns
        self._newest: dict[UUID, dict[UUID, Naming]] = {}
        self._trusted: set[tuple[UUID, UUID]] = set()
        self._decided: dict[UUID, list[UUID]] = {}
        self._written: dict[UUID, int] = {}
        self._done_at: dict[UUID, datetime] = {}
        self._sent: dict[UUID, dict[UUID, Sent]] = {}
        self.tests: dict[UUID, HarmTest] = {}
        self._tested: dict[tuple[UUID, UUID], HarmTest] = {}
        self.secondings: dict[UUID, Seconding] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the rows that it changed beside its own.

        The SQL twin is register.apply_concerned().
        """
        changed: set[UUID] = set()
        match header.kind:
            case Kind.CHILD_NAMED | Kind.ADULT_NAMED:
                self._name(header, facts)
            case Kind.DECIDED:
                self._decide(header, facts)
            case Kind.NOTED | Kind.CALLED:
                self._written[header.stream] = header.version
                self._done(header)
                self._count_to_do(header.stream)
            case Kind.REFERRED:
                named = facts["concerned"]
                told = header.version if facts["told_at"] else None
                self._done(header)
                self._sent.setdefault(header.stream, {})[header.id] = Sent(
                    UUID(named) if named else None,
                    facts["route"] == "protecting",
                    told,
                    header.recorded_at if told else None,
                )
                self._count_to_do(header.stream)
            case Kind.REFERRAL_HEARD:
                self._hear(header, header.stream, UUID(facts["referral"]), facts["what"])
            case Kind.LINK_SENT | Kind.LINK_HEARD:
                record = UUID(facts.get("record", str(header.stream)))
                self._hear(header, record, UUID(facts["referral"]), facts["what"])
            case Kind.REVIEWED if facts["outcome"] == "look again":
                if UUID(facts["sorting"]) in self.decisions:
                    changed = self._reopen(header, UUID(facts["sorting"]), header.version)
                self._count(header.stream)
            case Kind.HARM_TESTED:
                changed = self._test(header, facts)
            case Kind.FILED if header.version > 1 and facts["danger"] == "yes":
                changed = self._reopen_nothing(header, None)
            case Kind.SECONDED:
                changed = self._second(header, facts)
            case Kind.CHALLENGE_ANSWERED if facts["outcome"] == "decide again":
                changed = self._reopen(header, UUID(facts["decision"]), header.version)
                self._count(header.stream)
            case Kind.CONTACT_JOINED:
                self.joined[header.stream] = Joined(
                    header.stream,
                    UUID(facts["record"]),
                    UUID(facts["other"]),
                    header.recorded_at,
                    UUID(facts["actor"]),
                )
            case Kind.CONTACT_PARTED:
                self.joined[header.stream] = self.joined[header.stream]._replace(
                    parted_at=header.recorded_at, parted_by=UUID(facts["actor"])
                )
        return changed

    def _reopen(self, header: Header, decision: UUID, version: int) -> set[UUID]:
        """None made for the same person by then counts any more; the SQL twin is register.reopen()."""
        whom = self.decisions[decision].concerned
        again = [
            one
            for one in self._made(header.stream)
            if one.concerned == whom and one.version <= version and one.again_at is None
        ]
        for one in again:
            self.decisions[one.entry] = one._replace(again_at=header.recorded_at)
        return {one.entry for one in again}

    def _reopen_nothing(self, header: Header, whom: UUID | None) -> set[UUID]:
        """That nothing is done counts no more; None: for nobody. The twin of register.reopen_nothing()."""
        again = [
            one
            for one in self._made(header.stream)
            if one.decision == NOTHING and one.again_at is None and whom in (None, one.concerned)
        ]
        for one in again:
            self.decisions[one.entry] = one._replace(again_at=header.recorded_at)
        if again:
            self._count(header.stream)
        return {one.entry for one in again}

    def _test(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Other answers than those before them undo that nothing is done."""
        said = {name: facts[name] for name in (*LIMBS, "works", "employer")}
        whom = UUID(facts["concerned"])
        made = HarmTest(
            header.id,
            header.stream,
            whom,
            header.version,
            **said,
            at=header.recorded_at,
            actor=UUID(facts["actor"]),
        )
        before = self._tested.get((header.stream, whom))
        self.tests[header.id] = self._tested[header.stream, whom] = made
        if before is None or before.judged == made.judged:
            return set()
        return self._reopen_nothing(header, whom)

    def _made(self, record: UUID) -> list[Decision]:
        return [self.decisions[entry] for entry in self._decided.get(record, [])]

    def _second(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        waits = self.secondings[UUID(facts["seconded"])]
        self.secondings[waits.entry] = waits._replace(
            outcome=facts["outcome"],
            answered_by=UUID(facts["actor"]),
            answer=header.id,
            answered_at=header.recorded_at,
        )
        again: set[UUID] = set()
        if facts["outcome"] == "not agreed":
            about = self.decisions[waits.entry]
            again = self._reopen(header, about.entry, about.version)
        self._count(header.stream)
        self._count_to_do(header.stream)
        return again

    def _agreed(self, one: Decision) -> bool:
        """Whether nobody has to agree to it, or somebody did; the SQL twin is register.is_agreed().

        Never that nothing is done for whoever is, at whatever time, said to be an adult in trust.
        """
        waits = self.secondings.get(one.entry)
        if waits is not None:
            return waits.outcome == "agreed"
        trusted = (one.record, one.concerned) in self._trusted
        return not (trusted and one.decision == NOTHING)

    def _wanted(self, said: Naming) -> bool:
        """Whether a decision is wanted: for children, and for whoever was ever an adult in trust."""
        return not said.adult or (said.record, said.concerned) in self._trusted

    def _done(self, header: Header) -> None:
        known = self._done_at.get(header.stream, header.recorded_at)
        self._done_at[header.stream] = max(known, header.recorded_at)

    def _hear(self, header: Header, record: UUID, referral: UUID, what: str) -> None:
        sent = self._sent[record]
        if referral in sent and what == "opened" and header.kind == Kind.LINK_HEARD:
            first = min(header.recorded_at, sent[referral].opened_at or header.recorded_at)
            sent[referral] = sent[referral]._replace(opened_at=first)
        elif referral in sent and what in ("sent", "opened"):
            if sent[referral].version is None:
                at = header.recorded_at
                sent[referral] = sent[referral]._replace(version=header.version, at=at)
        elif referral in sent and what in CONFIRMED:
            sent[referral] = sent[referral]._replace(confirmed=True)
            if what in ("accepted", DECLINED):
                said = (header.recorded_at, what == DECLINED)
                last = max(said, sent[referral].answered or said)
                sent[referral] = sent[referral]._replace(answered=last)
        elif what == "in error":
            sent.pop(referral, None)
        self._count_to_do(record)

    def _name(self, header: Header, facts: dict[str, Any]) -> None:
        said = Naming(
            header.id,
            header.stream,
            UUID(facts["concerned"]),
            header.version,
            header.kind == Kind.CHILD_NAMED,
            facts.get("part", ""),
            facts.get("trust", ""),
            header.recorded_at,
            UUID(facts["actor"]),
        )
        self.namings[header.id] = said
        self._newest.setdefault(header.stream, {})[said.concerned] = said
        if said.trusted:
            self._trusted.add((said.record, said.concerned))
        self._count(header.stream)
        self._count_to_do(header.stream)

    def _decide(self, header: Header, facts: dict[str, Any]) -> None:
        named = facts["concerned"]
        made = Decision(
            header.id,
            header.stream,
            UUID(named) if named else None,
            header.version,
            facts["decision"],
            header.recorded_at,
            UUID(facts["actor"]),
        )
        self.decisions[header.id] = made
        if "second" in facts:
            self.secondings[header.id] = Seconding(
                header.id, header.stream, made.concerned, facts["second"], made.actor, made.at
            )
        self._decided.setdefault(header.stream, []).append(made.entry)
        self._count(header.stream)
        self._count_to_do(header.stream)

    def _count(self, record: UUID) -> None:
        made = [one for one in self._made(record) if one.again_at is None and self._agreed(one)]
        decided = {one.concerned for one in made}
        alone = [one for one in made if not one.concerned]
        wanted = [one for one in self._newest.get(record, {}).values() if self._wanted(one)]
        open_yet = [one for one in wanted if one.concerned not in decided]
        self._concerns.records[record] = self._concerns.records[record]._replace(
            wanted=len(wanted),
            undecided=len(open_yet),
            undecided_adults=sum(one.adult for one in open_yet),
            decided_alone=len(alone),
            aside_at=None,
        )

    def _count_to_do(self, record: UUID) -> None:
        """The newest decision for each counts; the SQL twin is register.count_to_do()."""
        made, written = self._made(record), self._written.get(record, 0)
        sent = self._sent.get(record, {}).values()
        newest = {one.concerned: one.decision for one in made if self._agreed(one)}
        named = self._newest.get(record, {})
        waits = [
            (one.decision, one.at)
            for one in made
            if one.decision in TO_DO
            and one.decision == newest.get(one.concerned)
            and one.version > written
            and not any(each.did(one, named) for each in sent)
        ]
        waits += [(CONFIRM, one.since) for one in sent if one.since and not one.confirmed]
        done = self._done_at.get(record)
        refused = [one.declined_at for one in sent if one.declined_at]
        waits += [(DECLINED, at) for at in refused if done is None or done <= at]
        what, since = min(
            waits, key=lambda each: (PRESSING.index(each[0]), each[1]), default=(None, None)
        )
        self._concerns.records[record] = self._concerns.records[record]._replace(
            to_do=what, to_do_since=since
        )
