"""The opener's store: opened words go where only the rule lets them be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from heed.core import canonical
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Kind
from heed.intake.files import SentFile
from heed.intake.identity import Identity
from heed.intake.likeness import likeness
from heed.intake.mail import words_in
from heed.register.entry import EntryUnreadable
from heed.register.opening import OpenedEntry, OrganisationKeys
from heed.register.upcast import upcast
from heed.register.vault import CannotOpen
from heed.store.append import append_within
from heed.store.connection import Link, Row

_STORED = """
WITH item AS (INSERT INTO words.item (entry, stream, version, kind, body)
              SELECT (r->>0)::uuid, (r->>1)::uuid, (r->>2)::int, r->>3, r->>4
              FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING),
     person AS (INSERT INTO words.person (id, name)
                SELECT (r->>0)::uuid, r->>1
                FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING),
     unit AS (INSERT INTO words.unit (id, name)
              SELECT (r->>0)::uuid, r->>1
              FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING),
     screened AS (INSERT INTO words.screened (record)
                  SELECT (r->>0)::uuid
                  FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING),
     unreadable AS (INSERT INTO words.unreadable (entry, stream, why)
                    SELECT (r->>0)::uuid, (r->>1)::uuid, r->>2
                    FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING),
     stopped AS (INSERT INTO words.stopped (stream, entry, why)
                 SELECT (r->>0)::uuid, (r->>1)::uuid, r->>2
                 FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING),
     likeness AS (INSERT INTO words.likeness (record, digest)
                  SELECT (r->>0)::uuid, decode(r->>1, 'hex')
                  FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING),
     tie AS (INSERT INTO words.tie (entry, how)
             SELECT (r->>0)::uuid, r->>1
             FROM json_array_elements(%s::json) AS r ON CONFLICT DO NOTHING)
SELECT 1
"""

_FILE = "INSERT INTO words.file VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"

_IDENTITY = "INSERT INTO words.identity VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"

SPOKEN = frozenset(
    {Kind.FILED, Kind.ADDED, Kind.ANSWERED, Kind.WALLED, Kind.LIFT_ASKED, Kind.WALL_LIFTED}
    | {Kind.WALL_CONFIRMED, Kind.HAND_OVER_OFFERED, Kind.HAND_OVER_DECLINED}
    | {Kind.SORTED, Kind.REVIEWED, Kind.NOTED, Kind.CALLED, Kind.PARENTS_TOLD}
    | {Kind.CHILD_NAMED, Kind.ADULT_NAMED, Kind.DECIDED, Kind.CONTACT_JOINED, Kind.CONTACT_PARTED}
    | {Kind.ACCESS_ASKED, Kind.ACCESS_DECLINED, Kind.ACCESS_GIVEN}
    | {Kind.GLASS_BROKEN, Kind.GLASS_REVIEWED}
    | {Kind.FLAG_WITHDRAWAL_ASKED, Kind.FLAG_WITHDRAWN, Kind.GLASS_ASKED}
    | {Kind.IDENTITY_ASKED, Kind.IDENTITY_AGREED, Kind.IDENTITY_DECLINED}
    | {Kind.IDENTITY_OPENED, Kind.IDENTITY_REVIEWED}
    | {Kind.CRITICISED, Kind.REFERRED, Kind.REFERRAL_HEARD, Kind.REACH_KEPT}
    | {Kind.PACK_MADE}
    | {Kind.REPORTER_TOLD, Kind.TELLING_HELD, Kind.CHALLENGE_ANSWERED}
    | {Kind.LINK_HEARD, Kind.LINK_SENT, Kind.LINK_ENDED}
    | {Kind.HARM_TESTED, Kind.SECONDED}
)
"""Kinds whose words belong to a record, or to two that were joined, or say why somebody asks to read one."""

SOMETIMES = frozenset({Kind.FILE_FLAGGED, Kind.LOOKED})
"""Kinds that have words only where they say why: a flag's reason, and that of a look by remit."""


_NOBODY_LEFT = ("HE014", "HE015")

Said = tuple[UUID, UUID, dict[str, Any]]
"""The entry, the record and the body of something in which a name is looked for."""


class Match(NamedTuple):
    """Whose name stands in what was told about a record, and in which entry."""

    record: UUID
    person: UUID
    entry: UUID


@dataclass(frozen=True)
class SealedRow:
    """A sealed entry as the register gives it to the opener, with the wraps that are ours."""

    entry: UUID
    stream: UUID
    version: int
    header: bytes
    commitment: bytes
    sealed: bytes
    wraps: dict[str, bytes]
    answers: UUID | None = None
    """The record that it is about, where it is a receiver's answer in a stream of their own."""


@dataclass
class WordRows:
    """Rows for the words tables, in their columns' order. A stopped stream carries the reason.

    `told`: (entry, record, body) of what reporters said, for whoever looks for names in it.
    """

    items: list[tuple[UUID, UUID, int, str, str]]
    people: list[tuple[UUID, str]]
    units: list[tuple[UUID, str]]
    screened: list[tuple[UUID]]
    unreadable: list[tuple[UUID, UUID, str]]
    stopped: list[tuple[UUID, UUID, str]]
    told: list[Said] = field(default_factory=list)
    likeness: list[tuple[UUID, bytes]] = field(default_factory=list)
    ties: list[tuple[UUID, str]] = field(default_factory=list)
    files: list[tuple[UUID, UUID, int, str, str, bytes, str | None]] = field(default_factory=list)
    named: list[tuple[UUID, dict[str, Any]]] = field(default_factory=list)
    replaced: list[UUID] = field(default_factory=list)
    identities: list[tuple[UUID, UUID, str]] = field(default_factory=list)

    @classmethod
    def empty(cls) -> WordRows:
        """No rows."""
        return cls([], [], [], [], [], [])

    def take(self, keys: OrganisationKeys, row: SealedRow) -> None:
        """Open one entry; what cannot be read stops its stream, with the reason, and nothing else."""
        try:
            opened = keys.open(row.header, row.commitment, row.sealed, row.wraps)
            if (opened.header.id, opened.header.stream) != (row.entry, row.stream):
                raise CannotOpen("the header belongs to another entry")
            self._add(opened, row.answers)
        except CannotOpen as wrong:
            self._closed(row, str(wrong))
        except EntryUnreadable as wrong:
            self.stopped.append((row.stream, row.entry, str(wrong)))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            # Whatever a writer sent, the opener goes on; the entry's own bytes never reach a message.
            self._closed(row, "the words are of no form that can be read")

    def _closed(self, row: SealedRow, why: str) -> None:
        """Whoever can add to a record must not be able to hide it from its owner."""
        if row.version > 1:
            self.unreadable.append((row.entry, row.stream, why))
        else:
            self.stopped.append((row.stream, row.entry, why))

    def _add(self, opened: OpenedEntry, answers: UUID | None) -> None:
        header, envelope = opened.header, opened.envelope
        body = upcast(header.kind, envelope.body_v, opened.body)
        named = {Kind.PERSON_ADDED: self.people, Kind.UNIT_ADDED: self.units}.get(Kind(header.kind))
        if named is not None:
            named.append((header.stream, _text(body.get("name", ""))))
        elif header.kind == Kind.RELATION_DECLARED:
            self.ties.append((header.id, _text(body.get("how", ""))))
        elif header.kind == Kind.FILE_ADDED:
            sent = SentFile.from_body(body)
            about, said = (header.id, header.stream, header.version), words_in(sent)
            text = canonical.dumps({"words": said}).decode() if said else None
            self.files.append((*about, sent.name, sent.type, sent.content, text))
            if said:
                self.told.append((header.id, header.stream, {"words": said}))
        elif header.kind == Kind.FALLBACK_SET:
            self.replaced.append(header.id)
        elif (
            header.kind == Kind.IDENTITY_SEALED
        ):  # never an item: nothing that reads items finds it
            who = canonical.dumps(Identity.from_body(body).body()).decode()
            self.identities.append((header.id, header.stream, who))
        elif header.kind in SPOKEN or (header.kind in SOMETIMES and body.get("reason")):
            # Canonical JSON escapes every control character, so any words fit a text column.
            words = canonical.dumps(body).decode()
            self.items.append((header.id, header.stream, header.version, header.kind, words))
            if header.version == 1 and header.kind == Kind.FILED:
                self.screened.append((header.stream,))
                digest = likeness(body)
                if digest is not None:
                    self.likeness.append((header.stream, digest))
            if header.kind in (Kind.FILED, Kind.ADDED):
                self.told.append((header.id, header.stream, body))
            elif header.kind == Kind.LINK_HEARD and header.version > 1 and answers:
                self.told.append((header.id, answers, body))
            elif header.kind == Kind.ADULT_NAMED:
                self.named.append((header.id, body))


def _text(said: object) -> str:
    """NUL cannot stand in a text column; the sealed bytes keep it."""
    return str(said).replace("\0", "\N{REPLACEMENT CHARACTER}")


def unopened(
    link: Link, limit: int, aside: Sequence[UUID] = (), *, again: bool = False
) -> list[SealedRow]:
    """The next sealed entries whose words are not yet stored: all but those aside, or `again` these."""
    rows: dict[UUID, SealedRow] = {}
    for entry, stream, version, header, commitment, sealed, recipient, wrap, about in link.rows(
        "SELECT * FROM register.unopened(%s, %s::uuid[], %s)", (limit, list(aside), again)
    ):
        row = rows.setdefault(
            entry,
            SealedRow(
                entry, stream, version, bytes(header), bytes(commitment), bytes(sealed), {}, about
            ),
        )
        if recipient is not None:
            row.wraps[recipient] = bytes(wrap)
    return list(rows.values())


def staff_names(link: Link) -> list[tuple[UUID, str]]:
    """Everybody who works here, by id and name."""
    return [(person, name) for person, name in link.rows("SELECT * FROM machinery.staff_names()")]


def unit_names(link: Link) -> list[tuple[UUID, str]]:
    """Every unit, by id and name."""
    return [(unit, name) for unit, name in link.rows("SELECT * FROM machinery.unit_names()")]


def sought(link: Link, people: Sequence[UUID]) -> set[UUID]:
    """Who of these is looked for in what was told, and was not before: their names come now."""
    if not people:
        return set()
    return {row[0] for row in link.rows("SELECT machinery.sought(%s::uuid[])", (list(people),))}


def former_contacts(link: Link, entries: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """Who was the outside contact until one of these entries, by id and name."""
    if not entries:
        return []
    asked = "SELECT * FROM machinery.former_contacts(%s::uuid[])"
    return [(person, name) for person, name in link.rows(asked, (list(entries),))]


def alleged(link: Link, rows: WordRows) -> Iterator[Said]:
    """What was ever said of the people named in `rows`, of those whom the concern is about."""
    here = dict(rows.named)
    asked = "SELECT * FROM machinery.alleged(%s::uuid[])"
    for entry, record, body in link.rows(asked, (list(here),)) if here else ():
        if entry in here or body is not None:
            yield entry, record, here[entry] if entry in here else canonical.loads(body.encode())


def restricted_by_name(link: Link, records: Iterable[UUID]) -> dict[tuple[UUID, UUID], bool]:
    """(record, person) of every restriction by name on these records; whether all of it was lifted."""
    asked = "SELECT * FROM machinery.restricted_by_name(%s::uuid[])"
    return {
        (record, person): lifted for record, person, lifted in link.rows(asked, (list(records),))
    }


def told_before(link: Link, batch: int = 1000) -> Iterator[Said]:
    """All that was told, in batches, so that no question is long."""
    last = UUID(int=0)
    while rows := link.rows("SELECT * FROM machinery.told(%s, %s)", (last, batch)):
        for entry, record, body in rows:
            yield entry, record, canonical.loads(body.encode())
        last = rows[-1][0]


def keep(
    link: Link,
    rows: WordRows,
    entries: Sequence[UUID],
    matches: Sequence[tuple[Match, SealedEntry]] = (),
    mentions: Sequence[SealedEntry] = (),
) -> None:
    """Store the words and take the entries off the queue, in one transaction; idempotent.

    `matches` are recorded in the same transaction: whoever is named in what was told is restricted
    before the words show to anybody, or, where they are the last who could answer, it is noted that
    this is owed, which hides the record from them. From the first of them on nobody else can file, so
    they come late; yet before `mentions`, which hold the gate with others (append.sql, "the gate"). The
    queue comes first: a rebuild that swaps the tables waits for it.
    """
    written = (
        rows.items,
        rows.people,
        rows.units,
        rows.screened,
        rows.unreadable,
        rows.stopped,
        [(record, digest.hex()) for record, digest in rows.likeness],
        rows.ties,
    )
    with link.transaction() as connection:
        connection.execute("SELECT machinery.opened(%s::uuid[])", (list(entries),))
        for file in rows.files:
            connection.execute(_FILE, file)
        for identity in rows.identities:
            connection.execute(_IDENTITY, identity)
        connection.execute(_STORED, [json.dumps(one, default=str) for one in written])
        for match, sealed in matches:
            if not _restricted(connection, sealed):
                connection.execute("SELECT machinery.owe_match(%s, %s, %s)", match)
        for mention in mentions:
            append_within(connection, mention)


def owed_matches(link: Link) -> list[Match]:
    """The restrictions that are owed, because nobody else could answer for the record."""
    return [Match(*row) for row in link.rows("SELECT * FROM machinery.owed_matches()")]


def pay(link: Link, match: Match, sealed: SealedEntry | None) -> bool:
    """Restrict whom this match names, if somebody else can answer now; None: people did it already."""
    with link.transaction() as connection:
        done = sealed is None or _restricted(connection, sealed)
        if done:
            connection.execute("SELECT machinery.match_made(%s, %s)", match[:2])
    return done


def _restricted(connection: psycopg.Connection[Row], match: SealedEntry) -> bool:
    """Record a match; False where nobody would be left to answer for the record."""
    try:
        with connection.transaction():
            append_within(connection, match)
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the second look of D2
            connection.execute("SET CONSTRAINTS ALL DEFERRED")
    except psycopg.Error as refused:
        if refused.sqlstate not in _NOBODY_LEFT:
            raise
        return False
    return True
