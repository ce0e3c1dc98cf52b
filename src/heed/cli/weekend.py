"""A weekend in a story: somebody with the keys of the database destroys what came in, and it is found."""

from __future__ import annotations

import base64
from pathlib import Path
from uuid import UUID

import psycopg

from heed.cli.receipts import Kept, holds
from heed.register.note import Verifier
from heed.register.opening import OrganisationKeys
from heed.register.receipt import Receipt
from heed.store.configuration import OpenerHand
from heed.store.verify import verify

_OVERWRITE = """
UPDATE register.entry SET sealed = decode(repeat('00', octet_length(sealed)), 'hex')
WHERE stream = %s AND version = 1
"""
_BEFORE = "SELECT e.sealed FROM register.entry e WHERE e.stream = %s AND e.version = 1"
_PUT_BACK = "UPDATE register.entry SET sealed = %s WHERE stream = %s AND version = 1"
_NAMED = "SELECT e.id::text FROM register.entry e WHERE e.stream = %s AND e.version = 1"


def before(url: str, record: UUID, kept: Kept) -> dict[str, str]:
    """What is needed to find that it was destroyed and to put it back: what stands there, and the receipt.

    It must be kept safe before destroy() is called.
    """
    with psycopg.connect(url) as connection:
        row = connection.execute(_BEFORE, (record,)).fetchone()
    assert row is not None
    return {
        "record": str(record),
        "sealed": base64.b64encode(row[0]).decode(),
        "proof": base64.b64encode(kept.proof).decode(),
        "body": base64.b64encode(kept.body).decode(),
    }


def destroy(url: str, record: UUID) -> None:
    """As the owner of the tables, with the guard switched off: the sealed words become zeros."""
    with psycopg.connect(url) as connection:
        _unguarded(connection, _OVERWRITE, (record,))


def find(url: str, place: Path, done: dict[str, str]) -> tuple[bool, bool]:
    """Whether a full check names just that entry, and whether the sender's receipt holds all the same.

    put_back() is for afterwards, once this is kept.
    """
    record = UUID(done["record"])
    log = Verifier.from_vkey((place / "export" / "log.vkey").read_text().strip())
    seen = verify(url, OrganisationKeys(OpenerHand.load(place).keys), log)
    proof = base64.b64decode(done["proof"])
    holding = holds(Receipt.decode(proof), proof, base64.b64decode(done["body"]), place)
    with psycopg.connect(url) as connection:
        named = connection.execute(_NAMED, (record,)).fetchone()
    assert named is not None
    faults = [str(fault) for fault in seen.faults]
    return bool(faults) and all(named[0] in fault for fault in faults), holding


def put_back(url: str, done: dict[str, str]) -> None:
    """What stood there, byte for byte."""
    with psycopg.connect(url) as connection:
        stood = (base64.b64decode(done["sealed"]), UUID(done["record"]))
        _unguarded(connection, _PUT_BACK, stood)


def _unguarded(
    connection: psycopg.Connection[tuple[object, ...]], change: str, given: tuple[object, ...]
) -> None:
    connection.execute("ALTER TABLE register.entry DISABLE TRIGGER append_only")
    connection.execute(change.encode(), given)
    connection.execute("ALTER TABLE register.entry ENABLE ALWAYS TRIGGER append_only")
