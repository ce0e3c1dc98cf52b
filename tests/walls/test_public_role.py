"""The public process, taken over, with its own connection and raw SQL: not one word of yesterday."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from heed.core.ports import SealedEntry
from heed.register.return_code import ReturnCode
from tests.walls.plunder import REFUSED, attempt, loot, ours, tables
from tests.walls.yesterday import MARK, ROLES, SCHEMAS, Yesterday
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

THREAD = "SELECT * FROM register.thread(%s)"
EVERYONE = (*ROLES, "heed_owner", "heed_rule", "postgres", "pg_read_all_data", "pg_monitor")


@pytest.fixture
def public(kept: Yesterday) -> Iterator[psycopg.Connection]:
    """The public role's own connection."""
    with kept.as_role("heed_intake") as connection:
        yield connection


@contextmanager
def _member(kept: Yesterday, role: str) -> Iterator[None]:
    """Memberships belong to the whole server: taken back afterwards."""
    kept.without(f"GRANT {role} TO heed_intake")
    try:
        yield
    finally:
        kept.without(f"REVOKE {role} FROM heed_intake")


def _found(kept: Yesterday, text: str) -> list[str]:
    return [mark for mark in kept.marks if mark in text]


def _code(refused: pytest.ExceptionInfo[psycopg.Error]) -> str:
    return str(refused.value.sqlstate)


def test_nothing_that_raw_sql_brings_out_holds_a_word_a_ciphertext_or_a_key(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    kept.without("ANALYZE")
    found = loot(public)
    assert len(found) > 100_000
    assert _found(kept, found) == []


def test_every_way_into_every_table_is_refused(public: psycopg.Connection) -> None:
    names = [name for name in ours(tables(public)) if name.split(".")[0] in SCHEMAS]
    names = [name for name in names if not name.endswith("_seq")]
    assert len(names) > 20
    ways = (
        "SELECT FROM {}",
        "SELECT count(*) FROM {}",
        "INSERT INTO {} DEFAULT VALUES",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "COPY {} TO STDOUT",
        "COPY {} FROM STDIN",
        "LOCK TABLE {} IN ACCESS SHARE MODE",
    )
    for name in names:
        for way in ways:
            with pytest.raises(psycopg.Error) as refused, public.transaction():
                public.execute(way.format(name).encode())
            assert _code(refused) == REFUSED, (way, name)


OPENED = {
    "a grant, and no row-level security": (
        "GRANT USAGE ON SCHEMA words TO heed_intake",
        "GRANT SELECT ON words.item TO heed_intake",
        "ALTER TABLE words.item DISABLE ROW LEVEL SECURITY",
    ),
    "the opener's door": (
        "GRANT EXECUTE ON FUNCTION register.unopened(integer,uuid[],boolean) TO heed_intake",
    ),
    "functions that everybody may call": (
        "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA register, machinery TO PUBLIC",
    ),
    "a superuser's view": (
        "CREATE VIEW register.overview AS SELECT * FROM words.item",
        "GRANT SELECT ON register.overview TO heed_intake",
    ),
    "a copy for convenience": (
        "CREATE MATERIALIZED VIEW register.search AS SELECT * FROM words.person",
        "GRANT SELECT ON register.search TO PUBLIC",
    ),
    "a definer of the superuser's": (
        "CREATE FUNCTION register.peek(uuid) RETURNS SETOF text SECURITY DEFINER LANGUAGE sql"
        " AS 'SELECT body FROM words.item'",
    ),
    "the sealed entries": ("GRANT SELECT ON register.entry TO heed_intake",),
    "the ways back": ("GRANT SELECT ON register.thread TO heed_intake",),
}


@pytest.mark.parametrize("opened", OPENED.values(), ids=OPENED)
def test_with_one_wall_down_the_same_attack_succeeds(
    kept: Yesterday, public: psycopg.Connection, opened: tuple[str, ...]
) -> None:
    assert _found(kept, loot(public, everywhere=False)) == []
    kept.without(*opened)
    assert _found(kept, loot(public, everywhere=False)) != []


def test_the_public_role_can_become_nobody_else(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    for role in EVERYONE:
        if role != "heed_intake":
            for way in ("SET ROLE {}", "SET SESSION AUTHORIZATION {}", "GRANT {} TO heed_intake"):
                with pytest.raises(psycopg.Error) as refused:
                    public.execute(way.format(role).encode())
                assert _code(refused) == REFUSED
    assert attempt(public, "RESET ROLE") == []
    assert public.execute("SELECT current_user, session_user").fetchone() == ("heed_intake",) * 2
    with _member(kept, "heed_rule"), kept.as_role("heed_intake") as member:
        member.execute("SET ROLE heed_rule")
        assert MARK in str(member.execute("SELECT body FROM words.item").fetchall())


def test_a_look_up_that_is_nearly_right_opens_nothing(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    right = kept.mine.door.lookup
    guesses: list[bytes | None] = [None, b"", right[:31], right + b"\0", b"%", bytes(32)]
    guesses += [
        bytes(byte ^ (1 << bit if at == place else 0) for at, byte in enumerate(right))
        for place in (0, 15, 31)
        for bit in (0, 7)
    ]
    for guess in guesses:
        assert public.execute(THREAD, (guess,)).fetchall() == []
    kept.without_line("register.thread(bytea)", "t.lookup = p_lookup", "true")
    assert public.execute(THREAD, (b"",)).fetchall()


def test_a_right_look_up_gives_that_threads_ciphertext_and_no_other(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    rows = public.execute(THREAD, (kept.mine.door.lookup,)).fetchall()
    assert [row[7] for row in rows] == ["code", "thread", "code"]
    text = str(rows)
    assert MARK not in text
    for other in (kept.hers, kept.unopened):
        assert other.entry.sealed not in [row[6] for row in rows]
        assert str(other.record) not in text


def test_a_stolen_session_of_the_office_opens_nothing_here(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    asked = "SELECT * FROM machinery.my_records()"
    with public.transaction():
        public.execute("SELECT set_config('heed.session', %s, true)", (kept.key,))
        assert _found(kept, loot(public, everywhere=False)) == []
    kept.without("GRANT EXECUTE ON FUNCTION machinery.my_records() TO heed_intake")
    with public.transaction():
        public.execute("SELECT set_config('heed.session', %s, true)", (kept.key,))
        assert public.execute(asked.encode()).fetchall() == [(kept.mine.record,)]


def test_nothing_can_be_made_that_stands_before_what_is_looked_up(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    made = (
        "CREATE TEMPORARY TABLE entry (id uuid)",
        "CREATE FUNCTION pg_temp.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'SELECT $1'",
        "CREATE TABLE public.entry (id uuid)",
        "CREATE SCHEMA heed_intake",
        "CREATE TABLE register.entry2 (id uuid)",
        "CREATE OR REPLACE FUNCTION register.thread(bytea) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION register.thread(bytea) RESET search_path",
        "ALTER FUNCTION register.thread(bytea) SECURITY INVOKER",
        "CREATE RULE loot AS ON INSERT TO register.entry DO ALSO SELECT 1",
        "CREATE TRIGGER loot AFTER INSERT ON register.entry EXECUTE FUNCTION register.refuse_change()",
        "DROP FUNCTION register.thread(bytea)",
        "COMMENT ON TABLE register.entry IS 'mine'",
        "ALTER ROLE heed_office PASSWORD 'guess'",
        "CREATE ROLE another",
    )
    for statement in made:
        with pytest.raises(psycopg.Error) as refused:
            public.execute(statement.encode())
        assert _code(refused) in (REFUSED, "3F000"), statement
    kept.without(f"GRANT TEMPORARY ON DATABASE {kept.world.database.name} TO heed_intake")
    public.execute(made[0].encode())


# An operator of the attacker's, found before PostgreSQL's own, that says yes to every comparison.
_YES = (
    "CREATE FUNCTION public.yes(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
    "CREATE OPERATOR public.= (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = public.yes)",
    "SET search_path = public, pg_catalog",
)


def test_a_definer_function_looks_only_where_its_pinned_path_says(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    kept.without("GRANT ALL ON SCHEMA public TO PUBLIC")  # as PostgreSQL 14 had it
    for statement in _YES:
        public.execute(statement.encode())
    assert public.execute(THREAD, (b"guess",)).fetchall() == []
    kept.without("ALTER FUNCTION register.thread(bytea) RESET search_path")
    with kept.as_role("heed_intake") as again:
        again.execute("SET search_path = public, pg_catalog")
        assert again.execute(THREAD, (b"guess",)).fetchall()


def test_no_notice_reaches_who_listens(kept: Yesterday, public: psycopg.Connection) -> None:
    for channel in ("heed", "entry", "register", "words", "item", "filed", "opened"):
        public.execute(f"LISTEN {channel}".encode())
    kept.world.tell(f"said while somebody listens {MARK}")
    kept.world.open()
    assert list(public.notifies(timeout=0.2)) == []
    kept.without(
        "CREATE FUNCTION words.tell() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_notify('heed', NEW.body); RETURN NULL; END $$",
        "CREATE TRIGGER tell AFTER INSERT ON words.item FOR EACH ROW EXECUTE FUNCTION words.tell()",
        "GRANT EXECUTE ON FUNCTION words.tell() TO heed_opener",
    )
    kept.world.tell(f"said while somebody listens {MARK}")
    kept.world.open()
    heard = list(public.notifies(timeout=2, stop_after=1))
    assert MARK in heard[0].payload


def test_another_roles_large_object_is_closed(kept: Yesterday, public: psycopg.Connection) -> None:
    number = 49152
    kept.without(f"SELECT lo_from_bytea({number}, '{MARK}')")
    asked = f"SELECT convert_from(lo_get({number}), 'UTF8')"
    with pytest.raises(psycopg.Error) as refused:
        public.execute(asked.encode())
    assert _code(refused) == REFUSED
    kept.without(f"GRANT SELECT ON LARGE OBJECT {number} TO heed_intake")
    assert public.execute(asked.encode()).fetchone() == (MARK,)
    kept.without(f"SELECT lo_unlink({number})")


def test_what_others_are_asking_right_now_is_not_shown(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    asked = "SELECT coalesce(string_agg(query, ' '), '') FROM pg_stat_activity WHERE pid = %s"
    with kept.as_role("heed_opener") as opener:
        pid = opener.info.backend_pid
        opener.execute(f"SELECT '{MARK}'".encode())
        assert public.execute(asked, (pid,)).fetchone() == ("<insufficient privilege>",)
        with _member(kept, "pg_read_all_stats"), kept.as_role("heed_intake") as member:
            row = member.execute(asked, (pid,)).fetchone()
            assert row is not None
            assert MARK in row[0]


def test_what_the_public_process_sends_itself_stands_in_no_query_text(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    texts: set[str] = set()
    end = threading.Event()

    def watch() -> None:
        with kept.as_role("heed_intake") as spy:
            while not end.is_set():
                rows = spy.execute(
                    "SELECT query FROM pg_stat_activity WHERE usename = current_user"
                )
                texts.update(row[0] for row in rows)

    watcher = threading.Thread(target=watch)
    watcher.start()
    told = [kept.world.tell(f"said under watch {MARK}") for _ in range(20)]
    end.set()
    watcher.join()
    assert any("register.append" in text for text in texts)
    for one in told:
        for secret in (MARK, one.door.lookup.hex(), str(one.record), one.entry.sealed.hex()[:32]):
            assert not any(secret in text for text in texts)


def test_statistics_of_closed_tables_are_closed(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    kept.without("ANALYZE words.item", "ANALYZE words.person")
    asked = "SELECT count(*) FROM pg_stats WHERE schemaname IN ('register', 'facts', 'words')"
    assert public.execute(asked.encode()).fetchone() == (0,)
    kept.without(
        "GRANT USAGE ON SCHEMA words TO heed_intake",
        "GRANT SELECT ON words.person TO heed_intake",
        "ALTER TABLE words.person DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE words.person ALTER COLUMN name SET STATISTICS 100",
        "ANALYZE words.person",
    )
    assert MARK in str(public.execute("SELECT histogram_bounds FROM pg_stats").fetchall())


def _file(kept: Yesterday, connection: psycopg.Connection, **other: object) -> str:
    """The answer to a filing in which something was replaced: accepted, or the refusal's whole text."""
    code = ReturnCode.new(CHANCE.bytes)
    entry = kept.unopened.entry
    door = kept.unopened.door
    sent = {
        "id": CHANCE.bytes(16).hex(),
        "stream": CHANCE.bytes(16).hex(),
        "kind": "filed",
        "lookup": code.lookup,
        "public": door.public,
        **other,
    }
    return _say(connection, entry, sent)


def _say(connection: psycopg.Connection, entry: SealedEntry, sent: dict[str, object]) -> str:
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(
                'SELECT * FROM register.append(%s, %s, %s, \'{"danger": "no", "channel": "online"}\','
                " %s, %s, %s, %s, %s, %s, %s)",
                (
                    sent["id"],
                    sent["stream"],
                    sent["kind"],
                    entry.commitment,
                    b"sealed",
                    ["intake"],
                    [b"wrap"],
                    sent["lookup"],
                    sent["public"],
                    b"q" * 124,
                ),
            )
    except psycopg.Error as refused:
        about = refused.diag
        return f"{about.sqlstate} {about.message_primary} {about.message_detail}"
    return "accepted"


def test_by_submitting_nobody_learns_what_is_there(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    there, nowhere = str(kept.hers.record), "6e0c7b1c-2d3f-4c55-9d6e-0123456789ab"
    added = [
        _file(kept, public, kind="added", stream=stream, lookup=lookup)
        for stream in (there, nowhere)
        for lookup in (kept.mine.door.lookup, b"x" * 32, None)
    ]
    assert set(added) == {"HE404 this code does not open that record None"}
    assert _file(kept, public) == "accepted"
    over = _file(kept, public, stream=there)
    taken = _file(kept, public, lookup=kept.hers.door.lookup)
    assert {over, taken} == {"HE404 this code does not open that record None"}


def test_a_refusal_repeats_nothing_but_what_was_sent(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    used = str(kept.hers.entry.id)
    answer = _file(kept, public, id=used)
    assert answer.startswith("HE003")
    kept_bytes = kept.world.as_owner("SELECT header, facts, sealed FROM register.entry")
    for row in kept_bytes:
        for column in row:
            assert bytes(column).hex()[:40] not in answer
    assert _found(kept, answer) == []


def test_a_taken_over_public_process_still_learns_how_much_there_is_but_holds_nothing_up(
    kept: Yesterday, public: psycopg.Connection
) -> None:
    """PostgreSQL shows everybody the sizes of tables; the locks that count are on tables."""
    kept.without("ANALYZE words.item")
    size = public.execute(
        "SELECT c.reltuples FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'words' AND c.relname = 'item'"
    ).fetchone()
    assert size == (4,)
    public.execute("SELECT pg_advisory_lock(4864, 1)")
    with kept.as_role("heed_intake") as other:
        assert _file(kept, other) == "accepted"
    public.execute("SELECT pg_advisory_unlock_all()")
    for gate in ("gate", "sequencing", "entry"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute(f"BEGIN; LOCK TABLE register.{gate} IN ACCESS SHARE MODE")
        public.execute("ROLLBACK")
