"""A yes that must come first: somebody who opened records in an emergency twice in thirty days asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from heed.core.vocabulary import Kind
from heed.register.entry import Header


class Approval(NamedTuple):
    """Somebody asks to open one more record; `record` is None where the reference names none to them.

    `given_by` said yes, by the entry `given`, which is also the opening's (access/openings.py).
    """

    entry: UUID
    person: UUID
    record: UUID | None
    at: datetime
    given_by: UUID | None = None
    given: UUID | None = None


class Approvals:
    """What was asked and agreed to, as the entries so far have made it."""

    def __init__(self) -> None:
        self.approvals: dict[UUID, Approval] = {}

    def apply(self, header: Header, facts: dict[str, Any]) -> set[UUID]:
        """Take one entry in, in the log's order; the keys of the rows that it changed beside its own.

        The SQL twin is register.apply_approving(). Of an asking that this version could not read
        nothing is changed.
        """
        if header.kind == Kind.GLASS_ASKED:
            record = UUID(facts["record"]) if facts["record"] else None
            self.approvals[header.id] = Approval(
                header.id, header.stream, record, header.recorded_at
            )
        elif header.kind == Kind.GLASS_APPROVED:
            asking = UUID(facts["asking"])
            if asking in self.approvals:
                self.approvals[asking] = self.approvals[asking]._replace(
                    given_by=UUID(facts["actor"]), given=header.id
                )
                return {asking}
        return set()
