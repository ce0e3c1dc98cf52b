"""What the register refuses of restrictions, hand-overs and oversight: in the same words, leaving nothing."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from heed.access import commands
from heed.core.vocabulary import Kind
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import (
    Change,
    accepting,
    ask,
    leaving,
    matching,
    naming,
    offering,
    wall_off,
)
from tests.walls.refusals import NO_ID, Asked, check_refused, person, told
from tests.walls.test_openings import breaks_glass, granted
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

RESTRICTS = "register.check_restricts(uuid,uuid,uuid)"
DECIDE_RECORD = "register.decide_record(uuid,text,jsonb,timestamp with time zone,uuid)"
DECIDE = "register.decide(uuid,uuid,integer,text,jsonb,timestamp with time zone,uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def test_a_hand_over_goes_to_nobody_who_could_not_answer_for_it(scene: Bodies) -> None:
    record = scene.records[0]
    scene.act(*naming(scene, "lead", "third"))
    gone = scene.world.add_person("gone", "Gone", "worker")
    scene.world.register().append(commands.leave(CHANCE, scene.to, person=gone))
    takers = [person(scene, name) for name in ("lead", "third", "admin", "their admin", "gone")]
    upper = person(scene, "colleague").upper()
    wrong = [*takers, str(uuid4()), str(record), upper, f"{{{upper.lower()}}}", *NO_ID]
    offers = [Asked("lead", Kind.HAND_OVER_OFFERED, record, {"taker": taker}) for taker in wrong]
    said = check_refused(scene, "HE017", *offers, Asked("lead", Kind.HAND_OVER_OFFERED, record, {}))
    assert len(said) == 1
    scene.without_line(DECIDE_RECORD, "OR NOT register.may_work_on(named, p_stream)", "")
    assert told(scene, offers[1]) == (ACCEPTED,)


def test_nobody_offers_or_takes_what_is_not_theirs(scene: Bodies) -> None:
    record, claims = scene.records[0], {"taker": person(scene, "colleague")}
    ask(scene)
    check_refused(
        scene,
        "HE404",
        *(
            Asked(name, Kind.HAND_OVER_OFFERED, stream, claims)
            for name in ("colleague", "overseer", "custodian", "admin")
            for stream in (record, uuid4(), scene.world.people["lead"])
        ),
        *(
            Asked(
                "third", Kind.HAND_OVER_OFFERED, stream, claims
            )  # a manager may propose their team's
            for stream in (uuid4(), scene.world.people["lead"])
        ),
        *(Asked(name, Kind.HAND_OVER_ACCEPTED, record, {}) for name in scene.keys),
        *(Asked(name, Kind.HAND_OVER_DECLINED, record, {}) for name in scene.keys),
    )
    accept = accepting(scene)
    others = [name for name in scene.keys if name != "colleague"]
    check_refused(scene, "HE018", Asked("lead", Kind.HAND_OVER_OFFERED, record, claims))
    said = check_refused(
        scene,
        "HE404",
        *(Asked(name, Kind.HAND_OVER_ACCEPTED, record, {}) for name in others),
        *(Asked(name, Kind.HAND_OVER_DECLINED, record, {}) for name in others if name != "lead"),
        *(Asked("third", Kind.HAND_OVER_ACCEPTED, one, {}) for one in (uuid4(), scene.records[1])),
    )
    assert len(said) == 1
    scene.act(*accept)
    for kind in (Kind.HAND_OVER_ACCEPTED, Kind.HAND_OVER_DECLINED):
        check_refused(scene, "HE404", *(Asked(name, kind, record, {}) for name in scene.keys))


def test_without_that_question_one_takes_what_was_offered_to_another(scene: Bodies) -> None:
    scene.act(*offering(scene, "colleague"))
    asked = Asked("third", Kind.HAND_OVER_ACCEPTED, scene.records[0], {})
    assert told(scene, asked)[0] == "HE404"
    scene.without_line(DECIDE_RECORD, "(o.taker = p_me OR", "(true OR")
    assert told(scene, asked) == (ACCEPTED,)
    assert scene.owner(scene.records[0]) == scene.world.people["third"]


def test_a_record_that_is_not_ones_own_cannot_be_told_from_none_by_restricting_it(
    scene: Bodies,
) -> None:
    claims = {"person": person(scene, "third"), "ground": "accused"}
    scene.act(*naming(scene, "lead", "lead"))  # the colleague has it now
    ours, none, other = scene.records[0], uuid4(), scene.world.slot
    names = [name for name in scene.keys if name != "colleague"]
    said = check_refused(
        scene,
        "HE404",
        *(
            Asked(name, Kind.WALLED, stream, {"ground": ground, **claims})
            for name in names
            for stream in (ours, none, other)
            for ground in ("accused", "nonsense")
        ),
    )
    assert len(said) == 1
    theirs = Asked("colleague", Kind.WALLED, ours, claims)
    scene.without_line(DECIDE_RECORD, "IF NOT machinery.may_see(p_stream) THEN", "IF false THEN")
    assert told(scene, theirs._replace(who="lead")) == (ACCEPTED,)


INSTANTS = (
    "infinity", "-infinity", "now", "today", "", "x", 5, [], {}, True, "2026", "2026-01-01",
    "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T25:00:00Z",
    "1899-12-31T23:59:59Z", "20000-01-01T00:00:00Z", "0044-03-15 BC", "2026-01-01T00:00:00+15:00",
    "2026-01-01T00:00:00Z\n",
)  # fmt: skip


def test_a_restriction_names_one_person_or_one_unit_a_ground_and_times_that_exist(
    scene: Bodies,
) -> None:
    record, one, unit = scene.records[0], person(scene, "third"), str(scene.units["team"])
    by_name = {"person": one, "ground": "accused"}
    by_unit = {"unit": unit, "ground": "body"}
    before, after = "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000001Z"
    wrong: list[dict[str, Any]] = [
        {},
        {"person": one},
        {"unit": unit},
        {"ground": "accused"},
        {"ground": "body"},
        {**by_name, "unit": unit},
        {**by_unit, "person": one},
        {**by_unit, "alleged_from": after, "alleged_until": before},
        *({"person": one, "ground": ground} for ground in ("body", "collusion", "match", *NO_ID)),
        *({"unit": unit, "ground": ground} for ground in ("accused", "match", "close", *NO_ID)),
        *({"person": named, "ground": "accused"} for named in (str(uuid4()), unit, *NO_ID)),
        *({"unit": named, "ground": "body"} for named in (str(uuid4()), one, *NO_ID)),
        *({**by_unit, "alleged_from": instant} for instant in INSTANTS),
        *({**by_unit, "alleged_until": instant} for instant in INSTANTS),
    ]
    check_refused(scene, "HE003", *(Asked("lead", Kind.WALLED, record, one) for one in wrong))
    for right in ({"alleged_from": before, "alleged_until": after}, {"alleged_from": before}, {}):
        unseen = {"unit": str(scene.units["archive"]), "ground": "body", **right}
        assert told(scene, Asked("lead", Kind.WALLED, record, unseen)) == (ACCEPTED,)


def _wall(scene: Bodies, name: str, by: str = "lead") -> str:
    scene.act(*naming(scene, by, name))
    rows = scene.world.as_owner(
        "SELECT entry FROM facts.wall WHERE person = %s", (scene.world.people[name],)
    )
    return str(rows[0][0])


def test_a_restriction_is_lifted_by_nobody_alone_and_by_nobody_whom_it_keeps_out(
    scene: Bodies,
) -> None:
    record, wall = scene.records[0], _wall(scene, "third")
    lift, request = Kind.WALL_LIFTED, Kind.LIFT_ASKED
    claims = {"wall": wall}
    no_part = [name for name in scene.keys if name not in ("custodian", "overseer", "second")]
    check_refused(
        scene,
        "HE404",
        *(Asked(name, request, record, claims) for name in (*no_part, "overseer", "second")),
        *(Asked(name, lift, record, claims) for name in no_part),
        *(Asked("custodian", request, stream, claims) for stream in (scene.records[1], uuid4())),
        *(Asked("custodian", request, record, {"wall": other}) for other in (str(uuid4()), *NO_ID)),
    )
    check_refused(
        scene, "HE016", *(Asked(name, lift, record, claims) for name in ("custodian", "overseer"))
    )
    assert told(scene, Asked("custodian", request, record, claims)) == (ACCEPTED,)
    check_refused(scene, "HE016", Asked("custodian", lift, record, claims))
    scene.act(*naming(scene, "lead", "overseer"))
    check_refused(
        scene,
        "HE404",
        *(Asked(name, lift, record, claims) for name in ("overseer", "lead", "third", "admin")),
        Asked("second", lift, scene.records[1], claims),
    )
    assert told(scene, Asked("second", lift, record, claims)) == (ACCEPTED,)
    for kind in (lift, request):
        check_refused(scene, "HE404", Asked("custodian", kind, record, claims))


def test_a_custodian_who_is_kept_out_lifts_nothing_there(scene: Bodies) -> None:
    record, claims = scene.records[0], {"wall": _wall(scene, "custodian")}
    asked = Asked("custodian", Kind.LIFT_ASKED, record, claims)
    said = check_refused(scene, "HE404", asked, asked._replace(stream=uuid4()))
    assert len(said) == 1
    scene.without_line(DECIDE_RECORD, "OR register.hidden(p_me, p_stream)\n", "\n")
    assert told(scene, asked) == (ACCEPTED,)


def test_without_the_second_person_one_lifts_alone(scene: Bodies) -> None:
    record, claims = scene.records[0], {"wall": _wall(scene, "third")}
    assert told(scene, Asked("custodian", Kind.LIFT_ASKED, record, claims)) == (ACCEPTED,)
    alone = Asked("custodian", Kind.WALL_LIFTED, record, claims)
    assert told(scene, alone)[0] == "HE016"
    scene.without_line(DECIDE_RECORD, "OR held.lift_asked_by = p_me", "")
    assert told(scene, alone) == (ACCEPTED,)


def test_only_an_overseer_who_is_not_kept_out_asks_for_content(scene: Bodies) -> None:
    record, people = scene.records[0], scene.world.people
    scene.act(*naming(scene, "lead", "second"))
    kind = Kind.CONTENT_ASKED
    named = [str(record), str(uuid4()), str(people["lead"]), *NO_ID]
    names = [name for name in scene.keys if name != "overseer"]
    said = check_refused(
        scene,
        "HE404",
        *(Asked(name, kind, people[name], {"record": str(record)}) for name in names),
        *(Asked("overseer", kind, people["overseer"], {"record": one}) for one in named[1:]),
        *(Asked("overseer", kind, people[name], {"record": str(record)}) for name in names),
        Asked("overseer", kind, record, {"record": str(record)}),
    )
    assert len(said) == 1
    unopened = {"record": str(scene.world.tell("not opened yet").record)}
    assert said == check_refused(
        scene, "HE404", Asked("overseer", kind, people["overseer"], unopened)
    )
    asked = Asked("second", kind, people["second"], {"record": str(record)})
    scene.without_line(DECIDE_RECORD, "OR register.hidden(p_me, named)", "")
    assert told(scene, asked) == (ACCEPTED,)


def test_a_look_has_the_purpose_that_the_record_is_there_for(scene: Bodies) -> None:
    record, people = scene.records[0], scene.world.people
    ask(scene)
    own, seen = {"records": [str(record)], "purpose": "own queue"}, "oversight"
    wrong = [
        Asked("lead", Kind.LOOKED, people["lead"], own | {"purpose": seen}),
        Asked("overseer", Kind.LOOKED, people["overseer"], own),
        *(Asked("lead", Kind.LOOKED, people["lead"], own | {"purpose": p}) for p in NO_ID),
        Asked("lead", Kind.LOOKED, people["lead"], {"records": [str(record)]}),
    ]
    check_refused(scene, "HE003", *wrong)
    check_refused(
        scene,
        "HE404",
        *(
            Asked(name, Kind.LOOKED, people[name], own | {"purpose": purpose})
            for name in ("second", "custodian", "admin", "colleague")
            for purpose in (seen, "own queue", "nonsense")
        ),
        Asked("overseer", Kind.LOOKED, people["overseer"],
              {"records": [str(record), str(scene.records[1])], "purpose": seen}),
        Asked("overseer", Kind.LOOKED, people["lead"], own),
    )  # fmt: skip
    scene.without_line(
        DECIDE, "WHERE p_claims->>'purpose' NOT IN ('search', 'file')", "WHERE false"
    )
    assert told(scene, wrong[1]) == (ACCEPTED,)


def test_an_overseer_whose_post_ended_or_who_is_named_sees_no_content_any_more(
    scene: Bodies,
) -> None:
    record, people = scene.records[0], scene.world.people
    for name in ("overseer", "second"):
        ask(scene, name)
        look = {"records": [str(record)], "purpose": "oversight"}
        asked = Asked(name, Kind.LOOKED, people[name], look)
        assert told(scene, asked) == (ACCEPTED,)
        ends: Change = naming(scene, "lead", name)
        if name == "second":
            entry = commands.set_posts(CHANCE, scene.to, person=people[name], posts=[])
            scene.world.register().append(entry)
        else:
            scene.act(*ends)
        check_refused(scene, "HE404", asked)


def test_who_has_left_is_nobody_with_the_key_they_still_hold(scene: Bodies) -> None:
    record = scene.records[0]
    wall_off(scene, "archive")
    scene.world.register().append(leaving(scene, "lead").entry)
    check_refused(
        scene,
        "HE009",
        *(
            Asked("lead", kind, record, {"person": person(scene, "third"), "ground": "accused"})
            for kind in (Kind.WALLED, Kind.HAND_OVER_OFFERED, Kind.RELATION_DECLARED)
        ),
    )


def test_who_reads_for_a_time_restricts_nobody_but_themselves(scene: Bodies) -> None:
    """Else one who opened it in an emergency would shut the owner out, and get the record."""
    record = scene.records[0]
    breaks_glass(scene, "colleague")
    granted(scene, "third")
    scene.world.register("heed_opener").append(matching(scene, "custodian").entry)
    [(match,)] = scene.world.as_owner("SELECT entry FROM facts.wall")
    whole = {"unit": str(scene.units["desk"]), "ground": "body"}
    for name in ("colleague", "third"):
        others = [
            Asked(name, Kind.WALLED, record, {"person": person(scene, whom), "ground": "accused"})
            for whom in scene.keys
            if whom != name
        ]
        unit = Asked(name, Kind.WALLED, record, whole)
        confirmed = {"wall": str(match), "ground": "accused"}
        confirms = Asked(name, Kind.WALL_CONFIRMED, record, confirmed)
        check_refused(scene, "HE051", *others, unit, confirms)
        oneself = {"person": person(scene, name), "ground": "declared"}
        assert told(scene, Asked(name, Kind.WALLED, record, oneself)) == (ACCEPTED,)
    ask(scene)
    assert told(scene, naming_by(scene, "overseer")) == (ACCEPTED,)
    breaks_glass(scene, "second")
    scene.without_line(RESTRICTS, "p_person IS DISTINCT FROM p_me", "false")
    assert told(scene, naming_by(scene, "second")) == (ACCEPTED,)


def naming_by(scene: Bodies, name: str) -> Asked:
    claims = {"person": person(scene, "lead"), "ground": "accused"}
    return Asked(name, Kind.WALLED, scene.records[0], claims)
