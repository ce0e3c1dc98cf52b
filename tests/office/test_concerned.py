"""The pages on which people are named, decided for, and records joined."""

import os
import random
from datetime import UTC, datetime, timedelta

import pytest

from heed.core.vocabulary import Danger
from heed.intake.commands import add_words
from heed.store.readable import Desk, Listed
from heed.triage.clocks import NOTHING, OPEN_IN_DANGER
from tests.office.browser import Browser, form
from tests.office.test_queue import reference
from tests.world import CHANCE, Told, World

HOSTILE = "<script>alert('x')</script> {{ 7*7 }} \0 \u202e 👩‍👧 %s\r\nnew line"
NEW = b"Something new was said since you opened this record."


def opened(office: World, lead: Browser, danger: Danger = Danger.NO) -> Told:
    """A record that its owner has just opened."""
    told = office.tell("what was seen", danger=danger)
    office.open()
    assert lead.get(f"/records/{told.record}").status_code == 200
    return told


def name(browser: Browser, told: Told, who: str = "child", **said: str) -> None:
    """Fill in the form for a child or an adult; `concerned`: somebody known."""
    concerned = said.pop("concerned", "")
    path = f"/records/{told.record}/{who}" + (f"?concerned={concerned}" if concerned else "")
    answer = browser.send(form(browser.get(path), "known"), **said)
    assert answer.status_code == 302, answer.content.decode()


def named(office: World, told: Told) -> list[str]:
    """Who was named in a record, in order."""
    rows = office.as_owner(
        "SELECT concerned FROM facts.naming WHERE record = %s ORDER BY version", (told.record,)
    )
    return list(dict.fromkeys(str(row[0]) for row in rows))


def decide(browser: Browser, told: Told, concerned: str = "", **said: str) -> int:
    path = f"/records/{told.record}/decide" + (f"?concerned={concerned}" if concerned else "")
    filled = {"decision": "refer", "reason": "as told"} | said
    status: int = browser.send(form(browser.get(path), "reason"), **filled).status_code
    return status


def page_of(browser: Browser, office: World, told: Told) -> str:
    office.open()
    text: str = browser.get(f"/records/{told.record}").content.decode()
    return text


def test_each_child_stands_with_its_newest_decision_and_what_is_open(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    assert "No child is named" in page_of(lead, office, told)
    for who in ("A girl of about 12", "Sam"):
        name(lead, told, name=who)
    girl, _ = named(office, told)
    text = page_of(lead, office, told)
    assert text.count("No decision yet") == 2
    assert "Child 1: A girl of about 12" in text
    assert "No child is named" not in text
    assert decide(lead, told, girl, decision="share", reason="with the school") == 302
    assert decide(lead, told, girl, decision="refer", reason="he was seen again") == 302
    text = page_of(lead, office, told)
    assert text.count("No decision yet") == 1
    assert text.index("<strong>Refer</strong>, decided by Safeguarding lead") < text.index(
        "Before: Share, decided by"
    )
    assert "he was seen again" in text
    assert "with the school" in text
    assert "Safeguarding lead decided for Child 1: Refer" in text


def test_what_is_known_is_added_to_and_what_was_said_before_stays(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    name(lead, told, name="A girl of about 12", place="by the weir")
    (girl,) = named(office, told)
    name(lead, told, name="Ella", age="11", concerned=girl)
    assert named(office, told) == [girl]
    text = page_of(lead, office, told)
    assert "Child 1: Ella" in text
    assert "Before: A girl of about 12" in text
    assert "by the weir" in text
    form_of = lead.get(f"/records/{told.record}/child?concerned={girl}").content.decode()
    assert "Ella" in form_of


def test_an_adult_is_named_with_a_part_and_decided_for_only_where_children_trust_them(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    name(lead, told, "adult", name="The coach", part="about", trust="unknown")
    (coach,) = named(office, told)
    text = page_of(lead, office, told)
    assert "Adult 1: The coach" in text
    assert "Decide for Adult 1" not in text
    assert lead.get(f"/records/{told.record}/decide?concerned={coach}").status_code == 404
    name(lead, told, "adult", trust="yes", concerned=coach)
    assert "Decide for Adult 1" in page_of(lead, office, told)
    assert "Decide for 1 adult" in lead.get("/").content.decode()
    assert decide(lead, told, coach, decision="act_now") == 302
    assert "Act yourself, and write it down here" in lead.get("/").content.decode()
    assert decide(lead, told, coach, decision="no_further_action") == 302
    # Of an adult in trust that counts only once a second person agreed (test_trust.py): to act is still due.
    assert "Act yourself, and write it down here" in lead.get("/").content.decode()
    assert decide(lead, told, coach, decision="share") == 302
    assert "Nothing due" in lead.get("/").content.decode()


def test_what_was_just_decided_is_said_to_be_put_away_until_its_words_are_here(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    assert decide(lead, told, decision="refer") == 302
    coming = "The reason is being put away, sealed. That takes a few seconds."
    assert coming in lead.get(f"/records/{told.record}").content.decode()
    assert coming not in page_of(lead, office, told)


@pytest.mark.parametrize(
    ("who", "said", "missing"),
    [
        ("child", {"name": " ", "known": "\n"}, ["Write what is known"]),
        ("adult", {"name": "x", "trust": "yes"}, ["Choose what they are"]),
        ("adult", {"name": "x", "part": "nobody"}, ["Choose what they are", "Choose whether"]),
        ("adult", {"part": "about", "trust": "no"}, ["Write what is known"]),
    ],
)
def test_what_is_missing_is_said_and_nothing_typed_is_lost(
    office: World, lead: Browser, who: str, said: dict[str, str], missing: list[str]
) -> None:
    told = opened(office, lead)
    typed = said | {"place": "by the weir"} if "name" in said and said["name"].strip() else said
    filled = form(lead.get(f"/records/{told.record}/{who}"), "known")
    answer = lead.client.post(
        f"/records/{told.record}/{who}", filled.fields | {"part": "", "trust": ""} | typed
    )
    assert answer.status_code == 400
    text = answer.content.decode()
    assert all(each in text for each in missing)
    assert all(words.strip() in text for words in typed.values())
    assert named(office, told) == []


def test_a_decision_needs_a_choice_and_a_reason(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    for said, missing in (
        ({"reason": " "}, b"Write why you decide this."),
        ({"decision": "close"}, b"Choose what you decide."),
    ):
        path = f"/records/{told.record}/decide"
        filled = form(lead.get(path), "reason").fields
        answer = lead.client.post(path, filled | {"decision": "refer", "reason": "so"} | said)
        assert answer.status_code == 400
        assert missing in answer.content
    assert office.as_owner("SELECT entry FROM facts.decision") == []


def test_a_decision_waits_until_the_newest_thing_said_was_opened(
    office: World, lead: Browser
) -> None:
    told = opened(office, lead)
    add(office, told)
    path = f"/records/{told.record}/decide"
    said = {"decision": "refer", "reason": "what I wrote stays"}
    answer = lead.send(form(lead.get(path), "reason"), **said)
    assert answer.status_code == 400
    assert NEW in answer.content
    assert b"what I wrote stays" in answer.content
    lead.get(f"/records/{told.record}")
    assert lead.send(form(answer, "reason"), **said).status_code == 302


def add(office: World, told: Told) -> None:
    office.register("heed_intake").append(
        add_words(
            CHANCE,
            office.public_recipients(told.code),
            "and one thing more",
            record=told.record,
            lookup=told.code.lookup,
            token=os.urandom(32),
        )
    )
    office.open()


def test_a_form_sent_twice_records_once(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    filled = form(lead.get(f"/records/{told.record}/child"), "known")
    for _ in range(2):
        assert lead.send(filled, name="Sam").status_code == 302
    assert len(named(office, told)) == 1


def test_hostile_words_are_shown_as_words(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    name(lead, told, name=HOSTILE, age=HOSTILE, place=HOSTILE, known=HOSTILE)
    (child,) = named(office, told)
    assert decide(lead, told, child, reason=HOSTILE) == 302
    for text in (
        page_of(lead, office, told),
        lead.get(f"/records/{told.record}/child?concerned={child}").content.decode(),
        lead.get(f"/records/{told.record}/decide?concerned={child}").content.decode(),
    ):
        assert "<script>alert" not in text
        assert "👩‍👧" in text


def test_somebody_of_another_record_is_the_same_page_as_nobody(
    office: World, lead: Browser
) -> None:
    first, second = opened(office, lead), opened(office, lead)
    name(lead, first, name="Sam")
    (sam,) = named(office, first)
    for route in ("child", "adult", "decide"):
        answers = [
            lead.get(f"/records/{second.record}/{route}?concerned={each}")
            for each in (sam, "5eed5eed-5eed-4eed-8eed-5eed5eed5eed", "x")
        ]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert len({answer.content for answer in answers}) == 1


def join(browser: Browser, told: Told, other: Told, reason: str = "the same street") -> int:
    filled = form(browser.get(f"/records/{told.record}/join"), "reason")
    said = {"contact": str(other.record), "reason": reason, "step": "join"}
    status: int = browser.send(filled, **said).status_code
    return status


def test_a_new_contact_is_joined_to_an_open_record_and_parted_again(
    office: World, lead: Browser
) -> None:
    first, second = opened(office, lead), opened(office, lead)
    page = lead.get(f"/records/{second.record}/join").content.decode()
    assert f"{reference(office, first.record)}, received" in page
    assert "what was seen" not in page
    assert join(lead, second, first) == 302
    for one, other in ((first, second), (second, first)):
        text = page_of(lead, office, one)
        assert reference(office, other.record) in text
        assert "the same street" in text
        offer = lead.get(f"/records/{one.record}/hand-over").content.decode()
        assert reference(office, other.record) in offer
        assert "each child has one lead" in offer
    again = lead.get(f"/records/{second.record}/join").content.decode()
    assert str(first.record) not in again
    ((joined,),) = office.as_owner("SELECT id FROM facts.joined")
    path = f"/records/{first.record}/part?joined={joined}"
    assert lead.send(form(lead.get(path), "reason"), reason=" ").status_code == 400
    assert lead.send(form(lead.get(path), "reason"), reason="another girl").status_code == 302
    assert "another girl" in page_of(lead, office, second)
    assert lead.get(path).status_code == 404
    offer = lead.get(f"/records/{first.record}/hand-over").content.decode()
    assert reference(office, second.record) not in offer


def test_who_takes_one_of_two_joined_records_sees_no_sign_of_the_other(
    office: World, lead: Browser
) -> None:
    first, second = opened(office, lead), opened(office, lead)
    assert join(lead, second, first, "quince jelly") == 302
    office.open()
    hand_over(office, lead, second)
    office.give_password("colleague")
    hers = Browser()
    hers.sign_in("colleague")
    text = page_of(hers, office, second)
    assert "what was seen" in text
    for mark in (reference(office, first.record), str(first.record), "quince jelly"):
        assert mark not in text
    assert reference(office, second.record) not in page_of(lead, office, first)


def hand_over(office: World, lead: Browser, told: Told) -> None:
    from heed.access import commands

    to, desk = office.office_recipients, Desk(office.link("heed_office"))
    taker = office.people["colleague"]
    offer = commands.offer_hand_over(CHANCE, to, record=told.record, taker=taker, note="")
    desk.append(office.sign_in("lead"), offer)
    desk.append(
        office.sign_in("colleague"), commands.accept_hand_over(CHANCE, to, record=told.record)
    )


def test_a_hand_over_begins_no_clock_anew(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    before = due_of(office, "lead")
    hand_over(office, lead, told)
    assert due_of(office, "colleague") == before
    assert before != []


def due_of(office: World, who: str) -> list[tuple[str, datetime | None]]:
    rows = Desk(office.link("heed_office")).queue(office.sign_in(who), 50)
    return [(row.next.what, row.next.by) for row in rows]


def test_what_is_late_says_so(office: World, lead: Browser) -> None:
    told = opened(office, lead)
    assert b">Late<" not in lead.get("/").content
    alter(office, told, "filed_at = filed_at - interval '30 days'")
    assert b">Late<" in lead.get("/").content


def alter(office: World, told: Told, change: str) -> None:
    """As time alone would: the record came in earlier."""
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute(
            f"UPDATE facts.record SET {change} WHERE id = %s".encode(), (told.record,)
        )


def _group(row: Listed) -> int:
    if "Open" in row.next.what and row.danger == "yes":
        return 0
    if row.next.clock is None:
        return 3
    return 1 if row.next.clock == OPEN_IN_DANGER else 2


def test_the_order_in_the_database_is_that_of_what_is_due(office: World, lead: Browser) -> None:
    """Two rules, one in SQL without a calendar and one in Python with it, on records of any kind."""
    dice = random.Random(20261122)
    for _ in range(120):
        told = office.tell()
        filed = datetime(2026, 11, 20, tzinfo=UTC) - timedelta(minutes=dice.randrange(60_000))
        later = filed + timedelta(minutes=dice.randrange(5_000))
        unseen = dice.choice(("NULL", f"'{filed.isoformat()}'", f"'{later.isoformat()}'"))
        wanted = dice.randrange(3)
        to_do = dice.choice((None, "act_now", "refer"))
        decided = filed + timedelta(minutes=dice.randrange(5_000))
        waits = f"'{to_do}', to_do_since = '{decided.isoformat()}'" if to_do else "NULL"
        alter(
            office,
            told,
            f"danger = '{dice.choice(list(Danger))}', filed_at = '{filed.isoformat()}',"
            f" unseen_since = {unseen}, wanted = {wanted},"
            f" undecided = {dice.randrange(wanted + 1)}, decided_alone = {dice.randrange(2)},"
            f" to_do = {waits}, young = {dice.choice(('NULL', 'true'))}",
        )
    office.open()
    key, desk = office.sign_in("lead"), Desk(office.link("heed_office"))
    rows = desk.queue(key, 200)
    assert len(rows) == 120
    far = datetime.max.replace(tzinfo=UTC)
    groups = [(_group(row), row.next.by or far) for row in rows]
    assert groups == sorted(groups)
    assert {rank for rank, _ in groups} == {0, 1, 2, 3}
    received = [row.filed_at for row in rows if row.next == NOTHING]
    assert received == sorted(received, reverse=True)  # where nothing is due, the newest first
    assert len(received) > 1
    paged, after = [], desk.queue(key, 7)
    while after:
        paged += after
        after = desk.queue(key, 7, after[-1].place)
    assert [row.id for row in paged] == [row.id for row in rows]
