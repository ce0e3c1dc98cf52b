"""At the office: which body did not confirm, by which rule, and a letter that holds no word of the record."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from heed.referral import commands
from heed.referral.commands import Heard, How
from heed.referral.rules import Route
from tests.office.staffed import staffed
from tests.office.test_concerned import opened
from tests.office.test_custody import reference
from tests.world import CHANCE, World

CHILDREN = "council/E09000033/children"


def test_who_answers_and_overseers_see_silence_and_the_letter_says_facts_alone(
    office: World,
) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    to, at = office.office_recipients, datetime.now(UTC) - timedelta(minutes=5)
    about = {"record": told.record, "body": CHILDREN, "concerned": None}
    said = {"person": "Kestrel Duty", "reach": "01632 960 999", "words": "We spoke of the weir."}
    how = {"route": Route.PROTECTING, "how": How.TELEPHONE, "told_at": at}
    sent = commands.refer(CHANCE, to, said, **about, **how)
    staff.act("lead", sent)
    office.open()
    for name in ("lead", "overseer"):
        page = staff.browser(name).get("/unconfirmed").content.decode()
        assert reference(staff, told) in page, name
        assert "No confirmation received" in page
        assert "Kestrel" not in page
    overseer = staff.browser("overseer")
    letter = overseer.get(f"/unconfirmed/{sent.id}").content.decode()
    text = letter.split("<textarea")[1].split("</textarea>")[0]
    assert f"Our reference: {reference(staff, told)}" in text
    assert "No confirmation received." in text
    assert "It rests on:" in text
    for word in ("Kestrel", "weir", "01632 960 999", "otter"):
        assert word not in text
    assert "Printed by" in letter
    colleague = staff.browser("colleague")
    assert reference(staff, told) not in colleague.get("/unconfirmed").content.decode()
    assert colleague.get(f"/unconfirmed/{sent.id}").status_code == 404
    heard = {"what": Heard.ACKNOWLEDGED, "happened_at": at, "words": ""}
    blank = {"record": told.record, "referral": sent.id, "person": "", "reference": ""}
    staff.act("lead", commands.write_down_heard(CHANCE, to, **heard, **blank))
    assert reference(staff, told) not in overseer.get("/unconfirmed").content.decode()
    assert overseer.get(f"/unconfirmed/{sent.id}").status_code == 404


def test_the_list_says_late_where_the_queue_does_by_the_same_rule(office: World) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    about = {"record": told.record, "body": "ofsted", "concerned": None}
    how = {"route": Route.ACCOUNTABILITY, "how": How.TELEPHONE}
    said = {"person": "", "reach": "01632 960 999", "words": ""}
    at = datetime.now(UTC) - timedelta(minutes=5)
    sent = commands.refer(CHANCE, office.office_recipients, said, told_at=at, **how, **about)
    staff.act("lead", sent)
    for shift, late in (("1 minute", False), ("30 days", True)):
        with office.database.server.superuser(office.database.name) as connection:
            connection.execute("DELETE FROM machinery.clock")
            connection.execute(f"INSERT INTO machinery.clock (shift) VALUES ('{shift}')".encode())
        lists = [lead.get(path).content.decode() for path in ("/", "/unconfirmed")]
        for page in lists:
            assert "No confirmation received. Ask again</strong>" in page
            assert (">Late</strong>" in page) == late
        due = [re.search(r"Ask again</strong>\s*<br>by ([^<]+?) ?<", page) for page in lists]
        assert due[0] is not None
        assert due[1] is not None
        assert due[0][1].strip() == due[1][1].strip()
        assert "No rule in use here sets them a time." in lists[1]
        assert "No clock runs" not in lists[1]


def test_the_letter_names_whoever_it_goes_to_and_comes_from_and_how_they_answer(
    office: World,
) -> None:
    staff = staffed(office)
    lead = staff.browser("lead")
    told = opened(office, lead)
    at = datetime.now(UTC) - timedelta(minutes=5)
    said = {"person": "", "reach": "01632 960 999", "words": "The weir.", "unlisted": "Otter Club"}
    about = {"record": told.record, "body": "charity", "concerned": None, "told_at": at}
    how = {"route": Route.ACCOUNTABILITY, "how": How.TELEPHONE, "rung_back_at": at}
    sent = commands.refer(CHANCE, office.office_recipients, said, **about, **how)
    staff.act("lead", sent)
    office.open()
    looked = "SELECT purpose FROM facts.look ORDER BY at"
    before = staff.facts(looked)
    page = lead.get(f"/unconfirmed/{sent.id}").content.decode()
    text = unescape(page.split("<textarea")[1].partition(">")[2].split("</textarea>")[0])
    begins = ["Aldermere Safeguarding Partnership", "Safeguarding lead, owner"]
    assert [line for line in text.splitlines() if line][:2] == begins
    assert "Telephone 01632 960 001" in text
    assert "To: Otter Club" in text
    assert "Please ring us on 01632 960 001 and give our reference" in text
    assert "weir" not in text
    assert staff.facts(looked) == [*before, ("pack",)]  # that name is among the record's words
    rows = int(page.split('rows="')[1].split('"')[0])
    assert rows >= sum(1 + len(line) // 60 for line in text.splitlines())
    overseers = staff.browser("overseer").get(f"/unconfirmed/{sent.id}").content.decode()
    assert "Otter Club" not in overseers
    assert "To: (write here what the body is called)" in overseers
    assert "This body is not in the list" in overseers
