"""Tries the walls and the clockwork, and says plainly what does not stand."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from heed.store import called, catalogue
from heed.store.closing import failures
from heed.store.configuration import (
    NOT_SENT,
    NOWHERE,
    Configuration,
    ConfigurationWrong,
    OfficeHand,
    OpenerHand,
    owner_url,
)
from heed.store.connection import Link, Row, StoreAway
from heed.store.exported import CONTRADICTED
from heed.store.rebuild import MISCOUNTED
from heed.store.spool import Spool

_DURABLE = (
    "SELECT name FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')"
    " AND setting = 'off'"
)
_LOGGING: tuple[tuple[str, str], ...] = (
    ("log_min_error_statement", "panic"),
    ("log_error_verbosity", "terse"),
    ("log_parameter_max_length_on_error", "0"),
)
_OTHER_LIST = (
    "The list of walls in {} is not what this version makes of an empty database: it was changed,"
    " or Heed or PostgreSQL was. `heed init --demonstration` writes it anew; then look again."
)
_LATE = 60.0
"""Seconds; an entry that waits longer waits for a process that does not work."""

_STOPPED = (
    "{} streams hold something that this version cannot read; they are hidden",
    "SELECT count(*) FROM (SELECT stream FROM facts.stopped UNION SELECT stream FROM words.stopped) s",
)
_OWED = (
    "{} records name somebody who is the last who could answer for them; they are hidden from whoever"
    " is named, and nobody answers for them: name another outside contact or overseer",
    "SELECT count(DISTINCT record) FROM machinery.owed_match",
)
_SHUT_OUT = (
    "{} people who are on duty or answer for records have no way to sign in, so nobody reads what waits"
    " for them: invite them, or put somebody else in their place",
    "SELECT count(*) FROM facts.person p WHERE p.active"
    " AND NOT EXISTS (SELECT FROM machinery.credential c WHERE c.person = p.id)"
    " AND (EXISTS (SELECT FROM facts.record r WHERE r.owner = p.id)"
    " OR EXISTS (SELECT FROM facts.slot s WHERE p.id = register.on_duty(s.id, register.now())))",
)
_NOBODY_ON_DUTY = (
    "Nobody is on duty, so whatever comes in waits, sealed: put an organisation on the record with"
    " `heed set-up FILE` (docs/operate.md)",
    "SELECT NOT EXISTS (SELECT FROM facts.slot s WHERE register.on_duty(s.id, register.now()) IS NOT NULL)",
)
_HELD_BY_NOBODY = """
SELECT p.post FROM unnest(ARRAY['administrator', 'custodian', 'overseer']) AS p(post)
WHERE EXISTS (SELECT FROM facts.slot)
  AND NOT EXISTS (SELECT FROM facts.person h WHERE h.active AND p.post = ANY (h.posts))
"""
_WITHOUT = {
    "administrator": "nobody can add people or change the duty in the office",
    "custodian": "nobody can confirm or lift a restriction",
    "overseer": "what waits too long is told to the outside contact alone",
}
_PUT_BACK = (
    "The clock stands {} minutes before the newest signed head, so whatever is due waits that much longer;"
    " what is recorded meanwhile is marked: set the server's clock right",
    "SELECT (extract(epoch FROM max(c.signed_at) - register.now()) / 60)::bigint FROM register.checkpoint c"
    " WHERE c.signed_at > register.now() + interval '1 minute'",
)
_MISCOUNTED = (
    "{} records are not listed as screened or unscreened as they are, so one may show before its names"
    " were looked for: run `heed rebuild`",
    f"SELECT count(*) FROM ({MISCOUNTED}) AS wrong",  # noqa: S608
)
"""It walks every record, so the doctor alone asks it, and no probe of each minute."""
_COUNTED = (_NOBODY_ON_DUTY, _PUT_BACK, _STOPPED, _OWED, _SHUT_OUT, _MISCOUNTED)
_WAITING: tuple[tuple[str, str, str], ...] = (
    ("the opener", "heed run opener", "machinery.unopened"),
    ("their place in the tree", "heed run sequencer", "register.pending"),
)
_WAIT = """
SELECT (SELECT count(*) FROM {queue}), (SELECT extract(epoch FROM register.now() -
    (convert_from(e.header, 'UTF8')::jsonb->>'recorded_at')::timestamptz)::float8
    FROM {queue} q JOIN register.entry e ON e.id = q.entry ORDER BY q.n LIMIT 1)
"""


@dataclass(frozen=True)
class Finding:
    """`level` is "ok", "note" or "wrong"."""

    level: str
    text: str


def examine(place: Path) -> list[Finding]:
    """Every finding about an installation, worst first."""
    found = list(_examine(place))
    return sorted(found, key=lambda finding: ("wrong", "note", "ok").index(finding.level))


def _examine(place: Path) -> Iterator[Finding]:
    try:
        configuration = Configuration.load(place)
        yield Finding(
            "ok", f"The configuration in {place} is sound ({configuration.organisation})."
        )
        OpenerHand.load(place)
        office = OfficeHand.load(place)
        url = owner_url(place)
    except ConfigurationWrong as wrong:
        yield Finding("wrong", str(wrong))
        return
    yield from _rooms(place)
    yield from _spool(place)
    yield from _contradicted(place)
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            yield from _database(connection, office)
            yield from _called(connection, configuration, place)
    except psycopg.Error as away:
        yield Finding(
            "wrong",
            f"The database does not answer ({type(away).__name__}); filings go to the spool."
            " Start it, or run `heed start`.",
        )


def _rooms(place: Path) -> Iterator[Finding]:
    owners = {(place / room).stat().st_uid for room in ("public", "opener")}
    for room in ("public", "office", "opener", "sequencer", "sweep", "secrets"):
        if (place / room).stat().st_mode & 0o077:
            yield Finding("wrong", f"{place / room} is open to other users: chmod 700.")
    if len(owners) == 1:
        yield Finding(
            "note",
            "The public face and the opener run as one operating-system user: enough for a"
            " demonstration, not for real reports.",
        )
    if "HEED_DATABASE_URL" not in os.environ:
        yield Finding("note", "The embedded PostgreSQL is for evaluation; see docs/operate.md.")


def _spool(place: Path) -> Iterator[Finding]:
    try:
        depth = Spool(place / "public" / "spool").depth()
    except OSError as wrong:
        yield Finding("wrong", f"The spool cannot be read ({wrong.strerror}): run `heed init`.")
        return
    if depth.waiting:
        yield Finding("note", f"{depth.waiting} sealed filings wait in the spool.")
    if depth.set_aside:
        yield Finding(
            "wrong",
            f"{depth.set_aside} sealed filings could not be brought onto the record and are kept"
            " aside: `heed spool --again` tries them once more.",
        )
    if depth.full:
        yield Finding("wrong", "The spool is full: new filings would be turned to the telephone.")


def _contradicted(place: Path) -> Iterator[Finding]:
    with suppress(FileNotFoundError):
        why = (place / "sequencer" / CONTRADICTED).read_text(encoding="utf-8").strip()
        yield Finding(
            "wrong",
            f"Nothing is signed and staff read nothing: {why}. Bring back a database that holds"
            " every entry that was signed (docs/operate.md).",
        )


def _database(connection: psycopg.Connection[Row], office: OfficeHand) -> Iterator[Finding]:
    begun = connection.execute("SELECT to_regnamespace('register') IS NOT NULL").fetchone()
    if begun is None or not begun[0]:
        yield Finding("wrong", "The database is empty: run `heed init --demonstration`.")
        return
    version = connection.info.server_version // 10000
    yield Finding("ok", f"PostgreSQL {version} answers.")
    yield from _walls(connection, office)
    for (setting,) in connection.execute(_DURABLE):
        yield Finding(
            "wrong", f"The setting {setting} is off: an acknowledged report could be lost."
        )
    yield from _logging(connection)
    with connection.transaction():
        connection.execute("SET LOCAL ROLE heed_rule")
        demonstration = connection.execute(
            "SELECT demonstration FROM register.installation"
        ).fetchone()
        if demonstration is None:
            yield Finding("wrong", "The record has not begun: run `heed init --demonstration`.")
        elif demonstration[0]:
            yield Finding("note", "This record is a demonstration: put no real report into it.")
        for closed in connection.execute("SELECT why FROM machinery.closed"):
            yield Finding("wrong", f"Reading is closed; reporters go on. {_sentence(closed[0])}")
        for sentence, query in _COUNTED:
            row = connection.execute(query.encode()).fetchone()
            if row is not None and row[0]:
                yield Finding("wrong", sentence.format(row[0]) + ".")
        for (post,) in connection.execute(_HELD_BY_NOBODY):
            yield Finding("note", f"Nobody holds the post of {post}, so {_WITHOUT[post]}.")
        yield from _queues(connection)


def _called(
    connection: psycopg.Connection[Row], configuration: Configuration, place: Path
) -> Iterator[Finding]:
    """Where no text is sent, nothing here is wrong, and nobody is called."""
    rings = configuration.post == "smtp"
    if not rings:
        yield Finding(
            "note",
            "NOBODY IS CALLED AND NO NOTICE IS SENT: messages are only kept as files in"
            f" {place / NOT_SENT} (post in heed.toml; docs/operate.md).",
        )
    elif configuration.returned == NOWHERE:
        yield Finding(
            "note",
            "Nobody reads what the mail server gives back later: a text that never came looks sent"
            " (`returned` in heed.toml; docs/operate.md).",
        )
    else:
        for sentence in called.given_back(Path(configuration.returned)):
            yield Finding("wrong", sentence)
    if connection.execute("SELECT to_regnamespace('register') IS NULL").fetchone() == (True,):
        return
    with connection.transaction():
        connection.execute("SET LOCAL ROLE heed_rule")
        for sentence in called.faults(connection):
            yield Finding("wrong" if rings else "note", sentence)


def _walls(connection: psycopg.Connection[Row], office: OfficeHand) -> Iterator[Finding]:
    """The office's own probes, by its own role; and whether the list they compare with is ours."""
    link = Link(office.database_url, name="heed doctor")
    try:
        found = [failure.text for failure in failures(link, office.walls)]
    except StoreAway:
        found = ["the office's role is not let in, so its probes could not be carried out"]
    finally:
        link.close()
    for sentence in found:
        yield Finding("wrong", f"Reading is closed while this is so: {sentence}.")
    if found:
        return
    try:
        ours = catalogue.as_installed(connection)
        permits = catalogue.as_installed(connection, catalogue.permits)
    except psycopg.errors.LockNotAvailable:
        yield Finding("note", "A rebuild is under way; look at the walls once more after it.")
        return
    if catalogue.kept(office.walls) != ours:
        found.append(_OTHER_LIST.format(office.walls))
    for _, sentence in catalogue.differences(catalogue.permits(connection), permits):
        found.append(f"Not as it was installed: {sentence}.")
    for sentence in found:
        yield Finding("wrong", sentence)
    if not found:
        yield Finding("ok", "Every wall that can be examined stands.")


def _queues(connection: psycopg.Connection[Row]) -> Iterator[Finding]:
    """What waits, and whether it waits too long; in a demonstration, by the demonstration's clock."""
    for whom, command, queue in _WAITING:
        row = connection.execute(_WAIT.format(queue=queue).encode()).fetchone()
        if row is None or not row[0]:
            continue
        count, age = row
        text = f"{count} entries wait for {whom}"
        if age is not None and age > _LATE:
            yield Finding(
                "wrong",
                f"{text}, the oldest for {age:,.0f} seconds: is `heed start`, or `{command}`,"
                " running? Its log says why not, and which of them take long.",
            )
        else:
            yield Finding("note", f"{text}.")


def _logging(connection: psycopg.Connection[Row]) -> Iterator[Finding]:
    for name, wanted in _LOGGING:
        row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if row is not None and row[0] != wanted:
            yield Finding(
                "wrong",
                f"Set {name} = {wanted} on this PostgreSQL (it is {row[0]}), or a failed statement"
                " can carry words into its log (docs/operate.md).",
            )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."
