"""Public face and office as two users of the computer: one cannot read what the other keeps."""

import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import conninfo

from heed.access import commands as access
from heed.core.ports import Appended
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.loops.drain import Drain
from heed.loops.open import Opener
from heed.register.entry import Recipients
from heed.register.opening import OrganisationKeys
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door, open_item
from heed.store.append import PostgresRegister
from heed.store.begin import new_installation
from heed.store.configuration import (
    Configuration,
    OfficeHand,
    OpenerHand,
    PublicHand,
    SequencerHand,
    SweepHand,
)
from heed.store.connection import Link
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor, set_credential
from heed.store.spool import Spool
from heed.store.thread import fetch_thread
from tests.servers import Database, Server, create, drop, temporary_place
from tests.walls.other_user import as_user
from tests.walls.plunder import loot
from tests.walls.yesterday import MARK
from tests.world import CHANCE, PASSWORD

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)
pytestmark = [
    BOTH,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as two other users"),
]

PUBLIC, OFFICE = 61001, 61002
"""Two users who need no account: their numbers are nobody else's."""


@dataclass
class Premises:
    """A new installation whose rooms belong to two users; `lead` is on duty."""

    home: Path
    database: Database
    origin: str
    lead: UUID

    def public(self) -> PublicHand:
        """What the public process holds; only its own user can load it."""
        return PublicHand.load(self.home, self.origin)

    def secrets(self) -> dict[str, bytes]:
        """What only the other rooms hold, read as root."""
        held = {}
        for path in self.home.rglob("*"):
            if path.suffix in (".key", ".url", ".password") and path.parent.name != "public":
                data = path.read_bytes()
                found = re.search(rb"password=(\S+)", data)
                held[str(path.relative_to(self.home))] = found[1] if found else data
        return held


@pytest.fixture
def premises(server: Server) -> Iterator[Premises]:
    database = create(server)
    with temporary_place() as home:
        new_installation(home, database.owner_url, Configuration(), demonstration=True)
        office = OfficeHand.load(home)
        recipients = Recipients({"organisation": office.organisation})
        lead, slot = uuid4(), uuid4()
        link = Link(database.owner_url)
        for entry in (
            access.add_person(CHANCE, recipients, person=lead, name="Lead", role="owner"),
            access.add_slot(CHANCE, recipients, slot=slot, purpose="intake", fallback=lead),
        ):
            PostgresRegister(link).append(entry)
        link.close()
        set_credential(database.owner_url, recipients, lead, "lead", PASSWORD)
        _give(home / "public", PUBLIC)
        for room in ("office", "opener", "sequencer", "sweep", "secrets", "log"):
            _give(home / room, OFFICE)
        yield Premises(home, database, Configuration().origin, lead)
    drop(database)


def _give(room: Path, uid: int) -> None:
    for path in (room, *room.rglob("*")):
        os.chown(path, uid, uid)


def _tell(premises: Premises, code: ReturnCode, record: UUID) -> Appended:
    hand = premises.public()
    entry = intake.file_concern(
        CHANCE,
        Recipients({"intake": hand.intake}, code.key),
        Concern(saw=f"saw {MARK}"),
        record=record,
        token=os.urandom(32),
        door=new_door(CHANCE, code),
    )
    return PostgresRegister(Link(hand.database_url)).append(entry)


def _tell_the_spool(premises: Premises, code: ReturnCode) -> bytes:
    """Filed while the database is away, and drained when it is back; the spool's bytes between."""
    hand = premises.public()
    spool = Spool(hand.spool)
    entry = intake.file_concern(
        CHANCE,
        Recipients({"intake": hand.intake}, code.key),
        Concern(saw=f"spooled {MARK}"),
        record=uuid4(),
        token=os.urandom(32),
        door=new_door(CHANCE, code),
    )
    spool.put(entry, datetime.now(UTC))
    bytes_between = b"".join(path.read_bytes() for path in hand.spool.rglob("*") if path.is_file())
    assert Drain(spool, PostgresRegister(Link(hand.database_url))).step() == 1
    return bytes_between


def _read_and_answer(premises: Premises, record: UUID) -> str:
    """The office's day: open what came, sign in, look, read, answer."""
    opener = OpenerHand.load(premises.home)
    Opener(Link(opener.database_url), OrganisationKeys(opener.keys)).step()
    hand = OfficeHand.load(premises.home)
    key = FrontDoor(Link(hand.signin_url)).sign_in("lead", PASSWORD)
    assert key is not None
    desk = Desk(Link(hand.database_url))
    recipients = {"organisation": hand.organisation}
    opened = desk.open(key, premises.lead, record, CHANCE, Recipients(recipients))
    assert opened.thread is not None
    answer = intake.answer(
        CHANCE,
        Recipients({**recipients, "thread": opened.thread}),
        f"answered {MARK}",
        record=record,
        token=os.urandom(32),
    )
    desk.append(key, answer)
    return str(opened.said[0].body)


def _come_back(premises: Premises, code: ReturnCode) -> list[bytes]:
    thread = fetch_thread(Link(premises.public().database_url), code.lookup)
    assert thread is not None
    return [open_item(code, thread, item).body for item in thread.items]


def _everything(premises: Premises) -> bytes:
    """All that this user can read: files, other processes, and what raw SQL brings out."""
    url = premises.public().database_url
    with psycopg.connect(url, autocommit=True) as connection:
        raw = loot(connection)
    return b"\n".join((_files(premises), raw.encode(), _other_ways_in(url).encode()))


def _files(premises: Premises) -> bytes:
    """Every file that this user can read, of the installation, the server and other processes."""
    paths = [
        Path(folder) / name
        for place in (premises.home, premises.database.server.embedded.home)
        for folder, _, names in os.walk(place, onerror=lambda _: None)
        for name in names
    ]
    for name in ("environ", "cmdline", "mem", "auxv", "stack", "syscall"):
        paths += Path("/proc").glob(f"[0-9]*/{name}")
    found: list[bytes] = []
    for path in paths:
        with suppress(OSError):
            found.append(path.read_bytes()[:10_000_000])
    return b"\n".join(found)


def _other_ways_in(url: str) -> str:
    """The roles that let this user in without their password, or with our own."""
    own = str(conninfo.conninfo_to_dict(url)["password"])
    let_in = []
    for role in ("postgres", "heed_owner", "heed_office", "heed_opener", "heed_rule"):
        for password in ("", own, "postgres", role):
            with suppress(psycopg.OperationalError):
                changed = conninfo.make_conninfo(url, user=role, password=password)
                with psycopg.connect(changed) as connection:
                    rows = connection.execute("SELECT body FROM words.item").fetchall()
                    let_in.append(f"{role} {rows}")
    return "\n".join(let_in)


@contextmanager
def _an_office_process(premises: Premises) -> Iterator[int]:
    """A process of the office's user, at work: keys and words in memory, secrets in its environment."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(OFFICE, OFFICE, OFFICE)
        os.setresuid(OFFICE, OFFICE, OFFICE)
        held = [OpenerHand.load(premises.home), MARK * 3]
        time.sleep(60)
        os._exit(len(held))
    try:
        time.sleep(0.2)
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _found(premises: Premises, everything: bytes) -> set[str]:
    """Which secrets, and whether any word, stand in what was found."""
    found = {name for name, secret in premises.secrets().items() if secret in everything}
    return found | ({"words"} if MARK.encode() in everything else set())


def test_filed_by_one_read_and_answered_by_the_other_and_fetched_with_the_code(
    premises: Premises,
) -> None:
    code, record = ReturnCode.new(os.urandom), uuid4()
    assert as_user(PUBLIC, lambda: _tell(premises, code, record)).version == 1
    assert MARK in as_user(OFFICE, lambda: _read_and_answer(premises, record))
    told, answered = as_user(PUBLIC, lambda: _come_back(premises, code))
    assert f"saw {MARK}".encode() in told
    assert f"answered {MARK}".encode() in answered


def test_the_public_user_reads_nothing_of_yesterday_with_all_that_it_holds(
    premises: Premises,
) -> None:
    code, record = ReturnCode.new(os.urandom), uuid4()
    as_user(PUBLIC, lambda: _tell(premises, code, record))
    as_user(OFFICE, lambda: _read_and_answer(premises, record))
    with _an_office_process(premises):
        everything = as_user(PUBLIC, lambda: _everything(premises))
    assert _own_key(premises) in everything  # it did look
    assert _found(premises, everything) == set()


def _own_key(premises: Premises) -> bytes:
    return (premises.home / "public" / "promise.key").read_bytes()


def test_what_waits_in_the_spool_is_sealed_from_the_first_byte(premises: Premises) -> None:
    code = ReturnCode.new(os.urandom)
    between = as_user(PUBLIC, lambda: _tell_the_spool(premises, code))
    assert len(between) > 1000
    assert MARK.encode() not in between
    assert code.secret not in between
    (told,) = as_user(PUBLIC, lambda: _come_back(premises, code))
    assert f"spooled {MARK}".encode() in told


def test_each_user_can_load_its_own_hand_and_no_other(premises: Premises) -> None:
    hands = {
        "public": lambda: PublicHand.load(premises.home, premises.origin),
        "office": lambda: OfficeHand.load(premises.home),
        "opener": lambda: OpenerHand.load(premises.home),
        "sequencer": lambda: SequencerHand.load(premises.home, premises.origin),
        "sweep": lambda: SweepHand.load(premises.home, premises.origin),
    }

    def loads() -> set[str]:
        loaded = set()
        for name, load in hands.items():
            with suppress(Exception):
                load()
                loaded.add(name)
        return loaded

    assert as_user(PUBLIC, loads) == {"public"}
    assert as_user(OFFICE, loads) == {"office", "opener", "sequencer", "sweep"}


def test_as_one_user_for_both_the_same_attack_finds_keys_and_words(premises: Premises) -> None:
    code, record = ReturnCode.new(os.urandom), uuid4()
    as_user(PUBLIC, lambda: _tell(premises, code, record))
    as_user(OFFICE, lambda: _read_and_answer(premises, record))
    for room in ("office", "opener"):
        _give(premises.home / room, PUBLIC)
    found = _found(premises, as_user(PUBLIC, lambda: _files(premises)))
    assert {"opener/intake.key", "opener/organisation.key", "office/database.url"} <= found
    stolen = as_user(PUBLIC, lambda: OpenerHand.load(premises.home).keys["intake"].seeds)
    assert stolen == (premises.home / "opener" / "intake.key").read_bytes()


def test_a_room_left_open_is_found(premises: Premises) -> None:
    (premises.home / "opener").chmod(0o755)
    found = _found(premises, as_user(PUBLIC, lambda: _files(premises)))
    assert found == set()  # the files in it are still 0600
    (premises.home / "opener" / "intake.key").chmod(0o644)
    found = _found(premises, as_user(PUBLIC, lambda: _files(premises)))
    assert found == {"opener/intake.key"}


def test_a_copy_of_the_data_directory_in_a_public_place_gives_the_words_away(
    premises: Premises,
) -> None:
    """What the wall is worth: the server's own files hold the words in clear."""
    code, record = ReturnCode.new(os.urandom), uuid4()
    as_user(PUBLIC, lambda: _tell(premises, code, record))
    as_user(OFFICE, lambda: _read_and_answer(premises, record))
    with premises.database.server.superuser(premises.database.name) as superuser:
        superuser.execute("CHECKPOINT")
        row = superuser.execute("SELECT pg_relation_filepath('words.item')").fetchone()
    assert row is not None
    file = premises.database.server.embedded.data / row[0]
    copy = premises.home / "backup"
    shutil.copy(file, copy)
    copy.chmod(0o644)
    found = _found(premises, as_user(PUBLIC, lambda: _files(premises)))
    assert found == {"words"}
