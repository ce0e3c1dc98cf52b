"""Whatever makes an owner unable to answer for a record also gives it to somebody else, or does not happen."""

from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.access.walls import Ground
from heed.store import staff
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, APPEND, Bodies, answer, bodies, everything, orphans
from tests.walls.changes import (
    Change,
    ask,
    confirming,
    covering,
    employing,
    going_away,
    leaving,
    matching,
    moving,
    naming,
    offering,
    posting,
    relating,
    wall_off,
)
from tests.walls.test_never_orphaned import without_second_look
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def _walled_unit(scene: Bodies) -> Change:
    entry = commands.wall_unit(
        CHANCE,
        scene.to,
        record=scene.records[0],
        unit=scene.units["team"],
        ground=Ground.COLLUSION,
        reason="criticised",
    )
    return Change("lead", entry)


def _close(scene: Bodies) -> Change:
    scene.act(*naming(scene, "lead", "third"))
    return relating(scene, "third", "lead")


def _confirmed(scene: Bodies) -> Change:
    """A match by itself does not reach who is close to the person found."""
    for change in (matching(scene, "third"), relating(scene, "third", "lead")):
        assert sent(scene, change) == ACCEPTED
    return confirming(scene, "third")


def _employed(scene: Bodies) -> Change:
    wall_off(scene, "archive")
    return employing(scene, "lead", "archive")


def _moved(scene: Bodies) -> Change:
    wall_off(scene, "archive")
    return moving(scene, "desk", "archive")


def _manager(scene: Bodies) -> Change:
    """A unit beneath the lead's own is criticised: it reaches only who manages it."""
    scene.units["below"] = below = uuid4()
    scene.world.register().append(
        commands.add_unit(CHANCE, scene.to, unit=below, name="Below", parent=scene.units["desk"])
    )
    wall_off(scene, "below")
    return posting(scene, "lead", "manager")


def _covered_by_walled(scene: Bodies) -> Change:
    scene.act(*naming(scene, "lead", "third"))
    return covering(scene, "lead", "third")


CAUSES: dict[str, tuple[Callable[[Bodies], Change], str]] = {
    "is named": (lambda s: naming(s, "lead", "lead"), "colleague"),
    "is found by name in what was told": (lambda s: matching(s, "lead"), "colleague"),
    "is close to whose match is confirmed": (_confirmed, "colleague"),
    "works where it is about": (_walled_unit, "contact"),
    "is close to who is named": (_close, "colleague"),
    "comes to work where it is about": (_employed, "colleague"),
    "is moved beneath what it is about": (_moved, "contact"),
    "comes to manage what it is about": (_manager, "colleague"),
    "becomes an administrator": (lambda s: posting(s, "lead", "administrator"), "colleague"),
    "leaves": (lambda s: leaving(s, "lead"), "colleague"),
    "goes away": (lambda s: going_away(s, "lead"), "colleague"),
    "goes away, and a colleague stands in": (lambda s: covering(s, "lead", "third"), "third"),
    "goes away, and who should stand in must not": (_covered_by_walled, "colleague"),
}
"""What happens to the lead, and who has the record then."""


def sent(scene: Bodies, change: Change) -> str:
    """What is told to who sends it, at its commit at the latest."""
    with scene.connected(change.who) as connection:
        return answer(connection, change.entry)


@pytest.mark.parametrize("cause", CAUSES)
def test_an_owner_to_whom_this_happens_loses_the_record_in_the_same_transaction(
    scene: Bodies, cause: str
) -> None:
    happens, successor = CAUSES[cause]
    scene.act(*offering(scene, "colleague"))
    change = happens(scene)
    with scene.connected(change.who) as connection, connection.transaction():
        assert answer(connection, change.entry) == ACCEPTED
        assert scene.owner(scene.records[0]) == scene.world.people["lead"]
    assert scene.owner(scene.records[0]) == scene.world.people[successor]
    desk, keys = Desk(scene.world.link("heed_office")), scene.keys
    assert scene.records[0] not in [one.id for one in desk.queue(keys["lead"], 10)]
    assert scene.records[0] in [one.id for one in desk.queue(keys[successor], 10)]
    assert [one for name in keys for one in staff.offers(desk, keys[name])] == []
    assert orphans(scene.world) == set()
    owner_url = scene.world.urls["heed_owner"]
    assert check(owner_url, scene.world.keys).differences == ()
    rebuild(owner_url, scene.world.keys)
    assert check(owner_url, scene.world.keys).differences == ()
    assert orphans(scene.world) == set()


@pytest.mark.parametrize("cause", CAUSES)
def test_were_the_record_left_with_them_the_second_look_refuses_it(
    scene: Bodies, cause: str
) -> None:
    change = CAUSES[cause][0](scene)
    scene.without_line(
        APPEND, "register.settle(p_id, p_kind, p_stream, decided, recorded_at)", "decided"
    )
    before = everything(scene.world)
    assert sent(scene, change) == "HE015"
    assert everything(scene.world) == before
    without_second_look(scene)
    assert sent(scene, change) == ACCEPTED
    assert scene.records[0] in orphans(scene.world)


def test_nobody_gets_a_record_back_by_a_lifting_or_an_ended_employment(scene: Bodies) -> None:
    record, lead = scene.records[0], scene.world.people["lead"]
    scene.act(*naming(scene, "lead", "lead"))
    (wall,) = scene.world.as_owner("SELECT entry FROM facts.wall")[0]
    asks = commands.ask_to_lift(CHANCE, scene.to, record=record, wall=wall, reason="mistake")
    scene.act("custodian", asks)
    lifts = commands.lift_wall(CHANCE, scene.to, record=record, wall=wall, reason="agreed")
    scene.act("overseer", lifts)
    (job,) = scene.world.as_owner("SELECT entry FROM facts.employment WHERE person = %s", (lead,))[
        0
    ]
    scene.world.register().append(
        commands.end_employment(CHANCE, scene.to, person=lead, employment=job)
    )
    assert scene.owner(record) == scene.world.people["colleague"]
    assert scene.owner(scene.records[1]) == lead
    assert orphans(scene.world) == set()


def _name_all_but_the_lead(scene: Bodies) -> None:
    for name in ("colleague", "contact", "overseer", "second"):
        scene.act(*naming(scene, "lead", name))


LAST: dict[str, Callable[[Bodies], Change]] = {
    "naming the owner, too": lambda s: naming(s, "lead", "lead"),
    "naming the owner's unit": _walled_unit,
    "finding the owner's name in it": lambda s: matching(s, "lead"),
    "the owner's leaving": lambda s: leaving(s, "lead"),
    "the owner's going away": lambda s: going_away(s, "lead"),
    "the owner's going away under the cover of one named": lambda s: covering(
        s, "lead", "colleague"
    ),
    "a new post for the owner": lambda s: posting(s, "lead", "administrator"),
    "moving the owner's unit": _moved,
    "employing the owner there": _employed,
}


@pytest.mark.parametrize("last", LAST)
def test_where_nobody_else_is_left_it_does_not_happen_and_nothing_changes(
    scene: Bodies, last: str
) -> None:
    _name_all_but_the_lead(scene)
    change = LAST[last](scene)
    before = everything(scene.world)
    assert sent(scene, change) == "HE014"
    assert everything(scene.world) == before
    assert scene.owner(scene.records[0]) == scene.world.people["lead"]
    assert orphans(scene.world) == set()


def test_the_last_one_can_be_named_once_there_is_another_overseer(scene: Bodies) -> None:
    _name_all_but_the_lead(scene)
    with pytest.raises(StoreRefused) as refused:
        scene.act(*naming(scene, "lead", "lead"))
    assert refused.value.code == "HE014"
    new = scene.world.add_person("new", "New", "overseer")
    scene.world.register().append(
        commands.set_posts(CHANCE, scene.to, person=new, posts=["overseer"])
    )
    scene.act(*naming(scene, "lead", "lead"))
    assert scene.owner(scene.records[0]) == new


def claim_ties(scene: Bodies) -> list[str]:
    """Whoever is named says that they are close to all who could have the record."""
    scene.act(*naming(scene, "lead", "third"))
    said = []
    for name in ("lead", "colleague", "overseer", "second", "contact"):
        entry = relating(scene, "third", name).entry
        said.append(sent(scene, Change("third", entry)))
    return said


def test_whoever_is_accused_cannot_claim_ties_until_nobody_is_left(scene: Bodies) -> None:
    assert claim_ties(scene) == [ACCEPTED] * 5
    assert scene.owner(scene.records[0]) == scene.world.people["contact"]
    assert orphans(scene.world) == set()


def test_if_ties_reached_the_contact_they_would_learn_that_there_is_a_record(
    scene: Bodies,
) -> None:
    scene.without_line("register.close_to(uuid)", "s.fallback = p_person", "false")
    assert claim_ties(scene) == [*[ACCEPTED] * 4, "HE014"]


def test_the_outside_contact_stays_and_stays_able_to_answer(scene: Bodies) -> None:
    for change, code in (
        (leaving(scene, "contact"), "HE014"),
        (going_away(scene, "contact"), "HE014"),
        (posting(scene, "contact", "administrator"), "HE003"),
    ):
        before = everything(scene.world)
        assert sent(scene, change) == code
        assert everything(scene.world) == before


def test_naming_everybody_one_by_one_moves_the_record_until_one_is_left(scene: Bodies) -> None:
    """Each names themselves: whoever has it last keeps it, and is told why."""
    record, holders = scene.records[0], []
    names = {person: name for name, person in scene.world.people.items()}
    while True:
        holder = names[scene.owner(record)]
        holders.append(holder)
        told = sent(scene, naming(scene, holder, holder))
        assert orphans(scene.world) == set()
        if told != ACCEPTED:
            break
    assert told == "HE014"
    assert holders[:3] == ["lead", "colleague", "contact"]
    assert sorted(holders[3:]) == ["overseer", "second"]
    assert len(set(holders)) == 5


def test_an_overseer_who_asked_can_name_the_owner(scene: Bodies) -> None:
    record: UUID = scene.records[0]
    assert sent(scene, naming(scene, "overseer", "lead")) == "HE404"
    ask(scene)
    assert sent(scene, naming(scene, "overseer", "lead")) == ACCEPTED
    assert scene.owner(record) == scene.world.people["colleague"]
