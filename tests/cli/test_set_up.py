"""An organisation is put on the record from a file: all of it or nothing, once, and its people get in."""

import re
from typing import Any

import psycopg
import pytest

from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.store.configuration import OfficeHand
from heed.store.connection import Link
from heed.store.signing_in import FrontDoor, InvitationWrong
from tests.cli.test_commands import BOTH, ROOT, Operator, operator

__all__ = ["operator"]

pytestmark = BOTH
EXAMPLE = re.search(
    r"```toml\n(.*?)```", (ROOT / "docs/operate.md").read_text(encoding="utf-8"), re.DOTALL
)
PASSWORD = "correct horse battery"


def small(operator: Operator, old: str = "", new: str = "") -> str:
    """The file of the guide's small organisation, where `old` is `new`."""
    assert EXAMPLE is not None
    assert old in EXAMPLE[1]
    file = operator.home / "small.toml"
    file.write_text(EXAMPLE[1].replace(old, new, 1) if old else EXAMPLE[1], encoding="utf-8")
    return str(file)


def rows(operator: Operator, statement: str) -> list[Any]:
    """As the database's owner, in the role that reads all."""
    with psycopg.connect(operator.environment["HEED_DATABASE_URL"]) as connection:
        connection.execute("SET ROLE heed_rule")
        return connection.execute(statement.encode()).fetchall()


def test_two_who_work_there_and_one_outside_are_set_up_once(operator: Operator) -> None:
    operator.told("init", "--demonstration")
    told = operator.told("set-up", small(operator))
    assert told["before"] == 0
    assert set(told["invited"]) == {"Asha Wren", "Tom Alder", "Joan Teal"}
    stood = "SELECT (SELECT count(*) FROM register.entry), (SELECT count(*) FROM facts.person)"
    (before,) = rows(operator, stood)
    assert before[1] == 3
    again = operator.told("set-up", small(operator))
    assert (again["added"], again["invited"]) == ([], {})
    assert again["before"] == len(told["added"])
    assert rows(operator, stood) == [before]
    assert operator.told("verify")["ok"] is True
    assert operator.told("rebuild", "--check")["differences"] == []


def test_whoever_is_invited_signs_in_once_and_has_what_comes_in(operator: Operator) -> None:
    operator.told("init", "--demonstration")
    told = operator.told("set-up", small(operator))
    hand = OfficeHand.load(operator.home)
    door = FrontDoor(Link(hand.signin_url))
    to = Recipients({"organisation": hand.organisation})
    code = ReturnCode.parse(told["invited"]["Asha Wren"])
    door.take_invitation(to, code, "asha", PASSWORD)
    assert door.sign_in("asha", PASSWORD) is not None
    with pytest.raises(InvitationWrong):
        door.take_invitation(to, code, "asha", PASSWORD)
    duty = "SELECT p.role FROM facts.person p, facts.slot s WHERE p.id = register.on_duty(s.id, register.now())"
    assert rows(operator, duty) == [("safeguarding lead",)]


WRONG = {
    'unit = "Lantern Trust"\nposts': ('unit = "Lantern"\nposts', 'unit is "Lantern"'),
    'name = "Tom Alder"': ('name = "Asha Wren"', "two have this name"),
    'posts = ["overseer"]': ('posts = ["owner"]', "'owner' is no post"),
    'telephone = "07700900103"': ("", "give a telephone"),
    'telephone = "07700900102"': ('telephone = "0770 0900"', "7 to 15 digits"),
    'contact = "Joan Teal"': ('contact = "Joan"', "name a person of this file"),
    'person = "Tom Alder"\n\n[[duty.turn]]\nperson = "Asha Wren"': (
        'person = "Asha Wren"\nfrom = 2099-01-04 09:00:00',
        "nobody is on duty",
    ),
    'role = "panel member"': ('role = "Panel!"', "a few plain words"),
    'email = "asha.wren@example.org"': ('e_mail = "a"', '"e_mail" is not known here'),
    'name = "Independent panel"': (
        'name = "Independent panel"\nwithin = "Independent panel"',
        "a unit is within itself",
    ),
    "[duty]": ("[duty", "cannot be read as TOML"),
}


@pytest.mark.parametrize("old", WRONG)
def test_each_fault_is_named_and_nothing_is_put_on_the_record(operator: Operator, old: str) -> None:
    operator.told("init", "--demonstration")
    new, said = WRONG[old]
    done = operator.heed("set-up", small(operator, old, new))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert rows(operator, "SELECT count(*) FROM facts.person") == [(0,)]
    assert not (operator.home / "set-up.json").exists()


def test_a_set_up_that_was_cut_short_is_finished(operator: Operator) -> None:
    operator.told("init", "--demonstration")
    url = operator.environment["HEED_DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        gone = "DELETE FROM register.permit WHERE role = 'heed_owner' AND kind = 'posts_set'"
        connection.execute(gone)
        cut = operator.heed("set-up", small(operator))
        assert cut.returncode == 2
        connection.execute("INSERT INTO register.permit VALUES ('heed_owner', 'posts_set')")
    told = operator.told("set-up", small(operator))
    assert told["before"] > 0
    assert "Asha Wren: posts" in told["added"]
    assert set(told["invited"]) == {"Asha Wren", "Tom Alder", "Joan Teal"}


def test_a_partner_body_is_added_later_by_the_same_file_with_more_in_it(operator: Operator) -> None:
    operator.told("init", "--demonstration")
    first = operator.told("set-up", small(operator))
    more = (
        '[[unit]]\nname = "Harbour Trust"\n\n[[person]]\nname = "Ida Moss"\nrole = "nurse"\n'
        'unit = "Harbour Trust"\nposts = ["administrator"]\n\n[duty]'
    )
    told = operator.told("set-up", small(operator, "[duty]", more))
    assert told["added"] == ["Harbour Trust", "Ida Moss", "Ida Moss: unit", "Ida Moss: posts"]
    assert told["before"] == len(first["added"])
    assert set(told["invited"]) == {"Ida Moss"}
    assert operator.told("rebuild", "--check")["differences"] == []


def test_a_unit_that_is_said_later_is_one_entry_more_and_no_other_moves(operator: Operator) -> None:
    operator.told("init", "--demonstration")
    without = small(operator, 'unit = "Lantern Trust"\nposts', "posts")
    first = operator.told("set-up", without)
    told = operator.told("set-up", small(operator))
    assert told["added"] == ["Asha Wren: unit"]
    assert told["before"] == len(first["added"])
    assert operator.told("rebuild", "--check")["differences"] == []


def test_what_is_written_otherwise_and_a_record_with_a_story_are_refused(
    operator: Operator,
) -> None:
    operator.told("init", "--demonstration")
    operator.told("set-up", small(operator))
    other = operator.heed("set-up", small(operator, "support worker", "cleaner"))
    assert other.returncode == 2
    assert "Tom Alder: this was set up otherwise" in other.stderr
    fewer = operator.heed("set-up", small(operator, 'posts = ["overseer"]', "posts = []"))
    assert fewer.returncode == 0, "what is left out stays as it is"
    more = small(operator, 'posts = ["overseer"]', 'posts = ["overseer", "custodian"]')
    assert "Joan Teal: posts: this was set up otherwise" in operator.heed("set-up", more).stderr
    (operator.home / "demo.json").write_text("{}")
    assert "the people of a story" in operator.heed("set-up", small(operator)).stderr


def test_a_home_that_was_never_set_up_is_named(operator: Operator) -> None:
    done = operator.heed("set-up", small(operator))
    assert done.returncode == 2
    assert "heed init" in done.stderr
