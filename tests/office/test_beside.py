"""What the owner writes down beside the words: notes, calls, the parents; and one record on paper."""

import re
import uuid
from datetime import datetime, timedelta

import pytest
from django.http import HttpResponse

from heed.core.times import LONDON
from heed.office.beside import NO_NOTE, NO_TIME, NO_TOLD, NO_WHOM, NO_WHY
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, plain, staffed
from tests.world import Told, World

WORDS = "<i>She named the ferry</i>\r\n{{ 7*7 }}"


@pytest.fixture
def told(office: World) -> Told:
    made = office.tell("the heron on the weir")
    office.open()
    return made


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def kinds(office: World) -> list[str]:
    return [row[0] for row in office.as_owner("SELECT kind FROM facts.item ORDER BY at, version")]


def test_a_note_stands_in_the_record(office: World, lead: Browser, told: Told) -> None:
    path = f"/records/{told.record}/note"
    empty = lead.send(form(lead.get(path), "words"), path, words=" ")
    assert empty.status_code == 400
    assert NO_NOTE in text(empty)
    filled = form(lead.get(path), "words")
    for _ in range(2):
        done = lead.send(filled, words=WORDS)
        assert done["Location"] == f"/records/{told.record}?noted"
    assert kinds(office) == ["filed", "noted"]
    office.open()
    page = text(lead.get(done["Location"]))
    assert "Your note is on the record." in page
    assert "&lt;i&gt;She named the ferry&lt;/i&gt;" in page
    assert "7*7" in page


def test_what_was_sent_is_put_right_beside_it_and_never_changed(
    office: World, lead: Browser, told: Told
) -> None:
    page = lead.get(f"/records/{told.record}")
    lead.send(form(page, "words"), words="Ring 01632 960 111.")
    office.open()
    page = lead.get(f"/records/{told.record}")
    [link] = re.findall(r'href="(/records/[^"]+/note\?about=[0-9a-f-]+)"', text(page))
    lead.send(form(lead.get(link), "words"), words="The number was wrong.")
    office.open()
    again = text(lead.get(f"/records/{told.record}"))
    assert "Ring 01632 960 111." in again
    assert "The number was wrong." in again
    assert "added, about what was written on" in again


def test_a_note_about_nothing_in_the_record_is_refused_and_given_back(
    office: World, lead: Browser, told: Told
) -> None:
    path = f"/records/{told.record}/note?about={uuid.uuid4()}"
    refused = lead.send(form(lead.get(path), "words"), words=WORDS)
    assert refused.status_code == 400
    assert form(refused, "words").fields["words"] == WORDS
    assert kinds(office) == ["filed"]


def test_a_call_is_written_down_with_whom_and_when(
    office: World, lead: Browser, told: Told
) -> None:
    path = f"/records/{told.record}/call"
    filled = form(lead.get(path), "at")
    now = datetime.now(LONDON)
    assert abs(
        datetime.fromisoformat(filled.fields["at"]).replace(tzinfo=LONDON) - now
    ) < timedelta(minutes=5)
    nobody = lead.send(filled, words=WORDS)
    assert NO_WHOM in text(nobody)
    assert form(nobody, "at").fields["words"] == WORDS
    for at in (f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}", "soon", "0001-01-01T00:00"):
        late = lead.send(filled, whom="999", at=at)
        assert late.status_code == 400
        assert NO_TIME in text(late)
        assert form(late, "at").fields["at"] == at
    for _ in range(2):
        done = lead.send(filled, whom="children", at="2026-01-05T15:42", words=WORDS)
    assert done["Location"].endswith("?called")
    assert kinds(office) == ["filed", "called"]
    office.open()
    assert "rang Children’s services (the front door), 5 January 2026 at 3:42pm" in text(
        lead.get(f"/records/{told.record}")
    )


def test_the_parents_were_told_or_there_is_a_reason(
    office: World, lead: Browser, told: Told
) -> None:
    path = f"/records/{told.record}/parents"
    filled = form(lead.get(path), "words")
    assert NO_TOLD in text(lead.send(filled))
    assert NO_WHY in text(lead.send(filled, parents="no", words=" "))
    done = lead.send(filled, parents="no", words="The police asked us to wait.")
    assert done["Location"].endswith("?parents")
    office.open()
    page = text(lead.get(f"/records/{told.record}"))
    assert "the parents were not told" in page
    assert "The police asked us to wait." in page


def test_i_have_rung_999_is_on_the_record_with_two_answers(office: World, lead: Browser) -> None:
    page = lead.get("/rung")
    nobody = lead.send(form(page, "at"))
    assert NO_WHOM in text(nobody)
    filled = form(nobody, "at")
    for _ in range(2):
        done = lead.send(filled, whom="999")
        assert "Your call is on the record" in text(done)
    office.open()
    rows = office.as_owner("SELECT id, danger, channel FROM facts.record")
    assert [row[1:] for row in rows] == [("yes", "telephone")]
    assert "999, on" in text(lead.get(f"/records/{rows[0][0]}"))


def test_a_call_without_a_record_that_was_changed_after_it_was_sent_is_given_back(
    office: World, lead: Browser
) -> None:
    filled = form(lead.get("/rung"), "at")
    lead.send(filled, whom="999", words="first")
    other = lead.send(filled, whom="999", words="second")
    assert other.status_code == 400
    assert form(other, "at").fields["words"] == "second"
    assert lead.send(form(other, "at")).status_code == 200
    assert office.as_owner("SELECT count(*) FROM facts.record") == [(2,)]


def test_one_own_record_is_printed_with_who_and_when_and_that_is_a_look(
    office: World, lead: Browser, told: Told
) -> None:
    page = text(lead.get(f"/records/{told.record}/print"))
    assert "the heron on the weir" in page
    assert re.search(r"Printed by Safeguarding lead on \d+ \w+ \d{4} at", page)
    assert office.as_owner("SELECT purpose FROM facts.look") == [("print",)]
    assert office.as_owner("SELECT opened_by FROM facts.record") == [(office.people["lead"],)]


def test_nobody_writes_beside_or_prints_what_is_anothers(office: World, told: Told) -> None:
    staff: Staffed = staffed(office)
    colleague = staff.browser("colleague")
    for part in ("note", "call", "parents", "print"):
        assert plain(colleague, f"/records/{told.record}/{part}") == plain(
            colleague, f"/records/{uuid.uuid4()}/{part}"
        )
        assert colleague.get(f"/records/{told.record}/{part}").status_code == 404
    token = form(colleague.get("/rung"), "at")
    for part, said in (
        ("note", {"words": "x"}),
        ("call", {"whom": "999", "at": "2026-01-05T15:42"}),
        ("parents", {"parents": "yes"}),
    ):
        answer = colleague.send(token, f"/records/{told.record}/{part}", **said)
        assert answer.status_code == 404
    assert kinds(office) == ["filed"]
