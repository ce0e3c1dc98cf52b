"""What the register refuses to administrators, and of people and units that cannot be: leaving nothing."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from heed.access import commands
from heed.core.vocabulary import Kind
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies, new_session
from tests.walls.refusals import NO_ID, Asked, check_refused, person, told
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

ADMINISTERS = "register.check_administers(uuid,uuid,uuid[])"
DECIDE_PEOPLE = "register.decide_people(uuid,integer,text,jsonb,timestamp with time zone,uuid)"
POST = {"posts": ["manager"]}


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def job(scene: Bodies, name: str) -> str:
    rows = scene.world.as_owner(
        "SELECT entry FROM facts.employment WHERE person = %s AND until IS NULL",
        (scene.world.people[name],),
    )
    return str(rows[0][0])


def doing(scene: Bodies, who: str, to: str, unit: str) -> list[Asked]:
    """All that an administrator does to one person, with a unit to employ them in."""
    one = scene.world.people[to]
    turn = {"person": str(one), "starts_at": "2027-01-01T00:00:00Z"}
    return [
        Asked(who, Kind.LEFT, one, {}),
        Asked(who, Kind.POSTS_SET, one, {"posts": []}),
        Asked(who, Kind.POSTS_SET, one, POST),
        Asked(who, Kind.EMPLOYED, one, {"unit": str(scene.units[unit])}),
        Asked(who, Kind.EMPLOYMENT_ENDED, one, {"employment": job(scene, to)}),
        Asked(who, Kind.TURN_ADDED, scene.world.slot, turn),
        Asked(who, Kind.AWAY, one, {}),
        Asked(who, Kind.INVITED, one, {"code": "00" * 32}),
    ]


def test_nobody_but_an_administrator_sets_anybody_up(scene: Bodies) -> None:
    for who in ("lead", "third", "custodian", "overseer"):
        to = "colleague" if who in ("lead", "third") else "second"
        unit = "desk" if to == "colleague" else "oversight"
        beneath = {"parent": str(scene.units[unit])}
        check_refused(
            scene,
            "HE013",
            *doing(scene, who, to, unit),
            Asked(who, Kind.POSTS_SET, scene.world.people[who], {"posts": ["administrator"]}),
            Asked(who, Kind.PERSON_ADDED, uuid4(), {"role": "worker"}),
            Asked(who, Kind.UNIT_ADDED, uuid4(), beneath),
            Asked(who, Kind.UNIT_MOVED, scene.units["archive"], beneath),
        )


def test_an_administrator_has_no_hand_in_another_body(scene: Bodies) -> None:
    people = [doing(scene, "admin", to, "council") for to in ("overseer", "custodian", "second")]
    units = [
        Asked("admin", Kind.UNIT_ADDED, uuid4(), {"parent": str(scene.units["oversight"])}),
        Asked("admin", Kind.UNIT_MOVED, scene.units["desk"], {"parent": str(scene.units["oversight"])}),
        Asked("admin", Kind.UNIT_MOVED, scene.units["oversight"], {"parent": str(scene.units["council"])}),
        Asked("their admin", Kind.UNIT_MOVED, scene.units["team"], {"parent": str(scene.units["archive"])}),
        Asked("admin", Kind.EMPLOYED, scene.world.people["lead"], {"unit": str(scene.units["oversight"])}),
    ]  # fmt: skip
    back = doing(scene, "their admin", "lead", "oversight")
    check_refused(scene, "HE013", *(one for each in people for one in each), *units, *back)
    assert told(scene, people[0][1]._replace(who="their admin")) == (ACCEPTED,)
    scene.without_line(ADMINISTERS, "IF p_me IS NULL THEN", "IF true THEN")
    assert told(scene, people[2][0]) == (ACCEPTED,)


def test_an_administrator_of_no_body_or_whose_employment_ended_sets_nobody_up(
    scene: Bodies,
) -> None:
    asked = doing(scene, "admin", "lead", "desk")
    end = commands.end_employment(
        CHANCE, scene.to, person=scene.world.people["admin"], employment=UUID(job(scene, "admin"))
    )
    scene.world.register().append(end)
    check_refused(scene, "HE013", *asked)


def add(scene: Bodies, name: str, *posts: str) -> UUID:
    """Somebody whom no body employs, and who cannot sign in."""
    one = scene.world.add_person(name, name.capitalize(), "worker")
    scene.world.take_sign_in(name)
    if posts:
        scene.world.register().append(commands.set_posts(CHANCE, scene.to, person=one, posts=posts))
    return one


def test_whom_no_body_employs_is_only_taken_on_and_only_without_post_or_duty(
    scene: Bodies,
) -> None:
    council = {"unit": str(scene.units["council"])}
    for name, posts in (("loose overseer", ("overseer",)), ("on duty", ()), ("new", ())):
        one = add(scene, name, *posts)
        if name == "on duty":
            scene.world.put_on_duty(name)
        wrong = [
            Asked("admin", Kind.LEFT, one, {}),
            Asked("admin", Kind.POSTS_SET, one, POST),
            Asked("admin", Kind.POSTS_SET, one, {"posts": []}),
            Asked("admin", Kind.TURN_ADDED, scene.world.slot,
                  {"person": str(one), "starts_at": "2027-01-01T00:00:00Z"}),
        ]  # fmt: skip
        taking_on = Asked("admin", Kind.EMPLOYED, one, council)
        check_refused(scene, "HE013", *wrong, *([taking_on] if name != "new" else []))
    assert told(scene, taking_on) == (ACCEPTED,)
    scene.world.open()
    assert told(scene, wrong[1]) == (ACCEPTED,)


def test_whose_employment_ended_belongs_to_the_body_that_had_them(scene: Bodies) -> None:
    people = scene.world.people
    ended = {"employment": job(scene, "second")}
    assert told(scene, Asked("their admin", Kind.EMPLOYMENT_ENDED, people["second"], ended)) == (
        ACCEPTED,
    )
    council = {"unit": str(scene.units["council"])}
    check_refused(
        scene,
        "HE013",
        Asked("admin", Kind.EMPLOYED, people["second"], council),
        Asked("admin", Kind.LEFT, people["second"], {}),
        Asked("admin", Kind.POSTS_SET, people["second"], {"posts": []}),
    )
    assert told(scene, Asked("their admin", Kind.LEFT, people["second"], {})) == (ACCEPTED,)


def test_an_administrator_sets_up_nobody_for_themselves(scene: Bodies) -> None:
    me = scene.world.people["admin"]
    everyone = [
        *(Asked("admin", Kind.POSTS_SET, me, {"posts": [post]}) for post in
          ("overseer", "custodian", "manager", "administrator")),
        Asked("admin", Kind.POSTS_SET, me, {"posts": []}),
        Asked("admin", Kind.EMPLOYED, me, {"unit": str(scene.units["team"])}),
        Asked("admin", Kind.EMPLOYMENT_ENDED, me, {"employment": job(scene, "admin")}),
        Asked("admin", Kind.LEFT, me, {}),
    ]  # fmt: skip
    check_refused(scene, "HE013", *everyone)
    turn = {"person": str(me), "starts_at": "2027-01-01T00:00:00Z"}
    check_refused(scene, "HE003", Asked("admin", Kind.TURN_ADDED, scene.world.slot, turn))
    scene.without_line(ADMINISTERS, "OR p_me = p_person", "")
    assert told(scene, everyone[2]) == (ACCEPTED,)


def test_a_body_is_added_when_the_system_is_set_up_and_no_unit_becomes_one(scene: Bodies) -> None:
    check_refused(
        scene,
        "HE013",
        Asked("admin", Kind.UNIT_ADDED, uuid4(), {"parent": None}),
        Asked("admin", Kind.UNIT_ADDED, uuid4(), {}),
        Asked("admin", Kind.UNIT_MOVED, scene.units["desk"], {"parent": None}),
    )
    scene.without_line(DECIDE_PEOPLE, "p_me IS NOT NULL AND named IS NULL", "false")
    scene.without_line(ADMINISTERS, "IF p_me IS NULL THEN", "IF true THEN")
    added = Asked("admin", Kind.UNIT_ADDED, uuid4(), {"parent": None})
    assert told(scene, added) == (ACCEPTED,)


def test_no_unit_stands_beneath_itself(scene: Bodies) -> None:
    units, kind = scene.units, Kind.UNIT_MOVED
    circles = [
        ("admin", "team", "desk"),
        ("admin", "team", "team"),
        ("admin", "council", "archive"),
        ("heed_owner", "council", "desk"),
        ("heed_owner", "oversight", "oversight"),
    ]
    wrong = [Asked(who, kind, units[one], {"parent": str(units[to])}) for who, one, to in circles]
    check_refused(scene, "HE003", *wrong)
    assert told(scene, Asked("admin", kind, units["desk"], {"parent": str(units["archive"])})) == (
        ACCEPTED,
    )
    assert told(scene, Asked("admin", kind, units["team"], {"parent": str(units["desk"])})) == (
        ACCEPTED,
    )  # it stood beneath the team once; now it does not
    check_refused(
        scene, "HE003", Asked("admin", kind, units["archive"], {"parent": str(units["team"])})
    )
    scene.without_line(DECIDE_PEOPLE, "IF above = p_stream THEN", "IF false THEN")
    circle = Asked("heed_owner", kind, units["desk"], {"parent": str(units["team"])})
    assert told(scene, circle) == (ACCEPTED,)
    with psycopg.connect(scene.world.urls["heed_owner"]) as connection:
        connection.execute("SET ROLE heed_rule")
        connection.execute("SET statement_timeout = '200ms'")
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT register.body_of(%s)", (units["desk"],))


@pytest.mark.parametrize("who", ["admin", "heed_owner"])
def test_people_and_units_are_made_once_each_in_a_stream_of_their_own(
    scene: Bodies, who: str
) -> None:
    taken = (
        scene.world.people["lead"],
        scene.units["desk"],
        scene.records[0],
        scene.world.slot,
    )
    council, role = {"parent": str(scene.units["council"])}, {"role": "worker"}
    check_refused(
        scene,
        "HE003",
        *(Asked(who, Kind.UNIT_ADDED, stream, council) for stream in taken),
        *(Asked(who, Kind.PERSON_ADDED, stream, role) for stream in taken),
        *(Asked(who, Kind.UNIT_MOVED, stream, council) for stream in (*taken[2:], taken[0], uuid4())),
        *(Asked(who, kind, stream, {}) for kind in (Kind.LEFT, Kind.EMPLOYED, Kind.POSTS_SET)
          for stream in (*taken[1:], uuid4())),
        *(Asked(who, Kind.UNIT_ADDED, uuid4(), {"parent": parent}) for parent in
          (str(uuid4()), str(scene.records[0]), *(one for one in NO_ID if one is not None))),
        *(Asked(who, Kind.EMPLOYED, taken[0], {"unit": unit}) for unit in (str(uuid4()), *NO_ID)),
        *(Asked(who, Kind.EMPLOYMENT_ENDED, taken[0], {"employment": one}) for one in
          (str(uuid4()), job(scene, "colleague"), *NO_ID)),
        *(Asked(who, Kind.PERSON_ADDED, uuid4(), {"role": role}) for role in
          (None, "", "A", "x" * 41, 5, ["x"], "worker\n")),
    )  # fmt: skip


def test_a_post_is_one_of_four_and_an_administrator_holds_no_other(scene: Bodies) -> None:
    people = scene.world.people
    wrong: tuple[object, ...] = (
        None, "", "overseer", 5, True, {}, {"overseer": True}, [None], [5], ["owner"], ["Overseer"],
        ["overseer", "root"], ["administrator", "overseer"], ["administrator", "manager"],
        [["overseer"]], ["overseer\n"],
    )  # fmt: skip
    check_refused(
        scene,
        "HE003",
        *(Asked("admin", Kind.POSTS_SET, people["third"], {"posts": posts}) for posts in wrong),
        Asked("admin", Kind.POSTS_SET, people["third"], {}),
        Asked("heed_owner", Kind.POSTS_SET, people["contact"], {"posts": ["administrator"]}),
    )
    twice = {"posts": ["overseer", "custodian", "overseer"]}
    assert told(scene, Asked("heed_owner", Kind.POSTS_SET, people["third"], twice)) == (ACCEPTED,)
    rows = scene.world.as_owner("SELECT posts FROM facts.person WHERE id = %s", (people["third"],))
    assert rows == [(["custodian", "overseer"],)]


def test_people_are_close_to_somebody_else_who_is_known(scene: Bodies) -> None:
    me, kind = scene.world.people["lead"], Kind.RELATION_DECLARED
    for who in ("lead", "heed_owner"):
        check_refused(
            scene,
            "HE003",
            *(Asked(who, kind, me, {"other": one}) for one in (str(me), str(uuid4()), *NO_ID)),
            Asked(who, kind, uuid4(), {"other": str(me)}),
            Asked(who, kind, scene.records[0], {"other": str(me)}),
        )


def test_what_administrators_did_holds_at_once_for_a_session_that_is_open(scene: Bodies) -> None:
    """A post that ended, or a person who left: the next thing that is asked is refused."""
    other = add(scene, "other admin")
    scene.world.open()
    for kind, claims in (
        (Kind.EMPLOYED, {"unit": str(scene.units["council"])}),
        (Kind.POSTS_SET, {"posts": ["administrator"]}),
    ):
        assert told(scene, Asked("admin", kind, other, claims)) == (ACCEPTED,)
    scene.keys["other admin"] = new_session(scene.world, other)
    asked = Asked("other admin", Kind.POSTS_SET, scene.world.people["third"], POST)
    assert told(scene, asked) == (ACCEPTED,)
    assert told(scene, Asked("admin", Kind.POSTS_SET, other, {"posts": []})) == (ACCEPTED,)
    check_refused(scene, "HE013", asked)
    assert told(scene, Asked("admin", Kind.LEFT, other, {})) == (ACCEPTED,)
    check_refused(scene, "HE009", asked)
    assert person(scene, "other admin") == str(other)


APPLY = "register.apply(uuid,uuid,integer,text,timestamptz,jsonb)"
WAYS_IN = {
    "session": "DELETE FROM machinery.session s WHERE s.person = p_stream;",
    "credential": "DELETE FROM machinery.credential c WHERE c.person = p_stream;",
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_whoever_left_is_gone_whatever_the_tables_come_to_say_of_them(
    scene: Bodies, way: str
) -> None:
    kept = f"SELECT count(*) FROM machinery.{way} WHERE person = %s"
    for name, left_over in (("third", 0), ("colleague", 1)):
        person = scene.world.people[name]
        assert scene.world.as_owner(kept, (person,)) == [(1,)]
        assert told(scene, Asked("admin", Kind.LEFT, person, {})) == (ACCEPTED,)
        assert scene.world.as_owner(kept, (person,)) == [(left_over,)]
        if not left_over:
            scene.without_line(APPLY, WAYS_IN[way])
