"""Conflict restrictions: who looked, a page to print, and lifting one with a second person."""

import uuid

import pytest

from heed.access import commands
from heed.core.times import moment
from heed.store import staff
from heed.store.readable import Desk
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, plain, staffed
from tests.world import CHANCE, Told, World


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def told(place: Staffed) -> Told:
    made = place.world.tell("the heron on the weir")
    place.world.open()
    return made


@pytest.fixture
def custodian(place: Staffed) -> Browser:
    return place.browser("custodian")


def reference(place: Staffed, told: Told) -> str:
    return str(place.facts("SELECT reference FROM facts.record WHERE id = %s", told.record)[0][0])


def wall(place: Staffed) -> uuid.UUID:
    [(found,)] = place.facts("SELECT entry FROM facts.wall")
    assert isinstance(found, uuid.UUID)
    return found


def look(place: Staffed, name: str, told: Told) -> None:
    desk = Desk(place.world.link("heed_office"))
    key, to = place.world.sign_in(name), place.world.office_recipients
    desk.open(key, place.world.people[name], told.record, CHANCE, to)


def hand_over(place: Staffed, told: Told, giver: str, taker: str) -> None:
    to, person = place.world.office_recipients, place.world.people[taker]
    offer = commands.offer_hand_over(CHANCE, to, record=told.record, taker=person, note="")
    place.act(giver, offer)
    place.act(taker, commands.accept_hand_over(CHANCE, to, record=told.record))


def test_no_restriction_is_said_so(custodian: Browser) -> None:
    text = custodian.get("/restrictions").content.decode()
    assert "No conflict restriction stands that you can see." in text


def test_each_restriction_says_who_why_since_when_and_that_nobody_looked(
    place: Staffed, told: Told, custodian: Browser
) -> None:
    place.restrict(told.record, person="colleague", by="lead")
    text = custodian.get("/restrictions").content.decode()
    [(since,)] = place.facts("SELECT at FROM facts.wall")
    for said in ("Second worker", "The concern is about them", moment(since), "Has never looked"):
        assert said in text
    assert reference(place, told) in text
    assert "heron" not in text


def test_whoever_put_the_words_in_knows_them_and_the_certificate_says_so(
    place: Staffed, custodian: Browser
) -> None:
    """ "Has never looked" alone would be true, and would mislead."""
    clerk = place.browser("colleague")
    clerk.send(form(clerk.get("/letters/new"), "form"), told="A letter about the weir.")
    place.world.open()
    [(record, at)] = place.facts("SELECT record, at FROM facts.item WHERE actor IS NOT NULL")
    place.restrict(record, person="colleague", by="lead")
    [(wall,)] = place.facts("SELECT entry FROM facts.wall")
    said = f"Second worker put in the words of this record on {moment(at)}. They know those words."
    text = custodian.get(f"/restrictions/{wall}").content.decode()
    assert said in text
    assert "has never looked at this record otherwise." in text
    assert f"Put in the words on {moment(at)}" in custodian.get("/restrictions").content.decode()


def test_looks_from_before_are_counted_and_printed(
    place: Staffed, told: Told, custodian: Browser
) -> None:
    for _ in range(2):
        look(place, "lead", told)
    hand_over(place, told, "lead", "colleague")
    look(place, "colleague", told)  # not hers: she is not restricted
    place.restrict(told.record, person="lead", by="colleague")
    [(last,)] = place.facts(
        "SELECT max(at) FROM facts.look WHERE person = %s", place.world.people["lead"]
    )
    text = custodian.get("/restrictions").content.decode()
    assert f"Has looked 2 times, last on {moment(last)}" in text
    text = custodian.get(f"/restrictions/{wall(place)}").content.decode()
    facts = [part.partition("</dd>")[0] for part in text.split("summary-list__value")[1:]]
    assert [said.partition(">")[2] for said in facts[4:7]] == ["2", "0", moment(last)]
    assert reference(place, told) in text
    assert "This page was made" in text


def test_a_look_since_then_would_stand_on_the_page(
    place: Staffed, told: Told, custodian: Browser
) -> None:
    """No look is possible once a restriction stands; were one there, this page would say so."""
    look(place, "lead", told)
    hand_over(place, told, "lead", "colleague")
    place.restrict(told.record, person="lead", by="colleague")
    with place.world.database.server.superuser(place.world.database.name) as connection:
        connection.execute(
            "INSERT INTO facts.look SELECT gen_random_uuid(), person, records, purpose, now() + '1 day'"
            " FROM facts.look WHERE person = %s",
            (place.world.people["lead"],),
        )
    [kept] = staff.custody(Desk(place.world.link("heed_office")), place.world.sign_in("custodian"))
    assert (kept.looks, kept.looks_since) == (2, 1)


def test_a_units_page_counts_whoever_the_restriction_holds_for(
    place: Staffed, told: Told, custodian: Browser
) -> None:
    look(place, "lead", told)
    hand_over(place, told, "lead", "colleague")
    look(place, "colleague", told)
    place.restrict(told.record, unit="first", by="colleague")
    text = custodian.get(f"/restrictions/{wall(place)}").content.decode()
    assert "People there have looked at this record 1 time," in text
    assert "First team, Aldermere Safeguarding Partnership" in text
    counted = [
        name
        for name in ("lead", "colleague", "contact")
        if place.facts(
            "SELECT 1 FROM register.walled_from(%s) AS w WHERE w = %s",
            place.world.people[name],
            told.record,
        )
    ]
    assert counted == ["lead"]


def test_the_custodian_asks_once_and_with_a_reason(
    place: Staffed, told: Told, custodian: Browser
) -> None:
    place.restrict(told.record, person="colleague", by="lead")
    path = f"/restrictions/{wall(place)}/ask"
    filled = form(custodian.get(path), "reason")
    answer = custodian.send(filled, reason=" ")
    assert answer.status_code == 400
    assert "Write your reason." in answer.content.decode()
    for _ in range(2):
        answer = custodian.send(filled, reason="it was a mistake")
        assert (answer.status_code, answer["Location"]) == (302, "/restrictions?done=asked")
    assert place.facts("SELECT lift_asked_by FROM facts.wall") == [
        (place.world.people["custodian"],)
    ]
    [(count,)] = place.facts("SELECT count(*) FROM facts.item WHERE kind = 'lift_asked'")
    assert count == 1
    text = custodian.get("/restrictions").content.decode()
    assert "You asked to lift it. Somebody else must lift it." in text


def asked(place: Staffed, told: Told) -> str:
    """A restriction that the custodian asked to lift; where it is lifted."""
    place.restrict(told.record, person="colleague", by="lead")
    to, reason = place.world.office_recipients, "mistake"
    entry = commands.ask_to_lift(CHANCE, to, record=told.record, wall=wall(place), reason=reason)
    place.act("custodian", entry)
    return f"/restrictions/{wall(place)}/lift"


def test_a_second_person_checks_and_lifts_it_once(place: Staffed, told: Told) -> None:
    path = asked(place, told)
    overseer = place.browser("overseer")
    assert "Custodian asks to lift it." in overseer.get("/restrictions").content.decode()
    filled = form(overseer.get(path), "reason")
    assert overseer.send(filled, reason="").status_code == 400
    check = overseer.send(filled, reason="agreed <script>")
    assert check.status_code == 200
    assert "Check before you lift it" in check.content.decode()
    assert place.facts("SELECT lifted FROM facts.wall") == [(False,)]
    sure = form(check, "step")
    assert sure.fields["reason"] == "agreed <script>"
    for _ in range(2):
        answer = overseer.send(sure)
        assert (answer.status_code, answer["Location"]) == (302, "/restrictions?done=lifted")
    assert place.facts("SELECT lifted FROM facts.wall") == [(True,)]
    [(count,)] = place.facts("SELECT count(*) FROM facts.item WHERE kind = 'wall_lifted'")
    assert count == 1
    text = overseer.get("/restrictions?done=lifted").content.decode()
    assert "The restriction is lifted." in text
    assert reference(place, told) not in text


def test_who_asked_cannot_lift(place: Staffed, told: Told, custodian: Browser) -> None:
    path = asked(place, told)
    filled = form(custodian.get(path), "reason")
    answer = custodian.send(filled, reason="agreed with myself", step="lift")
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Lifting takes two people" in text
    assert "agreed with myself" in text
    assert place.facts("SELECT lifted FROM facts.wall") == [(False,)]


def test_nothing_is_lifted_that_nobody_asked_for(place: Staffed, told: Told) -> None:
    place.restrict(told.record, person="colleague", by="lead")
    overseer = place.browser("overseer")
    text = overseer.get("/restrictions").content.decode()
    assert "Only the access custodian can ask to lift it." in text
    filled = form(overseer.get(f"/restrictions/{wall(place)}/lift"), "reason")
    answer = overseer.send(filled, reason="because", step="lift")
    assert answer.status_code == 400
    assert "Lifting takes two people" in answer.content.decode()
    ask = overseer.get(f"/restrictions/{wall(place)}/ask")
    assert (ask.status_code, ask.content) == (404, overseer.get("/nowhere").content)


def test_without_the_second_person_in_the_rule_one_would_do(
    place: Staffed, told: Told, custodian: Browser
) -> None:
    """The control removed, to see that the tests above would notice."""
    custodian.get("/")  # the probes have looked, and look again in a minute
    place.without(
        "register.decide_record(uuid, text, jsonb, timestamptz, uuid)",
        "(held.lift_asked_by IS NULL OR held.lift_asked_by = p_me)",
        "false",
    )
    filled = form(custodian.get(asked(place, told)), "reason")
    assert custodian.send(filled, reason="agreed with myself", step="lift").status_code == 302
    assert place.facts("SELECT lifted FROM facts.wall") == [(True,)]


def test_a_custodian_who_is_kept_from_a_record_sees_no_sign_of_it(
    place: Staffed, custodian: Browser
) -> None:
    before = plain(custodian, "/restrictions")
    told = place.world.tell()
    place.world.open()
    place.restrict(told.record, person="custodian", by="lead")
    assert plain(custodian, "/restrictions") == before
    none = custodian.get("/nowhere")
    for path in ("", "/ask", "/lift"):
        answer = custodian.get(f"/restrictions/{wall(place)}{path}")
        assert (answer.status_code, answer.content) == (404, none.content)
    place.without("machinery.custody()", "AND w.record NOT IN (SELECT register.hidden_from(me))")
    assert plain(custodian, "/restrictions") != before
