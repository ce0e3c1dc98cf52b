"""Telling who one is, or not: sealed apart unless one says otherwise, and never on the page behind the code."""

import psycopg
import pytest

from heed.register.return_code import ReturnCode
from tests.public.conftest import Face
from tests.walls.sealing import NAME, REACH

WHO = {"name": NAME, "reach": REACH}


def tell(face: Face, **who: str) -> str:
    """The whole journey with these answers to who one is; the code's words."""
    browser = face.browser()
    page = browser.get("/tell")
    page = browser.send(page, page.form("form"), saw="He waits by the ferry.", step="you")
    page = browser.send(page, page.form("form"), step="check", **who)
    page = browser.send(page, page.form("form"), step="send")
    return page.texts["return-code"]


def kept(face: Face, table: str) -> list[str]:
    """What stands in this table of words, once the opener has come by."""
    face.world.open()
    with psycopg.connect(face.world.database.superuser_url) as connection:
        rows = connection.execute(f"SELECT body FROM words.{table} ORDER BY entry".encode())
        return [str(body) for (body,) in rows]


def empty(face: Face) -> None:
    with psycopg.connect(face.world.database.superuser_url) as connection:
        connection.execute("TRUNCATE words.identity, words.item")


@pytest.fixture(autouse=True)
def fresh(face: Face) -> None:
    face.world.open()
    empty(face)


@pytest.mark.parametrize("keep", [{"keep": "apart"}, {}, {"keep": "\0"}, {"keep": "SHOWN"}])
def test_a_name_is_sealed_apart_unless_its_owner_lets_it_be_seen(
    face: Face, keep: dict[str, str]
) -> None:
    tell(face, **WHO, **keep)
    items, (who,) = kept(face, "item"), kept(face, "identity")
    assert NAME in who
    assert REACH in who
    assert len(items) == 1
    assert not any(said in items[0] for said in (NAME, REACH, "07700"))


def test_a_name_that_may_be_seen_stands_with_the_words(face: Face) -> None:
    tell(face, **WHO, keep="shown")
    (said,) = kept(face, "item")
    assert NAME in said
    assert REACH in said
    assert kept(face, "identity") == []


@pytest.mark.parametrize("keep", ["apart", "shown"])
def test_whoever_leaves_it_empty_leaves_nothing(face: Face, keep: str) -> None:
    tell(face, keep=keep, name=" ", reach="")
    assert kept(face, "identity") == []
    assert '"sender":""' in kept(face, "item")[0]


@pytest.mark.parametrize("keep", ["apart", "shown"])
def test_nothing_of_it_ever_shows_behind_the_code(face: Face, keep: str) -> None:
    """Somebody else may hold the telephone."""
    code = tell(face, **WHO, keep=keep)
    browser = face.browser()
    page = browser.get("/return")
    page = browser.send(page, page.form("code"), code=code)
    shown = browser.send(page, page.form("way_back"), step="show")
    assert b"He waits by the ferry." in shown.content
    for answer in (page, shown):
        for said in (NAME, REACH, "seal", "who you are"):
            assert said.encode() not in answer.content


APART = b"We keep it apart from the rest."


def come_back(face: Face, code: str, step: str) -> bytes:
    browser = face.browser()
    page = browser.get("/return")
    page = browser.send(page, page.form("code"), code=code)
    return browser.send(page, page.form("way_back"), step=step).content


def test_whoever_asked_for_it_is_told_that_their_name_is_kept_apart(face: Face) -> None:
    code = tell(face, **WHO, keep="apart")
    assert APART in come_back(face, code, "show")
    assert APART not in come_back(face, code, "hide")  # somebody else may hold the telephone
    for other in (tell(face, **WHO, keep="shown"), tell(face, keep="apart")):
        assert APART not in come_back(face, other, "show")


def test_the_last_page_says_so_at_once(face: Face) -> None:
    browser = face.browser()
    for keep, said in (("apart", True), ("shown", False)):
        page = browser.get("/tell")
        page = browser.send(page, page.form("form"), saw="A van.", step="check", keep=keep, **WHO)
        assert (APART in browser.send(page, page.form("form"), step="send").content) is said


def test_the_code_brings_the_fact_and_not_one_sealed_byte_of_the_name(face: Face) -> None:
    code = ReturnCode.parse(tell(face, **WHO, keep="apart"))
    _, apart = face.world.thread(code).items
    assert (apart.sealed, apart.wrap) == (b"", b"")
    with psycopg.connect(face.world.database.superuser_url) as connection:
        row = connection.execute(
            "SELECT pg_get_functiondef('register.thread(bytea)'::regprocedure)"
        ).fetchone()
        assert row is not None
        assert " AND i.entry IS NULL" in row[0]
        connection.execute(row[0].replace(" AND i.entry IS NULL", "").encode())
        connection.commit()
        assert face.world.thread(code).items[1].sealed
        connection.execute(row[0].encode())


def test_sending_it_twice_seals_it_once(face: Face) -> None:
    browser = face.browser()
    page = browser.get("/tell")
    page = browser.send(page, page.form("form"), saw="A van.", step="check", **WHO)
    for _ in range(2):
        browser.send(page, page.form("form"), step="send")
    assert len(kept(face, "identity")) == 1


def test_the_form_gives_back_what_was_typed_and_says_what_will_happen(face: Face) -> None:
    browser = face.browser()
    page = browser.get("/tell")
    page = browser.send(page, page.form("form"), child="yes", step="you")
    assert b"It is fine to leave this page empty." in page.content
    page = browser.send(page, page.form("form"), step="check", **WHO)
    assert b"It is kept apart" in page.content
    assert NAME.encode() in page.content
    page = browser.send(page, page.form("form"), step="you")
    assert page.form("form").fields["name"] == NAME
