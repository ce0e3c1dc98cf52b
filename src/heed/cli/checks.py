"""Looks the record over: is every byte what was recorded, and every table what the entries say?"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from heed.cli.setting_up import database
from heed.register.note import Verifier
from heed.register.opening import OrganisationKeys
from heed.store import rebuild as rebuilding
from heed.store import verify as verifying
from heed.store.configuration import OpenerHand
from heed.store.embedded import EmbeddedRefused
from heed.store.exported import CHECKPOINT, exported_contradicts, exported_head
from heed.store.home import home
from heed.store.probes import examine
from heed.store.spool import Spool

SHOWN = 20


def verify(given: argparse.Namespace) -> dict[str, Any]:
    """Re-derive all; every fault is named."""
    place = home()
    keys = _keys(place)
    export = place / "export"
    log = Verifier.from_vkey((export / "log.vkey").read_text().strip())
    head = exported_head(export, log)  # before the record, which grows
    began = time.monotonic()
    with database(place) as url:
        seen = verifying.verify(url, keys, log, _progress("checked"))
        wrong = exported_contradicts(url, head) if head is not None else None
    took = time.monotonic() - began
    faults = [str(fault) for fault in seen.faults]
    if head is None and (export / CHECKPOINT).exists():
        wrong = "the exported head is not one that this log signed"
    faults += [wrong] if wrong else []
    lines = [f"FAULT {fault}" for fault in faults[:SHOWN]]
    if len(faults) > SHOWN:
        lines.append(f"… and {len(faults) - SHOWN} more; --json lists all")
    lines.append(
        f"{seen.entries} entries, {seen.size} places, {seen.heads} signed heads checked in {took:.1f} s"
        f" ({seen.entries / max(took, 1e-9):,.0f} entries/s)."
    )
    unreadable = [str(closed) for closed in seen.unreadable]
    lines += [f"NOTE  {one}" for one in unreadable[:SHOWN]]
    lines.append(
        "The record is whole." if not faults else f"The record is NOT whole: {len(faults)} faults."
    )
    lines.append("Not co-signed: no outside body has signed these heads yet (quorum none).")
    return {
        "ok": not faults,
        "entries": seen.entries,
        "size": seen.size,
        "heads": seen.heads,
        "signed": seen.signed,
        "root": seen.root.hex(),
        "co_signed": False,
        "faults": faults,
        "unreadable": unreadable,
        "lines": lines,
    }


def rebuild(given: argparse.Namespace) -> dict[str, Any]:
    """Rebuild and swap, or only compare."""
    place = home()
    keys = _keys(place)
    if not given.check:
        with database(place) as url:
            count = rebuilding.rebuild(url, keys, _progress("folded"))
        return {
            "ok": True,
            "entries": count,
            "lines": [f"Every table was rebuilt from {count} entries and swapped in."],
        }
    with database(place) as url:
        seen = rebuilding.check(url, keys, _progress("folded"))
    found = [str(difference) for difference in seen.differences]
    lines = [f"DIFFERS {one}" for one in found[:SHOWN]]
    lines.append(
        f"{seen.entries} entries folded, {seen.rows} rows compared, {seen.unopened} not opened yet."
    )
    lines.append(
        "Every table is what the entries say."
        if not found
        else f"{len(found)} rows are NOT what the entries say; `heed rebuild` puts them right."
    )
    return {
        "ok": not found,
        "entries": seen.entries,
        "rows": seen.rows,
        "unopened": seen.unopened,
        "differences": found,
        "lines": lines,
    }


def doctor(given: argparse.Namespace) -> dict[str, Any]:
    """Everything that can be examined from here, worst first."""
    place = home()
    try:
        with database(place):
            findings = examine(place)
    except (EmbeddedRefused, psycopg.Error):
        findings = examine(place)
    lines = [f"{finding.level.upper():5} {finding.text}" for finding in findings]
    ok = not any(finding.level == "wrong" for finding in findings)
    lines.append("Nothing is wrong." if ok else "Something is wrong: see above.")
    return {
        "ok": ok,
        "findings": [{"level": finding.level, "text": finding.text} for finding in findings],
        "lines": lines,
    }


def spool(given: argparse.Namespace) -> dict[str, Any]:
    """How much waits, sealed, and on request what was kept aside goes in line again."""
    kept = Spool(home() / "public" / "spool")
    again = kept.bring_back() if given.again else 0
    depth = kept.depth()
    return {
        "ok": not depth.set_aside,
        "waiting": depth.waiting,
        "free": depth.free,
        "oldest": depth.oldest,
        "set_aside": depth.set_aside,
        "again": again,
        "lines": [
            f"{depth.waiting} sealed filings wait, {depth.set_aside} are kept aside,"
            f" {depth.free:,} bytes are free.",
            *([f"{again} were put in line again."] if given.again else []),
        ],
    }


def _keys(place: Path) -> OrganisationKeys:
    return OrganisationKeys(OpenerHand.load(place).keys)


def _progress(verb: str) -> Callable[[int], None]:
    def told(count: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{count:,} entries {verb}", end="", file=sys.stderr, flush=True)

    return told
