"""Failure F30: what was told to the police was not recorded as a crime, and nobody who told them knew.

The office cannot record a crime; it can show that nobody confirmed the referral, and climb. Not here yet:
a step that tells the force's crime registrar, and statistics by force. The time is the pack's rule, not
one that a place agreed for itself.
"""

from datetime import UTC, datetime
from pathlib import Path

from heed.referral.commands import Heard, How
from tests.office.browser import Browser, form
from tests.office.staffed import staffed
from tests.office.test_concerned import decide, opened
from tests.office.test_custody import reference
from tests.office.test_referring import AT, FORCE, referred
from tests.stories.test_f22_lost_between_fax_and_desk import climbs, hears, opens, refers, rungs
from tests.walls.bodies import Bodies
from tests.walls.test_ladder import told
from tests.world import World

SILENCE = "No confirmation received"


def test_a_referral_that_the_police_never_confirm_says_so_and_climbs_until_they_do(
    office: World, lead: Browser, tmp_path: Path
) -> None:
    """The lead rings the police about a child, and writes it down. No reference comes. The queue reads
    "No confirmation received", and then that it is late. Day by day the lead, then people ever further
    outside, are told. An overseer prints a letter to the force, which holds nothing of
    what was told. At last the desk confirms it and gives a reference: the record names it, and nobody
    is waiting any more.
    """
    staff = staffed(office)
    told_us = opened(office, lead)
    assert decide(lead, told_us, decision="refer", reason="He was hurt.") == 302
    assert referred(lead, told_us, FORCE, postcode="SW1A 1AA", at=AT).status_code == 302
    office.open()
    [[entry]] = office.as_owner("SELECT entry FROM facts.referral")
    assert f"{SILENCE}. Ask again" in lead.get("/").content.decode()
    climbs(office, tmp_path, 9)
    assert rungs(office, told_us) == {1, 3, 5, 7}
    people = told(Bodies(office), told_us.record)
    assert people[1] == {"lead"}
    assert "overseer" in people[5]
    listed = lead.get("/unconfirmed").content.decode()
    assert SILENCE in listed
    assert ">Late</strong>" in listed
    overseer = staff.browser("overseer")
    assert reference(staff, told_us) in overseer.get("/unconfirmed").content.decode()
    letter = overseer.get(f"/unconfirmed/{entry}").content.decode()
    assert SILENCE in letter
    assert "what was seen" not in letter
    path = f"/records/{told_us.record}/referrals/{entry}"
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M}"
    heard = (("reference", {"reference": "LOG 0417"}),)
    for what, said in heard:
        page = form(lead.get(path), "person")
        assert lead.send(page, what=what, at=now, **said).status_code == 302, what
    office.open()
    shown = lead.get(f"/records/{told_us.record}").content.decode()
    assert "LOG 0417" in shown
    assert reference(staff, told_us) not in overseer.get("/unconfirmed").content.decode()
    assert overseer.get(f"/unconfirmed/{entry}").status_code == 404


def test_without_that_control_the_silence_of_the_police_is_told_to_nobody(
    office: World, tmp_path: Path
) -> None:
    """One referral to the police is confirmed and one is not; nothing tells them apart."""
    staff = staffed(office)
    Bodies(office).without_line(
        "register.unconfirmed_since(uuid)", "IF EXISTS", "IF true OR EXISTS"
    )
    silent, confirmed = opens(staff), opens(staff)
    refers(staff, silent, FORCE, How.TELEPHONE)
    hears(staff, confirmed, refers(staff, confirmed, FORCE, How.TELEPHONE), Heard.ACKNOWLEDGED)
    climbs(office, tmp_path, 9)
    assert rungs(office, silent) == rungs(office, confirmed) == set()
    rows = office.as_owner("SELECT to_do FROM facts.record WHERE to_do IS NOT NULL")
    assert rows == []
