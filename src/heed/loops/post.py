"""Sends what the record obliges Heed to send: by a mail server, or into a folder where nobody gets it."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from pathlib import Path

from heed.core.ports import Message, NotSent, NotYet, Refused
from heed.store.configuration import NOT_SENT, NOWHERE, Configuration
from heed.store.home import write_secret

LOGIN = "sweep/smtp.login"
"""In the data directory: the user name and the password for the mail server, on two lines; may be absent."""

TIMEOUT = 20.0
"""Seconds for one answer of the mail server."""

DEADLINE = 60.0
"""Seconds for a whole message: a server that says a little now and then must not hold up the next call."""


def as_email(message: Message, sender: str) -> EmailMessage:
    """The message as RFC 5322 writes it. Its Message-ID is its own, so that a second copy can be known."""
    # No server need offer 8BITMIME, and no gateway need know that "=" breaks a line: a link stays whole.
    email = EmailMessage(policy=SMTP.clone(cte_type="7bit", max_line_length=900))
    email["Date"] = formatdate()
    email["From"] = sender
    email["To"] = message.to
    email["Subject"] = message.subject
    email["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    email["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic reply comes back
    email.set_content(message.text)
    for one in message.enclosed:
        kind, _, form = one.media_type.partition("/")
        email.add_attachment(one.content, maintype=kind, subtype=form, filename=one.name)
    return email


@dataclass(frozen=True)
class SmtpPost:
    """Hands messages to one mail server (RFC 5321), encrypted where it offers that (RFC 3207).

    `encrypted` refuses to send otherwise. Where it is encrypted the server must prove its name, by
    `trusted` or what this computer trusts. `login` is a user name and a password, given only then.
    """

    host: str
    port: int
    sender: str
    encrypted: bool = False
    login: tuple[str, str] | None = None
    trusted: ssl.SSLContext | None = None
    timeout: float = TIMEOUT
    deadline: float = DEADLINE

    def send(self, message: Message) -> None:
        """Until the server has taken it; raises Refused (5xx for it) or NotYet (anything else)."""
        try:
            with self._connected() as server:
                self._hand_over(server, message)
        except smtplib.SMTPResponseException as answer:
            about_it = isinstance(answer, smtplib.SMTPDataError)
            raise _failed(answer.smtp_code, refused=about_it) from None
        except smtplib.SMTPException:
            raise NotYet("the mail server broke off") from None
        except ssl.SSLError:
            raise NotYet("the mail server could not prove its name") from None
        except (OSError, ValueError):  # ValueError: smtplib, on a socket that the deadline closed
            raise NotYet("the mail server does not answer") from None

    def _hand_over(self, server: smtplib.SMTP, message: Message) -> None:
        """The sender, the recipient, the text: only a refusal of the last two is about this message."""
        server.ehlo_or_helo_if_needed()
        if server.has_extn("starttls"):
            server.starttls(context=self.trusted or ssl.create_default_context())
            server.ehlo()
        elif self.encrypted or self.login:
            raise NotYet("the mail server offers no encryption")
        if self.login:
            server.login(*self.login)
        _check(server.mail(self.sender), refused=False)
        _check(server.rcpt(message.to), refused=True)
        _check(server.data(as_email(message, self.sender).as_bytes()), refused=True)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = smtplib.SMTP(timeout=self.timeout)
        server._host = self.host  # type: ignore[attr-defined]  # whose name starttls() checks; connect() sets none
        ends = threading.Timer(self.deadline, _hang_up, [server])
        ends.daemon = True
        ends.start()
        try:
            _check(server.connect(self.host, self.port), refused=False)
            yield server
            with suppress(OSError, smtplib.SMTPException):
                server.quit()  # it has the message: how it says goodbye changes nothing
        finally:
            ends.cancel()
            server.close()


@dataclass(frozen=True)
class FolderPost:
    """Writes each message as a file into a folder. NOBODY GETS IT: for demonstrations and tests."""

    folder: Path
    sender: str = "heed@example.org"

    def send(self, message: Message) -> None:
        """One file a message, `<id>.eml`, however often it is sent; raises NotYet."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            email = as_email(message, self.sender)
            write_secret(self.folder / f"{message.id}.eml", email.as_bytes())
        except OSError:
            raise NotYet("the folder cannot be written to") from None


def post_of(configuration: Configuration, home: Path) -> SmtpPost | FolderPost:
    """The post that an installation has chosen, with the login that its data directory holds."""
    if configuration.post == "folder":
        return FolderPost(home / NOT_SENT, configuration.smtp_from)
    login: tuple[str, str] | None = None
    if (home / LOGIN).exists():
        name, _, password = (home / LOGIN).read_text(encoding="utf-8").strip().partition("\n")
        login = (name.strip(), password.strip())
    return SmtpPost(
        configuration.smtp_host,
        configuration.smtp_port,
        configuration.smtp_from,
        encrypted=configuration.smtp_encryption == "required",
        login=login,
    )


def returned_to(configuration: Configuration) -> Path | None:
    """The folder to which the mail server delivers what it gives back; None: to none of ours."""
    said = configuration.returned
    return None if said == NOWHERE else Path(said)


def sms_address(pattern: str, number: str) -> str:
    """Where the gateway takes a text for a telephone: `{number}` in the pattern is its digits, as typed."""
    return pattern.replace("{number}", "".join(filter(str.isdecimal, number)))


def _check(answer: tuple[int, bytes], *, refused: bool) -> None:
    if not 200 <= answer[0] < 300:
        raise _failed(answer[0], refused=refused)


def _failed(code: int, *, refused: bool) -> NotSent:
    """`refused`: a 5xx is about this message, and not about how the server or we are set up."""
    if refused and 500 <= code < 600:
        return Refused(f"the mail server refused it for good ({code})")
    return NotYet(f"the mail server answered {code}")


def _hang_up(server: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
