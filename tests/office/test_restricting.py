"""Restricting somebody: said plainly before, in effect at once, and nothing typed is lost."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.http import HttpResponse

from heed.access import commands
from heed.office.restricting import BACKWARDS, NO_DAY, NO_START, TELL_THEM
from tests.office.browser import Browser, Form, form
from tests.office.conftest import office_of
from tests.office.staffed import Staffed, plain, staffed
from tests.servers import create, running_server
from tests.world import CHANCE, Told, World, new_world

NOBODY = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
REASON = "<b>They are named in it</b> {{ 7*7 }}\r\nand in the second letter"


@pytest.fixture
def staff(office: World) -> Staffed:
    return staffed(office)


def told(office: World, saw: str = "the heron on the weir") -> Told:
    made = office.tell(saw)
    office.open()
    return made


def text(answer: HttpResponse) -> str:
    return answer.content.decode()


def asked(browser: Browser, told: Told, what: str = "restrict") -> Form:
    return form(browser.get(f"/records/{told.record}/{what}"), "reason")


def check(browser: Browser, filled: Form, **said: str) -> HttpResponse:
    return browser.send(filled, **({"step": "check", "reason": REASON} | said))


def confirm(browser: Browser, checked: HttpResponse) -> HttpResponse:
    return browser.send(form(checked, "reason"), step="record")


def restrict(
    browser: Browser, told: Told, person: uuid.UUID, ground: str = "accused"
) -> HttpResponse:
    checked = check(browser, asked(browser, told), person=str(person), ground=ground)
    assert checked.status_code == 200
    return confirm(browser, checked)


def walls(office: World) -> list[tuple]:
    return office.as_owner(
        "SELECT person, unit, ground, alleged_from, alleged_until FROM facts.wall ORDER BY at"
    )


def owner(office: World, record: uuid.UUID) -> uuid.UUID:
    found = office.as_owner("SELECT owner FROM facts.record WHERE id = %s", (record,))[0][0]
    assert isinstance(found, uuid.UUID)
    return found


def reference(office: World, record: uuid.UUID) -> str:
    return str(office.as_owner("SELECT reference FROM facts.record WHERE id = %s", (record,))[0][0])


def test_nothing_is_recorded_before_the_page_has_said_what_will_happen(
    office: World, lead: Browser
) -> None:
    made = told(office)
    filled = asked(lead, made)
    page = check(lead, filled, person=str(office.people["colleague"]), ground="accused")
    assert page.status_code == 200
    assert walls(office) == []
    said = text(page)
    for words in (
        "Second worker",
        "The concern is about them",
        "They cannot see this record any more",
        "restricting them shows them that something is here",
        "An access custodian and a second person can lift it",
        "close to them",
    ):
        assert words in said
    assert "You will lose this record" not in said


def test_a_restriction_holds_at_once_and_stands_on_the_record_with_its_reason(
    office: World, lead: Browser
) -> None:
    made = told(office)
    page = restrict(lead, made, office.people["colleague"])
    assert "You still answer for it" in text(page)
    assert walls(office) == [(office.people["colleague"], None, "accused", None, None)]
    office.open()
    shown = text(lead.get(f"/records/{made.record}"))
    assert "Safeguarding lead restricted Second worker" in shown
    assert "&lt;b&gt;They are named in it&lt;/b&gt; {{ 7*7 }}" in shown
    assert "and in the second letter" in shown
    assert "wall" not in shown.lower()
    assert "Nobody is restricted from this record" not in shown


def test_whoever_restricts_themselves_is_told_first_and_sees_nothing_of_it_afterwards(
    office: World, lead: Browser
) -> None:
    made = told(office)
    ref = reference(office, made.record)
    me = str(office.people["lead"])
    checked = check(lead, asked(lead, made), person=me, ground="declared")
    said = text(checked)
    assert "You will lose this record at once" in said
    assert "They cannot" not in said
    page = confirm(lead, checked)
    assert page.status_code == 200
    assert owner(office, made.record) == office.people["contact"]
    for hidden in (ref, "Outside contact", str(made.record)):
        assert hidden not in text(page)
    assert "You cannot see this record any more" in text(page)
    assert lead.get(f"/records/{made.record}").status_code == 404
    assert ref not in text(lead.get("/"))


def test_without_the_wall_the_page_would_say_who_answers_for_it_now(
    office: World, lead: Browser
) -> None:
    """The control removed, to see that the test above would notice."""
    made = told(office)
    lead.get("/")  # the probes have looked, and look again in a minute
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("ALTER POLICY office ON facts.record USING (true)")
    page = restrict(lead, made, office.people["lead"])
    assert "Outside contact" in text(page)
    assert reference(office, made.record) in text(page)


def test_the_same_form_sent_twice_restricts_once_also_where_the_record_is_lost(
    office: World, lead: Browser
) -> None:
    made = told(office)
    checked = check(lead, asked(lead, made), person=str(office.people["lead"]), ground="accused")
    first, second = confirm(lead, checked), confirm(lead, checked)
    assert (first.status_code, second.status_code) == (200, 200)
    assert "You cannot see this record any more" in text(second)
    assert len(walls(office)) == 1


def _about_two_people(office: World, lead: Browser) -> int:
    made = told(office)
    filled = asked(lead, made)
    for name in ("colleague", "contact"):
        person = str(office.people[name])
        page = lead.send(filled, step="record", person=person, ground="accused", reason="named")
        assert page.status_code == 200
    return len(walls(office))


def test_one_form_about_two_people_restricts_both(office: World, lead: Browser) -> None:
    assert _about_two_people(office, lead) == 2


def test_with_a_token_that_is_not_bound_to_the_person_the_second_would_be_lost(
    office: World, lead: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control removed, to see that the test above would notice."""
    monkeypatch.setattr(commands, "once", lambda token, stream, claims: token)
    assert _about_two_people(office, lead) == 1


def test_an_overseer_restricts_the_owner_and_sees_who_answers_for_it_now(
    office: World, staff: Staffed
) -> None:
    made = told(office)
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
    page = restrict(staff.browser("overseer"), made, office.people["lead"], "concealing")
    assert owner(office, made.record) == office.people["contact"]
    assert "Outside contact answers for it" in text(page)


def test_a_unit_is_restricted_for_the_time_that_it_is_about(office: World, staff: Staffed) -> None:
    made, lead = told(office), staff.browser("lead")
    unit = staff.units["second"]
    days = {"from_day": "1", "from_month": "4", "from_year": "2019"}
    days |= {"until_day": "31", "until_month": " 12 ", "until_year": "2020"}
    filled = asked(lead, made, "restrict-unit")
    checked = check(lead, filled, unit=str(unit), ground="body", **days)
    said = text(checked)
    assert "Second team, Aldermere Safeguarding Partnership" in said
    assert "From 1 April 2019 to 31 December 2020" in said
    assert "If you work there, or did, you will lose this record at once" in said
    assert confirm(lead, checked).status_code == 200
    began = datetime(2019, 3, 31, 23, 0, 0, tzinfo=UTC)  # midnight in London, in summer
    ended = datetime(2020, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert walls(office) == [(None, unit, "body", began, ended)]
    office.open()
    shown = text(lead.get(f"/records/{made.record}"))
    assert "restricted Second team, Aldermere Safeguarding Partnership" in shown


def test_without_days_a_unit_is_restricted_whenever_it_was(office: World, staff: Staffed) -> None:
    made, lead = told(office), staff.browser("lead")
    filled = asked(lead, made, "restrict-unit")
    checked = check(lead, filled, unit=str(staff.units["second"]), ground="collusion")
    assert "who ever worked there" in text(checked)
    assert confirm(lead, checked).status_code == 200
    assert walls(office) == [(None, staff.units["second"], "collusion", None, None)]


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"from_day": "31", "from_month": "2", "from_year": "2020"}, NO_DAY),
        ({"from_day": "1", "from_month": "", "from_year": "2020"}, NO_DAY),
        ({"from_day": "1", "from_month": "1", "from_year": "1899"}, NO_DAY),
        ({"from_day": "1", "from_month": "1", "from_year": "9" * 5000}, NO_DAY),
        ({"from_day": "x", "from_month": "1", "from_year": "2020"}, NO_DAY),
        ({"until_day": "1", "until_month": "1", "until_year": "2020"}, NO_START),
        (
            {"from_day": "2", "from_month": "1", "from_year": "2020"}
            | {"until_day": "1", "until_month": "1", "until_year": "2020"},
            BACKWARDS,
        ),
    ],
)
def test_a_day_that_is_none_is_asked_for_again_and_nothing_typed_is_lost(
    office: World, staff: Staffed, days: dict[str, str], sentence: str
) -> None:
    made, lead = told(office), staff.browser("lead")
    filled = asked(lead, made, "restrict-unit")
    said = {"unit": str(staff.units["second"]), "ground": "body", "reason": REASON} | days
    for step in ("check", "record"):
        answer = lead.send(filled, step=step, **said)
        assert answer.status_code == 400
        assert sentence in text(answer)
        assert form(answer, "reason").fields.items() >= said.items()
    assert walls(office) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": ""},
        {"person": "x"},
        {"person": NOBODY},
        {"ground": ""},
        {"ground": "body"},
        {"ground": "match"},
        {"ground": "x"},
        {"reason": ""},
        {"reason": " \r\n\t"},
        {"person": "", "ground": "", "reason": ""},
    ],
)
def test_a_form_that_lacks_something_is_asked_for_again_and_nothing_typed_is_lost(
    office: World, lead: Browser, wrong: dict[str, str]
) -> None:
    made = told(office)
    right = {"person": str(office.people["colleague"]), "ground": "close", "reason": REASON}
    filled = asked(lead, made)
    for step in ("check", "record"):
        answer = lead.send(filled, step=step, **(right | wrong))
        assert answer.status_code == 400
        assert text(answer).count('<p id="') == len(wrong)
        kept = form(answer, "reason").fields
        for field in right.keys() - wrong.keys():
            assert kept[field] == right[field]
    assert walls(office) == []


def test_going_back_to_change_something_keeps_everything(office: World, lead: Browser) -> None:
    made = told(office)
    said = {"person": str(office.people["colleague"]), "ground": "leaking", "reason": REASON}
    checked = check(lead, asked(lead, made), **said)
    changed = lead.send(form(checked, "reason"), step="change")
    assert changed.status_code == 200
    assert form(changed, "reason").fields.items() >= said.items()
    assert walls(office) == []


def test_what_somebody_typed_whose_session_ended_is_given_back(
    office: World, lead: Browser
) -> None:
    made = told(office)
    filled = asked(lead, made)
    lead.client.cookies["heed_office"] = "0" * 64
    answer = check(lead, filled, person=str(office.people["colleague"]), ground="accused")
    assert answer.status_code == 401
    assert "They are named in it" in text(answer)


def test_among_many_people_one_is_found_by_part_of_a_name_and_nothing_typed_is_lost(
    office: World, lead: Browser
) -> None:
    made = told(office)
    for number in range(20):
        office.add_person(f"person {number}", f"Quill Marsh {number}", "worker")
    office.add_person("rare", "Ottoline Vane", "owner")
    office.open()
    colleague = str(office.people["colleague"])
    said = {"person": colleague, "ground": "close", "reason": REASON}
    page = lead.send(asked(lead, made), step="find", find="vane OTT", **said)
    assert page.status_code == 200
    assert "Ottoline Vane" in text(page)
    assert "Quill Marsh" not in text(page)
    assert form(page, "reason").fields.items() >= said.items()
    nobody = lead.send(form(page, "reason"), step="find", find="zzz", person="")
    assert "Nothing in the list has “zzz” in it" in text(nobody)
    assert form(nobody, "reason").fields["reason"] == REASON


def _nobody_left(office: World, lead: Browser, made: Told) -> HttpResponse:
    restrict(lead, made, office.people["contact"])
    return restrict(lead, made, office.people["lead"], "declared")


def test_where_nobody_would_be_left_the_page_says_what_to_do_and_the_words_can_be_sent_again(
    office: World, lead: Browser
) -> None:
    made = told(office)
    page = _nobody_left(office, lead, made)
    assert page.status_code == 409
    for words in ("nobody would be left", "01632 960 001", "nothing has changed"):
        assert words in text(page)
    assert len(walls(office)) == 1
    again = form(page, "reason")
    assert again.fields["reason"] == REASON
    assert lead.send(again, step="record").status_code == 409
    person = office.people["colleague"]
    office.register().append(
        commands.set_posts(CHANCE, office.office_recipients, person=person, posts=["overseer"])
    )
    assert "You cannot see this record any more" in text(lead.send(again, step="record"))
    assert owner(office, made.record) == person
    assert len(walls(office)) == 2


def test_another_persons_record_is_the_same_page_as_none(office: World, staff: Staffed) -> None:
    mine, lead = told(office), staff.browser("lead")
    people, units = asked(lead, mine), asked(lead, mine, "restrict-unit")
    office.put_on_duty("colleague")
    theirs = told(office)
    said = {"ground": "accused", "reason": REASON, "person": str(office.people["contact"])}
    unit = {"ground": "body", "reason": REASON, "unit": str(staff.units["second"])}
    seen: dict[uuid.UUID, list[bytes]] = {theirs.record: [], uuid.uuid4(): []}
    for record, shown in seen.items():
        for what, filled, right in (("restrict", people, said), ("restrict-unit", units, unit)):
            path = f"/records/{record}/{what}"
            answers = [lead.get(path)]
            for step in ("find", "change", "check", "record"):
                answers.append(lead.send(filled, path, step=step, **right))
                answers.append(lead.send(filled, path, step=step, reason=""))
            assert {answer.status_code for answer in answers} == {404}
            shown += [answer.content for answer in answers]
    theirs_shown, none_shown = seen.values()
    assert theirs_shown == none_shown
    assert walls(office) == []


def test_whoever_is_restricted_sees_the_bytes_of_a_world_without_the_record(
    office: World, staff: Staffed
) -> None:
    lead = staff.browser("lead")
    pages = ("/", "/waiting", "/ties/new", f"/records/{uuid.uuid4()}", "/ties")
    before = [plain(lead, page) for page in pages]
    made = told(office)
    staff.restrict(made.record, person="lead", by="lead")
    assert [plain(lead, page) for page in pages] == before
    assert plain(lead, f"/records/{made.record}/restrict") == before[3]


def test_a_name_that_was_found_is_shown_as_undecided_and_can_be_confirmed_once(
    office: World, lead: Browser
) -> None:
    made = told(office, "It was the second worker, by the weir.")
    shown = text(lead.get(f"/records/{made.record}"))
    assert "The name of Second worker was found" in shown
    assert "Nobody has checked yet" in shown
    person = office.people["colleague"]
    [path] = [part for part in shown.split('"') if part.endswith(f"restrict?person={person}")]
    filled = form(lead.get(path), "reason")
    assert filled.fields["person"] == str(person)
    checked = check(lead, filled, ground="accused")
    assert "Their name was found in what was told" in text(checked)
    for _ in range(2):
        assert confirm(lead, checked).status_code == 200
    assert walls(office) == [(person, None, "accused", None, None)]
    office.open()
    shown = text(lead.get(f"/records/{made.record}"))
    assert "Safeguarding lead said that the name found, " in shown
    assert "Nobody has checked yet" not in shown


def test_a_name_that_somebody_decided_about_meanwhile_loses_no_words(
    office: World, lead: Browser
) -> None:
    made = told(office, "It was the second worker, by the weir.")
    person = str(office.people["colleague"])
    first, second = (
        check(lead, asked(lead, made), person=person, ground=ground)
        for ground in ("accused", "close")
    )
    assert confirm(lead, first).status_code == 200
    again = confirm(lead, second)
    assert "Nothing is recorded yet" in text(again)
    assert "They are restricted from this record already" in text(again)
    assert confirm(lead, again).status_code == 200
    assert [wall[2] for wall in walls(office)] == ["accused", "close"]


def test_with_the_database_stopped_the_form_can_be_sent_again_as_it_was(tmp_path: Path) -> None:
    with running_server(18) as server:
        world = new_world(create(server))
        world.give_password("lead")
        made = world.tell()
        world.open()
        with office_of(world, tmp_path / "home"):
            lead = Browser()
            lead.sign_in("lead")
            person = str(world.people["colleague"])
            checked = check(lead, asked(lead, made), person=person, ground="leaking")
            world.close()
            server.embedded.stop()
            away = confirm(lead, checked)
            assert away.status_code == 503
            assert "They are named in it" in text(away)
            server.embedded.start()
            assert "You still answer for it" in text(lead.send(form(away, "reason")))
            assert [wall[:3] for wall in walls(world)] == [(uuid.UUID(person), None, "leaking")]
            world.close()


def test_whoever_reads_for_a_time_is_offered_themselves_alone(
    office: World, staff: Staffed
) -> None:
    made, colleague = told(office), staff.browser("colleague")
    named = office.as_owner("SELECT reference FROM facts.record WHERE id = %s", (made.record,))
    emergency = form(colleague.get("/access/emergency"), "reference")
    assert colleague.send(emergency, reference=named[0][0], reason="now").status_code == 302
    shown = text(colleague.get(f"/records/{made.record}"))
    assert "I must not see this: restrict me" in shown
    assert "Restrict somebody" not in shown
    filled, me = asked(colleague, made), office.people["colleague"]
    page = text(colleague.get(f"/records/{made.record}/restrict"))
    assert TELL_THEM in page
    assert str(me) in page
    assert str(office.people["lead"]) not in page
    assert "Restrict a whole unit" not in page
    unit = colleague.get(f"/records/{made.record}/restrict-unit")
    assert unit.status_code == 403
    assert TELL_THEM in text(unit)
    other = {"person": str(office.people["lead"]), "ground": "accused", "reason": REASON}
    assert "Choose a person." in text(check(colleague, filled, **other))
    assert walls(office) == []
    confirm(colleague, check(colleague, filled, person=str(me), ground="declared"))
    assert [row[0] for row in walls(office)] == [me]
    assert colleague.get(f"/records/{made.record}").status_code == 404
