"""A theft in a story: what the machine that takes reports held of them, and an end to a stolen way in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from heed.intake.events import Concern

STOLEN = ("public", "export", "log/public.log")
"""What of the data directory stands on the machine that takes reports from outside."""
SHORTEST = 20
"""Characters of the shortest sentence that is looked for."""


def words_on_it(place: Path, told: Iterable[Concern]) -> tuple[int, int]:
    """How many files that machine held, and in how many of them a sentence of what was told can be read."""
    marks = tuple(sentence.encode() for concern in told for sentence in _sentences(concern))
    held = [file for name in STOLEN for file in _files(place / name)]
    return len(held), sum(any(mark in content for mark in marks) for content in held)


def _files(place: Path) -> Iterator[bytes]:
    found = (place, *sorted(place.rglob("*")))
    return (path.read_bytes() for path in found if path.is_file())


def _sentences(concern: Concern) -> Iterator[str]:
    """What stands between full stops on one line, as it was typed."""
    for said in concern.body().values():
        for sentence in re.split(r"[.\n]", str(said)):
            if len(sentence.strip()) >= SHORTEST:
                yield sentence.strip()
