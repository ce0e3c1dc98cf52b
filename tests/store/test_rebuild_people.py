"""A check sees every altered row of people, units, restrictions and hand-overs; a rebuild mends it."""

from collections.abc import Iterator

import psycopg
import pytest

from heed.access import people as commands
from heed.store.rebuild import check, rebuild
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.asking_again import all_of_it
from tests.walls.bodies import Bodies, bodies
from tests.walls.calling import caller, reachable
from tests.walls.changes import ask, going_away, naming, offering, relating, wall_off
from tests.walls.naming_people import deciding, looking
from tests.walls.sealing import opened_by_two, told_and_sealed
from tests.walls.seconding import a_coach_decided, harm_answered
from tests.walls.test_approving import asks as asks_for_a_yes
from tests.walls.test_never_orphaned import without_second_look
from tests.walls.test_openings import asks, breaks_glass, granted
from tests.walls.test_remits import gives
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

ALTERED = {
    "posts": "UPDATE facts.person SET posts = posts || '{overseer}' WHERE id = %s",
    "a parent": "UPDATE facts.line SET parent = unit WHERE entry = %s",
    "a time beneath it": "UPDATE facts.line SET since = now() WHERE entry = %s",
    "where somebody works": "UPDATE facts.employment SET unit = person WHERE entry = %s",
    "until when": "UPDATE facts.employment SET until = now() WHERE entry = %s",
    "who is close": "UPDATE facts.relation SET other = person WHERE entry = %s",
    "who said so": "UPDATE facts.relation SET said_by = other WHERE entry = %s",
    "whom it restricts": "UPDATE facts.wall SET person = record WHERE entry = %s",
    "which unit": "UPDATE facts.wall SET unit = record WHERE entry = %s",
    "on what ground": "UPDATE facts.wall SET ground = 'declared' WHERE entry = %s",
    "since when alleged": "UPDATE facts.wall SET alleged_from = now() WHERE entry = %s",
    "who was called": "UPDATE facts.call_out SET person = record WHERE entry = %s",
    "that nobody answered": "UPDATE facts.call_out SET answered_at = now() WHERE entry = %s",
    "that it stands": "UPDATE facts.wall SET lifted = true WHERE entry = %s",
    "who asked to lift it": "UPDATE facts.wall SET lift_asked_by = entry WHERE entry = %s",
    "an offer": "UPDATE facts.offer SET state = 'accepted' WHERE entry = %s",
    "a taker": "UPDATE facts.offer SET taker = giver WHERE entry = %s",
    "what was asked for": "UPDATE facts.request SET record = person WHERE entry = %s",
    "when somebody acted": "UPDATE facts.record SET acted_at = now() WHERE id = %s",
    "when somebody was called": "UPDATE facts.record SET called_at = now() WHERE id = %s",
    "that a child wrote it": "UPDATE facts.record SET young = true WHERE id = %s",
    "how often handed over": "UPDATE facts.record SET handed = 9 WHERE id = %s",
    "what posts somebody held": "UPDATE facts.held SET posts = posts || '{overseer}' WHERE entry = %s",
    "until when they held them": "UPDATE facts.held SET until = since WHERE entry = %s",
    "since when somebody is the contact": "UPDATE facts.slot SET since = now() WHERE id = %s",
    "who is away": "UPDATE facts.person SET away_since = now() WHERE id = %s",
    "who can sign in": "UPDATE facts.person SET signs_in = NOT signs_in WHERE id = %s",
    "who stands in": "UPDATE facts.person SET cover = id WHERE id = %s",
    "the outside contact": "UPDATE facts.slot SET fallback = id WHERE id = %s",
    "that a tie was withdrawn": "UPDATE facts.relation SET withdrawn_at = now() WHERE entry = %s",
    "who asked to withdraw it": (
        "UPDATE facts.relation SET withdrawal_asked_by = entry WHERE entry = %s"
    ),
    "from whom a record passed": "UPDATE facts.passed SET givers = takers WHERE entry = %s",
    "which unit was named": "UPDATE facts.mention SET unit = record WHERE entry = %s",
    "how two are close": "UPDATE words.tie SET how = upper(how) WHERE entry = %s",
    "which record was asked for": "UPDATE facts.asking SET record = person WHERE entry = %s",
    "what was decided": "UPDATE facts.asking SET state = state || '?' WHERE entry = %s",
    "who decided": "UPDATE facts.asking SET answer = entry WHERE entry = %s",
    "whom it is open to": "UPDATE facts.opening SET person = entry WHERE entry = %s",
    "how long it is open": "UPDATE facts.opening SET until = until + interval '1 day' WHERE entry = %s",
    "that it ended": "UPDATE facts.opening SET ended = NOT ended WHERE entry = %s",
    "that it was reviewed": "UPDATE facts.opening SET reviewed_by = entry WHERE entry = %s",
    "whose yes was asked for": "UPDATE facts.approval SET record = person WHERE entry = %s",
    "who said yes": "UPDATE facts.approval SET given_by = entry WHERE entry = %s",
    "whose identity is sealed": "UPDATE facts.identity SET record = entry WHERE entry = %s",
    "who asked who told us": "UPDATE facts.unsealing SET person = entry WHERE entry = %s",
    "who agreed": "UPDATE facts.unsealing SET agreed_by = entry WHERE entry = %s",
    "how far that is": "UPDATE facts.unsealing SET state = state || '?' WHERE entry = %s",
    "to whom it was opened": "UPDATE facts.unsealed SET person = entry WHERE entry = %s",
    "until when it is open": (
        "UPDATE facts.unsealed SET until = until + interval '1 day' WHERE entry = %s"
    ),
    "who reviewed it": "UPDATE facts.unsealed SET reviewed_by = entry WHERE entry = %s",
    "who told us": "UPDATE words.identity SET body = upper(body) WHERE entry = %s",
    "whose remit": "UPDATE facts.remit SET person = entry WHERE entry = %s",
    "for which unit": "UPDATE facts.remit SET unit = person WHERE entry = %s",
    "that a remit ended": "UPDATE facts.remit SET ended_at = at WHERE entry = %s",
    "who was told that they asked again": "UPDATE facts.ask SET told = '{}' WHERE entry = %s",
    "of what they were told": "UPDATE facts.telling SET decision = entry WHERE entry = %s",
    "until when they are not": "UPDATE facts.hold SET until = NULL WHERE entry = %s",
    "who decided what is challenged": (
        "UPDATE facts.challenge SET decided_by = entry WHERE entry = %s"
    ),
    "what was said of harm": "UPDATE facts.harm_test SET risk = risk || '?' WHERE entry = %s",
    "why a second person is needed": "UPDATE facts.seconding SET why = 'many' WHERE entry = %s",
    "what they said": "UPDATE facts.seconding SET outcome = 'agreed' WHERE entry = %s",
    "how that ended": "UPDATE facts.challenge SET outcome = 'stands' WHERE entry = %s",
    "a name of a unit": "UPDATE words.unit SET name = upper(name) WHERE id = %s",
}
"""What a hand in the database could alter."""

TABLES = ("unit", "line", "employment", "relation", "wall", "offer", "request")
TABLES += ("passed", "mention", "asking", "opening", "approval")
TABLES += ("identity", "unsealing", "unsealed", "remit", "held", "call_out")
TABLES += ("ask", "telling", "hold", "challenge", "harm_test", "seconding")


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        ask(made)
        granted(made, "colleague")
        asks(made, "colleague")
        breaks_glass(made, "third")
        asks_for_a_yes(made)
        opened_by_two(made, told_and_sealed(made))
        gives(made, "colleague", "team")
        gives(made, "colleague", "desk")
        made.act(*looking(made, made.records[1]))
        made.act(*(decided := deciding(made, made.records[1], None)))
        all_of_it(made, made.records[1], decided.entry.id)
        coach, _ = a_coach_decided(made, made.records[1], Choice.NO_FURTHER_ACTION)
        made.act(*harm_answered(made, made.records[1], coach))
        made.act(*naming(made, "lead", "third"))
        wall_off(made, "archive")
        relation = relating(made, "lead", "custodian")
        made.world.register(relation.who).append(relation.entry)
        made.act(*offering(made, "colleague"))
        reachable(made, "lead")
        caller(made).step()
        made.act(*going_away(made, "lead"))
        named = commands.name_unit(
            CHANCE, made.to, record=made.records[0], unit=made.units["team"], token=b"t" * 32
        )
        made.world.register("heed_opener").append(named)
        made.world.open()
        without_second_look(made)
        yield made


def _differences(scene: Bodies) -> set[tuple[str, str]]:
    found = check(scene.world.urls["heed_owner"], scene.world.keys)
    return {(one.table, one.key) for one in found.differences}


def written(connection: psycopg.Connection, table: str) -> str:
    """The columns of a table that are written, not derived by the database."""
    row = connection.execute(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND attgenerated = ''",
        (table,),
    ).fetchone()
    assert row is not None
    return str(row[0])


def _row(connection: psycopg.Connection, table: str) -> tuple[object, ...]:
    columns = written(connection, table)
    found = f"SELECT {columns} FROM {table} ORDER BY 1 LIMIT 1"
    row = connection.execute(found.encode()).fetchone()
    assert row is not None
    return row


def test_every_row_that_was_altered_is_named(scene: Bodies) -> None:
    assert _differences(scene) == set()
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for what, statement in ALTERED.items():
            table = statement.split()[1]
            row = _row(connection, table)
            assert connection.execute(statement.encode(), (row[0],)).rowcount == 1
            assert _differences(scene) == {(table, str(row[0]))}, what
            _put_back(connection, table, row)
    assert _differences(scene) == set()


def _put_back(connection: psycopg.Connection, table: str, row: tuple[object, ...]) -> None:
    key = "id" if table in ("facts.person", "facts.record", "facts.slot", "words.unit") else "entry"
    connection.execute(f"DELETE FROM {table} WHERE {key} = %s".encode(), (row[0],))
    places = ", ".join(["%s"] * len(row))
    into = f"INSERT INTO {table} ({written(connection, table)}) VALUES ({places})"
    connection.execute(into.encode(), row)


def test_every_row_that_was_taken_out_is_named_and_a_rebuild_brings_it_back(scene: Bodies) -> None:
    expected: set[tuple[str, str]] = set()
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for table in TABLES:
            row = _row(connection, f"facts.{table}")
            key = "id" if table == "unit" else "entry"
            connection.execute(f"DELETE FROM facts.{table} WHERE {key} = %s".encode(), (row[0],))
            expected.add((f"facts.{table}", str(row[0])))
            assert _differences(scene) == expected
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert _differences(scene) == set()
