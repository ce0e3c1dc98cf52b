"""A reporter asks again and challenges what was decided: told once in a day, judged by somebody else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from heed.access import commands as access
from heed.access.walls import Ground
from heed.core.times import LONDON
from heed.intake import commands as intake
from heed.loops.sweep import Sweep
from heed.oversight.asked_commands import Verdict, chase_challenge
from heed.oversight.commands import chase
from heed.register.entry import Recipients
from heed.register.note import Signer
from heed.register.vault import SealingKey
from heed.store.append import append_within
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.asking_again import (
    answering,
    asking,
    challenged,
    challenging,
    decided_and_told,
    holding,
    reported,
    says,
    telling,
    told_by,
)
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import Change
from tests.walls.naming_people import deciding, looking
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

AGAIN = "register.decide_asked_again(uuid,timestamp with time zone)"
CHALLENGED = "register.decide_challenged(uuid,jsonb)"
TELLING = "register.decide_telling(uuid,text,jsonb,timestamp with time zone,uuid)"
VERDICT = "register.decide_challenge_answered(uuid,jsonb,uuid)"
CHASED = "register.decide_challenge_chased(uuid,jsonb,timestamp with time zone)"
WAIT = "machinery.reporters_wait(integer,uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def wait(scene: Bodies, name: str) -> list[tuple[str, UUID]]:
    """What this person is shown of reporters who wait, and in which record."""
    with scene.connected(name) as connection:
        rows = connection.execute("SELECT what, record FROM machinery.reporters_wait(100)")
        return [(str(row[0]), row[1]) for row in rows.fetchall()]


def later(scene: Bodies, **elapsed: float) -> None:
    """So much time passes: the clock of a demonstration goes forward."""
    scene.without(
        f"INSERT INTO machinery.clock AS c (shift) VALUES ('{timedelta(**elapsed)}')"
        " ON CONFLICT (one) DO UPDATE SET shift = c.shift + excluded.shift"
    )


def replying(scene: Bodies, told: Told) -> Change:
    entry = intake.answer(CHANCE, scene.to, "We have it.", record=told.record, token=b"t" * 32)
    return Change("lead", entry)


def looked_over(scene: Bodies, record: UUID, name: str = "overseer") -> None:
    """An overseer asked to see it, and read it."""
    person = scene.world.people[name]
    scene.act(
        name, access.ask_for_content(CHANCE, scene.to, person=person, record=record, reason="so")
    )
    look = access.look(CHANCE, scene.to, person=person, records=[record], purpose="oversight")
    scene.act(name, look)


def today() -> datetime:
    return datetime.now(UTC).astimezone(LONDON)


def test_who_asks_again_has_the_owner_and_the_next_rung_told_once_in_a_day(scene: Bodies) -> None:
    told = reported(scene)
    first, again = asking(scene, told), asking(scene, told)
    assert says(scene, first) == says(scene, again) == ACCEPTED
    assert told_by(scene, first.entry.id) == {"lead", "third"}
    assert told_by(scene, again.entry.id) == set()
    assert wait(scene, "lead") == wait(scene, "third") == [("asked", told.record)]
    for nobody in ("colleague", "overseer", "contact", "admin"):
        assert wait(scene, nobody) == []
    later(scene, hours=25)
    third = asking(scene, told)
    assert says(scene, third) == ACCEPTED
    assert told_by(scene, third.entry.id) == {"lead", "third"}
    lines = "SELECT count(*) FROM facts.item WHERE kind = 'asked_again' AND record = %s"
    assert scene.world.as_owner(lines, (told.record,)) == [(2,)]
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    scene.without_line(AGAIN, "interval '24 hours'", "interval '0 hours'")
    flood = asking(scene, told)
    assert says(scene, flood) == ACCEPTED
    assert told_by(scene, flood.entry.id) == {"lead", "third"}


def test_where_the_ladder_went_up_already_those_of_the_rung_after_are_told(scene: Bodies) -> None:
    told = reported(scene)
    for days in (1, 3):
        later(scene, days=days + 1)
        scene.world.register("heed_sweep").append(
            chase(CHANCE, scene.to, record=told.record, days=days)
        )
    ask = asking(scene, told)
    assert says(scene, ask) == ACCEPTED
    assert told_by(scene, ask.entry.id) == {"lead", "overseer", "second"}


def test_to_ask_again_moves_no_rung_and_begins_no_clock_anew(scene: Bodies) -> None:
    told = reported(scene)
    facts = "SELECT * FROM facts.record WHERE id = %s"
    before = scene.world.as_owner(facts, (told.record,))
    assert says(scene, asking(scene, told)) == ACCEPTED
    assert scene.world.as_owner(facts, (told.record,)) == before


def test_where_all_is_done_only_whoever_answers_is_told_and_a_reply_ends_it(scene: Bodies) -> None:
    told = reported(scene)
    decided_and_told(scene, told)
    ask = asking(scene, told)
    assert says(scene, ask) == ACCEPTED
    assert told_by(scene, ask.entry.id) == {"lead"}
    assert ("asked", told.record) in wait(scene, "lead")
    scene.act(*replying(scene, told))
    assert wait(scene, "lead") == []
    assert says(scene, asking(scene, told)) == ACCEPTED  # the same day: seen in the queue, not sent
    assert wait(scene, "lead") == [("asked", told.record)]


def test_a_clock_that_is_put_back_silences_nobody(scene: Bodies) -> None:
    told = reported(scene)
    later(scene, days=30)
    assert says(scene, asking(scene, told)) == ACCEPTED
    later(scene, days=-30)
    ask = asking(scene, told)
    assert says(scene, ask) == ACCEPTED
    assert told_by(scene, ask.entry.id) == {"lead", "third"}


def test_nobody_who_is_kept_from_it_is_told_or_shown_that_a_reporter_waits(scene: Bodies) -> None:
    told = reported(scene)
    third = scene.world.people["third"]
    assert says(scene, asking(scene, told)) == ACCEPTED
    wall = access.wall_person(
        CHANCE, scene.to, record=told.record, person=third, ground=Ground.ACCUSED, reason="named"
    )
    scene.act("lead", wall)
    assert wait(scene, "third") == []
    later(scene, days=2)
    ask = asking(scene, told)
    assert says(scene, ask) == ACCEPTED
    assert told_by(scene, ask.entry.id) == {"lead", "overseer", "second"}
    scene.without_line(WAIT, "AND r.id NOT IN (SELECT register.hidden_from(me))")
    assert wait(scene, "third") == [("asked", told.record)]


def test_while_nobody_can_read_it_only_the_outside_contact_is_told(scene: Bodies) -> None:
    told = scene.world.tell("not opened yet")
    ask = asking(scene, told)
    assert says(scene, ask) == ACCEPTED
    assert told_by(scene, ask.entry.id) == {"contact"}
    assert wait(scene, "contact") == []


def test_a_code_asks_and_challenges_in_its_own_record_alone_and_learns_nothing(
    scene: Bodies,
) -> None:
    told, other = reported(scene), reported(scene)
    _, said = decided_and_told(scene, other)
    strange = asking(scene, told, lookup=other.code.lookup)
    theirs, none = challenging(scene, told, said), challenging(scene, told, told.record)
    answers = set()
    for change in (strange, theirs, none):
        with scene.connected("heed_intake") as connection:
            with pytest.raises(Exception, match="this code does not open that record") as refused:
                append_within(connection, change.entry)
        answers.add(str(refused.value).splitlines()[0])
    assert len(answers) == 1
    scene.without_line(CHALLENGED, " AND t.record = p_stream")
    assert says(scene, theirs) == ACCEPTED


def test_a_decision_is_challenged_only_once_somebody_told_them_of_it(scene: Bodies) -> None:
    told = reported(scene)
    scene.act(*looking(scene, told.record))
    decision = deciding(scene, told.record, None, Choice.NO_FURTHER_ACTION)
    scene.act(*decision)
    assert says(scene, challenging(scene, told, decision.entry.id)) == "HE404"
    said = telling(scene, told.record, decision.entry.id)
    scene.act(*said)
    first, again = (challenging(scene, told, said.entry.id) for _ in range(2))
    assert says(scene, first) == says(scene, again) == ACCEPTED
    assert told_by(scene, first.entry.id) == {"lead", "overseer", "second"}
    assert told_by(scene, again.entry.id) == set()
    assert wait(scene, "lead") == wait(scene, "overseer") == [("challenged", told.record)]


def test_nobody_answers_the_challenge_of_their_own_decision(scene: Bodies) -> None:
    told = reported(scene)
    challenge = challenged(scene, told)
    scene.act(*looking(scene, told.record))
    own = answering(scene, told.record, challenge, "lead")
    assert says(scene, own) == "HE080"
    for name in ("colleague", "third", "contact", "overseer", "admin"):
        assert says(scene, answering(scene, told.record, challenge, name)) == "HE404", name
    looked_over(scene, told.record)
    assert says(scene, answering(scene, told.record, challenge, "overseer")) == ACCEPTED
    assert wait(scene, "overseer") == []
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_without_that_question_they_judge_themselves(scene: Bodies) -> None:
    told = reported(scene)
    challenge = challenged(scene, told)
    scene.act(*looking(scene, told.record))
    scene.without_line(
        "register.may_answer_challenge(uuid,uuid,uuid)",
        "NOT register.is_own(p_me, p_decision) AND ",
        "",
    )
    assert says(scene, answering(scene, told.record, challenge, "lead")) == ACCEPTED


def test_nothing_is_judged_unread_and_nothing_twice(scene: Bodies) -> None:
    told = reported(scene)
    challenge = challenged(scene, told)
    person = scene.world.people["overseer"]
    scene.act(
        "overseer",
        access.ask_for_content(CHANCE, scene.to, person=person, record=told.record, reason="so"),
    )
    verdict = answering(scene, told.record, challenge, "overseer")
    assert says(scene, verdict) == "HE019"
    looked_over(scene, told.record)
    assert says(scene, verdict) == ACCEPTED
    assert says(scene, answering(scene, told.record, challenge, "overseer")) == "HE404"


def swept(scene: Bodies, place: Path) -> dict[int, set[str]]:
    """One sweep; whom each rung of the challenge's ladder has told so far."""
    recipients = SealingKey(scene.world.organisation.public())
    Sweep(
        scene.world.link("heed_sweep"),
        Recipients({"organisation": recipients}),
        Signer("heed.example.org/heartbeat", b"\7" * 32),
        place,
    ).step()
    rows = scene.world.as_owner(
        "SELECT convert_from(e.facts, 'UTF8')::jsonb->>'days', e.id FROM facts.item i"
        " JOIN register.entry e ON e.id = i.entry WHERE i.kind = 'challenge_chased'"
    )
    return {int(days): told_by(scene, entry) for days, entry in rows}


def test_what_nobody_answers_goes_up_a_ladder_of_its_own_however_old_the_record_is(
    scene: Bodies, tmp_path: Path
) -> None:
    told = reported(scene)
    later(scene, days=60)
    swept(scene, tmp_path)  # the record itself was told to everybody long ago
    scene.without("UPDATE machinery.session SET expires_at = expires_at + interval '1 year'")
    challenge = challenged(scene, told)
    early = chase_challenge(CHANCE, scene.to, record=told.record, challenge=challenge, days=1)
    assert says(scene, Change("heed_sweep", early)) == "HE003"
    assert swept(scene, tmp_path) == {}
    later(scene, days=14)
    climbed = {1: {"lead"}, 3: {"third"}, 5: {"overseer", "second"}, 7: {"contact"}}
    assert swept(scene, tmp_path) == climbed
    for name in ("third", "contact", "overseer"):
        assert ("challenged", told.record) in wait(scene, name)
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    looked_over(scene, told.record)
    scene.act(*answering(scene, told.record, challenge, "overseer"))
    assert ("challenged", told.record) not in wait(scene, "contact")


def test_without_the_time_being_asked_for_a_rung_comes_early(scene: Bodies) -> None:
    told = reported(scene)
    challenge = challenged(scene, told)
    early = chase_challenge(CHANCE, scene.to, record=told.record, challenge=challenge, days=1)
    assert says(scene, Change("heed_sweep", early)) == "HE003"
    scene.without_line(CHASED, "days * interval '24 hours'", "interval '0'")
    assert says(scene, Change("heed_sweep", early)) == ACCEPTED


def test_a_decision_that_is_to_be_made_again_is_open_again(scene: Bodies) -> None:
    told = reported(scene)
    challenge = challenged(scene, told)
    looked_over(scene, told.record)
    scene.act(*answering(scene, told.record, challenge, "overseer", Verdict.DECIDE_AGAIN))
    counted = "SELECT decided_alone, rank FROM facts.record WHERE id = %s"
    assert scene.world.as_owner(counted, (told.record,)) == [(0, 2)]
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_nobody_is_told_while_it_was_decided_not_to_and_the_day_comes_up(scene: Bodies) -> None:
    told = reported(scene)
    scene.act(*looking(scene, told.record))
    decision = deciding(scene, told.record, None, Choice.NO_FURTHER_ACTION)
    scene.act(*decision)
    day = (today() + timedelta(days=7)).date()
    scene.act(*holding(scene, told.record, day))
    said = telling(scene, told.record, decision.entry.id)
    assert says(scene, said) == "HE083"
    assert wait(scene, "lead") == []
    later(scene, days=8)
    assert wait(scene, "lead") == [("held", told.record)]
    assert wait(scene, "overseer") == []
    assert says(scene, said) == ACCEPTED
    assert wait(scene, "lead") == []
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_without_the_marker_being_asked_for_they_are_told_too_soon(scene: Bodies) -> None:
    told = reported(scene)
    scene.act(*looking(scene, told.record))
    decision = deciding(scene, told.record, None, Choice.NO_FURTHER_ACTION)
    scene.act(*decision)
    scene.act(*holding(scene, told.record, (today() + timedelta(days=7)).date()))
    scene.without_line(TELLING, "register.held_until(p_stream, p_at) IS NOT NULL", "false")
    assert says(scene, telling(scene, told.record, decision.entry.id)) == ACCEPTED


def test_a_marker_is_taken_back_by_an_entry_and_has_a_day_within_three_months(
    scene: Bodies,
) -> None:
    told = reported(scene)
    for days in (0, -1, 93):
        day = (today() + timedelta(days=days)).date()
        assert says(scene, holding(scene, told.record, day)) == "HE081", days
    scene.act(*holding(scene, told.record, (today() + timedelta(days=92)).date()))
    scene.act(*holding(scene, told.record, None))
    decision, _ = decided_and_told(scene, told)
    for name in ("colleague", "overseer", "third", "contact", "admin"):
        assert says(scene, telling(scene, told.record, decision, name)) == "HE404"
        assert says(scene, holding(scene, told.record, None, name)) == "HE404"


def test_a_letter_has_no_code_and_so_nobody_to_tell(scene: Bodies) -> None:
    first = scene.records[0]
    scene.act(*looking(scene, first))
    decision = deciding(scene, first, None, Choice.NO_FURTHER_ACTION)
    scene.act(*decision)
    assert says(scene, telling(scene, first, scene.records[1])) == "HE404"
    scene.without("ALTER TABLE register.thread DISABLE TRIGGER append_only")
    scene.without(f"DELETE FROM register.thread WHERE stream = '{first}'")
    assert says(scene, telling(scene, first, decision.entry.id)) == "HE082"


def test_whoever_a_match_names_is_owed_a_restriction_and_answers_nothing(scene: Bodies) -> None:
    told = reported(scene)
    challenge = challenged(scene, told)
    looked_over(scene, told.record)
    overseer = scene.world.people["overseer"]
    scene.without(
        "INSERT INTO machinery.owed_match (record, person, entry)"
        f" VALUES ('{told.record}', '{overseer}', '{told.record}')"
    )
    assert says(scene, answering(scene, told.record, challenge, "overseer")) == "HE404"


def test_that_they_may_be_told_now_is_no_reply(scene: Bodies) -> None:
    told = reported(scene)
    scene.act(*holding(scene, told.record, datetime.now(LONDON).date() + timedelta(days=9)))
    assert says(scene, asking(scene, told)) == ACCEPTED
    scene.act(*holding(scene, told.record, None))
    assert wait(scene, "lead") == [("asked", told.record)]
    scene.act(*holding(scene, told.record, datetime.now(LONDON).date() + timedelta(days=9)))
    assert wait(scene, "lead") == []


def test_no_marker_is_lifted_where_none_stands(scene: Bodies) -> None:
    told = reported(scene)
    assert says(scene, holding(scene, told.record, None)) == "HE081"
    scene.act(*holding(scene, told.record, datetime.now(LONDON).date() + timedelta(days=9)))
    scene.act(*holding(scene, told.record, None))
    assert says(scene, holding(scene, told.record, None)) == "HE081"


def test_without_that_question_lifting_a_marker_silences_it(scene: Bodies) -> None:
    scene.without_line("register.replied(uuid,integer)", "h.until IS NOT NULL", "true")
    told = reported(scene)
    scene.act(*holding(scene, told.record, datetime.now(LONDON).date() + timedelta(days=9)))
    assert says(scene, asking(scene, told)) == ACCEPTED
    scene.act(*holding(scene, told.record, None))
    assert wait(scene, "lead") == []


@pytest.mark.parametrize("claims", [[], {}, 5, "x", {"untill": None}])
def test_a_marker_says_its_day_or_that_there_is_none(scene: Bodies, claims: object) -> None:
    told = reported(scene)
    change = holding(scene, told.record, None)
    change = change._replace(entry=replace(change.entry, claims=claims))
    assert says(scene, change) in ("HE003", "HE081")


def test_who_was_told_of_an_ask_that_somebody_answered_is_told_of_no_later_one(
    scene: Bodies,
) -> None:
    told = reported(scene)
    assert says(scene, asking(scene, told)) == ACCEPTED
    assert wait(scene, "third") == [("asked", told.record)]
    scene.act(*replying(scene, told))
    later(scene, hours=1)
    assert says(scene, asking(scene, told)) == ACCEPTED
    assert wait(scene, "lead") == [("asked", told.record)]
    assert wait(scene, "third") == []


def test_a_reporter_is_told_in_words_that_their_code_opens(scene: Bodies) -> None:
    told = reported(scene)
    scene.act(*looking(scene, told.record))
    decision = deciding(scene, told.record, None, Choice.NO_FURTHER_ACTION)
    scene.act(*decision)
    said = telling(scene, told.record, decision.entry.id)
    wraps = {name: wrap for name, wrap in said.entry.wraps.items() if name != "thread"}
    assert says(scene, said._replace(entry=replace(said.entry, wraps=wraps))) == "HE003"
    assert says(scene, said) == ACCEPTED
