"""The queue: one's own records, facts only, the most pressing first."""

import os
from datetime import UTC, datetime, timedelta

from heed.core.vocabulary import Danger
from tests.office.browser import Browser
from tests.world import World


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


def test_danger_comes_first_and_what_was_opened_comes_last(office: World, lead: Browser) -> None:
    dangers = (Danger.NO, Danger.UNKNOWN, Danger.YES, Danger.YES)
    told = [office.tell(danger=danger) for danger in dangers]
    office.open()
    assert lead.get(f"/records/{told[3].record}").status_code == 200
    text = lead.get("/").content.decode()
    places = [text.index(f"/records/{each.record}") for each in told]
    assert places[2] < places[1] < places[0] < places[3]


def test_a_long_queue_goes_on_on_the_next_page(office: World, lead: Browser) -> None:
    told = {str(office.tell().record) for _ in range(53)}
    office.open()
    pages = [lead.get(path).content.decode() for path in ("/", "/?page=2", "/?page=3")]
    shown = [{each for each in told if each in page} for page in pages]
    assert (len(shown[0]), len(shown[1]), shown[2]) == (50, 3, set())
    assert shown[0] | shown[1] == told
    assert "?page=2" in pages[0]
    assert "?page=1" in pages[1]


def test_a_page_number_that_is_none_shows_the_first_page(office: World, lead: Browser) -> None:
    told = office.tell()
    office.open()
    for number in ("0", "-1", "x", "٣", "9" * 400, "1;--", ""):
        answer = lead.get("/?page=" + number)
        assert answer.status_code == 200
        assert str(told.record) in answer.content.decode()


def test_a_turn_that_begins_later_changes_nothing_today(office: World, lead: Browser) -> None:
    office.put_on_duty("colleague", datetime.now(UTC) + timedelta(hours=1))
    told = office.tell(os.urandom(4).hex())
    office.open()
    assert str(told.record) in lead.get("/").content.decode()
