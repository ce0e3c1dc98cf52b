"""What a referral hands over by link: the words that were said last, and what its sender says of them."""

from __future__ import annotations

from heed.intake.view import SAID
from heed.referral.pack import Document
from heed.store.readable import OpenedRecord

_ASKED = ("saw", "told", "worried", "who", "where", "when", "words")
"""Of a concern and an addition, what is handed over: not who told us, nor whom they fear."""


def documents_of(opened: OpenedRecord, covering: str) -> tuple[Document, ...]:
    """The files of a pack, of a record that its sender has opened; `covering`: what they write to it."""
    said = [one.body for one in opened.said if one.kind in SAID and one.body]
    newest = [text for name in _ASKED for text in [said[-1].get(name, "")]] if said else []
    parts = [opened.listed.reference, covering, *newest]
    text = "\n\n".join(part for part in parts if isinstance(part, str) and part.strip())
    return (Document("words.txt", "text/plain", text.encode()),)
