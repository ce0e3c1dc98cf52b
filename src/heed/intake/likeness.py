"""Whether two letters say the same words, so that a campaign of four hundred is read once."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from typing import Any

COMPARED = ("saw", "told", "worried", "who", "where", "when", "keep_from", "rung", "child")
"""The fields that must be the same. Who sent it, to whom and when may differ."""


def likeness(body: Mapping[str, Any]) -> bytes | None:
    """A digest of what was told, 32 bytes: the same for the same words; None where there are none.

    Case, spacing and line breaks do not matter; one other word does: nothing is guessed to be alike.
    """
    fields = [_plain(str(body.get(name, ""))) for name in COMPARED]
    if not any(fields):
        return None
    return hashlib.sha256("\0".join(fields).encode(errors="surrogatepass")).digest()


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
