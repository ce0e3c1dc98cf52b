"""Signing in and out: what the browser holds, what the database holds, and who may look at it."""

import hashlib
import threading

import psycopg
import pytest
from argon2 import Parameters, PasswordHasher, extract_parameters

from heed.access import commands
from heed.store import signing_in
from heed.store.connection import Link, StoreRefused
from heed.store.signing_in import FrontDoor, PasswordWrong, set_credential
from tests.office.browser import Browser, form
from tests.world import CHANCE, PASSWORD, World


def cookie(browser: Browser) -> str:
    return browser.client.cookies["heed_office"].value


def test_somebody_with_a_password_signs_in_and_sees_their_queue(
    office: World, browser: Browser
) -> None:
    office.give_password("lead")
    answer = browser.sign_in("lead")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.get("/").status_code == 200


def test_the_user_name_may_be_typed_in_capitals_with_spaces(
    office: World, browser: Browser
) -> None:
    office.give_password("lead")
    assert browser.sign_in("  LEAD ").status_code == 302


def test_the_cookie_is_closed_to_scripts_and_to_other_sites(
    office: World, browser: Browser
) -> None:
    office.give_password("lead")
    browser.sign_in("lead")
    morsel = browser.client.cookies["heed_office"]
    assert morsel["httponly"] is True
    assert morsel["samesite"] == "Strict"
    assert morsel["domain"] == ""
    assert morsel["path"] == "/"
    assert morsel["max-age"] == ""
    assert len(bytes.fromhex(morsel.value)) == 32


def test_the_database_holds_only_the_hash_of_the_key(office: World, browser: Browser) -> None:
    office.give_password("lead")
    browser.sign_in("lead")
    rows = office.as_owner("SELECT s.key_hash, s::text FROM machinery.session s")
    assert [bytes(row[0]) for row in rows] == [hashlib.sha256(cookie(browser).encode()).digest()]
    assert cookie(browser) not in rows[0][1]


def test_the_database_holds_the_password_as_a_slow_hash(office: World) -> None:
    set_anew(office, PASSWORD)
    ((stored,),) = office.as_owner(
        "SELECT password_hash FROM machinery.credential WHERE username = 'lead'"
    )
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
    assert PasswordHasher().verify(stored, PASSWORD)
    cost = extract_parameters(stored)
    assert cost.memory_cost * cost.time_cost >= 19_456 * 2, "OWASP's least: 19 MiB, two passes"


def test_that_a_password_was_set_is_an_entry_without_the_password(office: World) -> None:
    office.give_password("lead")
    rows = office.as_owner(
        "SELECT convert_from(header, 'UTF8'), convert_from(facts, 'UTF8') FROM register.entry"
        " WHERE stream = %s ORDER BY version",
        (office.people["lead"],),
    )
    assert '"kind":"credential_set"' in rows[-1][0]
    assert "lead" not in rows[-1][1]


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    office: World, browser: Browser
) -> None:
    office.give_password("lead")
    page = form(browser.get("/sign-in"), "password")
    answers = [
        browser.send(page, "/sign-in", username="lead", password="wrong" * 4),
        browser.send(page, "/sign-in", username="nobody", password="wrong" * 4),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    texts = [answer.content.decode().replace("nobody", "lead") for answer in answers]
    hidden = [form(answer, "password").fields["csrfmiddlewaretoken"] for answer in answers]
    texts = [text.replace(token, "") for text, token in zip(texts, hidden, strict=True)]
    assert texts[0] == texts[1]
    assert "heed_office" not in browser.client.cookies


class Counting(PasswordHasher):
    """The hasher itself, which writes down what each weighing cost."""

    weighed: list[Parameters]

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:
        self.weighed.append(extract_parameters(str(hash)))
        return super().verify(hash, password)


def test_an_unknown_name_costs_the_same_work_as_a_known_one(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_anew(office, PASSWORD)
    counting = Counting.from_parameters(signing_in._SLOW._parameters)
    assert isinstance(counting, Counting)
    counting.weighed = []
    monkeypatch.setattr(signing_in, "_SLOW", counting)
    door = FrontDoor(office.link("heed_signin"))
    costs = []
    for name in ("lead", "nobody", "lead\0"):
        assert door.sign_in(name, "a wrong password") is None
        costs.append(list(counting.weighed))
        counting.weighed.clear()
    assert len(costs[0]) == 1
    assert costs[0] == costs[1] == costs[2]


@pytest.mark.parametrize("name", ["", "\0", "lead\0", "a" * 100_000, "', NULL); --", "𓀀\u202e"])
def test_no_name_breaks_the_sign_in_page(office: World, browser: Browser, name: str) -> None:
    office.give_password("lead")
    assert browser.sign_in(name).status_code == 400


def test_a_form_without_its_fields_is_a_wrong_answer(office: World, browser: Browser) -> None:
    token = form(browser.get("/sign-in"), "password").fields["csrfmiddlewaretoken"]
    answer = browser.client.post("/sign-in", {"csrfmiddlewaretoken": token})
    assert answer.status_code == 400


def test_the_password_is_never_shown_back(office: World, browser: Browser) -> None:
    answer = browser.sign_in("lead", "heron-on-the-weir")
    assert b"heron-on-the-weir" not in answer.content


def test_signing_out_ends_the_session_also_for_a_thief_of_the_cookie(lead: Browser) -> None:
    stolen = cookie(lead)
    answer = lead.send(
        next(each for each in _forms(lead) if each.action == "/sign-out"), "/sign-out"
    )
    assert answer["Location"] == "/sign-in"
    assert cookie(lead) == ""
    lead.client.cookies["heed_office"] = stolen
    assert lead.get("/")["Location"] == "/sign-in"


def _forms(browser: Browser) -> list:
    from tests.office.browser import forms

    return forms(browser.get("/"))


def test_a_session_that_has_run_out_opens_nothing(office: World, lead: Browser) -> None:
    assert lead.get("/").status_code == 200
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("UPDATE machinery.session SET expires_at = now() - interval '1 s'")
    answer = lead.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in")


def test_a_person_who_is_no_longer_active_sees_nothing(office: World, lead: Browser) -> None:
    told = office.tell()
    office.open()
    assert lead.get(f"/records/{told.record}").status_code == 200
    leaves = commands.leave(CHANCE, office.office_recipients, person=office.people["lead"])
    office.register().append(leaves)
    assert lead.get("/")["Location"] == "/sign-in"
    assert lead.get(f"/records/{told.record}")["Location"] == "/sign-in"
    assert lead.sign_in("lead").status_code == 400


def test_a_made_up_key_is_nobodys(office: World, browser: Browser) -> None:
    for key in ("", "0" * 64, "x" * 64, "0" * 63, "é" * 64, "0" * 5000):
        browser.client.cookies["heed_office"] = key
        assert browser.get("/")["Location"] == "/sign-in"


@pytest.mark.parametrize("table", ["credential", "session"])
@pytest.mark.parametrize("role", ["heed_office", "heed_signin"])
def test_neither_role_of_the_office_can_read_or_make_sessions(
    office: World, role: str, table: str
) -> None:
    with psycopg.connect(office.urls[role], autocommit=True) as connection:
        for statement in (
            f"SELECT * FROM machinery.{table}",
            f"DELETE FROM machinery.{table}",
            f"INSERT INTO machinery.{table} DEFAULT VALUES",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_office_role_can_neither_read_a_password_hash_nor_start_a_session(
    office: World,
) -> None:
    with psycopg.connect(office.urls["heed_office"], autocommit=True) as connection:
        for statement in (
            "SELECT * FROM machinery.credential_of('lead')",
            "SELECT machinery.start_session(gen_random_uuid(), sha256('x'), 1)",
            "SELECT machinery.end_session(sha256('x'))",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@pytest.mark.parametrize(
    ("name", "password"),
    [("", PASSWORD), ("a\0b", PASSWORD), ("lead", "short"), ("lead", "x" * 1025)],
)
def test_a_bad_name_or_password_is_refused_with_a_sentence(
    office: World, name: str, password: str
) -> None:
    with pytest.raises(PasswordWrong, match=r"\.$"):
        set_credential(
            office.urls["heed_owner"],
            office.office_recipients,
            office.people["lead"],
            name,
            password,
        )
    kept = "SELECT 1 FROM machinery.credential WHERE username <> person::text"
    assert office.as_owner(kept) == []


def test_a_new_password_replaces_the_old_one(office: World, browser: Browser) -> None:
    office.give_password("lead")
    set_credential(
        office.urls["heed_owner"],
        office.office_recipients,
        office.people["lead"],
        "lead",
        "another long password",
    )
    assert browser.sign_in("lead").status_code == 400
    assert browser.sign_in("lead", "another long password").status_code == 302


def set_anew(office: World, password: str) -> None:
    set_credential(
        office.urls["heed_owner"],
        office.office_recipients,
        office.people["lead"],
        "lead",
        password,
    )


def test_a_new_password_ends_every_session_of_that_person_and_of_nobody_else(
    office: World, lead: Browser
) -> None:
    office.give_password("colleague")
    other = Browser()
    other.sign_in("colleague")
    assert lead.get("/").status_code == 200
    set_anew(office, "another long password")
    assert lead.get("/")["Location"] == "/sign-in"
    assert other.get("/").status_code == 200


def test_a_name_that_is_taken_ends_no_session(office: World, lead: Browser) -> None:
    office.give_password("colleague")
    with pytest.raises(StoreRefused):
        set_credential(
            office.urls["heed_owner"],
            office.office_recipients,
            office.people["lead"],
            "colleague",
            "another long password",
        )
    assert lead.get("/").status_code == 200


def test_who_was_weighed_with_the_old_password_while_it_was_set_anew_stays_out(
    office: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.give_password("lead")
    right = signing_in._right
    keys: list[str | None] = []
    weighed, replaced = threading.Event(), threading.Event()

    def held_up(stored: str, password: str) -> bool:
        answer = right(stored, password)
        weighed.set()
        replaced.wait(60)
        return answer

    monkeypatch.setattr(signing_in, "_right", held_up)
    door = FrontDoor(Link(office.urls["heed_signin"]))
    thief = threading.Thread(target=lambda: keys.append(door.sign_in("lead", PASSWORD)))
    thief.start()
    assert weighed.wait(60)
    set_anew(office, "another long password")
    replaced.set()
    thief.join(60)
    assert keys == [None]
    assert office.as_owner("SELECT person FROM machinery.session") == []
