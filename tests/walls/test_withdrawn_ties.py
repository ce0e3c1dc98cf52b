"""A tie is withdrawn by two people who are not in it; its words show to few, and the walled see only access."""

from collections.abc import Iterator

import pytest

from heed.access import commands
from heed.access import people as access
from heed.store import staff
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies, everything, orphans
from tests.walls.changes import Change, ask, naming
from tests.walls.test_reowned_at_once import sent
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_staff(uuid,text,jsonb,timestamptz,uuid)"
NOT_FOUND = "HE404"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The overseer declared that the colleague is close to the third, whom the record is about."""
    with bodies(server) as made:
        made.act(*naming(made, "lead", "third"))
        people = made.world.people
        made.act(
            "second",
            commands.declare_relation(
                CHANCE, made.to, person=people["third"], other=people["colleague"], how="cousins"
            ),
        )
        made.world.open()
        yield made


def change(scene: Bodies, who: str, how: str = "ask", name: str = "third") -> Change:
    (tie,) = scene.world.as_owner("SELECT entry FROM facts.relation ORDER BY at DESC LIMIT 1")[0]
    command = access.ask_to_withdraw if how == "ask" else access.withdraw
    person = scene.world.people[name]
    return Change(who, command(CHANCE, scene.to, person=person, relation=tie, reason="a mistake"))


def walled(scene: Bodies) -> bool:
    colleague = scene.world.people["colleague"]
    asked = "SELECT register.walled(%s, %s), %s IN (SELECT register.walled_from(%s))"
    record = scene.records[0]
    ((one, listed),) = scene.world.as_owner(asked, (colleague, record, record, colleague))
    assert one == listed
    return bool(one)


def seen(scene: Bodies, name: str) -> list[staff.Tie]:
    return staff.ties(Desk(scene.world.link("heed_office")), scene.keys[name])


def test_the_custodian_asks_a_second_person_withdraws_and_it_walls_nobody(scene: Bodies) -> None:
    assert walled(scene)
    assert sent(scene, change(scene, "overseer", "withdraw")) == "HE016"  # nobody asked
    assert sent(scene, change(scene, "custodian")) == ACCEPTED
    assert walled(scene)
    assert sent(scene, change(scene, "custodian", "withdraw")) == "HE016"
    assert walled(scene)
    assert sent(scene, change(scene, "overseer", "withdraw")) == ACCEPTED
    assert not walled(scene)
    assert sent(scene, change(scene, "overseer", "withdraw")) == NOT_FOUND
    assert seen(scene, "custodian") == []
    url, keys = scene.world.urls["heed_owner"], scene.world.keys
    assert check(url, keys).differences == ()
    rebuild(url, keys)
    assert check(url, keys).differences == ()
    assert not walled(scene)
    assert orphans(scene.world) == set()


def test_without_that_question_one_person_alone_withdraws_it(scene: Bodies) -> None:
    assert sent(scene, change(scene, "custodian")) == ACCEPTED
    scene.without_line(DECIDE, "OR tie.withdrawal_asked_by = p_me")
    assert sent(scene, change(scene, "custodian", "withdraw")) == ACCEPTED
    assert not walled(scene)


def test_nobody_else_asks_or_withdraws_and_nobody_for_themselves(scene: Bodies) -> None:
    before = everything(scene.world)
    for who in ("lead", "colleague", "third", "admin", "overseer", "second"):
        assert sent(scene, change(scene, who)) == NOT_FOUND
    for who in ("lead", "colleague", "third", "admin"):
        assert sent(scene, change(scene, who, "withdraw")) == NOT_FOUND
    assert everything(scene.world) == before
    people = scene.world.people
    own = commands.declare_relation(
        CHANCE, scene.to, person=people["custodian"], other=people["third"], how="friends"
    )
    scene.act("second", own)
    assert sent(scene, change(scene, "custodian", name="custodian")) == NOT_FOUND
    scene.without_line(DECIDE, "p_me IN (tie.person, tie.other) OR")
    assert sent(scene, change(scene, "custodian", name="custodian")) == ACCEPTED


def test_its_words_show_to_who_keeps_ties_and_to_who_declared_it(scene: Bodies) -> None:
    assert [tie.how for tie in seen(scene, "custodian")] == ["cousins"]
    assert [tie.how for tie in seen(scene, "overseer")] == ["cousins"]
    desk = Desk(scene.world.link("heed_office"))
    assert [tie.how for tie in staff.my_ties(desk, scene.keys["second"])] == ["cousins"]
    for name in ("lead", "colleague", "third", "admin", "contact"):
        assert seen(scene, name) == []
        assert staff.my_ties(desk, scene.keys[name]) == []
        with scene.connected(name) as connection:
            with pytest.raises(Exception, match="permission denied"):
                connection.execute("SELECT how FROM words.tie")


def test_what_others_declared_of_the_custodian_is_not_shown_to_them(scene: Bodies) -> None:
    people = scene.world.people
    for who, other in (("second", "lead"), ("custodian", "admin")):
        own = commands.declare_relation(
            CHANCE, scene.to, person=people["custodian"], other=people[other], how=f"by {who}"
        )
        scene.act(who, own)
    scene.world.open()
    assert [tie.how for tie in seen(scene, "custodian")] == ["cousins", "by custodian"]
    scene.without_line(
        "machinery.ties()", "(me NOT IN (r.person, r.other) OR r.said_by = me)", "true"
    )
    assert "by second" in [tie.how for tie in seen(scene, "custodian")]


def test_a_walled_custodian_learns_nothing_from_how_it_is_withdrawn(scene: Bodies) -> None:
    """A tie that walls somebody from what they must not see takes the same steps as any other."""
    ask(scene)
    scene.act(*naming(scene, "overseer", "custodian"))
    people = scene.world.people
    plain = commands.declare_relation(
        CHANCE, scene.to, person=people["admin"], other=people["colleague"], how="neighbours"
    )
    told = []
    told.append([sent(scene, change(scene, "custodian", how)) for how in ("ask", "withdraw")])
    scene.act("second", plain)
    told.append(
        [sent(scene, change(scene, "custodian", how, "admin")) for how in ("ask", "withdraw")]
    )
    assert told == [[ACCEPTED, "HE016"]] * 2


def test_whoever_was_walled_sees_nothing_change_but_what_they_may_have(scene: Bodies) -> None:
    desk, key = Desk(scene.world.link("heed_office")), scene.keys["second"]
    before = staff.my_ties(desk, key), desk.queue(scene.keys["colleague"], 10)
    for step in (change(scene, "custodian"), change(scene, "overseer", "withdraw")):
        assert sent(scene, step) == ACCEPTED
    assert (staff.my_ties(desk, key), desk.queue(scene.keys["colleague"], 10)) == before
    offer = commands.offer_hand_over(
        CHANCE, scene.to, record=scene.records[0], taker=scene.world.people["colleague"], note=""
    )
    assert sent(scene, Change("lead", offer)) == ACCEPTED
