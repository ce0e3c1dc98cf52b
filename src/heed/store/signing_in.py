"""Who may sign in: passwords are kept as slow hashes, sessions as hashes of a random key."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from functools import cache
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from heed.access import commands
from heed.core.ports import SystemChance
from heed.register.entry import Recipients
from heed.store.append import append_within
from heed.store.connection import Link, Row

SESSION_HOURS = 12
LONGEST_PASSWORD = 1024
"""Characters; a longer one is not weighed."""

# argon2id (RFC 9106): above OWASP's least (19 MiB, two passes), below RFC 9106's 64 MiB, so that
# four people who sign in at once fit into a small machine.
_SLOW = PasswordHasher(time_cost=3, memory_cost=32768, parallelism=1)

_KEEP = """
INSERT INTO machinery.credential (person, username, password_hash) VALUES (%s, %s, %s)
ON CONFLICT (person) DO UPDATE SET username = excluded.username,
                                   password_hash = excluded.password_hash
"""
# A sign-in that weighed the old password may be about to insert its session: it waits for this
# transaction, looks again, and finds another hash (FrontDoor.sign_in).
_HOLD_SIGN_INS = "LOCK TABLE machinery.session IN SHARE ROW EXCLUSIVE MODE"
_END_SESSIONS = "DELETE FROM machinery.session WHERE person = %s"


class PasswordWrong(ValueError):
    """Why a password or a user name cannot be set."""


def set_credential(
    owner_url: str, recipients: Recipients, person: UUID, username: str, password: str
) -> None:
    """Give a person a user name and a password, and end their sessions, a thief's too.

    That it was set is an entry; all of it is one transaction. Raises PasswordWrong with a
    sentence, StoreAway, or StoreRefused (23505: the name is taken).
    """
    name = plain_username(username)
    if not name or "\0" in name:
        raise PasswordWrong("A user name has at least one letter.")
    if not 12 <= len(password) <= LONGEST_PASSWORD:
        raise PasswordWrong(f"A password has 12 to {LONGEST_PASSWORD} characters.")
    entry = commands.set_credential(SystemChance(), recipients, person=person)
    kept = _SLOW.hash(_plain(password))
    link = Link(owner_url)
    try:
        with link.transaction() as connection:
            append_within(connection, entry)
            connection.execute(_KEEP, (person, name, kept))
            connection.execute(_HOLD_SIGN_INS)
            connection.execute(_END_SESSIONS, (person,))
    finally:
        link.close()


class FrontDoor:
    """Sign-in on its own connection and role (`heed_signin`), which can do nothing else."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._nobody = _nobodys()

    def sign_in(self, username: str, password: str) -> str | None:
        """A new session key, 64 hex digits, or None; raises StoreAway.

        The same work is done for a name that nobody has.
        """
        name = plain_username(username)
        known = self._known(name)
        person, stored = known or (None, self._nobody)
        if not _right(stored, password) or person is None:
            return None
        key = secrets.token_hex(32)
        self._link.rows(
            "SELECT machinery.start_session(%s, %s, %s)", (person, key_hash(key), SESSION_HOURS)
        )
        if self._known(name) != known:  # set anew while this one was weighed
            self.sign_out(key)
            return None
        return key

    def sign_out(self, key: str) -> None:
        """End the session of this key, if there is one; raises StoreAway."""
        self._link.rows("SELECT machinery.end_session(%s)", (key_hash(key),))

    def _known(self, name: str) -> Row | None:
        """Person and hash behind a user name, as they stand now."""
        if "\0" in name:  # PostgreSQL's text holds none, so it is nobody's name
            return None
        found = self._link.rows("SELECT * FROM machinery.credential_of(%s)", (name,))
        return found[0] if found else None


@cache
def _nobodys() -> str:
    """A hash to weigh where a name is unknown; made once, before anybody signs in."""
    return _SLOW.hash(secrets.token_hex(32))


def key_hash(key: str) -> bytes:
    """What the database keeps of a session key: SHA-256, 32 bytes."""
    return hashlib.sha256(key.encode()).digest()


def plain_username(username: str) -> str:
    """One spelling of a user name: NFKC, case folded, without spaces around it."""
    return unicodedata.normalize("NFKC", username).casefold().strip()


def _plain(password: str) -> str:
    """One spelling of what two keyboards send differently (RFC 8265 §4.2: NFC)."""
    return unicodedata.normalize("NFC", password)


def _right(stored: str, password: str) -> bool:
    try:
        return _SLOW.verify(stored, _plain(password[:LONGEST_PASSWORD]))
    except (VerificationError, InvalidHashError):
        return False
