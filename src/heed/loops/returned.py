"""Reads what mail servers give back later, so that a text that never came calls the next person after all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.message import Message as Email
from pathlib import Path
from typing import cast
from uuid import UUID

from heed.store.connection import Link

MOST = 1024 * 1024
"""Bytes of one that are read: a report of what did not arrive is short."""

_CAME_BACK = "SELECT machinery.came_back(%s)"


class Returned:
    """What comes to our sender's address, in a folder as Maildir has it (new/, cur/).

    Only a report that something failed for good (RFC 3464), with the id of a text or notice of ours,
    has an effect. Everything stays there byte for byte, in cur/: with the flag S where it had one,
    else for a person to read.
    """

    def __init__(self, link: Link, folder: Path | None) -> None:
        """`folder`: None where the mail server delivers to no folder of ours."""
        self._link = link
        self._folder = folder

    def step(self) -> int:
        """All that is new; returns how many had an effect. Raises StoreAway: then they stay new."""
        if self._folder is None:
            return 0
        try:
            new = sorted(path for path in (self._folder / "new").iterdir() if path.is_file())
        except OSError:
            return 0  # `heed doctor` says that it cannot be read
        return sum(self._read(path) for path in new)

    def _read(self, path: Path) -> bool:
        try:
            with path.open("rb") as file:
                content = file.read(MOST)
        except OSError:
            return False
        # Anybody can write to this address: whatever it does to the parser, the calls go on.
        try:
            ids = set(failed(content))
        except Exception:
            ids = set()
        had = False
        for id in sorted(ids):
            had |= bool(self._link.rows(_CAME_BACK, (id,))[0][0])
        with suppress(OSError):  # it stays new, and is read again: that changes nothing
            path.rename(path.parents[1] / "cur" / f"{path.name.partition(':')[0]}:2,{'S' * had}")
        return had


def failed(content: bytes) -> Iterator[UUID]:
    """The ids of the messages that a report says will never arrive; none where it is no report."""
    email = message_from_bytes(content)
    if email.get_content_type() != "multipart/report" or not email.is_multipart():
        return
    parts = cast("list[Email]", email.get_payload())
    if not any(_failed(part) for part in parts):
        return
    for part in parts:
        if (id := _id(part)) is not None:
            yield id


def _failed(part: Email) -> bool:
    """Whether this is the part that says so: "delayed" and "delivered" are reported alike."""
    if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
        return False
    blocks = cast("list[Email]", part.get_payload())
    return any(str(block.get("Action", "")).strip().lower() == "failed" for block in blocks)


def _id(part: Email) -> UUID | None:
    """The id of what was sent, where this part holds it, or its head."""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        sent = cast("list[Email]", part.get_payload())[0]
    elif part.get_content_type() == "text/rfc822-headers":
        sent = message_from_bytes(cast("bytes", part.get_payload(decode=True)))
    else:
        return None
    try:
        return UUID(str(sent.get("Message-ID", "")).strip().strip("<>").partition("@")[0])
    except ValueError:
        return None
