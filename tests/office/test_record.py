"""Opening a record, reading it, answering: a look first, and only what is one's own."""

import json
import uuid

import psycopg
import pytest

from heed.access import commands as access
from heed.intake import commands as intake
from heed.store.append import append_within
from tests.office.browser import Browser, form
from tests.world import CHANCE, Told, World

HOSTILE = (
    "<script>alert('x')</script> {{ 7*7 }} \0 \u202eright to left\u202c 👩‍👧 é \r\nnew line %s ${x}"
)


def told(office: World, saw: str = "the heron on the weir", **words: str) -> Told:
    made = office.tell(saw, **words)
    office.open()
    return made


def looks(office: World) -> list[tuple]:
    return office.as_owner("SELECT person, records, purpose FROM facts.look ORDER BY at")


def test_the_person_on_duty_reads_what_was_told(office: World, lead: Browser) -> None:
    made = told(office, who="a heron keeper", where="by the weir")
    text = lead.get(f"/records/{made.record}").content.decode()
    for words in ("the heron on the weir", "a heron keeper", "by the weir"):
        assert words in text


def test_each_reading_stands_in_the_record_as_a_look(office: World, lead: Browser) -> None:
    made = told(office)
    for count in (1, 2):
        lead.get(f"/records/{made.record}")
        assert looks(office) == [(office.people["lead"], [made.record], "own queue")] * count


def test_the_queue_and_the_writer_learn_that_it_was_opened(office: World, lead: Browser) -> None:
    made = told(office)
    before = lead.get("/").content
    assert office.thread(made.code).opened_at is None
    lead.get(f"/records/{made.record}")
    assert office.thread(made.code).opened_at is not None
    assert lead.get("/").content != before


def test_hostile_words_are_shown_as_words(office: World, lead: Browser) -> None:
    made = told(office, HOSTILE, who=HOSTILE)
    text = lead.get(f"/records/{made.record}").content.decode()
    assert "<script>alert" not in text
    assert "{{ 7*7 }}" in text
    assert "👩‍👧" in text


def test_another_persons_record_is_the_same_page_as_none(office: World, lead: Browser) -> None:
    office.put_on_duty("colleague")
    theirs = told(office)
    answers = [lead.get(f"/records/{each}") for each in (theirs.record, uuid.uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert dict(answers[0].items()) == dict(answers[1].items())
    assert looks(office) == []


def test_answering_another_persons_record_is_the_same_page_as_none(
    office: World, lead: Browser
) -> None:
    mine = told(office)
    filled = form(lead.get(f"/records/{mine.record}"), "words")
    office.put_on_duty("colleague")
    theirs = told(office)
    answers = [
        lead.send(filled, f"/records/{each}/answer", words="an answer")
        for each in (theirs.record, uuid.uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert len(office.words_behind(theirs.code)) == 1


def test_an_address_that_is_no_record_is_the_same_page_too(lead: Browser) -> None:
    none = lead.get(f"/records/{uuid.uuid4()}").content
    for address in ("x", str(uuid.uuid4()).upper(), "../", f"{uuid.uuid4()}/", "%00"):
        answer = lead.get(f"/records/{address}")
        assert (answer.status_code, answer.content) == (404, none)


def test_an_answer_reaches_the_writer_and_opens_with_the_code(office: World, lead: Browser) -> None:
    made = told(office)
    filled = form(lead.get(f"/records/{made.record}"), "words")
    answer = lead.send(filled, words=HOSTILE)
    assert (answer.status_code, answer["Location"]) == (302, f"/records/{made.record}?answered")
    bodies = [json.loads(body) for body in office.words_behind(made.code)]
    assert bodies[1]["words"].replace("\r\n", "\n") == HOSTILE.replace("\r\n", "\n")


def test_the_answer_shows_in_the_record_with_its_writers_name(office: World, lead: Browser) -> None:
    made = told(office)
    office.open()
    page = lead.get(f"/records/{made.record}")
    after = lead.send(form(page, "words"), words="we have read it")
    waiting = lead.get(after["Location"])
    assert waiting.status_code == 200  # the opener has not brought it yet
    office.open()
    text = lead.get(after["Location"]).content.decode()
    assert "we have read it" in text
    assert "Safeguarding lead" in text


def test_the_same_answer_sent_twice_is_recorded_once(office: World, lead: Browser) -> None:
    made = told(office)
    filled = form(lead.get(f"/records/{made.record}"), "words")
    for _ in range(2):
        assert lead.send(filled, words="we have read it").status_code == 302
    assert len(office.words_behind(made.code)) == 2


def test_other_words_from_the_same_page_are_another_answer(office: World, lead: Browser) -> None:
    made = told(office)
    filled = form(lead.get(f"/records/{made.record}"), "words")
    lead.send(filled, words="we have read it")
    lead.send(filled, words="we have read it twice")
    assert len(office.words_behind(made.code)) == 3


@pytest.mark.parametrize("token", ["", "x", "00", "zz" * 32, "é"])
def test_a_token_that_is_none_still_records_the_answer(
    office: World, lead: Browser, token: str
) -> None:
    made = told(office)
    filled = form(lead.get(f"/records/{made.record}"), "words")
    assert lead.send(filled, words="we have read it", token=token).status_code == 302
    assert len(office.words_behind(made.code)) == 2


@pytest.mark.parametrize("words", ["", "  \r\n\t "])
def test_an_empty_answer_is_asked_for_again(office: World, lead: Browser, words: str) -> None:
    made = told(office)
    filled = form(lead.get(f"/records/{made.record}"), "words")
    answer = lead.send(filled, words=words)
    assert answer.status_code == 400
    assert "the heron on the weir" in answer.content.decode()
    assert len(office.words_behind(made.code)) == 1


def test_a_record_without_a_way_back_says_so_and_keeps_the_words_typed(
    office: World, lead: Browser
) -> None:
    made = told(office)
    filled = form(lead.get(f"/records/{made.record}"), "words")
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE register.thread DISABLE TRIGGER append_only")
        connection.execute("DELETE FROM register.thread")
    page = lead.get(f"/records/{made.record}")
    assert page.status_code == 200
    answer = lead.send(filled, words="we have read it")
    assert answer.status_code == 400
    assert "we have read it" in answer.content.decode()


def test_what_the_writer_adds_later_is_read_in_order(office: World, lead: Browser) -> None:
    made = told(office, "first the heron")
    added = intake.add_words(
        CHANCE,
        office.public_recipients(made.code),
        "then the otter",
        record=made.record,
        lookup=made.code.lookup,
        token=b"t" * 32,
    )
    office.register("heed_intake").append(added)
    office.open()
    text = lead.get(f"/records/{made.record}").content.decode()
    assert text.index("first the heron") < text.index("then the otter")


def _words(connection: psycopg.Connection, key: str, record: uuid.UUID) -> list:
    connection.execute("SELECT set_config('heed.session', %s, true)", (key,))
    return connection.execute("SELECT body FROM words.item WHERE stream = %s", (record,)).fetchall()


def _look(office: World, connection: psycopg.Connection, key: str, record: uuid.UUID) -> None:
    connection.execute("SELECT set_config('heed.session', %s, true)", (key,))
    entry = access.look(
        CHANCE,
        office.office_recipients,
        person=office.people["lead"],
        records=[record],
        purpose="own queue",
    )
    append_within(connection, entry)


def test_words_cannot_be_read_without_a_committed_look(office: World) -> None:
    made, key = told(office), office.sign_in("lead")
    with psycopg.connect(office.urls["heed_office"], autocommit=True) as connection:
        with connection.transaction():
            assert _words(connection, key, made.record) == []
        with connection.transaction(force_rollback=True):  # the look is taken back
            _look(office, connection, key, made.record)
            assert _words(connection, key, made.record) == []
        with connection.transaction():
            assert _words(connection, key, made.record) == []
        with connection.transaction():
            _look(office, connection, key, made.record)
            assert _words(connection, key, made.record) == []  # not in the looking transaction
        with connection.transaction():
            assert len(_words(connection, key, made.record)) == 1
        assert connection.execute("SELECT * FROM words.item").fetchall() == []  # without the key


def test_a_look_of_one_session_opens_nothing_for_another(office: World) -> None:
    made, key, other = told(office), office.sign_in("lead"), office.sign_in("lead")
    with psycopg.connect(office.urls["heed_office"], autocommit=True) as connection:
        with connection.transaction():
            _look(office, connection, key, made.record)
        with connection.transaction():
            assert _words(connection, other, made.record) == []


def test_a_look_is_good_for_five_minutes(office: World) -> None:
    made, key = told(office), office.sign_in("lead")
    with psycopg.connect(office.urls["heed_office"], autocommit=True) as connection:
        with connection.transaction():
            _look(office, connection, key, made.record)
        with office.database.server.superuser(office.database.name) as owner:
            owner.execute("UPDATE machinery.ticket SET asked_at = now() - interval '5 min 1 s'")
        with connection.transaction():
            assert _words(connection, key, made.record) == []


def test_without_the_wall_the_words_would_show(office: World) -> None:
    """The control removed, to see that the tests above would notice."""
    made, key = told(office), office.sign_in("lead")
    with office.database.server.superuser(office.database.name) as connection:
        connection.execute("ALTER POLICY office ON words.item USING (true)")
    with psycopg.connect(office.urls["heed_office"], autocommit=True) as connection:
        with connection.transaction():
            assert len(_words(connection, key, made.record)) == 1
        assert len(connection.execute("SELECT * FROM words.item").fetchall()) == 1
