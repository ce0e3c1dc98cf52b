"""The draft that a person left: sealed by the office, kept for that person alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from heed.store.readable import Desk


def keep(desk: Desk, key: str, form: UUID, sealed: bytes) -> datetime | None:
    """Keep the reader's draft of this form; returns when, or None where the form was done with."""
    rows = desk.rows(key, "SELECT machinery.keep_draft(%s, %s)", (form, sealed))
    kept: datetime | None = rows[0][0]
    return kept


def throw_away(desk: Desk, key: str, form: UUID) -> None:
    """The reader wants no draft, of this form or any other."""
    desk.rows(key, "SELECT machinery.keep_draft(%s, NULL)", (form,))


def mine(desk: Desk, key: str) -> tuple[bytes, datetime] | None:
    """The reader's draft, and when it was kept."""
    rows = desk.rows(key, "SELECT * FROM machinery.my_draft()")
    return (bytes(rows[0][0]), rows[0][1]) if rows else None
