"""Who one is: a session key that the database looks up; and no words before a look is committed."""

from uuid import UUID, uuid4

import psycopg
import pytest

from heed.access import commands as access
from heed.store.append import append_within
from heed.store.connection import Link
from heed.store.readable import Desk, NotSignedIn
from heed.store.signing_in import key_hash
from tests.walls.yesterday import MARK, ROLES, Yesterday
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

RECORDS = b"SELECT id FROM facts.record"
BODIES = b"SELECT body FROM words.item"
ME = b"SELECT machinery.me()"


def _say_who(connection: psycopg.Connection, key: str, *, local: bool = True) -> None:
    connection.execute("SELECT set_config('heed.session', %s, %s)", (key, local))


def _look(connection: psycopg.Connection, kept: Yesterday, person: str, *records: UUID) -> None:
    who = kept.world.people[person]
    entry = access.look(
        CHANCE, kept.world.office_recipients, person=who, records=records, purpose="own queue"
    )
    append_within(connection, entry)


def _sees(kept: Yesterday, key: str) -> tuple[set[UUID], bool]:
    """The records and whether there are words, for a fresh transaction that carries this key."""
    with kept.signed_in(key) as office:
        records = {row[0] for row in office.execute(RECORDS)}
        return records, bool(office.execute(BODIES).fetchall())


def _age_tickets(kept: Yesterday) -> None:
    kept.without("UPDATE machinery.ticket SET asked_at = asked_at - interval '1 hour'")


def test_without_an_identity_nothing_is_there(kept: Yesterday) -> None:
    with kept.as_role("heed_office") as office:
        for table in ("facts.person", "facts.record", "facts.item", "words.item", "words.person"):
            assert office.execute(f"SELECT * FROM {table}".encode()).fetchall() == []
        assert office.execute(ME).fetchone() == (None,)


def test_a_bare_id_a_guess_or_a_hash_is_nobody(kept: Yesterday) -> None:
    lead = str(kept.world.people["lead"])
    guesses = ["", lead, "lead", "0" * 64, kept.key[:-1], kept.key + " ", kept.key.upper()]
    guesses += [key_hash(kept.key).hex(), "\\x" + key_hash(kept.key).hex(), "' OR 1=1 --", "%"]
    with kept.as_role("heed_office") as office:
        for setting in ("heed.session", "heed.staff", "heed.person", "heed.me", "role.session"):
            for guess in guesses:
                with office.transaction():
                    office.execute("SELECT set_config(%s, %s, true)", (setting, guess))
                    assert office.execute(ME).fetchone() == (None,)
                    assert office.execute(RECORDS).fetchall() == []
    kept.without_line(
        "machinery.me()", "RETURN found_person", "RETURN current_setting('heed.staff', true)::uuid"
    )
    with kept.as_role("heed_office") as office, office.transaction():
        office.execute("SELECT set_config('heed.staff', %s, true)", (lead,))
        assert office.execute(RECORDS).fetchall() == [(kept.mine.record,)]


def test_nobody_signs_in_by_writing_a_session_but_who_signs_people_in(kept: Yesterday) -> None:
    lead = kept.world.people["lead"]
    insert = (
        "INSERT INTO machinery.session VALUES (sha256('mine'), %s, now(), now() + interval '1 day')"
    )
    for role in ROLES:
        with kept.as_role(role) as connection:
            with pytest.raises(psycopg.Error) as refused:
                connection.execute(insert, (lead,))
            assert refused.value.sqlstate == "42501"
            if role != "heed_signin":
                with pytest.raises(psycopg.Error) as refused:
                    connection.execute(
                        "SELECT machinery.start_session(%s, sha256('mine'), 1)", (lead,)
                    )
                assert refused.value.sqlstate == "42501"
    kept.without("GRANT INSERT ON machinery.session TO heed_office")
    with kept.as_role("heed_office") as connection:
        connection.execute(insert, (lead,))
    assert _sees(kept, "mine")[0] == {kept.mine.record}


def test_a_key_stands_for_one_person_until_its_transaction_ends(kept: Yesterday) -> None:
    with kept.as_role("heed_office") as office:
        with office.transaction():
            _say_who(office, kept.key)
            assert office.execute(RECORDS).fetchall() == [(kept.mine.record,)]
        assert office.execute(RECORDS).fetchall() == []
        with office.transaction():
            _say_who(office, kept.her_key)
            assert office.execute(RECORDS).fetchall() == [(kept.hers.record,)]


def test_the_next_user_of_a_shared_connection_is_nobody(kept: Yesterday) -> None:
    """Through the office's own door; a setting for the whole connection would stay behind."""
    link = Link(kept.world.urls["heed_office"])
    desk = Desk(link)
    assert [one.id for one in desk.queue(kept.key, 10)] == [kept.mine.record]
    assert link.rows("SELECT id FROM facts.record") == []
    with pytest.raises(NotSignedIn):
        desk.reader("nobody's key")
    link.rows("SELECT set_config('heed.session', %s, false)", (kept.key,))
    assert link.rows("SELECT id FROM facts.record") == [(kept.mine.record,)]
    assert desk.reader(kept.her_key).id == kept.world.people["colleague"]
    link.close()


def test_a_session_that_has_expired_or_ended_or_whose_person_left_is_nobody(
    kept: Yesterday,
) -> None:
    undo = {
        "UPDATE machinery.session SET expires_at = clock_timestamp()": (
            "UPDATE machinery.session SET expires_at = clock_timestamp() + interval '1 hour'"
        ),
        "UPDATE facts.person SET active = false": "UPDATE facts.person SET active = true",
    }
    # Nobody could be made inactive thus: whoever they answer for would have no owner.
    kept.without("DROP TRIGGER accountable ON facts.person")
    for ends, begins_again in undo.items():
        assert _sees(kept, kept.key)[0] == {kept.mine.record}
        kept.without(ends)
        assert _sees(kept, kept.key) == (set(), False)
        kept.without(begins_again)
    kept.world.link("heed_signin").rows("SELECT machinery.end_session(%s)", (key_hash(kept.key),))
    assert _sees(kept, kept.key) == (set(), False)


def test_sessions_and_tickets_keep_real_time_while_the_demonstrations_clock_is_moved(
    kept: Yesterday,
) -> None:
    kept.without("INSERT INTO machinery.clock (shift) VALUES ('-30 days')")
    kept.without("UPDATE machinery.session SET expires_at = clock_timestamp()")
    assert _sees(kept, kept.key) == (set(), False)
    kept.without("UPDATE machinery.session SET expires_at = clock_timestamp() + interval '1 hour'")
    with kept.signed_in(kept.key) as office:
        _look(office, kept, "lead", kept.mine.record)
    assert _sees(kept, kept.key)[1]
    _age_tickets(kept)
    assert not _sees(kept, kept.key)[1]


def test_no_session_lasts_longer_than_twelve_hours(kept: Yesterday) -> None:
    signin = kept.world.link("heed_signin")
    lead = kept.world.people["lead"]
    signin.rows("SELECT machinery.start_session(%s, sha256('long'), 1000000)", (lead,))
    rows = kept.world.as_owner(
        "SELECT expires_at <= clock_timestamp() + interval '12 hours' FROM machinery.session"
        " WHERE key_hash = sha256('long')"
    )
    assert rows == [(True,)]


def test_a_look_that_is_not_committed_opens_nothing(kept: Yesterday) -> None:
    _age_tickets(kept)
    with kept.as_role("heed_office") as office:
        with office.transaction(force_rollback=True):
            _say_who(office, kept.key)
            _look(office, kept, "lead", kept.mine.record)
            assert office.execute(BODIES).fetchall() == []
            with office.transaction():
                assert office.execute(BODIES).fetchall() == []
        assert _sees(kept, kept.key) == ({kept.mine.record}, False)
        with office.transaction():
            _say_who(office, kept.key)
            with office.transaction(force_rollback=True):
                _look(office, kept, "lead", kept.mine.record)
        assert not _sees(kept, kept.key)[1]


def test_without_that_question_a_look_could_be_taken_back_after_reading(kept: Yesterday) -> None:
    _age_tickets(kept)
    kept.without_line(
        "machinery.my_open_records()", "AND pg_xact_status(t.asked_in) = 'committed'", ""
    )
    looks = kept.world.as_owner("SELECT count(*) FROM facts.look")
    with kept.as_role("heed_office") as office, office.transaction(force_rollback=True):
        _say_who(office, kept.key)
        _look(office, kept, "lead", kept.mine.record)
        assert MARK in str(office.execute(BODIES).fetchall())
    assert kept.world.as_owner("SELECT count(*) FROM facts.look") == looks


def test_a_committed_look_opens_its_records_for_five_minutes(kept: Yesterday) -> None:
    _age_tickets(kept)
    with kept.signed_in(kept.key) as office:
        _look(office, kept, "lead", kept.mine.record)
    with kept.signed_in(kept.key) as office:
        streams = office.execute(b"SELECT DISTINCT stream FROM words.item").fetchall()
    assert streams == [(kept.mine.record,)]
    for age, open_still in (("4 minutes 50 seconds", True), ("5 minutes 1 second", False)):
        kept.without(f"UPDATE machinery.ticket SET asked_at = clock_timestamp() - interval '{age}'")
        assert _sees(kept, kept.key)[1] is open_still, age
    kept.without_line(
        "machinery.my_open_records()",
        "AND t.asked_at > clock_timestamp() - interval '5 minutes'",
        "",
    )
    assert _sees(kept, kept.key)[1]


def test_one_sessions_look_opens_nothing_for_another(kept: Yesterday) -> None:
    _age_tickets(kept)
    other = kept.world.sign_in("lead")
    with kept.signed_in(kept.key) as office:
        _look(office, kept, "lead", kept.mine.record)
    assert _sees(kept, kept.key) == ({kept.mine.record}, True)
    assert _sees(kept, other) == ({kept.mine.record}, False)
    assert _sees(kept, kept.her_key) == ({kept.hers.record}, False)
    kept.without_line("machinery.my_open_records()", "WHERE t.session = mine", "WHERE true")
    assert _sees(kept, other)[1]


def test_a_look_opens_no_record_that_is_not_the_readers_any_more(kept: Yesterday) -> None:
    with kept.signed_in(kept.key) as office:
        _look(office, kept, "lead", kept.mine.record)
    assert _sees(kept, kept.key) == ({kept.mine.record}, True)
    kept.without(f"UPDATE facts.record SET owner = '{kept.world.people['colleague']}'")
    assert _sees(kept, kept.key) == (set(), False)


def test_each_condition_of_the_rule_hides_the_record_by_itself(kept: Yesterday) -> None:
    record = kept.mine.record
    hidings = {
        f"DELETE FROM words.screened WHERE record = '{record}'": (
            f"INSERT INTO words.screened VALUES ('{record}')"
        ),
        f"INSERT INTO words.stopped VALUES ('{record}', '{record}', 'why')": "DELETE FROM words.stopped",
        f"INSERT INTO facts.stopped VALUES ('{record}', '{record}', 'why')": "DELETE FROM facts.stopped",
        "DELETE FROM facts.head": "INSERT INTO facts.head DEFAULT VALUES",
    }
    for hide, show in hidings.items():
        assert _sees(kept, kept.key)[0] == {record}
        kept.without(hide)
        assert _sees(kept, kept.key) == (set(), False), hide
        kept.without(show)


def test_a_cheap_function_of_ones_own_does_not_see_hidden_rows_first(kept: Yesterday) -> None:
    kept.without(f"GRANT TEMPORARY ON DATABASE {kept.world.database.name} TO heed_office")
    leak = (
        b"CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
        b" $$ BEGIN RAISE WARNING '%', $1; RETURN true; END $$"
    )
    asked = b"SELECT count(*) FROM facts.record WHERE pg_temp.leak(reference)"
    told: list[str] = []
    with kept.as_role("heed_office") as office:
        office.add_notice_handler(lambda notice: told.append(str(notice.message_primary)))
        office.execute(b"SET client_min_messages = warning")
        office.execute(leak)
        with office.transaction():
            _say_who(office, kept.key)
            assert office.execute(asked).fetchone() == (1,)
        assert len(told) == 1
        kept.without("ALTER TABLE facts.record DISABLE ROW LEVEL SECURITY")
        assert office.execute(asked).fetchone() == (3,)
        assert len(told) == 4


def test_copying_out_obeys_the_same_rule(kept: Yesterday) -> None:
    with kept.signed_in(kept.key) as office, office.cursor() as cursor:
        with cursor.copy(b"COPY (SELECT id FROM facts.record) TO STDOUT") as copy:
            rows = list(copy.rows())
    assert rows == [(str(kept.mine.record),)]


def test_the_thread_key_is_given_to_the_records_own_reader_only(kept: Yesterday) -> None:
    asked = "SELECT register.thread_key(%s)"
    with kept.signed_in(kept.key) as office:
        for record in (kept.hers.record, kept.unopened.record, uuid4()):
            assert office.execute(asked, (record,)).fetchone() == (None,)
        row = office.execute(asked, (kept.mine.record,)).fetchone()
        assert row is not None
        assert bytes(row[0]) == kept.mine.door.public


def test_one_person_finds_no_sign_of_what_is_anothers(kept: Yesterday) -> None:
    asked = (
        b"SELECT count(*) FROM facts.record",
        b"SELECT count(*) FROM facts.item",
        b"SELECT max(filed_at) FROM facts.record",
        b"SELECT count(*) FROM words.item",
        b"SELECT string_agg(reference, ' ') FROM facts.record",
        b"SELECT * FROM machinery.my_records()",
        b"SELECT * FROM machinery.my_open_records()",
    )

    def answers() -> list[object]:
        with kept.signed_in(kept.key) as office:
            return [office.execute(question).fetchall() for question in asked]

    _age_tickets(kept)
    before = answers()
    for number in range(3):
        kept.world.tell(f"for the colleague {number} {MARK}")
    kept.world.open()
    assert answers() == before
    kept.without_line("machinery.my_records()", "o.owner = me", "true")
    assert answers() != before


def test_a_query_plan_does_not_tell_how_much_is_anothers(kept: Yesterday) -> None:
    for number in range(40):
        kept.world.tell(f"for the colleague {number} {MARK}")
    asked = "EXPLAIN (FORMAT JSON) SELECT FROM facts.record WHERE owner = %s"
    people = [kept.world.people[name] for name in ("colleague", "third")]

    def estimates() -> set[int]:
        with kept.signed_in(kept.key) as office, psycopg.ClientCursor(office) as cursor:
            plans = [cursor.execute(asked, (person,)).fetchone() for person in people]
        return {plan[0][0]["Plan"]["Plan Rows"] for plan in plans if plan is not None}

    kept.without("ANALYZE")
    assert len(estimates()) == 1
    kept.without("ALTER TABLE facts.record ALTER COLUMN owner SET STATISTICS 100", "ANALYZE")
    assert len(estimates()) == 2


FORTY = {
    "sorting": (
        "actor",
        "INSERT INTO facts.sorting (record, entry, outcome, actor, at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 'concern', '{0}', now()"
        " FROM generate_series(1, 40)",
    ),
    "line": (
        "unit",
        "INSERT INTO facts.line SELECT gen_random_uuid(), '{0}', NULL, now()"
        " FROM generate_series(1, 40)",
    ),
}
"""What there is forty times of one person's, or of one unit."""


@pytest.mark.parametrize("table", FORTY)
def test_nor_does_a_plan_tell_how_much_somebody_sorted_or_how_a_unit_moved(
    kept: Yesterday, table: str
) -> None:
    column, forty = FORTY[table]
    people = [kept.world.people[name] for name in ("colleague", "third")]
    asked = f"EXPLAIN (FORMAT JSON) SELECT FROM facts.{table} WHERE {column} = %s".encode()

    def estimates() -> set[int]:
        with kept.signed_in(kept.key) as office, psycopg.ClientCursor(office) as cursor:
            plans = [cursor.execute(asked, (person,)).fetchone() for person in people]
        return {plan[0][0]["Plan"]["Plan Rows"] for plan in plans if plan is not None}

    kept.without(forty.format(people[0]), f"ANALYZE facts.{table}")
    assert len(estimates()) == 1
    samples = f"ALTER TABLE facts.{table} ALTER COLUMN {column} SET STATISTICS 100"
    kept.without(samples, f"ANALYZE facts.{table}")
    assert len(estimates()) == 2


def test_no_second_copy_of_words_stands_among_the_planners_samples(kept: Yesterday) -> None:
    with kept.world.database.server.superuser(kept.world.database.name) as superuser:
        asked = b"SELECT count(*) FROM pg_stats WHERE schemaname = 'words'"
        superuser.execute(b"ANALYZE words.item, words.person")
        assert superuser.execute(asked).fetchone() == (0,)
        superuser.execute(b"ALTER TABLE words.item ALTER COLUMN body SET STATISTICS 100")
        superuser.execute(b"ANALYZE words.item")
        samples = superuser.execute(b"SELECT histogram_bounds::text FROM pg_stats").fetchall()
        assert MARK in str(samples)
