"""Saying whom a concern is about, deciding for each of them, joining two concerns and parting them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from heed.access.commands import once
from heed.core.ports import Chance, SealedEntry, random_id
from heed.core.vocabulary import Actor, Kind
from heed.register.entry import Recipients, write
from heed.register.vault import derive

TOLD = ("name", "age", "place", "known")
"""What can be said of a person, each in words and any of it blank; ethnicity is asked for nowhere."""


class Part(StrEnum):
    """What an adult, or a child alleged to have harmed, is to the concern."""

    ABOUT = "about"
    CHILD = "child"
    PARENT = "parent"
    OTHER = "other"


class Trust(StrEnum):
    """Whether somebody holds a position of trust."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Choice(StrEnum):
    """What an owner can decide for a child, or for an adult in a position of trust."""

    ACT_NOW = "act_now"
    REFER = "refer"
    SHARE = "share"
    NO_FURTHER_ACTION = "no_further_action"


def name_child(
    chance: Chance,
    recipients: Recipients,
    told: Mapping[str, str],
    *,
    record: UUID,
    concerned: UUID | None = None,
    token: bytes | None = None,
) -> SealedEntry:
    """A child whom a record is about, as far as anybody knows; `concerned`: more about one named before."""
    claims = {"concerned": str(concerned) if concerned else None}
    return _entry(chance, recipients, Kind.CHILD_NAMED, record, claims, _words(told), token)


def name_adult(
    chance: Chance,
    recipients: Recipients,
    told: Mapping[str, str],
    *,
    record: UUID,
    part: Part,
    trust: Trust,
    concerned: UUID | None = None,
    token: bytes | None = None,
) -> SealedEntry:
    """An adult whom a record is about, or a child alleged to have harmed."""
    claims = {
        "concerned": str(concerned) if concerned else None,
        "part": str(part),
        "trust": str(trust),
    }
    return _entry(chance, recipients, Kind.ADULT_NAMED, record, claims, _words(told), token)


def decide(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    concerned: UUID | None,
    choice: Choice,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """What the owner decides for one person, and why; None: for a record in which nobody is named."""
    claims = {"concerned": str(concerned) if concerned else None, "decision": str(choice)}
    return _entry(chance, recipients, Kind.DECIDED, record, claims, {"reason": reason}, token)


def join(
    chance: Chance,
    recipients: Recipients,
    *,
    record: UUID,
    other: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """This new contact is about the same child as the other record.

    It is a stream of its own: neither record holds a trace of the other that somebody could read who
    may see only one of them.
    """
    claims = {"record": str(record), "other": str(other)}
    about = record.bytes + other.bytes
    stream = random_id(derive(token, b"heed joined v1" + about, 16) if token else chance.bytes(16))
    return _entry(
        chance, recipients, Kind.CONTACT_JOINED, stream, claims, {"reason": reason}, token
    )


def part(
    chance: Chance,
    recipients: Recipients,
    *,
    joined: UUID,
    reason: str,
    token: bytes | None = None,
) -> SealedEntry:
    """The two records are not about the same child after all; that they were joined stays known."""
    return _entry(chance, recipients, Kind.CONTACT_PARTED, joined, {}, {"reason": reason}, token)


def _words(told: Mapping[str, str]) -> dict[str, str]:
    return {name: told.get(name, "") for name in TOLD}


def _entry(
    chance: Chance,
    recipients: Recipients,
    kind: Kind,
    stream: UUID,
    claims: Mapping[str, object],
    body: dict[str, str],
    token: bytes | None,
) -> SealedEntry:
    """The form's token is bound to all that the entry says in clear: the same words about another
    person are another entry."""
    said = dict(claims)
    return write(
        chance,
        recipients,
        kind=kind,
        stream=stream,
        actor=Actor.WORKER,
        body=body,
        claims=said,
        token=once(token, stream, said),
    )
