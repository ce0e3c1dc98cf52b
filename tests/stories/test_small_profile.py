"""Two who work there and one outside can do it: own, decide, second, restrict, be away, oversee."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from heed.access import commands
from heed.core.vocabulary import Danger
from heed.loops.sweep import Sweep
from heed.store.rebuild import check
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed
from tests.office.test_away import go
from tests.office.test_concerned import decide, name, named
from tests.office.test_openings import send
from tests.stories.test_decisions import owners
from tests.walls.mortal import HEARTBEAT
from tests.world import CHANCE, Told, World

POSTS = {"lead": ("custodian", "manager"), "contact": ("overseer",), "colleague": ()}


@pytest.fixture
def small(office: World) -> Staffed:
    """As docs/operate.md sets it up: lead and colleague in one body, the outside contact in another."""
    staff = Staffed(office)
    staff.add_unit("trust", "Lantern Trust")
    staff.add_unit("panel", "Independent panel")
    for who, posts in POSTS.items():
        about = {"person": office.people[who]}
        unit = staff.units["panel" if who == "contact" else "trust"]
        staff.append(commands.employ(CHANCE, office.office_recipients, unit=unit, **about))
        staff.append(commands.set_posts(CHANCE, office.office_recipients, posts=posts, **about))
    office.put_on_duty("colleague", datetime(1995, 1, 2, tzinfo=UTC))  # and the lead since
    for who in POSTS:
        office.give_password(who)
    office.open()
    return staff


def tells(small: Staffed, words: str = "She is often alone.", danger: Danger = Danger.NO) -> Told:
    told = small.world.tell(words, danger=danger)
    small.world.open()
    return told


def reads_as_overseer(contact: Browser, told: Told) -> None:
    asking = form(contact.get(f"/oversight/{told.record}/ask"), "reason")
    assert contact.send(asking, reason="a second person").status_code == 302
    contact.get(f"/records/{told.record}")


def waiting(small: Staffed) -> UUID:
    rows = small.facts("SELECT entry FROM facts.seconding WHERE outcome IS NULL")
    return UUID(str(rows[0][0]))


def later(small: Staffed, days: int, place: Path) -> None:
    with small.world.database.server.superuser(small.world.database.name) as connection:
        connection.execute("DELETE FROM machinery.clock")
        connection.execute(
            "INSERT INTO machinery.clock (shift) VALUES (%s)", (f"{days * 24} hours",)
        )
    link = small.world.link("heed_sweep")
    Sweep(link, small.world.office_recipients, HEARTBEAT, place).step()


def test_where_nothing_is_done_in_danger_the_outside_contact_is_the_second_person(
    small: Staffed,
) -> None:
    told = tells(small, danger=Danger.YES)
    lead, contact = small.browser("lead"), small.browser("contact")
    lead.get(f"/records/{told.record}")
    assert decide(lead, told, decision="no_further_action") == 302
    made = waiting(small)
    reads_as_overseer(contact, told)
    small.world.open()
    filled = form(contact.get(f"/second/{made}"), "words")
    assert contact.send(filled, outcome="agreed", words="I read it.").status_code == 302
    assert "Nothing due" in lead.get("/").content.decode()


def test_a_child_is_named_and_decided_for_by_whoever_answers(small: Staffed) -> None:
    told = tells(small)
    lead = small.browser("lead")
    lead.get(f"/records/{told.record}")
    name(lead, told, name="The eldest")
    (child,) = named(small.world, told)
    assert decide(lead, told, child, reason="the school has seen it") == 302


def test_whoever_is_named_loses_it_to_the_other_and_both_to_the_outside_contact(
    small: Staffed,
) -> None:
    told = tells(small)
    small.restrict(told.record, person="lead", by="lead")
    assert owners(small.world, told) == ["colleague"]
    assert small.browser("lead").get(f"/records/{told.record}").status_code == 404
    small.restrict(told.record, person="colleague", by="colleague")
    assert owners(small.world, told) == ["contact"]
    assert small.browser("colleague").get(f"/records/{told.record}").status_code == 404
    assert small.browser("contact").get(f"/records/{told.record}").status_code == 200
    assert check(small.world.urls["heed_owner"], small.world.keys).differences == ()


def test_whoever_goes_away_leaves_it_with_the_other(small: Staffed) -> None:
    told = tells(small)
    go(small.browser("lead"), "/away")
    assert owners(small.world, told) == ["colleague"]


def test_the_other_opens_it_in_an_emergency_and_the_outside_contact_reviews(small: Staffed) -> None:
    told = tells(small)
    reference = str(small.facts("SELECT reference FROM facts.record")[0][0])
    colleague, contact = small.browser("colleague"), small.browser("contact")
    send(colleague, "/access/emergency", reference)
    small.world.open()
    assert colleague.get(f"/records/{told.record}").status_code == 200
    assert reference in contact.get("/emergencies").content.decode()


def test_silence_reaches_the_outside_contact(small: Staffed, tmp_path: Path) -> None:
    told = tells(small)
    later(small, 16, tmp_path)  # more than seven working days, whatever holidays there are
    rows = small.facts("SELECT days, told FROM facts.chase WHERE record = %s", told.record)
    reached = dict(rows)
    assert set(reached) == {1, 3, 5, 7}
    assert reached[1] == [small.world.people["lead"]]
    assert small.world.people["contact"] in reached[5]
    reference = str(small.facts("SELECT reference FROM facts.record")[0][0])
    assert reference in small.browser("contact").get("/late").content.decode()
