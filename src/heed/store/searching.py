"""Search in plain words among what the reader may read: ids, then a committed look, then facts."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.access import asking
from heed.access.openings import reference_of
from heed.core.ports import Chance
from heed.register.entry import Recipients
from heed.store.readable import Desk

LONGEST = 400
"""Characters of a search that count."""

_IDS = "SELECT machinery.search(%s, %s, %s::timestamptz, %s::uuid, %s)"
_FACTS = """
SELECT r.id, r.reference, r.channel, r.danger, r.filed_at, r.opened_at FROM facts.record r
WHERE r.id = ANY(%s) ORDER BY r.filed_at DESC, r.id DESC
"""


class Hit(NamedTuple):
    """A record that a search found: facts, no words."""

    id: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime
    opened_at: datetime | None


def search(
    desk: Desk,
    key: str,
    reader: UUID,
    sought: str,
    limit: int,
    chance: Chance,
    recipients: Recipients,
    before: tuple[datetime, UUID] | None = None,
) -> tuple[list[Hit], bool]:
    """One page of at most 25, newest first, behind a place; and whether there are older ones.

    Raises as Desk.append. What was looked for, and which records the page shows, is on the record
    before it shows them; also where it shows none.
    """
    words = sought[:LONGEST].replace("\0", " ")
    filed, last = before or (None, None)
    asked = (words, reference_of(words), filed, last, limit + 1)
    found = [row[0] for row in desk.rows(key, _IDS, asked)]
    shown = found[:limit]
    look = asking.search(chance, recipients, person=reader, records=shown, sought=words)
    desk.append(key, look)
    return [Hit(*row) for row in desk.rows(key, _FACTS, (shown,))], len(found) > limit
