"""Every address of the office, met by somebody who has not signed in, and by somebody else's page."""

import re
import uuid
from collections.abc import Iterator
from itertools import product

import pytest
from django.http import HttpResponse
from django.urls import URLPattern

from tests.office.browser import HOST, Browser, form
from tests.office.test_posts import EVERY as OF_POSTS
from tests.world import World

OPEN_TO_ALL = {"sign_in", "sign_out", "healthz", "readyz", "welcome", "call_link"}
STAFF_ONLY = {"queue", "record", "answer", "letter"}
STAFF_ONLY |= {"restrict_person", "restrict_unit", "hand_over", "take_back", "tie", "tie_recorded"}
STAFF_ONLY |= {"bring_in", "end_leave"}
STAFF_ONLY |= {"waiting", "taking", "accept", "decline"}
STAFF_ONLY |= {"away", "back", "my_ties"}
STAFF_ONLY |= {"sorting", "put_aside", "bring_back", "note", "call", "parents", "print", "rung"}
STAFF_ONLY |= {"child", "adult", "decide", "join", "part"}
STAFF_ONLY |= {"files_add", "file", "file_flag", "draft", "record_draft"}
STAFF_ONLY |= {"access", "access_ask", "access_emergency", "access_request", "access_grant"}
STAFF_ONLY |= {"access_decline", "search", "lookback"}
STAFF_ONLY |= {"access_awaited", "emergencies_waiting", "approve", "review_late"}
STAFF_ONLY |= {"flag_ask", "flag_back"}
STAFF_ONLY |= {"identity", "identity_ask", "identity_danger", "identities"}
STAFF_ONLY |= {"identity_decide", "identity_review"}
STAFF_ONLY |= {"my_remits", "remit_why"}
STAFF_ONLY |= {"late", "clocks"}
STAFF_ONLY |= {"refer", "referral", "referral_link", "criticised", "contacts"}
STAFF_ONLY |= {"pack", "pack_made", "pack_file"}
STAFF_ONLY |= {"calls", "call_answer", "reach"}
STAFF_ONLY |= {"tell", "reporters", "challenge", "harm", "seconds", "second"}
STAFF_ONLY |= {"unconfirmed", "reminder"}
STAFF_ONLY |= OF_POSTS
METHODS = ("GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")


def routes() -> list[URLPattern]:
    from heed.office.urls import urlpatterns

    return urlpatterns


def address(route: URLPattern, record: uuid.UUID) -> str:
    return "/" + re.sub(r"<\w+:\w+>", str(record), str(route.pattern))


def answers(browser: Browser, path: str) -> Iterator[tuple[str, HttpResponse]]:
    """Each method, with a good form token, so that only the sign-in is missing."""
    token = form(browser.get("/sign-in"), "password").fields["csrfmiddlewaretoken"]
    for method in METHODS:
        yield (
            method,
            browser.client.generic(
                method,
                path,
                "words=the+heron",
                content_type="application/x-www-form-urlencoded",
                HTTP_X_CSRFTOKEN=token,
            ),
        )


def test_every_route_is_known_to_this_test(office: World) -> None:
    assert {route.name for route in routes()} == OPEN_TO_ALL | STAFF_ONLY


def test_a_stranger_gets_no_further_than_the_sign_in_page(office: World, browser: Browser) -> None:
    told = office.tell("the otter")
    office.open()
    asked = [route for route in routes() if route.name in STAFF_ONLY]
    for route, record in product(asked, (told.record, uuid.uuid4())):
        for method, answer in answers(browser, address(route, record)):
            where = f"{method} {route.name}"
            assert answer.status_code in (302, 401), where
            if answer.status_code == 302:
                assert answer["Location"] == "/sign-in", where
            assert b"otter" not in answer.content, where
    assert office.as_owner("SELECT 1 FROM facts.look") == []
    assert len(office.words_behind(told.code)) == 1


def test_what_a_stranger_to_the_session_had_typed_is_given_back(
    office: World, lead: Browser
) -> None:
    told = office.tell()
    office.open()
    filled = form(lead.get(f"/records/{told.record}"), "words")
    lead.client.cookies["heed_office"] = "0" * 64
    answer = lead.send(filled, words="we have read it")
    assert answer.status_code == 401
    assert "we have read it" in answer.content.decode()
    assert len(office.words_behind(told.code)) == 1


def test_no_address_that_is_not_in_the_list_answers(lead: Browser) -> None:
    for path in ("/admin/", "/records", "/records/", "/static/x", "/.env", "/sign-in/"):
        assert lead.get(path).status_code == 404


def test_every_answer_carries_the_headers(office: World, lead: Browser) -> None:
    told = office.tell()
    office.open()
    assert lead.get(f"/records/{told.record}").status_code == 200
    for route, browser, method in product(routes(), (lead, Browser()), METHODS):
        _check_headers(browser.client.generic(method, address(route, told.record)), route.name)
    assert lead.get("/").status_code == 200, "the session was lost on the way"


def test_pages_that_say_no_carry_the_headers_too(office: World, lead: Browser) -> None:
    _check_headers(lead.get("/nowhere"))
    _check_headers(lead.client.get("/", HTTP_HOST="evil.example.org"))
    _check_headers(lead.client.post("/letters/new", {"told": "x" * (11 * 1024 * 1024)}))


def _check_headers(answer: HttpResponse, where: str | None = None) -> None:
    assert answer["Cache-Control"] == "no-store", where
    assert answer["Content-Security-Policy"].startswith("default-src 'self';"), where
    assert "unsafe" not in answer["Content-Security-Policy"], where
    assert answer["Referrer-Policy"] == "same-origin", where
    assert answer["X-Frame-Options"] == "DENY", where
    assert answer["X-Content-Type-Options"] == "nosniff", where
    assert "Server" not in answer, where


def test_the_pages_hold_no_script_and_no_style_of_their_own(office: World, lead: Browser) -> None:
    told = office.tell()
    office.open()
    for path in ("/", f"/records/{told.record}", "/letters/new", "/nowhere"):
        text = lead.get(path).content.decode()
        for forbidden in ("<script>", "<style", " style=", " onclick=", "http://", "https://"):
            assert forbidden not in text, (path, forbidden)


@pytest.mark.parametrize(
    "name",
    [
        *("sign_in", "sign_out", "answer", "letter", "restrict_person", "restrict_unit"),
        *("bring_in", "end_leave", "hand_over", "take_back", "accept", "decline", "tie"),
    ],
)
def test_a_form_without_its_token_is_refused(office: World, lead: Browser, name: str) -> None:
    told = office.tell()
    office.open()
    (route,) = (each for each in routes() if each.name == name)
    path = address(route, told.record)
    answer = lead.client.post(path, {"words": "the heron", "told": "the heron"})
    assert answer.status_code == 403
    assert b"the heron" not in answer.content
    assert len(office.words_behind(told.code)) == 1


def test_a_form_from_another_site_is_refused_and_its_words_are_not_shown(
    office: World, lead: Browser
) -> None:
    filled = form(lead.get("/letters/new"), "form")
    for origin in ("https://evil.example.org", "null", f"https://{HOST}", f"http://{HOST}:1"):
        answer = lead.client.post(
            "/letters/new", filled.fields | {"told": "the heron"}, HTTP_ORIGIN=origin
        )
        assert answer.status_code == 403
        assert b"the heron" not in answer.content
    answer = lead.client.post(
        "/letters/new", filled.fields | {"told": "the heron"}, HTTP_ORIGIN=f"http://{HOST}"
    )
    assert answer.status_code == 200


def test_our_own_form_that_is_too_old_gives_the_words_back(office: World, lead: Browser) -> None:
    filled = form(lead.get("/letters/new"), "form")
    del lead.client.cookies["heed_office_form"]
    answer = lead.client.post(
        "/letters/new", filled.fields | {"told": "the heron"}, HTTP_ORIGIN=f"http://{HOST}"
    )
    assert answer.status_code == 403
    assert b"the heron" in answer.content


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe\x00told=x", "application/x-www-form-urlencoded"),
        (b"told=%ff%fe&%00=%00", "application/x-www-form-urlencoded; charset=utf-7"),
        (
            b"--x\r\nContent-Disposition: form-data; name=told\r\n\r\ncut",
            "multipart/form-data; boundary=x",
        ),
        (b"x" * 1000, "multipart/form-data"),
        (b"{", "application/json"),
        (b"&" * 5000 + b"=" * 5000, "application/x-www-form-urlencoded"),
        (b"", ""),
    ],
)
def test_what_is_no_form_gets_a_page_and_records_nothing(
    office: World, lead: Browser, body: bytes, kind: str
) -> None:
    answer = lead.client.generic("POST", "/letters/new", body, content_type=kind)
    assert answer.status_code in (400, 403)
    assert b"<h1" in answer.content
    assert office.as_owner("SELECT 1 FROM facts.record") == []


def test_files_are_dropped_and_the_words_beside_them_kept(office: World, lead: Browser) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    filled = form(lead.get("/letters/new"), "form")
    picture = SimpleUploadedFile("x.png", b"\x89PNG" * 100)
    answer = lead.client.post(
        "/letters/new", filled.fields | {"told": "the heron", "picture": picture}
    )
    assert answer.status_code == 200
    assert len(office.as_owner("SELECT 1 FROM facts.record")) == 1
