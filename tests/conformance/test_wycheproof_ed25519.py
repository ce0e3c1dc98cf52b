"""Both of our ways to check an Ed25519 signature answer every Wycheproof case rightly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from heed.register.note import NoteInvalid, Verifier
from tests import small_log

Check = Callable[[bytes, bytes, bytes], bool]


def by_library(public: bytes, message: bytes, signature: bytes) -> bool:
    """As the record itself checks a signature."""
    try:
        return Verifier("example.org", public).is_signed(message, signature)
    except NoteInvalid:
        return False


@pytest.mark.parametrize("check", [by_library, small_log.stand_alone().is_signed])
def test_every_case_is_answered_as_expected(vectors: Path, check: Check) -> None:
    held = json.loads((vectors / "wycheproof" / "ed25519_test.json").read_text())
    wrong, seen = [], {"valid": 0, "invalid": 0}
    for group in held["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["pk"])
        for case in group["tests"]:
            message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            seen[case["result"]] += 1
            if check(public, message, signature) != (case["result"] == "valid"):
                wrong.append(case["tcId"])
    assert wrong == []
    assert seen == {"valid": 88, "invalid": 63}


def test_points_of_small_order_sign_nothing() -> None:
    alone = small_log.stand_alone()
    neutral = alone.bytes_of(alone.NEUTRAL)
    # S = 0 and R = A = the neutral point satisfy the equation for every message.
    assert not alone.is_signed(neutral, b"anything", neutral + bytes(32))


def test_a_point_has_one_encoding() -> None:
    alone, prime = small_log.stand_alone(), 2**255 - 19
    for y in range(2, 19):
        point = alone.point_of(y.to_bytes(32, "little"))
        assert point is None or alone.bytes_of(point) == y.to_bytes(32, "little")
        assert alone.point_of((prime + y).to_bytes(32, "little")) is None
    assert alone.point_of((1 | 1 << 255).to_bytes(32, "little")) is None
    assert alone.point_of(bytes(31)) is None
