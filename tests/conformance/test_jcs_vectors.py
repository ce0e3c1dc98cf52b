"""Within what we permit, our canonical JSON is RFC 8785's; outside it, we refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from heed.core.canonical import NotCanonical, dumps, loads

# What lies outside: keys that are not ASCII, and fractions.
OUTSIDE = {"french": ValueError, "weird": ValueError, "values": TypeError}
WITHIN = {"arrays", "structures", "unicode"}


def test_every_vector_within_the_restriction_has_the_expected_bytes(vectors: Path) -> None:
    names = {path.stem for path in (vectors / "jcs" / "input").glob("*.json")}
    assert names == WITHIN | set(OUTSIDE)
    for name in sorted(WITHIN):
        text = (vectors / "jcs" / "input" / f"{name}.json").read_text()
        # One vector spells a whole number as 56.0: read it as the number that it is.
        value = json.loads(text, parse_float=lambda digits: int(float(digits)))
        expected = (vectors / "jcs" / "output" / f"{name}.json").read_bytes()
        in_hex = (vectors / "jcs" / "outhex" / f"{name}.txt").read_text()
        assert dumps(value) == expected == bytes.fromhex(in_hex)
        assert loads(expected) == value


@pytest.mark.parametrize("name", sorted(OUTSIDE))
def test_every_vector_outside_the_restriction_is_refused(vectors: Path, name: str) -> None:
    value = json.loads((vectors / "jcs" / "input" / f"{name}.json").read_text())
    with pytest.raises(OUTSIDE[name]):
        dumps(value)
    with pytest.raises(NotCanonical):
        loads((vectors / "jcs" / "output" / f"{name}.json").read_bytes())


def test_what_is_permitted_in_a_refused_vector_has_the_expected_bytes(vectors: Path) -> None:
    value = json.loads((vectors / "jcs" / "input" / "values.json").read_text())
    expected = (vectors / "jcs" / "output" / "values.json").read_bytes()
    for part in ("string", "literals"):
        assert dumps({part: value[part]})[1:-1] in expected
