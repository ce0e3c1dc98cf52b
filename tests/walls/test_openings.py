"""Asking, leave and emergency openings: who may, for how long, what ends them, and what nobody can tell."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from heed.access import asking, people
from heed.access.commands import wall_person
from heed.access.walls import Ground
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Kind
from heed.store import openings
from heed.store.holding import holding
from heed.store.readable import Desk, NoSuchRecord
from heed.store.rebuild import check
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import accepting, employing, leaving, naming, posting, relating, wall_off
from tests.walls.refusals import Asked, check_refused, told
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_openings(uuid,text,jsonb,uuid)"
NAMED_BY = "register.named_by(uuid,text)"
MY_RECORDS, MAY_SEE = "machinery.my_records()", "machinery.may_see(uuid)"
PURPOSE_OF = "register.purpose_of(uuid,uuid)"
GONE_BY = "UPDATE facts.opening SET at = at - interval '{0}', until = until - interval '{0}'"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def reference(scene: Bodies, record: UUID | None = None) -> str:
    found = scene.world.as_owner(
        "SELECT reference FROM facts.record WHERE id = %s", (record or scene.records[0],)
    )
    return str(found[0][0])


def by_name(scene: Bodies, name: str, said: str | None = None) -> dict[str, Any]:
    person = scene.world.people[name]
    return {"person": person, "reference": said or reference(scene), "reason": "it is urgent"}


def asks(scene: Bodies, name: str = "third", said: str | None = None) -> UUID:
    entry = asking.ask_for_access(CHANCE, scene.to, **by_name(scene, name, said))
    scene.act(name, entry)
    return entry.id


def granted(scene: Bodies, name: str = "third", by: str = "lead") -> None:
    wanted = asks(scene, name)
    scene.act(by, asking.grant_access(CHANCE, scene.to, record=scene.records[0], asking=wanted))


def breaks_glass(scene: Bodies, name: str = "third", said: str | None = None) -> UUID:
    entry = asking.break_glass(CHANCE, scene.to, **by_name(scene, name, said))
    scene.act(name, entry)
    return entry.id


def may_read(scene: Bodies, name: str = "third") -> bool:
    """By the list and by the question about one, which agree."""
    desk, record = Desk(scene.world.link("heed_office")), scene.records[0]
    rows = desk.rows(scene.keys[name], "SELECT machinery.my_records()")
    seen = holding(desk, scene.keys[name], record) is not None
    assert seen == ((record,) in rows)
    return seen


def opened(scene: Bodies, name: str, purpose: str) -> list[str]:
    """The words that a look for this purpose shows."""
    desk = Desk(scene.world.link("heed_office"))
    record = desk.open(
        scene.keys[name], scene.world.people[name], scene.records[0], CHANCE, scene.to, purpose
    )
    return [said.body["saw"] for said in record.said if said.body and "saw" in said.body]


def recorded(scene: Bodies, entry: UUID) -> object:
    return scene.world.as_owner("SELECT record FROM facts.asking WHERE entry = %s", (entry,))[0][0]


def by_hand(scene: Bodies, statement: str) -> None:
    scene.without(statement)


def test_asking_names_a_record_only_to_whoever_may_know_of_it(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "third"))
    waiting = scene.world.tell("not opened yet").record
    assert recorded(scene, asks(scene, "colleague")) == scene.records[0]
    for name, said in (
        ("third", None),
        ("colleague", "BCDFG-HJKMN"),
        ("colleague", reference(scene, waiting)),
        ("colleague", str(scene.records[0])),
        ("colleague", "' OR true --"),
    ):
        assert recorded(scene, asks(scene, name, said)) is None, (name, said)
    scene.without_line(NAMED_BY, "AND NOT register.hidden(p_person, r.id)")
    assert recorded(scene, asks(scene, "third")) == scene.records[0]
    scene.without_line(NAMED_BY, "AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)")
    assert recorded(scene, asks(scene, "colleague", reference(scene, waiting))) == waiting


def test_what_hears_whoever_asks_is_the_same_whatever_they_name(scene: Bodies) -> None:
    """What comes back of an entry differs only in what differs between any two."""
    scene.act(*naming(scene, "lead", "third"))
    answers = []
    for name, said in (("third", None), ("third", "BCDFG-HJKMN"), ("custodian", None)):
        entry = asking.ask_for_access(CHANCE, scene.to, **by_name(scene, name, said))
        appended = Desk(scene.world.link("heed_office")).append(scene.keys[name], entry)
        answers.append((len(appended.header), appended.again))
    assert len(set(answers)) == 1


def test_the_owner_sees_who_asks_and_why_and_nobody_else_does(scene: Bodies) -> None:
    wanted = asks(scene)
    scene.world.open()
    desk = Desk(scene.world.link("heed_office"))
    (seen,) = openings.wanted(desk, scene.keys["lead"])
    assert (seen.asking, seen.record, seen.reason) == (wanted, scene.records[0], "it is urgent")
    for name in scene.keys:
        if name != "lead":
            assert openings.wanted(desk, scene.keys[name]) == []
    scene.act(*naming(scene, "lead", "third"))
    assert openings.wanted(desk, scene.keys["lead"]) == []
    (mine,) = openings.asked(desk, scene.keys["third"])
    assert (mine.state, mine.answer) == ("open", "")


def test_leave_opens_the_record_for_seven_days_and_says_so_in_each_look(scene: Bodies) -> None:
    assert not may_read(scene)
    granted(scene)
    assert may_read(scene)
    assert opened(scene, "third", "granted") == ["concern 0"]
    looks = scene.world.as_owner("SELECT purpose FROM facts.look")
    unopened = scene.world.as_owner(
        "SELECT opened_at IS NULL FROM facts.record WHERE id = %s", (scene.records[0],)
    )
    assert (looks, unopened) == ([("granted",)], [(True,)])
    by_hand(scene, GONE_BY.format("167 hours 59 minutes"))
    assert may_read(scene)
    by_hand(scene, GONE_BY.format("2 minutes"))
    assert not may_read(scene)
    with pytest.raises(NoSuchRecord):
        opened(scene, "third", "granted")


def test_without_that_question_leave_never_ends(scene: Bodies) -> None:
    granted(scene)
    by_hand(scene, GONE_BY.format("169 hours"))
    assert not may_read(scene)
    scene.without_line(PURPOSE_OF, "AND o.until > register.now()")
    scene.without_line(MY_RECORDS, "AND o.until > register.now()")
    assert may_read(scene)


def test_a_look_has_the_purpose_that_the_record_has_for_the_reader(scene: Bodies) -> None:
    granted(scene)
    breaks_glass(scene, "colleague")
    claims = [
        (name, purpose)
        for name, right in (("third", "granted"), ("colleague", "emergency"), ("lead", "own queue"))
        for purpose in ("own queue", "oversight", "granted", "emergency", "", "curious")
        if purpose != right
    ]
    records = [str(scene.records[0])]
    check_refused(
        scene,
        "HE003",
        *(
            Asked(
                name, Kind.LOOKED, scene.world.people[name], {"records": records, "purpose": said}
            )
            for name, said in claims
        ),
    )


ENDINGS = {
    "handed over": lambda scene: scene.act(*accepting(scene)),
    "the owner is walled": lambda scene: scene.act(*naming(scene, "lead", "lead")),
    "the reader is walled": lambda scene: scene.act(*naming(scene, "lead", "third")),
    "their unit is walled": lambda scene: wall_off(scene, "team"),
    "the owner leaves": lambda scene: _appended(scene, leaving(scene, "lead")),
    "the reader leaves": lambda scene: _appended(scene, leaving(scene, "third")),
    "the reader administers": lambda scene: _appended(
        scene, posting(scene, "third", "administrator")
    ),
    "the reader moves to a walled unit": lambda scene: _moved_there(scene),
    "the reader marries the accused": lambda scene: _married(scene),
}


def _appended(scene: Bodies, change: Any) -> None:
    scene.world.register(change.who).append(change.entry)


def _moved_there(scene: Bodies) -> None:
    wall_off(scene, "archive")
    _appended(scene, employing(scene, "third", "archive"))


def _married(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "custodian"))
    _appended(scene, relating(scene, "third", "custodian"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_leave_ends_in_the_same_transaction_and_for_good(scene: Bodies, ending: str) -> None:
    granted(scene)
    ENDINGS[ending](scene)
    assert scene.world.as_owner("SELECT ended FROM facts.opening") == [(True,)]
    if ending != "the reader leaves":
        assert not may_read(scene)


def test_without_that_ending_leave_comes_back_with_the_record(scene: Bodies) -> None:
    apply = "register.apply(uuid,uuid,integer,text,timestamp with time zone,jsonb)"
    granted(scene)
    scene.without_line(
        apply,
        "PERFORM register.apply_openings(p_id, p_stream, p_version, p_kind, p_at, p_facts);\n"
        "        WHEN 'hand_over_declined'",
        "WHEN 'hand_over_declined'",
    )
    scene.act(*accepting(scene))
    assert may_read(scene)


def test_only_the_owner_decides_and_only_about_who_could_read_it(scene: Bodies) -> None:
    wanted = asks(scene)
    mine = asks(scene, "lead")
    record, claims = scene.records[0], {"asking": str(wanted)}
    both = (Kind.ACCESS_GRANTED, Kind.ACCESS_DECLINED)
    wrong = [
        Asked(name, kind, record, claims)
        for kind in both
        for name in scene.keys
        if name != "lead" and "admin" not in name
    ]
    wrong += [Asked("lead", kind, scene.records[1], claims) for kind in both]
    wrong += [Asked("lead", kind, uuid4(), claims) for kind in both]
    wrong += [Asked("lead", kind, record, {"asking": str(mine)}) for kind in both]
    wrong += [Asked("lead", kind, record, {"asking": str(uuid4())}) for kind in both]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    scene.act(*naming(scene, "lead", "third"))
    yes = Asked("lead", Kind.ACCESS_GRANTED, record, claims)
    check_refused(scene, "HE404", yes)
    scene.without_line(DECIDE, "OR NOT register.may_work_on(asking.person, p_stream)")
    assert told(scene, yes) == (ACCEPTED,)
    assert not may_read(scene)


def brings_in(scene: Bodies, name: str, by: str = "lead", record: UUID | None = None) -> Asked:
    person = {"person": str(scene.world.people[name])}
    return Asked(by, Kind.ACCESS_GIVEN, record or scene.records[0], person)


def given(scene: Bodies) -> UUID:
    """Leave to the third, unasked."""
    entry = asking.give_access(
        CHANCE,
        scene.to,
        record=scene.records[0],
        person=scene.world.people["third"],
        reason="they know the family",
    )
    scene.act("lead", entry)
    return entry.id


def ends(scene: Bodies, opening: UUID, by: str = "lead") -> Asked:
    return Asked(by, Kind.ACCESS_ENDED, scene.records[0], {"opening": str(opening)})


def test_the_owner_brings_somebody_in_and_ends_it(scene: Bodies) -> None:
    opening = given(scene)
    assert opened(scene, "third", "granted") == ["concern 0"]
    desk = Desk(scene.world.link("heed_office"))
    [seen] = openings.of_record(desk, scene.keys["lead"], scene.records[0])
    assert (seen.opening, seen.person) == (opening, scene.world.people["third"])
    assert told(scene, ends(scene, opening)) == (ACCEPTED,)
    assert not may_read(scene)
    check_refused(scene, "HE404", ends(scene, opening))
    given(scene)  # who asked and was granted, and was brought in, has two leaves: both end
    granted(scene)
    [one, _] = openings.of_record(desk, scene.keys["lead"], scene.records[0])
    assert told(scene, ends(scene, one.opening)) == (ACCEPTED,)
    assert not may_read(scene)
    given(scene)
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    assert may_read(scene)
    by_hand(scene, GONE_BY.format("7 days"))
    assert not may_read(scene)


def test_only_the_owner_brings_in_and_only_who_could_answer_for_it(scene: Bodies) -> None:
    wrong = [brings_in(scene, "third", by) for by in scene.keys if by != "lead"]
    wrong += [brings_in(scene, "third", record=uuid4())]
    wrong = [one for one in wrong if "admin" not in one.who]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    check_refused(scene, "HE017", brings_in(scene, "lead"), brings_in(scene, "admin"))
    scene.act(*naming(scene, "lead", "third"))
    walled = brings_in(scene, "third")
    check_refused(scene, "HE017", walled)
    scene.without_line(
        DECIDE, "OR NOT register.may_work_on(register.id_of(p_claims->>'person'), p_stream)"
    )
    assert told(scene, walled) == (ACCEPTED,)
    assert not may_read(scene)


def test_nobody_but_the_owner_ends_leave_and_nobody_ends_an_emergency(scene: Bodies) -> None:
    opening = given(scene)
    others = [ends(scene, opening, by) for by in scene.keys if by != "lead" and "admin" not in by]
    assert len(check_refused(scene, "HE404", *others)) == 1
    check_refused(scene, "HE404", ends(scene, breaks_glass(scene, "colleague")))
    scene.without_line(DECIDE, "AND o.how = 'granted'", "")
    [(glass,)] = scene.world.as_owner("SELECT entry FROM facts.opening WHERE how = 'emergency'")
    assert told(scene, ends(scene, glass)) == (ACCEPTED,)


def test_whoever_is_brought_in_loses_it_when_another_takes_over(scene: Bodies) -> None:
    given(scene)
    scene.act(*accepting(scene))
    assert not may_read(scene)


def test_a_request_is_decided_once(scene: Bodies) -> None:
    wanted = asks(scene)
    no = asking.decline_access(
        CHANCE, scene.to, record=scene.records[0], asking=wanted, reason="not yet"
    )
    scene.act("lead", no)
    scene.world.open()
    (mine,) = openings.asked(Desk(scene.world.link("heed_office")), scene.keys["third"])
    assert (mine.state, mine.answer) == ("declined", "not yet")
    assert not may_read(scene)
    again = Asked("lead", Kind.ACCESS_GRANTED, scene.records[0], {"asking": str(wanted)})
    check_refused(scene, "HE404", again)


def test_an_emergency_opening_lasts_four_hours_and_is_seen_before_a_word(scene: Bodies) -> None:
    glass = breaks_glass(scene)
    desk = Desk(scene.world.link("heed_office"))
    for name in ("custodian", "overseer", "second"):
        (seen,) = openings.emergencies(desk, scene.keys[name])
        assert (seen.glass, seen.reference, seen.uses) == (glass, reference(scene), 1)
    for name in ("lead", "colleague", "third", "admin", "contact"):
        assert openings.emergencies(desk, scene.keys[name]) == []
    assert opened(scene, "third", "emergency") == ["concern 0"]
    by_hand(scene, GONE_BY.format("3 hours 59 minutes"))
    assert may_read(scene)
    by_hand(scene, GONE_BY.format("2 minutes"))
    assert not may_read(scene)


def test_no_emergency_opens_what_somebody_is_walled_from(scene: Bodies) -> None:
    breaks_glass(scene)
    assert may_read(scene)
    scene.act(*naming(scene, "lead", "third"))
    assert not may_read(scene)
    breaks_glass(scene)
    assert not may_read(scene)
    assert openings.mine(Desk(scene.world.link("heed_office")), scene.keys["third"]) == []
    scene.without_line(MAY_SEE, "AND NOT register.hidden(me, p_record)")
    scene.without_line(MY_RECORDS, "AND r.id NOT IN (SELECT register.hidden_from(me))")
    assert may_read(scene)


def test_nobody_reviews_their_own_emergency_opening(scene: Bodies) -> None:
    glass = breaks_glass(scene, "overseer")
    person = scene.world.people["overseer"]
    claims = {"glass": str(glass), "outcome": "right"}
    wrong = [
        Asked(name, Kind.GLASS_REVIEWED, person, claims)
        for name in ("overseer", "lead", "third", "contact")
    ]
    wrong += [Asked("second", Kind.GLASS_REVIEWED, scene.world.people["third"], claims)]
    wrong += [Asked("second", Kind.GLASS_REVIEWED, person, claims | {"glass": str(uuid4())})]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    for outcome in ("", None, "Right", ["right"], "maybe"):
        check_refused(
            scene,
            "HE003",
            Asked("second", Kind.GLASS_REVIEWED, person, claims | {"outcome": outcome}),
        )
    scene.without_line(DECIDE, "OR glass.person = p_me")
    assert told(scene, wrong[0]) == (ACCEPTED,)


def test_a_review_is_said_once_by_somebody_who_may_know_of_the_record(scene: Bodies) -> None:
    glass = breaks_glass(scene)
    person = scene.world.people["third"]
    scene.act(*naming(scene, "lead", "custodian"))
    desk = Desk(scene.world.link("heed_office"))
    assert openings.emergencies(desk, scene.keys["custodian"]) == []
    claims = {"glass": str(glass), "outcome": "not right"}
    check_refused(scene, "HE404", Asked("custodian", Kind.GLASS_REVIEWED, person, claims))
    review = {"person": person, "glass": glass, "outcome": "not right", "words": "it could wait"}
    scene.act("overseer", asking.review_glass(CHANCE, scene.to, **review))
    scene.world.open()
    (seen,) = openings.emergencies(desk, scene.keys["second"])
    assert (seen.outcome, seen.review) == ("not right", "it could wait")
    check_refused(scene, "HE404", Asked("second", Kind.GLASS_REVIEWED, person, claims))


def test_an_emergency_that_opened_nothing_shows_no_word_of_what_was_typed(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "third"))
    breaks_glass(scene)
    scene.world.open()
    (seen,) = openings.emergencies(Desk(scene.world.link("heed_office")), scene.keys["overseer"])
    assert (seen.record, seen.reference, seen.reason) == (None, None, "")
    claims = {"glass": str(seen.glass), "outcome": "right"}
    person = scene.world.people["third"]
    check_refused(scene, "HE404", Asked("overseer", Kind.GLASS_REVIEWED, person, claims))


def test_an_administrator_has_no_part_in_any_of_it(scene: Bodies) -> None:
    said = {"reference": reference(scene)}
    kinds = (Kind.ACCESS_ASKED, Kind.GLASS_BROKEN)
    names = ("admin", "their admin")
    wrong = [Asked(name, kind, scene.world.people[name], said) for kind in kinds for name in names]
    wrong += [Asked("colleague", kind, scene.world.people["third"], said) for kind in kinds]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    wanted, glass = asks(scene), breaks_glass(scene, "colleague")
    record, person = scene.records[0], scene.world.people["colleague"]
    claims = {"glass": str(glass), "outcome": "right"}
    wrong = [Asked(name, Kind.GLASS_REVIEWED, person, claims) for name in names]
    answer = {"asking": str(wanted)}
    wrong += [Asked(name, Kind.ACCESS_GRANTED, record, answer) for name in names]
    check_refused(scene, "HE404", *wrong)
    breaks_glass(scene)
    _appended(scene, posting(scene, "third", "administrator"))
    assert not may_read(scene)
    scene.without_line(PURPOSE_OF, "AND NOT register.holds(p_person, 'administrator')")
    scene.without_line(MY_RECORDS, "AND NOT register.holds(me, 'administrator')")
    assert may_read(scene)


def test_who_reads_by_leave_neither_answers_nor_hands_over_but_may_restrict_themselves(
    scene: Bodies,
) -> None:
    granted(scene, "colleague")
    record = scene.records[0]
    other = str(scene.world.people["third"])
    check_refused(
        scene,
        "HE404",
        Asked("colleague", Kind.ANSWERED, record, {}),
        Asked("colleague", Kind.HAND_OVER_OFFERED, record, {"taker": other}),
    )
    claims = {"person": other, "ground": "accused"}
    check_refused(scene, "HE051", Asked("colleague", Kind.WALLED, record, claims))
    scene.act(*naming(scene, "colleague", "colleague"))
    assert scene.world.as_owner("SELECT count(*) FROM facts.wall") == [(1,)]


def test_an_answer_stays_when_a_restriction_comes_later(scene: Bodies) -> None:
    """An answer that went away would tell that a restriction came."""
    wanted = asks(scene)
    no = asking.decline_access(
        CHANCE, scene.to, record=scene.records[0], asking=wanted, reason="not yet"
    )
    scene.act("lead", no)
    scene.world.open()
    desk = Desk(scene.world.link("heed_office"))
    before = openings.asked(desk, scene.keys["third"])
    assert [(one.state, one.answer) for one in before] == [("declined", "not yet")]
    scene.act(*naming(scene, "lead", "third"))
    assert openings.asked(desk, scene.keys["third"]) == before
    scene.without_line(
        "machinery.my_askings()",
        "a.at, a.state,",
        "a.at, CASE WHEN register.walled(me, a.record) THEN 'open' ELSE a.state END,",
    )
    assert openings.asked(desk, scene.keys["third"]) != before


def has_an_address(scene: Bodies) -> None:
    person = scene.world.people["custodian"]
    entry = people.set_reach(
        CHANCE, scene.to, person=person, telephone="", email="custodian@example.org"
    )
    scene.world.register().append(entry)


def walled(scene: Bodies) -> SealedEntry:
    """The custodian is named in the record."""
    return wall_person(
        CHANCE,
        scene.to,
        record=scene.records[0],
        person=scene.world.people["custodian"],
        ground=Ground.ACCUSED,
        reason="named",
    )


def notified(scene: Bodies) -> list[UUID]:
    return [row[0] for row in scene.world.as_owner("SELECT person FROM machinery.message")]


def test_custodians_get_a_notice_in_the_same_transaction(scene: Bodies) -> None:
    has_an_address(scene)
    breaks_glass(scene, said="BBBBB-BBBBB")
    assert notified(scene) == []
    entry = breaks_glass(scene)
    assert notified(scene) == [scene.world.people["custodian"]]
    rows = scene.world.as_owner("SELECT entry, what FROM machinery.message")
    assert rows == [(entry, "notice")]


def test_no_custodian_is_told_of_what_they_may_not_know(scene: Bodies) -> None:
    has_an_address(scene)
    scene.act("lead", walled(scene))
    breaks_glass(scene)
    assert notified(scene) == []


def test_without_that_question_a_custodian_who_is_named_is_told(scene: Bodies) -> None:
    has_an_address(scene)
    scene.act("lead", walled(scene))
    scene.without_line(
        "register.tell_custodians(uuid,uuid,uuid)",
        "AND register.may_work_on(p.id, p_record)",
    )
    breaks_glass(scene)
    assert notified(scene) == [scene.world.people["custodian"]]
