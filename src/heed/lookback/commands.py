"""Asking what was known: the question is on the record before any answer is shown."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.lookback.answer import Question
from heed.register.entry import Recipients, write

PURPOSE = "lookback"


def look_back(
    chance: Chance,
    recipients: Recipients,
    *,
    person: UUID,
    records: Sequence[UUID],
    question: Question,
    reason: str = "",
) -> SealedEntry:
    """Somebody asks what was known, and is shown facts of these records; it opens none.

    What they ask, and why, is sealed, as all words are.
    """
    words = {
        "about": question.about,
        "by": question.by.isoformat(),
        "people": " ".join(question.people),
        "reading": str(question.reading),
    }
    return write(
        chance,
        recipients,
        kind=Kind.LOOKED,
        stream=person,
        actor=Actor.WORKER,
        body=words | ({"reason": reason} if reason else {}),
        claims={"records": [str(record) for record in records], "purpose": PURPOSE},
    )
