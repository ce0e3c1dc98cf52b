"""Software that we did not write reads our receipts, and refuses them when they are altered."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from proofbundle.checkpoint import (
    cosign_checkpoint,
    cosign_vkey,
    sign_checkpoint,
    verify_checkpoint,
)
from proofbundle.tlogproof import parse_tlog_proof, verify_tlog_proof

from heed.register import tree
from heed.register.checkpoint import open_checkpoint
from heed.register.entry import leaf_data
from heed.register.note import Verifier
from tests import small_log
from tests.small_log import LOG

RECEIPT = small_log.receipt()
WITNESS = "one.example.org"


def leaf(number: int) -> bytes:
    """The leaf data that a stranger is told out of band."""
    extra = small_log.extra(number)
    return leaf_data(extra.header, extra.commitment)


def test_the_stranger_parses_what_we_wrote() -> None:
    parsed = parse_tlog_proof(RECEIPT.encode().decode())
    assert (parsed["extra"], parsed["index"]) == (RECEIPT.extra, RECEIPT.index)
    assert tuple(parsed["proof"]) == RECEIPT.proof
    assert parsed["checkpoint"].encode() == RECEIPT.checkpoint


def test_the_stranger_proves_every_receipt_of_logs_of_many_sizes() -> None:
    for size in (1, 2, 3, 7, 8, 9):
        for number in range(size):
            text = small_log.receipt(number, size).encode().decode()
            found = verify_tlog_proof(text, leaf(number), LOG.vkey, expected_origin=LOG.name)
            assert found["ok"], found
            assert (found["tree_size"], found["index"]) == (size, number)


def test_the_stranger_refuses_a_wrong_index_leaf_or_key() -> None:
    text = RECEIPT.encode().decode()
    for index in (0, 1, 3, 6, 7):
        moved = replace(RECEIPT, index=index).encode().decode()
        assert not verify_tlog_proof(moved, leaf(2), LOG.vkey)["ok"]
    assert not verify_tlog_proof(text, leaf(3), LOG.vkey)["ok"]
    assert not verify_tlog_proof(text, leaf(2), small_log.PROMISER.vkey)["ok"]


def test_the_stranger_refuses_every_changed_byte_of_proof_and_head() -> None:
    data = RECEIPT.encode()
    for at in range(data.index(b"index "), len(data)):
        changed = bytes([*data[:at], data[at] ^ 1, *data[at + 1 :]]).decode("utf-8", "replace")
        assert not verify_tlog_proof(changed, leaf(2), LOG.vkey)["ok"], at


def test_each_reads_the_heads_that_the_other_signs() -> None:
    ours = verify_checkpoint(RECEIPT.checkpoint.decode(), LOG.vkey)
    assert ours["ok"]
    assert ours["tree_size"] == 7
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    root = tree.root(small_log.leaves(7))
    theirs = sign_checkpoint("other.example.org", 7, root, key, "other.example.org")
    public = key.public_key().public_bytes_raw()
    opened = open_checkpoint(theirs.encode(), [Verifier("other.example.org", public)])
    assert (opened.size, opened.root) == (7, root)


def test_the_stand_alone_check_counts_the_strangers_co_signature(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    vkey = cosign_vkey(WITNESS, key.public_key().public_bytes_raw())
    note = cosign_checkpoint(RECEIPT.checkpoint.decode(), key, WITNESS, 1_795_000_000)
    (tmp_path / "receipt").write_bytes(replace(RECEIPT, checkpoint=note.encode()).encode())
    (tmp_path / "policy").write_text(f"log {LOG.vkey}\nwitness one {vkey}\nquorum one\n")
    command = [sys.executable, "-I", str(small_log.STAND_ALONE), "receipt", "--policy", "policy"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Co-signed by {WITNESS}" in done.stdout
    (tmp_path / "receipt").write_bytes(RECEIPT.encode())
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
