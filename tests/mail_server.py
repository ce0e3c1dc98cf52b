"""A mail server that listens on this computer and does as it is told: takes, refuses, delays, breaks off."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class MailServer:
    """What came, and how it answers: to RCPT by address, to the text; `slow` in seconds before it does."""

    port: int = 0
    came: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    recipients: dict[str, str] = field(default_factory=dict)
    everybody: str = ""
    sender: str = ""
    text: str = ""
    slow: float = 0.0
    drips: bool = False
    breaks_off: str = ""
    encrypted: list[bool] = field(default_factory=list)

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """To MAIL FROM."""
        if self.sender:
            return self.sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """To RCPT TO."""
        await asyncio.sleep(self.slow)
        while self.drips:
            await server.push("250-wait")
            await asyncio.sleep(0.05)
        if self.breaks_off == "before":
            server.transport.abort()
        answer = self.recipients.get(address, self.everybody)
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        """To the text."""
        if self.text:
            return self.text
        self.to += envelope.rcpt_tos
        self.encrypted.append(session.ssl is not None)
        read = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
        self.came.append(read)
        if self.breaks_off == "after":
            server.transport.abort()
        return "250 taken"


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None, login: tuple[str, str] | None = None
) -> Iterator[MailServer]:
    """One that listens on a free port until the test is over; `login` wants that name and password."""
    told = MailServer()

    def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == login)

    controller = Controller(
        told,
        hostname="localhost",
        port=0,
        tls_context=tls,
        authenticator=knows if login else None,
        auth_required=login is not None,
    )
    # With port 0 the controller cannot find itself: it asks for its own port by a connection.
    controller.port = _free_port()
    controller.start()
    told.port = controller.port
    try:
        yield told
    finally:
        controller.stop()


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server of that name: its own context, and one that trusts it and nobody else."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain, private)
    return serving, ssl.create_default_context(cafile=str(chain))


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])
