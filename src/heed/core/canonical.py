"""Writes what was recorded in exactly one way, so that the same facts are always the same bytes."""

import json
from typing import Any

MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1
_PLAIN = frozenset({str, bool, type(None)})

_encode = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


class NotCanonical(ValueError):
    """These bytes are not the one canonical spelling of a permitted value."""


def dumps(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a value (RFC 8785, restricted).

    Permitted: str, int with |n| < 2**53, bool, None, list, and dict with ASCII string keys.
    The restriction is what makes the standard library exact: for ASCII keys, sorting by code
    point is RFC 8785's sorting by UTF-16 unit, and no number needs its rules for floats.
    Raises TypeError for a type, ValueError for a value, that is not permitted; the sentence
    never quotes the value, which may be somebody's words.
    """
    _check(value, MAX_DEPTH)
    try:
        return _encode(value).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a text holds half a surrogate pair, which is no character") from None


def loads(data: bytes) -> Any:
    """The value of canonical bytes; NotCanonical for any other bytes.

    Writing the value again must give the same bytes: that refuses duplicate keys, floats,
    white space, other escapes and other orders without a second grammar.
    """
    try:
        value = json.loads(data.decode("utf-8"))
        again = dumps(value)
    except (ValueError, TypeError, RecursionError):
        raise NotCanonical("these bytes are not permitted JSON") from None
    if again != data:
        raise NotCanonical("this JSON is not in its canonical spelling")
    return value


def _check(value: Any, depth: int) -> None:
    kind = type(value)
    if kind in _PLAIN:
        return
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError("a key must be text")
            if not key.isascii():
                raise ValueError("a key must be ASCII")
        value = value.values()
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise ValueError("a whole number must be smaller than 2**53 either side of nought")
        return
    elif isinstance(value, str):
        return
    elif isinstance(value, float):
        raise TypeError("a number must be whole: fractions have more than one spelling")
    elif not isinstance(value, list):
        raise TypeError(f"a value of type {kind.__name__} has no canonical spelling")
    if depth == 0:
        raise ValueError(f"lists and objects may be nested {MAX_DEPTH} deep and no deeper")
    for held in value:
        if type(held) not in _PLAIN:
            _check(held, depth - 1)
