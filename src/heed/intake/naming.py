"""Whether what was told names somebody who works here, so that they are not the one who reads it first."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

TOLD = (
    *("saw", "told", "worried", "who", "where", "when", "keep_from", "words"),
    *("name", "age", "place", "known"),
)
"""The fields in which a name may be that of somebody the concern is about: of what was told, and of
what an owner says of a person. Who sent a letter and to whom it is addressed are others: nobody is
restricted for being a reporter or an addressee."""

_WORDS = re.compile(r"[^\W\d_]+")


class Names:
    """The full names to look for; made once for many tellings."""

    def __init__(self, names: Iterable[tuple[UUID, str]]) -> None:
        """`names`: (id, full name). One word alone is no name to look for: too many people share it."""
        self._by_first: dict[str, list[tuple[list[str], UUID]]] = {}
        for person, name in names:
            words = _spoken(name)
            if len(words) > 1:
                self._by_first.setdefault(words[0], []).append((words, person))

    def __bool__(self) -> bool:
        """Whether there is any name to look for."""
        return bool(self._by_first)

    def found_in(self, body: Mapping[str, Any]) -> tuple[UUID, ...]:
        """Those whose whole name stands in what was told, in order of id.

        A name counts as it is spoken: case, accents, hyphens and what stands between its words do
        not matter.
        """
        heard = _spoken("\n".join(str(body.get(field, "")) for field in TOLD))
        return tuple(
            sorted(
                {
                    person
                    for place, word in enumerate(heard)
                    for words, person in self._by_first.get(word, ())
                    if heard[place : place + len(words)] == words
                }
            )
        )


def _spoken(text: str) -> list[str]:
    if text.isascii():  # most of it is, and a newcomer's name is looked for in all of it
        return _WORDS.findall(text.casefold())
    plain = unicodedata.normalize("NFKD", text)
    return _WORDS.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold())
