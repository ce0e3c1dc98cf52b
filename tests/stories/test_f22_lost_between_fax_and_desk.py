"""Failure F22: referrals were lost on the way or went to the wrong place, and cases closed before being seen.

Not here yet: the question "was the child seen?" before a body with that role closes a case. What stands
for it is narrower: nobody decides on a record that they have not opened, and none decides without a
reason.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from heed.access import commands as access
from heed.core.vocabulary import Danger
from heed.referral import commands
from heed.referral.commands import Heard, How
from heed.referral.rules import Route
from heed.triage.concerned_commands import Choice
from heed.triage.concerned_commands import decide as to_decide
from tests.office.browser import Browser
from tests.office.staffed import Staffed, staffed
from tests.office.test_concerned import add, decide, opened
from tests.office.test_custody import reference
from tests.office.test_referring import CHILDREN
from tests.walls.bodies import Bodies
from tests.walls.test_ladder import days_later, sweep, told
from tests.world import CHANCE, Told, World

READ = "register.has_read(uuid,uuid,text[])"
HOPS: dict[str, tuple[Heard, ...]] = {
    "never sent": (),
    "no answer": (Heard.SENT,),
    "read, no answer": (Heard.SENT, Heard.OPENED),
    "turned down": (Heard.SENT, Heard.DECLINED),
    "wrong number": (Heard.SENT, Heard.IN_ERROR),
    "received": (Heard.SENT, Heard.OPENED, Heard.ACKNOWLEDGED),
}
"""What was heard of each of six referrals, and where it stopped."""


def opens(staff: Staffed) -> Told:
    """Something is told, and the lead reads it."""
    told_us = staff.world.tell("He was seen at the weir.", danger=Danger.NO)
    staff.world.open()
    about = {"person": staff.world.people["lead"], "records": [told_us.record]}
    to = staff.world.office_recipients
    staff.act("lead", access.look(CHANCE, to, purpose="own queue", **about))
    return told_us


def hears(staff: Staffed, told_us: Told, referral: UUID, what: Heard) -> None:
    said = {"person": "Duty worker", "reference": "", "words": "They wrote it on paper."}
    about = {"record": told_us.record, "referral": referral, "happened_at": datetime.now(UTC)}
    to = staff.world.office_recipients
    staff.act("lead", commands.write_down_heard(CHANCE, to, what=what, **about, **said))


def refers(staff: Staffed, told_us: Told, body: str, how: How = How.EMAIL) -> UUID:
    """The lead decides to refer, and refers."""
    to, about = staff.world.office_recipients, {"record": told_us.record, "concerned": None}
    staff.act("lead", to_decide(CHANCE, to, choice=Choice.REFER, reason="at risk", **about))
    at = datetime.now(UTC) - timedelta(minutes=5) if how in commands.AT_ONCE else None
    said = {"person": "Duty worker", "reach": "01632 960 999", "place": "SW1A 1AA"}
    route = {"route": Route.PROTECTING, "body": body, "how": how, "told_at": at}
    entry = commands.refer(CHANCE, to, said, **about, **route)
    staff.act("lead", entry)
    return entry.id


def climbs(office: World, place: Path, days: int) -> None:
    """The office's clock goes on to each day in turn, and the sweep of that day runs."""
    scene = Bodies(office)
    for day in range(1, days + 1):
        days_later(scene, day)
        for _ in range(2):
            sweep(scene, place).step()


def rungs(office: World, told_us: Told) -> set[int]:
    return set(told(Bodies(office), told_us.record))


def dropped(staff: Staffed) -> dict[str, Told]:
    """Six referrals by message, each of which got as far as HOPS says."""
    records = {}
    for hop, heard in HOPS.items():
        records[hop] = opens(staff)
        referral = refers(staff, records[hop], CHILDREN)
        for what in heard:
            hears(staff, records[hop], referral, what)
    return records


def test_wherever_a_referral_is_lost_somebody_is_told_and_one_that_arrived_is_quiet(
    office: World, lead: Browser, tmp_path: Path
) -> None:
    """Six messages leave the office's hands. One was never sent; of one nobody heard; one was read, and
    nobody answered; one was turned down; one went to a wrong number; one was received. The queue says
    what is to be done. Days pass: of the five that nobody took on, the owner, then overseers, then the
    outside contact are told. Of the sixth nobody is.
    """
    staff = staffed(office)
    records = dropped(staff)
    office.open()
    _, _, queue = lead.get("/").content.decode().partition("<main")
    assert queue.count("No confirmation received. Ask again") == 2
    assert queue.count("Make the referral yourself") == 3
    overseer = staff.browser("overseer")
    unconfirmed = overseer.get("/unconfirmed").content.decode()
    waiting = {hop for hop in HOPS if reference(staff, records[hop]) in unconfirmed}
    assert waiting == {"no answer", "read, no answer"}
    climbs(office, tmp_path, 9)
    alarmed = {hop: rungs(office, one) for hop, one in records.items()}
    assert alarmed.pop("received") == set()
    assert all(one == {1, 3, 5, 7} for one in alarmed.values()), alarmed
    people = told(Bodies(office), records["no answer"].record)
    assert people[1] == {"lead"}
    assert "overseer" in people[5]
    assert people[7] == {"contact"}


def test_without_that_control_an_unanswered_referral_is_as_quiet_as_one_that_arrived(
    office: World, tmp_path: Path
) -> None:
    staff = staffed(office)
    Bodies(office).without_line(
        "register.unconfirmed_since(uuid)", "IF EXISTS", "IF true OR EXISTS"
    )
    records = dropped(staff)
    climbs(office, tmp_path, 9)
    for hop in ("no answer", "read, no answer", "received"):
        assert rungs(office, records[hop]) == set(), hop


def test_what_nobody_has_opened_is_closed_by_nobody(office: World, lead: Browser) -> None:
    """News comes about a child, and the lead closes the case without reading it. That is refused; so
    is closing it without a reason. Without the first control it is closed unread.
    """
    closed = {"decision": "no_further_action", "reason": "It is known to the school."}
    told_us = opened(office, lead)
    assert decide(lead, told_us, **(closed | {"reason": " "})) == 400
    add(office, told_us)
    asked = "SELECT decision FROM facts.decision WHERE record = %s"
    assert decide(lead, told_us, **closed) == 400
    assert office.as_owner(asked, (told_us.record,)) == []
    Bodies(office).without_line(READ, "AND k.at >= r.said_at")
    about = {"record": told_us.record, "concerned": None, "reason": "It is known to the school."}
    to, nothing = office.office_recipients, Choice.NO_FURTHER_ACTION
    staffed(office).act("lead", to_decide(CHANCE, to, choice=nothing, **about))
    assert office.as_owner(asked, (told_us.record,)) == [("no_further_action",)]
