"""What comes in goes to nobody whose way to sign in was taken: nobody would read it."""

from collections.abc import Iterator

import pytest

from heed.access.people import invite, take_invitation
from heed.store.append import PostgresRegister
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies, folded
from tests.walls.changes import leaving
from tests.walls.test_reowned_at_once import sent
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

ON_DUTY = ("register.on_duty(uuid,timestamptz)", " AND p.signs_in")
NEXT_OWNERS = ("register.next_owners(uuid[],timestamptz,uuid,uuid)", "NOT p.signs_in")
CODE = b"c" * 32


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def invited(scene: Bodies, name: str) -> None:
    """An administrator of their body makes a new invitation, which takes the sign-in that was."""
    by = "admin" if name in ("lead", "colleague", "third") else "their admin"
    person = scene.world.people[name]
    scene.act(by, invite(CHANCE, scene.to, person=person, code_hash=CODE))


def taken_up(scene: Bodies, name: str) -> None:
    person = scene.world.people[name]
    entry = take_invitation(
        CHANCE, scene.to, person=person, code_hash=CODE, username=name, password_hash="none"
    )
    PostgresRegister(scene.world.link("heed_signin")).append(entry)


def filed_to(scene: Bodies) -> str:
    """Who answers for a concern that comes in now."""
    owner = scene.owner(scene.world.tell("Something.").record)
    return next(name for name, one in scene.world.people.items() if one == owner)


def test_what_comes_in_passes_over_whoever_cannot_sign_in_until_they_can(scene: Bodies) -> None:
    assert filed_to(scene) == "lead"
    invited(scene, "lead")
    assert filed_to(scene) == "colleague"
    invited(scene, "colleague")
    assert filed_to(scene) == "contact"
    invited(scene, "contact")
    assert filed_to(scene) == "contact"  # a duty is never empty, and the doctor says so
    taken_up(scene, "lead")
    assert filed_to(scene) == "lead"


def test_without_the_question_what_comes_in_waits_for_somebody_who_cannot_read_it(
    scene: Bodies,
) -> None:
    scene.without_line(*ON_DUTY)
    invited(scene, "lead")
    assert filed_to(scene) == "lead"


def test_what_they_answer_for_stays_theirs(scene: Bodies) -> None:
    """An invitation may be taken up within the hour: it settles nothing by itself (ADR 0030)."""
    invited(scene, "lead")
    assert [scene.owner(one) for one in scene.records] == [scene.world.people["lead"]] * 2


def test_what_somebody_loses_goes_to_nobody_who_cannot_sign_in(scene: Bodies) -> None:
    for name in ("colleague", "contact", "overseer"):
        invited(scene, name)
    assert sent(scene, leaving(scene, "lead")) == ACCEPTED
    assert scene.owner(scene.records[0]) == scene.world.people["second"]


def test_where_nobody_can_sign_in_the_outside_contact_gets_it(scene: Bodies) -> None:
    for name in ("colleague", "contact", "overseer", "second"):
        invited(scene, name)
    assert sent(scene, leaving(scene, "lead")) == ACCEPTED
    assert scene.owner(scene.records[0]) == scene.world.people["contact"]


def test_without_the_question_it_goes_to_somebody_who_cannot_read_it(scene: Bodies) -> None:
    scene.without_line(*NEXT_OWNERS, "p.id IS NULL")
    invited(scene, "colleague")
    assert sent(scene, leaving(scene, "lead")) == ACCEPTED
    assert scene.owner(scene.records[0]) == scene.world.people["colleague"]


def test_the_entries_say_who_can_sign_in(scene: Bodies) -> None:
    for name in ("lead", "colleague", "third"):
        invited(scene, name)
    taken_up(scene, "third")
    assert sent(scene, leaving(scene, "colleague")) == ACCEPTED
    fold = folded(scene.world)
    told = {name: fold.duty.people[one].signs_in for name, one in scene.world.people.items()}
    assert told == dict.fromkeys(told, True) | {"lead": False, "colleague": False}
    held = scene.world.as_owner(
        "SELECT p.id FROM facts.person p JOIN machinery.credential c ON c.person = p.id"
    )
    assert {row[0] for row in held} == {scene.world.people[one] for one in told if told[one]}
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
