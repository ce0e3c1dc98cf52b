"""What is known of each concern: when it came, how, who answers for it, and whether it was opened."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.access.view import early_at, looked_at
from heed.core.vocabulary import Kind
from heed.register.entry import Header


class Record(NamedTuple):
    """One concern: facts only, no words.

    `danger` is the gravest that was said, `said_at` when the reporter last said something, `opened_at`
    the newest look. `spooled_at` is the spool's claim, not a receipt. `handed`: hand-overs accepted.
    `unseen_since`: the oldest thing said after the newest look; None: all was seen. The next four are
    counted by triage: people for whom a decision is wanted (`wanted`), those of them without one
    (`undecided`, of whom so many adults), and decisions made where nobody was named. `aside_at`: put
    aside then, and nothing new since. `chased`: the working days after which somebody was last told that
    it waits (oversight/ladder.py), counted from receipt, or from `anew_at`, when something began to wait in it
    after nothing had. `to_do`: "act_now" or "refer" was decided `to_do_since`, and
    nothing done is written down, or they were told then and nobody said that they have it ("confirm");
    counted by triage, too. `acted_at`: when somebody last acted;
    `young`: a child wrote it; `pressed`: the version that said danger again, or that a child writes: what was
    done before is no act; `called_at`: when somebody was last called since (oversight/calls.py).
    """

    id: UUID
    reference: str
    channel: str
    danger: str
    owner: UUID
    filed_at: datetime
    said_at: datetime
    spooled_at: datetime | None
    opened_at: datetime | None
    opened_by: UUID | None
    handed: int
    unseen_since: datetime | None = None
    wanted: int = 0
    undecided: int = 0
    undecided_adults: int = 0
    decided_alone: int = 0
    aside_at: datetime | None = None
    chased: int = 0
    to_do: str | None = None
    to_do_since: datetime | None = None
    acted_at: datetime | None = None
    young: bool | None = None
    called_at: datetime | None = None
    pressed: int = 0
    anew_at: datetime | None = None


class Item(NamedTuple):
    """One thing said in a record: the concern itself, an addition, an answer."""

    entry: UUID
    record: UUID
    version: int
    kind: str
    at: datetime
    actor: UUID | None


class Offer(NamedTuple):
    """A hand-over that was offered: the giver answers for the record until the taker accepts.

    `state`: open, accepted, declined, or overtaken by a change of people or restrictions.
    """

    entry: UUID
    record: UUID
    giver: UUID
    taker: UUID
    at: datetime
    state: str


class Passed(NamedTuple):
    """What the rule gave to others by one entry: from whom and to whom, in the order of `records`."""

    entry: UUID
    records: tuple[UUID, ...]
    givers: tuple[UUID, ...]
    takers: tuple[UUID, ...]
    kind: str
    at: datetime


class Mention(NamedTuple):
    """A unit whose name stands in what was told; nobody is restricted for it."""

    entry: UUID
    record: UUID
    unit: UUID
    at: datetime


SAID = frozenset({Kind.FILED, Kind.ADDED})
DONE = frozenset(
    {Kind.ANSWERED, Kind.WALLED, Kind.NAME_MATCHED, Kind.WALL_CONFIRMED}
    | {Kind.LIFT_ASKED, Kind.WALL_LIFTED}
    | {Kind.HAND_OVER_OFFERED, Kind.HAND_OVER_ACCEPTED, Kind.HAND_OVER_DECLINED}
    | {Kind.SORTED, Kind.REVIEWED, Kind.NOTED, Kind.CALLED, Kind.PARENTS_TOLD}
    | {Kind.CHILD_NAMED, Kind.ADULT_NAMED, Kind.DECIDED}
    | {Kind.FILE_ADDED, Kind.FILE_FLAGGED, Kind.FLAG_WITHDRAWAL_ASKED, Kind.FLAG_WITHDRAWN}
    | {Kind.ACCESS_GRANTED, Kind.ACCESS_DECLINED, Kind.ACCESS_GIVEN, Kind.ACCESS_ENDED}
    | {Kind.IDENTITY_SEALED, Kind.IDENTITY_ASKED, Kind.IDENTITY_AGREED}
    | {Kind.IDENTITY_DECLINED, Kind.IDENTITY_OPENED, Kind.IDENTITY_REVIEWED}
    | {Kind.CRITICISED, Kind.REFERRED, Kind.REFERRAL_HEARD, Kind.PACK_MADE}
    | {Kind.CALL_OUT, Kind.CALL_ANSWERED}
    | {Kind.REPORTER_TOLD, Kind.TELLING_HELD, Kind.CHALLENGE_ANSWERED}
    | {Kind.LINK_MADE, Kind.LINK_SENT, Kind.LINK_ENDED}
    | {Kind.HARM_TESTED, Kind.SECONDED}
)
"""What reporters say, and what workers do, in a record's own stream."""


class Concerns:
    """The records, their items and their hand-overs that the entries so far have made."""

    def __init__(self) -> None:
        self.records: dict[UUID, Record] = {}
        self.items: dict[UUID, Item] = {}
        self.offers: dict[UUID, Offer] = {}
        self.passed: dict[UUID, Passed] = {}
        self.mentions: dict[UUID, Mention] = {}
        self._said: dict[UUID, list[datetime]] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply()."""
        if header.kind == Kind.LOOKED and facts["purpose"] in ("own queue", "print"):
            self._opened(header, facts)
        self._handed_over(header, facts)
        self._pass_on(header, owners(facts))
        if header.kind == Kind.UNIT_NAMED:
            unit = UUID(facts["unit"])
            self.mentions[header.id] = Mention(header.id, header.stream, unit, header.recorded_at)
        for offer in overtaken(facts):
            self.offers[offer] = self.offers[offer]._replace(state="overtaken")
        if header.kind == Kind.LINK_HEARD and "news" in facts:
            self._answered(header, UUID(facts["record"]))
        if header.kind not in SAID | DONE:
            return
        if header.kind == Kind.FILED and header.version == 1:
            spooled = facts["spooled_at"]
            self.records[header.stream] = Record(
                id=header.stream,
                reference=facts["reference"],
                channel=facts["channel"],
                danger=facts["danger"],
                owner=UUID(facts["owner"]),
                filed_at=header.recorded_at,
                said_at=header.recorded_at,
                spooled_at=datetime.fromisoformat(spooled) if spooled else None,
                opened_at=None,
                opened_by=None,
                handed=0,
                young=facts.get("young"),
            )
        elif _is_said(header, facts):
            self._said_more(header, facts)
        self._put_aside(header, facts)
        if _is_said(header, facts):
            self._to_see(header, header.stream)
        actor = facts.get("actor")
        self.items[header.id] = Item(
            header.id,
            header.stream,
            header.version,
            header.kind,
            header.recorded_at,
            UUID(actor) if actor else None,
        )

    def _answered(self, header: Header, record: UUID) -> None:
        """Whoever got a referral answered by its link, in a stream of their own."""
        self.records[record] = self.records[record]._replace(aside_at=None)
        self._to_see(header, record)

    def _to_see(self, header: Header, record: UUID) -> None:
        self._said.setdefault(record, []).append(header.recorded_at)
        self._count_unseen(record)

    def _pass_on(self, header: Header, pairs: tuple[tuple[UUID, UUID], ...]) -> None:
        if not pairs:
            return
        records, takers = zip(*pairs, strict=True)
        self.passed[header.id] = Passed(
            header.id,
            records,
            tuple(self.records[record].owner for record in records),
            takers,
            header.kind,
            header.recorded_at,
        )
        for record, owner in pairs:
            self.records[record] = self.records[record]._replace(owner=owner, aside_at=None)

    def _handed_over(self, header: Header, facts: dict[str, Any]) -> None:
        match header.kind:
            case Kind.HAND_OVER_OFFERED:
                giver = UUID(
                    facts.get("giver") or facts["actor"]
                )  # a manager offers in its owner's place
                taker, state = UUID(facts["taker"]), facts.get("state", "open")
                self.offers[header.id] = Offer(
                    header.id, header.stream, giver, taker, header.recorded_at, state
                )
            case Kind.HAND_OVER_ACCEPTED:
                offer = self.offers[UUID(facts["offer"])]
                self.offers[offer.entry] = offer._replace(state="accepted")
                known = self.records[header.stream]
                self.records[header.stream] = known._replace(
                    owner=UUID(facts["actor"]), handed=known.handed + 1, aside_at=None
                )
            case Kind.HAND_OVER_DECLINED:
                offer = self.offers[UUID(facts["offer"])]
                self.offers[offer.entry] = offer._replace(state="declined")

    def _said_more(self, header: Header, facts: dict[str, Any]) -> None:
        """What is said later counts at once; danger, or that a child writes, is never unsaid."""
        known = self.records[header.stream]
        said = {known.danger, facts.get("danger")}
        gravest = next((danger for danger in ("yes", "unknown") if danger in said), known.danger)
        self.records[header.stream] = known._replace(
            said_at=max(known.said_at, header.recorded_at),
            danger=gravest,
            young=known.young or facts.get("young"),
            pressed=header.version if presses(facts) else known.pressed,
            aside_at=None,
        )

    def _put_aside(self, header: Header, facts: dict[str, Any]) -> None:
        """What is no concern, or a copy, leaves the queue; a review can bring it back."""
        if header.kind == Kind.SORTED:
            aside = header.recorded_at if facts["outcome"] != "concern" else None
            self.records[header.stream] = self.records[header.stream]._replace(aside_at=aside)
        elif header.kind == Kind.REVIEWED and facts["outcome"] == "look again":
            self.records[header.stream] = self.records[header.stream]._replace(aside_at=None)

    def _opened(self, header: Header, facts: dict[str, Any]) -> None:
        """The newest look opened a record, whichever of two looks came to the tree first."""
        look = (header.recorded_at, header.stream)
        for record in (one for one in looked_at(facts) if one not in early_at(facts)):
            known = self.records[record]
            if (
                known.opened_at is None
                or known.opened_by is None
                or (known.opened_at, known.opened_by) < look
            ):
                self.records[record] = known._replace(opened_at=look[0], opened_by=look[1])
                self._count_unseen(record)

    def _count_unseen(self, record: UUID) -> None:
        """The same whichever of a look and an addition came to the tree first."""
        known = self.records[record]
        unseen = [
            at
            for at in self._said.get(record, ())
            if known.opened_at is None or at > known.opened_at
        ]
        self.records[record] = known._replace(unseen_since=min(unseen, default=None))


def _is_said(header: Header, facts: dict[str, Any]) -> bool:
    """Whether it must be seen: said by a reporter or for them, or a file that is news to its owner."""
    if header.kind != Kind.FILE_ADDED:
        return header.kind in SAID
    return not facts["actor"] or facts.get("news_to") is not None


def presses(facts: dict[str, Any]) -> bool:
    """Whether danger was said, or that a child writes: whatever was done before it is not enough."""
    return facts.get("danger") == "yes" or "young" in facts


def owners(facts: dict[str, Any]) -> tuple[tuple[UUID, UUID], ...]:
    """The records that an entry gave another owner, each with the new one."""
    pairs = (pair.split(" ") for pair in facts.get("owners", ()))
    return tuple((UUID(record), UUID(owner)) for record, owner in pairs)


def overtaken(facts: dict[str, Any]) -> tuple[UUID, ...]:
    """The offers that an entry ended."""
    return tuple(UUID(offer) for offer in facts.get("overtaken", ()))
