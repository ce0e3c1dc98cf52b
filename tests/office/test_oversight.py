"""An overseer sees every record without its words, asks for one with a reason, and sees who looked."""

import re
import uuid
from datetime import UTC, datetime

import pytest

from heed.access import commands
from heed.core.vocabulary import Danger
from heed.office.oversight import read_place, written
from heed.store import staff
from heed.store.readable import Desk
from tests.office.browser import Browser, form, forms
from tests.office.staffed import Staffed, plain, staffed
from tests.office.test_custody import hand_over, look, reference
from tests.world import CHANCE, Told, World

AWAY = "AND r.id NOT IN (SELECT register.hidden_from(me))"


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def overseer(place: Staffed) -> Browser:
    return place.browser("overseer")


def tell(place: Staffed, **said: Danger) -> Told:
    made = place.world.tell("the heron on the weir", **said)
    place.world.open()
    return made


def ask(place: Staffed, name: str, told: Told) -> None:
    entry = commands.ask_for_content(
        CHANCE,
        place.world.office_recipients,
        person=place.world.people[name],
        record=told.record,
        reason="a sample",
    )
    place.act(name, entry)


def test_every_record_is_listed_newest_first_without_its_words(
    place: Staffed, overseer: Browser
) -> None:
    told = [tell(place, danger=danger) for danger in (Danger.NO, Danger.YES)]
    look(place, "lead", told[0])
    text = overseer.get("/oversight").content.decode()
    first, second = (text.index(reference(place, each)) for each in reversed(told))
    assert first < second
    assert "Nobody has opened this" in text[first:second]
    assert "Nobody has opened this" not in text[second:]
    assert text.count("Safeguarding lead") == 2
    assert "heron" not in text
    assert overseer.get(f"/records/{told[0].record}").status_code == 404


def test_what_waits_for_the_opener_is_not_listed(place: Staffed, overseer: Browser) -> None:
    told = place.world.tell()
    assert reference(place, told) not in overseer.get("/oversight").content.decode()
    place.world.open()
    assert reference(place, told) in overseer.get("/oversight").content.decode()


def test_a_record_that_goes_from_hand_to_hand_is_marked(place: Staffed, overseer: Browser) -> None:
    told = tell(place)
    hand_over(place, told, "lead", "colleague")
    text = overseer.get("/oversight").content.decode()
    assert "Handed over once" in text
    assert 'govuk-tag--yellow">Handed' not in text
    hand_over(place, told, "colleague", "lead")
    assert 'govuk-tag--yellow">Handed over 2 times' in overseer.get("/oversight").content.decode()


def test_the_list_goes_on_by_pages_of_25_and_misses_nothing(
    place: Staffed, overseer: Browser
) -> None:
    told = [place.world.tell() for _ in range(51)]
    place.world.open()
    known = {reference(place, each) for each in told}
    path, seen = "/oversight", []
    for count in (25, 25, 1):
        text = overseer.get(path).content.decode()
        shown = re.findall(r"heed-reference\">([^<]+)<", text)
        assert len(shown) == count
        assert ("Newest records" in text) == bool(seen)
        seen += shown
        path = "/oversight?before=" + "".join(re.findall(r"\?before=([^\"]+)", text))
    assert len(seen) == 51
    assert set(seen) == known
    assert "Older records" not in text


def test_a_place_that_is_none_shows_the_first_page(place: Staffed, overseer: Browser) -> None:
    told = tell(place)
    nobodys = "0" * 32
    for said in ("x", "1." + "g" * 32, "1.٣" + nobodys, "9" * 400 + "." + nobodys, "1;--", ""):
        text = overseer.get("/oversight?before=" + said).content.decode()
        assert reference(place, told) in text
    answer = overseer.get("/oversight?before=" + "9" * 17 + "." + nobodys)
    assert answer.status_code == 200


@pytest.mark.parametrize("micros", [0, 1, 999_999])
def test_a_place_is_read_as_it_was_written(micros: int) -> None:
    stands = (datetime(2026, 11, 20, 15, 42, 59, micros, tzinfo=UTC), uuid.uuid4())
    assert read_place(written(*stands)) == stands


def test_a_request_needs_a_reason_is_recorded_once_and_leads_to_the_record(
    place: Staffed, overseer: Browser
) -> None:
    told = tell(place)
    path = f"/oversight/{told.record}/ask"
    assert path in overseer.get("/oversight").content.decode()
    filled = form(overseer.get(path), "reason")
    answer = overseer.send(filled, reason=" \r\n")
    assert answer.status_code == 400
    assert "Write your reason." in answer.content.decode()
    for _ in range(2):
        answer = overseer.send(filled, reason="a sample")
        assert (answer.status_code, answer["Location"]) == (302, f"/records/{told.record}")
    assert place.facts("SELECT person, record FROM facts.request") == [
        (place.world.people["overseer"], told.record)
    ]
    text = overseer.get("/oversight").content.decode()
    assert f'href="/records/{told.record}"' in text
    assert path not in text


def test_who_looked_shows_after_asking_and_not_before(place: Staffed, overseer: Browser) -> None:
    told = tell(place)
    look(place, "lead", told)
    path = f"/oversight/{told.record}/looks"
    text = overseer.get(path).content.decode()
    assert "Safeguarding lead" not in text
    assert f"/oversight/{told.record}/ask" in text
    ask(place, "overseer", told)
    text = overseer.get(path).content.decode()
    assert "Safeguarding lead" in text
    assert "Their own queue" in text


def test_one_persons_looks_are_shown_by_pages(place: Staffed, overseer: Browser) -> None:
    told = tell(place)
    for _ in range(26):
        look(place, "lead", told)
    path = f"/oversight/people/{place.world.people['lead']}"
    assert path in overseer.get("/oversight/people").content.decode()
    first = overseer.get(path).content.decode()
    assert first.count(reference(place, told)) == 25
    [before] = re.findall(r"\?before=([^\"]+)", first)
    second = overseer.get(f"{path}?before={before}").content.decode()
    assert second.count(reference(place, told)) == 1


def test_nobody_reviews_their_own_looks(place: Staffed, overseer: Browser) -> None:
    told = tell(place)
    for name in ("overseer", "custodian"):
        ask(place, name, told)
        desk = Desk(place.world.link("heed_office"))
        desk.open(
            place.world.sign_in(name),
            place.world.people[name],
            told.record,
            CHANCE,
            place.world.office_recipients,
            "oversight",
        )
    own = place.world.people["overseer"]
    assert str(own) not in overseer.get("/oversight/people").content.decode()
    text = overseer.get(f"/oversight/people/{own}").content.decode()
    assert "This is you." in text
    desk, key = Desk(place.world.link("heed_office")), place.world.sign_in("overseer")
    assert staff.looks_of(desk, key, own, 25) == []
    assert len(staff.looks_of(desk, key, place.world.people["custodian"], 25)) == 1
    place.without("machinery.looks_of(uuid, timestamptz, uuid, integer)", "p_person = me OR ")
    assert len(staff.looks_of(desk, key, own, 25)) == 1


def test_nobody_but_an_overseer_gets_a_row_from_the_database(place: Staffed) -> None:
    told = tell(place)
    look(place, "lead", told)
    desk = Desk(place.world.link("heed_office"))
    of = place.world.people["lead"]
    for name in ("colleague", "administrator"):
        key = place.world.sign_in(name)
        assert staff.overseen(desk, key, 25) == []
        assert staff.overseen_one(desk, key, told.record) is None
        assert staff.looks_of(desk, key, of, 25) == []
        assert staff.looks_at(desk, key, told.record) == []
        assert staff.custody(desk, key) == []
    place.without(
        "machinery.looks_of(uuid, timestamptz, uuid, integer)",
        "OR NOT register.holds(me, 'overseer')",
    )
    assert len(staff.looks_of(desk, place.world.sign_in("colleague"), of, 25)) == 1


def pages(place: Staffed) -> list[str]:
    people = [place.world.people[name] for name in ("lead", "custodian", "colleague")]
    named = [f"/oversight/people/{person}" for person in people]
    return ["/", "/oversight", "/oversight/people", "/restrictions", *named]


@pytest.mark.parametrize(
    ("function", "control", "shows"),
    [
        ("machinery.overseen(timestamptz, uuid, integer, uuid)", AWAY, "/oversight"),
        (
            "machinery.looks_of(uuid, timestamptz, uuid, integer)",
            "AND r.id <> ALL (hidden)",
            "/oversight/people/",
        ),
    ],
)
def test_an_overseer_who_is_kept_from_a_record_sees_no_sign_of_it(
    place: Staffed, overseer: Browser, function: str, control: str, shows: str
) -> None:
    """The world in which it was told, opened and restricted looks like the one in which it was not."""
    other = tell(place)
    look(place, "lead", other)
    before = {path: plain(overseer, path) for path in pages(place)}
    told = tell(place)
    look(place, "lead", told)
    place.restrict(told.record, person="overseer", by="lead")
    hand_over(place, told, "lead", "colleague")
    assert {path: plain(overseer, path) for path in pages(place)} == before
    none = overseer.get("/nowhere").content
    fields = forms(overseer.get("/oversight"))[0].fields
    for path in ("ask", "looks"):
        for record in (told.record, uuid.uuid4()):
            answer = overseer.get(f"/oversight/{record}/{path}")
            assert (answer.status_code, answer.content) == (404, none)
    said = fields | {"reason": "a sample"}
    answers = [
        overseer.client.post(f"/oversight/{record}/ask", said)
        for record in (told.record, uuid.uuid4())
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    place.without(function, control)
    changed = [path for path in before if plain(overseer, path) != before[path]]
    assert [path for path in changed if path.startswith(shows)]
