"""The same facts always have the same bytes, and no other bytes are read."""

from typing import Any

import pytest

from heed.core.canonical import NotCanonical, dumps, loads


def test_the_order_of_writing_leaves_no_trace() -> None:
    assert dumps({"b": [1, None], "a": True}) == dumps({"a": True, "b": [1, None]})
    assert dumps({"b": [1, None], "a": True}) == b'{"a":true,"b":[1,null]}'


def test_words_are_kept_as_they_were_said() -> None:
    words = {"told": 'zażółć\n"—" \t\\ / \x7f \x01 \u2028 😂 \u0645\u0631\u062d\u0628\u0627'}
    assert loads(dumps(words)) == words
    assert "zażółć".encode() in dumps(words)
    assert b"\\u0001" in dumps(words)
    assert b"\n" not in dumps(words)


@pytest.mark.parametrize(
    "value", [1.0, {"a": [0.5]}, float("nan"), b"bytes", (1, 2), {1: "a"}, {None: 1}, {1, 2}]
)
def test_what_has_no_single_spelling_is_a_type_error(value: Any) -> None:
    with pytest.raises(TypeError):
        dumps(value)


@pytest.mark.parametrize("value", [2**53, -(2**53), {"é": 1}, "\ud800", {"a": ["x\udfff"]}])
def test_what_is_out_of_range_is_a_value_error(value: Any) -> None:
    with pytest.raises(ValueError):
        dumps(value)


def test_the_largest_whole_numbers_are_written() -> None:
    assert loads(dumps([2**53 - 1, -(2**53) + 1, 0])) == [2**53 - 1, -(2**53) + 1, 0]


def test_a_refusal_never_repeats_the_words() -> None:
    for value in ({"told": "SECRET\ud800"}, {"SECRETé": 1}, ["SECRET", 0.5]):
        with pytest.raises((ValueError, TypeError)) as refused:
            dumps(value)
        assert "SECRET" not in str(refused.value)
    with pytest.raises(NotCanonical) as unread:
        loads(b'{"told": "SECRET"}')
    assert "SECRET" not in repr(unread.value)
    assert unread.value.__cause__ is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1\n",
        b"01",
        b"-0",
        b"1.0",
        b"1e3",
        b"NaN",
        b"9007199254740992",
        b"9" * 5000,
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"b":1,"a":2}',
        b'{"a": 1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u000A"',
        b'"\\ud800"',
        '{"é":1}'.encode(),
        b'"\xff"',
        b"\xef\xbb\xbf1",
        b'"a\nb"',
        b"[" * 100_000,
        b"[" * 65 + b"]" * 65,
        "[1]".encode("utf-16"),
    ],
)
def test_any_other_spelling_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        loads(data)


def test_nesting_has_a_bottom() -> None:
    value: list[Any] = []
    for _ in range(63):
        value = [value]
    assert loads(dumps(value)) == value
    with pytest.raises(ValueError):
        dumps([value])
    value.append(value)
    with pytest.raises(ValueError):
        dumps(value)
