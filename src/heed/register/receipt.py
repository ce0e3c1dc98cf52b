"""What a reporter may take away: a promise at once, and later a proof that anyone can check."""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import unhexlify
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from heed.core import canonical
from heed.register import vault
from heed.register.checkpoint import Checkpoint, decimal, open_checkpoint
from heed.register.entry import EntryUnreadable, Envelope, Header, leaf_data
from heed.register.note import NoteInvalid, Signer, Verifier, open_note, strict_base64
from heed.register.tree import HASH_SIZE, ProofInvalid, leaf_hash, verify_inclusion

MAGIC = "c2sp.org/tlog-proof@v1"
PROMISE = "heed-promise/v1"
PROMISE_SUFFIX = "/promise"
MAX_RECEIPT = 1_000_000
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


class ReceiptInvalid(ValueError):
    """This is no receipt, or it does not prove what it claims."""


class PromiseInvalid(NoteInvalid):
    """The signed text is not a promise to record something."""


@dataclass(frozen=True)
class Receipt:
    """A C2SP tlog-proof: one leaf's index, its path to the root, and the signed checkpoint.

    `proof` holds 32-byte hashes from the leaf's sibling upward; `extra` is not authenticated.
    """

    extra: bytes | None
    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The bytes of the `.tlog-proof` file."""
        lines = [MAGIC]
        if self.extra is not None:
            lines.append("extra " + b64encode(self.extra).decode())
        lines.append(f"index {self.index}")
        lines += [b64encode(node).decode() for node in self.proof]
        return "\n".join(lines).encode() + b"\n\n" + self.checkpoint

    @classmethod
    def decode(cls, data: bytes) -> Receipt:
        """From the file's bytes; ReceiptInvalid unless encoding again gives the same bytes."""
        head, blank, checkpoint = data[:MAX_RECEIPT].partition(b"\n\n")
        if len(data) > MAX_RECEIPT or not blank or not checkpoint:
            raise ReceiptInvalid("a receipt is a proof, an empty line and a checkpoint")
        try:
            lines = head.decode("ascii").split("\n")
            extra = None
            if len(lines) > 1 and lines[1].startswith("extra "):
                extra = strict_base64(lines.pop(1).removeprefix("extra "))
            if lines[0] != MAGIC or len(lines) < 2 or not lines[1].startswith("index "):
                raise ReceiptInvalid("a receipt starts with its format's name and an index")
            index = decimal(lines[1].removeprefix("index "))
            proof = tuple(map(strict_base64, lines[2:]))
        except (UnicodeDecodeError, NoteInvalid):
            raise ReceiptInvalid("a line of the receipt is misspelt") from None
        if extra == b"" or len(proof) > 63 or any(len(node) != HASH_SIZE for node in proof):
            raise ReceiptInvalid("a line of the receipt has the wrong length")
        return cls(extra, index, proof, checkpoint)


@dataclass(frozen=True)
class ReceiptExtra:
    """What a stranger needs besides the proof to compute the leaf.

    `header` and `envelope` are the stored bytes, `salt` the 32 secret bytes that hide the
    envelope in the leaf; whoever holds the salt can test guesses at the words.
    """

    header: bytes
    envelope: bytes
    salt: bytes

    def encode(self) -> bytes:
        """Canonical JSON, ready to be a receipt's `extra`; both parts are canonical JSON as texts."""
        return canonical.dumps(
            {
                "envelope": self.envelope.decode(),
                "header": self.header.decode(),
                "salt": self.salt.hex(),
                "v": 1,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> ReceiptExtra:
        """From those bytes; ReceiptInvalid for any others."""
        try:
            held = canonical.loads(data)
            extra = cls(held["header"].encode(), held["envelope"].encode(), unhexlify(held["salt"]))
            same = len(extra.salt) == vault.SALT and extra.encode() == data
        except (ValueError, TypeError, LookupError, AttributeError):
            same = False
        if not same:
            raise ReceiptInvalid("the receipt's extra part is not one that we write")
        return extra

    @property
    def commitment(self) -> bytes:
        """HMAC-SHA256(salt, envelope): binds the envelope and shows nothing of it."""
        return vault.commit(self.salt, self.envelope)


@dataclass(frozen=True)
class Proven:
    """What a good receipt shows: this entry is leaf `index` under a head that the log signed.

    `leaf` is the leaf hash; `header` and `envelope` are read from the bytes that were committed.
    """

    entry: UUID
    index: int
    leaf: bytes
    commitment: bytes
    header: Header
    envelope: Envelope
    checkpoint: Checkpoint


def check(receipt: Receipt, verifiers: Iterable[Verifier]) -> Proven:
    """Everything the receipt proves under the given log keys; ReceiptInvalid if it does not.

    Nothing in `extra` is believed: the leaf is computed from it and must lie under the root.
    """
    if receipt.extra is None:
        raise ReceiptInvalid("the receipt does not say what entry it is for")
    extra = ReceiptExtra.decode(receipt.extra)
    leaf = leaf_hash(leaf_data(extra.header, extra.commitment))
    try:
        checkpoint = open_checkpoint(receipt.checkpoint, verifiers)
        verify_inclusion(leaf, receipt.index, checkpoint.size, receipt.proof, checkpoint.root)
    except (NoteInvalid, ProofInvalid) as reason:
        raise ReceiptInvalid(str(reason)) from reason
    try:
        header, envelope = Header.decode(extra.header), Envelope.decode(extra.envelope)
    except EntryUnreadable as reason:
        raise ReceiptInvalid(str(reason)) from reason
    if (envelope.type, envelope.allegation) != (header.kind, header.stream):
        raise ReceiptInvalid("the envelope belongs to another entry than the header")
    # The database writes the newest head into the header before the entry has a place, so a
    # place beneath that head would mean that the entry was put in behind it.
    if not 0 <= header.prev_size <= receipt.index:
        raise ReceiptInvalid("the header names an earlier head that cannot be earlier")
    return Proven(header.id, receipt.index, leaf, extra.commitment, header, envelope, checkpoint)


@dataclass(frozen=True)
class Promise:
    """The record keeper's word that a commitment (32 bytes) will be in the tree by `deadline`."""

    commitment: bytes
    time: datetime
    deadline: datetime

    def __post_init__(self) -> None:
        if len(self.commitment) != HASH_SIZE:
            raise PromiseInvalid(f"a commitment has {HASH_SIZE} bytes")
        if self.time.tzinfo is None or self.deadline.tzinfo is None:
            raise PromiseInvalid("a promise's times are instants, with their zone")
        if self.deadline < self.time:
            raise PromiseInvalid("a promise's deadline is not before it was made")


def sign_promise(signer: Signer, promise: Promise) -> bytes:
    """The signed note of a promise; the signer's name is the log's origin with `/promise`."""
    return signer.sign(_promise_text(_origin(signer.name), promise)).encode()


def open_promise(note: bytes, verifiers: Iterable[Verifier]) -> Promise:
    """The promise, if the promise key of the log that it names signed it; else NoteInvalid."""
    text, signers = open_note(note, verifiers)
    lines = text.split("\n")
    if len(lines) != 6 or not all(map(_STAMP.fullmatch, lines[3:5])):
        raise PromiseInvalid("a promise has five lines: format, origin, what, when, by when")
    if lines[1] + PROMISE_SUFFIX not in signers:
        raise PromiseInvalid("the promise is not signed by the log that it names")
    try:
        time, deadline = (datetime.fromisoformat(line) for line in lines[3:5])
    except ValueError:
        raise PromiseInvalid("a promise's times are instants that exist") from None
    promise = Promise(strict_base64(lines[2]), time, deadline)
    if _promise_text(lines[1], promise) != text:
        raise PromiseInvalid("this is no promise to record something")
    return promise


def _promise_text(origin: str, promise: Promise) -> str:
    what = b64encode(promise.commitment).decode()
    when, until = _stamp(promise.time), _stamp(promise.deadline)
    return f"{PROMISE}\n{origin}\n{what}\n{when}\n{until}\n"


def _origin(name: str) -> str:
    if not name.endswith(PROMISE_SUFFIX) or name == PROMISE_SUFFIX:
        raise PromiseInvalid("a promise key is named like its log, with /promise")
    return name.removesuffix(PROMISE_SUFFIX)


def _stamp(time: datetime) -> str:
    instant = time.astimezone(UTC).replace(tzinfo=None)
    return instant.isoformat(timespec="microseconds") + "Z"
