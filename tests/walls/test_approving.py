"""A third emergency opening in thirty days: who says yes first, who is asked, and who cannot tell."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from heed.access import asking
from heed.access import people as access
from heed.core.vocabulary import Kind
from heed.store import openings
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import going_away, naming, posting
from tests.walls.refusals import NO_ID, Asked, check_refused, told
from tests.walls.test_openings import GONE_BY, breaks_glass, by_name, may_read, opened, reference
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

OPENINGS = "register.decide_openings(uuid,text,jsonb,uuid)"
APPROVING = "register.decide_approving(uuid,text,jsonb,uuid)"
FIRST = "somebody else says yes first"
MAY_APPROVE = "register.may_approve(uuid,uuid,uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The third worker opened two records in an emergency, and neither is open to them any more."""
    with bodies(server) as made:
        for _ in range(2):
            breaks_glass(made, "third")
        made.without(GONE_BY.format("5 hours"))
        yield made


def asks(scene: Bodies, name: str = "third", said: str | None = None) -> UUID:
    entry = asking.ask_for_approval(CHANCE, scene.to, **by_name(scene, name, said))
    scene.act(name, entry)
    return entry.id


def yes(scene: Bodies, by: str, wanted: UUID, person: str = "third") -> Asked:
    return Asked(by, Kind.GLASS_APPROVED, scene.world.people[person], {"asking": str(wanted)})


def asked_of(scene: Bodies, name: str) -> list[UUID]:
    desk = Desk(scene.world.link("heed_office"))
    return [one.asking for one in openings.approvals(desk, scene.keys[name])]


def all_asked(scene: Bodies) -> set[str]:
    return {name for name in scene.keys if asked_of(scene, name)}


def away(scene: Bodies, name: str) -> None:
    scene.act(*going_away(scene, name))


def test_the_third_in_thirty_days_needs_a_yes_and_the_fourth_too(scene: Bodies) -> None:
    with pytest.raises(StoreRefused, match=FIRST):
        breaks_glass(scene, "third")
    breaks_glass(scene, "colleague")  # other people's count for nothing
    scene.without(GONE_BY.format("714 hours"))
    with pytest.raises(StoreRefused, match=FIRST):
        breaks_glass(scene, "third")
    scene.without(GONE_BY.format("2 days"))
    breaks_glass(scene, "third")
    assert may_read(scene)


def test_without_that_question_the_third_opens_like_the_first(scene: Bodies) -> None:
    with pytest.raises(StoreRefused, match=FIRST):
        breaks_glass(scene, "third")
    scene.without_line(OPENINGS, "AND register.needs_approval(p_me)", "AND false")
    breaks_glass(scene, "third")
    assert may_read(scene)


def test_a_reference_that_opened_nothing_is_no_use(scene: Bodies) -> None:
    for _ in range(3):
        breaks_glass(scene, "colleague", "BCDFG-HJKMN")
    breaks_glass(scene, "colleague")
    assert may_read(scene, "colleague")


def test_the_custodian_says_yes_and_it_opens_for_four_hours_and_is_reviewed(
    scene: Bodies,
) -> None:
    wanted = asks(scene)
    assert not may_read(scene)
    assert all_asked(scene) == {"custodian"}
    assert told(scene, yes(scene, "custodian", wanted)) == (ACCEPTED,)
    assert opened(scene, "third", "emergency") == ["concern 0"]
    scene.world.open()
    desk = Desk(scene.world.link("heed_office"))
    newest = openings.emergencies(desk, scene.keys["overseer"])[0]
    assert (newest.approved_by, newest.reason) == (scene.world.people["custodian"], "it is urgent")
    claims = {"glass": str(newest.glass), "outcome": "right"}
    person = scene.world.people["third"]
    assert told(scene, Asked("overseer", Kind.GLASS_REVIEWED, person, claims)) == (ACCEPTED,)
    assert all_asked(scene) == set()
    check_refused(scene, "HE404", yes(scene, "custodian", wanted))  # once
    scene.without(GONE_BY.format("4 hours 1 minute"))
    assert not may_read(scene)


def test_only_the_custodian_says_yes_while_there_is_one(scene: Bodies) -> None:
    wanted = asks(scene)
    people = ("third", "lead", "colleague", "overseer", "second", "contact", "admin")
    wrong = [yes(scene, name, wanted) for name in people]
    wrong += [yes(scene, "custodian", uuid4()), yes(scene, "custodian", wanted, "lead")]
    third = scene.world.people["third"]
    wrong += [Asked("custodian", Kind.GLASS_APPROVED, third, {"asking": one}) for one in NO_ID]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    there_is_one = "EXISTS (SELECT FROM facts.person c"
    scene.without_line(MAY_APPROVE, "AND NOT " + there_is_one, "AND " + there_is_one)
    assert told(scene, yes(scene, "overseer", wanted)) == (ACCEPTED,)


def test_nobody_says_yes_to_themselves(scene: Bodies) -> None:
    change = posting(scene, "third", "custodian")
    scene.world.register(change.who).append(change.entry)
    wanted = asks(scene)
    check_refused(scene, "HE404", yes(scene, "third", wanted))
    assert all_asked(scene) == {"custodian"}
    scene.without_line(MAY_APPROVE, "p_me <> p_person AND")
    assert told(scene, yes(scene, "third", wanted)) == (ACCEPTED,)
    assert may_read(scene)


MISSING = {
    "is away": lambda scene: away(scene, "custodian"),
    "is walled": lambda scene: scene.act(*naming(scene, "lead", "custodian")),
    "is the one who asks": None,
}


@pytest.mark.parametrize("missing", MISSING)
def test_with_no_other_custodian_an_overseer_or_the_outside_contact_says_yes(
    scene: Bodies, missing: str
) -> None:
    act = MISSING[missing]
    if act is None:
        for _ in range(2):
            breaks_glass(scene, "custodian")
        name = "custodian"
    else:
        act(scene)
        name = "third"
    wanted = asks(scene, name)
    reached = {"overseer", "second", "contact"} | ({"custodian"} if missing == "is away" else set())
    assert all_asked(scene) == reached
    assert told(scene, yes(scene, "contact", wanted, name)) == (ACCEPTED,)
    assert may_read(scene, name)


def test_nobody_who_is_walled_is_asked_and_what_a_walled_person_asks_reaches_nobody(
    scene: Bodies,
) -> None:
    wanted = asks(scene)
    scene.act(*naming(scene, "lead", "custodian"))
    check_refused(scene, "HE404", yes(scene, "custodian", wanted))
    scene.act(*naming(scene, "lead", "third"))
    assert all_asked(scene) == set()
    check_refused(scene, "HE404", yes(scene, "overseer", wanted))
    asks(scene)
    assert all_asked(scene) == set()
    scene.without_line(APPROVING, "OR register.hidden(asked.person, asked.record)")
    assert told(scene, yes(scene, "overseer", wanted)) == (ACCEPTED,)
    assert not may_read(scene)  # the wall beats it still


def test_who_asks_hears_and_sees_the_same_whatever_they_name(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "third"))
    desk, seen = Desk(scene.world.link("heed_office")), set()
    for said in (None, "BCDFG-HJKMN", "no reference"):
        appended = desk.append(
            scene.keys["third"],
            asking.ask_for_approval(CHANCE, scene.to, **by_name(scene, "third", said)),
        )
        seen.add((len(appended.header), appended.again))
        with pytest.raises(StoreRefused, match=FIRST):
            breaks_glass(scene, "third", said)
    assert len(seen) == 1
    scene.world.open()
    mine = openings.my_approvals(desk, scene.keys["third"])
    assert [(one.given, one.reason) for one in mine] == [(False, "it is urgent")] * 3
    assert openings.my_approvals(desk, scene.keys["lead"]) == []


def test_what_was_asked_yesterday_is_no_emergency_any_more(scene: Bodies) -> None:
    wanted = asks(scene)
    scene.without("UPDATE facts.approval SET at = at - interval '25 hours'")
    assert all_asked(scene) == set()
    check_refused(scene, "HE404", yes(scene, "custodian", wanted))


def test_an_administrator_asks_for_nothing(scene: Bodies) -> None:
    said = {"reference": reference(scene)}
    people = scene.world.people
    wrong = [Asked(name, Kind.GLASS_ASKED, people[name], said) for name in ("admin", "their admin")]
    wrong += [Asked("colleague", Kind.GLASS_ASKED, people["third"], said)]
    check_refused(scene, "HE404", *wrong)


def test_everybody_is_told_who_can_act_at_once(scene: Bodies) -> None:
    desk, people = Desk(scene.world.link("heed_office")), scene.world.people
    for name in ("third", "custodian"):
        found = openings.on_call(desk, scene.keys[name])
        assert found == (people["lead"], people["contact"])
    away(scene, "lead")
    assert openings.on_call(desk, scene.keys["third"]) == (people["colleague"], people["contact"])
    entry = access.come_back(CHANCE, scene.to, person=people["lead"])
    scene.act("lead", entry)


def test_the_outside_contact_sees_what_nobody_reviewed_in_two_days_and_may_review_it(
    scene: Bodies,
) -> None:
    desk, key = Desk(scene.world.link("heed_office")), scene.keys["contact"]
    assert openings.emergencies(desk, key) == []
    person = scene.world.people["third"]
    glass = scene.world.as_owner("SELECT entry FROM facts.opening ORDER BY entry")[0][0]
    review = Asked(
        "contact", Kind.GLASS_REVIEWED, person, {"glass": str(glass), "outcome": "right"}
    )
    check_refused(scene, "HE404", review)
    scene.without(GONE_BY.format("43 hours 30 minutes"))
    assert len(openings.emergencies(desk, key)) == 2
    assert openings.emergencies(desk, scene.keys["lead"]) == []
    assert told(scene, review) == (ACCEPTED,)
    assert len(openings.emergencies(desk, key)) == 1
    scene.act(*naming(scene, "lead", "contact"))
    assert openings.emergencies(desk, key) == []


def test_a_rebuild_knows_who_asked_and_who_said_yes(scene: Bodies) -> None:
    wanted = asks(scene)
    asks(scene, said="BCDFG-HJKMN")
    url, keys = scene.world.urls["heed_owner"], scene.world.keys
    scene.without(GONE_BY.format("-5 hours"))
    assert told(scene, yes(scene, "custodian", wanted)) == (ACCEPTED,)
    scene.world.open()
    assert check(url, keys).differences == ()
    rebuild(url, keys)
    assert check(url, keys).differences == ()
    assert may_read(scene)
    scene.without("UPDATE facts.approval SET given_by = NULL WHERE given_by IS NOT NULL")
    assert [one.table for one in check(url, keys).differences] == ["facts.approval"]
