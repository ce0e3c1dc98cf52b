"""Who gets what an owner loses: never whoever made them lose it, and never anybody who must not have it."""

from collections.abc import Callable, Iterator
from uuid import UUID

import psycopg
import pytest

from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies, orphans
from tests.walls.changes import (
    Change,
    confirming,
    going_away,
    leaving,
    matching,
    naming,
    posting,
    relating,
)
from tests.walls.test_openings import breaks_glass
from tests.walls.test_reowned_at_once import sent

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

NEXT_OWNERS = "register.next_owners(uuid[],timestamptz,uuid,uuid)"
CAUSE_LAST = "d.person IS NOT DISTINCT FROM p_cause, "


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def _restricts(scene: Bodies) -> Change:
    return naming(scene, "colleague", "lead")


def _confirms(scene: Bodies) -> Change:
    """The third is found by name; to confirm it reaches the lead, who is close to them."""
    for change in (matching(scene, "third"), relating(scene, "third", "lead")):
        assert sent(scene, change) == ACCEPTED
    return confirming(scene, "third")._replace(who="colleague")


def _declares(scene: Bodies) -> Change:
    scene.act(*naming(scene, "lead", "third"))
    return relating(scene, "third", "lead")._replace(who="colleague")


ATTACKS: dict[str, Callable[[Bodies], Change]] = {
    "restricting its owner": _restricts,
    "confirming what reaches its owner": _confirms,
    "declaring a tie of its owner": _declares,
}
"""What the colleague, who is next on duty, does after opening the record in an emergency."""


DECIDES = "register.decide_record(uuid,text,jsonb,timestamptz,uuid)"


def others_restricted(scene: Bodies) -> None:
    """Take away that whoever reads for a time restricts only themselves: the next wall must hold alone."""
    for person in ("named", "NULL"):
        scene.without_line(DECIDES, f"PERFORM register.check_restricts(p_me, p_stream, {person});")


@pytest.mark.parametrize("attack", list(ATTACKS)[:2])
def test_whoever_reads_for_a_time_restricts_nobody_else(scene: Bodies, attack: str) -> None:
    change = ATTACKS[attack](scene)
    breaks_glass(scene, "colleague")
    assert sent(scene, change) == "HE051"
    assert scene.owner(scene.records[0]) == scene.world.people["lead"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_emergency_opening_ends_in_owning_the_record(scene: Bodies, attack: str) -> None:
    change = ATTACKS[attack](scene)
    breaks_glass(scene, "colleague")
    others_restricted(scene)
    assert sent(scene, change) == ACCEPTED
    assert scene.owner(scene.records[0]) == scene.world.people["contact"]
    assert orphans(scene.world) == set()


@pytest.mark.parametrize("attack", ATTACKS)
def test_without_their_place_at_the_end_it_would(scene: Bodies, attack: str) -> None:
    change = ATTACKS[attack](scene)
    breaks_glass(scene, "colleague")
    others_restricted(scene)
    scene.without_line(NEXT_OWNERS, CAUSE_LAST)
    assert sent(scene, change) == ACCEPTED
    assert scene.owner(scene.records[0]) == scene.world.people["colleague"]


def test_where_nobody_else_is_left_whoever_restricted_the_owner_has_it(scene: Bodies) -> None:
    for name in ("contact", "overseer", "second"):
        scene.act(*naming(scene, "lead", name))
    breaks_glass(scene, "colleague")
    others_restricted(scene)
    assert sent(scene, _restricts(scene)) == ACCEPTED
    assert scene.owner(scene.records[0]) == scene.world.people["colleague"]
    assert orphans(scene.world) == set()


UNABLE: dict[str, Callable[[Bodies], Change]] = {
    "has left": lambda s: leaving(s, "third"),
    "is away": lambda s: going_away(s, "third"),
    "is an administrator": lambda s: posting(s, "third", "administrator"),
    "is named": lambda s: naming(s, "lead", "third"),
}


def _give(connection: psycopg.Connection, record: UUID, person: UUID) -> None:
    connection.execute("UPDATE facts.record SET owner = %s WHERE id = %s", (person, record))


@pytest.mark.parametrize("why", UNABLE)
def test_whatever_path_led_there_a_record_is_not_given_to_who(scene: Bodies, why: str) -> None:
    assert sent(scene, UNABLE[why](scene)) == ACCEPTED
    record, person = scene.records[0], scene.world.people
    with psycopg.connect(scene.world.urls["heed_owner"]) as rule:
        rule.execute("SET ROLE heed_rule")
        _give(rule, record, person["third"])
        _give(rule, record, person["colleague"])  # the last one counts
        rule.commit()
        rule.execute("SET ROLE heed_rule")
        _give(rule, record, person["third"])
        with pytest.raises(psycopg.Error) as refused:
            rule.commit()
    assert refused.value.sqlstate == "HE015"
    assert scene.owner(record) == person["colleague"]
    scene.without("DROP TRIGGER accountable ON facts.record")
    scene.world.as_owner(
        "UPDATE facts.record SET owner = %s WHERE id = %s", (person["third"], record)
    )
    assert orphans(scene.world) == {record}
