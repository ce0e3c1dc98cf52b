"""Restrictions and hand-overs, as people use them: at once in effect, and never an orphan."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.access.walls import Ground
from heed.core.ports import SealedEntry
from heed.store import staff
from heed.store.readable import Desk, NoSuchRecord
from heed.store.rebuild import check, rebuild
from tests.servers import Database
from tests.world import CHANCE, World, new_world


@pytest.fixture
def world(database: Database) -> Iterator[World]:
    made = new_world(database)
    yield made
    made.close()


def desk(world: World) -> Desk:
    return Desk(world.link("heed_office"))


def act(world: World, key: str, entry: SealedEntry) -> None:
    desk(world).append(key, entry)


def owner(world: World, record: UUID) -> UUID:
    return world.as_owner("SELECT owner FROM facts.record WHERE id = %s", (record,))[0][0]


def rebuilt_equal(world: World) -> None:
    world.open()
    found = check(world.urls["heed_owner"], world.keys)
    assert found.differences == ()
    rebuild(world.urls["heed_owner"], world.keys)
    assert check(world.urls["heed_owner"], world.keys).differences == ()


def test_a_walled_owner_loses_the_record_in_the_same_breath(world: World) -> None:
    told = world.tell("about the lead")
    world.open()
    lead, colleague = world.sign_in("lead"), world.sign_in("colleague")
    act(
        world,
        lead,
        commands.offer_hand_over(
            CHANCE,
            world.office_recipients,
            record=told.record,
            taker=world.people["colleague"],
            note="",
        ),
    )
    act(
        world,
        lead,
        commands.wall_person(
            CHANCE,
            world.office_recipients,
            record=told.record,
            person=world.people["lead"],
            ground=Ground.ACCUSED,
            reason="named in it",
        ),
    )
    assert owner(world, told.record) == world.people["contact"]
    assert desk(world).queue(lead, 10) == []
    with pytest.raises(NoSuchRecord):
        desk(world).open(lead, world.people["lead"], told.record, CHANCE, world.office_recipients)
    assert (
        staff.offers(desk(world), colleague) == []
    )  # overtaken: the giver is not the owner any more
    assert staff.offers(desk(world), lead) == []
    rebuilt_equal(world)


def test_hand_over_changes_hands_only_when_it_is_accepted(world: World) -> None:
    told = world.tell("hand me over")
    world.open()
    lead, colleague = world.sign_in("lead"), world.sign_in("colleague")
    act(
        world,
        lead,
        commands.offer_hand_over(
            CHANCE,
            world.office_recipients,
            record=told.record,
            taker=world.people["colleague"],
            note="please",
        ),
    )
    assert owner(world, told.record) == world.people["lead"]
    (offer,) = staff.offers(desk(world), colleague)
    assert offer.record == told.record
    act(
        world,
        colleague,
        commands.accept_hand_over(CHANCE, world.office_recipients, record=told.record),
    )
    assert owner(world, told.record) == world.people["colleague"]
    assert [one.id for one in desk(world).queue(colleague, 10)] == [told.record]
    assert desk(world).queue(lead, 10) == []
    rebuilt_equal(world)


def test_a_leavers_records_are_somebody_elses_at_once(world: World) -> None:
    told = [world.tell(f"number {n}") for n in range(3)]
    world.open()
    world.register().append(
        commands.leave(CHANCE, world.office_recipients, person=world.people["lead"])
    )
    assert {owner(world, one.record) for one in told} == {world.people["contact"]}
    rebuilt_equal(world)


def test_units_relations_and_overseers(world: World) -> None:
    told = world.tell("about the unit")
    world.open()
    register, to = world.register(), world.office_recipients
    body, unit, outside = uuid4(), uuid4(), uuid4()
    register.append(commands.add_unit(CHANCE, to, unit=body, name="Council", parent=None))
    register.append(commands.add_unit(CHANCE, to, unit=unit, name="Team", parent=body))
    register.append(commands.add_unit(CHANCE, to, unit=outside, name="Oversight", parent=None))
    register.append(commands.employ(CHANCE, to, person=world.people["colleague"], unit=unit))
    overseer = world.add_person("overseer", "Overseer", "overseer")
    register.append(commands.employ(CHANCE, to, person=overseer, unit=outside))
    register.append(
        commands.set_posts(CHANCE, to, person=overseer, posts=["overseer", "custodian"])
    )
    second = world.add_person("second", "Second overseer", "overseer")
    register.append(commands.set_posts(CHANCE, to, person=second, posts=["overseer"]))
    world.open()
    lead, seer, other = world.sign_in("lead"), world.sign_in("overseer"), world.sign_in("second")
    (seen,) = staff.overseen(desk(world), seer, 25)
    assert (seen.record, seen.owner) == (told.record, world.people["lead"])
    with pytest.raises(NoSuchRecord):
        desk(world).open(seer, overseer, told.record, CHANCE, to, "oversight")
    act(
        world,
        seer,
        commands.ask_for_content(CHANCE, to, person=overseer, record=told.record, reason="sample"),
    )
    assert desk(world).open(seer, overseer, told.record, CHANCE, to, "oversight").said
    assert [one.purpose for one in staff.looks_at(desk(world), seer, told.record)] == ["oversight"]
    act(
        world,
        lead,
        commands.wall_unit(
            CHANCE,
            to,
            record=told.record,
            unit=body,
            ground=Ground.BODY,
            reason="the council is criticised",
        ),
    )
    (kept,) = staff.custody(desk(world), seer)
    assert (kept.unit, kept.looks) == (body, 0)
    act(
        world,
        seer,
        commands.ask_to_lift(CHANCE, to, record=told.record, wall=kept.wall, reason="mistake"),
    )
    act(
        world,
        other,
        commands.lift_wall(CHANCE, to, record=told.record, wall=kept.wall, reason="agreed"),
    )
    assert staff.custody(desk(world), seer) == []
    assert staff.restrictions(desk(world), lead, told.record)[0].lifted
    rebuilt_equal(world)


def test_whoever_is_named_loses_the_record_before_its_words_show(world: World) -> None:
    named = world.tell("I told SAFEGUARDING-Lead about it twice, and nothing was done.")
    addressed = world.tell("Please help.", addressed_to="Safeguarding lead", sender="Second worker")
    world.open()
    lead, contact = world.sign_in("lead"), world.sign_in("contact")
    assert owner(world, named.record) == world.people["contact"]
    assert owner(world, addressed.record) == world.people["lead"]
    assert [one.id for one in desk(world).queue(lead, 10)] == [addressed.record]
    (held,) = staff.restrictions(desk(world), contact, named.record)
    assert (held.person, held.ground) == (world.people["lead"], Ground.MATCH)
    to = world.office_recipients
    act(
        world,
        contact,
        commands.confirm_wall(
            CHANCE,
            to,
            record=named.record,
            wall=held.wall,
            ground=Ground.CONCEALING,
            reason="as told",
        ),
    )
    assert staff.restrictions(desk(world), contact, named.record)[0].ground == Ground.CONCEALING
    rebuilt_equal(world)


def test_an_overseers_look_does_not_open_the_record_for_its_owner(world: World) -> None:
    told = world.tell("unseen by its owner")
    to = world.office_recipients
    overseer = world.add_person("overseer", "An Overseer", "overseer")
    world.register().append(
        commands.set_posts(CHANCE, to, person=overseer, posts=["overseer"], token=b"p" * 32)
    )
    world.open()
    seer, lead = world.sign_in("overseer"), world.sign_in("lead")
    asked = commands.ask_for_content(
        CHANCE, to, person=overseer, record=told.record, reason="sample", token=b"a" * 32
    )
    act(world, seer, asked)
    assert desk(world).open(seer, overseer, told.record, CHANCE, to, "oversight").said
    assert desk(world).queue(lead, 10)[0].opened_at is None
    desk(world).open(lead, world.people["lead"], told.record, CHANCE, to)
    assert desk(world).queue(lead, 10)[0].opened_at is not None
    rebuilt_equal(world)
