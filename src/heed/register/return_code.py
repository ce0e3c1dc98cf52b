"""The eight ordinary words with which a reporter comes back, and the two keys they stand for."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from string import ascii_lowercase
from typing import Self
from uuid import UUID

from heed.core.ports import random_id
from heed.register.vault import derive

SECRET_BYTES = 11
WORD_COUNT = 8
BITS_PER_WORD = 11
LOOKUP_INFO = b"heed return look-up v1"
KEY_INFO = b"heed return open v1"
RECORD_INFO = b"heed return record v1"
# RFC 5869 with no salt and no slow hash: the secret is uniformly random.

WORDS: tuple[str, ...] = tuple(
    files("heed.register").joinpath("words.txt").read_text("ascii").split()
)
_PLACES = {word: place for place, word in enumerate(WORDS)}

# Long enough for eight words with a number and a line of punctuation each; nobody's code is
# longer, and a paste of a whole book must not cost anybody's time.
LONGEST_TEXT = 600


class NotACode(ValueError):
    """The text is not eight words of the list.

    `unknown` holds (position from 1, the word as typed, the nearest list word or None) for each
    word that is not on the list; `count` is the number of words found. The message never repeats
    what was typed, because messages reach logs.
    """

    def __init__(self, count: int, unknown: list[tuple[int, str, str | None]]) -> None:
        super().__init__("not a return code")
        self.count = count
        self.unknown = unknown


@dataclass(frozen=True)
class ReturnCode:
    """88 random bits, shown as eight words of 11 bits each, most significant first."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != SECRET_BYTES:
            raise ValueError("a return code holds 11 bytes")

    @classmethod
    def new(cls, random: Callable[[int], bytes]) -> Self:
        """Draw a code from `random`, which returns as many bytes as it is asked for."""
        return cls(random(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code as people type it; raises NotACode, which names the words that are wrong.

        Case, accents of the keyboard, dashes of any kind, numbering, punctuation and spaces do
        not matter; a list word that was split in two ("sun shine") is put together again.
        """
        words = _rejoin(_words_in(text))
        unknown = [
            (position, word, _nearest(word))
            for position, word in enumerate(words[: 2 * WORD_COUNT], start=1)
            if word not in _PLACES
        ]
        if unknown or len(words) != WORD_COUNT:
            raise NotACode(len(words), unknown)
        number = 0
        for word in words:
            number = number << BITS_PER_WORD | _PLACES[word]
        return cls(number.to_bytes(SECRET_BYTES, "big"))

    @property
    def words(self) -> tuple[str, ...]:
        """The eight words, in the order in which they are written down."""
        number = int.from_bytes(self.secret, "big")
        shifts = range(BITS_PER_WORD * (WORD_COUNT - 1), -1, -BITS_PER_WORD)
        return tuple(WORDS[number >> shift & (1 << BITS_PER_WORD) - 1] for shift in shifts)

    def __str__(self) -> str:
        # Spaces, not hyphens: a telephone's keyboard types them by itself after each word.
        return " ".join(self.words)

    @cached_property
    def lookup(self) -> bytes:
        """32 bytes under which the thread is found; they open nothing."""
        return derive(self.secret, LOOKUP_INFO)

    @cached_property
    def key(self) -> bytes:
        """32 bytes, an AES-256 key that opens the thread's private key."""
        return derive(self.secret, KEY_INFO)

    @cached_property
    def record(self) -> UUID:
        """The record that this code opens, so that words can be added while the register is away."""
        return random_id(derive(self.secret, RECORD_INFO, 16))


def _words_in(text: str) -> list[str]:
    if len(text) > LONGEST_TEXT:
        return []
    plain = unicodedata.normalize("NFKD", text).casefold()
    # Invisible joiners and accents are dropped, everything else that is no letter divides words.
    visible = "".join(c for c in plain if unicodedata.category(c) not in ("Cf", "Mn"))
    return re.findall(r"[^\W\d_]+", visible)


def _rejoin(words: list[str]) -> list[str]:
    joined = list(words)
    while len(joined) > WORD_COUNT:
        pairs = [
            (left in _PLACES and right in _PLACES, place)
            for place, (left, right) in enumerate(pairwise(joined))
            if left + right in _PLACES
        ]
        if not pairs:
            break
        _, place = min(pairs)  # first the pairs that cannot stand as two words
        joined[place : place + 2] = [joined[place] + joined[place + 1]]
    return joined


def _nearest(word: str) -> str | None:
    """The list word one slip of a finger away, or else the most alike on the same letter."""
    splits = [(word[:i], word[i:]) for i in range(min(len(word), 12) + 1)]
    slips = {left + right[1:] for left, right in splits if right}
    slips |= {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    slips |= {left + c + right[1:] for left, right in splits if right for c in ascii_lowercase}
    slips |= {left + c + right for left, right in splits for c in ascii_lowercase}
    found = sorted(slips & _PLACES.keys())
    if found:
        return found[0]
    alike = [listed for listed in WORDS if listed[0] == word[0]]
    return next(iter(get_close_matches(word, alike, n=1, cutoff=0.7)), None)
