"""Who is invited chooses their own sign-in, once and in time; nobody else learns who exists."""

import re
import threading
from uuid import UUID

import pytest

from heed.access import people as access
from heed.register.return_code import ReturnCode
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from heed.store.signing_in import FrontDoor, InvitationWrong, invitation_hash
from tests.office.browser import Browser, form
from tests.office.staffed import Staffed, staffed
from tests.world import CHANCE, PASSWORD, World

WRONG = "This code does not work."
LONG = "a kettle on a green hill"
APPLIED = "register.take_credential(uuid,jsonb)"


@pytest.fixture
def place(office: World) -> Staffed:
    return staffed(office)


def code_for(place: Staffed, name: str, by: str = "administrator") -> str:
    """The eight words that the administrator sees, once."""
    browser = place.browser(by)
    page = browser.send(
        form(browser.get(f"/people/{place.world.people[name]}/invite"), "token"), ""
    )
    assert page.status_code == 200
    found = re.search(r'id="invitation">([a-z ]+)<', page.content.decode())
    assert found is not None
    return found[1]


def take(code: str, username: str = "new name", password: str = LONG, **said: str) -> tuple:
    """What /welcome answers to whoever types this: the status, and the page."""
    browser = Browser()
    filled = form(browser.get("/welcome"), "code")
    typed = {"code": code, "username": username, "password": password, "again": password}
    answer = browser.send(filled, **(typed | said))
    return answer.status_code, answer.content.decode()


def kinds(place: Staffed, name: str) -> list[str]:
    rows = place.facts(
        "SELECT convert_from(header, 'UTF8')::jsonb->>'kind' FROM register.entry"
        " WHERE stream = %s ORDER BY version",
        place.world.people[name],
    )
    return [row[0] for row in rows]


def test_an_invited_person_chooses_name_and_password_and_signs_in(place: Staffed) -> None:
    code = code_for(place, "lead")
    assert take(code) == (302, "")
    assert Browser().sign_in("new name", LONG).status_code == 302
    assert kinds(place, "lead")[-2:] == ["invited", "credential_set"]
    assert place.facts("SELECT person FROM machinery.invitation") == []


def test_the_code_is_shown_once_and_the_record_keeps_nothing_of_it(place: Staffed) -> None:
    browser = place.browser("administrator")
    filled = form(browser.get(f"/people/{place.world.people['lead']}/invite"), "token")
    address = f"/people/{place.world.people['lead']}/invite"
    shown = browser.send(filled, address)
    again = browser.send(filled, address)
    assert (shown.status_code, again.status_code) == (200, 302)
    words = re.search(r'id="invitation">([a-z ]+)<', shown.content.decode())
    assert words is not None
    hashed = invitation_hash(ReturnCode.parse(words[1])).hex()
    rows = place.facts(
        "SELECT convert_from(facts, 'UTF8') || encode(sealed, 'hex') FROM register.entry"
    )
    assert not any(hashed in row[0] for row in rows)
    page = browser.get(again["Location"]).content.decode()
    assert "cannot be shown again" in page
    assert take(words[1])[0] == 302


def test_unknown_used_replaced_and_old_codes_get_one_answer(place: Staffed) -> None:
    used, replaced = code_for(place, "lead"), code_for(place, "colleague")
    assert take(used)[0] == 302
    old = code_for(place, "colleague")
    with place.world.database.server.superuser(place.world.database.name) as connection:
        connection.execute(
            "UPDATE machinery.invitation SET expires_at = now() - interval '1 second'"
            " WHERE person = %s",
            (place.world.people["colleague"],),
        )
    unknown = str(ReturnCode.new(CHANCE.bytes))
    answers = [take(code) for code in (unknown, used, replaced, old, "heron weir", "")]
    assert {status for status, _ in answers} == {400}
    assert all(WRONG in page for _, page in answers)
    plain = {re.sub(r' value="[^"]*"', "", page) for _, page in answers}
    assert len(plain) == 1


def test_a_code_holds_for_two_days(place: Staffed) -> None:
    code_for(place, "lead")
    asked = (
        "SELECT expires_at - now() > interval '47 hours', expires_at - now() <= interval '48 hours'"
    )
    assert place.facts(f"{asked} FROM machinery.invitation") == [(True, True)]


def test_who_left_cannot_use_what_they_were_given(place: Staffed) -> None:
    from heed.access import commands

    code = code_for(place, "lead")
    to, lead = place.world.office_recipients, place.world.people["lead"]
    place.append(commands.leave(CHANCE, to, person=lead))
    assert WRONG in take(code)[1]


def test_a_new_invitation_ends_the_sign_in_and_every_session(place: Staffed) -> None:
    lead = place.browser("lead")
    assert lead.get("/").status_code == 200
    code = code_for(place, "lead")
    assert lead.get("/")["Location"] == "/sign-in"
    assert Browser().sign_in("lead").status_code == 400
    assert take(code, "lead")[0] == 302
    assert Browser().sign_in("lead", LONG).status_code == 302
    assert Browser().sign_in("lead", PASSWORD).status_code == 400


def test_nobody_invites_another_bodys_people_or_themselves(place: Staffed) -> None:
    """An invitation is a way to sign in as somebody: an overseer's is their own body's alone."""
    before = place.entries()
    set_before = len(place.world.people)
    for by, name in (
        ("administrator", "overseer"),
        ("administrator", "administrator"),
        ("outside", "lead"),
        ("overseer", "lead"),
    ):
        entry = access.invite(
            CHANCE,
            place.world.office_recipients,
            person=place.world.people[name],
            code_hash=bytes(32),
        )
        with pytest.raises(StoreRefused) as refused:
            place.act(by, entry)
        assert refused.value.code == "HE013"
        assert (
            place.browser(by).get(f"/people/{place.world.people[name]}/invite").status_code == 404
        )
    added = [kind for name in place.world.people for kind in kinds(place, name)]
    assert "invited" not in added
    assert place.entries() - before == added.count("credential_set") - set_before
    place.without(
        "register.decide_staff(uuid,text,jsonb,timestamptz,uuid)",
        "PERFORM register.check_administers(p_me, p_stream, ARRAY[]::uuid[]);",
    )
    person = place.world.people["overseer"]
    stolen = ReturnCode.new(CHANCE.bytes)
    place.act(
        "administrator",
        access.invite(
            CHANCE,
            place.world.office_recipients,
            person=person,
            code_hash=invitation_hash(stolen),
        ),
    )
    assert take(str(stolen))[0] == 302  # without that line they sign in as the overseer


def test_a_name_that_is_taken_says_choose_another_and_only_to_who_has_a_code(
    place: Staffed,
) -> None:
    place.world.give_password("colleague")
    code = code_for(place, "lead")
    status, page = take(code, " COLLEAGUE ")
    assert status == 400
    assert "Choose another user name." in page
    assert code in page
    unknown = str(ReturnCode.new(CHANCE.bytes))
    taken, free = take(unknown, "colleague"), take(unknown, "nobody at all")
    assert re.sub(r' value="[^"]*"', "", taken[1]) == re.sub(r' value="[^"]*"', "", free[1])
    assert take(code, "lead")[0] == 302


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"password": "short", "again": "short"}, "A password has 12 to 1024 characters."),
        ({"again": "something else here"}, "The two passwords are not the same."),
        ({"username": "  "}, "A user name has at least one letter."),
        ({"username": "x" * 201}, "A user name has 200 letters at most."),
    ],
)
def test_what_is_wrong_is_said_the_code_stays_good_and_no_password_comes_back(
    place: Staffed, said: dict[str, str], sentence: str
) -> None:
    code = code_for(place, "lead")
    status, page = take(code, **said)
    assert status == 400
    assert sentence in page
    assert code in page
    assert LONG not in page
    assert take(code)[0] == 302


def test_twelve_characters_of_any_kind_will_do(place: Staffed) -> None:
    assert take(code_for(place, "lead"), password="aaaa aaaa aa")[0] == 302


def test_of_two_who_use_one_code_at_once_one_gets_in(place: Staffed) -> None:
    code, answers = ReturnCode.parse(code_for(place, "lead")), []

    def use(number: int) -> None:
        door = FrontDoor(place.world.link("heed_signin"))
        try:
            door.take_invitation(place.world.office_recipients, code, f"name {number}", LONG)
            answers.append("in")
        except InvitationWrong:
            answers.append("wrong")
        finally:
            place.world.close()

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["in", "wrong", "wrong", "wrong"]
    assert kinds(place, "lead").count("credential_set") == 2  # the first when they came


def test_the_sign_in_role_sets_nothing_without_a_code(place: Staffed) -> None:
    """Taken over, it could not make itself anybody's password; without the question it could."""

    def steal() -> str:
        person: UUID = place.world.people["overseer"]
        entry = access.take_invitation(
            CHANCE,
            place.world.office_recipients,
            person=person,
            code_hash=bytes(32),
            username="thief",
            password_hash="x",
        )
        try:
            place.world.register("heed_signin").append(entry)
        except StoreRefused as refused:
            return refused.code
        return "done"

    assert steal() == "HE019"
    place.without(APPLIED, "IF NOT EXISTS (", "IF false AND NOT EXISTS (")
    assert steal() == "done"


def test_guessing_codes_is_slowed_for_all_together(
    place: Staffed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heed.office.hands import hands

    waits: list[float] = []
    monkeypatch.setattr(hands().slowing, "_wait", waits.append)
    for _ in range(6):
        take(str(ReturnCode.new(CHANCE.bytes)))
    assert len(waits) == 3
    assert waits == sorted(waits)


def test_a_desk_is_no_way_round(place: Staffed) -> None:
    """The office's own role may not set how anybody signs in."""
    entry = access.take_invitation(
        CHANCE,
        place.world.office_recipients,
        person=place.world.people["lead"],
        code_hash=bytes(32),
        username="x",
        password_hash="x",
    )
    with pytest.raises(StoreRefused) as refused:
        Desk(place.world.link("heed_office")).append(place.world.sign_in("lead"), entry)
    assert refused.value.code == "HE008"
