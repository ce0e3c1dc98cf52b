"""A register with two bodies, somebody for each post, and concerns that the lead answers for."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg

from heed.access import commands
from heed.access.policy import Answering, may_answer
from heed.core.ports import SealedEntry
from heed.register.entry import Recipients
from heed.store.append import append_within
from heed.store.fold import Fold, entries
from heed.store.readable import Desk
from heed.store.signing_in import key_hash
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import CHANCE, World

APPEND = "register.append(uuid,uuid,text,jsonb,bytea,bytea,text[],bytea[],bytea,bytea,bytea)"
ACCEPTED = "accepted"
STAFF = {  # name: the unit that employs them, and their posts
    "lead": ("desk", ()),
    "colleague": ("desk", ()),
    "third": ("team", ("manager",)),
    "admin": ("council", ("administrator",)),
    "contact": ("oversight", ()),
    "custodian": ("oversight", ("custodian",)),
    "overseer": ("oversight", ("overseer",)),
    "second": ("oversight", ("overseer",)),
    "their admin": ("oversight", ("administrator",)),
}
UNITS = (
    ("council", None),
    ("team", "council"),
    ("desk", "team"),
    ("archive", "council"),
    ("oversight", None),
)


@dataclass
class Bodies(Scene):
    """`units`, and `keys` of sessions, by name. The lead is on duty, and the colleague was before."""

    units: dict[str, UUID] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    records: list[UUID] = field(default_factory=list)

    @property
    def to(self) -> Recipients:
        return self.world.office_recipients

    def act(self, name: str, entry: SealedEntry) -> None:
        """As this person, at the office; raises as Desk.append."""
        Desk(self.world.link("heed_office")).append(self.keys[name], entry)

    def owner(self, record: UUID) -> UUID:
        found: UUID = self.world.as_owner(
            "SELECT owner FROM facts.record WHERE id = %s", (record,)
        )[0][0]
        return found

    @contextmanager
    def connected(self, name: str) -> Iterator[psycopg.Connection]:
        """A connection on which this person acts; `heed_…` are roles, whose transactions it leaves open."""
        role = name if name.startswith("heed_") else "heed_office"
        with psycopg.connect(self.world.urls[role], autocommit=True) as connection:
            if name in self.keys:
                connection.execute(
                    "SELECT set_config('heed.session', %s, false)", (self.keys[name],)
                )
            yield connection


def answer(connection: psycopg.Connection, entry: SealedEntry) -> str:
    """What the register says to an entry: ACCEPTED, or the SQLSTATE of its refusal."""
    try:
        append_within(connection, entry)
    except psycopg.Error as refused:
        return str(refused.sqlstate)
    return ACCEPTED


@contextmanager
def bodies(server: Server) -> Iterator[Bodies]:
    """A fresh copy of that register, thrown away afterwards."""
    with copied(server, "two bodies", _fill) as made:
        yield replace(made, units=dict(made.units), keys=dict(made.keys))


def _fill(world: World) -> Bodies:
    made = Bodies(world)
    register, to = world.register(), world.office_recipients
    for name, above in UNITS:
        made.units[name] = uuid4()
        parent = made.units[above] if above else None
        register.append(
            commands.add_unit(CHANCE, to, unit=made.units[name], name=name, parent=parent)
        )
    for name, (unit, posts) in STAFF.items():
        if name not in world.people:
            world.add_person(name, name.capitalize(), "worker")
        person = world.people[name]
        register.append(commands.employ(CHANCE, to, person=person, unit=made.units[unit]))
        if posts:
            register.append(commands.set_posts(CHANCE, to, person=person, posts=posts))
        made.keys[name] = new_session(world, person)
    world.put_on_duty("colleague", datetime(2025, 1, 1, tzinfo=UTC))
    made.records = [world.tell(f"concern {number}").record for number in range(2)]
    world.open()
    return made


def new_session(world: World, person: UUID) -> str:
    """A session key of this person, without the slow part of signing in."""
    key = secrets.token_hex(32)
    world.link("heed_signin").rows(
        "SELECT machinery.start_session(%s, %s, 12)", (person, key_hash(key))
    )
    return key


def folded(world: World) -> Fold:
    """Every entry, taken in by the Python folds."""
    fold = Fold(None)
    with psycopg.connect(world.urls["heed_owner"]) as connection:
        connection.execute("SET ROLE heed_rule")
        for row, facts in entries(connection):
            fold.take(row, facts)
    assert list(fold.facts("stopped")) == []
    return fold


def answers_for(fold: Fold, person: UUID, record: UUID) -> bool:
    """Whether the plain rule lets this person answer for this record."""
    known = fold.duty.people[person]
    walled = record in fold.walls.walled_from(person)
    away = known.away_since is not None
    return may_answer(Answering(known.active, "administrator" in known.posts, walled, away))[0]


def orphans(world: World) -> set[UUID]:
    """The records whose owner, as the table has it, cannot answer for them by the plain rule."""
    fold = folded(world)
    owners = world.as_owner("SELECT id, owner FROM facts.record")
    assert len(owners) == len(fold.concerns.records)
    return {record for record, owner in owners if not answers_for(fold, owner, record)}


def everything(world: World) -> dict[str, tuple[int, str]]:
    """How many rows every table has, and the hash of them: two that are equal hold the same."""
    with world.database.server.superuser(world.database.name) as connection:
        names = connection.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace::regnamespace::text IN ('register', 'facts', 'words', 'machinery')"
        ).fetchall()
        found = {}
        for (name,) in names:
            row = connection.execute(
                "SELECT count(*), md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), ''))"
                f" FROM {name} AS t".encode()
            ).fetchone()
            assert row is not None
            found[name] = (row[0], row[1])
    assert len(found) > 25
    return found
