"""The public face's ways to a referral that came by a link: try a code, and fetch what it opens."""

from __future__ import annotations

from uuid import UUID

from heed.referral.link import LinkSecret, Pack
from heed.store.connection import Link


def try_code(link: Link, secret: LinkSecret) -> tuple[UUID, Pack | None]:
    """The try, and what it opens; a wrong one is counted for good before anything is asked for."""
    attempt: UUID = link.rows("SELECT register.try_link(%s, %s)", (secret.lookup, secret.proof))[0][
        0
    ]
    return attempt, _pack(link, "SELECT * FROM register.linked(%s)", attempt)


def fetch_back(link: Link, lookup: bytes) -> Pack | None:
    """What a way back (its look-up, 32 bytes) opens; None where nothing is behind it, or any more."""
    return _pack(link, "SELECT * FROM register.linked_back(%s)", lookup)


def _pack(link: Link, asked: str, by: UUID | bytes) -> Pack | None:
    rows = link.rows(asked, (by,))
    if not rows:
        return None
    entry, sealed, wrap = rows[0]
    return Pack(entry, None if sealed is None else bytes(sealed), bytes(wrap))
