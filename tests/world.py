"""A small invented register for tests: people, a duty slot, a turn, and doors to file by.

`new_world(database)` installs everything into the fresh database of the `database` fixture, so it
costs about half a second. Roles belong to the whole server: use worlds one after another.

    world = new_world(database)
    told = world.tell("I saw it")            # by the public role; told.record, .code, .appended
    world.open()                             # the opener puts the words in place
    key = world.sign_in("lead")              # a session key of that person
"""

import os
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg
from argon2 import PasswordHasher

from heed.access import commands as access
from heed.core.ports import Appended, Door, SealedEntry, SystemChance
from heed.core.vocabulary import Channel, Danger
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.loops.open import Opener
from heed.register.entry import Recipients
from heed.register.note import Signer
from heed.register.opening import OrganisationKeys
from heed.register.return_code import ReturnCode
from heed.register.thread import Thread, ThreadItem, new_door, open_item
from heed.register.vault import OpeningKey, SealingKey
from heed.store import signing_in
from heed.store.append import PostgresRegister
from heed.store.catalogue import to_keep
from heed.store.configuration import FILE, Configuration
from heed.store.connection import Link
from heed.store.install import install
from heed.store.signing_in import FrontDoor, set_credential
from tests.servers import Database

CHANCE = SystemChance()
ORGANISATION = "Aldermere Safeguarding Partnership"
PASSWORD = "correct horse battery"
"""Everybody's, in tests."""
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass(frozen=True)
class Told:
    """One concern as it was filed, and all that its reporter took away."""

    record: uuid.UUID
    token: bytes
    door: Door
    code: ReturnCode
    entry: SealedEntry
    appended: Appended


@dataclass
class World:
    """`urls` by role, with heed_owner; `people` by short name: lead, colleague, contact."""

    database: Database
    urls: dict[str, str]
    intake: OpeningKey
    organisation: OpeningKey
    origin: str = "heed.example.org/demonstration"
    promise_seed: bytes = field(default_factory=lambda: os.urandom(32))
    log_seed: bytes = field(default_factory=lambda: os.urandom(32))
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    slot: uuid.UUID = field(default_factory=uuid.uuid4)
    _links: dict[tuple[int, str], Link] = field(default_factory=dict)

    @property
    def promise(self) -> Signer:
        return Signer(self.origin + "/promise", self.promise_seed)

    @property
    def log(self) -> Signer:
        return Signer(self.origin, self.log_seed)

    @property
    def keys(self) -> OrganisationKeys:
        return OrganisationKeys({"intake": self.intake, "organisation": self.organisation})

    @property
    def office_recipients(self) -> Recipients:
        return Recipients({"organisation": SealingKey(self.organisation.public())})

    def public_recipients(self, code: ReturnCode) -> Recipients:
        return Recipients({"intake": SealingKey(self.intake.public())}, code.key)

    def link(self, role: str) -> Link:
        """One lasting link a role; closed by close()."""
        key = (threading.get_ident(), role)
        if key not in self._links:
            self._links[key] = Link(self.urls[role])
        return self._links[key]

    def register(self, role: str = "heed_owner") -> PostgresRegister:
        """The register as this role; appends of heed_office need a session (store/readable.py)."""
        return PostgresRegister(self.link(role))

    def add_person(self, name: str, title: str, role: str) -> uuid.UUID:
        """Somebody new; `name` is the key in `people` and the user name.

        Their way to sign in is one that no password opens, until `give_password`.
        """
        person = uuid.uuid4()
        self.register().append(
            access.add_person(CHANCE, self.office_recipients, person=person, name=title, role=role)
        )
        self.people[name] = person
        self.as_owner(
            "INSERT INTO machinery.credential (person, username, password_hash)"
            " VALUES (%s, %s, 'none')",
            (person, str(person)),
        )
        self.register().append(access.set_credential(CHANCE, self.office_recipients, person=person))
        return person

    def take_sign_in(self, name: str) -> None:
        """They can no longer sign in, as after a new invitation; it stands in no entry."""
        for statement in (
            "DELETE FROM machinery.credential WHERE person = %s",
            "UPDATE facts.person SET signs_in = false WHERE id = %s",
        ):
            self.as_owner(statement, (self.people[name],))

    def put_on_duty(self, name: str, starts_at: datetime | None = None) -> None:
        """From `starts_at` (else from now) this person holds the intake slot."""
        entry = access.add_turn(
            CHANCE,
            self.office_recipients,
            slot=self.slot,
            person=self.people[name],
            starts_at=starts_at or datetime.now(UTC),
        )
        self.register().append(entry)

    def tell(
        self,
        saw: str = "what was seen",
        *,
        danger: Danger = Danger.UNKNOWN,
        record: uuid.UUID | None = None,
        token: bytes | None = None,
        code: ReturnCode | None = None,
        door: Door | None = None,
        **words: Any,
    ) -> Told:
        """File a concern by the public role's own connection."""
        code = code or ReturnCode.new(os.urandom)
        door = door or new_door(CHANCE, code)
        token = token or os.urandom(32)
        record = record or code.record
        entry = intake.file_concern(
            CHANCE,
            self.public_recipients(code),
            Concern(saw=saw, danger=danger, channel=Channel.ONLINE, **words),
            record=record,
            token=token,
            door=door,
        )
        return Told(record, token, door, code, entry, self.register("heed_intake").append(entry))

    def open(self) -> int:
        """Let the opener put every waiting word in its place; returns how many entries."""
        opener = Opener(self.link("heed_opener"), self.keys)
        done = 0
        while step := opener.step():
            done += step
        return done

    def sign_in(self, name: str) -> str:
        """A session key of this person, who gets a user name and PASSWORD first if need be."""
        self.give_password(name)
        key = FrontDoor(self.link("heed_signin")).sign_in(name, PASSWORD)
        assert key is not None
        return key

    def give_password(self, name: str) -> None:
        """This person can sign in with `name` and PASSWORD, kept as a hash that is quick to weigh.

        How slow the product's own hash is, is tested in office/test_signing_in.py.
        """
        found = self.link("heed_owner").rows(
            "SELECT 1 FROM machinery.credential WHERE username = %s", (name,)
        )
        if not found:
            with patch.object(signing_in, "_SLOW", _QUICK):
                set_credential(
                    self.urls["heed_owner"],
                    self.office_recipients,
                    self.people[name],
                    name,
                    PASSWORD,
                )

    def thread(self, code: ReturnCode) -> Thread:
        """What the public role can fetch with this code."""
        rows = self.link("heed_intake").rows("SELECT * FROM register.thread(%s)", (code.lookup,))
        items = tuple(
            ThreadItem(
                entry,
                version,
                bytes(header),
                bytes(commitment),
                bytes(sealed),
                to,
                bytes(wrap),
                seq,
            )
            for _, _, entry, version, header, commitment, sealed, to, wrap, seq in rows
        )
        return Thread(bytes(rows[0][0]), rows[0][1], items)

    def words_behind(self, code: ReturnCode) -> list[bytes]:
        """The bodies (canonical JSON) that this code opens, in order."""
        thread = self.thread(code)
        return [open_item(code, thread, item).body for item in thread.items]

    def write_home(self, home: Path, *, telephone: str = "01632 960 001") -> None:
        """A data directory with what each process holds, as `heed init` makes it."""
        for room in (
            "public",
            "office",
            "opener",
            "sequencer",
            "sweep",
            "export",
            "secrets",
            "log",
        ):
            (home / room).mkdir(parents=True, exist_ok=True)
        configuration = Configuration(ORGANISATION, telephone, origin=self.origin)
        (home / FILE).write_text(configuration.encode())
        for room, key in (("public", "form"), ("office", "web")):
            (home / room / f"{key}.key").write_bytes(os.urandom(32))
        (home / "public" / "promise.key").write_bytes(self.promise_seed)
        (home / "sequencer" / "log.key").write_bytes(self.log_seed)
        (home / "sweep" / "heartbeat.key").write_bytes(os.urandom(32))
        (home / "sweep" / "organisation.public").write_bytes(self.organisation.public())
        for pair, room, private in (
            ("intake", "public", self.intake),
            ("organisation", "office", self.organisation),
        ):
            (home / room / f"{pair}.public").write_bytes(private.public())
            (home / "opener" / f"{pair}.key").write_bytes(private.seeds)
        for role, file in {
            "heed_owner": "secrets/owner.url",
            "heed_intake": "public/database.url",
            "heed_office": "office/database.url",
            "heed_signin": "office/signin.url",
            "heed_opener": "opener/database.url",
            "heed_sequencer": "sequencer/database.url",
            "heed_sweep": "sweep/database.url",
        }.items():
            (home / file).write_text(self.urls[role])
        (home / "office" / "walls.json").write_text(_walls(self.database))

    def as_owner(self, statement: str, parameters: tuple[object, ...] = ()) -> list[Any]:
        """One statement as heed_rule, by the owner's connection: every table can be read.

        Select at least one column: psycopg shows rows without columns as no rows.
        """
        with psycopg.connect(self.urls["heed_owner"]) as connection:
            connection.execute("SET ROLE heed_rule")
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        """Close this thread's connections."""
        for (thread, _), link in self._links.items():
            if thread == threading.get_ident():
                link.close()


_walls_of: dict[int, str] = {}


def _walls(database: Database) -> str:
    """What the office's probes compare with; the same on every server of one version."""
    version = database.server.version
    if version not in _walls_of:
        _walls_of[version] = to_keep(database.owner_url)
    return _walls_of[version]


def new_world(
    database: Database, intake: OpeningKey | None = None, organisation: OpeningKey | None = None
) -> World:
    """A begun demonstration register with three people; `lead` is on duty, `contact` falls back."""
    world = World(
        database,
        {"heed_owner": database.owner_url, **install(database.owner_url)},
        intake or OpeningKey(os.urandom(96)),
        organisation or OpeningKey(os.urandom(96)),
    )
    world.register().append(access.begin(CHANCE, world.office_recipients, ORGANISATION))
    world.add_person("lead", "Safeguarding lead", "owner")
    world.add_person("colleague", "Second worker", "owner")
    contact = world.add_person("contact", "Outside contact", "outside contact")
    slot = access.add_slot(
        CHANCE, world.office_recipients, slot=world.slot, purpose="intake", fallback=contact
    )
    world.register().append(slot)
    world.put_on_duty("lead", datetime(2026, 1, 1, tzinfo=UTC))
    return world
