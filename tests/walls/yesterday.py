"""A register in which things were said yesterday, each carrying a mark that may turn up nowhere else."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from heed.intake import commands as intake
from heed.loops.sequence import Sequencer
from heed.register.entry import Recipients
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import CHANCE, PASSWORD, Told, World

MARK = "heron-on-the-weir"
"""Stands in everything that anybody said, and in every name."""

ROLES = ("heed_intake", "heed_office", "heed_opener", "heed_sequencer", "heed_signin", "heed_sweep")
SCHEMAS = ("register", "facts", "words", "machinery")


@dataclass
class Yesterday(Scene):
    """`mine` was filed to the lead and answered, `hers` to the colleague; `unopened` waits.

    `key` and `her_key` are the sessions of lead and colleague.
    """

    mine: Told
    hers: Told
    unopened: Told
    key: str
    her_key: str

    @property
    def marks(self) -> tuple[str, ...]:
        """What nobody may find who is not entitled: words, ciphertext, look-ups, keys."""
        told = (self.mine, self.hers, self.unopened)
        return (
            MARK,
            *(one.entry.sealed.hex()[24:56] for one in told),
            *(one.door.lookup.hex() for one in told),
            *(str(one.record) for one in told),
            self.key,
        )

    @contextmanager
    def as_role(self, role: str) -> Iterator[psycopg.Connection]:
        """A connection of this role, in autocommit."""
        with psycopg.connect(self.world.urls[role], autocommit=True) as connection:
            yield connection

    @contextmanager
    def signed_in(self, key: str) -> Iterator[psycopg.Connection]:
        """A transaction of the office that carries this session key; committed at the end."""
        with psycopg.connect(self.world.urls["heed_office"]) as connection:
            connection.execute("SELECT set_config('heed.session', %s, true)", (key,))
            yield connection


@contextmanager
def yesterday(server: Server) -> Iterator[Yesterday]:
    """A fresh copy of that register, thrown away afterwards."""
    with copied(server, "yesterday", _fill) as made:
        yield made


def _fill(world: World) -> Yesterday:
    owner = world.link("heed_owner")
    owner.rows("INSERT INTO machinery.clock (shift) VALUES ('-1 day')")
    world.add_person("third", f"Third worker {MARK}", "owner")
    words = {
        name: f"{name} {MARK}"
        for name in ("told", "worried", "who", "where", "when", "keep_from", "rung", "child")
    }
    mine = world.tell(f"saw {MARK}", **words)
    world.open()
    keys = {name: _sign_in(world, name) for name in ("lead", "colleague")}
    _read_and_answer(world, keys["lead"], mine)
    added = intake.add_words(
        CHANCE,
        world.public_recipients(mine.code),
        f"added {MARK}",
        record=mine.record,
        lookup=mine.door.lookup,
        token=CHANCE.bytes(32),
    )
    world.register("heed_intake").append(added)
    world.put_on_duty("colleague", datetime(2026, 2, 1, tzinfo=UTC))
    hers = world.tell(f"saw {MARK} too", **words)
    world.open()
    _sequence(world)
    unopened = world.tell(f"saw {MARK} last", **words)
    owner.rows("DELETE FROM machinery.clock")
    return Yesterday(world, mine, hers, unopened, keys["lead"], keys["colleague"])


def _sign_in(world: World, name: str) -> str:
    world.give_password(name)
    key = FrontDoor(world.link("heed_signin")).sign_in(name, PASSWORD)
    assert key is not None
    return key


def _read_and_answer(world: World, key: str, told: Told) -> None:
    desk = Desk(world.link("heed_office"))
    lead = world.people["lead"]
    opened = desk.open(key, lead, told.record, CHANCE, world.office_recipients)
    assert opened.thread is not None
    recipients = Recipients({**world.office_recipients.keys, "thread": opened.thread})
    entry = intake.answer(
        CHANCE,
        recipients,
        f"answered {MARK}",
        record=told.record,
        token=CHANCE.bytes(32),
    )
    desk.append(key, entry)


def _sequence(world: World) -> None:
    export = Path(tempfile.mkdtemp(prefix="heed-export-"))
    try:
        sequencer = Sequencer(world.link("heed_sequencer"), world.log, export)
        while sequencer.step():
            pass
    finally:
        shutil.rmtree(export)
