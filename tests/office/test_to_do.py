"""What was decided and waits to be done stands first, on every list the same, until it is written down."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from heed.access import commands
from heed.core.vocabulary import Danger
from heed.core.working_days import after, end_of, working_day_of
from heed.loops.sweep import Sweep
from heed.register.note import Signer
from tests.office.browser import Browser
from tests.office.staffed import Staffed, staffed
from tests.office.test_concerned import decide, name, named, opened
from tests.office.test_queue import order
from tests.office.test_remits import given, text
from tests.world import CHANCE, Told, World

ACT = "Act yourself, and write it down here"
REFER = "Make the referral yourself, and write it down here"
CLOCK = "15 minutes, because there may be danger"


def managed(office: World) -> Staffed:
    """The colleague manages the lead's unit, and reads its records by remit."""
    made, to = staffed(office), office.office_recipients
    colleague = office.people["colleague"]
    made.append(commands.employ(CHANCE, to, person=colleague, unit=made.units["partnership"]))
    made.append(commands.set_posts(CHANCE, to, person=colleague, posts=["manager"]))
    given(made)
    return made


def days_later(office: World, days: int) -> None:
    """The demonstration's clock: ten minutes after the end of that many working days."""
    now = datetime.now(UTC)
    until = end_of(after(working_day_of(now), days)) + timedelta(minutes=10)
    shift = (until - now).total_seconds()
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("DELETE FROM machinery.clock")
        connection.execute(f"INSERT INTO machinery.clock (shift) VALUES ('{shift} s')".encode())


def acted_for(office: World, lead: Browser) -> Told:
    """A child in danger, for whom the owner decided to act now."""
    told = opened(office, lead, Danger.YES)
    name(lead, told, name="Sam")
    (child,) = named(office, told)
    assert decide(lead, told, child, decision="act_now") == 302
    return told


def test_whoever_decided_to_act_and_whoever_manages_them_are_told_the_same(
    office: World, lead: Browser
) -> None:
    place = managed(office)
    earlier = opened(office, lead)
    told = acted_for(office, lead)
    assert order(lead, earlier, told) == [1, 0]
    manager = place.browser("colleague")
    for browser, path in ((lead, "/"), (manager, "/team"), (manager, "/remits")):
        page = text(browser, path)
        assert page.count(ACT) == 1, path
        assert CLOCK in page
        assert "Nothing due" not in page
    assert "this system sends nothing" in text(lead, f"/records/{told.record}")


def test_whoever_was_told_that_it_waits_sees_what_is_to_be_done(
    office: World, lead: Browser, tmp_path: Path
) -> None:
    place = managed(office)
    acted_for(office, lead)
    referred = opened(office, lead)
    assert decide(lead, referred, decision="refer") == 302
    days_later(office, 3)
    signer = Signer("heed.example.org/heartbeat", b"\7" * 32)
    Sweep(office.link("heed_sweep"), office.office_recipients, signer, tmp_path).step()
    page = text(place.browser("colleague"), "/late")
    assert page.count(ACT) == page.count(REFER) == 1
    assert page.count(">Late<") == 2
