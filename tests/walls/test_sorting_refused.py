"""What the register refuses of sorting, reviewing and what is written down beside: nothing is judged unread."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Actor, Channel, Danger, Kind
from heed.intake import commands as intake
from heed.intake import sorting as sorting_commands
from heed.intake.events import Concern
from heed.intake.sorting import Outcome
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store import sorting
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from heed.triage import concerned_commands as concerned
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, answer, bodies
from tests.walls.changes import naming, offering
from tests.walls.refusals import NO_ID, Asked, check_refused, told
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_sorting(uuid,text,jsonb,timestamp with time zone,uuid)"
SAMPLED = "register.is_sampled(uuid,text,text)"
NOT_ONE = {"outcome": "not one", "reason": "thanks", "copy_of": None}
CONCERN = {"outcome": "concern", "reason": None, "copy_of": None}


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def look(scene: Bodies, name: str, *records: UUID, purpose: str = "own queue") -> None:
    person = scene.world.people[name]
    scene.act(
        name, commands.look(CHANCE, scene.to, person=person, records=records, purpose=purpose)
    )


def oversee(scene: Bodies, name: str, record: UUID) -> None:
    person = scene.world.people[name]
    asks = commands.ask_for_content(
        CHANCE, scene.to, person=person, record=record, reason="sampled"
    )
    scene.act(name, asks)
    look(scene, name, record, purpose="oversight")


def tell(scene: Bodies, words: str = "the ferry was late", **more: Any) -> Told:
    made = scene.world.tell("" if "told" in more else words, **more)
    scene.world.open()
    return made


def add(scene: Bodies, made: Told) -> None:
    entry = intake.add_words(
        CHANCE,
        scene.world.public_recipients(made.code),
        "and there is more",
        record=made.record,
        lookup=made.door.lookup,
        token=CHANCE.bytes(32),
    )
    scene.world.register("heed_intake").append(entry)
    scene.world.open()


def put_aside(scene: Bodies, record: UUID, **claims: Any) -> tuple[Any, ...]:
    look(scene, "lead", record)
    return told(scene, Asked("lead", Kind.SORTED, record, NOT_ONE | claims))


def aside(scene: Bodies) -> set[UUID]:
    rows = scene.world.as_owner("SELECT id FROM facts.record WHERE aside_at IS NOT NULL")
    return {row[0] for row in rows}


def samples(scene: Bodies) -> list[UUID]:
    return [row[0] for row in scene.world.as_owner("SELECT entry FROM facts.sample ORDER BY at")]


def letter(scene: Bodies, danger: Danger = Danger.NO, words: str = "a letter") -> UUID:
    """Put in by the lead."""
    code = ReturnCode.new(CHANCE.bytes)
    entry = intake.file_concern(
        CHANCE,
        Recipients(scene.to.keys, code.key),
        Concern(told=words, channel=Channel.LETTER, danger=danger),
        record=code.record,
        token=CHANCE.bytes(32),
        door=new_door(CHANCE, code),
        actor=Actor.WORKER,
    )
    scene.act("lead", entry)
    scene.world.open()
    return code.record


def test_nothing_is_sorted_that_was_not_opened(scene: Bodies) -> None:
    record = scene.records[0]
    sorts = [Asked("lead", Kind.SORTED, record, claims) for claims in (NOT_ONE, CONCERN)]
    check_refused(scene, "HE019", *sorts)
    for shows_no_words in ("search", "file"):
        look(scene, "lead", record, purpose=shows_no_words)
    check_refused(scene, "HE019", sorts[0])
    look(scene, "lead", record)
    assert told(scene, sorts[0]) == (ACCEPTED,)
    assert aside(scene) == {record}


def test_a_look_before_the_last_words_does_not_count(scene: Bodies) -> None:
    made = tell(scene)
    look(scene, "lead", made.record)
    add(scene, made)
    sort = Asked("lead", Kind.SORTED, made.record, NOT_ONE)
    check_refused(scene, "HE019", sort)
    scene.without_line("register.has_read(uuid,uuid,text[])", "AND k.at >= r.said_at", "")
    assert told(scene, sort) == (ACCEPTED,)
    assert aside(scene) == {made.record}


def test_somebody_elses_look_does_not_count(scene: Bodies) -> None:
    record = scene.records[0]
    look(scene, "lead", record)
    scene.act(*offering(scene, "colleague"))
    accepts = commands.accept_hand_over(CHANCE, scene.to, record=record)
    scene.act("colleague", accepts)
    sort = Asked("colleague", Kind.SORTED, record, NOT_ONE)
    check_refused(scene, "HE019", sort)
    scene.without_line("register.has_read(uuid,uuid,text[])", "k.person = p_person AND", "")
    assert told(scene, sort) == (ACCEPTED,)


def test_only_who_answers_for_a_record_sorts_it_or_writes_beside_it(scene: Bodies) -> None:
    record = scene.records[0]
    oversee(scene, "overseer", record)
    now = datetime.now(UTC).isoformat()
    written: list[tuple[Kind, dict[str, Any]]] = [
        (Kind.SORTED, NOT_ONE),
        (Kind.NOTED, {"about": None}),
        (Kind.CALLED, {"whom": "999", "rung_at": now}),
        (Kind.PARENTS_TOLD, {"told": "no"}),
    ]
    others = [name for name in scene.keys if name != "lead"]
    said = check_refused(
        scene,
        "HE404",
        *(Asked(name, kind, record, claims) for name in others for kind, claims in written),
        *(Asked("lead", kind, uuid4(), claims) for kind, claims in written),
    )
    assert len({one[:2] for one in said}) == 1
    look(scene, "lead", record)
    for kind, claims in written:
        assert told(scene, Asked("lead", kind, record, claims)) == (ACCEPTED,), kind


def test_whoever_is_restricted_sorts_nothing_any_more(scene: Bodies) -> None:
    record = scene.records[0]
    look(scene, "lead", record)
    scene.act(*naming(scene, "lead", "lead"))
    check_refused(scene, "HE404", Asked("lead", Kind.SORTED, record, NOT_ONE))


def test_sorting_has_a_known_outcome_and_a_known_reason(scene: Bodies) -> None:
    record = scene.records[0]
    look(scene, "lead", record)
    wrong: list[dict[str, Any]] = [
        {},
        {"outcome": None},
        {"outcome": "closed"},
        {"outcome": "not one"},
        {"outcome": "not one", "reason": "boring"},
        {"outcome": "concern", "reason": "thanks"},
        {"outcome": "concern", "copy_of": str(scene.records[1])},
        *({"outcome": "copy", "copy_of": one} for one in NO_ID if one != str(UUID(int=0))),
    ]
    check_refused(scene, "HE003", *(Asked("lead", Kind.SORTED, record, one) for one in wrong))


def test_only_the_same_words_are_joined_and_never_in_a_chain(scene: Bodies) -> None:
    first, second, third = (letter(scene, words="No more buses,\nplease.") for _ in range(3))
    other = letter(scene, words="No more trams, please.")
    look(scene, "lead", first, second, third, other)

    def copy(of: UUID, record: UUID) -> Asked:
        return Asked("lead", Kind.SORTED, record, {"outcome": "copy", "copy_of": str(of)})

    check_refused(scene, "HE020", copy(first, other), copy(other, first))
    check_refused(scene, "HE404", copy(first, first), copy(uuid4(), first))
    assert told(scene, copy(first, second)) == (ACCEPTED,)
    check_refused(scene, "HE020", copy(second, third), copy(third, first))
    assert aside(scene) == {second}
    scene.without_line(DECIDE, "WHERE a.record = p_stream AND b.record = other", "")
    assert told(scene, copy(first, other)) == (ACCEPTED,)


SPECIAL = {
    "it was told on the public face": "held.channel = 'online'",
    "danger was said": "held.danger = 'yes'",
    "more was said": "held.said_at > held.filed_at",
}


@pytest.mark.parametrize("special", SPECIAL)
def test_what_may_be_another_childs_words_is_no_copy(scene: Bodies, special: str) -> None:
    first = letter(scene, words="He hits me.")
    if special == "danger was said":
        other = letter(scene, Danger.YES, "He hits me.")
    else:
        made = tell(scene, told="He hits me.", danger=Danger.NO)
        other = made.record
    if special == "more was said":
        add(scene, made)
        scene.without_line(DECIDE, "held.channel = 'online'", "false")
    look(scene, "lead", first, other)
    copy = Asked("lead", Kind.SORTED, other, {"outcome": "copy", "copy_of": str(first)})
    check_refused(scene, "HE020", copy)
    scene.without_line(DECIDE, SPECIAL[special], "false")
    assert told(scene, copy) == (ACCEPTED,)


def test_a_record_in_which_somebody_is_named_is_not_put_aside(scene: Bodies) -> None:
    record = scene.records[0]
    look(scene, "lead", record)
    scene.act("lead", concerned.name_child(CHANCE, scene.to, {"name": "Ella"}, record=record))
    check_refused(scene, "HE021", Asked("lead", Kind.SORTED, record, NOT_ONE))
    desk = Desk(scene.world.link("heed_office"))
    groups = sorting.unsorted(desk, scene.keys["lead"], 20)
    assert record not in {one.record for group in groups for one in group}
    scene.without_line(DECIDE, "(held.wanted > 0 OR held.decided_alone > 0)", "false")
    assert told(scene, Asked("lead", Kind.SORTED, record, NOT_ONE)) == (ACCEPTED,)
    assert aside(scene) == {record}
    scene.act("lead", concerned.name_child(CHANCE, scene.to, {"name": "Sam"}, record=record))
    assert aside(scene) == set()


def test_what_is_handed_over_comes_to_the_takers_queue(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    scene.act(*offering(scene, "colleague"))
    assert aside(scene) == {record}
    scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=record))
    assert aside(scene) == set()


def test_a_copy_is_of_ones_own_record_only(scene: Bodies) -> None:
    first, second = (letter(scene, words="No more buses.") for _ in range(2))
    look(scene, "lead", first, second)
    scene.act(*offering(replace(scene, records=[first]), "colleague"))
    scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=first))
    claims = {"outcome": "copy", "copy_of": str(first)}
    check_refused(scene, "HE404", Asked("lead", Kind.SORTED, second, claims))


def test_what_comes_later_brings_it_back(scene: Bodies) -> None:
    made = tell(scene)
    assert put_aside(scene, made.record) == (ACCEPTED,)
    assert aside(scene) == {made.record}
    add(scene, made)
    assert aside(scene) == set()


def test_danger_and_what_was_told_in_public_is_always_reviewed_letters_by_chance(
    scene: Bodies,
) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    told_us, grave = tell(scene, danger=Danger.NO).record, letter(scene, Danger.YES)
    for record in (told_us, grave, *(letter(scene) for _ in range(3))):
        assert put_aside(scene, record) == (ACCEPTED,)
    rows = scene.world.as_owner("SELECT record FROM facts.sample")
    assert {row[0] for row in rows} == {told_us, grave}
    scene.without_line(SAMPLED, "< 0", "< 256")
    last = letter(scene)
    assert put_aside(scene, last) == (ACCEPTED,)
    assert scene.world.as_owner("SELECT 1 FROM facts.sample WHERE record = %s", (last,))


BURIED = {
    "Thank you for your help with the grant.": False,
    "The report is late. My daughter sends her regards.": False,
    "The harm done to our hedge is beyond words.": False,
    "The report is late. One of the girls we spoke to was hurt again, by the way.": True,
    "Our PUPILS are fine,\nUNSAFE on the way home.": True,
    "The hedge is high. A 14 year-old told me that an older man waits there.": True,
}


@pytest.mark.parametrize("words", BURIED)
def test_whatever_names_a_child_and_a_harm_is_always_reviewed(scene: Bodies, words: str) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    record = letter(scene, words=words)
    assert put_aside(scene, record) == (ACCEPTED,)
    assert len(samples(scene)) == BURIED[words]


def test_who_put_it_aside_cannot_tell_what_is_reviewed(scene: Bodies) -> None:
    assert put_aside(scene, scene.records[0]) == (ACCEPTED,)
    assert len(samples(scene)) == 1
    with scene.connected("lead") as connection:
        with pytest.raises(Exception, match="permission denied"):
            connection.execute("SELECT 1 FROM facts.sample")
        assert connection.execute("SELECT * FROM machinery.sampled(9)").fetchall() == []


def _to_review(scene: Bodies, name: str) -> list[UUID]:
    rows = sorting.sampled(Desk(scene.world.link("heed_office")), scene.keys[name], 9)
    return [row.sorting for row in rows]


def test_an_overseer_reviews_what_they_read_and_nobody_their_own(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    assert _to_review(scene, "overseer") == _to_review(scene, "second") == [sample]
    claims = {"sorting": str(sample), "outcome": "right"}
    review = Asked("overseer", Kind.REVIEWED, record, claims)
    check_refused(scene, "HE404", review)  # not asked for yet
    asks = commands.ask_for_content(
        CHANCE, scene.to, person=scene.world.people["overseer"], record=record, reason="sampled"
    )
    scene.act("overseer", asks)
    check_refused(scene, "HE019", review)  # not read yet
    look(scene, "overseer", record, purpose="oversight")
    wrong = [{}, claims | {"outcome": "fine"}, claims | {"outcome": None}]
    check_refused(
        scene, "HE003", *(Asked("overseer", Kind.REVIEWED, record, one) for one in wrong[1:])
    )
    check_refused(
        scene,
        "HE404",
        Asked("overseer", Kind.REVIEWED, record, wrong[0]),
        Asked("overseer", Kind.REVIEWED, scene.records[1], claims),
        Asked("lead", Kind.REVIEWED, record, claims),
        *(Asked(name, Kind.REVIEWED, record, claims) for name in ("second", "custodian", "admin")),
    )
    assert told(scene, review) == (ACCEPTED,)
    check_refused(scene, "HE404", review)  # once
    assert _to_review(scene, "second") == []
    assert aside(scene) == {record}


def test_nobody_reviews_what_they_put_aside_themselves(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    lead = scene.world.people["lead"]
    scene.act(*offering(scene, "colleague"))
    scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=record))
    posts = commands.set_posts(CHANCE, scene.to, person=lead, posts=["overseer"])
    scene.world.register().append(posts)
    oversee(scene, "lead", record)
    claims = {"sorting": str(sample), "outcome": "right"}
    review = Asked("lead", Kind.REVIEWED, record, claims)
    assert _to_review(scene, "lead") == []
    check_refused(scene, "HE404", review)
    scene.without_line(DECIDE, "OR chosen.actor = p_me", "")
    assert told(scene, review) == (ACCEPTED,)


def test_a_review_can_bring_it_back_into_the_queue(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    oversee(scene, "overseer", record)
    claims = {"sorting": str(sample), "outcome": "look again"}
    assert told(scene, Asked("overseer", Kind.REVIEWED, record, claims)) == (ACCEPTED,)
    assert aside(scene) == set()


def test_an_overseer_who_is_restricted_is_shown_no_sample(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    scene.act(*naming(scene, "lead", "overseer"))
    assert _to_review(scene, "overseer") == []
    assert len(_to_review(scene, "second")) == 1
    line = "AND s.record NOT IN (SELECT register.walled_from(me))"
    scene.without_line("machinery.sampled(integer)", line, "")
    assert len(_to_review(scene, "overseer")) == 1


def test_a_call_was_made_to_somebody_at_a_time_that_has_been(scene: Bodies) -> None:
    record, now = scene.records[0], datetime.now(UTC)
    at = now.isoformat()
    wrong: list[dict[str, Any]] = [
        {},
        {"whom": "999"},
        {"whom": "nobody", "rung_at": at},
        {"whom": "999", "rung_at": "yesterday"},
        {"whom": "999", "rung_at": (now + timedelta(hours=1)).isoformat()},
    ]
    check_refused(scene, "HE003", *(Asked("lead", Kind.CALLED, record, one) for one in wrong))
    parents = ({}, {"told": "perhaps"}, {"told": True})
    check_refused(
        scene, "HE003", *(Asked("lead", Kind.PARENTS_TOLD, record, one) for one in parents)
    )


def test_a_note_is_about_something_in_its_own_record(scene: Bodies) -> None:
    rows = scene.world.as_owner("SELECT record, entry FROM facts.item WHERE kind = 'filed'")
    of = dict(rows)
    mine, other = scene.records[:2]
    about = [*NO_ID, str(of[other]), str(uuid4())]
    notes = [Asked("lead", Kind.NOTED, mine, {"about": one}) for one in about if one is not None]
    check_refused(scene, "HE003", *notes)
    assert told(scene, Asked("lead", Kind.NOTED, mine, {"about": str(of[mine])})) == (ACCEPTED,)


def test_what_waits_to_be_sorted_is_ones_own_once_for_the_same_words(scene: Bodies) -> None:
    first, second = (letter(scene, words="No more buses.") for _ in range(2))
    grave = letter(scene, Danger.YES, "No more buses.")
    online = tell(scene, told="No more buses.", danger=Danger.NO).record
    desk = Desk(scene.world.link("heed_office"))
    groups = sorting.unsorted(desk, scene.keys["lead"], 20)
    ids = [[one.record for one in group] for group in groups]
    assert ids[0] == [grave]
    assert [first, second] in ids
    assert [online] in ids
    assert {one for group in ids for one in group} >= set(scene.records)
    for name in scene.keys:
        if name != "lead":
            assert sorting.unsorted(desk, scene.keys[name], 20) == []
    scene.act(*naming(replace(scene, records=[first]), "lead", "lead"))
    left = [one.record for group in sorting.unsorted(desk, scene.keys["lead"], 20) for one in group]
    assert first not in left
    assert second in left


def test_the_tables_are_what_the_entries_say_also_anew(scene: Bodies) -> None:
    url, keys = scene.world.urls["heed_owner"], scene.world.keys
    scene.without_line(SAMPLED, "< 26", "< 256")
    first, second = (letter(scene, words="No more buses.") for _ in range(2))
    assert put_aside(scene, first) == (ACCEPTED,)
    look(scene, "lead", second)
    copy = {"outcome": "copy", "copy_of": str(first)}
    assert told(scene, Asked("lead", Kind.SORTED, second, copy)) == (ACCEPTED,)
    oversee(scene, "overseer", first)
    claims = {"sorting": str(samples(scene)[0]), "outcome": "look again"}
    assert told(scene, Asked("overseer", Kind.REVIEWED, first, claims)) == (ACCEPTED,)
    online = tell(scene)
    assert put_aside(scene, online.record) == (ACCEPTED,)
    add(scene, online)
    scene.world.open()
    found = check(url, keys)
    assert (found.differences, found.unopened) == ((), 0)
    rebuild(url, keys)
    assert check(url, keys) == found
    assert aside(scene) == {second}


def both_copies(scene: Bodies, waits: bool) -> tuple[tuple[Any, ...], ...]:
    """What two are told who say at once that each of two letters is a copy of the other."""
    first, second = (letter(scene, words="No more buses, please.") for _ in range(2))
    look(scene, "lead", first, second)
    said: list[tuple[Any, ...]] = []

    def sorted_by(one: UUID, other: UUID) -> SealedEntry:
        return sorting_commands.sort(
            CHANCE, scene.to, record=one, outcome=Outcome.COPY, copy_of=other
        )

    with scene.connected("lead") as one, scene.connected("lead") as other:
        one.autocommit = False
        assert answer(one, sorted_by(first, second)) == ACCEPTED
        thread = Thread(target=lambda: said.append((answer(other, sorted_by(second, first)),)))
        thread.start()
        if waits:
            while not scene.world.as_owner("SELECT 1 FROM pg_locks WHERE NOT granted"):
                assert thread.is_alive()
        else:
            thread.join()
        one.commit()
        thread.join()
    rows = scene.world.as_owner("SELECT outcome FROM facts.sorting WHERE outcome = 'copy'")
    return (*said, (len(rows),))


def test_two_letters_are_never_made_copies_of_each_other_at_once(scene: Bodies) -> None:
    assert both_copies(scene, waits=True) == (("HE020",), (1,))


def test_without_that_lock_neither_of_the_two_would_be_kept_in_hand(scene: Bodies) -> None:
    lock = "PERFORM FROM facts.record r WHERE r.id IN (p_stream, other) ORDER BY r.id FOR NO KEY UPDATE;"
    scene.without_line(DECIDE, lock)
    assert both_copies(scene, waits=False) == ((ACCEPTED,), (2,))


def test_who_printed_a_record_has_opened_it(scene: Bodies) -> None:
    record = scene.records[0]
    sort = Asked("lead", Kind.SORTED, record, NOT_ONE)
    opened = "SELECT opened_by FROM facts.record WHERE id = %s"
    look(scene, "lead", record, purpose="print")
    assert scene.world.as_owner(opened, (record,)) == [(scene.world.people["lead"],)]
    assert told(scene, sort) == (ACCEPTED,)
    scene.without_line(
        "register.apply(uuid,uuid,integer,text,timestamp with time zone,jsonb)",
        "IN ('own queue', 'print')",
        "IN ('own queue')",
    )
    look(scene, "lead", scene.records[1], purpose="print")
    assert scene.world.as_owner(opened, (scene.records[1],)) == [(None,)]
