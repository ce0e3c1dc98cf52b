"""The tree of bodies and units: the administrator adds and moves units of their own body."""

from uuid import UUID

import pytest

from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, sent_twice, staffed
from tests.world import World


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def administrator(place: Staffed) -> Browser:
    return place.browser("administrator")


def parent(place: Staffed, unit: UUID) -> UUID | None:
    found = place.facts(
        "SELECT parent FROM facts.line WHERE unit = %s ORDER BY since DESC LIMIT 1", unit
    )
    return found[0][0]


def test_the_tree_shows_every_body_and_buttons_for_ones_own(
    place: Staffed, administrator: Browser
) -> None:
    text = administrator.get("/units").content.decode()
    names = ["Aldermere Safeguarding Partnership</strong>", "First team", "Second team"]
    assert sorted(text.index(name) for name in names) == [text.index(name) for name in names]
    assert "Independent Oversight" in text
    for name in ("partnership", "first", "second"):
        assert f"/units/new?parent={place.units[name]}" in text
    assert f"/units/{place.units['first']}/move" in text
    assert f"/units/{place.units['partnership']}/move" not in text
    assert str(place.units["oversight"]) not in text


def test_a_unit_is_added_once_beneath_the_one_it_was_asked_for(
    place: Staffed, administrator: Browser
) -> None:
    path = f"/units/new?parent={place.units['first']}"
    filled = form(administrator.get(path), "parent")
    assert filled.fields["parent"] == str(place.units["first"])
    for _ in range(2):
        assert administrator.send(filled, name="Night team").status_code == 302
    place.world.open()
    [(unit,)] = place.facts("SELECT id FROM words.unit WHERE name = 'Night team'")
    assert parent(place, unit) == place.units["first"]
    text = administrator.get("/units?done=added").content.decode()
    assert "The unit is on the record." in text
    assert text.index("First team") < text.index("Night team") < text.index("Second team")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [({"name": " "}, "Write the name."), ({"parent": ""}, "Choose where it stands.")],
)
def test_what_a_unit_needs_is_asked_for(
    place: Staffed, administrator: Browser, said: dict[str, str], sentence: str
) -> None:
    before = place.entries()
    filled = form(administrator.get("/units/new"), "token")
    good = {"name": "Night team", "parent": str(place.units["first"])}
    answer = administrator.send(filled, "/units/new", **(good | said))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert place.entries() == before


def test_a_unit_moves_with_all_beneath_it(place: Staffed, administrator: Browser) -> None:
    night = place.add_unit("night", "Night team", "first")
    place.world.open()
    path, second = f"/units/{place.units['first']}/move", str(place.units["second"])
    page = administrator.get(path)
    offered = page.content.decode().partition("<select")[2]
    assert second in offered
    for beneath in (night, place.units["first"], place.units["oversight"]):
        assert str(beneath) not in offered
    assert sent_twice(administrator, path, "token", path, parent=second) == [302, 302]
    assert parent(place, place.units["first"]) == place.units["second"]
    assert len(place.facts("SELECT 1 FROM facts.line WHERE unit = %s", place.units["first"])) == 2
    text = administrator.get("/units?done=moved").content.decode()
    assert text.index("Second team") < text.index("First team") < text.index("Night team")


def test_a_unit_stands_neither_beneath_itself_nor_in_another_body(
    place: Staffed, administrator: Browser
) -> None:
    path = f"/units/{place.units['first']}/move"
    filled = form(administrator.get(path), "token")
    for wrong in (place.units["first"], place.units["oversight"], ""):
        answer = administrator.send(filled, path, parent=str(wrong))
        assert answer.status_code == 400
        assert "Choose where it stands." in answer.content.decode()
    assert parent(place, place.units["first"]) == place.units["partnership"]


def test_a_whole_body_and_another_bodys_unit_are_not_moved(
    place: Staffed, administrator: Browser
) -> None:
    place.add_unit("visitors", "Visitors", "oversight")
    place.world.open()
    fields = form(administrator.get("/units/new"), "token").fields
    for name in ("partnership", "visitors"):
        path = f"/units/{place.units[name]}/move"
        assert administrator.get(path).status_code == 404
        said = fields | {"parent": str(place.units["first"])}
        assert administrator.client.post(path, said).status_code == 404


def test_a_move_takes_a_record_from_whoever_comes_to_stand_in_the_criticised_line(
    place: Staffed, administrator: Browser
) -> None:
    told = place.world.tell()
    place.world.open()
    place.restrict(told.record, unit="second", by="lead")
    owner = "SELECT owner FROM facts.record WHERE id = %s"
    assert place.facts(owner, told.record) == [(place.world.people["lead"],)]
    path, second = f"/units/{place.units['first']}/move", str(place.units["second"])
    sent_twice(administrator, path, "token", path, parent=second)
    assert place.facts(owner, told.record) == [(place.world.people["contact"],)]
