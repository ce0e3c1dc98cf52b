"""The rule of access stands twice: whatever the facts are, Python and the database answer alike."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from typing import NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import psycopg
import pytest

from heed.access.policy import Answering, Reading, may_answer, may_read
from heed.access.remits import Remit, Remits
from heed.access.walls import Employment, Ground, Held, Line, Relation, Wall, Walls
from heed.store.signing_in import key_hash
from tests.copies import Scene, copied
from tests.servers import Server
from tests.world import World

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

KEY = "the key of one session"
UNIT_GROUNDS = {Ground.BODY, Ground.COLLUSION}
POSTS = ("administrator", "manager", "overseer")
STOPS = ((), ("facts",), ("words",), ("facts", "words"))
ASKED = (None, timedelta(days=6, hours=23), timedelta(days=7, hours=1))
LATELY, TIMELY = timedelta(hours=-1), timedelta(hours=1)
OPENED: tuple[tuple[tuple[str, timedelta, bool], ...], ...] = (
    (("granted", TIMELY, False),),
    (("granted", LATELY, False),),
    (("granted", TIMELY, True),),
    (("emergency", TIMELY, False),),
    (("emergency", LATELY, False),),
    (("granted", TIMELY, False), ("emergency", TIMELY, False)),
    (("granted", LATELY, False), ("emergency", TIMELY, False)),
)
"""Leave and emergency openings: which, how long they still last, and whether they ended before."""
ALWAYS, NEVER = "always", "never"
AS_MANAGER, UNLESS_CONTACT = "as a manager", "unless as the outside contact"


def called(name: str) -> UUID:
    """The same id for the same name."""
    return uuid5(NAMESPACE_URL, name)


def year(number: int) -> datetime:
    return datetime(number, 1, 1, tzinfo=UTC)


ME = called("me")
LINES = (  # unit, parent, since: `desk` stood beneath `old` once, and `gone` beneath `desk`
    ("council", None, 2000),
    ("old", None, 2000),
    ("team", "council", 2000),
    ("desk", "old", 2001),
    ("desk", "team", 2005),
    ("below", "desk", 2005),
    ("deeper", "below", 2006),
    ("gone", "desk", 2005),
    ("gone", "other", 2006),
    ("sibling", "team", 2005),
    ("other", None, 2000),
    ("agency", None, 2000),
    ("former", "agency", 2000),
    ("under former", "former", 2000),
)
JOBS = (("desk", 2016, None), ("former", 2010, 2015))
PEERS = {"peer": "deeper", "former peer": "gone", "cousin": "sibling"}
"""Who answers for records too, and where they work: the first beneath `desk`, the others elsewhere now."""
REACHED = {called("me"), called("peer")}
"""Whose records a remit for `desk` reaches."""
CONTACT_SINCE, MANAGED = 2020, (2010, 2013)
"""Since when the outside contact is it; and when I was a manager, whatever I have been since."""
CLOSE = (("me", "partner"), ("cousin", "me"), ("partner", "partner's friend"))
LONG_CLOSE = (("me", "old friend"), ("older friend", "me"))
"""Ties that were declared before that."""
ONCE_CLOSE = (("me", "former friend"), ("former friend", "me"))
"""Ties that were withdrawn."""


def on_person(name: str, ground: Ground = Ground.ACCUSED, lifted: bool = False) -> Wall:
    return Wall(UUID(int=0), ME, called(name), None, ground, None, None, year(2026), None, lifted)


def on_unit(
    name: str,
    start: datetime | None = None,
    end: datetime | None = None,
    lifted: bool = False,
    at: int = 2026,
) -> Wall:
    body = Ground.BODY
    return Wall(UUID(int=0), ME, None, called(name), body, start, end, year(at), None, lifted)


def _cases() -> Iterator[tuple[str, tuple[Wall, ...]]]:
    """Every way in which I can be restricted, or nearly so, each with when it reaches me."""
    yield NEVER, ()
    for ground in [ground for ground in Ground if ground not in UNIT_GROUNDS]:
        yield ALWAYS, (on_person("me", ground),)
        spreads = ground in ("accused", "concealing", "leaking")
        for close in ("partner", "cousin"):
            yield UNLESS_CONTACT if spreads else NEVER, (on_person(close, ground),)
        for close in ("old friend", "older friend"):
            yield ALWAYS if spreads else NEVER, (on_person(close, ground),)
    for far in ("partner's friend", "former friend", "nobody I know"):
        yield NEVER, (on_person(far),)
    for unit in ("desk", "team", "council", "old"):
        yield ALWAYS, (on_unit(unit),)
        yield ALWAYS, (on_unit(unit, year(1990), year(1991)),)  # who is there now
    for unit in ("below", "deeper", "gone"):
        yield AS_MANAGER, (on_unit(unit),)
    for unit in ("sibling", "other"):
        yield NEVER, (on_unit(unit),)
    yield ALWAYS, (on_unit("former", year(2016), at=2015),)  # who was there when it was restricted
    yield ALWAYS, (on_unit("under former", year(2016), at=2013),)  # who was a manager then
    for unit, reaches in (("former", ALWAYS), ("agency", ALWAYS), ("under former", AS_MANAGER)):
        instant = timedelta(microseconds=1)
        for start, end in ((year(2015), year(2016)), (year(2014), None)):
            yield reaches, (on_unit(unit, start, end),)
        for start, end in (
            (None, None),
            (None, year(2001)),
            (year(2011), year(2012)),
            (year(2009), year(2010)),
        ):
            yield ALWAYS, (on_unit(unit, start, end),)
        for start, end in (
            (year(2009), year(2010) - instant),
            (year(2015) + instant, year(2016)),
            (year(2016), None),
        ):
            yield NEVER, (on_unit(unit, start, end),)


def _with_lifted() -> Iterator[tuple[str, tuple[Wall, ...]]]:
    for reaches, walls in _cases():
        yield reaches, walls
        if walls:
            yield NEVER, tuple(wall._replace(lifted=True) for wall in walls)
    yield ALWAYS, (on_person("me", lifted=True), on_unit("desk"))
    yield NEVER, (on_person("me", lifted=True), on_unit("desk", lifted=True))


@dataclass(frozen=True)
class Case:
    """One record, as it is to me. `asked`: how long ago I asked for its content. `opened`: of OPENED.

    `peer`: which of PEERS answers for it.
    """

    record: UUID
    reaches: str
    walls: tuple[Wall, ...]
    owner: bool
    asked: timedelta | None
    screened: bool
    stops: tuple[str, ...]
    opened: tuple[tuple[str, timedelta, bool], ...] = ()
    peer: str = ""

    def open_now(self, how: str) -> bool:
        return any(one[0] == how and one[1] > timedelta() and not one[2] for one in self.opened)


@dataclass
class Everything(Scene):
    """A register with one record for every combination of a record's own facts."""

    cases: list[Case] = field(default_factory=list)
    walls: Walls = field(default_factory=Walls)
    remits: Remits = field(default_factory=Remits)


def _everything() -> tuple[list[Case], Walls]:
    walls, cases = Walls(), []
    facts = ((True, False), ASKED, (True, False), STOPS)
    plain = ((True, False), ASKED[:2], (True,), ((),))  # enough beside each kind of restriction
    few = [(NEVER, ()), (ALWAYS, (on_person("me"),)), (AS_MANAGER, (on_unit("below"),))]
    ways = [(*way, "") for way in product(_with_lifted(), *plain, [()])]
    ways += [(*way, "") for way in product(few, *facts, [()])]
    ways += [(*way, "") for way in product(few, *facts, OPENED)]
    theirs = [(NEVER, ()), (ALWAYS, (on_person("me"),)), (AS_MANAGER, (on_unit("below"),))]
    ways += product(theirs, [False], *facts[1:], [(), *OPENED], PEERS)
    for number, (way, owner, asked, screened, stops, opened, peer) in enumerate(ways):
        reaches, restrictions = way
        record = called(f"record {number}")
        own = tuple(
            wall._replace(entry=called(f"wall {number} {n}"), record=record)
            for n, wall in enumerate(restrictions)
        )
        walls.walls |= {wall.entry: wall for wall in own}
        cases.append(Case(record, reaches, own, owner, asked, screened, stops, opened, peer))
    for name, above, since in LINES:
        line = called(f"line {name} {since}")
        parent = called(above) if above else None
        walls.lines[line] = Line(line, called(name), parent, year(since))
    for unit, since, until in JOBS:
        job = called(f"job {unit}")
        end = year(until) if until else None
        walls.employments[job] = Employment(job, ME, called(unit), year(since), end)
    for peer, unit in PEERS.items():
        job = called(f"job of {peer}")
        walls.employments[job] = Employment(job, called(peer), called(unit), year(2016), None)
    for ties, since in ((CLOSE, CONTACT_SINCE), (LONG_CLOSE, CONTACT_SINCE - 1)):
        for one, other in ties:
            entry = called(f"{one} {other}")
            walls.relations[entry] = Relation(entry, called(one), called(other), year(since), None)
    for one, other in ONCE_CLOSE:
        entry = called(f"once {one} {other}")
        tie = Relation(entry, called(one), called(other), year(2020), None, ME, year(2021))
        walls.relations[entry] = tie
    return cases, walls


def _fill(world: World) -> Everything:
    """As the superuser and without the trigger: many of these records could not come to be."""
    made = Everything(world, *_everything())
    tables = ("record", "person", "wall", "relation", "employment", "line", "slot", "held")
    made.without(*(f"DROP TRIGGER accountable ON facts.{table}" for table in tables))
    with world.database.server.superuser(world.database.name) as connection:
        connection.execute("INSERT INTO facts.person VALUES (%s, 'worker', true)", (ME,))
        for table, rows in (
            ("wall", made.walls.walls),
            ("line", made.walls.lines),
            ("employment", made.walls.employments),
            ("relation", made.walls.relations),
        ):
            with connection.cursor().copy(f"COPY facts.{table} FROM STDIN".encode()) as copy:
                for row in rows.values():  # type: ignore[attr-defined]
                    copy.write_row(row)
        _write_records(connection, made.cases, world.people["lead"])
        records = [case.record for case in made.cases]
        connection.execute(
            "INSERT INTO machinery.session VALUES (%s, %s, now(), now() + interval '1 hour')",
            (key_hash(KEY), ME),
        )
        connection.execute(
            "INSERT INTO machinery.ticket (look, session, records, asked_in, purpose)"
            " VALUES (%s, %s, %s, pg_current_xact_id(), 'own queue')",
            (ME, key_hash(KEY), records[::13]),
        )
        connection.execute("ANALYZE")
    return made


def _write_records(connection: psycopg.Connection, cases: list[Case], other: UUID) -> None:
    now = datetime.now(UTC)
    rows: dict[str, list[tuple[object, ...]]] = {
        "facts.record (id, reference, channel, danger, owner, filed_at, said_at)": [
            (one.record, "r", "online", "no", owner, year(2026), year(2026))
            for one in cases
            for owner in [ME if one.owner else called(one.peer) if one.peer else other]
        ],
        "facts.request": [
            (one.record, ME, one.record, datetime.now(UTC) - one.asked)
            for one in cases
            if one.asked is not None
        ],
        "facts.opening (entry, person, record, how, at, until, ended)": [
            (called(f"{how} {one.record}"), ME, one.record, how, now, now + lasts, ended)
            for one in cases
            for how, lasts, ended in one.opened
        ],
        "words.screened": [(one.record,) for one in cases if one.screened],
    }
    for schema in ("facts", "words"):
        stopped = [(one.record, one.record, "why") for one in cases if schema in one.stops]
        rows[f"{schema}.stopped"] = list(stopped)
    for table, values in rows.items():
        with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
            for row in values:
                copy.write_row(row)


@pytest.fixture
def scene(server: Server) -> Iterator[Everything]:
    with copied(server, "every combination", _fill) as made:
        yield made


class Kinds(NamedTuple):
    """What I am, apart from any record. `contact`: the outside contact."""

    active: bool
    posts: tuple[str, ...]
    contact: bool
    away: bool = False
    remit: bool = False


def _kinds() -> list[Kinds]:
    posts = [posts for count in range(4) for posts in combinations(POSTS, count)]
    both = (True, False)
    return [Kinds(*each) for each in product(both, posts, both, both, both)]


def _become(scene: Everything, connection: psycopg.Connection, me: Kinds) -> set[UUID]:
    """Make it so in the tables and in the fold; the records that I must not see by the plain rule."""
    connection.execute(
        "UPDATE facts.person SET active = %s, posts = %s, away_since = %s WHERE id = %s",
        (me.active, list(me.posts), year(2026) if me.away else None, ME),
    )
    remit = Remit(called("remit"), ME, called("desk"), None, year(2026), None)
    ended = remit._replace(entry=called("ended"), unit=called("council"), ended_at=year(2026))
    elsewhere = remit._replace(entry=called("elsewhere"), unit=called("other"))  # another body's
    held = [ended, elsewhere, remit] if me.remit else [ended, elsewhere]
    scene.remits.remits = {one.entry: one for one in held}
    connection.execute("DELETE FROM facts.remit")
    for one in held:
        connection.execute("INSERT INTO facts.remit VALUES (%s, %s, %s, %s, %s, %s)", one)
    contact = ME if me.contact else scene.world.people["contact"]
    since = year(CONTACT_SINCE)
    connection.execute("UPDATE facts.slot SET fallback = %s, since = %s", (contact, since))
    scene.walls.contacts = {contact: since}
    once, now = year(MANAGED[0]), year(MANAGED[1])
    spells = (
        Held(called("once"), ME, ("manager",), once, now),
        Held(called("now"), ME, me.posts, now),
    )
    scene.walls.held = {one.entry: one for one in spells}
    connection.execute("DELETE FROM facts.held")
    for spell in spells:
        values = spell._replace(posts=list(spell.posts))  # type: ignore[arg-type]
        connection.execute("INSERT INTO facts.held VALUES (%s, %s, %s, %s, %s)", values)
    return scene.walls.walled_from(ME)


def _readable(scene: Everything) -> tuple[set[UUID], set[UUID], set[UUID]]:
    """What my session may read: by the list, by the question about one, and by the row's wall."""
    with psycopg.connect(scene.world.urls["heed_office"]) as office:
        office.execute("SELECT set_config('heed.session', %s, true)", (KEY,))
        asked = (
            b"SELECT machinery.my_records()",
            b"SELECT machinery.my_open_records()",
            b"SELECT id FROM facts.record",
        )
        listed, opened, rows = ({row[0] for row in office.execute(one)} for one in asked)
    return listed, opened, rows


def _reading(case: Case, walled: set[UUID], me: Kinds, whole: bool, reached: set[UUID]) -> Reading:
    whose = ME if case.owner else called(case.peer)
    lately = case.asked is not None and case.asked < timedelta(days=7)
    no_administrator = "administrator" not in me.posts
    return Reading(
        active=me.active,
        walled=case.record in walled,
        owner=case.owner,
        asked=lately and "overseer" in me.posts,
        screened=case.screened,
        stopped=bool(case.stops),
        whole=whole,
        granted=case.open_now("granted") and no_administrator,
        glass_broken=case.open_now("emergency") and no_administrator,
        remit=whose in reached,
    )


def test_whoever_asks_for_whatever_record_both_rules_let_the_same_be_read(
    scene: Everything,
) -> None:
    seen: dict[Reading, bool] = {}
    openable = {case.record for case in scene.cases[::13]}
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for head, closed in product((True, False), (True, False)):
            connection.execute("DELETE FROM facts.head")
            connection.execute("DELETE FROM machinery.closed")
            if head:
                connection.execute("INSERT INTO facts.head DEFAULT VALUES")
            if closed:
                connection.execute("INSERT INTO machinery.closed (why) VALUES ('why')")
            for me in _kinds():
                if (me.contact or me.away) and (me.posts not in ((), ("overseer",)) or me.remit):
                    continue  # being the contact bears on ties alone, and being away on no reading
                walled = _become(scene, connection, me)
                administrator = "administrator" in me.posts
                reached = scene.remits.owners_read(ME, administrator, scene.walls)
                assert reached == (REACHED if me.remit and not administrator else set())
                expected = set()
                for case in scene.cases:
                    reading = _reading(case, walled, me, head and not closed, reached)
                    seen[reading], why = may_read(reading)
                    assert why
                    if seen[reading]:
                        expected.add(case.record)
                listed, opened, rows = _readable(scene)
                assert listed == rows == expected, (me, head, closed)
                assert opened == expected & openable, (me, head, closed)
    assert len(seen) == 2**10
    assert sum(seen.values()) == 2**5 - 1


def reaches(case: Case, me: Kinds) -> bool:
    """Whether a restriction reaches me, as this test says it should."""
    return (
        case.reaches == ALWAYS
        or (case.reaches == AS_MANAGER and "manager" in me.posts)
        or (case.reaches == UNLESS_CONTACT and not me.contact)
    )


def test_whoever_it_is_both_rules_say_the_same_of_whether_they_can_answer(
    scene: Everything,
) -> None:
    seen: dict[Answering, bool] = {}
    records = {
        case.record: case
        for case in scene.cases
        if case.owner
        and case.asked is None
        and case.screened
        and not case.stops
        and not case.opened
    }
    asked = (
        "SELECT r, register.may_answer(%s, r), register.walled(%s, r),"
        " r IN (SELECT register.walled_from(%s)) FROM unnest(%s::uuid[]) AS r"
    )
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for me in _kinds():
            if me.remit:
                continue  # nobody answers for a record by a remit
            walled = _become(scene, connection, me)
            rows = scene.world.as_owner(asked, (ME, ME, ME, list(records)))
            assert len(rows) == len(records)
            for record, answers, reached, listed in rows:
                case = records[record]
                told = reaches(case, me)
                assert reached == listed == told == (record in walled), (case, me)
                answering = Answering(me.active, "administrator" in me.posts, told, me.away)
                seen[answering], why = may_answer(answering)
                assert answers == seen[answering], (answering, why)
    assert len(seen) == 2**4
    assert sum(seen.values()) == 1
