"""While a child may be in danger and nobody has acted, the next person is called: whom, and when."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from heed.access import asking, commands
from heed.access.walls import Ground
from heed.core.vocabulary import Danger
from heed.intake.beside import Whom
from heed.intake.beside import write_down_call as rang
from heed.intake.commands import add_words
from heed.loops.sweep import STILL, Sweep
from heed.oversight.calls import ACT, NEXT
from heed.oversight.commands import answer_call, call_out
from heed.referral.commands import Heard
from heed.register.note import Signer
from heed.store.connection import StoreRefused
from heed.store.readable import Desk, NoSuchRecord
from heed.store.rebuild import check, rebuild
from heed.triage.concerned_commands import Choice, decide
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.calling import (
    called,
    caller,
    later,
    newest,
    reachable,
    say,
    whys,
)
from tests.walls.referring import hearing, referring
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        reachable(made)
        yield made


def same(scene: Bodies) -> None:
    """The tables are what the entries say."""
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def stepped(scene: Bodies, *minutes: float) -> None:
    for each in minutes:
        later(scene, each)
        caller(scene).step()


def decided(scene: Bodies, name: str, record: UUID) -> None:
    desk = Desk(scene.world.link("heed_office"))
    desk.open(scene.keys[name], scene.world.people[name], record, CHANCE, scene.to)
    made = decide(
        CHANCE, scene.to, record=record, concerned=None, choice=Choice.REFER, reason="at risk"
    )
    desk.append(scene.keys[name], made)


def referred(scene: Bodies, record: UUID) -> UUID:
    """The lead opens it, and refers it by telephone to whoever protects the child; the referral."""
    desk = Desk(scene.world.link("heed_office"))
    desk.open(scene.keys["lead"], scene.world.people["lead"], record, CHANCE, scene.to)
    change = referring(scene, record)
    scene.act(*change)
    return change.entry.id


def in_danger(scene: Bodies) -> Told:
    told = scene.world.tell(danger=Danger.YES)
    scene.world.open()
    return told


def more_words(scene: Bodies, told: Told) -> None:
    scene.world.tell("He is here now.", danger=Danger.YES, code=told.code, door=told.door)
    scene.world.open()


def refused(scene: Bodies, name: str, record: UUID) -> str:
    try:
        say(scene, name, record)
    except NoSuchRecord:
        return "HE404"
    except StoreRefused as wrong:
        return wrong.code
    return "accepted"


def walled(scene: Bodies, name: str, record: UUID) -> None:
    entry = commands.wall_person(
        CHANCE,
        scene.to,
        record=record,
        person=scene.world.people[name],
        ground=Ground.ACCUSED,
        reason="named",
    )
    scene.act("lead", entry)


def test_silence_calls_the_next_and_at_last_the_outside_contact_for_ever(scene: Bodies) -> None:
    first, second = scene.records
    assert caller(scene).step() == 2
    assert caller(scene).step() == 0
    stepped(scene, 14)
    assert called(scene, first) == ["lead"]
    stepped(scene, 15.1, 30.2, 45.3, 60.4)
    assert called(scene, first) == called(scene, second) == ["lead", "colleague"] + ["contact"] * 3
    assert whys(scene, first) == ["first"] + ["unanswered"] * 4
    stepped(scene, 60 * 24 * 30, 60 * 24 * 30 + 16)  # every day of the year; no day is made up for
    assert called(scene, first)[5:] == ["contact"] * 2
    same(scene)


def test_danger_no_calls_nobody_unless_a_child_wrote_it(scene: Bodies) -> None:
    for record in scene.records:
        decided(scene, "lead", record)
    calm = scene.world.tell(danger=Danger.NO).record
    young = scene.world.tell(danger=Danger.NO, child="yes").record
    grave = scene.world.tell(danger=Danger.YES).record
    scene.world.open()
    assert caller(scene).step() == 2
    assert (called(scene, calm), called(scene, young), called(scene, grave)) == (
        [],
        ["lead"],
        ["lead"],
    )
    same(scene)


def test_saying_i_have_this_gives_an_hour_and_ends_nothing(scene: Bodies) -> None:
    first = scene.records[0]
    caller(scene).step()
    later(scene, 2)
    say(scene, "lead", first)
    stepped(scene, 16, 59)
    assert called(scene, first) == ["lead"]
    stepped(scene, 60.2, 70)
    assert called(scene, first) == ["lead", "colleague"]
    assert whys(scene, first) == ["first", "undecided"]
    stepped(scene, 75.5)
    assert called(scene, first) == ["lead", "colleague", "contact"]
    same(scene)


def test_who_takes_it_in_anothers_place_can_read_and_decide_and_that_ends_it(
    scene: Bodies,
) -> None:
    first = scene.records[0]
    stepped(scene, 0, 15.1)
    say(scene, "colleague", first)
    assert scene.owner(first) == scene.world.people["colleague"]
    decided(scene, "colleague", first)
    stepped(scene, 76, 60 * 24)
    assert called(scene, first) == ["lead", "colleague"]
    same(scene)
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    same(scene)
    stepped(scene, 60 * 24 + 60)
    assert called(scene, first) == ["lead", "colleague"]


def test_who_has_it_already_does_not_lose_it_to_a_second_who_taps(scene: Bodies) -> None:
    first = scene.records[0]
    stepped(scene, 0)
    call, _, _ = newest(scene, first)
    stepped(scene, 15.1)
    scene.act("lead", answer_call(CHANCE, scene.to, record=first, call=call))
    say(scene, "colleague", first)
    assert scene.owner(first) == scene.world.people["lead"]
    same(scene)


def test_a_call_that_was_written_down_ends_it_and_what_is_said_later_calls_again(
    scene: Bodies,
) -> None:
    told = scene.world.tell(danger=Danger.YES)
    scene.world.open()
    caller(scene).step()
    desk = Desk(scene.world.link("heed_office"))
    lead = scene.world.people["lead"]
    desk.open(scene.keys["lead"], lead, told.record, CHANCE, scene.to)
    made = rang(
        CHANCE, scene.to, record=told.record, whom=Whom("999"), rung_at=datetime.now(UTC), words=""
    )
    desk.append(scene.keys["lead"], made)
    stepped(scene, 16, 61)
    assert called(scene, told.record) == ["lead"]
    more = add_words(
        CHANCE,
        scene.world.public_recipients(told.code),
        "He is here now.",
        record=told.record,
        lookup=told.code.lookup,
        token=b"m" * 32,
    )
    scene.world.register("heed_intake").append(more)
    scene.world.open()
    stepped(scene, 62, 63)
    assert called(scene, told.record) == ["lead", "lead"]
    desk.open(scene.keys["lead"], lead, told.record, CHANCE, scene.to)
    stepped(scene, 100)
    assert called(scene, told.record) == ["lead", "lead"]
    same(scene)


def test_a_referral_by_telephone_ends_it_and_what_is_said_later_calls_at_once(
    scene: Bodies,
) -> None:
    told = in_danger(scene)
    stepped(scene, 0)
    later(scene, 2)
    say(scene, "lead", told.record)
    later(scene, 10)
    referred(scene, told.record)
    stepped(scene, 11, 61, 90)
    assert called(scene, told.record) == ["lead"]
    more_words(scene, told)
    stepped(scene, 90)
    assert called(scene, told.record) == ["lead", "lead"]
    assert whys(scene, told.record) == ["first", "first"]
    same(scene)


def test_without_that_line_what_was_answered_before_a_referral_delays_the_next(
    scene: Bodies,
) -> None:
    told = in_danger(scene)
    scene.without_line("register.acts(uuid)", "f.route = 'protecting'", "false")
    stepped(scene, 0)
    later(scene, 2)
    say(scene, "lead", told.record)
    later(scene, 10)
    referred(scene, told.record)
    more_words(scene, told)
    stepped(scene, 12)
    assert called(scene, told.record) == ["lead"]


def test_a_referral_that_was_recorded_in_error_never_ended_it(scene: Bodies) -> None:
    told = in_danger(scene)
    stepped(scene, 0)
    later(scene, 10)
    referral = referred(scene, told.record)
    stepped(scene, 30)
    assert called(scene, told.record) == ["lead"]
    scene.act(*hearing(scene, told.record, referral, Heard.IN_ERROR))
    stepped(scene, 31)
    assert called(scene, told.record) == ["lead", "colleague"]
    same(scene)


def test_without_that_question_a_referral_that_never_was_silences_it(scene: Bodies) -> None:
    told = in_danger(scene)
    scene.without_line("register.acts(uuid)", "s.what = 'in error'", "false")
    stepped(scene, 0)
    later(scene, 10)
    referral = referred(scene, told.record)
    scene.act(*hearing(scene, told.record, referral, Heard.IN_ERROR))
    stepped(scene, 31)
    assert called(scene, told.record) == ["lead"]


def test_what_is_new_soon_after_somebody_acted_is_due_at_once(scene: Bodies) -> None:
    told = in_danger(scene)
    stepped(scene, 0)
    later(scene, 5)
    decided(scene, "lead", told.record)
    later(scene, 6)
    more_words(scene, told)
    stepped(scene, 6)
    assert called(scene, told.record) == ["lead", "lead"]
    same(scene)


def test_without_forgetting_the_call_before_it_what_is_new_waits(scene: Bodies) -> None:
    told = in_danger(scene)
    scene.without_line(
        "register.count_to_do(uuid)",
        "SELECT c.at FROM register.calls_now(p_record) AS c ORDER BY c.version DESC LIMIT 1",
        "r.called_at",
    )
    stepped(scene, 0)
    later(scene, 5)
    decided(scene, "lead", told.record)
    later(scene, 6)
    more_words(scene, told)
    stepped(scene, 6)
    assert called(scene, told.record) == ["lead"]


def test_nobody_who_is_walled_away_or_without_a_telephone_is_called(scene: Bodies) -> None:
    first, second = scene.records
    walled(scene, "colleague", first)
    stepped(scene, 0, 15.1, 30.2)
    assert called(scene, first) == ["lead", "contact", "contact"]
    assert called(scene, second) == ["lead", "colleague", "contact"]
    same(scene)


def test_without_that_question_somebody_accused_is_called(scene: Bodies) -> None:
    first = scene.records[0]
    walled(scene, "colleague", first)
    scene.without_line(
        "register.may_call(uuid,uuid,boolean)", "register.may_work_on(p_person, p_record)", "true"
    )
    stepped(scene, 0, 15.1)
    assert called(scene, first) == ["lead", "colleague"]


def test_who_cannot_be_reached_is_passed_over_at_once(scene: Bodies) -> None:
    scene.without("DELETE FROM machinery.reach WHERE telephone = '07700900101'")
    caller(scene).step()
    assert called(scene, scene.records[0]) == ["colleague"]
    say(scene, "colleague", scene.records[0])
    assert scene.owner(scene.records[0]) == scene.world.people["colleague"]


def test_where_nobody_can_be_reached_no_call_is_pretended(scene: Bodies) -> None:
    scene.without("DELETE FROM machinery.reach")
    assert caller(scene).step() == 0
    with pytest.raises(StoreRefused) as wrong:
        scene.world.register("heed_sweep").append(
            call_out(CHANCE, scene.to, record=scene.records[0])
        )
    assert wrong.value.code == "HE065"
    reachable(scene, "contact")
    assert caller(scene).step() == 2
    assert called(scene, scene.records[0]) == ["contact"]


def test_while_nobody_has_read_the_words_only_the_outside_contact_is_called(scene: Bodies) -> None:
    """They may name whoever is on duty: no name has been looked for yet."""
    told = scene.world.tell("The Safeguarding lead did it", danger=Danger.YES).record
    stepped(scene, 1)
    assert called(scene, told) == []
    stepped(scene, 2.1)
    assert called(scene, told) == ["contact"]
    assert whys(scene, told) == ["unread"]
    say(scene, "contact", told)
    assert scene.owner(told) == scene.world.people["lead"]  # what nobody can read changes no hands
    same(scene)
    scene.without_line(
        "register.is_dark(uuid)",
        "NOT EXISTS (SELECT FROM words.screened s WHERE s.record = p_record)",
        "false",
    )
    scene.without_line("register.is_dark(uuid)", "u.entry = s.entry", "false")
    other = scene.world.tell("The Safeguarding lead did it", danger=Danger.YES).record
    stepped(scene, 3)
    assert called(scene, other) == ["lead"]


def test_where_they_cannot_be_reached_nobody_whom_it_may_name_is_called(scene: Bodies) -> None:
    scene.without("DELETE FROM machinery.reach WHERE telephone = '07700900104'")
    told = scene.world.tell("The Safeguarding lead did it", danger=Danger.YES).record
    stepped(scene, 3, 20)
    assert called(scene, told) == []
    scene.without_line(
        "register.whom_to_call(uuid,timestamp with time zone)", "IF dark THEN", "IF false THEN"
    )
    stepped(scene, 21)
    assert called(scene, told) == ["lead"]


def test_as_soon_as_the_words_can_be_read_whoever_is_on_duty_is_called(scene: Bodies) -> None:
    told = scene.world.tell("the weir", danger=Danger.YES).record
    stepped(scene, 2.1)
    say(scene, "contact", told)
    scene.world.open()
    stepped(scene, 3, 18.1)
    assert called(scene, told) == ["contact", "lead", "colleague"]
    assert whys(scene, told) == ["unread", "first", "unanswered"]
    same(scene)


def test_danger_that_was_said_once_is_never_unsaid(scene: Bodies) -> None:
    told = scene.world.tell(danger=Danger.YES)
    scene.world.tell("It is fine.", danger=Danger.NO, code=told.code, door=told.door)
    scene.world.open()
    caller(scene).step()
    assert called(scene, told.record) == ["lead"]


def test_with_the_record_its_offers_and_the_leave_to_read_it_end(scene: Bodies) -> None:
    first = scene.records[0]
    people = scene.world.people
    give = {"record": first, "person": people["third"], "reason": "knows the club"}
    leave = asking.give_access(CHANCE, scene.to, **give)
    offer = commands.offer_hand_over(CHANCE, scene.to, record=first, taker=people["third"], note="")
    scene.act("lead", leave)
    scene.act("lead", offer)
    stepped(scene, 0, 15.1)
    say(scene, "colleague", first)
    (row,) = scene.world.as_owner("SELECT state FROM facts.offer WHERE record = %s", (first,))
    assert row[0] == "overtaken"
    (row,) = scene.world.as_owner("SELECT ended FROM facts.opening WHERE record = %s", (first,))
    assert row[0] is True
    same(scene)


def test_while_reading_is_closed_the_outside_contact_is_called(scene: Bodies) -> None:
    scene.without("INSERT INTO machinery.closed (why) VALUES ('a head contradicts')")
    stepped(scene, 2.1)
    assert called(scene, scene.records[0]) == ["contact"]


def test_nobody_answers_for_another_nor_twice(scene: Bodies) -> None:
    first = scene.records[0]
    caller(scene).step()
    assert refused(scene, "colleague", first) == "HE404"
    assert refused(scene, "overseer", first) == "HE404"
    say(scene, "lead", first)
    assert refused(scene, "lead", first) == "HE066"
    entry = answer_call(CHANCE, scene.to, record=first, message="0" * 32)
    with pytest.raises(StoreRefused) as wrong:
        scene.world.register("heed_signin").append(entry)
    assert wrong.value.code == "HE404"


def test_without_that_question_anybody_silences_a_call(scene: Bodies) -> None:
    first = scene.records[0]
    caller(scene).step()
    scene.without_line(
        "register.decide_call_answered(uuid,jsonb,timestamp with time zone,uuid)",
        "c.person = p_me AND ",
    )
    say(scene, "third", first)
    stepped(scene, 16)
    assert called(scene, first) == ["lead"]


def test_by_the_token_of_their_message_alone_somebody_says_so(scene: Bodies) -> None:
    first, second = scene.records
    stepped(scene, 0, 15.1)
    _, token, _ = newest(scene, first)
    signin = scene.world.register("heed_signin")
    with pytest.raises(StoreRefused):
        signin.append(answer_call(CHANCE, scene.to, record=second, message=token))
    signin.append(answer_call(CHANCE, scene.to, record=first, message=token))
    assert scene.owner(first) == scene.world.people["colleague"]
    same(scene)


def test_whoever_is_restricted_after_they_answered_has_said_nothing(scene: Bodies) -> None:
    first = scene.records[0]
    stepped(scene, 0, 15.1)
    say(scene, "colleague", first)
    other = commands.wall_person(
        CHANCE,
        scene.to,
        record=first,
        person=scene.world.people["colleague"],
        ground=Ground.ACCUSED,
        reason="named",
    )
    scene.act("colleague", other)
    stepped(scene, 30.5)
    assert called(scene, first) == ["lead", "colleague", "contact"]
    same(scene)


def test_without_that_question_they_have_silenced_it_for_an_hour(scene: Bodies) -> None:
    first = scene.records[0]
    stepped(scene, 0, 15.1)
    say(scene, "colleague", first)
    scene.without_line(
        "register.next_call_at(uuid,timestamp with time zone)",
        "AND register.may_work_on(c.person, p_record)",
    )
    own = commands.wall_person(
        CHANCE,
        scene.to,
        record=first,
        person=scene.world.people["colleague"],
        ground=Ground.ACCUSED,
        reason="named",
    )
    scene.act("colleague", own)
    stepped(scene, 30.5)
    assert called(scene, first) == ["lead", "colleague"]


def test_a_call_from_before_somebody_acted_takes_nothing(scene: Bodies) -> None:
    told = in_danger(scene)
    stepped(scene, 0, 15.1)
    old, token, _ = newest(scene, told.record)
    decided(scene, "lead", told.record)
    more_words(scene, told)
    signed_in = answer_call(CHANCE, scene.to, record=told.record, call=old)
    by_token = answer_call(CHANCE, scene.to, record=told.record, message=token)
    with pytest.raises(StoreRefused) as wrong:
        scene.act("colleague", signed_in)
    assert wrong.value.code == "HE073"
    with pytest.raises(StoreRefused) as wrong:
        scene.world.register("heed_signin").append(by_token)
    assert wrong.value.code == "HE073"
    scene.without_line(
        "register.decide_call_answered(uuid,jsonb,timestamp with time zone,uuid)",
        "made.entry NOT IN (SELECT c.entry FROM register.calls_now(p_stream) AS c)",
        "false",
    )
    scene.act("colleague", signed_in)
    assert scene.owner(told.record) == scene.world.people["colleague"]


def test_no_call_is_hastened_and_nobody_else_writes_one(scene: Bodies) -> None:
    first = scene.records[0]
    caller(scene).step()
    entry = call_out(CHANCE, scene.to, record=first)
    with pytest.raises(StoreRefused) as wrong:
        scene.world.register("heed_sweep").append(entry)
    assert wrong.value.code == "HE064"
    with pytest.raises(StoreRefused) as wrong:
        scene.world.register("heed_sweep").append(call_out(CHANCE, scene.to, record=uuid4()))
    assert wrong.value.code == "HE064"
    for role in ("heed_intake", "heed_office", "heed_opener", "heed_signin"):
        with pytest.raises(StoreRefused) as wrong:
            scene.world.register(role).append(entry)
        assert wrong.value.code == "HE008"
    scene.without_line(
        "register.decide_call_out(uuid,timestamp with time zone)",
        "(register.next_call_at(p_stream, p_at) <= p_at) IS NOT TRUE",
        "false",
    )
    scene.world.register("heed_sweep").append(entry)
    assert called(scene, first) == ["lead", "colleague"]


def test_a_clock_that_is_put_back_silences_nothing(scene: Bodies) -> None:
    first = scene.records[0]
    stepped(scene, 60 * 24 * 365)  # a year ahead, by mistake
    stepped(scene, 1)
    assert called(scene, first) == ["lead", "colleague"]
    stepped(scene, 2)
    assert called(scene, first) == ["lead", "colleague"]
    stepped(scene, 16.1)
    assert called(scene, first) == ["lead", "colleague", "contact"]
    same(scene)


def test_where_calling_stands_still_there_is_no_sign_of_life(scene: Bodies, tmp_path: Path) -> None:
    signer = Signer("heed.example.org/heartbeat", b"\7" * 32)
    calling = caller(scene)
    sweep = Sweep(scene.world.link("heed_sweep"), scene.to, signer, tmp_path, (calling,))
    calling.worked_at -= STILL
    sweep.step()
    assert not (tmp_path / "heartbeat").exists()
    calling.step()
    sweep.step()
    assert (tmp_path / "heartbeat").exists()


def test_the_database_waits_as_long_as_the_rules_say(scene: Bodies) -> None:
    at = datetime.now(UTC)
    assert NEXT.due(at) == at + timedelta(minutes=15)
    assert ACT.due(at) == at + timedelta(minutes=60)
    (row,) = scene.world.as_owner(
        "SELECT pg_get_functiondef('register.next_call_at(uuid,timestamptz)'::regprocedure)"
    )
    for rule in (NEXT, ACT):
        assert f"constant interval := interval '{rule.limit.amount} minutes'" in row[0]
