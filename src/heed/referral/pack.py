"""The pack that goes to another body: what was told, word for word, and what was done, as JSON and PDF."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from heed.core import canonical
from heed.referral.directory import Body

FORMAT, VERSION = "heed-pack", 1
JSON, PDF, SUMS = "pack.json", "pack.pdf", "SHA256SUMS"
WORDS, PROOF = "pack.words", "pack.tlog-proof"
NOT_RECORDED = (
    "consent",
    "NHS number",
    "sex",
    "ethnicity",
    "religion",
    "first language and interpreter",
    "disability",
    "school",
    "GP",
    "household and who has parental responsibility",
    "other agencies at work",
)
"""What other bodies' forms ask for and this system has no place for: said, never guessed."""


class Withheld(StrEnum):
    """Why a file of the record does not travel."""

    HELD = "file held for police"
    SEALED = "it could show who told us, who asked to stay unknown"
    UNOPENED = "nobody has opened it yet"
    AWAITED = "it is still being put away"
    ALTERED = "its bytes are not those that were recorded"
    NOT_CHOSEN = "it was not chosen"


class Document(NamedTuple):
    """One file of a pack, as whoever receives it gets it."""

    name: str
    media_type: str
    content: bytes


class Contribution(NamedTuple):
    """Something told, or done about it. `leaf`: its SHA-256 leaf hash in the record's tree (RFC 6962).

    `body`: the words, as they were recorded: their canonical JSON is what was committed to.
    """

    entry: UUID
    kind: str
    at: datetime
    by_reporter: bool
    body: Mapping[str, Any]
    leaf: bytes


class Piece(NamedTuple):
    """A file of the record: its bytes where it travels, else why it does not."""

    entry: UUID
    at: datetime
    name: str
    media_type: str
    content: bytes | None
    withheld: Withheld | None
    leaf: bytes


class Person(NamedTuple):
    """Whom the record is about, as it is known: "Child 1", and by field what was said last.

    `harm`: of an adult in a position of trust, each (question, answer) that was given last, if any.
    """

    label: str
    child: bool
    part: str
    trust: str
    known: Mapping[str, str]
    harm: Sequence[tuple[str, str]] = ()


class To(NamedTuple):
    """To which body it goes, why, for whom, and what the owner wrote to them."""

    referral: UUID
    route: str
    body: Body
    concerned: str
    how: str
    told_at: datetime | None
    person: str
    words: str


class Contents(NamedTuple):
    """All that a pack is made of. `sealed`: who told us asked to stay unknown.

    `reach`: a telephone number of the office; `left_out`: how much was told that was not chosen.
    """

    reference: str
    demonstration: bool
    made_at: datetime
    made_by: str
    organisation: str
    reach: str
    answers: str
    danger: str
    sealed: bool
    to: To
    people: Sequence[Person]
    told: Sequence[Contribution]
    done: Sequence[Contribution]
    files: Sequence[Piece]
    left_out: int


def written(of: Contents) -> bytes:
    """The pack as canonical JSON (docs/pack.schema.json): the words of each contribution stand in it
    byte for byte, so that their hash can be taken from these bytes.
    """
    return canonical.dumps(
        {
            "format": FORMAT,
            "version": VERSION,
            "reference": of.reference,
            "demonstration": of.demonstration,
            "made": {"at": stamp(of.made_at), "by": of.made_by},
            "from": {
                "organisation": of.organisation,
                "telephone": of.reach,
                "answers": of.answers,
            },
            "to": _to(of.to),
            "danger": of.danger,
            "reporter": "sealed" if of.sealed else "as told",
            "concerned": [_person(one) for one in of.people],
            "told": [_contribution(one, of.sealed) for one in of.told],
            "done": [_contribution(one, of.sealed) for one in of.done],
            "files": _files(of),
            "left_out": of.left_out,
            "not_recorded": list(NOT_RECORDED),
        }
    )


def attached(of: Contents) -> tuple[Document, ...]:
    """The files that travel, byte for byte, under names that no other system misreads."""
    sent = [one for one in of.files if one.withheld is None]
    return tuple(
        Document(_path(place, one), "application/octet-stream", one.content or b"")
        for place, one in enumerate(sent, 1)
    )


def sums(documents: Sequence[Document]) -> bytes:
    """Each document's SHA-256, as `sha256sum -c` reads it; its own hash stands for the whole pack."""
    return "".join(f"{sha256(one.content)}  {one.name}\n" for one in documents).encode()


def zipped(documents: Sequence[Document]) -> bytes:
    """The documents as one ZIP file: in their order, without packing, and always the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        for one in documents:
            entry = zipfile.ZipInfo(one.name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.create_system = 0o600 << 16, 3
            archive.writestr(entry, one.content)
    return held.getvalue()


def sha256(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def stamp(at: datetime) -> str:
    """An instant as packs write it: UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _to(to: To) -> dict[str, Any]:
    return {
        "referral": str(to.referral),
        "route": to.route,
        "body": {"id": to.body.id, "name": to.body.name},
        "concerned": to.concerned,
        "how": to.how,
        "told_at": stamp(to.told_at) if to.told_at else None,
        "person": to.person,
        "words": to.words,
    }


def _person(one: Person) -> dict[str, Any]:
    said = one._asdict() | {"known": dict(one.known)}
    harm = [{"question": question, "answer": answer} for question, answer in said.pop("harm")]
    return said | ({"harm": harm} if harm else {})


def _contribution(one: Contribution, sealed: bool) -> dict[str, Any]:
    return _when(one.entry, one.at, one.leaf, sealed) | {
        "kind": one.kind,
        "by": "reporter" if one.by_reporter else "office",
        "words": dict(one.body),
        "sha256": sha256(canonical.dumps(dict(one.body))),
    }


def _when(entry: UUID, at: datetime, leaf: bytes, sealed: bool) -> dict[str, Any]:
    """When it was received, and where it stands in the tree.

    Where who told us is sealed: the day only, and no place, for the published tree tells the second.
    """
    if sealed:
        return {"received": stamp(at)[:10], "entry": None, "leaf": None}
    return {"received": stamp(at), "entry": str(entry), "leaf": leaf.hex()}


def _files(of: Contents) -> list[dict[str, Any]]:
    """Of a file that does not travel, only that it is there and why: no name, no hash, no size."""
    found, place = [], 0
    for one in of.files:
        row = _when(one.entry, one.at, one.leaf, of.sealed)
        row |= dict.fromkeys(("path", "name", "media_type", "size", "sha256"))
        row["withheld"] = str(one.withheld) if one.withheld else None
        if one.withheld is None and one.content is not None:
            place += 1
            row |= {
                "path": _path(place, one),
                "name": one.name,
                "media_type": one.media_type,
                "size": len(one.content),
                "sha256": sha256(one.content),
            }
        found.append(row)
    return found


def _path(place: int, one: Piece) -> str:
    ending = re.search(r"\.[a-z0-9]{1,8}$", one.name.lower(), re.ASCII)
    return f"files/{place:02}{ending[0] if ending else ''}"
