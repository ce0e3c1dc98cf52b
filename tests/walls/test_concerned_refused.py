"""What the register refuses of people named, decisions and joined records: leaving nothing."""

import os
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.core.vocabulary import Danger, Kind
from heed.intake import commands as intake
from heed.triage.concerned_commands import Choice, Part, Trust
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import accepting, ask, naming, offering
from tests.walls.naming_people import (
    a_child,
    an_adult,
    counts,
    deciding,
    joining,
    looking,
    name_and_decide,
    parting,
)
from tests.walls.refusals import NO_ID, Asked, check_refused, told
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_concerned(uuid,uuid,integer,text,jsonb,uuid)"
READ = "register.has_read(uuid,uuid,text[])"
OWNS = "register.check_owns(uuid,uuid)"
ADULT = {"part": "about", "trust": "yes"}
REFER = {"decision": "refer"}


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead has opened both records; the first holds a child who was decided for."""
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
        yield made


def everything_about(record: UUID, concerned: UUID | None, other: UUID) -> list[tuple[str, dict]]:
    """Each kind with claims that its owner could send."""
    named = {"concerned": str(concerned) if concerned else None}
    return [
        (Kind.CHILD_NAMED, {}),
        (Kind.CHILD_NAMED, named),
        (Kind.ADULT_NAMED, ADULT),
        (Kind.DECIDED, REFER | named),
    ]


def test_only_its_owner_names_anybody_or_decides(scene: Bodies) -> None:
    record = scene.records[0]
    child = name_and_decide(scene, record)
    ask(scene)
    kinds = everything_about(record, child, scene.records[1])
    for kind, claims in kinds:
        said = check_refused(
            scene,
            "HE404",
            *(
                Asked(name, kind, stream, claims)
                for name in ("third", "colleague", "overseer", "custodian", "admin")
                for stream in (record, uuid4(), scene.world.people[name])
            ),
        )
        assert len(said) == 1, kind  # the same to a word, whether it is there or not
    for kind, claims in kinds:
        assert told(scene, Asked("lead", kind, record, claims))[0] == ACCEPTED


def test_without_the_owners_check_a_stranger_decides(scene: Bodies) -> None:
    asked = Asked("third", Kind.CHILD_NAMED, scene.records[0], {})
    assert told(scene, asked)[0] == "HE404"
    scene.without_line(OWNS, "NOT machinery.may_see(p_record)", "false")
    assert told(scene, asked)[0] == "HE404"
    scene.without_line(OWNS, "AND r.owner = p_me", "")
    assert told(scene, asked)[0] == ACCEPTED


def test_an_overseer_who_may_read_it_decides_nothing_unless_who_owns_it_is_forgotten(
    scene: Bodies,
) -> None:
    ask(scene)
    asked = Asked("overseer", Kind.ADULT_NAMED, scene.records[0], ADULT)
    assert told(scene, asked)[0] == "HE404"
    scene.without_line(OWNS, "AND r.owner = p_me", "")
    assert told(scene, asked)[0] == ACCEPTED


def test_nobody_adds_to_a_person_of_another_record_or_to_nobody(scene: Bodies) -> None:
    first, second = scene.records
    child = name_and_decide(scene, first)
    adult = an_adult(scene, first)
    scene.act(*adult)
    wrong = [str(child), str(adult.entry.id), str(uuid4()), *(one for one in NO_ID if one)]
    said = check_refused(
        scene,
        "HE404",
        *(Asked("lead", Kind.CHILD_NAMED, second, {"concerned": one}) for one in wrong),
        Asked("lead", Kind.CHILD_NAMED, first, {"concerned": str(adult.entry.id)}),
    )
    assert len(said) == 1
    check_refused(
        scene,
        "HE404",
        *(Asked("lead", Kind.ADULT_NAMED, second, ADULT | {"concerned": one}) for one in wrong),
        Asked("lead", Kind.ADULT_NAMED, first, ADULT | {"concerned": str(child)}),
        *(Asked("lead", Kind.DECIDED, second, REFER | {"concerned": one}) for one in wrong),
    )
    scene.without_line(DECIDE, "n.record = p_stream AND n.concerned = named", "n.concerned = named")
    asked = Asked("lead", Kind.CHILD_NAMED, second, {"concerned": str(child)})
    assert told(scene, asked)[0] == ACCEPTED


@pytest.mark.parametrize("field", ["part", "trust"])
def test_an_adult_has_a_part_and_a_position_of_trust_or_none(scene: Bodies, field: str) -> None:
    record = scene.records[0]
    wrong = ("", "x", "About", None, 5, [], {})
    asked = [Asked("lead", Kind.ADULT_NAMED, record, ADULT | {field: one}) for one in wrong]
    check_refused(scene, "HE003", *asked, Asked("lead", Kind.ADULT_NAMED, record, {}))


def test_facts_hold_no_word_that_was_claimed_beside_them(scene: Bodies) -> None:
    claims = ADULT | {"name": "a coach", "ethnicity": "x", "score": "9", "child": "true"}
    told(scene, Asked("lead", Kind.ADULT_NAMED, scene.records[0], claims))
    facts = scene.world.as_owner(
        "SELECT convert_from(facts, 'UTF8')::jsonb FROM register.entry"
        " WHERE convert_from(header, 'UTF8')::jsonb->>'kind' = 'adult_named'"
    )[0][0]
    assert facts.keys() == {"v", "salt", "actor", "concerned", "part", "trust"}


def test_a_decision_is_one_of_four_and_for_somebody_who_wants_one(scene: Bodies) -> None:
    record = scene.records[0]
    plain = an_adult(scene, record, Trust.NO)
    scene.act(*plain)
    alone = {"concerned": None}
    check_refused(
        scene,
        "HE003",
        Asked("lead", Kind.DECIDED, record, REFER | {"concerned": str(plain.entry.id)}),
        *(
            Asked("lead", Kind.DECIDED, record, alone | {"decision": one})
            for one in ("", "close", "REFER", None, 5, [], {})
        ),
        Asked("lead", Kind.DECIDED, record, alone),
    )
    scene.act(*a_child(scene, record))
    check_refused(scene, "HE003", Asked("lead", Kind.DECIDED, record, REFER | alone))


def _added_to(scene: Bodies) -> UUID:
    """A record that its owner opened before its reporter added to it."""
    told_by = scene.world.tell("more to come", danger=Danger.NO)
    scene.world.open()
    scene.act(*looking(scene, told_by.record))
    scene.world.register("heed_intake").append(
        intake.add_words(
            CHANCE,
            scene.world.public_recipients(told_by.code),
            "He came back.",
            record=told_by.record,
            lookup=told_by.door.lookup,
            token=os.urandom(32),
        )
    )
    return told_by.record


def test_nobody_decides_before_they_opened_the_newest_thing_said(scene: Bodies) -> None:
    record = _added_to(scene)
    unopened = scene.world.tell("never opened").record
    scene.world.open()
    asked, other = (
        Asked("lead", Kind.DECIDED, each, REFER | {"concerned": None})
        for each in (record, unopened)
    )
    check_refused(scene, "HE030", asked, other)
    scene.without_line(READ, "AND k.at >= r.said_at", "")
    check_refused(scene, "HE030", other)
    assert told(scene, asked)[0] == ACCEPTED


def test_once_they_opened_it_they_decide(scene: Bodies) -> None:
    record = _added_to(scene)
    scene.world.open()
    scene.act(*looking(scene, record))
    asked = Asked("lead", Kind.DECIDED, record, REFER | {"concerned": None})
    assert told(scene, asked)[0] == ACCEPTED


def test_another_owners_look_is_not_ones_own(scene: Bodies) -> None:
    record = scene.records[0]
    accept = accepting(scene)
    scene.act(*accept)
    asked = Asked("colleague", Kind.DECIDED, record, REFER | {"concerned": None})
    check_refused(scene, "HE030", asked)
    scene.without_line(READ, "k.person = p_person AND", "")
    assert told(scene, asked)[0] == ACCEPTED


def test_what_one_read_counts_though_another_owner_read_it_after(scene: Bodies) -> None:
    record = scene.records[0]
    scene.act(*accepting(scene))
    scene.act(*looking(scene, record, "colleague"))
    back = commands.offer_hand_over(
        CHANCE, scene.to, record=record, taker=scene.world.people["lead"], note=""
    )
    scene.act("colleague", back)
    scene.act("lead", commands.accept_hand_over(CHANCE, scene.to, record=record))
    asked = Asked("lead", Kind.DECIDED, record, REFER | {"concerned": None})
    assert told(scene, asked)[0] == ACCEPTED


def test_what_is_undecided_is_counted_for_children_and_for_adults_whom_children_trust(
    scene: Bodies,
) -> None:
    record = scene.records[0]
    assert counts(scene, record) == (0, 0, 0, 0)
    scene.act(*deciding(scene, record, None, Choice.NO_FURTHER_ACTION))
    assert counts(scene, record) == (0, 0, 0, 1)
    child, coach = a_child(scene, record), an_adult(scene, record, Trust.UNKNOWN)
    young = an_adult(scene, record, Trust.NO, Part.CHILD)
    for change in (child, coach, young):
        scene.act(*change)
    assert counts(scene, record) == (2, 2, 0, 1)
    scene.act(*an_adult(scene, record, Trust.YES, concerned=coach.entry.id))
    assert counts(scene, record) == (3, 3, 1, 1)
    for _ in range(2):  # a later decision adds, and counts once
        scene.act(*deciding(scene, record, child.entry.id))
    scene.act(*deciding(scene, record, coach.entry.id, Choice.ACT_NOW))
    assert counts(scene, record) == (3, 1, 0, 1)
    scene.act(*a_child(scene, record, "Ella", concerned=child.entry.id))
    assert counts(scene, record) == (3, 1, 0, 1)
    rows = scene.world.as_owner("SELECT count(*) FROM facts.decision WHERE record = %s", (record,))
    assert rows == [(4,)]


def test_two_records_are_joined_only_by_who_answers_for_both(scene: Bodies) -> None:
    first, second = scene.records
    pair = {"record": str(second), "other": str(first)}
    wrong = [str(uuid4()), *(one for one in NO_ID if one)]
    ask(scene)
    said = check_refused(
        scene,
        "HE404",
        *(Asked(name, Kind.CONTACT_JOINED, uuid4(), pair) for name in ("third", "overseer")),
        *(Asked("lead", Kind.CONTACT_JOINED, uuid4(), pair | {"other": one}) for one in wrong),
        *(Asked("lead", Kind.CONTACT_JOINED, uuid4(), pair | {"record": one}) for one in wrong),
        Asked("lead", Kind.CONTACT_JOINED, uuid4(), {}),
    )
    assert len(said) == 1
    itself = {"record": str(first), "other": str(first)}
    check_refused(
        scene,
        "HE003",
        Asked("lead", Kind.CONTACT_JOINED, uuid4(), itself),
        Asked("lead", Kind.CONTACT_JOINED, first, pair),
    )
    assert told(scene, Asked("lead", Kind.CONTACT_JOINED, uuid4(), pair))[0] == ACCEPTED
    back = {"record": str(first), "other": str(second)}
    check_refused(
        scene,
        "HE003",
        Asked("lead", Kind.CONTACT_JOINED, uuid4(), pair),
        Asked("lead", Kind.CONTACT_JOINED, uuid4(), back),
    )


def test_a_record_that_one_no_longer_answers_for_cannot_be_joined_or_parted(
    scene: Bodies,
) -> None:
    join = joining(scene)
    scene.act(*join)
    part = parting(scene, join.entry.stream)
    accept = accepting(scene)
    asked = [Asked(name, Kind.CONTACT_PARTED, part.entry.stream, {}) for name in scene.keys]
    none = [Asked("lead", Kind.CONTACT_PARTED, one, {}) for one in (uuid4(), scene.records[1])]
    check_refused(scene, "HE404", *none, *(one for one in asked if one.who != "lead"))
    scene.act(*accept)
    said = check_refused(scene, "HE404", *asked, *none)
    assert len(said) == 1
    scene.without_line(OWNS, "AND r.owner = p_me", "")
    scene.without_line(OWNS, "NOT machinery.may_see(p_record)", "false")
    assert told(scene, asked[0])[0] == ACCEPTED


def test_parted_records_can_be_joined_again_and_parted_once(scene: Bodies) -> None:
    join = joining(scene)
    scene.act(*join)
    scene.act(*parting(scene, join.entry.stream))
    check_refused(scene, "HE404", Asked("lead", Kind.CONTACT_PARTED, join.entry.stream, {}))
    scene.act(*joining(scene, "again"))
    rows = scene.world.as_owner("SELECT parted_at IS NULL FROM facts.joined ORDER BY at")
    assert rows == [(False,), (True,)]


def test_somebody_kept_from_one_of_two_cannot_join_them(scene: Bodies) -> None:
    """The lead says that the first is about themselves: the contact answers for it from then on."""
    scene.act(*naming(scene, "lead", "lead"))
    first, second = scene.records
    pair = {"record": str(second), "other": str(first)}
    stranger = {"record": str(second), "other": str(uuid4())}
    said = check_refused(
        scene,
        "HE404",
        *(Asked("lead", Kind.CONTACT_JOINED, uuid4(), one) for one in (pair, stranger)),
    )
    assert len(said) == 1


def test_nobody_but_the_office_sends_any_of_this(scene: Bodies) -> None:
    record = scene.records[0]
    for role in ("heed_intake", "heed_opener", "heed_owner"):
        check_refused(
            scene,
            "HE008",
            *(
                Asked(role, kind, record, claims)
                for kind, claims in everything_about(record, None, record)
            ),
            Asked(role, Kind.CONTACT_JOINED, uuid4(), {}),
            Asked(role, Kind.CONTACT_PARTED, uuid4(), {}),
        )


def test_an_offer_that_waits_leaves_the_decision_with_its_owner(scene: Bodies) -> None:
    scene.act(*offering(scene, "colleague"))
    asked = Asked("lead", Kind.DECIDED, scene.records[0], REFER | {"concerned": None})
    check_refused(scene, "HE404", asked._replace(who="colleague"))
    assert told(scene, asked)[0] == ACCEPTED
