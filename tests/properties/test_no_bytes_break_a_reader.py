"""Whatever bytes arrive, every reader answers or refuses in its own words; no forgery passes."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.core import canonical
from heed.core.canonical import NotCanonical
from heed.register.checkpoint import open_checkpoint
from heed.register.note import NoteInvalid, Verifier, open_note
from heed.register.receipt import (
    Promise,
    Receipt,
    ReceiptExtra,
    ReceiptInvalid,
    check,
    open_promise,
    sign_promise,
)
from tests import small_log
from tests.small_log import LOG, PROMISER

RECEIPT = small_log.receipt()
AT = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
NOTE = sign_promise(PROMISER, Promise(bytes(range(32)), AT, AT))
ALONE = small_log.stand_alone()
MODEST = settings(max_examples=150, deadline=None)


def mutations(original: bytes, count: int, seed: int) -> list[bytes]:
    """Other bytes near the original: changed, cut, doubled, moved; the same ones each time."""
    chance = random.Random(seed)
    found: list[bytes] = []
    while len(found) < count:
        data = bytearray(original)
        for _ in range(chance.choice((1, 1, 1, 2, 4))):
            at, to = sorted(chance.randrange(len(data) + 1) for _ in range(2))
            match chance.randrange(6):
                case 0:
                    data[at:to] = b""
                case 1:
                    data[at:at] = data[at:to][:200]
                case 2:
                    data[at:at] = chance.choice((b"\n", b" ", b"=", b"\0", b"\xff", b"0", b"\n\n"))
                case 3 if at < len(data):
                    data[at] ^= 1 << chance.randrange(8)
                case 4 if at < len(data):
                    data[at] = chance.choice(b"\n =+/0A\r")
                case _:
                    data[at : at + 1] = b""
            if not data:
                break
        if bytes(data) != original:
            found.append(bytes(data))
    return found


def proven(data: bytes) -> object:
    """What the library says that a receipt shows."""
    return check(Receipt.decode(data), [LOG.verifier])


READERS: list[tuple[Callable[[bytes], object], bytes, type[Exception]]] = [
    (proven, RECEIPT.encode(), ReceiptInvalid),
    (ReceiptExtra.decode, small_log.extra(2).encode(), ReceiptInvalid),
    (lambda data: open_note(data, [PROMISER.verifier]), NOTE, NoteInvalid),
    (lambda data: open_promise(data, [PROMISER.verifier]), NOTE, NoteInvalid),
    (lambda data: open_checkpoint(data, [LOG.verifier]), RECEIPT.checkpoint, NoteInvalid),
    (lambda data: Verifier.from_vkey(data.decode("latin-1")), LOG.vkey.encode(), NoteInvalid),
    (canonical.loads, small_log.extra(2).header, NotCanonical),
]


@pytest.mark.parametrize(("read", "original", "refusal"), READERS)
def test_a_mutation_is_refused_or_reads_as_the_same(
    read: Callable[[bytes], Any], original: bytes, refusal: type[Exception]
) -> None:
    whole, refused = read(original), 0
    for data in mutations(original, 600, seed=1):
        try:
            found = read(data)
        except refusal:
            refused += 1
            continue
        # A changed label or word inside unsigned JSON is another value; what is signed is not.
        if read not in (canonical.loads, ReceiptExtra.decode):
            assert found == whole
    assert refused > 300


@pytest.mark.parametrize(("read", "original", "refusal"), READERS)
@MODEST
@given(data=st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8")))
def test_any_bytes_are_refused_in_the_readers_own_words(
    read: Callable[[bytes], Any], original: bytes, refusal: type[Exception], data: bytes
) -> None:
    try:
        read(data)
    except refusal:
        return
    assert read is canonical.loads
    assert canonical.dumps(canonical.loads(data)) == data


@MODEST
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_every_permitted_value_survives_being_written(value: object) -> None:
    assert canonical.loads(canonical.dumps(value)) == value


def test_the_stand_alone_check_and_the_library_never_disagree_about_a_receipt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "receipt", tmp_path / "key"
    key.write_text(LOG.vkey)
    proved = 0
    for data in [RECEIPT.encode(), *mutations(RECEIPT.encode(), 1500, seed=2)]:
        file.write_bytes(data)
        code = ALONE.main([str(file), "--key", str(key)])
        said = capsys.readouterr()
        assert not said.err
        assert "it could not be read" not in said.out
        try:
            proven(data)
        except ReceiptInvalid:
            assert code in (1, 2), data
        else:
            assert code == 0, data
            proved += 1
    assert 1 <= proved < 30


def test_the_stand_alone_check_survives_any_promise_policy_or_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cosigner = small_log.Cosigner("one.example.org")
    policy = f"log {LOG.vkey}\nwitness one {cosigner.vkey}\ngroup g any one\nquorum g\n".encode()
    signed = cosigner.cosign(RECEIPT.checkpoint, 1_795_000_000)
    receipt = Receipt(RECEIPT.extra, RECEIPT.index, RECEIPT.proof, signed).encode()
    file, keys = tmp_path / "file", tmp_path / "keys"
    cases = [(NOTE, other, "--key") for other in mutations(PROMISER.vkey.encode(), 150, seed=3)]
    cases += [(other, PROMISER.vkey.encode(), "--key") for other in mutations(NOTE, 300, seed=4)]
    cases += [(receipt, other, "--policy") for other in mutations(policy, 300, seed=5)]
    for data, held, option in cases:
        file.write_bytes(data)
        keys.write_bytes(held)
        code = ALONE.main([str(file), option, str(keys)])
        said = capsys.readouterr()
        assert code in (0, 1, 2)
        assert not said.err
        assert "it could not be read" not in said.out
