"""What is typed while listening is kept, sealed, for the one who types it, until it is on the record."""

import re
from pathlib import Path

import pytest

from tests.office.browser import Browser, Form, form
from tests.office.conftest import office_of
from tests.office.test_letter import letter, records
from tests.world import World

MARK = "heron-on-the-weir"


def keep(lead: Browser, filled: Form, **said: str) -> str:
    """As the page's script does; the line that it shows."""
    answer = lead.send(filled, "/letters/draft", quietly="yes", **said)
    assert answer["Content-Type"].startswith("text/plain")
    text: str = answer.content.decode()
    return text


def drafts(office: World) -> list[tuple]:
    with office.database.server.superuser(office.database.name) as connection:
        return connection.execute("SELECT person, sealed FROM machinery.draft").fetchall()


def test_what_was_typed_comes_back_after_signing_out(office: World, lead: Browser) -> None:
    said = keep(lead, letter(lead), told=MARK, channel="telephone", danger="yes")
    assert said.startswith("Kept for you on")
    lead.send(form(lead.get("/"), "csrfmiddlewaretoken"), "/sign-out")
    lead.sign_in("lead")
    page = lead.get("/letters/new")
    assert "It was kept on" in page.content.decode()
    again = form(page, "form")
    assert again.fields["told"] == MARK
    assert (again.fields["channel"], again.fields["danger"]) == ("telephone", "yes")


def test_the_button_does_the_same_without_a_script(office: World, lead: Browser) -> None:
    answer = lead.send(letter(lead), "/letters/draft", told=MARK, step="later")
    assert (answer.status_code, answer["Location"]) == (302, "/letters/new")
    assert letter(lead).fields["told"] == MARK


def test_the_database_holds_none_of_the_words(office: World, lead: Browser) -> None:
    keep(lead, letter(lead), told=MARK)
    ((person, sealed),) = drafts(office)
    assert person == office.people["lead"]
    assert MARK.encode() not in bytes(sealed)


def test_put_on_the_record_it_is_gone_and_what_comes_late_is_not_kept(
    office: World, lead: Browser
) -> None:
    keep(lead, letter(lead), told=MARK)
    filled = letter(lead)
    assert lead.send(filled).status_code == 200
    assert len(records(office)) == 1
    assert keep(lead, filled, told=MARK) == "This form is on the record already.\n"
    assert letter(lead).fields["told"] == ""
    assert drafts(office) == [(office.people["lead"], None)]


def test_it_can_be_thrown_away(office: World, lead: Browser) -> None:
    keep(lead, letter(lead), told=MARK)
    assert lead.send(letter(lead), "/letters/draft", step="drop").status_code == 302
    assert letter(lead).fields["told"] == ""


def test_one_that_is_not_recorded_stays_kept(office: World, lead: Browser) -> None:
    keep(lead, letter(lead), told=MARK)
    assert lead.send(letter(lead), told=" ", addressed_to="").status_code == 400
    assert letter(lead).fields["told"] == MARK


def test_another_person_never_sees_it(office: World, lead: Browser) -> None:
    keep(lead, letter(lead), told=MARK)
    office.give_password("colleague")
    hers = Browser()
    hers.sign_in("colleague")
    assert letter(hers).fields["told"] == ""
    # Nor where somebody who writes the database gives them the sealed row:
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("UPDATE machinery.draft SET person = %s", (office.people["colleague"],))
    page = hers.get("/letters/new")
    assert page.status_code == 200
    assert MARK not in page.content.decode()


def test_without_the_question_who_asks_anybody_would_be_given_the_sealed_row(
    office: World, lead: Browser
) -> None:
    keep(lead, letter(lead), told=MARK)
    desk = office.link("heed_office")
    assert desk.rows("SELECT * FROM machinery.my_drafts()") == []
    with office.database.server.superuser(office.database.name) as connection:
        row = connection.execute(
            "SELECT pg_get_functiondef('machinery.my_drafts()'::regprocedure)"
        ).fetchone()
        assert row is not None
        connection.execute(row[0].replace("d.person = machinery.me() AND ", ""))
    assert len(desk.rows("SELECT * FROM machinery.my_drafts()")) == 1


def test_an_office_with_another_key_shows_a_blank_form(world: World, tmp_path: Path) -> None:
    world.give_password("lead")
    for folder, expected in (("one", ""), ("two", "")):
        with office_of(world, tmp_path / folder):
            lead = Browser()
            lead.sign_in("lead")
            assert letter(lead).fields["told"] == expected
            keep(lead, letter(lead), told=MARK)


def test_too_long_a_draft_says_so_and_gives_the_words_back(office: World, lead: Browser) -> None:
    long = "heron " * 200_000
    assert "too long to keep" in keep(lead, letter(lead), told=long)
    answer = lead.send(letter(lead), "/letters/draft", told=long, step="later")
    assert answer.status_code == 400
    assert form(answer, "form").fields["told"] == long


@pytest.mark.parametrize("quietly", ["yes", ""])
def test_a_form_of_another_session_is_not_kept(office: World, lead: Browser, quietly: str) -> None:
    other = Browser()
    other.sign_in("lead")
    spoilt = letter(lead).fields | {"form": letter(other).fields["form"], "told": MARK}
    answer = lead.client.post("/letters/draft", spoilt | {"quietly": quietly})
    assert answer.status_code == 400
    assert drafts(office) == []


def kept(office: World, lead: Browser) -> list[str]:
    """The words of everything that the lead can still open, newest first."""
    page = lead.get("/letters/new")
    links = re.findall(r'href="(/letters/new\?draft=[0-9a-f-]{36})"', page.content.decode())
    return [form(each, "form").fields["told"] for each in (page, *map(lead.get, links))]


def test_two_windows_keep_two_calls(office: World, lead: Browser) -> None:
    one, other = letter(lead), letter(lead)
    keep(lead, one, told="the first call")
    keep(lead, other, told="the second call")
    assert kept(office, lead) == ["the second call", "the first call"]
    assert lead.send(other, told="the second call").status_code == 200
    assert kept(office, lead) == ["the first call"]
    text = lead.get("/letters/new").content.decode()
    assert "Begin with an empty form" in text
    assert form(lead.get("/letters/new?draft=new"), "form").fields["told"] == ""
    assert "You kept something" in lead.get("/letters/new?draft=new").content.decode()


def test_what_another_window_kept_of_the_same_call_since_is_never_overwritten(
    office: World, lead: Browser
) -> None:
    keep(lead, letter(lead), told="the beginning")
    one, other = letter(lead), letter(lead)
    assert one.fields["draft"] == other.fields["draft"]
    keep(lead, one, told="the beginning and more")
    said = keep(lead, other, told="the beginning, but otherwise")
    assert "What the other window kept stays as well." in said
    assert kept(office, lead) == ["the beginning, but otherwise", "the beginning and more"]
    stale = lead.send(other, "/letters/draft", told="the beginning", step="drop")
    assert stale.status_code == 400
    assert "Another window kept something else" in stale.content.decode()
    assert len(kept(office, lead)) == 2
    assert lead.send(one, told="the beginning").status_code == 200  # as it was before
    assert len(kept(office, lead)) == 2
    assert lead.send(letter(lead)).status_code == 200
    assert kept(office, lead) == ["the beginning and more"]


def test_without_that_question_one_window_would_overwrite_the_other(
    office: World, lead: Browser
) -> None:
    keep(lead, letter(lead), told="the beginning")
    one, other = letter(lead), letter(lead)
    with office.database.server.superuser(office.database.name) as connection:
        row = connection.execute(
            "SELECT pg_get_functiondef('machinery.keep_draft(uuid,bytea,timestamptz)'::regprocedure)"
        ).fetchone()
        assert row is not None
        assert " AND d.kept_at = p_seen" in row[0]
        connection.execute(row[0].replace(" AND d.kept_at = p_seen", "").encode())
    keep(lead, one, told="the beginning and more")
    keep(lead, other, told="something else")
    assert kept(office, lead) == ["something else"]


def test_the_same_words_kept_twice_are_kept_once(office: World, lead: Browser) -> None:
    filled = letter(lead)
    for _ in range(2):
        assert lead.send(filled, "/letters/draft", told=MARK, step="later").status_code == 302
    assert kept(office, lead) == [MARK]
    assert lead.send(filled, told=MARK).status_code == 200  # though the form never saw that
    assert kept(office, lead) == [""]


def test_what_was_changed_on_a_form_that_is_on_the_record_comes_back_to_be_kept(
    office: World, lead: Browser
) -> None:
    filled = letter(lead)
    assert lead.send(filled, told=MARK).status_code == 200
    answer = lead.send(filled, "/letters/draft", told=MARK + " and more", step="later")
    assert answer.status_code == 400
    assert "What you changed since is not" in answer.content.decode()
    fresh = form(answer, "form")
    assert fresh.fields["told"] == MARK + " and more"
    assert lead.send(fresh, "/letters/draft", step="later").status_code == 302
    assert kept(office, lead) == [MARK + " and more"]
    assert lead.send(letter(lead)).status_code == 200
    assert len(records(office)) == 2


def test_at_most_twenty_are_kept_and_the_next_gives_the_words_back(
    office: World, lead: Browser
) -> None:
    for number in range(20):
        keep(lead, form(lead.get("/letters/new?draft=new"), "form"), told=f"call {number}")
    empty = form(lead.get("/letters/new?draft=new"), "form")
    assert "You have kept 20 already" in keep(lead, empty, told=MARK)
    answer = lead.send(empty, "/letters/draft", told=MARK, step="later")
    assert answer.status_code == 400
    assert form(answer, "form").fields["told"] == MARK
    assert len(drafts(office)) == 20


@pytest.mark.parametrize("said", ["", "x", "0" * 32, "\0"])
@pytest.mark.parametrize("seen", ["", "yesterday", "0001-01-01T00:00:00+00:00", "\0"])
def test_what_names_no_draft_is_kept_all_the_same(
    office: World, lead: Browser, said: str, seen: str
) -> None:
    assert keep(lead, letter(lead), told=MARK, draft=said, seen=seen).startswith("Kept for you")
    assert kept(office, lead) == [MARK]
