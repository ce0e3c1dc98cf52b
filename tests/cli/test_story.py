"""A story names its bodies, units, people and posts; what is wrong in it is said with its place."""

from datetime import date, timedelta
from importlib.resources import as_file, files
from pathlib import Path

import psycopg
import pytest

from heed.cli.story import Cast, StoryUnit, StoryWrong, read_story
from tests.cli.test_commands import SHORT, Operator, operator  # noqa: F401
from tests.servers import Database

UNITS = """
[[unit]]
id = "partnership"
name = "Aldermere Safeguarding Partnership"

[[unit]]
id = "first-team"
name = "First safeguarding team"
parent = "partnership"
"""
PERSON = """
[[person]]
id = "first"
role = "safeguarding lead"
name = "Safeguarding lead, first team"
unit = "first-team"
posts = ["manager", "custodian"]
"""
DUTY = """
[slot]
fallback = "first"
turns = [ { day = 1, at = "09:00", person = "first" } ]

[[item]]
day = 1
at = "09:40"
door = "online"
saw = "Something invented."
"""
THEFT = """
[theft]
laptop_of = "{}"
ended_by = "first"
stolen = {{ day = 1, at = "02:00" }}
noticed = {{ day = 1, at = "08:30" }}

[[item]]"""
WHOLE = 'title = "Test"\n' + UNITS + PERSON + DUTY


def written(folder: Path, text: str) -> Path:
    (folder / "story.toml").write_text(text)
    return folder


def test_a_story_names_units_and_posts(tmp_path: Path) -> None:
    story = read_story(written(tmp_path, WHOLE))
    assert story.units[1] == StoryUnit("first-team", "First safeguarding team", "partnership")
    name = "Safeguarding lead, first team"
    posts = ("custodian", "manager")
    assert story.cast == (Cast("first", "safeguarding lead", name, "", "first-team", posts),)


def test_a_story_begins_on_its_day_of_the_week_and_has_ended_yesterday(tmp_path: Path) -> None:
    begins = 'begins_on = "Monday"\ngoes_on_for = 9\n'
    story = read_story(written(tmp_path, begins + WHOLE))
    assert story.days == 10
    for day in (date(2026, 11, 22) + timedelta(days=each) for each in range(7)):
        began = story.began(day)
        assert f"{began:%A}" == "Monday"
        assert timedelta(days=10) <= day - began < timedelta(days=17)
    assert read_story(written(tmp_path, WHOLE)).began(date(2026, 11, 22)) == date(2026, 11, 21)


def test_a_story_needs_neither_units_nor_posts(tmp_path: Path) -> None:
    plain = PERSON.partition("unit =")[0]
    story = read_story(written(tmp_path, 'title = "Test"\n' + plain + DUTY))
    assert story.units == ()
    assert (story.cast[0].unit, story.cast[0].posts) == ("", ())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('unit = "first-team"', 'unit = "third-team"', "third-team"),
        ('parent = "partnership"', 'parent = "county"', "county"),
        ('id = "partnership"', 'id = "first-team"', "partnership"),
        ('id = "first"\n', 'id = "first-team"\n', "one id"),
        ('"manager", "custodian"', '"manager", "chief"', "chief"),
        ('"manager", "custodian"', '"administrator", "manager"', "no other post"),
        ('"manager", "custodian"', '"administrator"', "answers for no record"),
        ('name = "First safeguarding team"', "", "name"),
        ('title = "Test"', 'title = "Test"\nbegins_on = "Moonday"', "Moonday"),
        (
            'saw = "Something invented."',
            'saw = "x"\nowner = {decision = "close", reason = "x"}',
            "close",
        ),
        ('saw = "Something invented."', 'saw = "x"\nowner = {decision = "refer"}', "reason"),
        ('posts = ["manager", "custodian"]', 'rank = "high"', "rank"),
        ("[[item]]", THEFT.format("nobody"), "in a theft 'nobody'"),
        ("[[item]]", THEFT.format("first").replace("at =", "on ="), "at"),
    ],
)
def test_what_is_wrong_in_a_story_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in WHOLE
    with pytest.raises(StoryWrong, match=says):
        read_story(written(tmp_path, WHOLE.replace(old, new, 1)))


def test_one_id_names_one_person_or_unit(tmp_path: Path) -> None:
    twice = WHOLE.replace(PERSON, PERSON + PERSON)
    with pytest.raises(StoryWrong, match="one id"):
        read_story(written(tmp_path, twice))


def test_the_packaged_cast_has_every_post_and_oversight_stands_by_itself() -> None:
    with as_file(files("heed") / "story") as folder:
        story = read_story(folder)
    above = {unit.id: unit.parent for unit in story.units}
    held = {person.id: person for person in story.cast if person.posts}
    assert {post for person in held.values() for post in person.posts} == {
        *("administrator", "custodian", "manager", "overseer")
    }
    overseers = [person for person in held.values() if "overseer" in person.posts]
    assert len(overseers) == 2
    assert sum("custodian" in person.posts for person in overseers) == 1
    assert {above[person.unit] for person in overseers} == {""}
    (administrator,) = (one for one in held.values() if "administrator" in one.posts)
    assert administrator.unit not in {person.unit for person in overseers}
    assert all(person.unit for person in story.cast)
    assert len([unit for unit in story.units if unit.parent == administrator.unit]) == 3


def test_the_demonstration_sets_everybody_on_the_stage_once(
    operator: Operator,  # noqa: F811
    database: Database,
) -> None:
    operator.told("demo", "--no-serve", "--story", SHORT)
    counted = _entries(database)
    assert counted["unit_added"] == 5
    assert counted["employed"] == counted["person_added"] == 7
    assert counted["posts_set"] == 3
    operator.told("demo", "--no-serve", "--story", SHORT)
    assert _entries(database) == counted
    assert operator.told("rebuild", "--check")["differences"] == []


def _entries(database: Database) -> dict[str, int]:
    """How many entries of each kind there are."""
    with psycopg.connect(database.superuser_url) as connection:
        return dict(
            connection.execute(
                "SELECT convert_from(header, 'UTF8')::jsonb->>'kind', count(*)"
                " FROM register.entry GROUP BY 1"
            ).fetchall()
        )
