"""The four limbs for an adult in a position of trust, and a second person's answer to a decision."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Kind
from heed.intake.beside import beside
from heed.register.entry import Recipients
from heed.triage.concerned import LIMBS

WORDS = ("where", "who", "why")
"""Where else they work with children; who at the employer was told, and when; or why not."""


class Known(StrEnum):
    """What can be said of each limb, and of other work with children."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Employer(StrEnum):
    """Whether the employer was told."""

    TOLD = "told"
    NOT_TOLD = "not told"


class Agreement(StrEnum):
    """What a second person says."""

    AGREED = "agreed"
    NOT_AGREED = "not agreed"


def answer_harm(
    chance: Chance,
    recipients: Recipients,
    said: Mapping[str, str],
    words: Mapping[str, str],
    *,
    record: UUID,
    concerned: UUID,
    token: bytes | None = None,
) -> SealedEntry:
    """What is said of each limb, `works` and `employer`, with the words beside them."""
    claims: dict[str, object] = {"concerned": str(concerned)}
    claims |= {name: said[name] for name in (*LIMBS, "works", "employer")}
    body = {name: words.get(name, "") for name in WORDS}
    return beside(chance, recipients, Kind.HARM_TESTED, record, claims, body, token)


def second(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    decision: UUID,
    agreement: Agreement,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Somebody else agrees with a decision that waits for them, or does not, and why."""
    claims: dict[str, object] = {"seconded": str(decision), "outcome": str(agreement)}
    body = {"words": reason, "outcome": str(agreement)}
    return beside(chance, recipients, Kind.SECONDED, record, claims, body, token)
