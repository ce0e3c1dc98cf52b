"""Collects each proof through the public door, checks it twice, and writes it out for strangers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg

import heed
from heed.cli.browsing import Browser
from heed.cli.story import StoryWrong
from heed.core import canonical
from heed.intake.events import Concern
from heed.register.entry import Header, leaf_data
from heed.register.note import Verifier
from heed.register.receipt import Receipt, ReceiptExtra, check
from heed.register.return_code import ReturnCode
from heed.register.thread import open_item
from heed.store.configuration import Configuration, PublicHand
from heed.store.connection import Link
from heed.store.thread import fetch_thread

PATIENCE = 20.0
_FACTS = """
SELECT r.reference, r.channel, r.danger, p.name
FROM facts.record r LEFT JOIN words.person p ON p.id = r.owner WHERE r.id = %s
"""


@dataclass(frozen=True)
class Kept:
    """One receipt, and what the record says of its entry."""

    number: int
    proof: bytes
    extra: ReceiptExtra
    body: bytes
    index: int
    recorded_at: datetime
    reference: str
    channel: str
    danger: str
    owner: str
    verified: bool

    def row(self, day: int) -> dict[str, Any]:
        """The table's row."""
        return {
            "number": f"{self.number:03}",
            "day": day,
            "reference": self.reference,
            "recorded_at": self.recorded_at.isoformat(),
            "door": self.channel,
            "danger": self.danger,
            "owner": self.owner,
            "index": self.index,
            "receipt": "verified" if self.verified else "NOT verified",
        }


def collect(
    url: str, configuration: Configuration, place: Path, codes: list[tuple[str, ...]]
) -> list[Kept]:
    """The receipt of every code, as soon as a signed head covers it; raises StoryWrong if none does."""
    return [
        _collect(url, configuration, place, number, code) for number, code in enumerate(codes, 1)
    ]


def write_out(out: Path, place: Path, kept: list[Kept]) -> None:
    """The log's key and policy, and each receipt with what a stranger needs to check it."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("log.vkey", "policy"):
        shutil.copyfile(place / "export" / name, out / name)
    for one in kept:
        stem = out / f"{one.number:03}"
        leaf = leaf_data(one.extra.header, one.extra.commitment)
        stem.with_suffix(".tlog-proof").write_bytes(one.proof)
        stem.with_suffix(".leaf").write_text(leaf.hex() + "\n")
        stem.with_suffix(".envelope").write_bytes(one.extra.envelope)
        stem.with_suffix(".body").write_bytes(one.body)
        stem.with_suffix(".txt").write_text(_words(one.body), encoding="utf-8")


def _collect(
    url: str, configuration: Configuration, place: Path, number: int, words: tuple[str, ...]
) -> Kept:
    code = ReturnCode.parse(" ".join(words))
    proof = _proof(configuration, words)
    receipt = Receipt.decode(proof)
    extra = ReceiptExtra.decode(receipt.extra or b"")
    header = Header.decode(extra.header)
    hand = PublicHand.load(place, configuration.origin)
    thread = fetch_thread(Link(hand.database_url), code.lookup)
    assert thread is not None
    body = open_item(code, thread, thread.items[0]).body
    reference, channel, danger, owner = _facts(url, header.stream)
    return Kept(
        number=number,
        proof=proof,
        extra=extra,
        body=body,
        index=receipt.index,
        recorded_at=header.recorded_at,
        reference=reference,
        channel=channel,
        danger=danger,
        owner=owner,
        verified=holds(receipt, proof, body, place),
    )


def _proof(configuration: Configuration, words: tuple[str, ...]) -> bytes:
    """As a reporter gets it: come back with the code, and save the proof."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        browser = Browser(configuration.public_port)
        page = browser.get("/return")
        page = browser.send(page, page.form("code"), code=" ".join(words))
        form = page.form("way_back")
        form.action = "/proof"
        answer = browser.send(page, form, step="proof")
        if answer.content.startswith(b"c2sp.org/tlog-proof@v1\n"):
            return answer.content
        time.sleep(0.2)
    raise StoryWrong("a filing got no place in the log: run `heed doctor`")


def _facts(url: str, record: object) -> tuple[str, str, str, str]:
    ends = time.monotonic() + PATIENCE
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            with connection.transaction():
                connection.execute("SET LOCAL ROLE heed_rule")
                row = connection.execute(_FACTS, (record,)).fetchone()
            assert row is not None
            if row[3] is not None or time.monotonic() > ends:
                return row[0], row[1], row[2], row[3] or "not opened yet"
            time.sleep(0.1)


def holds(receipt: Receipt, proof: bytes, body: bytes, place: Path) -> bool:
    """Checked by the library and, where it stands beside the package, by the stand-alone verifier."""
    key = place / "export" / "log.vkey"
    check(receipt, [Verifier.from_vkey(key.read_text().strip())])
    alone = Path(heed.__file__).resolve().parents[2] / "heed_verify.py"
    if not alone.exists():
        return True
    held = place / "check.tlog-proof"
    held.write_bytes(proof)
    words = place / "check.body"
    words.write_bytes(body)
    try:
        command = [
            sys.executable,
            "-I",
            str(alone),
            str(held),
            "--key",
            str(key),
            "--words",
            str(words),
        ]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    finally:
        held.unlink()
        words.unlink()


def _words(body: bytes) -> str:
    """The words as a person reads them."""
    concern = Concern.from_body(canonical.loads(body))
    told = {
        "From": concern.sender,
        "To": concern.addressed_to,
        "Dated": concern.dated,
        "What I saw": concern.saw,
        "What I was told": concern.told,
        "What worries me": concern.worried,
        "Who": concern.who,
        "Where": concern.where,
        "When": concern.when,
        "Who must not see this": concern.keep_from,
    }
    return "".join(f"{name}:\n{words}\n\n" for name, words in told.items() if words.strip())
