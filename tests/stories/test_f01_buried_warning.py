"""Failure F01: a warning came inside something else, and nobody saw that it was one."""

import re

from heed.core.vocabulary import Actor, Channel
from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.register.entry import Recipients
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store.readable import Desk
from tests.office.browser import form
from tests.office.staffed import staffed
from tests.world import CHANCE, World

PLAIN = "The grant report, part {}, is attached. Please confirm that it has come."
BURIED = (
    "The grant report, part {}, is attached. Please confirm. By the way, two of the girls whom we"
    " interviewed are afraid of a man who waits outside the home."
)
ITEMS, WARNINGS = 40, 10


def test_ten_warnings_in_forty_letters_end_as_concerns_or_before_an_overseer(
    office: World,
) -> None:
    """Forty letters come in; ten hide a warning in their middle. The officer reads each and says what
    it is. In haste, all are called enquiries. None is left without a decision, each decision has a
    name and a reason, and every one of the ten comes before an overseer, who sends it back.
    """
    staff = staffed(office)
    key, desk = office.sign_in("lead"), Desk(office.link("heed_office"))
    warnings = set()
    for number in range(ITEMS):
        code = ReturnCode.new(CHANCE.bytes)
        hidden = number % (ITEMS // WARNINGS) == 0
        if hidden:
            warnings.add(code.record)
        entry = intake.file_concern(
            CHANCE,
            Recipients(office.office_recipients.keys, code.key),
            Concern(told=(BURIED if hidden else PLAIN).format(number), channel=Channel.LETTER),
            record=code.record,
            token=CHANCE.bytes(32),
            door=new_door(CHANCE, code),
            actor=Actor.WORKER,
        )
        desk.append(key, entry)
    office.open()
    officer = staff.browser("lead")
    while "all-0" in officer.get("/sort").content.decode():
        page = officer.get("/sort")
        places = re.findall(r'name="all-(\d+)"', page.content.decode())
        officer.send(form(page, "all-0"), **{f"is-{place}": "enquiry" for place in places})
    decided = office.as_owner("SELECT outcome, reason, actor FROM facts.sorting")
    assert set(decided) == {("not one", "enquiry", office.people["lead"])}
    assert len(decided) == ITEMS
    sampled = {row[0] for row in office.as_owner("SELECT record FROM facts.sample")}
    assert warnings <= sampled
    overseer = staff.browser("overseer")
    for record in warnings:
        asks = form(overseer.get(f"/oversight/{record}/ask"), "reason")
        overseer.send(asks, reason="sampled")
        assert "two of the girls" in overseer.get(f"/records/{record}").content.decode()
        rows = office.as_owner("SELECT entry FROM facts.sample WHERE record = %s", (record,))
        page = overseer.get(f"/oversight/sample/{rows[0][0]}")
        done = overseer.send(form(page, "words"), outcome="look again", words="Children are named.")
        assert done["Location"] == "/oversight/sample?done"
    back = office.as_owner("SELECT id FROM facts.record WHERE aside_at IS NULL")
    assert {row[0] for row in back} == warnings
