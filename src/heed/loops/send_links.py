"""Sends the emails that hold a link to a referral: the link, and whom to ring; not a word of the record."""

from __future__ import annotations

from uuid import UUID

from heed.core.ports import Message, NotYet, Post, Refused, SystemChance
from heed.referral.link import say_sent
from heed.register.entry import Recipients
from heed.store.append import PostgresRegister
from heed.store.configuration import Configuration
from heed.store.connection import Link, StoreRefused

SUBJECT = "A referral to you"
NO_SERVER = "no mail server is set: it is kept as a file, and nobody has it"
NO_ADDRESS = "this is not an address for email"

_NEXT = "SELECT * FROM machinery.link_to_send()"
_FORGET = "SELECT machinery.forget_links()"
_LATER = "SELECT machinery.link_not_sent(%s, %s)"


class LinkSender:
    """Sends each link, puts on the record whether the mail server took it, and forgets the dead ones.

    At least once: what was sent and not noted, because the process died, is sent again.
    """

    def __init__(
        self, link: Link, post: Post, configuration: Configuration, recipients: Recipients
    ) -> None:
        self._link = link
        self._post = post
        self._configuration = configuration
        self._register = PostgresRegister(link)
        self._recipients = recipients
        self._chance = SystemChance()

    def step(self) -> bool:
        """The next one that is due; whether it was sent or refused. Raises StoreAway, StoreRefused."""
        self._link.rows(_FORGET)
        rows = self._link.rows(_NEXT)
        return bool(rows) and self._send(*rows[0])

    def _send(self, link: UUID, record: UUID, token: str, email: str, tries: int) -> bool:
        why = ""
        try:
            self._post.send(Message(link, email, SUBJECT, text(self._configuration, token)))
            if self._configuration.post == "folder":
                why = NO_SERVER
        except Refused as refused:
            why = refused.why
        except NotYet:
            self._link.rows(_LATER, (link, min(5 * 2**tries, 300)))
            return False
        except ValueError:
            why = NO_ADDRESS
        try:
            self._register.append(
                say_sent(
                    self._chance,
                    self._recipients,
                    record=record,
                    link=link,
                    sent=not why,
                    why=why,
                    kept=why == NO_SERVER,
                )
            )
        except StoreRefused as refused:
            if refused.code != "HE075":  # another was here first, or it was taken back meanwhile
                raise
        return True


def text(configuration: Configuration, token: str) -> str:
    """What the email says: who refers, the link, and whom to ring. Neither code nor word nor name."""
    return (
        f"{configuration.organisation} refers something to you, by a secure link.\n\n"
        f"Open it: {configuration.public_url}/r/{token}\n\n"
        "You need a code of 8 digits. They tell you the code by telephone, never by email.\n"
        f"If nobody rang you, ring {configuration.telephone}. Please do not answer this email.\n"
    )
