"""Remits: who gives them to whom, whose records they reach, what ends them, and what a manager's team shows."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.access import remits as giving
from heed.core.vocabulary import Danger, Kind
from heed.store import remits, staff
from heed.store.connection import StoreRefused
from heed.store.holding import holding
from heed.store.readable import Desk, NoSuchRecord
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies, folded
from tests.walls.changes import (
    Change,
    accepting,
    employing,
    going_away,
    leaving,
    moving,
    naming,
    posting,
    wall_off,
)
from tests.walls.refusals import Asked, check_refused, person
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

MY_RECORDS, MAY_SEE = "machinery.my_records()", "machinery.may_see(uuid)"
TEAM = "machinery.team(integer,uuid)"
PROPOSED = "register.decide_proposed(uuid,jsonb,uuid)"
DECIDE = "register.decide_remits(uuid,text,jsonb,uuid)"
REMIT_UNITS = "register.remit_units(uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead and the colleague work at the desk, beneath the team where the manager `third` works."""
    with bodies(server) as made:
        yield made


def desk(scene: Bodies) -> Desk:
    return Desk(scene.world.link("heed_office"))


def gives(scene: Bodies, name: str = "third", unit: str = "team", by: str = "admin") -> UUID:
    whom = scene.world.people[name]
    entry = giving.give_remit(CHANCE, scene.to, person=whom, unit=scene.units[unit])
    scene.act(by, entry)
    return entry.id


def ends(scene: Bodies, remit: UUID, name: str = "third", by: str = "admin") -> None:
    whom = scene.world.people[name]
    scene.act(by, giving.end_remit(CHANCE, scene.to, person=whom, remit=remit))


def sent(scene: Bodies, change: Change) -> None:
    if change.who in scene.keys:
        scene.act(change.who, change.entry)
    else:
        scene.world.register(change.who).append(change.entry)


def may_read(scene: Bodies, name: str = "third", record: UUID | None = None) -> bool:
    """By the list, by the question about one, and by the plain rule, which agree."""
    record = record or scene.records[0]
    listed = desk(scene).rows(scene.keys[name], "SELECT machinery.my_records()")
    seen = holding(desk(scene), scene.keys[name], record) is not None
    assert seen == ((record,) in listed)
    fold, who = folded(scene.world), scene.world.people[name]
    known = fold.duty.people[who]
    reach = fold.remits.owners_read(who, "administrator" in known.posts, fold.walls)
    walled = record in fold.walls.walled_from(who)
    assert seen == (known.active and not walled and scene.owner(record) in {who, *reach})
    return seen


def opened(scene: Bodies, reason: str = "a second pair of eyes", name: str = "third") -> list[str]:
    record = desk(scene).open(
        scene.keys[name],
        scene.world.people[name],
        scene.records[0],
        CHANCE,
        scene.to,
        "remit",
        reason,
    )
    return [said.body["saw"] for said in record.said if said.body and "saw" in said.body]


def purpose(scene: Bodies, name: str = "third") -> str | None:
    found = holding(desk(scene), scene.keys[name], scene.records[0])
    return found.purpose if found else None


def test_a_remit_opens_what_people_of_that_unit_and_beneath_answer_for(scene: Bodies) -> None:
    assert not may_read(scene)
    gives(scene)
    assert may_read(scene)
    assert purpose(scene) == "remit"
    assert opened(scene) == ["concern 0"]
    for name in scene.keys:
        if name not in ("lead", "third"):
            assert not may_read(scene, name)
    gives(scene, "colleague", "archive")
    assert not may_read(scene, "colleague")


def test_the_reason_is_kept_and_an_overseer_sees_it(scene: Bodies) -> None:
    gives(scene)
    opened(scene)
    scene.world.open()
    whom = scene.world.people["third"]
    looks = staff.looks_of(desk(scene), scene.keys["overseer"], whom, 10)
    assert [(one.purpose, one.reason) for one in looks] == [("remit", "a second pair of eyes")]
    unopened = scene.world.as_owner(
        "SELECT opened_at IS NULL FROM facts.record WHERE id = %s", (scene.records[0],)
    )
    assert unopened == [(True,)]


def test_a_file_comes_only_after_a_look_with_its_reason(scene: Bodies) -> None:
    gives(scene)
    records = [str(scene.records[0])]
    fetch = Asked(
        "third", Kind.LOOKED, scene.world.people["third"], {"records": records, "purpose": "file"}
    )
    check_refused(scene, "HE003", fetch)
    scene.without_line("register.said_why(uuid,uuid)", "IS DISTINCT FROM 'remit'", "IS NOT NULL")
    look(scene, "file")


def look(scene: Bodies, purpose: str, name: str = "third") -> None:
    whom = scene.world.people[name]
    records = scene.records[:1]
    entry = commands.look(CHANCE, scene.to, person=whom, records=records, purpose=purpose)
    scene.act(name, entry)


def test_after_such_a_look_files_come_while_it_lasts(scene: Bodies) -> None:
    gives(scene)
    opened(scene)
    look(scene, "file")
    scene.without("UPDATE machinery.ticket SET asked_at = asked_at - interval '6 minutes'")
    with pytest.raises(StoreRefused):
        look(scene, "file")


def test_a_look_by_remit_is_no_look_at_ones_own_queue(scene: Bodies) -> None:
    gives(scene)
    records = [str(scene.records[0])]
    claims = [
        Asked(name, Kind.LOOKED, scene.world.people[name], {"records": records, "purpose": said})
        for name, said in (
            *(("third", said) for said in ("own queue", "print", "oversight", "granted")),
            ("lead", "remit"),
        )
    ]
    check_refused(scene, "HE003", *claims)


def test_whoever_is_walled_sees_nothing_by_a_remit(scene: Bodies) -> None:
    gives(scene)
    scene.act(*naming(scene, "lead", "third"))
    assert not may_read(scene)
    assert remits.by_remit(desk(scene), scene.keys["third"], 10) != []
    with pytest.raises(NoSuchRecord):
        opened(scene)
    key = scene.keys["third"]
    scene.without_line(MY_RECORDS, "AND r.id NOT IN (SELECT register.hidden_from(me))")
    scene.without_line(MAY_SEE, "AND NOT register.hidden(me, p_record)")
    assert holding(desk(scene), key, scene.records[0]) is not None
    assert opened(scene) == ["concern 0"]


def test_a_unit_that_is_walled_takes_its_managers_remit_with_it(scene: Bodies) -> None:
    gives(scene)
    wall_off(scene, "desk")
    assert not may_read(scene)


def _ended(scene: Bodies, remit: UUID) -> None:
    ends(scene, remit)


ENDINGS: dict[str, Any] = {
    "it is ended": _ended,
    "the reader leaves": lambda scene, _: sent(scene, leaving(scene, "third")),
    "the reader administers": lambda scene, _: sent(
        scene, posting(scene, "third", "administrator")
    ),
    "the owner moves to another unit": lambda scene, _: _moves(scene, "lead", "desk", "archive"),
    "the unit moves elsewhere": lambda scene, _: sent(scene, moving(scene, "desk", "archive")),
    "the reader goes to another body": lambda scene, _: _moves(scene, "third", "team", "oversight"),
}


def _moves(scene: Bodies, name: str, old: str, new: str) -> None:
    sent(scene, employing(scene, name, new))
    whom = scene.world.people[name]
    [(job,)] = scene.world.as_owner(
        "SELECT entry FROM facts.employment WHERE person = %s AND unit = %s AND until IS NULL",
        (whom, scene.units[old]),
    )
    scene.world.register().append(
        commands.end_employment(CHANCE, scene.to, person=whom, employment=job)
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_reaches_nothing_any_more_where(scene: Bodies, ending: str) -> None:
    remit = gives(scene)
    assert may_read(scene)
    ENDINGS[ending](scene, remit)
    if ending == "the reader leaves":
        assert folded(scene.world).remits.remits[remit].ended_at is not None
    else:
        assert not may_read(scene)


def test_whoever_is_an_administrator_no_longer_gets_no_remit_back(scene: Bodies) -> None:
    gives(scene)
    sent(scene, posting(scene, "third", "administrator"))
    sent(scene, posting(scene, "third", "manager"))
    assert not may_read(scene)


CONTROLS = {
    "an ended remit": (
        _ended,
        [
            (REMIT_UNITS, "AND m.ended_at IS NULL", ""),
            ("register.by_remit(uuid)", "AND m.ended_at IS NULL", ""),
            ("register.reads_by_remit(uuid,uuid)", "AND m.ended_at IS NULL", ""),
        ],
    ),
    "an owner who moves": (
        ENDINGS["the owner moves to another unit"],
        [
            ("register.by_remit(uuid)", "e.until IS NULL", "true"),
            ("register.reads_by_remit(uuid,uuid)", "AND e.until IS NULL", ""),
        ],
    ),
    "a unit that moves": (
        ENDINGS["the unit moves elsewhere"],
        [("register.beneath(uuid[])", "WHERE register.parent_of(l.unit) = d.unit", "")],
    ),
    "another body": (
        ENDINGS["the reader goes to another body"],
        [
            (
                REMIT_UNITS,
                "AND register.body_of(m.unit) IN (SELECT register.bodies_of(p_person))",
                "",
            )
        ],
    ),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_without_that_line_it_still_reads(scene: Bodies, name: str) -> None:
    what, lines = CONTROLS[name]
    remit = gives(scene)
    what(scene, remit)
    assert holding(desk(scene), scene.keys["third"], scene.records[0]) is None
    for function, line, instead in lines:
        scene.without_line(function, line, instead)
    assert holding(desk(scene), scene.keys["third"], scene.records[0]) is not None
    listed = desk(scene).rows(scene.keys["third"], "SELECT machinery.my_records()")
    assert (scene.records[0],) in listed


def test_an_administrator_reads_by_no_remit_even_where_one_stands(scene: Bodies) -> None:
    gives(scene)
    whom = person(scene, "third")
    scene.without(f"UPDATE facts.person SET posts = '{{administrator}}' WHERE id = '{whom}'")
    assert holding(desk(scene), scene.keys["third"], scene.records[0]) is None
    scene.without_line(REMIT_UNITS, "AND NOT register.holds(p_person, 'administrator')")
    assert holding(desk(scene), scene.keys["third"], scene.records[0]) is not None


def test_what_is_sealed_is_not_read_by_remit_and_by_its_owner_still(scene: Bodies) -> None:
    gives(scene)
    scene.without_line("register.is_sealed(uuid)", "RETURN EXISTS", "RETURN true OR EXISTS")
    assert holding(desk(scene), scene.keys["third"], scene.records[0]) is None
    assert desk(scene).rows(scene.keys["third"], "SELECT machinery.my_records()") == []
    assert holding(desk(scene), scene.keys["lead"], scene.records[0]) is not None


def test_only_another_administrator_of_the_same_body_gives_one(scene: Bodies) -> None:
    units = {name: str(unit) for name, unit in scene.units.items()}

    def asked(who: str, whom: str, unit: str) -> Asked:
        return Asked(who, Kind.REMIT_GIVEN, scene.world.people[whom], {"unit": units[unit]})

    check_refused(
        scene,
        "HE013",
        asked("lead", "colleague", "desk"),
        asked("third", "third", "team"),
        asked("admin", "admin", "team"),
        asked("their admin", "third", "team"),
        asked("admin", "overseer", "team"),
        asked("their admin", "overseer", "team"),
        asked("admin", "third", "oversight"),
    )
    scene.world.add_person("nobodys", "Nobody’s", "worker")
    scene.world.take_sign_in("nobodys")
    check_refused(
        scene,
        "HE003",
        asked("heed_owner", "admin", "team"),
        asked("heed_owner", "overseer", "team"),
        asked("admin", "nobodys", "team"),
        *(
            Asked("admin", Kind.REMIT_GIVEN, scene.world.people["third"], {"unit": no})
            for no in ("", "x", str(uuid4()))
        ),
        Asked("admin", Kind.REMIT_GIVEN, uuid4(), {"unit": units["team"]}),
    )
    gives(scene)
    check_refused(scene, "HE003", asked("admin", "third", "team"))


def test_without_that_question_an_administrator_of_another_body_gives_one(scene: Bodies) -> None:
    scene.without_line(DECIDE, "PERFORM register.check_administers(p_me, p_stream, ARRAY[named]);")
    gives(scene, by="their admin")
    assert may_read(scene)


def test_only_an_administrator_of_that_body_ends_one(scene: Bodies) -> None:
    remit = str(gives(scene))

    def asked(who: str, whom: str = "third", said: str = remit) -> Asked:
        return Asked(who, Kind.REMIT_ENDED, scene.world.people[whom], {"remit": said})

    check_refused(scene, "HE013", asked("third"), asked("lead"), asked("their admin"))
    check_refused(
        scene,
        "HE003",
        asked("admin", "lead"),
        asked("admin", said=str(uuid4())),
        asked("admin", said="x"),
    )
    ends(scene, UUID(remit))
    check_refused(scene, "HE003", asked("admin"))


def test_who_has_which_remit_only_they_and_their_administrators_see(scene: Bodies) -> None:
    remit = gives(scene)
    whom = scene.world.people["third"]
    seen = {
        name
        for name, key in scene.keys.items()
        if [one.remit for one in remits.given_to(desk(scene), key, whom)] == [remit]
    }
    assert seen == {"third", "admin"}


# A manager's team.


def shown(scene: Bodies, name: str = "third") -> dict[str, tuple[int, list[UUID]]]:
    """Of each in the team: how many in hand, and which the page shows."""
    names = {whom: name for name, whom in scene.world.people.items()}
    return {
        names[one.person]: (one.held, [each.id for each in one.pressing])
        for one in remits.team(desk(scene), scene.keys[name], 10)
    }


def test_a_manager_sees_what_their_people_have_in_hand_and_nobody_else_does(scene: Bodies) -> None:
    queue = [one.id for one in desk(scene).queue(scene.keys["lead"], 10)]
    assert shown(scene) == {"lead": (2, queue), "colleague": (0, [])}
    for name in scene.keys:
        if name != "third":
            assert shown(scene, name) == {}
    assert not may_read(scene)


def test_it_is_in_the_order_of_each_ones_own_queue(scene: Bodies) -> None:
    for danger in (Danger.NO, Danger.YES, Danger.UNKNOWN, Danger.NO):
        scene.world.tell("more", danger=danger)
    scene.world.open()
    look(scene, "own queue", "lead")
    queue = desk(scene).queue(scene.keys["lead"], 50)
    (members,) = [one for one in remits.team(desk(scene), scene.keys["third"], 50) if one.held]
    assert list(members.pressing) == queue
    fewer = [one for one in remits.team(desk(scene), scene.keys["third"], 2) if one.held]
    assert [(one.held, list(one.pressing)) for one in fewer] == [(6, queue[:2])]


def test_a_record_that_the_opener_has_not_screened_is_not_there(scene: Bodies) -> None:
    scene.world.tell("not opened yet")
    assert shown(scene)["lead"][0] == 2
    scene.without_line(TEAM, "AND EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)")
    assert shown(scene)["lead"][0] == 3


def test_of_a_record_that_they_must_not_see_not_even_the_count_tells(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "third"))
    assert shown(scene)["lead"] == (1, scene.records[1:])
    assert remits.in_team(desk(scene), scene.keys["third"], scene.records[0]) is None
    scene.without_line(TEAM, "AND r.id NOT IN (SELECT register.hidden_from(me))")
    assert shown(scene)["lead"][0] == 2


def proposes(scene: Bodies, taker: str, name: str = "third", record: UUID | None = None) -> None:
    entry = commands.offer_hand_over(
        CHANCE,
        scene.to,
        record=record or scene.records[0],
        taker=scene.world.people[taker],
        note="they know the school",
    )
    scene.act(name, entry)


def offers(scene: Bodies) -> list[tuple[Any, ...]]:
    names = {whom: name for name, whom in scene.world.people.items()}
    rows = scene.world.as_owner(
        "SELECT o.giver, o.taker, i.actor, o.state FROM facts.offer o"
        " JOIN facts.item i ON i.entry = o.entry ORDER BY o.at, o.entry"
    )
    return [(*(names[one] for one in row[:3]), row[3]) for row in rows]


def test_a_manager_offers_in_the_owners_place_who_answers_until_it_is_accepted(
    scene: Bodies,
) -> None:
    proposes(scene, "colleague")
    assert offers(scene) == [("lead", "colleague", "third", "open")]
    assert scene.owner(scene.records[0]) == scene.world.people["lead"]
    assert not may_read(scene)
    (seen,) = staff.offers(desk(scene), scene.keys["colleague"])
    assert seen.made_by == scene.world.people["third"]
    sent(scene, employing(scene, "lead", "archive"))  # the rule looks again, and the offer stands
    assert offers(scene)[0][3] == "open"
    scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=scene.records[0]))
    assert scene.owner(scene.records[0]) == scene.world.people["colleague"]


def test_the_owner_takes_it_back_and_the_manager_does_not_accept_it(scene: Bodies) -> None:
    proposes(scene, "colleague")
    record = scene.records[0]
    for kind in (Kind.HAND_OVER_ACCEPTED, Kind.HAND_OVER_DECLINED):
        check_refused(scene, "HE404", Asked("third", kind, record, {}))
    scene.act("lead", commands.decline_hand_over(CHANCE, scene.to, record=record, reason="no"))
    assert offers(scene) == [("lead", "colleague", "third", "declined")]


def test_who_may_propose_what(scene: Bodies) -> None:
    record, nobodys = scene.records[0], uuid4()

    def asked(who: str, taker: str, what: UUID = record) -> Asked:
        return Asked(who, Kind.HAND_OVER_OFFERED, what, {"taker": person(scene, taker)})

    said = check_refused(
        scene,
        "HE404",
        *(asked(who, "colleague") for who in scene.keys if who not in ("lead", "third")),
        asked("third", "colleague", nobodys),
    )
    check_refused(scene, "HE017", *(asked("third", taker) for taker in ("third", "lead", "admin")))
    scene.act(*naming(scene, "lead", "third"))
    assert check_refused(scene, "HE404", asked("third", "colleague")) <= said
    scene.without_line(PROPOSED, "AND NOT register.hidden(p_me, r.id)")
    proposes(scene, "colleague")


def test_a_manager_learns_nothing_of_who_must_not_see_it_or_is_asked_already(
    scene: Bodies,
) -> None:
    """The same answer, and nobody is asked who must not be."""
    scene.act(*naming(scene, "lead", "colleague"))
    proposes(scene, "colleague")
    assert staff.offers(desk(scene), scene.keys["colleague"]) == []
    proposes(scene, "contact")
    proposes(scene, "custodian")
    assert [one[3] for one in offers(scene)] == ["overtaken", "open", "overtaken"]
    before = shown(scene)
    scene.act("contact", commands.accept_hand_over(CHANCE, scene.to, record=scene.records[0]))
    assert before["lead"][0] == 2


def test_without_that_question_the_walled_are_asked(scene: Bodies) -> None:
    scene.act(*naming(scene, "lead", "colleague"))
    scene.without_line(
        PROPOSED, "asked := register.may_work_on(named, p_stream)\n        AND", "asked :="
    )
    proposes(scene, "colleague")
    assert offers(scene)[0][3] == "open"


def test_a_manager_neither_answers_sorts_decides_nor_restricts(scene: Bodies) -> None:
    record = scene.records[0]
    check_refused(
        scene,
        "HE404",
        Asked("third", Kind.ANSWERED, record, {}),
        Asked("third", Kind.SORTED, record, {"outcome": "not one", "reason": "thanks"}),
        Asked("third", Kind.NOTED, record, {}),
        Asked("third", Kind.CHILD_NAMED, record, {}),
        Asked("third", Kind.WALLED, record, {"person": person(scene, "lead"), "ground": "accused"}),
        Asked(
            "third",
            Kind.LOOKED,
            scene.world.people["third"],
            {"records": [str(record)], "purpose": "remit"},
        ),
    )


def test_whose_record_is_passed_on_is_read_by_the_new_owners_unit(scene: Bodies) -> None:
    gives(scene, "third", "desk")
    assert may_read(scene)
    scene.act(*accepting(scene))
    assert may_read(scene)
    sent(scene, going_away(scene, "colleague"))
    sent(scene, going_away(scene, "lead"))
    assert scene.owner(scene.records[0]) == scene.world.people["contact"]
    assert not may_read(scene)
