"""States how long the record is and what it holds, under a signature."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from heed.register.note import (
    NoteInvalid,
    Signer,
    Verifier,
    check_key_name,
    open_note,
    strict_base64,
)
from heed.register.tree import EMPTY_ROOT, HASH_SIZE

MAX_SIZE = 2**63 - 1


class CheckpointInvalid(NoteInvalid):
    """The signed text is not a checkpoint of this log."""


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: its origin, its number of leaves and its 32-byte root.

    C2SP tlog-checkpoint without extension lines: not every kind of co-signature signs them.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        check_key_name(self.origin)
        if not 0 <= self.size <= MAX_SIZE:
            raise CheckpointInvalid("a checkpoint's size is a whole number below 2**63")
        if len(self.root) != HASH_SIZE:
            raise CheckpointInvalid(f"a root has {HASH_SIZE} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise CheckpointInvalid("an empty tree has one root only")

    @property
    def text(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """From the three lines, strictly."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise CheckpointInvalid("a checkpoint has an origin, a size and a root, and no more")
        return cls(lines[0], decimal(lines[1]), strict_base64(lines[2]))


def sign_checkpoint(signer: Signer, size: int, root: bytes) -> bytes:
    """The signed note of the log's head; the signer's name is the log's origin."""
    return signer.sign(Checkpoint(signer.name, size, root).text).encode()


def open_checkpoint(note: bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
    """The checkpoint, if a trusted key named like its origin signed it; else NoteInvalid."""
    text, signers = open_note(note, verifiers)
    checkpoint = Checkpoint.parse(text)
    if checkpoint.origin not in signers:
        raise CheckpointInvalid("the checkpoint is not signed by the log that it names")
    return checkpoint


def decimal(text: str) -> int:
    """A whole number below 2**63 in ASCII digits without leading noughts."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or str(int(text)) != text:
        raise CheckpointInvalid("a number is written in plain digits")
    return int(text)
