"""A receipt proves its own entry, a promise binds its own key, and neither proves more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from heed.core import canonical
from heed.register.checkpoint import sign_checkpoint
from heed.register.note import NoteInvalid, Signer
from heed.register.receipt import (
    Promise,
    PromiseInvalid,
    Receipt,
    ReceiptExtra,
    ReceiptInvalid,
    check,
    open_promise,
    sign_promise,
)
from tests import small_log
from tests.small_log import LOG, PROMISER, receipt_of

RECEIPT = small_log.receipt()
MADE = datetime(2026, 11, 22, 3, 4, 5, 123456, tzinfo=UTC)
PROMISE = Promise(bytes(range(32)), MADE, MADE + timedelta(minutes=5))


def test_a_receipt_survives_being_written_and_proves_its_entry() -> None:
    again = Receipt.decode(RECEIPT.encode())
    assert again == RECEIPT
    proven = check(again, [LOG.verifier])
    assert (proven.entry, proven.index) == (small_log.entry(2), 2)
    assert proven.checkpoint.size == 7
    assert proven.leaf == small_log.leaves(3)[2]
    assert proven.header.kind == proven.envelope.type == "filed"


def test_a_receipt_is_small_enough_for_one_picture_code() -> None:
    long = replace(RECEIPT, proof=(bytes(32),) * 27)
    assert len(long.encode()) < 2953


def test_no_receipt_proves_under_another_log() -> None:
    with pytest.raises(ReceiptInvalid):
        check(RECEIPT, [Signer(LOG.name, b"\x07" * 32).verifier])
    with pytest.raises(ReceiptInvalid):
        check(RECEIPT, [])


@pytest.mark.parametrize(
    "altered",
    [
        replace(RECEIPT, index=3),
        replace(RECEIPT, proof=RECEIPT.proof[:-1]),
        replace(RECEIPT, proof=(*RECEIPT.proof, bytes(32))),
        replace(RECEIPT, proof=(bytes(32), *RECEIPT.proof[1:])),
        replace(RECEIPT, extra=None),
        replace(RECEIPT, extra=small_log.extra(3).encode()),
        replace(RECEIPT, extra=replace(small_log.extra(2), salt=bytes(32)).encode()),
        receipt_of(small_log.extra_of_two()),
        replace(RECEIPT, checkpoint=sign_checkpoint(LOG, 7, bytes(32))),
        replace(RECEIPT, checkpoint=sign_checkpoint(PROMISER, 7, bytes(32))),
    ],
)
def test_an_altered_receipt_proves_nothing(altered: Receipt) -> None:
    with pytest.raises(ReceiptInvalid):
        check(altered, [LOG.verifier])


def test_an_entry_put_in_behind_the_head_that_it_names_is_refused() -> None:
    assert check(receipt_of(small_log.extra(2, prev_size=2)), [LOG.verifier])
    with pytest.raises(ReceiptInvalid, match="earlier"):
        check(receipt_of(small_log.extra(2, prev_size=3)), [LOG.verifier])


@pytest.mark.parametrize("part", ["header", "envelope"])
def test_committed_bytes_that_are_no_header_or_envelope_are_refused(part: str) -> None:
    for held in (b"", b"[]", b"{}", b"{ }", canonical.dumps({"v": 2})):
        with pytest.raises(ReceiptInvalid):
            check(receipt_of(replace(small_log.extra(2), **{part: held})), [LOG.verifier])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b"@v1", b"@v2"),
        lambda data: data.replace(b"extra ", b"extra  "),
        lambda data: data.replace(b"extra ", b"Extra "),
        lambda data: data.replace(b"index 2", b"index 02"),
        lambda data: data.replace(b"index 2", b"index -2"),
        lambda data: data.replace(b"index 2", b"index " + b"9" * 5000),
        lambda data: data.replace(b"index 2\n", b""),
        lambda data: data.replace(b"index 2\n", b"index 2\nAAAA\n"),
        lambda data: data.replace(b"index 2\n", b"index 2\n" + (b"A" * 43 + b"=\n") * 64),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"\n" + data,
        lambda data: data.partition(b"\n\n")[0],
        lambda data: data.partition(b"\n\n")[0] + b"\n\n",
        lambda data: data.replace(b"index", "índex".encode()),
        lambda data: data + b" " * 1_000_000,
        lambda data: b"c2sp.org/tlog-proof@v1\nextra \nindex 2\n\nx",
        lambda data: b"",
    ],
)
def test_what_is_misshapen_is_no_receipt(spoil) -> None:
    with pytest.raises(ReceiptInvalid):
        Receipt.decode(spoil(RECEIPT.encode()))


def test_an_extra_part_has_one_spelling() -> None:
    good = small_log.extra(1).encode()
    assert ReceiptExtra.decode(good) == small_log.extra(1)
    held = canonical.loads(good)
    for changed in (
        {"salt": held["salt"].upper()},
        {"salt": held["salt"][:-2]},
        {"salt": 5},
        {"v": 2},
        {"v": True},
        {"header": 5},
        {"more": 1},
        {"envelope": None},
    ):
        with pytest.raises(ReceiptInvalid):
            ReceiptExtra.decode(canonical.dumps({**held, **changed}))
    for data in (b"[]", b"null", good + b"\n", good[:-1]):
        with pytest.raises(ReceiptInvalid):
            ReceiptExtra.decode(data)


def test_a_promise_opens_as_it_was_made() -> None:
    note = sign_promise(PROMISER, PROMISE)
    assert note.startswith(b"heed-promise/v1\n" + LOG.name.encode() + b"\n")
    assert b"\n2026-11-22T03:04:05.123456Z\n2026-11-22T03:09:05.123456Z\n" in note
    assert open_promise(note, [PROMISER.verifier]) == PROMISE


def test_a_promise_made_by_another_clock_is_written_in_utc() -> None:
    zone = timezone(timedelta(hours=1))
    same = replace(PROMISE, time=MADE.astimezone(zone))
    assert sign_promise(PROMISER, same) == sign_promise(PROMISER, PROMISE)


def test_only_the_key_of_the_logs_promises_makes_one() -> None:
    with pytest.raises(PromiseInvalid):
        sign_promise(LOG, PROMISE)
    text = sign_promise(PROMISER, PROMISE).decode().partition("\n\n")[0] + "\n"
    for signer in (LOG, Signer("other.example.org/promise", b"\x07" * 32)):
        with pytest.raises(PromiseInvalid):
            open_promise(signer.sign(text).encode(), [signer.verifier])
    with pytest.raises(NoteInvalid):
        open_promise(sign_promise(PROMISER, PROMISE), [LOG.verifier])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("heed-promise/v1", "heed-promise/v2"),
        (".123456Z", "Z"),
        (".123456Z", ".123456+00:00"),
        ("T03:04", " 03:04"),
        ("-22T03:04", "-31T03:04"),
        ("T03:09", "T03:03"),
        ("AAEC", "AAEB"),
        ("AAEC", "AA"),
        ("\n2026-11-22T03:09:05.123456Z", ""),
    ],
)
def test_any_other_text_is_no_promise_even_if_signed(old: str, new: str) -> None:
    text = sign_promise(PROMISER, PROMISE).decode().partition("\n\n")[0] + "\n"
    assert old in text
    spoilt = PROMISER.sign(text.replace(old, new)).encode()
    if new == "AAEB":
        assert open_promise(spoilt, [PROMISER.verifier]) != PROMISE
        return
    with pytest.raises(NoteInvalid):
        open_promise(spoilt, [PROMISER.verifier])


def test_an_impossible_promise_cannot_be_made() -> None:
    for changed in (
        {"commitment": b"short"},
        {"deadline": MADE - timedelta(seconds=1)},
        {"time": MADE.replace(tzinfo=None)},
    ):
        with pytest.raises(PromiseInvalid):
            replace(PROMISE, **changed)
