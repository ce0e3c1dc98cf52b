"""What the opener has not screened shows in no list, by the few that wait as by the many that do not."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

MY_RECORDS = ("machinery.my_records()", "r.id NOT IN (SELECT u.record FROM machinery.unscreened u)")


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def queued(scene: Bodies) -> set[UUID]:
    desk = Desk(scene.world.link("heed_office"))
    return {one.id for one in desk.queue(scene.keys["lead"], 50)}


def waiting(scene: Bodies) -> set[UUID]:
    return {row[0] for row in scene.world.as_owner("SELECT record FROM machinery.unscreened")}


def differences(scene: Bodies) -> list[str]:
    found = check(scene.world.urls["heed_owner"], scene.world.keys).differences
    return [f"{one.table} {one.key}" for one in found]


def test_a_record_waits_from_the_transaction_that_makes_it_until_it_is_screened(
    scene: Bodies,
) -> None:
    assert waiting(scene) == set()
    told = scene.world.tell("Something.")
    assert waiting(scene) == {told.record}
    assert queued(scene) == set(scene.records)
    scene.world.open()
    assert waiting(scene) == set()
    assert queued(scene) == {*scene.records, told.record}


def test_without_the_question_it_shows_before_it_is_screened(scene: Bodies) -> None:
    scene.without_line(*MY_RECORDS, "true")
    told = scene.world.tell("Something.")
    assert told.record in queued(scene)


def test_without_its_trigger_nothing_would_wait(scene: Bodies) -> None:
    scene.without("ALTER TABLE facts.record DISABLE TRIGGER unscreened")
    told = scene.world.tell("Something.")
    assert told.record in queued(scene)
    assert differences(scene) == [f"machinery.unscreened {told.record}"]


def test_a_screening_that_is_taken_back_hides_the_record_again(scene: Bodies) -> None:
    """By whatever hand; and nobody empties the table, by which none would wait."""
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        connection.execute("DELETE FROM words.screened WHERE record = %s", (scene.records[0],))
        assert queued(scene) == {scene.records[1]}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("TRUNCATE words.screened")


def test_a_rebuild_puts_right_what_waits(scene: Bodies) -> None:
    told = scene.world.tell("Something.")
    for statement in (
        f"DELETE FROM machinery.unscreened WHERE record = '{told.record}'",
        f"INSERT INTO machinery.unscreened VALUES ('{scene.records[0]}')",
    ):
        scene.world.as_owner(statement)
    wrong = {f"machinery.unscreened {one}" for one in (told.record, scene.records[0])}
    assert set(differences(scene)) == wrong
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert differences(scene) == []
    assert waiting(scene) == {told.record}
    assert queued(scene) == set(scene.records)
    scene.world.open()
    assert waiting(scene) == set()
