"""Four hundred letters a day: read many on a page, sorted by one choice each, nothing lost, nothing unread."""

import re
from uuid import UUID

import pytest
from django.http import HttpResponse

from heed.access.commands import wall_person
from heed.access.walls import Ground
from heed.core.vocabulary import Actor, Channel, Danger
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.office.labels import REASONS
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store.readable import Desk
from tests.office.browser import Browser, Form, form, forms
from tests.office.staffed import Staffed, plain, staffed
from tests.world import CHANCE, World

NASTY = "<script>alert(1)</script>\r\n{{ 7*7 }}"


@pytest.fixture
def staff(office: World) -> Staffed:
    return staffed(office)


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def letters(office: World, *words: str, danger: Danger = Danger.NO) -> list[UUID]:
    """Letters that the person on duty puts in; the records."""
    key, desk = office.sign_in("lead"), Desk(office.link("heed_office"))
    made = []
    for each in words:
        code = ReturnCode.new(CHANCE.bytes)
        entry = intake.file_concern(
            CHANCE,
            Recipients(office.office_recipients.keys, code.key),
            Concern(told=each, channel=Channel.LETTER, danger=danger),
            record=code.record,
            token=CHANCE.bytes(32),
            door=new_door(CHANCE, code),
            actor=Actor.WORKER,
        )
        desk.append(key, entry)
        made.append(code.record)
    office.open()
    return made


def rows(page: HttpResponse) -> list[str]:
    """The references on the page, in order, without those that are only joined."""
    return re.findall(r'id="letter-\d+"><a[^>]*>([A-Z0-9-]+)</a>', text(page))


def sorting_form(page: HttpResponse) -> Form:
    return form(page, "all-0")


def reference(office: World, record: UUID) -> str:
    row = office.as_owner("SELECT reference FROM facts.record WHERE id = %s", (record,))
    return str(row[0][0])


def outcomes(office: World) -> dict[str, tuple[str, str | None]]:
    found = office.as_owner(
        "SELECT r.reference, s.outcome, s.reason FROM facts.sorting s"
        " JOIN facts.record r ON r.id = s.record"
    )
    return {row[0]: (row[1], row[2]) for row in found}


def test_many_are_read_on_one_page_and_sorted_at_once(office: World, lead: Browser) -> None:
    told = letters(office, "the ferry was late", "thank you", "a boy is often alone " + NASTY)
    page = lead.get("/sort")
    names = [reference(office, one) for one in told]
    assert rows(page) == names
    assert "the ferry was late" in text(page)
    assert "<script>alert" not in text(page)
    looks = office.as_owner("SELECT purpose, cardinality(records) FROM facts.look")
    assert looks == [("own queue", 3)]
    said = {"is-0": "complaint", "is-1": "thanks", "is-2": "concern"}
    done = lead.send(sorting_form(page), **said)
    assert (done.status_code, done["Location"]) == (302, "/sort?done=3&again=0")
    assert "3 letters were sorted." in text(lead.get(done["Location"]))
    assert outcomes(office) == {
        names[0]: ("not one", "complaint"),
        names[1]: ("not one", "thanks"),
        names[2]: ("concern", None),
    }
    queue = text(lead.get("/"))
    assert [name in queue for name in names] == [False, False, True]
    assert rows(lead.get("/sort")) == []
    aside = text(lead.get("/sorted"))
    assert [name in aside for name in names] == [True, True, False]
    assert REASONS["complaint"] in aside


def test_what_is_left_open_comes_again_and_danger_comes_first(office: World, lead: Browser) -> None:
    calm = letters(office, "one", "two")
    grave = letters(office, "three", danger=Danger.YES)
    page = lead.get("/sort")
    assert rows(page) == [reference(office, one) for one in (*grave, *calm)]
    lead.send(sorting_form(page), **{"is-1": "enquiry"})
    assert rows(lead.get("/sort")) == [reference(office, one) for one in (*grave, calm[1])]


def test_the_same_words_are_read_once_and_joined(office: World, lead: Browser) -> None:
    told = letters(
        office, "Save our buses.", "save  OUR\nbuses.", "Save our trams.", "Save our buses."
    )
    names = [reference(office, one) for one in told]
    page = lead.get("/sort")
    assert rows(page) == [names[0], names[2]]
    assert "The same words came 3 times." in text(page)
    assert all(name in text(page) for name in names)
    lead.send(sorting_form(page), **{"is-0": "publicity"})
    assert outcomes(office) == {
        names[0]: ("not one", "publicity"),
        names[1]: ("copy", None),
        names[3]: ("copy", None),
    }
    assert rows(lead.get("/sort")) == [names[2]]
    assert f"The same words as {names[0]}" in text(lead.get("/sorted"))
    assert "The same words came 3 times." in text(lead.get(f"/records/{told[0]}"))


def test_a_form_that_is_sent_twice_sorts_once(office: World, lead: Browser) -> None:
    letters(office, "one", "two")
    filled = sorting_form(lead.get("/sort"))
    for _ in range(2):
        assert lead.send(filled, **{"is-0": "thanks", "is-1": "concern"}).status_code == 302
    items = office.as_owner("SELECT count(*) FROM facts.item WHERE kind = 'sorted'")
    assert items == [(2,)]


def test_what_grew_since_it_was_read_is_not_sorted_and_the_rest_is(
    office: World, lead: Browser
) -> None:
    grown = office.tell(told="one", danger=Danger.NO)
    [other] = letters(office, "two")
    page = lead.get("/sort")
    office.register("heed_intake").append(
        intake.add_words(
            CHANCE,
            office.public_recipients(grown.code),
            "it happened again",
            record=grown.record,
            lookup=grown.door.lookup,
            token=CHANCE.bytes(32),
        )
    )
    office.open()
    done = lead.send(sorting_form(page), **{"is-0": "thanks", "is-1": "thanks"})
    assert done["Location"] == "/sort?done=1&again=1"
    again = lead.get(done["Location"])
    assert "1 could not be" in text(again)
    assert "it happened again" in text(again)
    assert outcomes(office).keys() == {reference(office, other)}
    assert reference(office, grown.record) in text(lead.get("/"))


def test_what_was_put_aside_is_brought_back_by_a_click_or_by_new_words(
    office: World, lead: Browser
) -> None:
    [told] = letters(office, "one")
    lead.send(sorting_form(lead.get("/sort")), **{"is-0": "thanks"})
    office.open()
    record = lead.get(f"/records/{told}")
    assert "You put this aside" in text(record)
    assert f"put it aside: {REASONS['thanks']}" in text(record)
    [back] = [each for each in forms(record) if each.action.endswith("/back")]
    done = lead.send(back)
    assert "?brought-back" in done["Location"]
    assert "stands in your queue" in text(lead.get(done["Location"]))
    assert reference(office, told) in text(lead.get("/"))
    assert "You put this aside" not in text(lead.get(f"/records/{told}"))


def test_what_cannot_be_brought_back_says_why(office: World, lead: Browser) -> None:
    made = office.tell("one", danger=Danger.NO)
    office.open()
    lead.send(sorting_form(lead.get("/sort")), **{"is-0": "thanks"})
    [back] = [
        each for each in forms(lead.get(f"/records/{made.record}")) if each.action.endswith("/back")
    ]
    more = intake.add_words(
        CHANCE,
        office.public_recipients(made.code),
        "it happened again",
        record=made.record,
        lookup=made.door.lookup,
        token=CHANCE.bytes(32),
    )
    office.register("heed_intake").append(more)
    office.open()
    answer = lead.send(back)
    assert answer.status_code == 409
    assert "It was not brought back" in text(answer)
    assert "Something was said in it that you have not read." in text(answer)
    assert outcomes(office).popitem()[1][0] == "not one"


@pytest.mark.parametrize(
    "fields",
    [
        {"all-0": "zzz"},
        {"all-0": ""},
        {"is-0": "closed"},
        {"all-0": "00000000000000000000000000000000"},
        {"is-99": "thanks"},
    ],
)
def test_a_form_that_no_page_of_ours_sends_sorts_nothing(
    office: World, lead: Browser, fields: dict[str, str]
) -> None:
    letters(office, "one")
    filled = sorting_form(lead.get("/sort"))
    answer = lead.send(filled, **({"is-0": "thanks"} | fields if "is-99" not in fields else fields))
    assert answer.status_code == 302
    assert outcomes(office) == {}


def test_nobody_sorts_or_sees_what_is_anothers(staff: Staffed, office: World) -> None:
    [told] = letters(office, "the heron")
    lead, colleague = staff.browser("lead"), staff.browser("colleague")
    filled = sorting_form(lead.get("/sort"))
    assert "Nothing waits to be sorted." in text(colleague.get("/sort"))
    theirs = colleague.get("/rung")
    mine = form(theirs, "token").fields
    forged = Form("/sort", mine | {"all-0": told.hex, "is-0": "thanks"})
    assert colleague.send(forged)["Location"] == "/sort?done=0&again=1"
    assert outcomes(office) == {}
    assert lead.send(filled, **{"is-0": "concern"}).status_code == 302


def test_a_sample_is_reviewed_by_an_overseer_who_read_it(staff: Staffed, office: World) -> None:
    [told] = letters(office, "the heron", danger=Danger.YES)
    lead, overseer = staff.browser("lead"), staff.browser("overseer")
    lead.send(sorting_form(lead.get("/sort")), **{"is-0": "thanks"})
    office.open()
    waiting = overseer.get("/oversight/sample")
    assert reference(office, told) in text(waiting)
    assert "heron" not in text(waiting)
    [sample] = re.findall(
        r"[0-9a-f-]{36}", str(office.as_owner("SELECT entry FROM facts.sample")[0][0])
    )
    page = overseer.get(f"/oversight/sample/{sample}")
    refused = overseer.send(form(page, "words"), outcome="right")
    assert refused.status_code == 404  # they have not asked to see it
    asks = form(overseer.get(f"/oversight/{told}/ask"), "reason")
    overseer.send(asks, reason="sampled")
    page = overseer.get(f"/oversight/sample/{sample}")
    early = overseer.send(form(page, "words"), outcome="right")
    assert early.status_code == 400
    assert "Open the record, read it" in text(early)
    assert "heron" in text(overseer.get(f"/records/{told}"))
    silent = overseer.send(form(page, "words"), outcome="look again", words="")
    assert silent.status_code == 400
    assert "Write why" in text(silent)
    done = overseer.send(
        form(page, "words"), outcome="look again", words="A child is named. " + NASTY
    )
    assert done["Location"] == "/oversight/sample?done"
    assert "Nothing waits for a review." in text(overseer.get("/oversight/sample"))
    office.open()
    again = text(lead.get(f"/records/{told}"))
    assert "asks to look at it again" in again
    assert "A child is named." in again
    assert reference(office, told) in text(lead.get("/"))


def test_nobody_but_an_overseer_has_the_sample(staff: Staffed, office: World) -> None:
    letters(office, "the heron", danger=Danger.YES)
    lead = staff.browser("lead")
    lead.send(sorting_form(lead.get("/sort")), **{"is-0": "thanks"})
    sample = office.as_owner("SELECT entry FROM facts.sample")[0][0]
    nowhere = plain(lead, "/nowhere")
    for path in ("/oversight/sample", f"/oversight/sample/{sample}"):
        for name in ("lead", "colleague", "administrator"):
            answer = staff.browser(name).get(path)
            assert answer.status_code == 404
        assert plain(lead, path) == nowhere


def test_that_nobody_can_review_something_is_said_to_who_can_see_to_it(
    staff: Staffed, office: World
) -> None:
    [told] = letters(office, "the heron", danger=Danger.YES)
    lead, overseer = staff.browser("lead"), staff.browser("overseer")
    pages = {name: staff.browser(name) for name in ("administrator", "contact", "colleague")}
    silent = "no overseer can review it"
    overseer.get("/oversight/sample")
    assert not any(silent in text(each.client.get("/", follow=True)) for each in pages.values())
    lead.send(sorting_form(lead.get("/sort")), **{"is-0": "thanks"})
    office.open()
    for name in ("overseer", "custodian"):  # all of them
        whom = {"person": office.people[name], "ground": Ground.ACCUSED, "reason": "named"}
        staff.act("lead", wall_person(CHANCE, office.office_recipients, record=told, **whom))
    assert reference(office, told) not in text(overseer.get("/oversight/sample"))
    shown = {name: text(each.client.get("/", follow=True)) for name, each in pages.items()}
    assert [silent in shown[name] for name in pages] == [False, True, False]
    assert not any(reference(office, told) in page for page in shown.values())
