"""Joining changes neither record, and whoever may see only one of them finds no sign of the other."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.access import commands
from heed.core.vocabulary import Danger
from heed.store import concerned
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies, everything
from tests.walls.changes import ask, naming
from tests.walls.naming_people import joining, looking, name_and_decide, parting
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

WITH = "machinery.joined_with(uuid)"
MARK = "quince jelly"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead joined the second record with the first, and the overseer asked to see both."""
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
        made.act(*joining(made, MARK))
        made.world.open()
        ask(made)
        ask_for(made, made.records[1])
        yield made


def ask_for(scene: Bodies, record: UUID) -> None:
    person = scene.world.people["overseer"]
    asks = commands.ask_for_content(CHANCE, scene.to, person=person, record=record, reason="sample")
    scene.act("overseer", asks)


def others(scene: Bodies, name: str, record: UUID) -> list[UUID]:
    """The records that a person is told a record was joined with."""
    desk = Desk(scene.world.link("heed_office"))
    return [one.other for one in concerned.joined_with(desk, scene.keys[name], record)]


def look(scene: Bodies, record: UUID) -> None:
    person = scene.world.people["overseer"]
    entry = commands.look(CHANCE, scene.to, person=person, records=[record], purpose="oversight")
    scene.act("overseer", entry)


def readable(scene: Bodies, name: str) -> str:
    """Every row of every table that this person may read at the office, and its words."""
    with scene.connected(name) as connection:
        return str(
            [
                connection.execute(f"SELECT * FROM {table} ORDER BY 1".encode()).fetchall()
                for table in ("facts.record", "facts.item", "words.item")
            ]
        )


def test_each_is_told_of_the_other_to_whoever_may_see_both(scene: Bodies) -> None:
    first, second = scene.records
    for name in ("lead", "overseer"):
        assert others(scene, name, first) == [second]
        assert others(scene, name, second) == [first]
    assert others(scene, "third", first) == others(scene, "third", second) == []


def test_who_may_see_only_one_finds_no_sign_of_the_other(scene: Bodies) -> None:
    """Neither in what they are told nor in any row: not an entry, a version, or a word."""
    first, second = scene.records
    scene.act(*naming(scene, "lead", "overseer"))
    look(scene, second)
    assert others(scene, "overseer", second) == []
    found = readable(scene, "overseer")
    assert str(second) in found
    assert MARK not in found
    assert "contact_joined" not in found
    versions = scene.world.as_owner(
        "SELECT version FROM register.entry WHERE stream = %s ORDER BY 1", (second,)
    )
    assert [row[0] for row in versions] == list(range(1, len(versions) + 1))
    scene.without_line(WITH, "AND machinery.may_see(r.id)", "")
    assert others(scene, "overseer", second) == [first]


def test_without_the_question_about_the_first_a_stranger_is_told_of_both(scene: Bodies) -> None:
    first, second = scene.records
    scene.without_line(WITH, "IF NOT machinery.may_see(p_record) THEN", "IF false THEN")
    assert others(scene, "third", first) == []
    scene.without_line(WITH, "AND machinery.may_see(r.id)", "")
    assert others(scene, "third", first) == [second]


def test_why_they_were_joined_shows_only_after_a_look(scene: Bodies) -> None:
    second = scene.records[1]
    desk, key = Desk(scene.world.link("heed_office")), scene.keys["overseer"]
    (joined,) = concerned.joined_with(desk, key, second)
    assert joined.why == ""
    look(scene, second)
    (joined,) = concerned.joined_with(desk, key, second)
    assert joined.why == MARK
    scene.act(*parting(scene, joined.joined))
    scene.world.open()
    (parted,) = concerned.joined_with(desk, key, second)
    assert parted.why_parted == "another child"
    assert parted.parted_at is not None


def test_joining_and_parting_change_no_state_clock_or_owner_of_either(scene: Bodies) -> None:
    """Threat 53: joined with a record that is decided, one that is open stays open and owned."""
    first, second = scene.records
    name_and_decide(scene, first)
    scene.world.tell("a third", danger=Danger.YES)
    scene.world.open()
    (joined,) = scene.world.as_owner("SELECT id FROM facts.joined")[0]
    before = everything(scene.world)
    scene.act(*parting(scene, joined))
    scene.act(*joining(scene))
    after = everything(scene.world)
    touched = {table for table in after if after[table] != before[table]}
    assert touched == {
        "facts.joined",
        "register.entry",
        "register.head",
        "register.wrapped_key",
        "register.pending",
        "machinery.unopened",
    }
    assert scene.owner(second) == scene.world.people["lead"]


def test_if_joining_wrote_what_it_joins_the_change_would_show(scene: Bodies) -> None:
    """The comparison above sees an apply that hands the other record's decision over."""
    name_and_decide(scene, scene.records[0])
    scene.without_line(
        "register.apply_concerned(uuid,uuid,integer,text,timestamp with time zone,jsonb)",
        "parted_by = (p_facts->>'actor')::uuid WHERE id = p_stream;",
        "parted_by = (p_facts->>'actor')::uuid WHERE id = p_stream;"
        " UPDATE facts.record SET decided_alone = 1;",
    )
    (joined,) = scene.world.as_owner("SELECT id FROM facts.joined")[0]
    before = everything(scene.world)
    scene.act(*parting(scene, joined))
    assert everything(scene.world)["facts.record"] != before["facts.record"]


def test_a_restriction_on_one_is_none_on_the_other(scene: Bodies) -> None:
    first, second = scene.records
    scene.act(*naming(scene, "lead", "colleague"))
    walled = scene.world.as_owner("SELECT DISTINCT record FROM facts.wall")
    assert walled == [(first,)]
    assert scene.owner(second) == scene.world.people["lead"]
