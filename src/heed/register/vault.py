"""Every entry is sealed under a key of its own before it leaves the hand that wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SALT = 32
NONCE = 12
PUBLIC = 1216
SEEDS = 96
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


class CannotOpen(ValueError):
    """The bytes do not open with this key: they were altered, moved, or sealed to another."""


def derive(secret: bytes, label: bytes, length: int = 32) -> bytes:
    """HKDF-SHA256 without salt (RFC 5869): `length` bytes that only holders of `secret` can make."""
    return HKDF(hashes.SHA256(), length, None, label).derive(secret)


def commit(salt: bytes, envelope: bytes) -> bytes:
    """The salted commitment, 32 bytes: HMAC-SHA256(salt, envelope)."""
    return _hmac(salt, envelope)


def body_hash(salt: bytes, body: bytes) -> str:
    """What an envelope says of its body, hex: the receipt can show the envelope without the words."""
    return _hmac(salt, b"body\0" + body).hex()


def _hmac(key: bytes, message: bytes) -> bytes:
    made = HMAC(key, hashes.SHA256())
    made.update(message)
    return made.finalize()


def seal(key: bytes, nonce: bytes, entry: UUID, salt: bytes, envelope: bytes, body: bytes) -> bytes:
    """nonce ‖ AES-256-GCM(salt ‖ envelope ‖ LF ‖ body), bound to the entry's id (NIST SP 800-38D)."""
    plaintext = b"".join((salt, envelope, b"\n", body))
    return nonce + AESGCM(key).encrypt(nonce, plaintext, entry.bytes)


@dataclass(frozen=True)
class Opened:
    """What a sealed entry held: the exact bytes that were committed to."""

    salt: bytes
    envelope: bytes
    body: bytes


def open_sealed(key: bytes, entry: UUID, sealed: bytes) -> Opened:
    """The plaintext of a sealed entry; raises CannotOpen if a bit of it, or its id, is wrong."""
    try:
        plain = AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], entry.bytes)
    except (InvalidTag, ValueError) as wrong:
        raise CannotOpen("the sealed words do not open with this key") from wrong
    envelope, found, body = plain[SALT:].partition(b"\n")
    if len(plain) < SALT or not found:
        raise CannotOpen("the sealed words are cut short")
    return Opened(plain[:SALT], envelope, body)


@dataclass(frozen=True)
class SealingKey:
    """The public half of a key pair to which entry keys are wrapped (HPKE, ML-KEM-768 with X25519)."""

    public: bytes

    def wrap(self, key: bytes, label: str, entry: UUID) -> bytes:
        """The entry's key, wrapped to this key for this entry and recipient only; 1,168 bytes."""
        return _SUITE.encrypt(key, self._loaded(), _info(label, entry))

    def _loaded(self) -> hpke.MLKEM768X25519PublicKey:
        loaded = _LOADED.get(self.public)
        if loaded is None:
            if len(self.public) != PUBLIC:
                raise CannotOpen(f"a public key has {PUBLIC} bytes, this one {len(self.public)}")
            loaded = hpke.MLKEM768X25519PublicKey(
                MLKEM768PublicKey.from_public_bytes(self.public[:1184]),
                X25519PublicKey.from_public_bytes(self.public[1184:]),
            )
            if len(_LOADED) < 64:
                _LOADED[self.public] = loaded
        return loaded


_LOADED: dict[bytes, hpke.MLKEM768X25519PublicKey] = {}


@dataclass(frozen=True)
class OpeningKey:
    """Both halves: 96 seed bytes (64 for ML-KEM-768, 32 for X25519). `repr` never shows them."""

    seeds: bytes

    def __repr__(self) -> str:
        return "OpeningKey(…)"

    def _pair(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        if len(self.seeds) != SEEDS:
            raise CannotOpen(f"a private key has {SEEDS} bytes, this one {len(self.seeds)}")
        return (
            MLKEM768PrivateKey.from_seed_bytes(self.seeds[:64]),
            X25519PrivateKey.from_private_bytes(self.seeds[64:]),
        )

    def public(self) -> bytes:
        """The public half, 1,216 bytes."""
        lattice, curve = self._pair()
        return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    def opener(self) -> Unwrapper:
        """The loaded pair, for many openings."""
        return Unwrapper(hpke.MLKEM768X25519PrivateKey(*self._pair()))


class Unwrapper:
    """A loaded private key that opens wraps."""

    def __init__(self, private: hpke.MLKEM768X25519PrivateKey) -> None:
        self._private = private

    def __call__(self, wrap: bytes, label: str, entry: UUID) -> bytes:
        """The entry's key; raises CannotOpen for another's wrap, entry or label."""
        try:
            return _SUITE.decrypt(wrap, self._private, _info(label, entry))
        except (InvalidTag, ValueError) as wrong:
            raise CannotOpen("the wrapped key does not open") from wrong


def _info(label: str, entry: UUID) -> bytes:
    return b"heed wrap v1 " + label.encode() + b" " + entry.bytes


def lock_under(key: bytes, nonce: bytes, secret: bytes, what: bytes) -> bytes:
    """A small secret sealed under a symmetric key, bound to what it is for."""
    return nonce + AESGCM(key).encrypt(nonce, secret, what)


def unlock_under(key: bytes, locked: bytes, what: bytes) -> bytes:
    """The secret that lock_under sealed; raises CannotOpen."""
    try:
        return AESGCM(key).decrypt(locked[:NONCE], locked[NONCE:], what)
    except (InvalidTag, ValueError) as wrong:
        raise CannotOpen("this does not open with this key") from wrong
