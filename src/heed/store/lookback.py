"""Looking back among what one may read: ids, then a committed look, then the folds over what was there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.core.ports import Chance
from heed.lookback.answer import Answer, Head, Question
from heed.lookback.commands import look_back
from heed.lookback.events import Known
from heed.lookback.rules import end_of, parted
from heed.lookback.view import AsAt
from heed.register.entry import Header, Recipients
from heed.register.upcast import upcast_facts
from heed.store.readable import Desk
from heed.store.searching import LONGEST

PAGE = 25
"""Records, or things, that one page of an answer tells of."""

_FOUND = "SELECT * FROM machinery.look_back(%s, %s, %s, %s::timestamptz, %s::uuid, %s)"
_ENTRIES = "SELECT header, told::text, reached FROM machinery.looked_back(%s::uuid[], %s)"
_KNOWN = "SELECT * FROM machinery.known_to(%s::uuid[], %s, %s::timestamptz, %s::uuid, %s)"
_HEAD = "SELECT * FROM machinery.head_by(%s)"

Place = tuple[datetime, UUID]


class Page(NamedTuple):
    """One page of an answer, and the place behind which the next one begins; None: there is no more.

    `head`: the newest that was signed by the instant to which the answer goes. It stands beside the answer,
    not in it: it counts every entry, also what the reader may not see.
    """

    answer: Answer
    further: Place | None
    head: Head | None


class Asker(NamedTuple):
    """Who asks, by their session's key, and why where they must say so; and what seals the question."""

    key: str
    person: UUID
    chance: Chance
    recipients: Recipients
    why: str = ""


def received(desk: Desk, asker: Asker, question: Question, after: Place | None = None) -> Page:
    """What had been received that holds the words, oldest first, behind a place; raises as Desk.append.

    The question, and which records the answer shows, is on the record before it shows them; also
    where it shows none.
    """
    words = question.about[:LONGEST].replace("\0", " ")
    span = (end_of(question.by), question.known)
    found = desk.rows(asker.key, _FOUND, (words, *span, *(after or (None, None)), PAGE + 1))
    shown = {record: entries for record, _, entries in found[:PAGE]}
    _record(desk, asker, question, list(shown))
    then = _as_at(desk, asker.key, list(shown), question.known)
    told = [
        then.received(record, entries)
        for record, entries in shown.items()
        if record in then.concerns.records  # else it was restricted just now
    ]
    certain, possible = parted(told, question.by)
    further = (found[PAGE - 1][1], found[PAGE - 1][0]) if len(found) > PAGE else None
    return Page(Answer(question, certain, possible), further, _head(desk, asker.key, question))


def known(
    desk: Desk,
    asker: Asker,
    question: Question,
    people: Sequence[UUID],
    after: Place | None = None,
) -> Page:
    """What came before these people, and what they did, oldest first, behind a place; for an overseer.

    None for anybody else, and never of the asker. The question is on the record first. A page ends with
    all of its last entry.
    """
    _record(desk, asker, question, [])
    span = (question.known, *(after or (None, None)), PAGE)
    rows = desk.rows(asker.key, _KNOWN, (list(people), *span))
    told = sorted(
        (
            Known(at, entry, person, what, detail, tuple(records), tuple(references))
            for at, entry, person, what, detail, records, references in rows
        ),
        key=lambda one: (one.at, one.entry, one.person, one.what),
    )
    further = (told[-1].at, told[-1].entry) if len(told) >= PAGE else None
    return Page(Answer(question, known=told), further, _head(desk, asker.key, question))


def _record(desk: Desk, asker: Asker, question: Question, records: Sequence[UUID]) -> None:
    entry = look_back(
        asker.chance,
        asker.recipients,
        person=asker.person,
        records=records,
        question=question,
        reason=asker.why,
    )
    desk.append(asker.key, entry)


def _as_at(desk: Desk, key: str, records: Sequence[UUID], known: datetime) -> AsAt:
    then = AsAt()
    for header, told, reached in desk.rows(key, _ENTRIES, (list(records), known)):
        entry = Header.decode(bytes(header))
        then.take(entry, upcast_facts(entry.kind, json.loads(told)), reached)
    return then


def _head(desk: Desk, key: str, question: Question) -> Head | None:
    rows = desk.rows(key, _HEAD, (question.known,))
    return Head(*rows[0]) if rows else None
