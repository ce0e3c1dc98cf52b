"""A page of one thing that waits is found however many wait before it."""

from datetime import UTC, datetime, timedelta

from heed.access import asking
from heed.access import commands as access
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Danger
from heed.oversight import asked_commands as asked
from heed.referral import commands
from heed.referral.commands import How
from heed.referral.rules import Route
from heed.register.entry import Recipients
from heed.register.vault import SealingKey
from heed.triage.concerned_commands import Choice, decide
from tests.office.browser import form, forms
from tests.office.staffed import Staffed, staffed
from tests.office.test_concerned import opened
from tests.walls.asking_again import to_reporter
from tests.world import CHANCE, Told, World

CHILDREN = "council/E09000033/children"

_BEFORE = {
    "facts.challenge": "INSERT INTO facts.challenge (entry, record, telling, decision, decided_by,"
    " told, at)"
    " SELECT gen_random_uuid(), record, telling, gen_random_uuid(), decided_by, told,"
    " at - n * interval '1 minute' FROM facts.challenge, generate_series(1, {many}) AS n",
    "facts.seconding": "INSERT INTO facts.seconding (entry, record, concerned, why, decided_by, at)"
    " SELECT gen_random_uuid(), record, concerned, why, decided_by,"
    " at - n * interval '1 minute' FROM facts.seconding, generate_series(1, {many}) AS n",
    "facts.referral": "INSERT INTO facts.referral (entry, record, version, route, body, how,"
    " told_at, at, actor)"
    " SELECT gen_random_uuid(), record, version, route, body, how,"
    " told_at - n * interval '1 minute', at, actor FROM facts.referral, generate_series(1, {many}) AS n",
}
"""The same again, so many times, each a minute older than the one before."""


def with_before(staff: Staffed, table: str, many: int) -> None:
    database = staff.world.database
    with database.server.superuser(database.name) as connection:
        connection.execute(_BEFORE[table].format(many=many).encode())


def nothing_done(staff: Staffed, told: Told) -> SealedEntry:
    """The lead decided that nothing is to be done."""
    made = decide(
        CHANCE,
        staff.world.office_recipients,
        record=told.record,
        concerned=None,
        choice=Choice.NO_FURTHER_ACTION,
        reason="It was rain.",
    )
    staff.act("lead", made)
    return made


def test_a_challenge_behind_a_hundred_others_is_answered(office: World) -> None:
    staff = staffed(office)
    told = opened(office, staff.browser("lead"))
    to = office.office_recipients
    made = nothing_done(staff, told)
    about = {"record": told.record, "decision": made.id, "words": "So."}
    said = asked.tell_reporter(CHANCE, to_reporter(office, told.record), **about)
    staff.act("lead", said)
    code = {"record": told.record, "lookup": told.code.lookup, "token": b"t" * 32}
    public = Recipients({"intake": SealingKey(office.intake.public())})
    wrong = asked.challenge(CHANCE, public, telling=said.id, **code)
    office.register("heed_intake").append(wrong)
    overseer, me = staff.browser("overseer"), office.people["overseer"]
    unread = overseer.get(f"/reporters/{wrong.id}")
    assert "You cannot read it yet." in unread.content.decode()
    assert [one for one in forms(unread) if "words" in one.fields] == []
    staff.act(
        "overseer",
        access.ask_for_content(CHANCE, to, person=me, record=told.record, reason="so"),
    )
    with_before(staff, "facts.challenge", 200)
    page = overseer.get(f"/reporters/{wrong.id}")
    typed = overseer.send(form(page, "words"), outcome="stands", words="I saw no more in it.")
    assert typed.status_code == 400
    assert "Open the record, read it, then try again." in typed.content.decode()
    assert "I saw no more in it." in typed.content.decode()
    assert staff.browser("colleague").get(f"/reporters/{wrong.id}").status_code == 404


def test_a_decision_behind_two_hundred_others_is_agreed_to(office: World) -> None:
    staff = staffed(office)
    told = opened(office, staff.browser("lead"), danger=Danger.YES)
    made = nothing_done(staff, told)
    colleague = office.people["colleague"]
    given = asking.give_access(
        CHANCE, office.office_recipients, record=told.record, person=colleague, reason="a second"
    )
    staff.act("lead", given)
    with_before(staff, "facts.seconding", 200)
    assert staff.browser("colleague").get(f"/second/{made.id}").status_code == 200
    assert staff.browser("contact").get(f"/second/{made.id}").status_code == 404


def test_a_letter_to_a_body_behind_two_hundred_others_is_drafted(office: World) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    sent = commands.refer(
        CHANCE,
        office.office_recipients,
        {"person": "", "reach": "01632 960 999", "words": ""},
        record=told.record,
        body=CHILDREN,
        concerned=None,
        route=Route.PROTECTING,
        how=How.TELEPHONE,
        told_at=datetime.now(UTC) - timedelta(minutes=5),
    )
    staff.act("lead", sent)
    with_before(staff, "facts.referral", 200)
    assert lead.get(f"/unconfirmed/{sent.id}").status_code == 200
    assert staff.browser("colleague").get(f"/unconfirmed/{sent.id}").status_code == 404
