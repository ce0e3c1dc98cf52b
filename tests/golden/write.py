"""Records one entry of each kind through the real doors and keeps its bytes: `python -m tests.golden.write v1`.

Only for a new folder: what is kept already is never written again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from heed.core import canonical
from heed.core.vocabulary import Actor, Channel, Danger
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store.fold import FACTS, WORDS
from heed.store.readable import Desk
from tests.golden.kept import CODE, HERE, INTAKE, KEYS, ORGANISATION, SUMS
from tests.servers import create, running_server
from tests.world import CHANCE, World, new_world


def main(name: str) -> None:
    """Make the folder `name` beside this file."""
    folder = HERE / name
    folder.mkdir()  # fails where it exists
    with running_server(18) as server:
        world = new_world(create(server), intake=INTAKE, organisation=ORGANISATION)
        _happen(world)
        _keep(world, folder)
        world.close()
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(HERE)}"
        for path in sorted(HERE.glob("v*/*.json"))
    ]
    SUMS.write_text("\n".join(lines) + "\n")


def _happen(world: World) -> None:
    """A concern by the public door, one by letter, an addition, a look and an answer."""
    told = world.tell(
        "A man waits at the weir after school.",
        code=CODE,
        danger=Danger.YES,
        told="Two friends say the same.\nThey said “again”. 😟 שלום",
        who="I do not know his name",
        where="Aldermere, the weir, ZZ99 3WZ",
    )
    world.open()
    key, lead = world.sign_in("lead"), world.people["lead"]
    desk = Desk(world.link("heed_office"))
    opened = desk.open(key, lead, told.record, CHANCE, world.office_recipients)
    assert opened.thread is not None
    recipients = Recipients({**world.office_recipients.keys, "thread": opened.thread})
    desk.append(
        key,
        intake.answer(
            CHANCE, recipients, "Thank you. Are you safe now?", record=told.record, token=b"a" * 32
        ),
    )
    world.register("heed_intake").append(
        intake.add_words(
            CHANCE,
            world.public_recipients(told.code),
            "Yes. He was there again today.",
            record=told.record,
            lookup=told.door.lookup,
            token=b"b" * 32,
        )
    )
    code = ReturnCode.new(CHANCE.bytes)
    letter = Concern(saw="five pages", channel=Channel.LETTER, sender="unsigned", dated="3 May")
    desk.append(
        key,
        intake.file_concern(
            CHANCE,
            Recipients(world.office_recipients.keys, code.key),
            letter,
            record=uuid4(),
            token=b"c" * 32,
            door=new_door(CHANCE, code),
            actor=Actor.WORKER,
        ),
    )
    world.open()


def _keep(world: World, folder: Path) -> None:
    with world.database.server.superuser(world.database.name) as connection:
        rows = connection.execute(
            "SELECT e.id, e.stream, e.version, e.header, e.facts, e.commitment, e.sealed, p.data,"
            " (SELECT jsonb_object_agg(w.recipient, encode(w.wrap, 'hex'))"
            "  FROM register.wrapped_key w WHERE w.entry = e.id), t.lookup, t.wrapped_private"
            " FROM register.pending p JOIN register.entry e ON e.id = p.entry"
            " LEFT JOIN register.thread t ON t.stream = e.stream ORDER BY p.n"
        ).fetchall()
        for number, row in enumerate(rows):
            held = _held(*row)
            path = folder / f"{number:02}-{held['kind']}.json"
            path.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n")
        tables = {f"facts.{table}": _rows(connection, f"facts.{table}") for table in FACTS}
        tables |= {f"words.{table}": _rows(connection, f"words.{table}") for table in WORDS}
    (folder / "tables.json").write_text(json.dumps(tables, indent=1, ensure_ascii=False) + "\n")


def _held(*row: Any) -> dict[str, Any]:
    entry, stream, version, header, facts, commitment, sealed, leaf, wraps, lookup, private = row
    ours = {n: bytes.fromhex(w) for n, w in wraps.items() if n in ("intake", "organisation")}
    opened = KEYS.open(header, commitment, sealed, ours)
    return {
        "entry": str(entry),
        "stream": str(stream),
        "version": version,
        "kind": opened.header.kind,
        "header": header.decode(),
        "facts": facts.decode(),
        "commitment": commitment.hex(),
        "sealed": sealed.hex(),
        "wraps": wraps,
        "leaf": leaf.hex(),
        "door": {"lookup": lookup.hex(), "wrapped_private": private.hex()} if lookup else None,
        "envelope": canonical.loads(opened.envelope.encode()),
        "body": opened.body,
    }


def _rows(connection: psycopg.Connection, table: str) -> list[list[str]]:
    found = connection.execute(f"SELECT * FROM {table}".encode()).fetchall()
    return sorted([plain(value) for value in row] for row in found)


def plain(value: Any) -> str:
    """A column's value as text, the same from the database and from a fold."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(plain, value)) + "]"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


if __name__ == "__main__":
    main(sys.argv[1])
