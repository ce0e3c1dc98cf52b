"""The queue: one's own records, facts only, the most pressing first."""

import os
import re
from datetime import UTC, datetime, timedelta

from heed.core.vocabulary import Danger
from heed.intake.commands import add_words
from tests.office.browser import Browser, form
from tests.world import CHANCE, Told, World

NEWS = b"Something new since it was opened"


def reference(world: World, record: object) -> str:
    rows = world.as_owner("SELECT reference FROM facts.record WHERE id = %s", (record,))
    return str(rows[0][0])


def test_an_empty_queue_says_so(lead: Browser) -> None:
    answer = lead.get("/")
    assert answer.status_code == 200
    assert b"/records/" not in answer.content


def test_the_queue_shows_own_records_and_nobody_elses(office: World, lead: Browser) -> None:
    mine = office.tell("the heron")
    office.put_on_duty("colleague")
    theirs = office.tell("the otter")
    office.open()
    text = lead.get("/").content.decode()
    assert str(mine.record) in text
    assert reference(office, mine.record) in text
    assert str(theirs.record) not in text
    assert reference(office, theirs.record) not in text
    office.give_password("colleague")
    hers = Browser()
    hers.sign_in("colleague")
    text = hers.get("/").content.decode()
    assert str(theirs.record) in text
    assert str(mine.record) not in text


def test_the_queue_is_the_same_bytes_whether_or_not_others_have_records(
    office: World, lead: Browser
) -> None:
    mine = office.tell("the heron")
    office.open()
    before = _without_token(lead)
    office.put_on_duty("colleague")
    for _ in range(3):
        office.tell("the otter")
    office.open()
    assert _without_token(lead) == before
    assert str(mine.record).encode() in before


def _without_token(browser: Browser) -> bytes:
    from tests.office.browser import forms

    answer = browser.get("/")
    content: bytes = answer.content
    for each in forms(answer):
        content = content.replace(each.fields["csrfmiddlewaretoken"].encode(), b"")
    return content


def test_the_queue_shows_no_words(office: World, lead: Browser) -> None:
    office.tell("the heron on the weir")
    office.open()
    assert b"heron" not in lead.get("/").content


def test_a_record_whose_words_wait_for_the_opener_is_not_shown(
    office: World, lead: Browser
) -> None:
    told = office.tell()
    assert str(told.record) not in lead.get("/").content.decode()
    assert lead.get(f"/records/{told.record}").status_code == 404
    office.open()
    assert str(told.record) in lead.get("/").content.decode()


def order(browser: Browser, *told: Told) -> list[int]:
    """Which of these the queue shows, in its order."""
    text = browser.get("/").content.decode()
    places = {text.find(f"/records/{each.record}"): n for n, each in enumerate(told)}
    return [places[at] for at in sorted(places) if at >= 0]


def test_danger_unseen_comes_first_then_what_is_due_soonest(office: World, lead: Browser) -> None:
    dangers = (Danger.NO, Danger.UNKNOWN, Danger.YES, Danger.YES, Danger.NO)
    told = [office.tell(danger=danger) for danger in dangers]
    office.open()
    for seen in (told[3], told[4]):
        assert lead.get(f"/records/{seen.record}").status_code == 200
    assert order(lead, *told) == [2, 1, 0, 3, 4]


def decide_alone(browser: Browser, told: Told) -> None:
    """The owner decides where no child is named."""
    path = f"/records/{told.record}/decide"
    said = {"decision": "share", "reason": "The school knows of it."}
    assert browser.send(form(browser.get(path), "reason"), **said).status_code == 302


def test_what_a_reporter_adds_brings_the_record_up_and_says_so(
    office: World, lead: Browser
) -> None:
    told = [office.tell(danger=danger) for danger in (Danger.YES, Danger.NO, Danger.NO)]
    office.open()
    for seen in told[:2]:
        lead.get(f"/records/{seen.record}")
        decide_alone(lead, seen)
    assert order(lead, *told) == [2, 1, 0]
    assert NEWS not in lead.get("/").content
    for each in told[:2]:
        office.register("heed_intake").append(
            add_words(
                CHANCE,
                office.public_recipients(each.code),
                "and one thing more",
                record=each.record,
                lookup=each.code.lookup,
                token=os.urandom(32),
            )
        )
    office.open()
    assert order(lead, *told) == [0, 2, 1]
    assert lead.get("/").content.count(NEWS) == 2
    lead.get(f"/records/{told[0].record}")
    assert order(lead, *told) == [2, 1, 0]
    assert lead.get("/").content.count(NEWS) == 1


def test_a_long_queue_goes_on_on_the_next_page(office: World, lead: Browser) -> None:
    told = {str(office.tell().record) for _ in range(53)}
    office.open()
    first = lead.get("/").content.decode()
    shown = {each for each in told if each in first}
    assert len(shown) == 50
    assert "Start of the queue" not in first
    # Opening what stands on the first page moves nothing past the reader unseen.
    lead.get(f"/records/{next(iter(shown))}")
    [after] = re.findall(r"/\?after=([^\"]+)", first)
    second = lead.get("/?after=" + after).content.decode()
    assert {each for each in told if each in second} >= told - shown
    assert "Start of the queue" in second
    assert "?after=" not in second


def test_a_place_that_is_none_shows_the_first_page(office: World, lead: Browser) -> None:
    told = office.tell()
    office.open()
    nobodys = "0" * 32
    for place in ("0", "x", "9.1." + nobodys, "1.٣." + nobodys, "1." + "9" * 400, "1;--", ""):
        answer = lead.get("/?after=" + place)
        assert answer.status_code == 200
        assert str(told.record) in answer.content.decode()
    answer = lead.get("/?after=2." + "9" * 17 + "." + nobodys)
    assert answer.status_code == 200
    assert str(told.record) not in answer.content.decode()


def test_a_turn_that_begins_later_changes_nothing_today(office: World, lead: Browser) -> None:
    office.put_on_duty("colleague", datetime.now(UTC) + timedelta(hours=1))
    told = office.tell(os.urandom(4).hex())
    office.open()
    assert str(told.record) in lead.get("/").content.decode()
