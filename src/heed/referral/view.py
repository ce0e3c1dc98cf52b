"""The fold of referrals: to whom, what came of it, whose response is criticised, how bodies are reached."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.register.entry import Header


class Criticism(NamedTuple):
    """A body's response is criticised; `stands` false: that was said in error. The newest counts."""

    entry: UUID
    record: UUID
    version: int
    body: str
    stands: bool
    at: datetime
    actor: UUID


class Referral(NamedTuple):
    """A concern went to a body by a route. `concerned` None: for the record, where nobody is named.

    `told_at`: when they were told, where that was at once. `rung_back_at`: of a body that is not listed.
    """

    entry: UUID
    record: UUID
    concerned: UUID | None
    version: int
    route: str
    body: str
    how: str
    told_at: datetime | None
    rung_back_at: datetime | None
    at: datetime
    actor: UUID


class Step(NamedTuple):
    """One thing that was heard of a referral; `actor` None: from who opened it, or the sweep, by `link`.

    `news`: whoever answers for the record must see it.
    """

    entry: UUID
    referral: UUID
    record: UUID
    version: int
    what: str
    happened_at: datetime
    at: datetime
    actor: UUID | None
    link: UUID | None = None
    news: bool | None = None


class Link(NamedTuple):
    """A link by which a referral can be opened; `ended_at`: when it was taken back.

    `pack`: the entry of what it gives; None of those that were made before links named it.
    """

    entry: UUID
    record: UUID
    referral: UUID
    at: datetime
    actor: UUID
    ended_at: datetime | None = None
    pack: UUID | None = None


class Reach(NamedTuple):
    """How a body is reached; its words say where."""

    entry: UUID
    body: str
    how: str
    checked_on: date
    at: datetime
    actor: UUID


class Referrals:
    """The referrals, what came of them, and the ways to reach bodies that the entries so far have made."""

    def __init__(self) -> None:
        self.criticisms: dict[UUID, Criticism] = {}
        self.referrals: dict[UUID, Referral] = {}
        self.steps: dict[UUID, Step] = {}
        self.links: dict[UUID, Link] = {}
        self.reaches: dict[UUID, Reach] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> None:
        """Take one entry in, in the log's order; the SQL twin is register.apply_referral()."""
        match header.kind:
            case Kind.CRITICISED:
                self.criticisms[header.id] = Criticism(
                    header.id,
                    header.stream,
                    header.version,
                    facts["body"],
                    facts["stands"],
                    header.recorded_at,
                    UUID(facts["actor"]),
                )
            case Kind.REFERRED:
                self.referrals[header.id] = _referral(header, facts)
            case Kind.REFERRAL_HEARD:
                self.steps[header.id] = Step(
                    header.id,
                    UUID(facts["referral"]),
                    header.stream,
                    header.version,
                    facts["what"],
                    datetime.fromisoformat(facts["happened_at"]),
                    header.recorded_at,
                    UUID(facts["actor"]),
                )
            case Kind.LINK_SENT | Kind.LINK_HEARD:
                self.steps[header.id] = Step(
                    header.id,
                    UUID(facts["referral"]),
                    UUID(facts.get("record", str(header.stream))),
                    header.version,
                    facts["what"],
                    header.recorded_at,
                    header.recorded_at,
                    None,
                    UUID(facts["link"]),
                    facts.get("news"),
                )
            case Kind.LINK_MADE:
                self.links[header.id] = Link(
                    header.id,
                    header.stream,
                    UUID(facts["referral"]),
                    header.recorded_at,
                    UUID(facts["actor"]),
                    pack=UUID(facts["pack"]) if "pack" in facts else None,
                )
            case Kind.LINK_ENDED:
                link = self.links[UUID(facts["link"])]
                self.links[link.entry] = link._replace(ended_at=header.recorded_at)
            case Kind.REACH_KEPT:
                self.reaches[header.id] = Reach(
                    header.id,
                    facts["body"],
                    facts["how"],
                    date.fromisoformat(facts["checked_on"]),
                    header.recorded_at,
                    UUID(facts["actor"]),
                )


def _referral(header: Header, facts: dict[str, Any]) -> Referral:
    named = facts["concerned"]
    return Referral(
        header.id,
        header.stream,
        UUID(named) if named else None,
        header.version,
        facts["route"],
        facts["body"],
        facts["how"],
        _instant(facts["told_at"]),
        _instant(facts["rung_back_at"]),
        header.recorded_at,
        UUID(facts["actor"]),
    )


def _instant(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
