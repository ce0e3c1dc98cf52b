"""Signs a short public text, and tells whose signature under such a text is good."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = b"\x01"
MAX_NOTE = 1_000_000
MAX_SIGNATURES = 100
_DASH = "— "

# Under these public keys a signature for any text can be made by anyone: every encoding of the
# eight points of small order, canonical or not (RFC 8032 §5.1.7 does not ask for the check).
_LOW = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
)
WEAK_KEYS = frozenset(
    key for low in map(bytes.fromhex, _LOW) for key in (low, low[:31] + bytes([low[31] | 0x80]))
)

_CONTROL = re.compile("[\x00-\x09\x0b-\x1f]")


class NoteInvalid(ValueError):
    """The text is not a signed note, or no trusted key stands behind it."""


@dataclass(frozen=True)
class Verifier:
    """A public Ed25519 key (32 bytes) and the name it signs under (C2SP signed-note)."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        check_key_name(self.name)
        if len(self.public) != 32 or self.public in WEAK_KEYS:
            raise NoteInvalid("this is no sound Ed25519 public key")

    @classmethod
    def from_vkey(cls, vkey: str) -> Verifier:
        """From `<name>+<8 hex digits of the key id>+<base64 of 0x01 and the key>`."""
        parts = vkey.split("+", 2)
        if len(parts) != 3:
            raise NoteInvalid("a verifier key has a name, an id and a key, joined by +")
        material = strict_base64(parts[2])
        if material[:1] != ED25519:
            raise NoteInvalid("only Ed25519 verifier keys (type 1) are read")
        verifier = cls(parts[0], material[1:])
        if parts[1] != verifier.key_id.hex():
            raise NoteInvalid("the verifier key's id does not belong to its name and key")
        return verifier

    @property
    def key_id(self) -> bytes:
        """The first 4 bytes of SHA-256(name, newline, 0x01, public key)."""
        return sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The key as one line of text, as `from_vkey` reads it."""
        return f"{self.name}+{self.key_id.hex()}+{b64encode(ED25519 + self.public).decode()}"

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the 64-byte signature over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """A private Ed25519 key (32-byte seed) and the name it signs under."""

    def __init__(self, name: str, private: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(private)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        """The key's name, which for a log is its origin."""
        return self.verifier.name

    @property
    def vkey(self) -> str:
        """The public half as one line of text."""
        return self.verifier.vkey

    def sign(self, text: str) -> str:
        """The signed note of a text that ends in a newline."""
        if not text.endswith("\n"):
            raise NoteInvalid("a note's text ends in a newline")
        _check_characters(text)
        signature = b64encode(self.verifier.key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{self.name} {signature}\n"


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> tuple[str, list[str]]:
    """The text of a signed note, and the names of the given keys that signed it.

    An unknown key's signature is ignored; a known key's that fails rejects the note, and so does
    a note that no known key signed (C2SP signed-note). Raises NoteInvalid for all of these.
    """
    text, signatures = _split(note)
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            raise NoteInvalid("two trusted keys share a name and an id")
    signers: list[str] = []
    for name, key_id, signature in signatures:
        found = known.get((name, key_id))
        if found is None:
            continue
        if not found.is_signed(text.encode(), signature):
            raise NoteInvalid(f"the signature of {name} is false")
        if name not in signers:
            signers.append(name)
    if not signers:
        raise NoteInvalid("no trusted key signed this note")
    return text, signers


def check_key_name(name: str) -> None:
    """Raises NoteInvalid unless the name may stand in a signature line."""
    _check_characters(name)
    if not name or "+" in name or any(map(str.isspace, name)):
        raise NoteInvalid("a key's name is not empty and holds no space, newline or +")


def strict_base64(text: str) -> bytes:
    """The bytes of standard base64 (RFC 4648 §4); NoteInvalid unless it is their one spelling."""
    try:
        data = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteInvalid("this is not base64") from None
    if b64encode(data).decode() != text:
        raise NoteInvalid("this base64 has another spelling")
    return data


def _split(note: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    if len(note) > MAX_NOTE:
        raise NoteInvalid(f"a note has at most {MAX_NOTE} bytes")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteInvalid("a note is UTF-8") from None
    _check_characters(whole)
    text, blank, block = whole.rpartition("\n\n")
    if not blank or not block.endswith("\n"):
        raise NoteInvalid("a note is a text, an empty line and signature lines")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteInvalid(f"a note has at most {MAX_SIGNATURES} signatures")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise NoteInvalid("a signature line starts with a dash and a space")
    check_key_name(name)
    data = strict_base64(encoded)
    if len(data) < 5:
        raise NoteInvalid("a signature line is too short")
    return name, data[:4], data[4:]


def _check_characters(text: str) -> None:
    if _CONTROL.search(text):
        raise NoteInvalid("a note holds no control character but the newline")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise NoteInvalid("a note is UTF-8") from None
