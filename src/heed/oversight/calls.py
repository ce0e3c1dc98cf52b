"""Who was called about which record because a child may be in danger, and who said "I have this"."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.rules import RULES
from heed.core.vocabulary import Kind
from heed.intake.view import Concerns, presses
from heed.register.entry import Header

NEXT = RULES.always("C28")
"""So long after a call that nobody answered, the next person is called."""

ACT = RULES.always("own.act")
"""So long after the first call somebody has decided, or rung; else the next person is called."""


class CallOut(NamedTuple):
    """The rule had this person called. `why`: first, unanswered, undecided, refused or unread."""

    entry: UUID
    record: UUID
    version: int
    person: UUID
    why: str
    at: datetime
    answered_at: datetime | None = None


class Calls:
    """Every call-out so far; when somebody last acted, and was called since, stand with the record's facts."""

    def __init__(self, concerns: Concerns) -> None:
        self.calls: dict[UUID, CallOut] = {}
        self._made: defaultdict[UUID, list[CallOut]] = defaultdict(list)
        self._acts: defaultdict[UUID, dict[UUID, Header]] = defaultdict(dict)
        self._concerns = concerns

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the rows that it changed beside its own.

        The SQL twins are register.apply_calling(), register.acts() and register.count_to_do().
        """
        record, at = header.stream, header.recorded_at
        if record not in self._concerns.records:
            return set()
        known = self._concerns.records[record]
        match header.kind:
            case Kind.CALL_OUT:
                person, why = UUID(facts["person"]), facts["why"]
                made = CallOut(header.id, record, header.version, person, why, at)
                self.calls[header.id] = made
                self._made[record].append(made)
                self._concerns.records[record] = known._replace(called_at=at)
            case Kind.CALL_ANSWERED:
                call = UUID(facts["call"])
                self.calls[call] = self.calls[call]._replace(answered_at=at)
                return {call}
            case Kind.FILED if header.version > 1 and presses(facts):
                self._count(record)
            case Kind.REFERRED if (facts["route"], facts["how"]) != ("protecting", "telephone"):
                pass
            case Kind.DECIDED if "second" in facts:
                pass
            case Kind.SECONDED if facts["outcome"] != "agreed":
                pass
            case Kind.DECIDED | Kind.CALLED | Kind.REFERRED | Kind.SECONDED:
                self._acts[record][header.id] = header
                self._count(record)
            case Kind.REFERRAL_HEARD if facts["what"] == "in error":
                self._acts[record].pop(UUID(facts["referral"]), None)
                self._count(record)
        return set()

    def _count(self, record: UUID) -> None:
        acts = self._acts[record].values()
        last = max((act.version for act in acts), default=0)
        since = [made.at for made in self._made[record] if made.version > last]
        known = self._concerns.records[record]
        since_pressed = (act.recorded_at for act in acts if act.version > known.pressed)
        self._concerns.records[record] = known._replace(
            acted_at=max(since_pressed, default=None),
            called_at=since[-1] if since else None,
        )
