"""Referrals, what came of them, criticism and contacts: a rebuild makes of the entries what stands."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.referral.commands import Heard, How
from heed.referral.link import say_sent
from heed.referral.rules import Route
from heed.store.rebuild import check, rebuild
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.store.test_rebuild_people import written
from tests.walls.bodies import Bodies, bodies
from tests.walls.linking import answering, ending, linking, opened
from tests.walls.naming_people import a_child, deciding, looking
from tests.walls.referring import CHILDREN, FORCE, criticising, hearing, keeping_reach, referring
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

ALTERED = {
    "who is criticised": "UPDATE facts.criticism SET body = 'iopc' WHERE entry = %s",
    "that it stands": "UPDATE facts.criticism SET stands = NOT stands WHERE entry = %s",
    "who said so": "UPDATE facts.criticism SET actor = record WHERE entry = %s",
    "for whom": "UPDATE facts.referral SET concerned = record WHERE entry = %s",
    "by which route": "UPDATE facts.referral SET route = route || '?' WHERE entry = %s",
    "to whom": "UPDATE facts.referral SET body = 'iopc' WHERE entry = %s",
    "how": "UPDATE facts.referral SET how = how || '?' WHERE entry = %s",
    "when they were told": "UPDATE facts.referral SET told_at = now() WHERE entry = %s",
    "when they were rung back": "UPDATE facts.referral SET rung_back_at = now() WHERE entry = %s",
    "what was heard": "UPDATE facts.step SET what = 'outcome' WHERE entry = %s",
    "of what": "UPDATE facts.step SET referral = record WHERE entry = %s",
    "when it happened": "UPDATE facts.step SET happened_at = now() WHERE entry = %s",
    "whether it came by a link": "UPDATE facts.step SET link = record WHERE entry = %s",
    "a link": "UPDATE facts.link SET referral = record WHERE entry = %s",
    "which pack it gives": "UPDATE facts.link SET pack = record WHERE entry = %s",
    "that it was taken back": "UPDATE facts.link SET ended_at = now() WHERE entry = %s",
    "a contact": "UPDATE facts.reach SET body = 'iopc' WHERE entry = %s",
    "when it was checked": "UPDATE facts.reach SET checked_on = '2020-01-01' WHERE entry = %s",
}
"""What a hand in the database could alter."""


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
        yield made


def happened(scene: Bodies) -> None:
    first, second = scene.records
    scene.act(*criticising(scene, first, FORCE))
    scene.act(*criticising(scene, first, FORCE, stands=False))
    told = referring(scene, first)
    scene.act(*told)
    scene.act(*hearing(scene, first, told.entry.id, Heard.ACKNOWLEDGED))
    outside = {"route": Route.ACCOUNTABILITY, "body": "iopc", "how": How.EMAIL}
    scene.act(*referring(scene, second, **outside))
    scene.act(*keeping_reach(scene))
    sent = linking(scene, second)
    to, register = scene.world.office_recipients, scene.world.register("heed_sweep")
    register.append(say_sent(CHANCE, to, record=second, link=sent.entry, sent=True, why=""))
    code = opened(scene.world, sent)
    scene.world.register("heed_intake").append(answering(scene.world, code))
    scene.world.open()
    ending(scene, linking(scene, first))
    scene.world.open()


def differences(scene: Bodies) -> set[tuple[str, str]]:
    found = check(scene.world.urls["heed_owner"], scene.world.keys)
    return {(one.table, one.key) for one in found.differences}


def test_every_row_that_was_altered_is_named_and_a_rebuild_mends_it(scene: Bodies) -> None:
    happened(scene)
    assert differences(scene) == set()
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        for what, statement in ALTERED.items():
            table = statement.split()[1]
            columns = written(connection, table)
            row = connection.execute(f"SELECT {columns} FROM {table} LIMIT 1".encode()).fetchone()
            assert row is not None
            assert connection.execute(statement.encode(), (row[0],)).rowcount == 1
            assert differences(scene) == {(table, str(row[0]))}, what
            connection.execute(f"DELETE FROM {table} WHERE entry = %s".encode(), (row[0],))
            places = ", ".join(["%s"] * len(row))
            into = f"INSERT INTO {table} ({columns}) VALUES ({places})"
            connection.execute(into.encode(), row)
        assert differences(scene) == set()
        for table in ("criticism", "referral", "step", "link", "reach"):
            connection.execute(f"DELETE FROM facts.{table}".encode())
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert differences(scene) == set()


def to_do(scene: Bodies, record: UUID) -> str | None:
    found: str | None = scene.world.as_owner(
        "SELECT to_do FROM facts.record WHERE id = %s", (record,)
    )[0][0]
    return found


@pytest.mark.parametrize("choice", [Choice.REFER, Choice.ACT_NOW])
def test_a_referral_does_what_was_decided_for_whom_it_names_as_a_call_does(
    scene: Bodies, choice: Choice
) -> None:
    record = scene.records[0]
    children = [a_child(scene, record, name) for name in ("Ella", "Sam")]
    for child in children:
        scene.act(*child)
        scene.act(*deciding(scene, record, child.entry.id, choice))
    ella, sam = (child.entry.id for child in children)
    assert to_do(scene, record) == choice
    scene.act(*referring(scene, record, concerned=ella))
    assert to_do(scene, record) == choice  # nobody was told of the second child
    outside = {"route": Route.ACCOUNTABILITY, "body": "iopc"}
    scene.act(*referring(scene, record, **outside))
    assert to_do(scene, record) == choice
    by_portal = referring(scene, record, concerned=sam, how=How.PORTAL)
    scene.act(*by_portal)
    assert to_do(scene, record) == "confirm"
    scene.act(*hearing(scene, record, by_portal.entry.id, Heard.IN_ERROR))
    assert to_do(scene, record) == choice
    assert differences(scene) == set()


def test_what_goes_by_email_is_done_once_it_was_sent(scene: Bodies) -> None:
    record = scene.records[0]
    scene.act(*deciding(scene, record, None))
    email = referring(scene, record, how=How.EMAIL)
    scene.act(*email)
    assert to_do(scene, record) == "refer"
    scene.act(*hearing(scene, record, email.entry.id, Heard.OPENED))
    assert to_do(scene, record) == "confirm"  # whoever opened it has it
    scene.act(*hearing(scene, record, email.entry.id, Heard.SENT))
    assert to_do(scene, record) == "confirm"
    scene.act(*hearing(scene, record, email.entry.id, Heard.ACKNOWLEDGED))
    assert to_do(scene, record) is None
    scene.act(*deciding(scene, record, None))
    assert to_do(scene, record) == "refer"  # decided anew, behind it
    scene.act(*referring(scene, record, body=CHILDREN))
    assert to_do(scene, record) == "confirm"
    assert differences(scene) == set()


def test_without_the_error_being_asked_for_a_referral_that_never_was_counts(scene: Bodies) -> None:
    record = scene.records[0]
    scene.without_line(
        "register.was_referred(uuid,uuid,integer,text,timestamptz)", "s.what = 'in error'", "false"
    )
    scene.act(*deciding(scene, record, None))
    told = referring(scene, record)
    scene.act(*told)
    scene.act(*hearing(scene, record, told.entry.id, Heard.IN_ERROR))
    assert to_do(scene, record) is None
    assert differences(scene) != set()
