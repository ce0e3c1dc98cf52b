"""What is written where a reporter asks again, is told of a decision, or says that it is wrong."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from heed.access.commands import once
from heed.core.ports import Chance, SealedEntry
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write


class Verdict(StrEnum):
    """What somebody who did not decide answers to a challenge."""

    STANDS = "stands"
    DECIDE_AGAIN = "decide again"


def ask_again(
    chance: Chance, recipients: Recipients, *, record: UUID, lookup: bytes, token: bytes
) -> SealedEntry:
    """By the reporter, with their code. Whom it is told to, the database decides, once in a day."""
    return _by_reporter(chance, recipients, Kind.ASKED_AGAIN, record, lookup, token, {})


def challenge(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    telling: UUID,
    lookup: bytes,
    token: bytes,
) -> SealedEntry:
    """By the reporter: the decision of which `telling` told them is wrong. Their words go before it."""
    about = {"telling": str(telling)}
    return _by_reporter(chance, recipients, Kind.CHALLENGED, record, lookup, token, about)


def _by_reporter(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    record: UUID,
    lookup: bytes,
    token: bytes,
    about: dict[str, str],
) -> SealedEntry:
    return write(
        chance,
        recipients,
        kind=kind,
        stream=record,
        actor=Actor.REPORTER,
        body=about,  # so that their page knows which one they said this of
        claims=dict(about),
        token=token,
        lookup=lookup,
    )


def tell_reporter(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    decision: UUID,
    words: str,
    token: bytes | None = None,
) -> SealedEntry:
    """What was decided, in plain words; sealed to the thread too, and read only behind the code."""
    claims = {"decision": str(decision)}
    body = {"words": words} | claims  # so that their page knows when they were told of it before
    return _by_worker(chance, recipients, Kind.REPORTER_TOLD, record, claims, body, token)


def hold_telling(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    until: date | None,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """Do not tell them yet, until this day, and why; None: they may be told, and why."""
    claims = {"until": until.isoformat() if until else None}
    body = {"words": reason, "until": claims["until"] or ""}
    return _by_worker(chance, recipients, Kind.TELLING_HELD, record, claims, body, token)


def answer_challenge(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    challenge: UUID,
    verdict: Verdict,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The decision stands, or is made again, and why. It tells the reporter nothing by itself."""
    claims = {"challenge": str(challenge), "outcome": str(verdict)}
    body = {"words": reason, "outcome": str(verdict)}
    return _by_worker(chance, recipients, Kind.CHALLENGE_ANSWERED, record, claims, body, token)


def _by_worker(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    record: UUID,
    claims: dict[str, object] | dict[str, str] | dict[str, str | None],
    body: dict[str, str],
    token: bytes | None,
) -> SealedEntry:
    said: dict[str, object] = dict(claims)
    return write(
        chance,
        recipients,
        kind=kind,
        stream=record,
        actor=Actor.WORKER,
        body=body,
        claims=said,
        token=once(token, record, said),
    )


def chase_challenge(
    chance: Chance, recipients: Recipients, *, record: UUID, challenge: UUID, days: int
) -> SealedEntry:
    """Nobody answered this challenge for so many working days. Whom that is told to, the database decides."""
    return write(
        chance,
        recipients,
        kind=Kind.CHALLENGE_CHASED,
        stream=record,
        actor=Actor.SWEEP,
        body={},
        claims={"challenge": str(challenge), "days": days},
        token=None,
    )
