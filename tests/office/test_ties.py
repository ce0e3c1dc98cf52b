"""Telling us about a tie: it counts at once, and the page never says what follows from it."""

import pytest
from django.http import HttpResponse

from heed.access import commands
from heed.office.ties import NO_HOW, NO_OTHER, NO_PERSON, NOBODY_HERE, NOT_ONESELF
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, plain, staffed
from tests.world import CHANCE, World

NOBODY = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
HOW = "<u>sisters</u>\r\n{{ 7*7 }}"


@pytest.fixture
def staff(office: World) -> Staffed:
    return staffed(office)


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def tie(browser: Browser, person: object, other: object, how: str = HOW) -> HttpResponse:
    filled = form(browser.get("/ties/new"), "how")
    return browser.send(filled, step="record", person=str(person), other=str(other), how=how)


def ties(office: World) -> list[tuple]:
    return office.as_owner("SELECT person, other, said_by FROM facts.relation ORDER BY at")


def bare(answer: HttpResponse) -> bytes:
    """An answer's bytes without what is drawn anew each time."""
    content: bytes = answer.content
    for name in ("csrfmiddlewaretoken", "token"):
        for each in text(answer).split(f'name="{name}" value="')[1:]:
            content = content.replace(each.partition('"')[0].encode(), b" ")
    return content


def test_one_tells_of_ones_own_tie_and_is_named_already(office: World, lead: Browser) -> None:
    me, other = office.people["lead"], office.people["colleague"]
    assert form(lead.get("/ties/new"), "how").fields["person"] == str(me)
    answer = tie(lead, me, other)
    assert (answer.status_code, answer["Location"]) == (302, "/ties")
    assert "The tie is on the record" in text(lead.get("/ties"))
    assert ties(office) == [(me, other, me)]


def test_anybody_tells_of_two_colleagues(office: World, staff: Staffed) -> None:
    """Also an administrator, who answers for no record."""
    one, other = office.people["lead"], office.people["colleague"]
    for name in ("contact", "administrator"):
        assert tie(staff.browser(name), one, other).status_code == 302
    said_by = [office.people["contact"], office.people["administrator"]]
    assert ties(office) == [(one, other, who) for who in said_by]


def test_a_tie_counts_at_once_and_the_answer_is_the_same_whatever_follows(
    office: World, staff: Staffed
) -> None:
    told = office.tell("about the colleague")
    office.open()
    staff.restrict(told.record, person="colleague", by="lead")
    lead, other = staff.browser("lead"), staff.browser("contact")
    idle = tie(other, office.people["contact"], office.people["overseer"])
    nothing = plain(other, idle["Location"])
    assert lead.get(f"/records/{told.record}").status_code == 200
    answer = tie(lead, office.people["lead"], office.people["colleague"])
    assert lead.get(f"/records/{told.record}").status_code == 404
    assert (answer.status_code, answer.content) == (idle.status_code, idle.content)
    assert dict(answer.items()) == dict(idle.items())
    same = plain(lead, answer["Location"])
    assert same.replace(b"Safeguarding lead", b"Outside contact") == nothing
    owner = office.as_owner("SELECT owner FROM facts.record")
    assert owner == [(office.people["contact"],)]


def test_whatever_the_database_refuses_gives_one_page_with_the_words(
    office: World, lead: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    told = office.tell("about the colleague")
    office.open()
    for name in ("contact", "colleague"):
        filled = form(lead.get(f"/records/{told.record}/restrict"), "reason")
        person = str(office.people[name])
        lead.send(filled, step="record", person=person, ground="accused", reason="named")
    nobody_left = tie(lead, office.people["lead"], office.people["colleague"])
    assert "HE014 in tie" in caplog.text
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("DELETE FROM register.permit WHERE kind = 'relation_declared'")
    not_permitted = tie(lead, office.people["lead"], office.people["colleague"])
    assert "HE008 in tie" in caplog.text
    assert nobody_left.status_code == not_permitted.status_code == 503
    assert bare(nobody_left) == bare(not_permitted)
    assert ties(office) == []
    kept = form(nobody_left, "how").fields
    assert (kept["how"], kept["other"]) == (HOW, str(office.people["colleague"]))
    for words in ("Not recorded", "01632 960 001"):
        assert words in text(nobody_left)


def test_the_same_form_sent_twice_is_one_tie_and_about_another_it_is_another(
    office: World, lead: Browser
) -> None:
    filled = form(lead.get("/ties/new"), "how")
    for name in ("colleague", "colleague", "contact"):
        other = str(office.people[name])
        assert lead.send(filled, step="record", other=other, how=HOW).status_code == 302
    assert [row[1] for row in ties(office)] == [
        office.people["colleague"],
        office.people["contact"],
    ]


def test_a_tie_to_somebody_who_has_left_stands_whichever_was_chosen_first(
    office: World, lead: Browser
) -> None:
    gone = office.people["colleague"]
    office.register().append(commands.leave(CHANCE, office.office_recipients, person=gone))
    page = text(lead.get("/ties/new"))
    assert "Second worker – owner (no longer here)" in page
    assert tie(lead, gone, office.people["lead"]).status_code == 302
    assert tie(lead, office.people["lead"], gone).status_code == 302
    assert [row[:2] for row in ties(office)] == [(office.people["lead"], gone)] * 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"person": ""}, NO_PERSON),
        ({"person": NOBODY}, NO_PERSON),
        ({"other": "x"}, NO_OTHER),
        ({"other": "lead"}, NOT_ONESELF),
        ({"how": " \r\n"}, NO_HOW),
        ({"person": "contact"}, NOBODY_HERE),
    ],
)
def test_a_form_that_lacks_something_is_asked_for_again_and_nothing_typed_is_lost(
    office: World, staff: Staffed, wrong: dict[str, str], sentence: str
) -> None:
    right = {"person": "lead", "other": "colleague", "how": HOW}
    if sentence == NOBODY_HERE:
        right |= {"other": "custodian"}
        wrong = {"person": "overseer"}
        for name in ("overseer", "custodian"):
            staff.append(
                commands.leave(CHANCE, office.office_recipients, person=office.people[name])
            )
    lead = staff.browser("lead")
    said = {field: str(office.people.get(value, value)) for field, value in (right | wrong).items()}
    answer = lead.send(form(lead.get("/ties/new"), "how"), step="record", **said)
    assert answer.status_code == 400
    assert sentence in text(answer)
    kept = form(answer, "how").fields
    for field in right.keys() - wrong.keys():
        assert kept[field] == said[field]
    assert ties(office) == []


def test_among_many_people_one_is_found_by_part_of_a_name(office: World, lead: Browser) -> None:
    for number in range(20):
        office.add_person(f"person {number}", f"Quill Marsh {number}", "worker")
    office.open()
    page = lead.send(form(lead.get("/ties/new"), "how"), step="find", find="second", how=HOW)
    assert page.status_code == 200
    assert "Second worker" in text(page)
    assert "Quill Marsh" not in text(page)
    kept = form(page, "how").fields
    assert (kept["how"], kept["person"]) == (HOW, str(office.people["lead"]))
