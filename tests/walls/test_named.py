"""Whoever is named in what was told does not read it first: and without the opener's look, they do."""

from collections.abc import Iterator

import pytest

from heed.access.commands import wall_match
from heed.intake.naming import Names
from heed.loops.open import Opener
from heed.store import staff
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from tests.servers import Database
from tests.world import CHANCE, World, new_world

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
