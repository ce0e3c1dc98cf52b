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
from heed.access.people import take_invitation
from heed.core.ports import SystemChance
from heed.oversight.commands import answer_call
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.vault import derive
from heed.store.append import PostgresRegister, append_within
from heed.store.connection import Link, Row, StoreRefused

SESSION_HOURS = 12
LONGEST_USERNAME = 200
LONGEST_PASSWORD = 1024
"""Characters; a longer one is not weighed."""

_NO_INVITATION, _TAKEN = "HE019", "23505"
_CALLS = {"HE066": "before", "HE073": "since", "HE404": "unknown"}
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
    """Why a password or a user name cannot be set; `field`: which of the two."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class InvitationWrong(ValueError):
    """No invitation goes with this code: never made, used, replaced or run out; nobody can tell which."""


class UsernameTaken(ValueError):
    """Somebody signs in with this name."""


def set_credential(
    owner_url: str, recipients: Recipients, person: UUID, username: str, password: str
) -> None:
    """Give a person a user name and a password, and end their sessions, a thief's too.

    That it was set is an entry; all of it is one transaction. Raises PasswordWrong with a
    sentence, StoreAway, or StoreRefused (23505: the name is taken).
    """
    name, kept = _weighed(username, password)
    entry = commands.set_credential(SystemChance(), recipients, person=person)
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

    def invited(self, code: ReturnCode) -> UUID:
        """Whom an invitation is for; raises InvitationWrong, StoreAway."""
        rows = self._link.rows("SELECT machinery.invited(%s)", (invitation_hash(code),))
        person: UUID | None = rows[0][0]
        if person is None:
            raise InvitationWrong
        return person

    def take_invitation(
        self, recipients: Recipients, code: ReturnCode, username: str, password: str
    ) -> None:
        """Set how the invited person signs in, once; it is an entry, and all is one transaction.

        Raises PasswordWrong, UsernameTaken, InvitationWrong, StoreAway.
        """
        person = self.invited(code)
        name, kept = _weighed(username, password)
        entry = take_invitation(
            SystemChance(),
            recipients,
            person=person,
            code_hash=invitation_hash(code),
            username=name,
            password_hash=kept,
        )
        try:
            PostgresRegister(self._link).append(entry)
        except StoreRefused as refused:
            if refused.code == _NO_INVITATION:
                raise InvitationWrong from None
            if refused.code == _TAKEN:
                raise UsernameTaken from None
            raise

    def answer_call(self, recipients: Recipients, message: str, token: bytes) -> str:
        """Whoever holds a message's token says "I have this": "said", "before", "since" or "unknown".

        Raises StoreAway. `token`: of the form, so that sending it twice records once.
        """
        rows = self._link.rows("SELECT record FROM machinery.call_behind(%s)", (message,))
        if not rows:
            return "unknown"
        entry = answer_call(
            SystemChance(), recipients, record=rows[0][0], message=message, token=token
        )
        try:
            PostgresRegister(self._link).append(entry)
        except StoreRefused as refused:
            if refused.code not in _CALLS:
                raise
            return _CALLS[refused.code]
        return "said"

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


def invitation_hash(code: ReturnCode) -> bytes:
    """What the machinery keeps of an invitation's code: 32 bytes. The code is random, so no slow hash."""
    return derive(code.secret, b"heed invitation v1")


def key_hash(key: str) -> bytes:
    """What the database keeps of a session key: SHA-256, 32 bytes."""
    return hashlib.sha256(key.encode()).digest()


def plain_username(username: str) -> str:
    """One spelling of a user name: NFKC, case folded, without spaces around it."""
    return unicodedata.normalize("NFKC", username).casefold().strip()


def _weighed(username: str, password: str) -> tuple[str, str]:
    """A user name's one spelling and a password's slow hash; raises PasswordWrong."""
    name = plain_username(username)
    if not name or "\0" in name:
        raise PasswordWrong("username", "A user name has at least one letter.")
    if len(name) > LONGEST_USERNAME:
        raise PasswordWrong("username", f"A user name has {LONGEST_USERNAME} letters at most.")
    if not 12 <= len(password) <= LONGEST_PASSWORD:
        raise PasswordWrong("password", f"A password has 12 to {LONGEST_PASSWORD} characters.")
    return name, _SLOW.hash(_plain(password))


def _plain(password: str) -> str:
    """One spelling of what two keyboards send differently (RFC 8265 §4.2: NFC)."""
    return unicodedata.normalize("NFC", password)


def _right(stored: str, password: str) -> bool:
    try:
        return _SLOW.verify(stored, _plain(password[:LONGEST_PASSWORD]))
    except (VerificationError, InvalidHashError):
        return False
