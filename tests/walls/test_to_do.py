"""What was decided and waits to be done: it runs on a clock, is chased, and ends when it is written down."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from heed.core.vocabulary import Danger, Kind
from heed.intake import beside
from heed.referral.commands import Heard, How
from heed.referral.rules import Route
from heed.store import late, rebuild, remits
from heed.store.readable import Desk
from heed.triage.clocks import AFTER, NOTHING, Due
from heed.triage.concerned_commands import Choice, Part, Trust
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import Change
from tests.walls.naming_people import a_child, an_adult, deciding, looking
from tests.walls.referring import hearing, referring
from tests.walls.refusals import Asked
from tests.walls.refusals import told as answered
from tests.walls.sorting_letters import DECIDE as DECIDE_SORTING
from tests.walls.sorting_letters import NOT_ONE, oversee, samples
from tests.walls.test_ladder import climbed, told
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

COUNT = "register.count_to_do(uuid)"
ACT, REFER = AFTER["act_now"][0], AFTER["refer"][0]


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead has opened both records; in the first a child is named."""
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
        yield made


def noting(scene: Bodies, record: UUID) -> Change:
    return Change("lead", beside.note(CHANCE, scene.to, record=record, words="as it was done"))


def calling(scene: Bodies, record: UUID) -> Change:
    entry = beside.write_down_call(
        CHANCE,
        scene.to,
        record=record,
        whom=beside.Whom.EMERGENCY,
        rung_at=datetime.now(UTC) - timedelta(minutes=1),
        words="They are on their way.",
    )
    return Change("lead", entry)


def parents(scene: Bodies, record: UUID) -> Change:
    entry = beside.tell_parents(CHANCE, scene.to, record=record, told=True, words="by telephone")
    return Change("lead", entry)


def named(scene: Bodies, record: UUID, count: int = 1) -> list[UUID]:
    changes = [a_child(scene, record, f"Child {number}") for number in range(count)]
    for change in changes:
        scene.act(*change)
    return [change.entry.id for change in changes]


def decided(scene: Bodies, record: UUID, concerned: UUID | None, choice: Choice) -> datetime:
    """When it was decided."""
    change = deciding(scene, record, concerned, choice)
    scene.act(*change)
    at: datetime = scene.world.as_owner(
        "SELECT at FROM facts.decision WHERE entry = %s", (change.entry.id,)
    )[0][0]
    return at


def to_do(scene: Bodies, record: UUID) -> tuple[str | None, datetime | None]:
    found: tuple[str | None, datetime | None] = scene.world.as_owner(
        "SELECT to_do, to_do_since FROM facts.record WHERE id = %s", (record,)
    )[0]
    return found


def due_in(scene: Bodies, record: UUID) -> Due:
    """As the owner's own queue says it."""
    desk = Desk(scene.world.link("heed_office"))
    return next(one.next for one in desk.queue(scene.keys["lead"], 50) if one.id == record)


def same(scene: Bodies) -> None:
    assert rebuild.check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def in_danger(scene: Bodies) -> UUID:
    """A record with danger, opened, with a child for whom its owner decided to act now."""
    record = scene.world.tell("he is there now", danger=Danger.YES).record
    scene.world.open()
    scene.act(*looking(scene, record))
    (child,) = named(scene, record)
    decided(scene, record, child, Choice.ACT_NOW)
    return record


def shown_to_the_manager(scene: Bodies, record: UUID) -> str:
    desk, key = Desk(scene.world.link("heed_office")), scene.keys["third"]
    found = remits.in_team(desk, key, record)
    assert found is not None
    return found.listed.next.what


def late_for_the_manager(scene: Bodies, record: UUID) -> list[str]:
    desk, key = Desk(scene.world.link("heed_office")), scene.keys["third"]
    return [one.next.what for one in late.late_records(desk, key, 25) if one.record == record]


def test_a_child_in_danger_for_whom_it_was_decided_to_act_is_not_forgotten(
    scene: Bodies, tmp_path: Path
) -> None:
    record = in_danger(scene)
    (_, since), due = to_do(scene, record), due_in(scene, record)
    assert since is not None
    assert (due.what, due.by) == (ACT, since + timedelta(minutes=15))
    desk = Desk(scene.world.link("heed_office"))
    assert desk.queue(scene.keys["lead"], 1)[0].id == record
    assert shown_to_the_manager(scene, record) == ACT
    climbed(scene, tmp_path, 3)
    assert told(scene, record) == {1: {"lead"}, 3: {"third"}}
    assert late_for_the_manager(scene, record) == [ACT]
    scene.act(*calling(scene, record))
    assert due_in(scene, record) == NOTHING
    assert late_for_the_manager(scene, record) == []


def test_without_that_count_it_is_forgotten(scene: Bodies, tmp_path: Path) -> None:
    scene.without_line(COUNT, "d.decision IN ('act_now', 'refer')", "false")
    record = in_danger(scene)
    assert due_in(scene, record) == NOTHING
    assert shown_to_the_manager(scene, record) == NOTHING.what
    climbed(scene, tmp_path, 3)
    assert told(scene, record) == {}


def test_what_is_referred_is_due_in_a_working_day_until_it_is_written_down(
    scene: Bodies, tmp_path: Path
) -> None:
    first, second = scene.records
    for record in scene.records:
        decided(scene, record, None, Choice.REFER)
        assert due_in(scene, record).what == REFER
        scene.act(*parents(scene, record))  # not what was decided
        assert due_in(scene, record).yourself
    scene.act(*noting(scene, first))
    assert due_in(scene, first) == NOTHING
    climbed(scene, tmp_path, 3)
    assert told(scene, first) == {}
    assert told(scene, second) == {1: {"lead"}, 3: {"third"}}


def test_the_newest_decision_for_each_counts_and_to_act_comes_first(scene: Bodies) -> None:
    record = scene.records[0]
    one, other = named(scene, record, 2)
    referred = decided(scene, record, one, Choice.REFER)
    assert to_do(scene, record) == ("refer", referred)
    acted = decided(scene, record, other, Choice.ACT_NOW)
    assert to_do(scene, record) == ("act_now", acted)
    decided(scene, record, other, Choice.ACT_NOW)
    assert to_do(scene, record) == ("act_now", acted)  # no more time by deciding it again
    decided(scene, record, other, Choice.SHARE)
    assert to_do(scene, record) == ("refer", referred)
    decided(scene, record, one, Choice.NO_FURTHER_ACTION)
    assert to_do(scene, record) == (None, None)
    decided(scene, record, one, Choice.ACT_NOW)
    scene.act(*noting(scene, record))
    again = decided(scene, record, one, Choice.ACT_NOW)
    assert to_do(scene, record) == ("act_now", again)
    same(scene)


def sent_back_while_it_waits(scene: Bodies, record: UUID) -> Asked:
    """An overseer sends back that nothing was to be done, after its owner decided to act: then a sorting."""
    decided(scene, record, None, Choice.NO_FURTHER_ACTION)
    (chosen,) = samples(scene)
    decided(scene, record, None, Choice.ACT_NOW)
    oversee(scene, "overseer", record)
    review = {"sorting": str(chosen), "outcome": "look again"}
    assert answered(scene, Asked("overseer", Kind.REVIEWED, record, review)) == (ACCEPTED,)
    same(scene)
    return Asked("lead", Kind.SORTED, record, NOT_ONE)


def test_what_waits_to_be_done_is_not_put_aside(scene: Bodies) -> None:
    asked = sent_back_while_it_waits(scene, scene.records[0])
    assert answered(scene, asked)[0] == "HE021"
    scene.without_line(DECIDE_SORTING, "OR held.to_do IS NOT NULL", "")
    assert answered(scene, asked) == (ACCEPTED,)


def test_without_that_order_to_decide_it_again_gives_more_time(scene: Bodies) -> None:
    scene.without_line(COUNT, "w.what), w.at LIMIT", "w.what), w.at DESC LIMIT")
    record = scene.records[0]
    decided(scene, record, None, Choice.ACT_NOW)
    again = decided(scene, record, None, Choice.ACT_NOW)
    assert to_do(scene, record) == ("act_now", again)
    found = rebuild.check(scene.world.urls["heed_owner"], scene.world.keys).differences
    assert [(one.table, one.key) for one in found] == [("facts.record", str(record))]


def referred_and_silent(scene: Bodies) -> tuple[UUID, UUID]:
    """A record that its owner referred by telephone; and the referral, of which nobody has heard since."""
    record = in_danger(scene)
    told_them = referring(scene, record)
    scene.act(*told_them)
    return record, told_them.entry.id


def test_a_referral_that_nobody_confirms_climbs_until_somebody_independent_has_it(
    scene: Bodies, tmp_path: Path
) -> None:
    record, referral = referred_and_silent(scene)
    (what, since), due = to_do(scene, record), due_in(scene, record)
    assert what == "confirm"
    assert since is not None
    assert (due.what, due.by) == (AFTER["confirm"][0], AFTER["confirm"][1].due(since))
    for days in (1, 3, 5):
        climbed(scene, tmp_path, days)
    assert told(scene, record).keys() == {1, 3, 5}
    scene.act(*hearing(scene, record, referral, Heard.ACKNOWLEDGED))
    assert due_in(scene, record) == NOTHING
    climbed(scene, tmp_path, 7)
    assert told(scene, record).keys() == {1, 3, 5}
    same(scene)


def test_without_that_line_its_silence_is_heard_by_nobody(scene: Bodies, tmp_path: Path) -> None:
    scene.without_line(COUNT, "WHERE f.record = p_record) AS w", "WHERE false) AS w")
    record, _ = referred_and_silent(scene)
    assert due_in(scene, record) == NOTHING
    climbed(scene, tmp_path, 5)
    assert told(scene, record) == {}


def accounted(scene: Bodies, record: UUID, concerned: UUID | None) -> str | None:
    """What is to be done once it went, for them, to whoever looks at what was done, who has it."""
    told_them = referring(scene, record, concerned=concerned, route=Route.ACCOUNTABILITY)
    scene.act(*told_them)
    scene.act(*hearing(scene, record, told_them.entry.id, Heard.ACKNOWLEDGED))
    same(scene)
    return to_do(scene, record)[0]


def test_accountability_keeps_no_child_safe_and_refers_only_a_named_adult(scene: Bodies) -> None:
    record, nobody_named = scene.records
    decided(scene, nobody_named, None, Choice.REFER)
    assert accounted(scene, nobody_named, None) == "refer"
    (child,) = named(scene, record)
    decided(scene, record, child, Choice.REFER)
    assert accounted(scene, record, child) == "refer"
    assert accounted(scene, record, None) == "refer"
    scene.act(*referring(scene, record, concerned=child))
    assert to_do(scene, record)[0] == "confirm"


def test_accountability_refers_an_adult_until_they_are_said_to_be_a_child(scene: Bodies) -> None:
    record = scene.records[0]
    change = an_adult(scene, record, Trust.YES)
    scene.act(*change)
    adult = change.entry.id
    decided(scene, record, adult, Choice.REFER)
    assert accounted(scene, record, adult) is None
    scene.act(*an_adult(scene, record, part=Part.CHILD, concerned=adult))
    assert to_do(scene, record)[0] == "refer"
    same(scene)


def test_without_that_question_a_complaint_stands_for_a_child_s_referral(scene: Bodies) -> None:
    scene.without_line(
        "register.was_referred(uuid,uuid,integer,text,timestamptz)",
        "SELECT NOT (n.child OR n.part = 'child')",
        "SELECT true",
    )
    record = scene.records[0]
    (child,) = named(scene, record)
    decided(scene, record, child, Choice.REFER)
    scene.act(*referring(scene, record, concerned=child, route=Route.ACCOUNTABILITY))
    assert to_do(scene, record)[0] == "confirm"


@pytest.mark.parametrize("seed", range(3))
def test_both_engines_say_the_same_of_any_history(scene: Bodies, seed: int) -> None:
    dice = random.Random(seed)
    record = scene.records[0]
    whom: list[UUID | None] = [None]
    seen: set[str | None] = set()

    def deciding_any() -> None:
        decided(scene, record, dice.choice(whom), dice.choice(list(Choice)))

    sent: list[UUID] = []

    def refer_any() -> UUID:
        how = dice.choice([How.TELEPHONE, How.EMAIL])
        route = dice.choice(list(Route))
        change = referring(scene, record, concerned=dice.choice(whom), how=how, route=route)
        scene.act(*change)
        return change.entry.id

    def hear_any() -> None:
        if sent:
            scene.act(*hearing(scene, record, dice.choice(sent), dice.choice(list(Heard))))

    def say_again(adult: UUID) -> None:
        scene.act(*an_adult(scene, record, Trust.YES, dice.choice(list(Part)), adult))

    steps: list[Callable[[], Any]] = [
        *[deciding_any] * 6,
        lambda: scene.act(*noting(scene, record)),
        lambda: scene.act(*calling(scene, record)),
        lambda: scene.act(*parents(scene, record)),
        lambda: scene.act(*looking(scene, record)),
        *[lambda: sent.append(refer_any())] * 2,
        *[hear_any] * 3,
    ]
    for number in range(36):
        if number == 12:
            whom = [*named(scene, record, 2)]
            adult = an_adult(scene, record, Trust.YES)
            scene.act(*adult)
            whom.append(adult.entry.id)
            steps.append(partial(say_again, adult.entry.id))
        dice.choice(steps)()
        seen.add(to_do(scene, record)[0])
        if number % 4 == 3:
            same(scene)
    assert seen == {None, "act_now", "refer", "confirm"}


@pytest.mark.parametrize("written", [False, True])
def test_what_came_at_the_last_moment_of_a_rebuild_counts(
    scene: Bodies, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    record = scene.records[0]
    decided(scene, record, None, Choice.REFER)
    swap = rebuild._swap

    def late_hand(*given: Any) -> None:
        decided(scene, record, None, Choice.ACT_NOW)
        if written:
            scene.act(*noting(scene, record))
        monkeypatch.setattr(rebuild, "_swap", swap)
        swap(*given)

    monkeypatch.setattr(rebuild, "_swap", late_hand)
    rebuild.rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert to_do(scene, record)[0] == (None if written else "act_now")
    same(scene)
