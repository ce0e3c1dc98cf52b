"""Words that nobody opened call somebody, whatever was written down meanwhile."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.access import commands
from heed.access.people import set_reach
from heed.access.walls import Ground
from heed.core.vocabulary import Danger
from heed.intake.beside import Whom
from heed.intake.beside import write_down_call as rang
from heed.intake.commands import add_words
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.calling import Kept, called, caller, later, reachable, sender
from tests.walls.referring import minutes_ago, referring
from tests.world import CHANCE, Told


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        reachable(made)
        yield made


def stepped(scene: Bodies, *minutes: float) -> None:
    for each in minutes:
        later(scene, each)
        caller(scene).step()


def opened(scene: Bodies, told: Told) -> None:
    desk = Desk(scene.world.link("heed_office"))
    lead = scene.world.people["lead"]
    desk.open(scene.keys["lead"], lead, told.record, CHANCE, scene.to)


def more(scene: Bodies, told: Told) -> None:
    """The same person says more."""
    entry = add_words(
        CHANCE,
        scene.world.public_recipients(told.code),
        "He is in the house now.",
        record=told.record,
        lookup=told.code.lookup,
        token=b"m" * 32,
    )
    scene.world.register("heed_intake").append(entry)
    scene.world.open()


@pytest.mark.parametrize("what", ["referred", "called"])
def test_what_was_done_before_and_is_written_down_late_silences_no_new_words(
    scene: Bodies, what: str
) -> None:
    told = scene.world.tell(danger=Danger.YES)
    scene.world.open()
    stepped(scene, 1)
    opened(scene, told)
    later(scene, 17)
    more(scene, told)
    later(scene, 18)
    if what == "referred":
        scene.act(*referring(scene, told.record, told_at=minutes_ago(5)))
    else:
        at = minutes_ago(60)
        entry = rang(CHANCE, scene.to, record=told.record, whom=Whom("999"), rung_at=at, words="")
        scene.act("lead", entry)
    before = called(scene, told.record)
    stepped(scene, 20, 36)
    assert len(called(scene, told.record)) >= len(before) + 1
    opened(scene, told)
    now = called(scene, told.record)
    stepped(scene, 60, 120)
    assert called(scene, told.record) == now


def test_whose_text_was_overtaken_unanswered_is_passed_over_at_once(scene: Bodies) -> None:
    first, second = scene.records
    caller(scene).step()
    entry = commands.wall_person(
        CHANCE,
        scene.to,
        record=first,
        person=scene.world.people["lead"],
        ground=Ground.ACCUSED,
        reason="named",
    )
    scene.act("lead", entry)
    sender(scene, Kept()).step()
    stepped(scene, 1)
    assert called(scene, first) == ["lead", "colleague"]
    assert called(scene, second) == ["lead"]


def test_the_gravest_then_the_oldest_is_called_about_first(scene: Bodies) -> None:
    world = scene.world
    told = [
        world.tell(danger=danger).record
        for danger in (Danger.UNKNOWN, Danger.YES, Danger.UNKNOWN, Danger.YES)
    ]
    world.open()
    order = [told[1], told[3], *scene.records, told[0], told[2]]
    for number in range(1, 7):
        rows = world.link("heed_sweep").rows("SELECT machinery.to_call(%s)", (number,))
        assert [row[0] for row in rows] == order[:number]


def test_a_month_of_calls_about_many_records_asks_once_for_each(scene: Bodies) -> None:
    """Counted, not timed: thirty days of a call each quarter of an hour, to each of six records."""
    world = scene.world
    for number in range(4):
        world.tell(f"more {number}")
    world.open()
    stepped(scene, 1)
    scene.without(
        "INSERT INTO facts.call_out (entry, record, version, person, why, at)"
        f" SELECT gen_random_uuid(), r.id, 1000 + n, '{world.people['contact']}', 'unanswered',"
        " now() - (2880 - n) * interval '15 minutes'"
        " FROM facts.record r, generate_series(1, 2880) n"
    )
    newest = world.tell("the newest").record
    world.open()
    stepped(scene, 1.2)
    for name, calls in (("overseer", 5), ("contact", 5), ("lead", 6)):
        with world.database.server.superuser(world.database.name) as connection:
            connection.execute("SET track_functions = 'all'")
            connection.execute("SELECT set_config('heed.session', %s, false)", (scene.keys[name],))
            with connection.transaction():
                rows = connection.execute("SELECT record FROM machinery.calls(NULL)").fetchall()
                asked = connection.execute(
                    "SELECT funcname, calls FROM pg_stat_xact_user_functions"
                    " WHERE funcname IN ('next_call_at', 'may_see')"
                ).fetchall()
        assert {function for function, _ in asked} == {"next_call_at", "may_see"}
        assert all(count <= 14 for _, count in asked), asked
        shown = {row[0] for row in rows}
        assert len(shown) == (6 if name == "contact" else 7), name
        assert (newest in shown) == (name != "contact")
        each = [sum(row[0] == record for row in rows) for record in shown if record != newest]
        assert set(each) == {calls}, name


def test_nobody_takes_the_number_of_the_outside_contact_away(scene: Bodies) -> None:
    contact = scene.world.people["contact"]
    blank = {"telephone": "", "email": ""}
    with pytest.raises(StoreRefused) as wrong:
        scene.act("their admin", set_reach(CHANCE, scene.to, person=contact, **blank))
    assert wrong.value.code == "HE077"
    scene.without_line("register.decide_reach(uuid,jsonb,uuid)", "s.fallback = p_stream", "false")
    scene.act("their admin", set_reach(CHANCE, scene.to, person=contact, **blank))


@pytest.mark.parametrize("days", [1, 3, 5, 7])
def test_before_names_are_looked_for_the_ladder_tells_the_outside_contact_alone(
    scene: Bodies, days: int
) -> None:
    dark = scene.world.tell("the weir", danger=Danger.NO).record
    contact = [scene.world.people["contact"]]

    def told(record: UUID) -> list[UUID]:
        (row,) = scene.world.as_owner("SELECT register.told_after(%s, %s)", (record, days))
        found: list[UUID] = row[0]
        return found

    assert told(dark) == contact
    if days < 7:
        assert told(scene.records[0]) != contact
        scene.without_line(
            "register.told_after(uuid,integer)", "register.is_dark(p_record)", "false"
        )
        assert told(dark) != contact
