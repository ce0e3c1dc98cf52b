"""Whether anybody can be called for danger, and whether what was to be sent went: for `heed doctor`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg

from heed.store.connection import Row

_UNREACHED = (
    "{} people who are on duty, answer for records or are the outside contact have no telephone here, so"
    " nobody can call them for danger: they are passed over. They say so at /reach, or an administrator does",
    "SELECT count(*) FROM facts.person p WHERE p.active"
    " AND NOT EXISTS (SELECT FROM machinery.reach h WHERE h.person = p.id AND h.telephone <> '')"
    " AND (EXISTS (SELECT FROM facts.record r WHERE r.owner = p.id AND r.alarmed) OR EXISTS ("
    "SELECT FROM facts.slot s WHERE p.id IN (s.fallback, register.on_duty(s.id, register.now()))))",
)
_UNCALLED = (
    "{} records may mean danger, and nobody can be called about them: everybody is away, restricted or"
    " without a telephone",
    "SELECT count(*) FROM facts.record r WHERE r.alarmed"
    " AND register.whom_to_call(r.id, register.now()) IS NULL",
)
_UNSENT = (
    "{} messages wait for more than a minute: does the mail server answer, and is `heed run sweep` running?",
    "SELECT count(*) FROM machinery.message m WHERE m.state = 'waiting'"
    " AND m.made_at < clock_timestamp() - interval '1 minute'",
)
_REFUSED = (
    "{} messages of the last day could not be delivered: look at the telephones and addresses, and at"
    " sms_address in heed.toml",
    "SELECT count(*) FROM machinery.message m WHERE m.state = 'refused'"
    " AND m.done_at > clock_timestamp() - interval '1 day'",
)


def faults(connection: psycopg.Connection[Row]) -> Iterator[str]:
    """What keeps somebody from being called, in sentences; the connection acts as heed_rule."""
    for sentence, query in (_UNREACHED, _UNCALLED, _UNSENT, _REFUSED):
        row = connection.execute(query.encode()).fetchone()
        if row is not None and row[0]:
            yield sentence.format(row[0]).rstrip("?") + ("?" if sentence.endswith("?") else ".")


def given_back(folder: Path) -> Iterator[str]:
    """What the mail server gave back and no part of Heed could use, in sentences."""
    try:
        kept = [path for room in ("new", "cur") for path in (folder / room).iterdir()]
    except OSError:
        yield (
            f"what mail servers give back cannot be read in {folder}: a text that never came looks sent"
            " (`returned` in heed.toml; the sweep must be able to read, write and rename there)."
        )
        return
    unread = sum("S" not in path.name.rpartition(":2,")[2] for path in kept if ":2," in path.name)
    if unread:
        yield (
            f"{unread} messages in {folder} are no report about a text of ours:"
            " read them, and mark them as seen."
        )
