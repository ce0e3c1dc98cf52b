"""What staff may read: every question carries who asks, and the database alone decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from psycopg import Connection

from heed.access import commands
from heed.access.remits import look_by_remit
from heed.core import canonical
from heed.core.ports import Appended, Chance, SealedEntry
from heed.register.entry import Recipients
from heed.register.vault import SealingKey
from heed.store.append import append_within
from heed.store.connection import Link, Row, StoreRefused
from heed.triage.clocks import Due, Waiting, next_due

NO_SUCH_RECORD = "HE404"
SIGN_IN_FIRST = "HE009"

_LISTED = """
SELECT r.id, r.reference, r.channel, r.danger, r.filed_at, r.opened_at, r.said_at, r.rank, r.due,
       r.unseen_since, r.wanted, r.undecided, r.undecided_adults, r.decided_alone, r.to_do, r.to_do_since,
       r.young
FROM facts.record r
"""
# Who asks is asked once, not for every row: machinery.me() is volatile. CASE, because without
# samples (facts.sql) the planner takes IS NULL for one row in 200, and sorts all of a queue.
_QUEUE = (
    _LISTED
    + """
WHERE r.owner = (SELECT machinery.me()) AND CASE WHEN r.aside_at IS NULL THEN true END
  AND (r.rank, r.due, r.id) > (%s, %s, %s)
ORDER BY r.rank, r.due, r.id LIMIT %s
"""
)
_RECORD = _LISTED + "WHERE r.id = %s"
_SAID = """
SELECT i.kind, i.at, p.name, w.body
FROM facts.item i
LEFT JOIN words.item w ON w.entry = i.entry
LEFT JOIN words.person p ON p.id = i.actor
WHERE i.record = %s ORDER BY i.version
"""
_TOLD = """
SELECT w.stream, w.body FROM words.item w
WHERE w.stream = ANY (%s) AND w.kind IN ('filed', 'added') ORDER BY w.stream, w.version
"""
_ME = """
SELECT p.id, p.role, coalesce(w.name, ''), s.demonstration, p.posts, p.away_since,
       EXISTS (SELECT FROM machinery.remits_of(p.id))
FROM facts.person p LEFT JOIN words.person w ON w.id = p.id CROSS JOIN machinery.state() s
WHERE p.id = machinery.me()
"""


class NotSignedIn(Exception):
    """No session, or one that has ended, or a person who is no longer active."""


class NoSuchRecord(Exception):
    """There is no such record, or none that this reader may see: nobody can tell which."""


@dataclass(frozen=True)
class Reader:
    """Who is signed in. `name` is blank until the opener has brought it.

    `demonstration`: everything in this register is invented, and the screens say so. `remits`: they may
    read some unit's records by remit.
    """

    id: UUID
    role: str
    name: str
    demonstration: bool
    posts: Sequence[str] = ()
    away_since: datetime | None = None
    remits: bool = False


class Place(NamedTuple):
    """Where a record stands in the queue: the next page begins behind it. `due`: microseconds."""

    rank: int
    due: int
    id: UUID


START = Place(-1, 0, UUID(int=0))
"""Before the first record of any queue."""


@dataclass(frozen=True)
class Listed:
    """One record as a list shows it: facts, no words.

    `opened_at`: the newest look, None where nobody has opened it. `said_at`: the newest thing that
    the reporter said. `place`: where it stands in the queue. `next`: what is due next.
    """

    id: UUID
    reference: str
    channel: str
    danger: str
    filed_at: datetime
    opened_at: datetime | None
    said_at: datetime
    place: Place
    next: Due

    @property
    def news(self) -> bool:
        """Whether the reporter said something since anybody looked."""
        return self.opened_at is not None and self.said_at > self.opened_at


@dataclass(frozen=True)
class Said:
    """One thing said in a record. `body` is None until the opener has brought the words."""

    kind: str
    at: datetime
    by: str
    body: dict[str, Any] | None


@dataclass(frozen=True)
class OpenedRecord:
    """A record with its words. `thread`: the key to which answers are sealed; None: no way back."""

    listed: Listed
    said: tuple[Said, ...]
    thread: SealingKey | None


@dataclass(frozen=True)
class State:
    """Whether the tables stand, and whether something in them could not be read."""

    begun: bool
    stopped: bool
    demonstration: bool


class Desk:
    """The office's only way to the database, as `heed_office`; `key` is always a session key.

    Every method raises StoreAway, StoreRefused, or NotSignedIn.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    def reader(self, key: str) -> Reader:
        """Who this key stands for."""
        with self._as(key) as connection:
            row = connection.execute(_ME).fetchone()
        if row is None:
            raise NotSignedIn
        return Reader(*row)

    def queue(self, key: str, limit: int, after: Place = START) -> list[Listed]:
        """The records for which the reader is accountable, most pressing first, behind a place."""
        with self._as(key) as connection:
            return [_listed(*row) for row in connection.execute(_QUEUE, (*after, limit))]

    def open(
        self,
        key: str,
        reader: UUID,
        record: UUID,
        chance: Chance,
        recipients: Recipients,
        purpose: str = "own queue",
        reason: str = "",
    ) -> OpenedRecord:
        """The words of one record; raises NoSuchRecord. `reason`: why, for whoever reads by remit.

        First the look is committed as an entry, then, in another transaction, the words are read:
        access.md D5. In one transaction the database would give none.
        """
        self.look(key, reader, record, chance, recipients, purpose, reason)
        return self.opened(key, record)

    def opened(self, key: str, record: UUID) -> OpenedRecord:
        """The words of one record whose look is committed already; raises NoSuchRecord."""
        with self._as(key) as connection:
            row = connection.execute(_RECORD, (record,)).fetchone()
            said = connection.execute(_SAID, (record,)).fetchall()
            thread = _thread_key(connection, record)
        if row is None:
            raise NoSuchRecord
        return OpenedRecord(_listed(*row), tuple(_said(*each) for each in said), thread)

    def open_many(
        self,
        key: str,
        reader: UUID,
        records: Sequence[UUID],
        chance: Chance,
        recipients: Recipients,
    ) -> dict[UUID, list[dict[str, Any]]]:
        """All that was told in each of several own records, oldest first, after one committed look.

        Raises NoSuchRecord where one of them is none of the reader's.
        """
        look = commands.look(
            chance, recipients, person=reader, records=records, purpose="own queue"
        )
        self.append(key, look)
        with self._as(key) as connection:
            rows = connection.execute(_TOLD, (list(records),)).fetchall()
        told: dict[UUID, list[dict[str, Any]]] = {}
        for record, body in rows:
            told.setdefault(record, []).append(canonical.loads(body.encode()))
        return told

    def look(
        self,
        key: str,
        reader: UUID,
        record: UUID,
        chance: Chance,
        recipients: Recipients,
        purpose: str,
        reason: str = "",
    ) -> None:
        """Commit a look at one record: for five minutes its words show; raises NoSuchRecord."""
        if reason:
            look = look_by_remit(chance, recipients, person=reader, record=record, reason=reason)
        else:
            asked = [record]
            look = commands.look(chance, recipients, person=reader, records=asked, purpose=purpose)
        self.append(key, look)

    def thread_key(self, key: str, record: UUID) -> SealingKey | None:
        """The key to which an answer is sealed; None for no way back, or no such record."""
        with self._as(key) as connection:
            return _thread_key(connection, record)

    def append(self, key: str, entry: SealedEntry) -> Appended:
        """Record an entry as this reader; raises NoSuchRecord."""
        return self.append_all(key, [entry])[0]

    def append_all(
        self,
        key: str,
        entries: Sequence[SealedEntry],
        done_with: tuple[UUID, datetime | None] | None = None,
    ) -> list[Appended]:
        """Record entries as this reader, all or none; raises NoSuchRecord.

        `done_with`: the draft of the form that they came from, as it was last seen: it goes with them.
        A kind that holds the gate alone (`alone` in append.sql) stands first: behind another it can
        deadlock with a second writer, and StoreAway is raised.
        """
        try:
            with self._as(key) as connection:
                done = [append_within(connection, entry) for entry in entries]
                if done_with is not None:
                    connection.execute("SELECT machinery.end_draft(%s, %s, true)", done_with)
                return done
        except StoreRefused as refused:
            if refused.code == NO_SUCH_RECORD:
                raise NoSuchRecord from None
            if refused.code == SIGN_IN_FIRST:
                raise NotSignedIn from None
            raise

    def rows(
        self, key: str, statement: LiteralString, parameters: Sequence[object] = ()
    ) -> list[Row]:
        """What one question gives this reader; the database decides what that is."""
        with self._as(key) as connection:
            return connection.execute(statement, parameters).fetchall()

    def state(self) -> State:
        """Whether staff can read at all; for this nobody need be signed in."""
        return State(*self._link.rows("SELECT * FROM machinery.state()")[0])

    @contextmanager
    def _as(self, key: str) -> Iterator[Connection[Row]]:
        """A transaction in which the database knows who asks, and forgets it at the end."""
        with self._link.transaction() as connection:
            connection.execute("SELECT set_config('heed.session', %s, true)", (key,))
            yield connection


def _thread_key(connection: Connection[Row], record: UUID) -> SealingKey | None:
    row = connection.execute("SELECT register.thread_key(%s)", (record,)).fetchone()
    return SealingKey(bytes(row[0])) if row is not None and row[0] is not None else None


def _listed(
    id: UUID,
    reference: str,
    channel: str,
    danger: str,
    filed_at: datetime,
    opened_at: datetime | None,
    said_at: datetime,
    rank: int,
    due: int,
    unseen_since: datetime | None,
    *waiting: Any,
) -> Listed:
    stands = Place(rank, due, id)
    soon = next_due(Waiting(danger, filed_at, unseen_since, *waiting))
    return Listed(id, reference, channel, danger, filed_at, opened_at, said_at, stands, soon)


def _said(kind: str, at: datetime, by: str | None, body: str | None) -> Said:
    return Said(kind, at, by or "", None if body is None else canonical.loads(body.encode()))
