"""Reading that is asked for: leave from whoever answers for a record, and the emergency opening."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.core.working_days import after, working_day_of
from heed.register.entry import Header

GRANTED_FOR = timedelta(days=7)
GLASS_FOR = timedelta(hours=4)
GRANTED, EMERGENCY = "granted", "emergency"
REVIEW_DAYS = 2
"""Working days in which somebody else says whether an emergency opening was right."""

_REFERENCE = re.compile(r"[2-9BCDFGHJKMNPQRSTVWXYZ]{10}")


class Asking(NamedTuple):
    """Somebody asked to read a record by its reference; `record` is None where it names none to them.

    `state`: open, granted or declined, by the entry `answer`.
    """

    entry: UUID
    person: UUID
    record: UUID | None
    at: datetime
    state: str
    answer: UUID | None


class Opening(NamedTuple):
    """A record is open to somebody for a time: `how` is "granted", by `given_by`, or "emergency".

    An emergency that needed somebody's yes first has it from `given_by`. `ended`: leave that ended
    before its time. `record` is None for an emergency opening that opened nothing. `review`: the
    entry in which somebody else said that it was right or not.
    """

    entry: UUID
    person: UUID
    record: UUID | None
    how: str
    at: datetime
    until: datetime
    given_by: UUID | None
    ended: bool
    reviewed_by: UUID | None
    outcome: str | None
    review: UUID | None


class Openings:
    """What was asked for and what stands open, as the entries so far have made it."""

    def __init__(self) -> None:
        self.askings: dict[UUID, Asking] = {}
        self.openings: dict[UUID, Opening] = {}
        self._granted: dict[UUID, set[UUID]] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the rows that it changed beside its own.

        The SQL twins are register.apply_openings() and register.end_leave(). What this version could
        not read of another stream is no fault of the entry: it changes nothing then.
        """
        entry, stream, at = header.id, header.stream, header.recorded_at
        ended = {UUID(one) for one in facts.get("ended", ())}
        match header.kind:
            case Kind.ACCESS_ASKED:
                self.askings[entry] = Asking(entry, stream, _id(facts["record"]), at, "open", None)
            case Kind.ACCESS_GRANTED | Kind.ACCESS_DECLINED:
                granted = header.kind == Kind.ACCESS_GRANTED
                if granted:
                    person, giver = UUID(facts["person"]), UUID(facts["actor"])
                    self._open(entry, person, stream, GRANTED, at, at + GRANTED_FOR, giver)
                    self._granted.setdefault(stream, set()).add(entry)
                return self._answered(UUID(facts["asking"]), entry, granted)
            case Kind.ACCESS_GIVEN:
                person, giver = UUID(facts["person"]), UUID(facts["actor"])
                self._open(entry, person, stream, GRANTED, at, at + GRANTED_FOR, giver)
                self._granted.setdefault(stream, set()).add(entry)
            case Kind.GLASS_BROKEN:
                self._open(entry, stream, _id(facts["record"]), EMERGENCY, at, at + GLASS_FOR, None)
            case Kind.GLASS_APPROVED:
                until, giver = at + GLASS_FOR, UUID(facts["actor"])
                self._open(entry, stream, UUID(facts["record"]), EMERGENCY, at, until, giver)
            case Kind.GLASS_REVIEWED:
                return self._reviewed(UUID(facts["glass"]), entry, facts)
            case Kind.HAND_OVER_ACCEPTED:
                ended = self._granted.pop(stream, set())
        ended &= self.openings.keys()
        for one in ended:
            self.openings[one] = self.openings[one]._replace(ended=True)
        return ended

    def _open(
        self,
        entry: UUID,
        person: UUID,
        record: UUID | None,
        how: str,
        at: datetime,
        until: datetime,
        giver: UUID | None,
    ) -> None:
        self.openings[entry] = Opening(
            entry, person, record, how, at, until, giver, False, None, None, None
        )

    def _answered(self, asking: UUID, entry: UUID, granted: bool) -> set[UUID]:
        if asking not in self.askings:
            return set()
        state = "granted" if granted else "declined"
        self.askings[asking] = self.askings[asking]._replace(state=state, answer=entry)
        return {asking}

    def _reviewed(self, glass: UUID, entry: UUID, facts: dict[str, Any]) -> set[UUID]:
        if glass not in self.openings:
            return set()
        self.openings[glass] = self.openings[glass]._replace(
            reviewed_by=UUID(facts["actor"]), outcome=facts["outcome"], review=entry
        )
        return {glass}


def reference_of(said: str) -> str | None:
    """A record's reference as it is written, from how people type it; None for what is none."""
    letters = re.sub(r"[\s\N{EN DASH}-]", "", said).upper()
    return f"{letters[:5]}-{letters[5:]}" if _REFERENCE.fullmatch(letters) else None


def review_by(at: datetime) -> date:
    """The last day on which an emergency opening is reviewed in time: T+2 (conventions)."""
    return after(working_day_of(at), REVIEW_DAYS)


def _id(said: str | None) -> UUID | None:
    return UUID(said) if said else None
