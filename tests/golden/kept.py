"""Reads what is kept here. The keys are public, made from plain sentences: for tests only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from heed.register.opening import OrganisationKeys
from heed.register.return_code import ReturnCode
from heed.register.vault import SEEDS, OpeningKey, derive
from heed.store.words import SealedRow

HERE = Path(__file__).parent
SUMS = HERE / "SHA256SUMS"


def seeds(name: str) -> bytes:
    """The private seeds of a key pair that protects nothing."""
    return derive(f"heed golden entries, {name} key, for tests only".encode(), b"golden", SEEDS)


INTAKE = OpeningKey(seeds("intake"))
ORGANISATION = OpeningKey(seeds("organisation"))
KEYS = OrganisationKeys({"intake": INTAKE, "organisation": ORGANISATION})
CODE = ReturnCode(hashlib.sha256(b"heed golden entries, return code, for tests only").digest()[:11])


@dataclass(frozen=True)
class Golden:
    """One entry's stored bytes, and what was in them when it was written.

    `door`: the look-up, and the thread's private half under the return code; None without a way back.
    """

    name: str
    row: SealedRow
    wraps: dict[str, bytes]
    facts: bytes
    leaf: bytes
    door: tuple[bytes, bytes] | None
    kind: str
    envelope: dict[str, Any]
    body: dict[str, Any]


def golden(folder: Path) -> list[Golden]:
    """The entries of one folder, in the order in which they were recorded."""
    return [_read(path) for path in sorted(folder.glob("*.json")) if path.name != "tables.json"]


def folders() -> list[Path]:
    """One folder for each time that entries were kept."""
    return sorted(path for path in HERE.iterdir() if path.is_dir() and path.name[0] == "v")


def sums() -> dict[str, str]:
    """The SHA-256 of every kept file, by its path here."""
    lines = SUMS.read_text().splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _read(path: Path) -> Golden:
    held = json.loads(path.read_text())
    wraps = {name: bytes.fromhex(wrap) for name, wrap in held["wraps"].items()}
    ours = {name: wraps[name] for name in ("intake", "organisation") if name in wraps}
    return Golden(
        name=f"{path.parent.name}/{path.stem}",
        row=SealedRow(
            UUID(held["entry"]),
            UUID(held["stream"]),
            held["version"],
            held["header"].encode(),
            bytes.fromhex(held["commitment"]),
            bytes.fromhex(held["sealed"]),
            ours,
        ),
        wraps=wraps,
        facts=held["facts"].encode(),
        leaf=bytes.fromhex(held["leaf"]),
        door=_door(held["door"]),
        kind=held["kind"],
        envelope=held["envelope"],
        body=held["body"],
    )


def _door(held: dict[str, str] | None) -> tuple[bytes, bytes] | None:
    if held is None:
        return None
    return bytes.fromhex(held["lookup"]), bytes.fromhex(held["wrapped_private"])
