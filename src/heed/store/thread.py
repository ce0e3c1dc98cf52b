"""Fetches a reporter's thread by the hash of their code; what comes back only the code opens."""

from __future__ import annotations

from heed.register.thread import Thread, ThreadItem
from heed.store.connection import Link


def fetch_thread(link: Link, lookup: bytes) -> Thread | None:
    """The thread of a look-up (32 bytes), or None; raises StoreAway."""
    rows = link.rows("SELECT * FROM register.thread(%s)", (lookup,))
    if not rows:
        return None
    return Thread(
        wrapped_private=bytes(rows[0][0]),
        opened_at=rows[0][1],
        items=tuple(
            ThreadItem(
                entry=entry,
                version=version,
                header=bytes(header),
                commitment=bytes(commitment),
                sealed=bytes(sealed),
                recipient=recipient,
                wrap=bytes(wrap),
                seq=seq,
            )
            for _, _, entry, version, header, commitment, sealed, recipient, wrap, seq in rows
        ),
    )
