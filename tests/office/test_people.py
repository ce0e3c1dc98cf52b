"""The administrator sets up the people of their own body; each change is an entry, once."""

from uuid import UUID

import pytest

from heed.access import commands
from tests.office.browser import Browser, form, forms
from tests.office.staffed import Staffed, sent_twice, staffed
from tests.world import CHANCE, World


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def administrator(place: Staffed) -> Browser:
    return place.browser("administrator")


def posts(place: Staffed, name: str) -> list[str]:
    [(held,)] = place.facts(
        "SELECT posts FROM facts.person WHERE id = %s", place.world.people[name]
    )
    return list(held)


def units(place: Staffed, person: UUID) -> set[UUID]:
    return {
        row[0]
        for row in place.facts(
            "SELECT unit FROM facts.employment WHERE person = %s AND until IS NULL", person
        )
    }


def about(place: Staffed, name: str) -> str:
    return f"/people/{place.world.people[name]}"


def test_everybody_is_listed_and_only_ones_own_body_can_be_changed(
    place: Staffed, administrator: Browser
) -> None:
    text = administrator.get("/people").content.decode()
    for name in ("Safeguarding lead", "Second worker", "Outside contact", "Overseer"):
        assert name in text
    assert about(place, "lead") in text
    for other in ("overseer", "contact", "administrator"):
        assert about(place, other) not in text
        assert forms(administrator.get(about(place, other)))[1:] == []
    theirs = place.browser("outside").get("/people").content.decode()
    assert about(place, "lead") not in theirs
    assert about(place, "overseer") in theirs


def test_the_menu_shows_what_an_administrators_post_allows(administrator: Browser) -> None:
    text = administrator.get("/people").content.decode()
    for shown in ('href="/people"', 'href="/units"', 'href="/duty"'):
        assert shown in text
    for hidden in ("Your queue", 'href="/oversight"', 'href="/restrictions"'):
        assert hidden not in text


def test_somebody_new_is_added_once_and_works_in_their_unit(
    place: Staffed, administrator: Browser
) -> None:
    said = {"name": "Newcomer", "job": " Social  Worker ", "unit": str(place.units["first"])}
    assert sent_twice(administrator, "/people/new", "job", **said) == [302, 302]
    place.world.open()
    [(person, role)] = place.facts(
        "SELECT p.id, p.role FROM facts.person p JOIN words.person w ON w.id = p.id"
        " WHERE w.name = 'Newcomer'"
    )
    assert role == "social worker"
    assert units(place, person) == {place.units["first"]}
    page = administrator.get(f"/people/{person}?done=added").content.decode()
    assert "They are on the record." in page


def test_the_same_form_with_another_name_adds_another_person(
    place: Staffed, administrator: Browser
) -> None:
    filled = form(administrator.get("/people/new"), "job")
    before = len(place.world.as_owner("SELECT id FROM facts.person"))
    for name in ("Newcomer", "Another"):
        said = {"name": name, "job": "worker", "unit": str(place.units["first"])}
        assert administrator.send(filled, **said).status_code == 302
    assert len(place.world.as_owner("SELECT id FROM facts.person")) == before + 2


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"name": " "}, "Write the name."),
        ({"name": "x" * 201}, "Write the name in 200 letters at most."),
        ({"job": "head of year 9"}, "Write the job in a few plain words"),
        ({"unit": ""}, "Choose a unit."),
        ({"unit": "x"}, "Choose a unit."),
    ],
)
def test_what_is_missing_is_asked_for_and_what_was_typed_stays(
    place: Staffed, administrator: Browser, said: dict[str, str], sentence: str
) -> None:
    before = place.entries()
    filled = form(administrator.get("/people/new"), "job")
    good = {"name": "Newcomer", "job": "worker", "unit": str(place.units["first"])}
    answer = administrator.send(filled, **(good | said))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    again = form(answer, "job").fields
    assert {name: again[name] for name in ("name", "job")} == {
        name: (good | said)[name] for name in ("name", "job")
    }
    assert again["token"] == filled.fields["token"]
    assert place.entries() == before


def test_nobody_is_added_to_another_body(place: Staffed, administrator: Browser) -> None:
    filled = form(administrator.get("/people/new"), "job")
    theirs = str(place.units["oversight"])
    answer = administrator.send(filled, name="Spy", job="worker", unit=theirs)
    assert answer.status_code == 400
    assert place.facts("SELECT 1 FROM facts.person WHERE role = 'spy'") == []


@pytest.mark.parametrize(("stay", "left"), [("no", {"second"}), ("yes", {"first", "second"})])
def test_moving_ends_the_old_work_or_keeps_it_as_asked(
    place: Staffed, administrator: Browser, stay: str, left: set[str]
) -> None:
    second = str(place.units["second"])
    person = place.world.people["lead"]
    answer = sent_twice(administrator, about(place, "lead"), "ends", unit=second, stay=stay)
    assert answer == [302, 302]
    assert units(place, person) == {place.units[name] for name in left}


def test_nobody_is_moved_without_saying_whether_they_stay(
    place: Staffed, administrator: Browser
) -> None:
    filled = form(administrator.get(about(place, "lead")), "ends")
    for unit, sentence in (
        (place.units["second"], "Choose whether they stay"),
        ("", "Choose a unit"),
    ):
        answer = administrator.send(filled, unit=str(unit))
        assert answer.status_code == 400
        assert sentence in answer.content.decode()
    assert units(place, place.world.people["lead"]) == {place.units["first"]}


def test_one_of_two_units_is_left_and_the_last_is_not(
    place: Staffed, administrator: Browser
) -> None:
    second = str(place.units["second"])
    sent_twice(administrator, about(place, "lead"), "ends", unit=second, stay="yes")
    page = administrator.get(about(place, "lead"))
    ending = [each for each in forms(page) if "employment" in each.fields]
    assert len(ending) == 2
    for _ in range(2):
        assert administrator.send(ending[0]).status_code == 302
    refused = administrator.send(ending[1])
    assert refused.status_code == 400
    assert "This is their only unit." in refused.content.decode()
    assert len(units(place, place.world.people["lead"])) == 1
    page = administrator.get(about(place, "lead"))
    assert not [each for each in forms(page) if "employment" in each.fields]


def test_the_first_custodian_of_a_body_is_named_at_set_up(
    place: Staffed, administrator: Browser
) -> None:
    page = administrator.get(about(place, "lead"))
    filled = next(each for each in forms(page) if each.action.endswith("/posts"))
    answer = administrator.send(filled, posts="custodian")
    assert answer.status_code == 400
    assert "Whoever set this system up names the first." in answer.content.decode()
    assert posts(place, "lead") == []


def test_posts_are_what_was_ticked(place: Staffed, administrator: Browser) -> None:
    to, colleague = place.world.office_recipients, place.world.people["colleague"]
    place.append(commands.set_posts(CHANCE, to, person=colleague, posts=["custodian"]))
    page = administrator.get(about(place, "lead"))
    filled = next(each for each in forms(page) if each.action.endswith("/posts"))
    for _ in range(2):
        fields = filled.fields | {"posts": ["custodian", "manager"]}
        assert administrator.client.post(filled.action, fields).status_code == 302
    assert posts(place, "lead") == ["custodian", "manager"]
    text = administrator.get(about(place, "lead")).content.decode()
    for post, ticked in (("custodian", True), ("manager", True), ("overseer", False)):
        assert (f'aria-describedby="post-{post}-hint" checked' in text) == ticked
    assert administrator.send(filled).status_code == 302
    assert posts(place, "lead") == []


def test_no_form_makes_an_administrator_or_unmakes_one(
    place: Staffed, administrator: Browser
) -> None:
    page = administrator.get(about(place, "lead"))
    filled = next(each for each in forms(page) if each.action.endswith("/posts"))
    administrator.send(filled, posts="administrator")
    assert posts(place, "lead") == []
    second = place.world.add_person("deputy", "Deputy", "worker")
    to, body = place.world.office_recipients, place.units["partnership"]
    place.append(commands.employ(CHANCE, to, person=second, unit=body))
    place.append(commands.set_posts(CHANCE, to, person=second, posts=["administrator"]))
    assert "They are an administrator" in administrator.get(about(place, "deputy")).content.decode()
    answer = administrator.send(filled, about(place, "deputy") + "/posts", posts="manager")
    assert answer.status_code == 400
    assert posts(place, "deputy") == ["administrator"]


def test_a_leaver_is_asked_about_first_and_their_records_change_hands_at_once(
    place: Staffed, administrator: Browser
) -> None:
    told = place.world.tell()
    place.world.open()
    gone = place.browser("lead")
    check = administrator.get(about(place, "lead") + "/left")
    assert "Their records get another person at once" in check.content.decode()
    (filled,) = (each for each in forms(check) if each.action.endswith("/left"))
    for _ in range(2):
        assert administrator.send(filled).status_code == 302
    owner = place.facts("SELECT owner FROM facts.record WHERE id = %s", told.record)[0][0]
    assert owner == place.world.people["contact"]
    assert gone.get("/").status_code == 302
    text = administrator.get(about(place, "lead") + "?done=left").content.decode()
    assert "Has left." in text
    assert forms(administrator.get(about(place, "lead")))[1:] == []


def test_the_outside_contact_cannot_leave_before_another_is_named(place: Staffed) -> None:
    theirs = place.browser("outside")
    check = theirs.get(about(place, "contact") + "/left")
    (filled,) = (each for each in forms(check) if each.action.endswith("/left"))
    answer = theirs.send(filled)
    assert answer.status_code == 400
    assert "Name another outside contact first." in answer.content.decode()
    [(active,)] = place.facts("SELECT active FROM facts.person WHERE role = 'outside contact'")
    assert active


@pytest.mark.parametrize("what", ["unit", "end", "posts", "left"])
def test_whoever_works_for_another_body_or_is_oneself_is_not_changed(
    place: Staffed, administrator: Browser, what: str
) -> None:
    """The buttons are not there; who sends the form all the same is refused in a plain sentence."""
    fields = form(administrator.get(about(place, "lead")), "ends").fields
    before = place.entries()
    for other in ("overseer", "administrator"):
        person = place.world.people[other]
        [(job,)] = place.facts("SELECT entry FROM facts.employment WHERE person = %s", person)
        if what == "end":  # a second unit, so that it is not the last
            entry = commands.employ(
                CHANCE, place.world.office_recipients, person=person, unit=place.units["oversight"]
            )
            place.append(entry)
            before += 1
        said = {"unit": str(place.units["first"]), "stay": "yes", "employment": str(job)}
        said |= {"posts": "manager"}
        answer = administrator.client.post(f"/people/{person}/{what}", fields | said)
        assert answer.status_code == 400
        text = answer.content.decode()
        if (what, other) == ("posts", "administrator"):
            assert "An administrator holds no other post." in text
        else:
            assert "only do this for the people and units of your own body" in text
        assert place.entries() == before


def test_the_database_and_no_page_holds_bodies_apart(place: Staffed) -> None:
    """With the rule taken out, the same form changes somebody of another body: for a minute."""
    administrator = place.browser("administrator")
    fields = form(administrator.get(about(place, "lead")), "ends").fields
    with place.world.database.server.superuser(place.world.database.name) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION register.check_administers(p_me uuid, p_person uuid,"
            " p_units uuid[]) RETURNS void LANGUAGE sql AS 'SELECT'"
        )
    person = place.world.people["overseer"]
    answer = administrator.client.post(f"/people/{person}/posts", fields)
    assert answer.status_code == 302
    assert posts(place, "overseer") == []


def test_nobody_unknown_can_be_changed(place: Staffed, administrator: Browser) -> None:
    fields = form(administrator.get(about(place, "lead")), "ends").fields
    unknown = f"/people/{place.units['first']}"
    for what in ("/unit", "/end", "/posts", "/left"):
        assert administrator.client.post(unknown + what, fields).status_code == 404
    assert administrator.get(unknown).status_code == 404
    assert administrator.get(unknown + "/left").status_code == 404


def test_an_administrator_sees_no_record(place: Staffed, administrator: Browser) -> None:
    told = place.world.tell("the heron on the weir")
    place.world.open()
    assert administrator.get(f"/records/{told.record}").status_code == 404
    reference = place.facts("SELECT reference FROM facts.record")[0][0]
    for path in ("/", "/people", "/units", "/duty", about(place, "lead")):
        assert reference.encode() not in administrator.get(path).content


def test_an_administrator_starts_with_the_people_and_not_with_a_queue(
    administrator: Browser,
) -> None:
    answer = administrator.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/people")
