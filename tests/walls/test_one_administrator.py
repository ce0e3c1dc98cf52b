"""What one administrator cannot do alone: take a restriction down, be two people, or become somebody else."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from heed.access import commands
from heed.access.walls import Ground
from heed.core.vocabulary import Kind
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies, folded, new_session
from tests.walls.changes import going_away, naming, offering, relating, replacing_contact, wall_off
from tests.walls.refusals import Asked, check_refused, person, told
from tests.walls.sorting_letters import aside, put_aside, tell
from tests.walls.test_reowned_at_once import sent
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

UNITS_OF = "register.units_of(uuid)"
ONE = "register.walled(uuid,uuid)"
DECIDE_PEOPLE = "register.decide_people(uuid,integer,text,jsonb,timestamp with time zone,uuid)"
DECIDE_RECORD = "register.decide_record(uuid,text,jsonb,timestamp with time zone,uuid)"
DECIDE = "register.decide(uuid,uuid,integer,text,jsonb,timestamp with time zone,uuid)"
ADMINISTERS = "register.check_administers(uuid,uuid,uuid[])"
SETTLE = "register.settle(uuid,text,uuid,jsonb,timestamptz)"
LONG_AGO = (datetime(2011, 1, 1, tzinfo=UTC), datetime(2012, 1, 1, tzinfo=UTC))


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def newcomer(scene: Bodies, name: str, unit: str, *posts: str) -> UUID:
    """Somebody set up with these posts, who has a session."""
    one = scene.world.add_person(name, name.capitalize(), "worker")
    register = scene.world.register()
    register.append(commands.employ(CHANCE, scene.to, person=one, unit=scene.units[unit]))
    if posts:
        register.append(commands.set_posts(CHANCE, scene.to, person=one, posts=posts))
    scene.world.open()
    scene.keys[name] = new_session(scene.world, one)
    return one


def posts(scene: Bodies, who: str, to: str, *given: str) -> Asked:
    return Asked(who, Kind.POSTS_SET, scene.world.people[to], {"posts": list(given)})


def walled(scene: Bodies, name: str) -> bool:
    """By the database's list, by its question about one, and by the plain rule: the same."""
    one, record = scene.world.people[name], scene.records[0]
    row = scene.world.as_owner(
        "SELECT register.walled(%s, %s), %s IN (SELECT register.walled_from(%s))",
        (one, record, record, one),
    )[0]
    assert set(row) == {record in folded(scene.world).walls.walled_from(one)}
    return bool(row[0])


# A manager, and what stands beneath them.


def restrict_archive(scene: Bodies, *alleged: datetime) -> None:
    entry = commands.wall_unit(
        CHANCE,
        scene.to,
        record=scene.records[0],
        unit=scene.units["archive"],
        ground=Ground.BODY,
        reason="criticised",
        alleged_from=alleged[0] if alleged else None,
        alleged_until=alleged[1] if alleged else None,
    )
    scene.act("lead", entry)


@pytest.mark.parametrize("alleged", [(), LONG_AGO])
def test_a_manager_whose_post_is_taken_away_stays_restricted_from_what_was_beneath_them(
    scene: Bodies, alleged: tuple[datetime, ...]
) -> None:
    newcomer(scene, "boss", "council", "manager")
    restrict_archive(scene, *alleged)
    assert walled(scene, "boss")
    assert told(scene, posts(scene, "admin", "boss")) == (ACCEPTED,)
    assert walled(scene, "boss")
    assert sent(scene, offering(scene, "boss")) == "HE017"
    assert told(scene, posts(scene, "admin", "boss", "manager")) == (ACCEPTED,)
    assert walled(scene, "boss")


def test_who_was_a_manager_only_before_the_time_alleged_and_the_restriction_is_not_reached(
    scene: Bodies,
) -> None:
    newcomer(scene, "boss", "council", "manager")
    assert told(scene, posts(scene, "admin", "boss")) == (ACCEPTED,)
    restrict_archive(scene, *LONG_AGO)
    assert not walled(scene, "boss")


def test_who_was_a_manager_once_is_reached_where_no_time_is_alleged(scene: Bodies) -> None:
    newcomer(scene, "boss", "council", "manager")
    assert told(scene, posts(scene, "admin", "boss")) == (ACCEPTED,)
    restrict_archive(scene)
    assert walled(scene, "boss")


def test_with_the_posts_of_now_alone_one_administrator_lifts_it(scene: Bodies) -> None:
    newcomer(scene, "boss", "council", "manager")
    restrict_archive(scene)
    scene.without_line(
        UNITS_OF, "'manager' = ANY (h.posts)", "'manager' = ANY (h.posts) AND h.until IS NULL"
    )
    assert told(scene, posts(scene, "admin", "boss")) == (ACCEPTED,)
    assert sent(scene, offering(scene, "boss")) == ACCEPTED


def test_without_counting_from_the_restriction_on_a_time_long_ago_lets_it_go(scene: Bodies) -> None:
    newcomer(scene, "boss", "council", "manager")
    restrict_archive(scene, *LONG_AGO)
    scene.without_line(ONE, "OR u.until >= w.at")
    assert told(scene, posts(scene, "admin", "boss")) == (ACCEPTED,)
    assert sent(scene, offering(scene, "boss")) == ACCEPTED


# Two people of one administrator's making.


def test_an_administrator_makes_no_custodian_or_overseer_in_a_body_that_had_none(
    scene: Bodies,
) -> None:
    newcomer(scene, "puppet", "desk")
    for given in (["custodian"], ["overseer"], ["manager", "overseer"], ["custodian", "overseer"]):
        check_refused(scene, "HE060", posts(scene, "admin", "puppet", *given))
    assert told(scene, posts(scene, "admin", "puppet", "manager")) == (ACCEPTED,)


def test_where_set_up_gave_the_post_an_administrator_gives_it_too(scene: Bodies) -> None:
    newcomer(scene, "fresh", "oversight")
    assert told(scene, posts(scene, "their admin", "fresh", "custodian", "overseer")) == (ACCEPTED,)
    newcomer(scene, "first overseer", "archive", "overseer")
    newcomer(scene, "next overseer", "desk")
    assert told(scene, posts(scene, "admin", "next overseer", "overseer")) == (ACCEPTED,)
    check_refused(scene, "HE060", posts(scene, "admin", "next overseer", "custodian"))


def employed_too(scene: Bodies, name: str) -> None:
    """Set-up lets somebody of the other body work in this one as well."""
    one, desk = scene.world.people[name], scene.units["desk"]
    scene.world.register().append(commands.employ(CHANCE, scene.to, person=one, unit=desk))


def test_who_was_an_overseer_elsewhere_before_they_came_opens_no_body(scene: Bodies) -> None:
    newcomer(scene, "puppet", "desk")
    newcomer(scene, "both", "oversight", "overseer")
    assert told(scene, posts(scene, "their admin", "both")) == (ACCEPTED,)
    employed_too(scene, "both")
    asked = posts(scene, "admin", "puppet", "overseer")
    check_refused(scene, "HE060", asked)
    scene.without_line("register.bodies_with(text)", "AND e.since < coalesce(h.until, 'infinity')")
    assert told(scene, asked) == (ACCEPTED,)


def test_whom_an_administrator_made_overseer_opens_no_body(scene: Bodies) -> None:
    newcomer(scene, "puppet", "desk")
    newcomer(scene, "both", "oversight")
    assert told(scene, posts(scene, "their admin", "both", "overseer")) == (ACCEPTED,)
    employed_too(scene, "both")
    asked = posts(scene, "admin", "puppet", "overseer")
    check_refused(scene, "HE060", asked)
    scene.without_line("register.was_set_up(uuid)", "= 'heed_owner'", "<> ''")
    assert told(scene, asked) == (ACCEPTED,)


def lifting(scene: Bodies, asks: str, lifts: str) -> list[Asked]:
    wall = scene.world.as_owner("SELECT entry FROM facts.wall")[0][0]
    claims = {"wall": str(wall)}
    return [
        Asked(asks, Kind.LIFT_ASKED, scene.records[0], claims),
        Asked(lifts, Kind.WALL_LIFTED, scene.records[0], claims),
    ]


def lifted(scene: Bodies) -> bool:
    return bool(scene.world.as_owner("SELECT lifted FROM facts.wall")[0][0])


def test_with_the_posts_in_any_body_one_administrator_is_both_who_lift(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "colleague"))
    scene.without_line(DECIDE_PEOPLE, "p.post IN ('custodian', 'overseer')", "false")
    for name, post in (("one", "custodian"), ("other", "overseer")):
        newcomer(scene, name, "desk")
        assert told(scene, posts(scene, "admin", name, post)) == (ACCEPTED,)
    for asked in lifting(scene, "one", "other"):
        assert told(scene, asked) == (ACCEPTED,)
    assert lifted(scene)


def test_nobody_of_the_restricted_body_asks_for_lifting_or_lifts(scene: Bodies) -> None:
    newcomer(scene, "own custodian", "desk", "custodian")
    newcomer(scene, "own overseer", "desk", "overseer")
    wall_off(scene, "archive")
    for name in ("own custodian", "own overseer"):
        assert not walled(scene, name)
    asks, _ = lifting(scene, "own custodian", "own overseer")
    check_refused(scene, "HE061", asks)
    assert told(scene, lifting(scene, "custodian", "second")[0]) == (ACCEPTED,)
    check_refused(scene, "HE061", lifting(scene, "custodian", "own overseer")[1])
    assert told(scene, lifting(scene, "custodian", "second")[1]) == (ACCEPTED,)
    assert lifted(scene)


def test_moving_the_restricted_unit_or_leaving_the_body_makes_nobody_an_outsider(
    scene: Bodies,
) -> None:
    register = scene.world.register()
    newcomer(scene, "own custodian", "desk", "custodian")
    wall_off(scene, "archive")
    move = commands.move_unit(
        CHANCE, scene.to, unit=scene.units["archive"], parent=scene.units["oversight"]
    )
    register.append(move)
    job = scene.world.as_owner(
        "SELECT entry FROM facts.employment WHERE person = %s",
        (scene.world.people["own custodian"],),
    )[0][0]
    one = scene.world.people["own custodian"]
    register.append(commands.end_employment(CHANCE, scene.to, person=one, employment=job))
    check_refused(scene, "HE061", lifting(scene, "own custodian", "second")[0])


def test_without_that_the_restricted_body_lifts_its_own(scene: Bodies) -> None:
    newcomer(scene, "own custodian", "desk", "custodian")
    newcomer(scene, "own overseer", "desk", "overseer")
    wall_off(scene, "archive")
    scene.without_line(
        DECIDE_RECORD, "IF register.shares_body(p_me, held.unit) THEN", "IF false THEN"
    )
    for asked in lifting(scene, "own custodian", "own overseer"):
        assert told(scene, asked) == (ACCEPTED,)
    assert lifted(scene)


# The outside contact.


def test_becoming_the_outside_contact_ends_no_restriction(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "colleague"))
    assert sent(scene, relating(scene, "overseer", "colleague")) == ACCEPTED
    assert walled(scene, "overseer")
    scene.act(*replacing_contact(scene, "overseer"))
    assert walled(scene, "overseer")


def test_a_tie_that_is_declared_of_whoever_is_the_contact_does_not_count_until_they_are_not(
    scene: Bodies,
) -> None:
    scene.act(*naming(scene, "lead", "colleague"))
    scene.act(*replacing_contact(scene, "overseer"))
    assert sent(scene, relating(scene, "colleague", "overseer")) == ACCEPTED
    assert not walled(scene, "overseer")
    scene.act(*replacing_contact(scene, "second"))
    assert walled(scene, "overseer")
    scene.act(*replacing_contact(scene, "overseer"))
    assert walled(scene, "overseer")


def test_without_asking_when_it_was_declared_it_would_end(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "colleague"))
    assert sent(scene, relating(scene, "overseer", "colleague")) == ACCEPTED
    scene.without_line("register.close_to(uuid)", "AND s.since <= r.at")
    scene.act(*replacing_contact(scene, "overseer"))
    named = (scene.world.people["overseer"], scene.records[0])
    assert scene.world.as_owner("SELECT register.walled(%s, %s)", named) == [(False,)]


# Somebody else's account, and somebody else's duty.


def unemployed_owner(scene: Bodies) -> UUID:
    """Whose employment ended, who answers for a record all the same."""
    one = newcomer(scene, "ann", "desk")
    scene.act(*offering(scene, "ann"))
    scene.act("ann", commands.accept_hand_over(CHANCE, scene.to, record=scene.records[0]))
    end_work(scene, "ann")
    return one


def end_work(scene: Bodies, name: str) -> None:
    one = scene.world.people[name]
    job = scene.world.as_owner("SELECT entry FROM facts.employment WHERE person = %s", (one,))[0][0]
    scene.act("admin", commands.end_employment(CHANCE, scene.to, person=one, employment=job))


def taking_on(scene: Bodies, name: str) -> Asked:
    there = {"unit": str(scene.units["oversight"])}
    return Asked("their admin", Kind.EMPLOYED, scene.world.people[name], there)


def test_another_body_takes_on_nobody_who_answers_for_a_record(scene: Bodies) -> None:
    unemployed_owner(scene)
    scene.world.take_sign_in("ann")
    check_refused(scene, "HE013", taking_on(scene, "ann"))
    scene.without_line(ADMINISTERS, "r.owner = p_person", "false")
    assert told(scene, taking_on(scene, "ann")) == (ACCEPTED,)


def test_another_body_takes_on_nobody_to_whom_a_record_is_offered(scene: Bodies) -> None:
    newcomer(scene, "ann", "desk")
    scene.act(*offering(scene, "ann"))
    end_work(scene, "ann")
    scene.world.take_sign_in("ann")
    check_refused(scene, "HE013", taking_on(scene, "ann"))
    scene.without_line(ADMINISTERS, "p_person IN (o.taker, o.giver)", "false")
    assert told(scene, taking_on(scene, "ann")) == (ACCEPTED,)


def test_another_body_takes_on_nobody_who_can_sign_in(scene: Bodies) -> None:
    newcomer(scene, "ann", "desk")
    end_work(scene, "ann")
    check_refused(scene, "HE013", taking_on(scene, "ann"))
    scene.without_line(ADMINISTERS, "c.person = p_person", "false")
    assert told(scene, taking_on(scene, "ann")) == (ACCEPTED,)


def on_duty(scene: Bodies, who: str, name: str) -> Asked:
    turn = {"person": person(scene, name), "starts_at": "2027-01-01T00:00:00Z"}
    return Asked(who, Kind.TURN_ADDED, scene.world.slot, turn)


def test_only_the_body_that_was_set_up_on_the_duty_gives_its_turns(scene: Bodies) -> None:
    check_refused(scene, "HE013", on_duty(scene, "their admin", "second"))
    assert told(scene, on_duty(scene, "admin", "third")) == (ACCEPTED,)
    check_refused(scene, "HE013", on_duty(scene, "their admin", "second"))
    scene.without_line(DECIDE, "&& ARRAY(SELECT register.bodies_of_slot(p_stream))", "<> '{}'")
    assert told(scene, on_duty(scene, "their admin", "second")) == (ACCEPTED,)


# What passes to somebody else.


def test_what_was_put_aside_waits_again_for_whom_it_passes_to(scene: Bodies) -> None:
    record = tell(scene).record
    assert put_aside(scene, record) == (ACCEPTED,)
    assert record in aside(scene)
    scene.act(*going_away(scene, "lead"))
    assert scene.owner(record) == scene.world.people["colleague"]
    assert record not in aside(scene)
    assert folded(scene.world).concerns.records[record].aside_at is None


def test_without_that_nobody_who_answers_for_it_ever_reads_it(scene: Bodies) -> None:
    record = tell(scene).record
    assert put_aside(scene, record) == (ACCEPTED,)
    scene.without_line(SETTLE, ", aside_at = NULL")
    scene.act(*going_away(scene, "lead"))
    assert record in aside(scene)
