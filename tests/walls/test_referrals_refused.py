"""What the register refuses of referrals: to whom one must not go, by whom, and what was never heard."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from heed.core.vocabulary import Kind
from heed.referral.commands import Heard, How
from heed.referral.directory import directory, in_line
from heed.referral.rules import Route, protects
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, answer, bodies
from tests.walls.changes import ask
from tests.walls.naming_people import a_child, looking
from tests.walls.referring import CHILDREN, FORCE, criticising, hearing, keeping_reach, referring
from tests.walls.refusals import NO_ID, Asked, check_refused, told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

REFERRED = "register.decide_referred(uuid,jsonb,timestamp with time zone,uuid)"
DECIDE = "register.decide_referral(uuid,integer,text,jsonb,timestamp with time zone,uuid)"
KINDS = (
    "police",
    "council",
    "council/E09000033",
    CHILDREN,
    f"{CHILDREN}/lado",
    FORCE,
    "police/btp",
)
KINDS += (
    "school",
    "health",
    "charity",
    "department",
    "iopc",
    "ofsted",
    "lgsco",
    "phso",
    "nca-ceop",
)

OTHERWISE = (FORCE.lower(), f"{FORCE}-", "police/BTP", "police-/btp", "nca--ceop", f"{FORCE}x")
"""Bodies in spellings that are not theirs."""


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead has opened both records."""
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
        yield made


def claims(**other: Any) -> dict[str, Any]:
    at = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
    said = {"concerned": None, "route": "protecting", "body": CHILDREN, "how": "telephone"}
    return said | {"told_at": at, "rung_back_at": None} | other


def outside(body: str, **other: Any) -> dict[str, Any]:
    return claims(route="accountability", body=body, **other)


def asked(scene: Bodies, said: dict[str, Any], kind: Kind = Kind.REFERRED) -> str:
    return told(scene, Asked("lead", kind, scene.records[0], said))[0]


@pytest.mark.parametrize("criticised", KINDS)
def test_no_body_gets_what_is_about_its_own_line_and_no_child_waits_for_that(
    scene: Bodies, criticised: str
) -> None:
    scene.act(*criticising(scene, scene.records[0], criticised))
    back = claims()["told_at"]
    for body in {*KINDS, "council/E08000039/children", "police/E23000002", "dbs"}:
        unlisted = {} if directory().bodies[body].listed else {"rung_back_at": back}
        refused = "HE067" if in_line(body, criticised) else ACCEPTED
        assert asked(scene, outside(body, **unlisted)) == refused, body
        if protects(body):
            assert asked(scene, claims(body=body, **unlisted)) == ACCEPTED, body


def test_without_the_criticism_being_asked_for_the_criticised_gets_it(scene: Bodies) -> None:
    scene.act(*criticising(scene, scene.records[0], CHILDREN))
    said = outside(f"{CHILDREN}/lado")
    assert asked(scene, said) == "HE067"
    scene.without_line(REFERRED, "register.in_line(target, c.body)", "false")
    assert asked(scene, said) == ACCEPTED


def test_without_the_line_being_asked_for_what_stands_above_the_criticised_gets_it(
    scene: Bodies,
) -> None:
    scene.act(*criticising(scene, scene.records[0], FORCE))
    said = outside("police", rung_back_at=claims()["told_at"])
    assert asked(scene, said) == "HE067"
    scene.without_line(REFERRED, "register.in_line(target, c.body)", "target = c.body")
    assert asked(scene, said) == ACCEPTED
    assert asked(scene, outside(FORCE)) == "HE067"


def test_the_criticised_gets_it_by_no_other_spelling(scene: Bodies) -> None:
    scene.act(*criticising(scene, scene.records[0], FORCE))
    for body in (FORCE.lower(), f"{FORCE}-", FORCE.replace("/", "-/")):
        assert asked(scene, outside(body)) == "HE003", body
    scene.without_line("register.body_named(text)", "(p_said ~ ", "(p_said ~* ")
    assert asked(scene, outside(FORCE.lower())) == ACCEPTED


def test_what_was_criticised_in_error_is_criticised_no_more_and_may_be_again(scene: Bodies) -> None:
    record = scene.records[0]
    for stands, says in ((True, "HE067"), (False, ACCEPTED), (True, "HE067")):
        scene.act(*criticising(scene, record, FORCE, stands))
        assert asked(scene, outside(FORCE)) == says
    assert (
        told(scene, Asked("lead", Kind.REFERRED, scene.records[1], outside(FORCE)))[0] == ACCEPTED
    )


def test_only_its_owner_says_anything_of_it(scene: Bodies) -> None:
    record = scene.records[0]
    change = referring(scene, record)
    scene.act(*change)
    ask(scene)
    heard = {
        "referral": str(change.entry.id),
        "what": "outcome",
        "happened_at": claims()["told_at"],
    }
    for kind, said in (
        (Kind.REFERRED, claims()),
        (Kind.CRITICISED, {"body": FORCE, "stands": True}),
        (Kind.REFERRAL_HEARD, heard),
    ):
        answers = check_refused(
            scene,
            "HE404",
            *(
                Asked(name, kind, stream, said)
                for name in ("third", "colleague", "overseer", "custodian", "admin")
                for stream in (record, uuid4(), scene.world.people[name])
            ),
        )
        assert len(answers) == 1, kind
        assert told(scene, Asked("lead", kind, record, said))[0] == ACCEPTED


def test_without_the_owners_check_a_stranger_refers(scene: Bodies) -> None:
    stranger = Asked("third", Kind.REFERRED, scene.records[0], claims())
    assert told(scene, stranger)[0] == "HE404"
    scene.without_line(DECIDE, "PERFORM register.check_owns(p_stream, p_me);")
    assert told(scene, stranger)[0] == ACCEPTED


@pytest.mark.parametrize(
    "wrong",
    [
        {"body": None},
        {"body": "Police"},
        {"body": "police/../iopc"},
        *({"body": body} for body in OTHERWISE),
        {"body": "a" * 200},
        {"how": "pigeon"},
        {"how": None},
        {"told_at": None},
        {"how": "email"},
        {"told_at": "3026-01-01T00:00:00Z"},
        {"told_at": "infinity"},
        {"route": "both"},
        {"route": None},
        {"body": "iopc"},
        {"body": "ofsted"},
        {"body": f"{CHILDREN}/lado"},
        {"rung_back_at": "2026-01-05T15:42:00Z"},
    ],
)
def test_a_referral_of_no_form_that_is_known_is_refused(
    scene: Bodies, wrong: dict[str, Any]
) -> None:
    assert asked(scene, claims(**wrong)) == "HE003"


def test_a_body_that_is_not_listed_is_rung_back_first(scene: Bodies) -> None:
    assert asked(scene, claims(body="school")) == "HE068"
    assert asked(scene, claims(body="school", rung_back_at=claims()["told_at"])) == ACCEPTED
    scene.without_line(REFERRED, "back_at IS NULL", "false")
    assert asked(scene, claims(body="school")) == ACCEPTED


def test_nobody_is_referred_who_is_named_in_another_record(scene: Bodies) -> None:
    first, second = scene.records
    child = a_child(scene, second)
    scene.act(*child)
    for wrong in (str(child.entry.id), *(one for one in NO_ID if one)):
        assert asked(scene, claims(concerned=wrong)) == "HE404"
    said = claims(concerned=str(child.entry.id))
    assert told(scene, Asked("lead", Kind.REFERRED, second, said))[0] == ACCEPTED
    scene.without_line(REFERRED, "n.record = p_stream AND ")
    assert told(scene, Asked("lead", Kind.REFERRED, first, said))[0] == ACCEPTED


def test_nothing_is_heard_of_a_referral_of_another_record_or_of_none(scene: Bodies) -> None:
    first, second = scene.records
    change = referring(scene, second)
    scene.act(*change)
    at = claims()["told_at"]

    def heard(referral: object, what: str = "outcome", when: str | None = at) -> dict[str, Any]:
        return {"referral": str(referral), "what": what, "happened_at": when}

    for wrong in (change.entry.id, uuid4(), first):
        assert asked(scene, heard(wrong), Kind.REFERRAL_HEARD) == "HE404"
    own = change.entry.id
    for said in (
        heard(own, "closed"),
        heard(own, when=None),
        heard(own, when="3026-01-01T00:00:00Z"),
    ):
        assert told(scene, Asked("lead", Kind.REFERRAL_HEARD, second, said))[0] == "HE003"
    for what in Heard:
        assert (
            told(scene, Asked("lead", Kind.REFERRAL_HEARD, second, heard(own, what)))[0] == ACCEPTED
        )
    scene.without_line(DECIDE, "f.entry = about AND f.record = p_stream", "f.entry = about")
    assert asked(scene, heard(own), Kind.REFERRAL_HEARD) == ACCEPTED


def test_whoever_answers_for_nothing_keeps_no_contact(scene: Bodies) -> None:
    for name, says in (
        ("lead", ACCEPTED),
        ("admin", ACCEPTED),
        ("third", "HE404"),
        ("second", "HE404"),
    ):
        with scene.connected(name) as connection:
            assert answer(connection, keeping_reach(scene).entry) == says, name


def test_a_contact_stands_by_itself_and_says_a_day_that_has_been(scene: Bodies) -> None:
    good = {"body": FORCE, "how": "telephone", "checked_on": "2026-01-05"}

    def kept(stream: UUID, **wrong: str) -> str:
        return told(scene, Asked("lead", Kind.REACH_KEPT, stream, good | wrong))[0]

    assert kept(uuid4()) == ACCEPTED
    assert kept(scene.records[0]) == "HE404"
    for wrong in (
        {"checked_on": "soon"},
        {"checked_on": "3026-01-05"},
        {"how": "link"},
        {"body": "?"},
    ):
        assert kept(uuid4(), **wrong) == "HE003"


def test_what_is_criticised_names_a_body(scene: Bodies) -> None:
    for wrong in ({"body": "other"}, {"body": ""}, {"stands": "yes"}, {"stands": None}):
        said = {"body": FORCE, "stands": True} | wrong
        assert asked(scene, said, Kind.CRITICISED) == "HE003"


def test_how_it_goes_makes_no_difference_to_whom_it_may_go(scene: Bodies) -> None:
    scene.act(*criticising(scene, scene.records[0], FORCE))
    for how in (How.EMAIL, How.LINK):
        said = outside(FORCE, how=str(how)) | {"told_at": None}
        assert asked(scene, said) == "HE067"
        assert asked(scene, said | {"body": "iopc"}) == ACCEPTED


def test_a_referral_of_ones_own_is_heard_of_by_the_office_alone(scene: Bodies) -> None:
    change = referring(scene, scene.records[0], route=Route.ACCOUNTABILITY, body="iopc")
    scene.act(*change)
    heard = hearing(scene, scene.records[0], change.entry.id, Heard.OUTCOME)
    for role in ("heed_intake", "heed_opener", "heed_sweep", "heed_signin"):
        with scene.connected(role) as connection:
            assert answer(connection, heard.entry) == "HE008"
