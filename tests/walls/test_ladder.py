"""Whatever waits is told to people ever further outside, and nobody inside can stop, skip or hasten that."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.access.walls import Ground
from heed.core.working_days import after, end_of, working_day_of
from heed.intake.beside import note
from heed.loops.sweep import Sweep
from heed.oversight.commands import chase
from heed.register.note import Signer, open_note
from heed.store import late
from heed.store.append import append_all_within
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice, decide
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def sweep(scene: Bodies, place: Path) -> Sweep:
    signer = Signer("heed.example.org/heartbeat", b"\7" * 32)
    return Sweep(scene.world.link("heed_sweep"), scene.to, signer, place)


def days_later(scene: Bodies, days: int) -> None:
    """The demonstration's clock: ten minutes after the end of that many working days from T."""
    now = datetime.now(UTC)
    until = end_of(after(working_day_of(now), days)) + timedelta(minutes=10)
    scene.without(
        "DELETE FROM machinery.clock",
        f"INSERT INTO machinery.clock (shift) VALUES ('{(until - now).total_seconds()} s')",
    )


def told(scene: Bodies, record: UUID) -> dict[int, set[str]]:
    names = {person: name for name, person in scene.world.people.items()}
    rows = scene.world.as_owner("SELECT days, told FROM facts.chase WHERE record = %s", (record,))
    return {days: {names[person] for person in people} for days, people in rows}


def late_for(scene: Bodies, name: str) -> list[UUID]:
    rows = late.late_records(Desk(scene.world.link("heed_office")), scene.keys[name], 25)
    return [row.record for row in rows]


def climbed(scene: Bodies, place: Path, days: int) -> None:
    days_later(scene, days)
    sweep(scene, place).step()


def test_silence_is_told_to_owner_manager_overseers_and_outside_contact(
    scene: Bodies, tmp_path: Path
) -> None:
    first, second = scene.records
    assert sweep(scene, tmp_path).step() == 0
    told_by_then: dict[int, set[str]] = {}
    for days, people in (
        (1, {"lead"}),
        (3, {"third"}),
        (5, {"overseer", "second"}),
        (7, {"contact"}),
    ):
        days_later(scene, days)
        assert sweep(scene, tmp_path).step() == 2
        assert sweep(scene, tmp_path).step() == 0
        told_by_then[days] = people
        assert told(scene, first) == told(scene, second) == told_by_then
    assert late_for(scene, "third") == late_for(scene, "overseer") == late_for(scene, "contact")
    assert set(late_for(scene, "third")) == {first, second}
    for nobody in ("lead", "colleague", "custodian", "admin", "their admin"):
        assert late_for(scene, nobody) == []
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_days_on_which_it_did_not_run_are_caught_up_rung_by_rung(
    scene: Bodies, tmp_path: Path
) -> None:
    days_later(scene, 5)
    assert sweep(scene, tmp_path).step() == 6
    assert set(told(scene, scene.records[0])) == {1, 3, 5}


def test_a_decision_that_is_carried_out_ends_it_and_nothing_else_does(
    scene: Bodies, tmp_path: Path
) -> None:
    first, second = scene.records
    desk = Desk(scene.world.link("heed_office"))
    owner = scene.world.people["lead"]
    key = scene.keys["lead"]
    desk.open(key, owner, first, CHANCE, scene.to)
    desk.open(key, owner, second, CHANCE, scene.to)
    made = decide(
        CHANCE, scene.to, record=first, concerned=None, choice=Choice.REFER, reason="at risk"
    )
    desk.append(key, made)
    desk.append(key, note(CHANCE, scene.to, record=first, words="Rung the council: 01632 960 111."))
    taker = scene.world.people["colleague"]
    offer = commands.offer_hand_over(CHANCE, scene.to, record=second, taker=taker, note="")
    desk.append(key, offer)
    scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=second))
    climbed(scene, tmp_path, 5)
    assert told(scene, first) == {}
    assert set(told(scene, second)) == {1, 3, 5}  # counted from receipt, whoever has it now
    assert late_for(scene, "overseer") == [second]


def test_no_rung_tells_whoever_is_walled_away_or_answers_for_it(
    scene: Bodies, tmp_path: Path
) -> None:
    first, second = scene.records
    people = scene.world.people
    for name in ("third", "overseer"):
        scene.act(
            "lead",
            commands.wall_person(
                CHANCE,
                scene.to,
                record=first,
                person=people[name],
                ground=Ground.ACCUSED,
                reason="named",
            ),
        )
    climbed(scene, tmp_path, 7)
    assert told(scene, first) == {1: {"lead"}, 3: {"second"}, 5: {"second"}, 7: {"contact"}}
    assert late_for(scene, "overseer") == late_for(scene, "third") == [second]
    assert set(late_for(scene, "second")) == {first, second}
    scene.without_line(
        "machinery.late_records(timestamptz,uuid,integer)",
        "AND r.id NOT IN (SELECT register.hidden_from(me))",
    )
    assert set(late_for(scene, "overseer")) == {first, second}


def test_without_that_question_somebody_accused_is_told(scene: Bodies, tmp_path: Path) -> None:
    first = scene.records[0]
    accused = scene.world.people["third"]
    wall = commands.wall_person(
        CHANCE, scene.to, record=first, person=accused, ground=Ground.ACCUSED, reason="named"
    )
    scene.act("lead", wall)
    scene.without_line(
        "register.told_after(uuid,integer)", "AND register.may_work_on(p.id, p_record)"
    )
    climbed(scene, tmp_path, 3)
    assert told(scene, first)[3] == {"third"}


def test_whoever_is_named_and_not_walled_yet_is_shown_nothing(
    scene: Bodies, tmp_path: Path
) -> None:
    """A match by name that would leave nobody is owed until somebody else can answer (ADR 0012)."""
    first, second = scene.records
    climbed(scene, tmp_path, 3)
    third = scene.world.people["third"]
    scene.without(
        f"INSERT INTO machinery.owed_match (record, person, entry) VALUES ('{first}', '{third}', '{first}')"
    )
    assert late_for(scene, "third") == [second]
    scene.without_line("register.hidden_from(uuid)", "o.person = p_person", "false")
    assert set(late_for(scene, "third")) == {first, second}


def refused(scene: Bodies, days: int, record: UUID) -> str:
    with pytest.raises(StoreRefused) as wrong:
        scene.world.register("heed_sweep").append(chase(CHANCE, scene.to, record=record, days=days))
    return wrong.value.code


def test_no_rung_is_skipped_repeated_or_hastened(scene: Bodies, tmp_path: Path) -> None:
    first = scene.records[0]
    assert refused(scene, 1, first) == "HE003"  # today
    assert refused(scene, 1, uuid4()) == "HE404"
    climbed(scene, tmp_path, 3)
    assert refused(scene, 3, first) == "HE003"
    assert refused(scene, 7, first) == "HE003"
    assert refused(scene, 2, first) == "HE003"


def test_nobody_else_writes_a_chase_and_the_sweep_writes_nothing_else(scene: Bodies) -> None:
    entry = chase(CHANCE, scene.to, record=scene.records[0], days=1)
    for role in ("heed_intake", "heed_office", "heed_opener"):
        with pytest.raises(StoreRefused) as wrong:
            scene.world.register(role).append(entry)
        assert wrong.value.code == "HE008"
    left = commands.leave(CHANCE, scene.to, person=scene.world.people["colleague"])
    with pytest.raises(StoreRefused) as wrong:
        scene.world.register("heed_sweep").append(left)
    assert wrong.value.code == "HE008"


def test_its_sign_of_life_is_signed_and_dated(scene: Bodies, tmp_path: Path) -> None:
    swept = sweep(scene, tmp_path)
    swept.step()
    key = Signer("heed.example.org/heartbeat", b"\7" * 32).verifier
    text, _ = open_note((tmp_path / "heartbeat").read_bytes(), [key])
    at = datetime.fromisoformat(text.split("\n")[2])
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=2)
    scene.without(
        "DROP FUNCTION machinery.to_chase(integer,timestamptz,timestamptz,timestamptz,integer)"
    )
    before = (tmp_path / "heartbeat").read_bytes()
    with pytest.raises(StoreRefused):
        swept.step()
    assert (tmp_path / "heartbeat").read_bytes() == before  # no sign of life without a whole sweep


def test_a_sweep_seals_no_more_than_it_sends(scene: Bodies) -> None:
    """While the database works on one the next is sealed, and after a refusal none is sealed in vain."""
    link, sealed = scene.world.link("heed_sweep"), count()
    first = scene.records[0]  # came today: its first rung is refused
    entries = (chase(CHANCE, scene.to, record=first, days=1) for _ in islice(sealed, 200))
    with pytest.raises(StoreRefused), link.transaction() as connection:
        append_all_within(connection, entries)
    assert next(sealed) <= 100
