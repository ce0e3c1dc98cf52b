"""To whom a concern goes: by postcode, by what is criticised, and never to whoever is criticised."""

from datetime import UTC, datetime, timedelta

import pytest

from heed.core.working_days import end_of, working_day_of
from heed.referral import rules, waiting
from heed.referral.commands import Heard
from heed.referral.directory import (
    NOWHERE,
    OUTSIDE,
    PARTIAL,
    UNKNOWN,
    UNLISTED,
    WRONG,
    directory,
    in_line,
)
from heed.referral.rules import ReferredToTheCriticised, Route
from heed.referral.waiting import waits_for

KNOWN = directory()
TOLD_AT = datetime(2026, 12, 4, 15, 42, tzinfo=UTC)  # a Friday
CHILDREN = "council/E09000033/children"
FORCE = "police/E23000001"
EVERY_KIND = sorted(
    {id.partition("/")[0] for id in KNOWN.bodies}
    | {CHILDREN, f"{CHILDREN}/lado", "council/E09000033", FORCE, "police/psni", "police/btp"}
)


def protected(criticised: tuple[str, ...] = (), crime: str = "yes") -> list[str]:
    areas = KNOWN.place("SW1A 1AA").areas
    routes = rules.protecting(KNOWN, areas, danger="no", crime=crime, criticised=criticised)
    return [each.body.id for each in routes.proposed]


def test_every_district_has_children_services_and_a_police_force_that_the_list_holds() -> None:
    for area in KNOWN.areas.values():
        assert area.council is not None
        assert KNOWN.children(area.council).id in KNOWN.bodies, area
        assert KNOWN.lado(area.council).id in KNOWN.bodies, area
        assert area.force in KNOWN.bodies, area


def test_every_former_council_resolves_to_councils_that_are_there() -> None:
    assert len(KNOWN.former) > 50
    for former in KNOWN.former:
        assert former.now, former
        for code in former.now:
            assert KNOWN.children(code).id in KNOWN.bodies, former
    [cumbria] = KNOWN.took_over("cumbria county")
    assert cumbria.now == ("E06000063", "E06000064")
    assert [one.name for one in KNOWN.took_over("E10000006")] == [cumbria.name]


@pytest.mark.parametrize(
    ("typed", "councils", "force"),
    [
        ("SW1A 1AA", {"E09000033"}, FORCE),
        (" s1 2hh", {"E08000039"}, "police/E23000011"),
        ("La9-4dl", {"E06000064"}, "police/E23000002"),
        ("CF10 3AT", {"W06000015"}, "police/W15000003"),
        ("EH1 1YZ", {None}, "police/police-scotland"),
        ("AB1 0AA", {None}, "police/police-scotland"),  # a postcode that ended in 1996
    ],
)
def test_a_whole_postcode_says_the_council_and_the_police(
    typed: str, councils: set[str | None], force: str
) -> None:
    place = KNOWN.place(typed)
    assert place.typed == typed
    assert {area.council for area in place.areas} == councils
    assert {area.force for area in place.areas} == {force}
    assert not place.approximate


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("S1", PARTIAL),
        ("E1 0", PARTIAL),
        ("XX1 1XX", UNKNOWN),
        ("XX1", UNKNOWN),
        ("ZZ99 3WZ", NOWHERE),
        ("BT1 1AA", OUTSIDE),
        ("by the weir", WRONG),
        ("", WRONG),
        ("\0\N{SNOWMAN}" * 500, WRONG),
    ],
)
def test_what_is_no_whole_postcode_is_kept_as_typed_and_marked(typed: str, sentence: str) -> None:
    place = KNOWN.place(typed)
    assert (place.typed, place.approximate, place.sentence) == (typed, True, sentence)
    assert bool(place.areas) == (sentence == PARTIAL)


def test_part_of_a_postcode_shows_every_place_that_it_may_be_in() -> None:
    names = {area.name for area in KNOWN.place("S1").areas}
    assert "Sheffield" in names
    assert len(names) > 1
    routes = rules.protecting(
        KNOWN, KNOWN.place("S1").areas, danger="no", crime="no", approximate=True
    )
    assert all(each.approximate for each in routes.proposed)


def test_the_police_are_proposed_first_unless_neither_danger_nor_crime_is_possible() -> None:
    assert protected() == [FORCE, CHILDREN]
    assert protected(crime="unknown") == [FORCE, CHILDREN]
    assert protected(crime="no") == [CHILDREN]
    areas = KNOWN.place("SW1A 1AA").areas
    routes = rules.protecting(KNOWN, areas, danger="unknown", crime="no")
    assert [each.body.id for each in routes.proposed] == [FORCE, CHILDREN]


@pytest.mark.parametrize("criticised", EVERY_KIND)
def test_nothing_that_is_criticised_changes_or_delays_the_protecting_route(criticised: str) -> None:
    assert protected((criticised,)) == protected()


@pytest.mark.parametrize("criticised", EVERY_KIND)
def test_accountability_never_reaches_whoever_is_criticised_nor_their_line(criticised: str) -> None:
    areas = KNOWN.place("SW1A 1AA").areas
    routes = rules.accountability(KNOWN, (criticised,), employers=areas, trusted=True)
    for each in routes.proposed:
        assert not in_line(each.body.id, criticised)
        rules.check_accountable(KNOWN, each.body.id, (criticised,))
    for body in KNOWN.bodies:
        if in_line(body, criticised):
            with pytest.raises(ReferredToTheCriticised, match="criticised in this record"):
                rules.check_accountable(KNOWN, body, (criticised,))
            assert body not in {each.body.id for each in routes.proposed}
    assert criticised in {each.body.id for each in routes.refused}
    assert all(each.reason for each in routes.proposed)
    assert all(each.reason for each in routes.refused)


def test_every_kind_of_body_that_can_be_named_has_somebody_outside_or_says_that_none_is_known() -> (
    None
):
    alone = {kind for kind in EVERY_KIND if not rules.accountability(KNOWN, (kind,)).proposed}
    watchdogs = {"iopc", "hmicfrs", "lgsco", "phso", "csprp", "pirc", "poni"}
    assert alone == watchdogs | {"other"}
    assert rules.NO_WATCHDOG.endswith("after you have rung it back.")


@pytest.mark.parametrize("code", ["W06000015", "W06000015/children", "W06000015/children/lado"])
def test_no_body_of_england_is_proposed_for_wales_and_the_page_says_so(code: str) -> None:
    cardiff = KNOWN.place("CF10 3AT").areas
    routes = rules.accountability(KNOWN, (f"council/{code}",), employers=cardiff, trusted=True)
    assert [each.body.id for each in routes.proposed] == ["dbs"]
    assert [each.id for each in routes.unwatched] == [f"council/{code}"]
    england = rules.accountability(KNOWN, (CHILDREN,), employers=KNOWN.place("SW1A 1AA").areas)
    assert [each.body.id for each in england.proposed] == ["lgsco", "ofsted"]
    assert england.unwatched == ()


def test_what_looks_at_england_only_says_so_where_the_country_is_not_known() -> None:
    for kind in ("council", "school", "health"):
        for each in rules.accountability(KNOWN, (kind,)).proposed:
            assert "in England" in each.reason


def test_two_that_are_criticised_are_looked_at_by_bodies_outside_both() -> None:
    routes = rules.accountability(KNOWN, (FORCE, "iopc"))
    assert [each.body.id for each in routes.proposed] == ["hmicfrs"]
    assert {each.body.id for each in routes.refused} == {"iopc", FORCE}


def test_to_employ_the_person_makes_no_body_criticised() -> None:
    areas = KNOWN.place("SW1A 1AA").areas
    routes = rules.accountability(KNOWN, (), employers=areas, trusted=True)
    assert routes.proposed[0].body.id == f"{CHILDREN}/lado"
    assert routes.refused == ()


def test_a_kind_of_body_stands_above_every_body_of_that_kind() -> None:
    assert in_line("police", FORCE)
    assert in_line(f"{CHILDREN}/lado", CHILDREN)
    assert not in_line("council/E09000033", "council/E0900003")
    assert not in_line(FORCE, "police/E23000002")
    with pytest.raises(ReferredToTheCriticised):
        rules.check_accountable(KNOWN, "police", (FORCE,))


def test_the_complaints_body_is_warned_of_only_where_police_are_criticised() -> None:
    assert rules.warns_of_the_force("iopc", (FORCE,))
    assert rules.warns_of_the_force("iopc", ("police",))
    assert not rules.warns_of_the_force("iopc", (CHILDREN,))
    assert not rules.warns_of_the_force("hmicfrs", (FORCE,))


def test_what_nobody_answered_reads_no_confirmation_received_by_the_councils_own_clock() -> None:
    waits = waits_for(Route.PROTECTING, CHILDREN, TOLD_AT, ())
    assert waits.said == "No confirmation received"
    assert waits.clock is not None
    assert waits.clock.id == "C02"
    assert waits.by == end_of(working_day_of(TOLD_AT + timedelta(days=3)))
    assert not waits.late(TOLD_AT)
    assert waits.late(TOLD_AT + timedelta(days=4))
    police = waits_for(Route.PROTECTING, FORCE, TOLD_AT, ())
    assert police.by == TOLD_AT + timedelta(hours=24)


@pytest.mark.parametrize(
    ("route", "body", "at"),
    [
        (Route.ACCOUNTABILITY, "iopc", TOLD_AT),
        (Route.PROTECTING, "council/W06000015/children", TOLD_AT),
        (Route.PROTECTING, "police/police-scotland", TOLD_AT),
        (Route.PROTECTING, CHILDREN, datetime(1994, 3, 1, tzinfo=UTC)),
        (Route.PROTECTING, FORCE, datetime(1901, 1, 1, tzinfo=UTC)),
    ],
)
def test_where_no_clock_is_known_none_runs(route: str, body: str, at: datetime) -> None:
    waits = waits_for(route, body, at, ())
    assert (waits.said, waits.by, waits.clock) == ("No confirmation received", None, None)
    assert not waits.over


def test_each_thing_heard_leaves_something_to_wait_for_until_there_is_an_outcome() -> None:
    heard: list[tuple[str, datetime]] = []
    said = [waits_for(Route.PROTECTING, CHILDREN, None, heard).said]
    for what in (Heard.SENT, Heard.OPENED, Heard.ACKNOWLEDGED, Heard.DECLINED, Heard.ACCEPTED):
        heard.append((what, TOLD_AT))
        waits = waits_for(Route.PROTECTING, CHILDREN, None, heard)
        assert not waits.over
        said.append(waits.said)
    assert said == [
        waiting.NOT_SENT,
        waiting.NO_CONFIRMATION,
        waiting.NO_CONFIRMATION,
        waiting.NO_DECISION,
        waiting.DECLINED,
        waiting.NO_OUTCOME,
    ]
    heard.append((Heard.OUTCOME, TOLD_AT))
    assert waits_for(Route.PROTECTING, CHILDREN, None, heard).over
    wrong = waits_for(Route.PROTECTING, CHILDREN, TOLD_AT, [(Heard.IN_ERROR, TOLD_AT)])
    assert (wrong.said, wrong.over) == (waiting.IN_ERROR, True)


def test_every_name_that_is_not_listed_is_the_top_of_a_line() -> None:
    assert all("/" not in name and KNOWN.body(name) for name in UNLISTED)
    assert not any(KNOWN.bodies[name].listed for name in UNLISTED)


def test_a_body_that_is_proposed_for_several_reasons_stands_once_with_all_of_them() -> None:
    areas = KNOWN.place("SW1A 1AA").areas
    routes = rules.accountability(KNOWN, (CHILDREN, "school"), employers=areas, trusted=True)
    ids = [each.body.id for each in routes.proposed]
    assert ids == ["lgsco", "ofsted", "dbs"]
    ofsted = routes.proposed[1]
    for why in ("It inspects children’s services", "It inspects schools", "An outside copy"):
        assert why in ofsted.reason
    assert ofsted.reason.count("is criticised") == 2
    assert not ofsted.second  # for a school it is the first to go to
    forces = rules.accountability(KNOWN, (FORCE, "police/E23000002"))
    assert [each.body.id for each in forces.proposed] == ["iopc", "hmicfrs"]
