"""Whoever is named in what was told does not read it first: and without the opener's look, they do."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import pytest

from heed.access import commands
from heed.access.commands import wall_match
from heed.access.walls import Ground
from heed.intake.naming import Names
from heed.loops.open import Opener
from heed.store import holding, staff
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from heed.store.rebuild import check
from heed.store.words import told_before
from tests.servers import Database
from tests.world import CHANCE, Told, World, new_world

TOLD = "The safeguarding lead knew of it and told nobody."


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    made = new_world(database)
    made.open()
    yield made
    made.close()


def queue(world: World, name: str) -> list[object]:
    return [one.id for one in Desk(world.link("heed_office")).queue(world.sign_in(name), 10)]


def test_they_never_have_it_in_their_queue(world: World) -> None:
    told = world.tell(TOLD)
    assert queue(world, "lead") == []  # nothing shows before the words are opened
    world.open()
    assert queue(world, "lead") == []
    assert queue(world, "contact") == [told.record]


def test_without_the_look_for_names_they_have(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = world.tell(TOLD)
    monkeypatch.setattr(Names, "found_in", lambda *_: ())
    world.open()
    assert queue(world, "lead") == [told.record]


def test_what_is_added_later_counts_too(world: World) -> None:
    told = world.tell("Something.")
    world.open()
    assert queue(world, "lead") == [told.record]
    world.tell(TOLD, code=told.code, door=told.door, token=b"t" * 32)
    world.open()
    assert queue(world, "lead") == []
    assert queue(world, "contact") == [told.record]


def test_to_open_it_twice_records_one_match(world: World) -> None:
    told = world.tell(TOLD)
    world.open()
    with world.database.server.superuser(world.database.name) as connection:
        connection.execute("INSERT INTO machinery.unopened (entry) VALUES (%s)", (told.entry.id,))
    world.open()
    key = world.sign_in("contact")
    assert len(staff.restrictions(Desk(world.link("heed_office")), key, told.record)) == 1


def test_a_text_that_names_everybody_still_reaches_the_outside_contact(world: World) -> None:
    told = world.tell(f"{TOLD} So did the second worker and the outside contact.")
    world.open()
    assert queue(world, "lead") == queue(world, "colleague") == []
    assert queue(world, "contact") == [told.record]


def newcomer(world: World, title: str) -> None:
    world.add_person("newcomer", title, "worker")
    world.open()
    world.put_on_duty("newcomer")


def offered(world: World, told: Told) -> str:
    """What the lead is told who offers the record to the newcomer."""
    entry = commands.offer_hand_over(
        CHANCE,
        world.office_recipients,
        record=told.record,
        taker=world.people["newcomer"],
        note="",
    )
    try:
        Desk(world.link("heed_office")).append(world.sign_in("lead"), entry)
    except StoreRefused as refused:
        return refused.code
    return "offered"


def test_whoever_starts_work_later_is_looked_for_in_what_was_told_before(world: World) -> None:
    told, other = world.tell("It was José-María of Weir House."), world.tell("Something else.")
    world.open()
    newcomer(world, "Jose Maria")
    walls = world.as_owner("SELECT record, person, ground FROM facts.wall")
    assert walls == [(told.record, world.people["newcomer"], "match")]
    assert offered(world, told) == "HE017"
    assert offered(world, other) == "offered"
    assert check(world.urls["heed_owner"], world.keys).differences == ()


def test_without_that_look_they_can_be_handed_the_record(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = world.tell("It was José-María of Weir House.")
    world.open()
    monkeypatch.setattr(Opener, "_newcomers", lambda *_: iter(()))
    newcomer(world, "Jose Maria")
    assert offered(world, told) == "offered"


def test_their_names_are_looked_for_once_in_batches_and_never_the_outside_contacts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.loops.open.told_before", partial(told_before, batch=2))
    told = {world.tell("Jose Maria knew.").record for _ in range(5)}
    world.open()
    newcomer(world, "Jose Maria")
    (added,) = world.as_owner(
        "SELECT id FROM register.entry WHERE stream = %s", (world.people["newcomer"],)
    )[0]
    with world.database.server.superuser(world.database.name) as connection:
        connection.execute("INSERT INTO machinery.unopened (entry) VALUES (%s)", (added,))
    world.open()
    assert {row[0] for row in world.as_owner("SELECT record FROM facts.wall")} == told
    assert len(world.as_owner("SELECT entry FROM facts.wall")) == 5


def test_a_unit_that_is_named_is_shown_and_restricts_nobody(world: World) -> None:
    unit = uuid4()
    world.register().append(
        commands.add_unit(
            CHANCE, world.office_recipients, unit=unit, name="Weir House Team", parent=None
        )
    )
    world.register().append(
        commands.employ(CHANCE, world.office_recipients, person=world.people["lead"], unit=unit)
    )
    told = world.tell("The Weir-House team knew. I told the Weir House Team.")
    world.tell("the weir house team, again", code=told.code, door=told.door, token=b"t" * 32)
    world.open()
    desk, key = Desk(world.link("heed_office")), world.sign_in("lead")
    assert queue(world, "lead") == [told.record]
    assert holding.mentions(desk, key, told.record) == [unit]
    assert len(world.as_owner("SELECT entry FROM facts.mention")) == 1
    assert world.as_owner("SELECT entry FROM facts.wall") == []
    for other in ("colleague", "contact"):
        assert holding.mentions(desk, world.sign_in(other), told.record) == []
    restricts = commands.wall_unit(
        CHANCE,
        world.office_recipients,
        record=told.record,
        unit=unit,
        ground=Ground.BODY,
        reason="alleged",
    )
    desk.append(key, restricts)
    assert queue(world, "contact") == [told.record]
    assert holding.mentions(desk, world.sign_in("contact"), told.record) == []
    assert check(world.urls["heed_owner"], world.keys).differences == ()


def test_only_the_opener_may_say_that_a_name_was_found(world: World) -> None:
    told = world.tell("Something.")
    opener = Opener(world.link("heed_opener"), world.keys)
    assert opener.step() >= 1
    match = wall_match(
        CHANCE,
        world.office_recipients,
        record=told.record,
        person=world.people["lead"],
        token=b"x" * 32,
    )
    with pytest.raises(StoreRefused) as refused:
        Desk(world.link("heed_office")).append(world.sign_in("lead"), match)
    assert refused.value.code == "HE008"


def test_nobody_waits_to_file_while_the_opener_writes_what_names_somebody(world: World) -> None:
    told = world.tell(TOLD)
    with world.database.server.superuser(world.database.name) as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE words.item IN SHARE MODE")  # so the opener stands still
        opening = threading.Thread(target=_open_elsewhere, args=(world,))
        opening.start()
        while not connection.execute(_WAITING).fetchone():
            time.sleep(0.01)
        later = world.tell("while the opener writes")
        connection.execute("ROLLBACK")
    opening.join()
    world.open()
    assert queue(world, "lead") == [later.record]
    assert queue(world, "contact") == [told.record]


_WAITING = """
SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
WHERE l.relation = 'words.item'::regclass AND NOT l.granted
"""


def _open_elsewhere(world: World) -> None:
    """On connections of its own."""
    world.open()
    world.close()
