"""What is asked of an adult in a position of trust, as cited data; what nobody checked is not used."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import NamedTuple


class Worded(NamedTuple):
    """One question, or one word for what came of it, with where it was seen (core/pack_form.py)."""

    id: str
    text: str
    evidence: str
    source: str

    @property
    def verified(self) -> bool:
        """Whether somebody checked it against its source; else no page offers it."""
        return "K" not in self.evidence


def _read(part: str) -> tuple[Worded, ...]:
    text = (files("heed.triage") / "data" / "lado.toml").read_text("utf-8")
    return tuple(Worded(**one) for one in tomllib.loads(text)[part])


LIMBS = _read("limb")
OUTCOMES = _read("outcome")
USED = tuple(one for one in OUTCOMES if one.verified)
"""The outcomes that can be chosen: none, while all of them are unchecked."""
