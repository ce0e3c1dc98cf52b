"""Handing a record over: offered, accepted or not, and nobody stops answering for it in between."""

import uuid

import pytest
from django.http import HttpResponse

from heed.access import commands
from heed.office.handing_over import NO_REASON, NO_TAKER, REFUSED
from tests.office.browser import Browser, Form, form, forms
from tests.office.staffed import Staffed, plain, staffed
from tests.world import CHANCE, Told, World

NOBODY = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
NOTE = "<i>The school rings on Friday</i>\r\n{{ 7*7 }}"


@pytest.fixture
def staff(office: World) -> Staffed:
    return staffed(office)


@pytest.fixture
def colleague(office: World) -> Browser:
    office.give_password("colleague")
    browser = Browser()
    browser.sign_in("colleague")
    return browser


def told(office: World) -> Told:
    made = office.tell("the heron on the weir")
    office.open()
    return made


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def offer(browser: Browser, made: Told, taker: uuid.UUID, **said: str) -> HttpResponse:
    filled = form(browser.get(f"/records/{made.record}/hand-over"), "note")
    return browser.send(filled, step="offer", taker=str(taker), **({"note": NOTE} | said))


def form_to(page: HttpResponse, end: str) -> Form:
    [found] = [each for each in forms(page) if each.action.endswith(end)]
    return found


def record(office: World, made: Told) -> tuple:
    """Owner, hand-overs, and the times that clocks count from."""
    [row] = office.as_owner(
        "SELECT owner, handed, filed_at, said_at FROM facts.record WHERE id = %s", (made.record,)
    )
    assert isinstance(row, tuple)
    return row


def states(office: World) -> list[str]:
    return [row[0] for row in office.as_owner("SELECT state FROM facts.offer ORDER BY at")]


def looks(office: World) -> int:
    return int(office.as_owner("SELECT count(*) FROM facts.look")[0][0])


def test_the_giver_answers_until_the_colleague_accepts_and_no_clock_starts_anew(
    office: World, lead: Browser, colleague: Browser
) -> None:
    made = told(office)
    before = record(office, made)
    page = lead.get(f"/records/{made.record}/hand-over")
    assert "No clock starts anew" in text(page)
    answer = offer(lead, made, office.people["colleague"])
    assert (answer.status_code, answer["Location"]) == (302, f"/records/{made.record}?offered")
    office.open()
    shown = text(lead.get(answer["Location"]))
    assert "You offered this record to Second worker" in shown
    assert "The school rings on Friday" in shown
    assert record(office, made) == before
    opened = looks(office)

    assert "1 record waits for your answer" in text(colleague.get("/"))
    assert str(made.record) in text(colleague.get("/waiting"))
    page = colleague.get(f"/waiting/{made.record}")
    for words in ("Safeguarding lead", "No clock starts anew", "Accepting opens nothing"):
        assert words in text(page)
    for hidden in ("heron", "school rings"):
        assert hidden not in text(page)
    answer = colleague.send(form_to(page, "/accept"))
    assert answer.status_code == 302
    done = text(colleague.get(answer["Location"]))
    assert "You answer for" in done
    assert "Nothing was opened yet" in done
    assert looks(office) == opened
    assert record(office, made) == (office.people["colleague"], 1, *before[2:])
    assert "waits for your answer" not in text(colleague.get("/"))
    assert lead.get(f"/records/{made.record}").status_code == 404
    shown = text(colleague.get(f"/records/{made.record}"))
    for words in (
        "Safeguarding lead offered this record to Second worker",
        "&lt;i&gt;The school rings on Friday&lt;/i&gt;",
        "Second worker accepted it",
    ):
        assert words in shown


def test_before_accepting_nothing_of_the_record_can_be_read(
    office: World, lead: Browser, colleague: Browser
) -> None:
    made = told(office)
    offer(lead, made, office.people["colleague"])
    assert colleague.get(f"/records/{made.record}").status_code == 404
    assert looks(office) == 0


def test_whoever_does_not_take_it_says_why_and_it_stays_where_it_was(
    office: World, lead: Browser, colleague: Browser
) -> None:
    made = told(office)
    before = record(office, made)
    offer(lead, made, office.people["colleague"])
    refuse = form_to(colleague.get(f"/waiting/{made.record}"), "/decline")
    again = colleague.send(refuse, reason=" \r\n")
    assert again.status_code == 400
    assert NO_REASON in text(again)
    answer = colleague.send(form_to(again, "/decline"), reason="I am away <next week>")
    assert "You did not take it" in text(colleague.get(answer["Location"]))
    assert (states(office), record(office, made)) == (["declined"], before)
    office.open()
    shown = text(lead.get(f"/records/{made.record}"))
    assert "Second worker did not take it" in shown
    assert "I am away &lt;next week&gt;" in shown
    assert "You offered this record" not in shown
    assert offer(lead, made, office.people["contact"]).status_code == 302


def test_an_offer_can_be_taken_back(office: World, lead: Browser, colleague: Browser) -> None:
    made = told(office)
    offer(lead, made, office.people["colleague"])
    page = colleague.get(f"/waiting/{made.record}")
    answer = lead.send(form_to(lead.get(f"/records/{made.record}"), "/take-back"))
    assert answer.status_code == 302
    shown = text(lead.get(answer["Location"]))
    assert "You took the offer back" in shown
    assert "Safeguarding lead took the offer back" in shown
    assert states(office) == ["declined"]
    assert colleague.send(form_to(page, "/accept")).status_code == 404
    assert record(office, made)[0] == office.people["lead"]


@pytest.mark.parametrize("what", ["accept", "decline"])
def test_every_form_sent_twice_is_recorded_once(
    office: World, lead: Browser, colleague: Browser, what: str
) -> None:
    made = told(office)
    filled = form(lead.get(f"/records/{made.record}/hand-over"), "note")
    taker = str(office.people["colleague"])
    sent = [lead.send(filled, step="offer", taker=taker, note=NOTE) for _ in range(2)]
    back = form_to(lead.get(f"/records/{made.record}"), "/take-back")
    sent += [lead.send(back) for _ in range(2)]
    assert states(office) == ["declined"]
    offer(lead, made, office.people["colleague"])
    answer = form_to(colleague.get(f"/waiting/{made.record}"), what)
    sent += [colleague.send(answer, reason="I am away") for _ in range(2)]
    assert [each.status_code for each in sent] == [302] * 6
    assert states(office) == ["declined", "accepted" if what == "accept" else "declined"]
    rows = office.as_owner("SELECT count(*) FROM facts.item WHERE record = %s", (made.record,))
    assert rows == [(5,)]


def test_the_list_holds_nobody_who_could_not_take_it(office: World, staff: Staffed) -> None:
    made = told(office)
    to = office.office_recipients
    staff.append(commands.leave(CHANCE, to, person=office.people["overseer"]))
    page = text(staff.browser("lead").get(f"/records/{made.record}/hand-over"))
    listed = {name for name, person in office.people.items() if str(person) in page}
    assert listed == {"colleague", "contact", "custodian"}


def test_no_list_offers_whoever_cannot_sign_in_and_each_says_so(
    office: World, lead: Browser
) -> None:
    made, colleague = told(office), str(office.people["colleague"])
    pages = [f"/records/{made.record}/{page}" for page in ("hand-over", "bring-in")]
    assert all(colleague in text(lead.get(page)) for page in pages)
    office.take_sign_in("colleague")
    for page in pages:
        assert colleague not in text(lead.get(page))
        assert "has no way to sign in, is not listed" in text(lead.get(page))


@pytest.mark.parametrize("taker", ["", "x", NOBODY, "lead", "administrator"])
def test_a_taker_who_is_none_is_asked_for_again_and_the_note_is_kept(
    office: World, staff: Staffed, taker: str
) -> None:
    made, lead = told(office), staff.browser("lead")
    filled = form(lead.get(f"/records/{made.record}/hand-over"), "note")
    chosen = str(office.people.get(taker, taker))
    answer = lead.send(filled, step="offer", taker=chosen, note=NOTE)
    assert answer.status_code == 400
    assert NO_TAKER in text(answer)
    assert form(answer, "note").fields["note"] == NOTE
    assert states(office) == []


def test_a_colleague_who_must_not_see_it_cannot_take_it_and_the_note_is_kept(
    office: World, staff: Staffed
) -> None:
    made, lead = told(office), staff.browser("lead")
    staff.restrict(made.record, person="colleague", by="lead")
    answer = offer(lead, made, office.people["colleague"])
    assert answer.status_code == 400
    assert REFUSED["HE017"] in text(answer)
    kept = form(answer, "note").fields
    assert (kept["note"], kept["taker"]) == (NOTE, str(office.people["colleague"]))


def test_a_record_is_offered_to_one_at_a_time_and_the_note_is_kept(
    office: World, lead: Browser
) -> None:
    made = told(office)
    stale = form(lead.get(f"/records/{made.record}/hand-over"), "note")
    offer(lead, made, office.people["colleague"])
    answer = lead.send(stale, step="offer", taker=str(office.people["contact"]), note=NOTE)
    assert answer.status_code == 400
    assert REFUSED["HE018"] in text(answer)
    assert form(answer, "note").fields["note"] == NOTE
    assert states(office) == ["open"]


def test_among_many_people_a_taker_is_found_by_part_of_a_name(office: World, lead: Browser) -> None:
    made = told(office)
    for number in range(20):
        office.add_person(f"person {number}", f"Quill Marsh {number}", "worker")
    office.open()
    filled = form(lead.get(f"/records/{made.record}/hand-over"), "note")
    page = lead.send(filled, step="find", find="second", note=NOTE)
    assert page.status_code == 200
    assert "Second worker" in text(page)
    assert "Quill Marsh" not in text(page)
    assert form(page, "note").fields["note"] == NOTE


def test_an_offer_to_somebody_who_is_restricted_meanwhile_is_gone_without_a_trace(
    office: World, staff: Staffed
) -> None:
    hers = staff.browser("colleague")
    pages = ("/", "/waiting", f"/waiting/{uuid.uuid4()}")
    before = [plain(hers, page) for page in pages]
    made, lead = told(office), staff.browser("lead")
    offer(lead, made, office.people["colleague"])
    accept = form_to(hers.get(f"/waiting/{made.record}"), "/accept")
    staff.restrict(made.record, person="colleague", by="lead")
    assert [plain(hers, page) for page in pages] == before
    assert plain(hers, f"/waiting/{made.record}") == before[2]
    gone = hers.send(accept)
    assert (gone.status_code, gone.content) == (404, before[2])
    assert "You offered this record" not in text(lead.get(f"/records/{made.record}"))


def test_a_record_that_is_not_ones_own_is_the_same_page_as_none(
    office: World, staff: Staffed
) -> None:
    """Also for an overseer who may read it: handing over is for whoever answers for it."""
    made, lead, seer = told(office), staff.browser("lead"), staff.browser("overseer")
    filled = form(lead.get(f"/records/{made.record}/hand-over"), "note")
    staff.act(
        "overseer",
        commands.ask_for_content(
            CHANCE,
            office.office_recipients,
            person=office.people["overseer"],
            record=made.record,
            reason="a sample",
        ),
    )
    assert seer.get(f"/records/{made.record}").status_code == 200
    token = form(seer.get("/letters/new"), "form").fields["csrfmiddlewaretoken"]
    mine = Form("", filled.fields | {"csrfmiddlewaretoken": token})
    taker = str(office.people["colleague"])
    seen: dict[uuid.UUID, list[bytes]] = {made.record: [], uuid.uuid4(): []}
    for record, shown in seen.items():
        answers = [seer.get(f"/records/{record}/hand-over"), seer.get(f"/waiting/{record}")]
        for path in (f"/records/{record}/hand-over", f"/records/{record}/take-back"):
            answers.append(seer.send(mine, path, step="offer", taker=taker))
            answers.append(seer.send(mine, path, step="offer", taker=""))
        for what in ("accept", "decline"):
            answers.append(seer.send(mine, f"/waiting/{record}/{what}", reason="x"))
            answers.append(seer.send(mine, f"/waiting/{record}/{what}", reason=""))
        assert {answer.status_code for answer in answers} == {404}
        shown += [answer.content for answer in answers]
    of_theirs, of_none = seen.values()
    assert of_theirs == of_none
    assert states(office) == []


def test_the_waiting_page_names_no_record_that_an_address_only_claims_was_accepted(
    office: World, lead: Browser, colleague: Browser
) -> None:
    made = told(office)
    [[reference]] = office.as_owner("SELECT reference FROM facts.record")
    for claimed in (made.record, uuid.uuid4(), "x"):
        assert "You answer for" not in text(colleague.get(f"/waiting?accepted={claimed}"))
    assert reference in text(lead.get(f"/waiting?accepted={made.record}"))


def test_words_for_a_record_that_has_gone_to_another_are_given_back(staff: Staffed) -> None:
    made, to = told(staff.world), staff.world.office_recipients
    lead, taker = staff.browser("lead"), staff.world.people["colleague"]
    answer = form(lead.get(f"/records/{made.record}"), "words")
    staff.act(
        "lead",
        commands.offer_hand_over(CHANCE, to, record=made.record, taker=taker, note=""),
    )
    staff.act("colleague", commands.accept_hand_over(CHANCE, to, record=made.record))
    page = lead.send(answer, words="Are you safe tonight?")
    assert page.status_code == 404
    assert "Are you safe tonight?" in text(page)
    assert "What you typed is not recorded" in text(page)
    assert "Are you safe" not in text(lead.get(f"/records/{made.record}"))
