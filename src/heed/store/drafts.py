"""The drafts that a person left: sealed by the office, each form's own, kept for that person alone."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.store.connection import StoreRefused
from heed.store.readable import Desk

_KEPT_SINCE = "HE047"


class KeptElsewhere(Exception):
    """Another window kept something else under this draft since the form last saw it."""


class Draft(NamedTuple):
    """What was typed into one form and is not on the record: sealed, and when it was kept."""

    id: UUID
    sealed: bytes
    kept_at: datetime


def keep(
    desk: Desk, key: str, draft: UUID, sealed: bytes, seen: datetime | None
) -> datetime | None:
    """Keep the reader's draft over the version `seen`; returns when, or None where its form is recorded.

    Raises KeptElsewhere, where nothing is kept, and StoreRefused for one too long or too many.
    """
    try:
        rows = desk.rows(key, "SELECT machinery.keep_draft(%s, %s, %s)", (draft, sealed, seen))
    except StoreRefused as refused:
        if refused.code != _KEPT_SINCE:
            raise
        raise KeptElsewhere from None
    kept: datetime | None = rows[0][0]
    return kept


def throw_away(desk: Desk, key: str, draft: UUID, seen: datetime | None) -> bool:
    """The reader does not want the version `seen`; answers whether nothing newer stays."""
    rows = desk.rows(key, "SELECT machinery.end_draft(%s, %s, false)", (draft, seen))
    return bool(rows[0][0])


def mine(desk: Desk, key: str) -> list[Draft]:
    """The reader's drafts, newest first."""
    rows = desk.rows(key, "SELECT * FROM machinery.my_drafts()")
    return [Draft(draft, bytes(sealed), kept_at) for draft, sealed, kept_at in rows]
