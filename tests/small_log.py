"""A log of a few invented entries, with its keys, for tests of what can be proved about it."""

from __future__ import annotations

import hmac
from base64 import b64encode
from dataclasses import replace
from functools import cache
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from heed.core import canonical
from heed.register import tree
from heed.register.checkpoint import sign_checkpoint
from heed.register.entry import leaf_data
from heed.register.note import Signer
from heed.register.receipt import Receipt, ReceiptExtra

ORIGIN = "heed.example.org/0a1b2c3d"
LOG = Signer(ORIGIN, sha256(b"the key of a log in a test").digest())
PROMISER = Signer(ORIGIN + "/promise", sha256(b"the key of its promises").digest())
STAND_ALONE = Path(__file__).parents[1] / "heed_verify.py"
STREAM = UUID("5f0c7a4e-2a63-4c56-9c0e-0d5c1a1f2b3c")


def body(number: int) -> bytes:
    """The words of an entry, as they are sealed."""
    return canonical.dumps({"told": f"Nobody answered letter {number} – “not yet”."})


def entry(number: int) -> UUID:
    """The id of an entry."""
    return UUID(int=0xAB12CD34_0000_4000_8000_000000000000 + number)


def extra(number: int, prev_size: int = 0) -> ReceiptExtra:
    """What the receipt of an entry carries."""
    salt = sha256(b"salt %d" % number).digest()
    envelope = {
        "actor": "reporter",
        "allegation": str(STREAM),
        "attachments": [],
        "body_v": 1,
        "body": hmac.digest(salt, b"body\0" + body(number), "sha256").hex(),
        "happened_at": None,
        "supersedes": None,
        "type": "filed",
        "v": 1,
    }
    header = {
        "facts": sha256(b"facts").hexdigest(),
        "id": str(entry(number)),
        "kind": "filed",
        "prev": {"root": tree.root(leaves(prev_size)).hex(), "size": prev_size},
        "recorded_at": "2026-11-22T03:04:05.123456Z",
        "role": "heed_intake",
        "sealed": sha256(b"sealed").hexdigest(),
        "stream": str(STREAM),
        "v": 1,
        "version": number,
        "wraps": {"intake": sha256(b"wrap").hexdigest()},
    }
    return ReceiptExtra(canonical.dumps(header), canonical.dumps(envelope), salt)


def extra_of_two(number: int = 2) -> ReceiptExtra:
    """A header and an envelope that were committed together, but speak of different entries."""
    whole = extra(number)
    return replace(whole, envelope=whole.envelope.replace(b'"filed"', b'"added"'))


def leaves(size: int) -> list[bytes]:
    """The leaf hashes of the log's first entries."""
    extras = [extra(number) for number in range(size)]
    return [tree.leaf_hash(leaf_data(one.header, one.commitment)) for one in extras]


def receipt(number: int = 2, size: int = 7, signer: Signer = LOG) -> Receipt:
    """The receipt of one entry under a checkpoint of `size`."""
    hashes = leaves(size)
    checkpoint = sign_checkpoint(signer, size, tree.root(hashes))
    proof = tree.inclusion_proof(hashes, number)
    return Receipt(extra(number).encode(), number, proof, checkpoint)


def receipt_of(extra: ReceiptExtra) -> Receipt:
    """The receipt of that extra part's entry in a log where it is the third of three."""
    leaf = tree.leaf_hash(leaf_data(extra.header, extra.commitment))
    hashes = [*leaves(2), leaf]
    checkpoint = sign_checkpoint(LOG, 3, tree.root(hashes))
    return Receipt(extra.encode(), 2, tree.inclusion_proof(hashes, 2), checkpoint)


class Cosigner:
    """An outside body that co-signs checkpoints (C2SP tlog-cosignature, Ed25519)."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())
        self._material = b"\x04" + self._key.public_key().public_bytes_raw()
        self._id = sha256(name.encode() + b"\n" + self._material).digest()[:4]

    @property
    def vkey(self) -> str:
        """Its public key, as a policy names it."""
        return f"{self.name}+{self._id.hex()}+{b64encode(self._material).decode()}"

    def cosign(self, note: bytes, when: int) -> bytes:
        """The checkpoint with its signature line added."""
        text = note.partition(b"\n\n")[0] + b"\n"
        message = b"cosignature/v1\ntime %d\n" % when + text
        signed = self._id + when.to_bytes(8, "big") + self._key.sign(message)
        return note + f"— {self.name} {b64encode(signed).decode()}\n".encode()


@cache
def stand_alone() -> ModuleType:
    """`heed_verify.py`, loaded from the root of the checkout, where it imports nothing of ours."""
    spec = spec_from_file_location("heed_verify", STAND_ALONE)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
