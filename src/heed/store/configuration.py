"""What an organisation says of itself, checked when a process starts; keys and passwords stand apart."""

from __future__ import annotations

import json
import os
import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from heed.core.ports import is_address
from heed.register.note import Signer
from heed.register.vault import OpeningKey, SealingKey

FILE = "heed.toml"
NOWHERE = "nowhere"
NOT_SENT = "not-sent"
"""The folder of the data directory where messages stay that nobody gets."""


class ConfigurationWrong(Exception):
    """What is wrong in the configuration, and where to mend it."""


@dataclass(frozen=True)
class Configuration:
    """Public facts of one installation. `origin` names its log for ever; its own ports are on loopback.

    `post`: "smtp", or "folder", where nobody gets what is sent. `sms_address`: where a gateway takes a
    text, with `{number}` for the telephone. `returned`: the folder to which the mail server delivers
    what comes to `smtp_from`, as Maildir has it, or "nowhere". `office_url` and, for other bodies,
    `public_url`: what a message links to; they end without "/".
    """

    organisation: str = "Aldermere Safeguarding Partnership"
    telephone: str = "01632 960 001"
    next_read: str = "by the end of the next working day"
    origin: str = "heed.example.org/demonstration"
    public_port: int = 8000
    office_port: int = 8001
    post: str = "folder"
    smtp_host: str = "localhost"
    smtp_port: int = 25
    smtp_from: str = "heed@example.org"
    smtp_encryption: str = "offered"
    returned: str = NOWHERE
    sms_address: str = "{number}@sms.example.org"
    office_url: str = "http://127.0.0.1:8001"
    public_url: str = "http://127.0.0.1:8000"

    @classmethod
    def load(cls, home: Path) -> Configuration:
        """The file `heed.toml`, over it `HEED_` variables; raises ConfigurationWrong."""
        try:
            given = tomllib.loads((home / FILE).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ConfigurationWrong(
                f"There is no {FILE} in {home}: run `heed init --demonstration` first."
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
            raise ConfigurationWrong(f"{home / FILE} cannot be read: {wrong}") from None
        known = {field.name: field.type for field in fields(cls)}
        for name in known:
            if (said := os.environ.get(f"HEED_{name.upper()}")) is not None:
                given[name] = int(said) if name.endswith("port") and said.isdigit() else said
        if unknown := sorted(given.keys() - known.keys()):
            raise ConfigurationWrong(
                f"{home / FILE} names what is not known: {', '.join(unknown)}."
            )
        for face in ("office", "public"):  # until somebody says how they are reached from outside
            if given.get(f"{face}_url", getattr(cls, f"{face}_url")) == getattr(cls, f"{face}_url"):
                port = given.get(f"{face}_port", getattr(cls, f"{face}_port"))
                given[f"{face}_url"] = f"http://127.0.0.1:{port}"
        configuration = cls(**given)
        configuration.check()
        return configuration

    def check(self) -> None:
        """Raises ConfigurationWrong with the first thing that is wrong."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("port"):
                if not isinstance(value, int) or not 0 < value < 65536:
                    raise ConfigurationWrong(f"{field.name} must be a port number, not {value!r}.")
            elif not isinstance(value, str) or not value.strip():
                raise ConfigurationWrong(f"{field.name} must not be empty.")
            elif any("\ud800" <= letter <= "\udfff" for letter in value):
                raise ConfigurationWrong(f"{field.name} holds what is no text (UTF-8).")
        if not re.fullmatch(r"[a-z0-9.-]+(/[a-z0-9._-]+)*", self.origin):
            raise ConfigurationWrong(
                "origin is a name such as heed.example.org/log, without spaces."
            )
        self._check_post()

    def _check_post(self) -> None:
        if self.post not in ("folder", "smtp"):
            raise ConfigurationWrong('post is "smtp", or "folder": then nobody gets a message.')
        if self.smtp_encryption not in ("offered", "required"):
            raise ConfigurationWrong('smtp_encryption is "offered" or "required".')
        if self.returned != NOWHERE and not self.returned.startswith("/"):
            raise ConfigurationWrong('returned is a folder such as /var/mail/heed, or "nowhere".')
        if not is_address(self.smtp_from):
            raise ConfigurationWrong("smtp_from is an address such as heed@example.org.")
        if not is_address(self.sms_address.replace("{number}", "0", 1)) or (
            "{number}" not in self.sms_address
        ):
            raise ConfigurationWrong("sms_address is such as {number}@sms.example.org.")
        for name in ("office_url", "public_url"):
            said = getattr(self, name)
            if not re.fullmatch(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~-]+)*", said):
                raise ConfigurationWrong(
                    f"{name} is such as https://heed.example.org, without / at the end."
                )

    def encode(self) -> str:
        """The text of the file."""
        lines = [
            "# This installation, in public facts. Keys and passwords stand in their own files."
        ]
        for field in fields(self):
            value = getattr(self, field.name)
            lines.append(f"{field.name} = {value if isinstance(value, int) else _quoted(value)}")
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class PublicHand:
    """All that the public face holds: it can seal to the organisation, and open nothing of it."""

    database_url: str
    intake: SealingKey
    promise: Signer
    form_key: bytes
    spool: Path
    export: Path

    @classmethod
    def load(cls, home: Path, origin: str) -> PublicHand:
        """From `public/` in the data directory."""
        room = home / "public"
        return cls(
            database_url=_text(room / "database.url"),
            intake=SealingKey(_bytes(room / "intake.public")),
            promise=Signer(origin + "/promise", _bytes(room / "promise.key")),
            form_key=_bytes(room / "form.key"),
            spool=room / "spool",
            export=home / "export",
        )


@dataclass(frozen=True)
class OfficeHand:
    """What the office face holds: two doors to the database, and the key to which it seals.

    `walls` names the file with which its probes compare the database (store/catalogue.py).
    """

    database_url: str
    signin_url: str
    organisation: SealingKey
    web_key: str
    walls: Path
    export: Path

    @classmethod
    def load(cls, home: Path) -> OfficeHand:
        """From `office/` in the data directory."""
        room = home / "office"
        return cls(
            database_url=_text(room / "database.url"),
            signin_url=_text(room / "signin.url"),
            organisation=SealingKey(_bytes(room / "organisation.public")),
            web_key=_bytes(room / "web.key").hex(),
            walls=room / "walls.json",
            export=home / "export",
        )


@dataclass(frozen=True)
class OpenerHand:
    """What the opener holds: the private halves, by the names under which keys are wrapped."""

    database_url: str
    keys: dict[str, OpeningKey]

    @classmethod
    def load(cls, home: Path) -> OpenerHand:
        """From `opener/` in the data directory."""
        room = home / "opener"
        keys = {
            name: OpeningKey(_bytes(room / f"{name}.key")) for name in ("intake", "organisation")
        }
        return cls(_text(room / "database.url"), keys)


@dataclass(frozen=True)
class SequencerHand:
    """What the sequencer holds: the log's signing key, and the folder that it publishes to."""

    database_url: str
    log: Signer
    export: Path

    @classmethod
    def load(cls, home: Path, origin: str) -> SequencerHand:
        """From `sequencer/` in the data directory."""
        room = home / "sequencer"
        return cls(
            _text(room / "database.url"), Signer(origin, _bytes(room / "log.key")), home / "export"
        )


@dataclass(frozen=True)
class SweepHand:
    """What the sweep holds: the key to which it seals, and the one that signs its sign of life."""

    database_url: str
    organisation: SealingKey
    heartbeat: Signer
    export: Path

    @classmethod
    def load(cls, home: Path, origin: str) -> SweepHand:
        """From `sweep/` in the data directory."""
        room = home / "sweep"
        return cls(
            _text(room / "database.url"),
            SealingKey(_bytes(room / "organisation.public")),
            Signer(origin + "/heartbeat", _bytes(room / "heartbeat.key")),
            home / "export",
        )


def _quoted(text: str) -> str:
    """A TOML basic string (TOML 1.0): JSON's escapes, and DEL, which JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def owner_url(home: Path) -> str:
    """The owner's URL, for set-up, verify and rebuild."""
    return os.environ.get("HEED_DATABASE_URL") or _text(home / "secrets" / "owner.url")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationWrong(f"{path} is missing: run `heed init --demonstration`.") from None
    except PermissionError:
        raise ConfigurationWrong(f"This user may not read {path}.") from None


def _text(path: Path) -> str:
    return _bytes(path).decode().strip()
