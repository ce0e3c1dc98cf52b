"""What the register refuses of sorting: nothing is judged unread."""

from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Danger, Kind
from heed.intake import sorting as sorting_commands
from heed.intake.sorting import Outcome
from heed.store import sorting
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from heed.triage import concerned_commands as concerned
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, answer, bodies
from tests.walls.changes import naming, offering
from tests.walls.refusals import NO_ID, Asked, check_refused, told
from tests.walls.sorting_letters import (
    CONCERN,
    DECIDE,
    NOT_ONE,
    SAMPLED,
    add,
    aside,
    letter,
    look,
    oversee,
    put_aside,
    samples,
    tell,
)
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


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


def test_only_who_answers_for_a_record_sorts_it(scene: Bodies) -> None:
    record = scene.records[0]
    oversee(scene, "overseer", record)
    others = [name for name in scene.keys if name != "lead"]
    said = check_refused(
        scene,
        "HE404",
        *(Asked(name, Kind.SORTED, record, NOT_ONE) for name in others),
        Asked("lead", Kind.SORTED, uuid4(), NOT_ONE),
    )
    assert len({one[:2] for one in said}) == 1
    look(scene, "lead", record)
    assert told(scene, Asked("lead", Kind.SORTED, record, NOT_ONE)) == (ACCEPTED,)


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
    waits = "(held.wanted > 0 OR held.decided_alone > 0\n           OR held.to_do IS NOT NULL)"
    scene.without_line(DECIDE, waits, "false")
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
