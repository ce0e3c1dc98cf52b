"""Whoever is away answers for nothing until they are back, and the outside contact is never away."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from heed.access import commands
from heed.access import people as access
from heed.store.rebuild import check
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, APPEND, Bodies, bodies, everything, orphans
from tests.walls.changes import (
    Change,
    coming_back,
    covering,
    employing,
    going_away,
    leaving,
    replacing_contact,
)
from tests.walls.test_never_orphaned import without_second_look
from tests.walls.test_reowned_at_once import claim_ties, sent
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def test_once_another_outside_contact_is_named_the_first_can_leave_or_go_away(
    scene: Bodies,
) -> None:
    """Whoever was told to name another first can do so, and then go."""
    for change in (leaving(scene, "contact"), going_away(scene, "contact")):
        assert sent(scene, change) == "HE014"
    assert sent(scene, replacing_contact(scene, "overseer")) == ACCEPTED
    assert sent(scene, going_away(scene, "contact")) == ACCEPTED
    assert sent(scene, going_away(scene, "overseer")) == "HE014"
    for name in ("lead", "colleague"):
        assert sent(scene, going_away(scene, name)) == ACCEPTED
    assert scene.owner(scene.records[0]) == scene.world.people["overseer"]
    assert scene.owner(scene.world.tell("afterwards").record) == scene.world.people["overseer"]
    assert orphans(scene.world) == set()


def test_only_the_contacts_own_body_replaces_them_by_somebody_of_its_own(scene: Bodies) -> None:
    for by, named in (("admin", "overseer"), ("admin", "third"), ("their admin", "third")):
        assert sent(scene, replacing_contact(scene, named, by)) == "HE013"
    assert sent(scene, replacing_contact(scene, "their admin")) == "HE013"
    assert sent(scene, replacing_contact(scene, "overseer", "lead")) == "HE013"
    scene.without_line(
        "register.decide_staff(uuid,text,jsonb,timestamptz,uuid)",
        "PERFORM register.check_administers(p_me, was, ARRAY[]::uuid[]);",
    )
    assert sent(scene, replacing_contact(scene, "third", "admin")) == ACCEPTED


def test_a_contact_who_is_one_no_longer_loses_what_their_ties_wall_off(scene: Bodies) -> None:
    """Ties do not reach the outside contact, and reach whoever was it."""
    assert claim_ties(scene) == [ACCEPTED] * 5
    record, people = scene.records[0], scene.world.people
    assert scene.owner(record) == people["contact"]
    assert sent(scene, replacing_contact(scene, "custodian")) == ACCEPTED
    assert scene.owner(record) == people["custodian"]
    assert orphans(scene.world) == set()
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_were_those_records_left_with_the_former_contact_the_second_look_refuses_it(
    scene: Bodies,
) -> None:
    claim_ties(scene)
    scene.without_line(
        APPEND, "register.settle(p_id, p_kind, p_stream, decided, recorded_at)", "decided"
    )
    assert sent(scene, replacing_contact(scene, "custodian")) == "HE015"
    without_second_look(scene)
    assert sent(scene, replacing_contact(scene, "custodian")) == ACCEPTED
    assert scene.records[0] in orphans(scene.world)


def test_who_is_away_is_asked_for_nothing_until_they_say_that_they_are_back(scene: Bodies) -> None:
    world, people = scene.world, scene.world.people
    assert sent(scene, going_away(scene, "lead")) == ACCEPTED
    assert scene.owner(world.tell("while away").record) == people["colleague"]
    scene.records = [world.as_owner("SELECT id FROM facts.record ORDER BY filed_at DESC")[0][0]]
    world.open()
    to_lead = commands.offer_hand_over(
        CHANCE, scene.to, record=scene.records[0], taker=people["lead"], note=""
    )
    assert sent(scene, Change("colleague", to_lead)) == "HE017"
    assert sent(scene, going_away(scene, "lead")) == "HE003"
    assert sent(scene, coming_back(scene, "lead")) == ACCEPTED
    assert sent(scene, coming_back(scene, "lead")) == "HE003"
    assert scene.owner(scene.records[0]) == people["colleague"]  # nothing comes back by itself
    assert scene.owner(world.tell("when back").record) == people["lead"]
    assert sent(scene, Change("colleague", to_lead)) == ACCEPTED
    assert check(world.urls["heed_owner"], world.keys).differences == ()


def test_the_day_that_somebody_meant_to_be_back_changes_nothing(scene: Bodies) -> None:
    world, soon = scene.world, datetime.now(UTC) + timedelta(days=1)
    entry = access.go_away(CHANCE, scene.to, person=world.people["lead"], until=soon)
    assert sent(scene, Change("lead", entry)) == ACCEPTED
    with world.database.server.superuser(world.database.name) as connection:
        connection.execute("INSERT INTO machinery.clock (shift) VALUES ('9 days')")
    assert scene.owner(world.tell("long after").record) == world.people["colleague"]
    late = access.go_away(CHANCE, scene.to, person=world.people["third"], until=soon)
    assert sent(scene, Change("third", late)) == "HE003"


STRANGE_COVERS = {
    "oneself": "lead",
    "somebody of another body": "overseer",
    "an administrator": "admin",
    "who has left": "gone",
    "who is away": "third",
}


@pytest.mark.parametrize("cover", STRANGE_COVERS.values(), ids=STRANGE_COVERS)
def test_this_person_cannot_stand_in(scene: Bodies, cover: str) -> None:
    scene.world.add_person("gone", "Gone", "worker")
    for change in (
        employing(scene, "gone", "desk"),
        leaving(scene, "gone"),
        going_away(scene, "third"),
    ):
        assert sent(scene, change) == ACCEPTED
    before = everything(scene.world)
    assert sent(scene, covering(scene, "lead", cover)) == "HE017"
    assert everything(scene.world) == before


def test_nobody_says_of_another_bodys_people_that_they_are_away_or_back(scene: Bodies) -> None:
    lead = scene.world.people["lead"]
    away = access.go_away(CHANCE, scene.to, person=lead)
    back = access.come_back(CHANCE, scene.to, person=lead)
    for name in ("colleague", "third", "overseer", "their admin"):
        assert sent(scene, Change(name, away)) == "HE013"
    assert sent(scene, Change("admin", away)) == ACCEPTED
    for name in ("colleague", "third", "overseer", "their admin"):
        assert sent(scene, Change(name, back)) == "HE013"
    assert sent(scene, Change("admin", back)) == ACCEPTED
    scene.without_line(
        "register.decide_away(uuid,text,jsonb,timestamptz,uuid)",
        "PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);",
        "NULL;",
    )
    away = access.go_away(CHANCE, scene.to, person=lead)
    assert sent(scene, Change("their admin", away)) == ACCEPTED


def test_were_whoever_is_away_able_to_answer_records_would_wait_with_them(scene: Bodies) -> None:
    """The control removed: their records stay, and new ones come to them."""
    for function, said in (
        ("register.is_here(uuid)", "AND p.away_since IS NULL"),
        ("register.on_duty(uuid,timestamptz)", "AND p.away_since IS NULL"),
    ):
        scene.without_line(function, said)
    assert sent(scene, going_away(scene, "lead")) == ACCEPTED
    new = scene.world.tell("while away").record
    assert {scene.records[0], new} <= orphans(scene.world)
