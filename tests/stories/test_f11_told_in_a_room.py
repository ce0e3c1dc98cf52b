"""Failure F11: leaders were told in a room, and nothing showed what they were told or what they decided.

Not here yet: a record of its own kind for a briefing, with who was there and the hash of the slides in
the answer. Who was there stands in the words, so a question by role does not find it; one in those words
does ("chief officer"), by any day. A note beside a record is on its page, and is not searched. What
somebody was shown in the office itself is found by role (see F32).
"""

import hashlib
import json
from uuid import UUID

from heed.store.rebuild import check
from tests.copies import Scene
from tests.office.browser import Browser, form
from tests.office.staffed import staffed
from tests.office.test_files import BYTES, put_on, sent
from tests.office.test_lookback import ask, day, days_pass, mark
from tests.world import World

TOLD = "At the seminar the chief officer and the leader were told of the girls in Weir Lane."
DECIDED = "They heard the slides and chose to wait."


def put_in(office: World, clerk: Browser, lead: Browser) -> UUID:
    """The clerk puts in what was told and to whom; the lead adds the slides and notes what was decided."""
    filled = form(clerk.get("/letters/new"), "told")
    clerk.send(filled, told=TOLD, reached=day())
    office.open()
    [(record,)] = office.as_owner("SELECT id FROM facts.record")
    path = f"/records/{record}"
    assert lead.get(path).status_code == 200
    put_on(office, lead, path, sent(name="slides.pdf"))
    assert lead.send(form(lead.get(f"{path}/note"), "words"), words=DECIDED).status_code == 302
    office.open()
    return UUID(str(record))


def asked(lead: Browser, by: str) -> list[dict]:
    filled = form(lead.get("/lookback"), "sought")
    answer = json.loads(lead.send(filled, sought="chief officer", by=by, file="yes").content)
    found: list[dict] = answer["received"]
    return found


def test_who_was_told_what_is_found_years_later_as_it_stood_on_that_day(
    office: World, lead: Browser
) -> None:
    """A worker tells leaders at a seminar, and it is written down that day: who was there, what they
    were told, the slides, and that they chose to wait. Two years on somebody asks what the chief officer
    was told by that day. The answer names that record, each thing on it, by whom and when, and that
    nothing was decided on it then; a decision that came later is not in it, and the same question has
    the same mark. On the day before there was nothing.
    """
    staff = staffed(office)
    record = put_in(office, staff.browser("colleague"), lead)
    that_day = day()
    days_pass(office, 700)
    lead = staff.browser("lead")
    before = mark(ask(lead, "chief officer", that_day))
    page = lead.get(f"/records/{record}").content.decode()
    assert DECIDED in page
    reason = {"decision": "no_further_action", "reason": "Nothing was done then."}
    filled = form(lead.get(f"/records/{record}/decide"), "reason")
    assert lead.send(filled, **reason).status_code == 302
    [one] = asked(lead, that_day)
    assert (one["record"], one["decided"]) == (str(record), [])
    kinds = [thing["kind"] for thing in one["things"]]
    assert kinds == ["filed", "file_added", "noted"]
    people = {"filed": "colleague", "file_added": "lead", "noted": "lead"}
    by = {thing["kind"]: thing["by"] for thing in one["things"]}
    assert by == {kind: str(office.people[name]) for kind, name in people.items()}
    assert mark(ask(lead, "chief officer", that_day)) == before
    assert asked(lead, day(1)) == []
    [(recorded,)] = office.as_owner("SELECT sha256 FROM facts.file")
    assert recorded == hashlib.sha256(BYTES).hexdigest()


def test_whoever_takes_it_out_of_the_record_later_is_found_out(
    office: World, lead: Browser
) -> None:
    """Somebody with every right in the database takes the note out of sight: the record's page no longer
    has it, and neither has the answer. The entry is still sealed in the register, and the comparison of
    what is shown with what was recorded says that it is missing.
    """
    staff = staffed(office)
    record = put_in(office, staff.browser("colleague"), lead)
    owner = office.urls["heed_owner"]
    assert check(owner, office.keys).differences == ()
    [(note,)] = office.as_owner("SELECT entry FROM facts.item WHERE kind = 'noted'")
    Scene(office).without(
        f"DELETE FROM words.item WHERE entry = '{note}'",
        f"DELETE FROM facts.item WHERE entry = '{note}'",
    )
    assert DECIDED not in lead.get(f"/records/{record}").content.decode()
    [one] = asked(lead, day())
    assert "noted" not in [thing["kind"] for thing in one["things"]]
    found = check(owner, office.keys).differences
    assert any(str(note) in str(one) for one in found), found
