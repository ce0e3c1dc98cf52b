"""The final POST of a report, to the signed promise, against the peer, 32 clients; then every receipt."""

import base64
import itertools
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

import heed
from bench.load import Outcome, drive, request
from bench.place import Place, free_port, place
from bench.report import report
from heed.core.ports import SystemChance
from heed.register.checkpoint import open_checkpoint
from heed.register.note import Verifier
from heed.register.receipt import Receipt, ReceiptExtra, check, open_promise
from heed.register.return_code import ReturnCode
from heed.register.thread import open_item
from heed.register.tiles import TileReader
from heed.store.connection import Link
from heed.store.thread import fetch_thread

CLIENTS = 32
WORDS = "She told me that the same car waits there every day, and that she is afraid of it. " * 8
PROMISE = re.compile(rb'name="promise" value="([^"]*)"')
LIMIT = 0.5
MOST = 700  # filings a second that forms are made for, beforehand


def run() -> None:
    """Alternate runs of ours and the peer's on one server; print the ratio of the medians."""
    seconds = float(os.environ.get("BENCH_SECONDS", "60"))
    runs = int(os.environ.get("BENCH_RUNS", "3"))
    with place() as here:
        with (
            here.part("-m", "heed.cli.main", "run", "sequencer"),
            here.part("-m", "heed.cli.main", "run", "opener"),
            here.part("-m", "heed.cli.main", "run", "drain"),
        ):
            _run(here, seconds, runs)


def _run(here: Place, seconds: float, runs: int) -> None:
    codes: list[ReturnCode] = []
    ours: list[Outcome] = []
    peers: list[Outcome] = []
    _ours(here, _forms(here, 2000, codes), 3.0)
    with _peer(here) as peer_port:
        for _ in range(runs):
            count = int(seconds * MOST)
            ours.append(_ours(here, _forms(here, count, codes), seconds))
            peers.append(drive(peer_port, _repeated(here), CLIENTS, seconds))
    acknowledged = [_commitment(here, body) for outcome in ours for body in outcome.bodies]
    lost = _lost(here, set(acknowledged))
    found, alone = _receipts(here, codes, len(set(acknowledged)))
    rate = statistics.median(outcome.rate for outcome in ours)
    peer = statistics.median(outcome.rate for outcome in peers)
    report(
        "filing-submit",
        rate,
        "filings/s",
        limit=LIMIT,
        ratio=round(rate / peer, 3),
        peer=round(peer, 1),
        p95_ms=round(statistics.median(outcome.percentile(0.95) for outcome in ours), 1),
        refused=sum(outcome.refused for outcome in ours),
        lost=lost,
        acknowledged=len(acknowledged),
        receipts_found=found,
        receipts_checked_alone=alone,
        size=len(WORDS),
        clients=CLIENTS,
        seconds=seconds,
        runs=runs,
    )


def _ours(here: Place, requests: Iterator[bytes], seconds: float) -> Outcome:
    port = here.configuration.public_port
    with here.part("-m", "heed.cli.main", "run", "public", port=port):
        return drive(port, requests, CLIENTS, seconds)


def _forms(here: Place, count: int, codes: list[ReturnCode]) -> Iterator[bytes]:
    """Forms as the check page holds them, each another person's; made before they are sent."""
    os.environ["HEED_HOME"] = str(here.home)
    from heed.public.state import FormState

    chance, key = SystemChance(), here.hand.form_key
    made = []
    for _ in range(count):
        state = FormState.new(chance).told(saw=WORDS, danger="no")
        body = urllib.parse.urlencode(
            {"form": state.seal(key, chance), "at": "check", "step": "send"}
        )
        made.append((state.telling.code, request("/tell", body.encode())))

    def sent() -> Iterator[bytes]:
        for code, one in made:
            codes.append(code)
            yield one

    return sent()


def _repeated(here: Place) -> Iterator[bytes]:
    unused: list[ReturnCode] = []
    body = next(_forms(here, 1, unused)).partition(b"\r\n\r\n")[2]
    return itertools.repeat(request("/submit", body))


@contextmanager
def _peer(here: Place) -> Iterator[int]:
    """The peer's server, as many workers and threads, and rows of the sizes that one filing keeps."""
    port = free_port()
    with psycopg.connect(here.owner_url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT avg(length(e.header) + length(e.facts) + length(e.sealed) + 32)::int,"
            " (SELECT avg(length(wrap))::int * 2 FROM register.wrapped_key),"
            " (SELECT avg(length(public_key) + length(wrapped_private) + 32)::int"
            "  FROM register.thread) FROM register.entry e"
            ' WHERE e.header LIKE \'%%"kind":"filed"%%\'::bytea'
        ).fetchone()
        connection.execute("CREATE SCHEMA peer")
        for number in (1, 2, 3):
            connection.execute(
                f"CREATE TABLE peer.row{number} (id uuid PRIMARY KEY, content bytea NOT NULL)"
            )
    os.environ["PEER_DATABASE_URL"] = here.owner_url
    os.environ["PEER_SIZES"] = ",".join(str(size) for size in row or ())
    granian = (
        "-m granian --interface wsgi bench.peer:application --workers 2 --blocking-threads 12"
        f" --host 127.0.0.1 --port {port} --no-access-log"
    )
    with here.part(*granian.split(), port=port):
        yield port


def _commitment(here: Place, body: bytes) -> bytes:
    """What a page promised, after checking the promise's signature."""
    found = PROMISE.search(body)
    if found is None:
        raise AssertionError(body.decode()[:500])
    note = base64.b64decode(found.group(1))
    key = Verifier.from_vkey((here.home / "export" / "promise.vkey").read_text().strip())
    return open_promise(note, [key]).commitment


def _lost(here: Place, acknowledged: set[bytes]) -> int:
    with psycopg.connect(here.owner_url, autocommit=True) as connection:
        kept = {
            bytes(row[0]) for row in connection.execute("SELECT commitment FROM register.entry")
        }
    return len(acknowledged - kept)


def _receipts(here: Place, codes: list[ReturnCode], most: int) -> tuple[int, int]:
    """Every filing's receipt by the library, 100 of them by the stand-alone verifier."""
    _settled(here)
    key = Verifier.from_vkey((here.home / "export" / "log.vkey").read_text().strip())
    note = (here.home / "export" / "checkpoint").read_bytes()
    size = open_checkpoint(note, [key]).size
    tiles = TileReader(lambda name: (here.home / "export" / name).read_bytes())
    link = Link(here.hand.database_url)
    found = alone = 0
    for code in codes:
        thread = fetch_thread(link, code.lookup)
        if thread is None:
            continue  # sent, but not answered before the time was up
        first = thread.items[0]
        if first.seq is None:
            continue
        opened = open_item(code, thread, first)
        extra = ReceiptExtra(first.header, opened.envelope, opened.salt)
        receipt = Receipt(extra.encode(), first.seq, tiles.inclusion_proof(first.seq, size), note)
        check(receipt, [key])
        found += 1
        if alone < 100 and found % max(1, most // 100) == 0:
            alone += _alone(here, receipt)
    return found, alone


def _alone(here: Place, receipt: Receipt) -> int:
    verifier = Path(heed.__file__).resolve().parents[2] / "heed_verify.py"
    with tempfile.NamedTemporaryFile(suffix=".tlog-proof") as file:
        file.write(receipt.encode())
        file.flush()
        key = here.home / "export" / "log.vkey"
        command = [sys.executable, "-I", str(verifier), file.name, "--key", str(key)]
        subprocess.run(command, check=True, capture_output=True)
    return 1


def _settled(here: Place) -> None:
    """Wait until everything has its place in a signed head."""
    with psycopg.connect(here.owner_url, autocommit=True) as connection:
        for _ in range(600):
            row = connection.execute(
                "SELECT (SELECT count(*) FROM register.pending),"
                " (SELECT max(seq) + 1 FROM register.leaf) - (SELECT max(size) FROM register.checkpoint)"
            ).fetchone()
            if row is not None and row[0] == 0 and row[1] == 0:
                return
            time.sleep(0.1)
    raise TimeoutError("the sequencer did not catch up")
