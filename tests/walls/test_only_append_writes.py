"""Only append() writes the record and its facts, and only the opener writes words: tried as every role."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import conninfo

from tests.walls.plunder import REFUSED, ours, tables
from tests.walls.yesterday import MARK, ROLES, SCHEMAS, Yesterday

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

WORDS = (
    "words.item",
    "words.person",
    "words.unit",
    "words.screened",
    "words.unreadable",
    "words.stopped",
    "words.file",
    "words.tie",
    "words.likeness",
    "words.identity",
)
MAY = {
    ("heed_office", "SELECT"): {
        "facts.person",
        "facts.unit",
        "facts.line",
        "facts.employment",
        "facts.record",
        "facts.item",
        "words.item",
        "words.person",
        "words.unit",
        "facts.file",
        "facts.sorting",
        "words.file",
        "words.identity",
    },
    ("heed_opener", "INSERT"): set(WORDS),
}
"""All that a role that logs in may do to a table."""

DOORS = {
    "heed_intake": {
        "register.append",
        "register.thread",
        "register.try_link",
        "register.linked",
        "register.linked_back",
    },
    "heed_office": {
        "register.append",
        "register.thread_key",
        "register.now",
        "machinery.me",
        "machinery.my_records",
        "machinery.my_open_records",
        "machinery.my_offers",
        "machinery.restrictions",
        "machinery.custody",
        "machinery.overseen",
        "machinery.looks_at",
        "machinery.looks_of",
        "machinery.turns",
        "machinery.state",
        "machinery.my_held_files",
        "machinery.my_open_files",
        "machinery.my_hidden_copies",
        "machinery.keep_draft",
        "machinery.end_draft",
        "machinery.my_drafts",
        "machinery.purpose",
        "machinery.my_openings",
        "machinery.my_askings",
        "machinery.askings",
        "machinery.openings_of",
        "machinery.emergencies",
        "machinery.flags",
        "machinery.approvals",
        "machinery.my_approvals",
        "machinery.on_call",
        "machinery.search",
        "machinery.look_back",
        "machinery.looked_back",
        "machinery.known_to",
        "machinery.head_by",
        "machinery.unsorted",
        "machinery.sampled",
        "machinery.unreviewable",
        "machinery.namings",
        "machinery.decisions",
        "machinery.my_filing",
        "machinery.joined_with",
        "machinery.done_about",
        "machinery.mentions",
        "machinery.passed",
        "machinery.late_records",
        "machinery.calls",
        "machinery.reaches",
        "machinery.my_ties",
        "machinery.ties",
        "machinery.my_open_identities",
        "machinery.identity",
        "machinery.unsealings",
        "machinery.unsealed_alone",
        "machinery.remits_of",
        "machinery.my_remit_records",
        "machinery.team",
        "machinery.referrals",
        "machinery.referral_steps",
        "machinery.criticised",
        "machinery.leaves",
        "machinery.body_reaches",
        "machinery.reporters_wait",
        "machinery.tellings",
        "machinery.held_until",
        "machinery.links",
        "machinery.harm_tests",
        "machinery.secondings",
        "machinery.unconfirmed",
    },
    "heed_opener": {
        "register.append",
        "register.unopened",
        "machinery.opened",
        "machinery.staff_names",
        "machinery.indexed",
        "machinery.sought",
        "machinery.told",
        "machinery.unit_names",
        "machinery.alleged",
        "machinery.former_contacts",
        "machinery.restricted_by_name",
        "machinery.owe_match",
        "machinery.owed_matches",
        "machinery.match_made",
    },
    "heed_sequencer": {
        "register.sequence",
        "register.leaves",
        "register.last_checkpoint",
        "register.keep_checkpoint",
        "register.close_reading",
    },
    "heed_signin": {
        "machinery.credential_of",
        "machinery.start_session",
        "machinery.end_session",
        "machinery.invited",
        "machinery.call_behind",
        "register.append",
    },
    "heed_sweep": {
        "register.append",
        "register.now",
        "machinery.to_chase",
        "machinery.challenges_to_chase",
        "machinery.to_call",
        "machinery.to_send",
        "machinery.was_sent",
        "machinery.came_back",
        "machinery.link_to_send",
        "machinery.link_not_sent",
        "machinery.forget_links",
    },
}
"""All the functions that a role that logs in may call."""

NEVER_CHANGED = (
    "register.entry",
    "register.wrapped_key",
    "register.leaf",
    "register.checkpoint",
    "register.thread",
    "register.installation",
)


@pytest.fixture
def owner(kept: Yesterday) -> Iterator[psycopg.Connection]:
    """The owner of every table, who is no superuser."""
    with psycopg.connect(kept.world.urls["heed_owner"], autocommit=True) as connection:
        yield connection


def _refusal(connection: psycopg.Connection, statement: str) -> str | None:
    """The SQLSTATE with which a statement is refused; None where it went through. Undone."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except psycopg.Error as refused:
        return refused.sqlstate
    return None


def _plain_column(kept: Yesterday, table: str) -> str | None:
    """A column that takes any value of its type; None for a table that is only locked."""
    rows = kept.world.as_owner(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " AND attidentity = '' ORDER BY attnum LIMIT 1",
        (table,),
    )
    return str(rows[0][0]) if rows else None


@pytest.mark.parametrize("role", ROLES)
def test_a_role_can_do_to_tables_exactly_what_is_written_here(kept: Yesterday, role: str) -> None:
    with kept.as_role(role) as connection:
        names = [name for name in ours(tables(connection)) if name.split(".")[0] in SCHEMAS]
        for name in names:
            if name.endswith("_seq"):
                continue
            column = _plain_column(kept, name)
            ways = {
                "SELECT": f"SELECT * FROM {name}",
                "DELETE": f"DELETE FROM {name}",
                "TRUNCATE": f"TRUNCATE {name}",
            }
            if column is not None:
                ways["INSERT"] = f"INSERT INTO {name} ({column}) SELECT NULL WHERE false"
                ways["UPDATE"] = f"UPDATE {name} SET {column} = {column}"
            for way, statement in ways.items():
                expected = None if name in MAY.get((role, way), set()) else REFUSED
                assert _refusal(connection, statement) == expected, (role, way, name)


def _granted(kept: Yesterday) -> set[tuple[str, str, str]]:
    """(role, right, table) as the catalogue has it, also what PUBLIC and memberships give."""
    rows = kept.world.as_owner(
        "SELECT r.rolname, p.way, c.oid::regclass::text FROM pg_class c, pg_roles r,"
        " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'])"
        " AS p(way) WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f')"
        " AND c.relnamespace::regnamespace::text = ANY (%s) AND r.rolname = ANY (%s)"
        " AND (has_table_privilege(r.oid, c.oid, p.way)"
        "  OR (p.way IN ('SELECT', 'INSERT', 'UPDATE')"
        "      AND has_any_column_privilege(r.oid, c.oid, p.way)))",
        (list(SCHEMAS), list(ROLES)),
    )
    return set(rows)


def test_the_catalogue_says_the_same(kept: Yesterday) -> None:
    expected = {(role, right, name) for (role, right), names in MAY.items() for name in names}
    assert _granted(kept) == expected
    kept.without("GRANT UPDATE (sealed) ON register.entry TO PUBLIC")
    assert ("heed_intake", "UPDATE", "register.entry") in _granted(kept)


def _callable(kept: Yesterday) -> dict[str, set[str]]:
    rows = kept.world.as_owner(
        "SELECT r.rolname, n.nspname || '.' || p.proname FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace, pg_roles r"
        " WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND r.rolname = ANY (%s)"
        " AND has_function_privilege(r.oid, p.oid, 'EXECUTE')",
        (list(ROLES),),
    )
    found: dict[str, set[str]] = {role: set() for role in ROLES}
    for role, name in rows:
        found[role].add(name)
    return found


def test_a_role_can_call_exactly_its_own_doors(kept: Yesterday) -> None:
    assert _callable(kept) == DOORS
    kept.without("CREATE FUNCTION register.new_door() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    assert _callable(kept) != DOORS


def _changeable(kept: Yesterday) -> set[tuple[str, str]]:
    rows = kept.world.as_owner(
        "SELECT r.rolname, t FROM pg_roles r, unnest(%s::text[]) AS t WHERE r.rolname = ANY (%s)"
        " AND has_table_privilege(r.oid, t, 'UPDATE, DELETE, TRUNCATE')",
        (list(NEVER_CHANGED), [*ROLES, "heed_rule"]),
    )
    return set(rows)


def test_nobody_not_even_the_rule_may_change_what_is_recorded(kept: Yesterday) -> None:
    assert _changeable(kept) == set()
    kept.without("GRANT DELETE ON register.leaf TO heed_rule")
    assert _changeable(kept) == {("heed_rule", "register.leaf")}


def test_the_owner_is_stopped_by_triggers(kept: Yesterday, owner: psycopg.Connection) -> None:
    for table in NEVER_CHANGED:
        column = _plain_column(kept, table)
        for way in (
            f"UPDATE {table} SET {column} = {column}",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
        ):
            assert _refusal(owner, way) == REFUSED, way
        kept.without(f"DROP TRIGGER append_only ON {table}")
        assert _refusal(owner, f"DELETE FROM {table}") is None


def test_the_triggers_also_stop_who_says_that_this_is_a_replica(kept: Yesterday) -> None:
    with kept.world.database.server.superuser(kept.world.database.name) as superuser:
        superuser.execute("SET session_replication_role = replica")
        assert _refusal(superuser, "DELETE FROM register.leaf") == REFUSED
        superuser.execute("ALTER TABLE register.leaf ENABLE TRIGGER append_only")
        assert _refusal(superuser, "DELETE FROM register.leaf") is None


def test_the_owner_sees_and_writes_no_facts_and_no_words_by_owning_them(
    kept: Yesterday, owner: psycopg.Connection
) -> None:
    for table in ("facts.record", "words.person"):
        assert owner.execute(f"SELECT * FROM {table}".encode()).fetchall() == []
        copy = f"INSERT INTO {table} (id) SELECT id FROM {table}"
        assert _refusal(owner, copy) is None  # nothing to copy
    insert = "INSERT INTO words.screened VALUES (gen_random_uuid())"
    assert _refusal(owner, insert) == REFUSED
    kept.without("ALTER TABLE words.screened NO FORCE ROW LEVEL SECURITY")
    kept.without("ALTER TABLE words.item NO FORCE ROW LEVEL SECURITY")
    assert _refusal(owner, insert) is None
    assert MARK in str(owner.execute("SELECT body FROM words.item").fetchall())


def _unforced(kept: Yesterday) -> set[str]:
    rows = kept.world.as_owner(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p')"
        " AND relnamespace IN ('facts'::regnamespace, 'words'::regnamespace)"
        " AND NOT (relrowsecurity AND relforcerowsecurity)"
    )
    return {row[0] for row in rows}


def test_every_table_of_facts_and_words_forces_row_level_security(kept: Yesterday) -> None:
    assert _unforced(kept) == set()
    kept.without(
        "CREATE TABLE facts.note (a text)", "ALTER TABLE facts.look NO FORCE ROW LEVEL SECURITY"
    )
    assert _unforced(kept) == {"facts.note", "facts.look"}


def _loose(kept: Yesterday) -> set[str]:
    """Functions that run as their owner and are not bound, and any that PUBLIC may call."""
    rows = kept.world.as_owner(
        "SELECT p.oid::regproc::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = ANY (%s) AND ("
        "  (p.prosecdef AND (p.proowner <> 'heed_rule'::regrole OR p.provolatile <> 'v'"
        "   OR NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false)))"
        "  OR EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a"
        "             WHERE a.grantee = 0))",
        (list(SCHEMAS),),
    )
    return {row[0] for row in rows}


def test_functions_that_run_as_their_owner_are_bound_and_belong_to_the_rule(
    kept: Yesterday,
) -> None:
    assert _loose(kept) == set()
    kept.without(
        "ALTER FUNCTION register.thread(bytea) OWNER TO postgres",
        "ALTER FUNCTION machinery.me() RESET search_path",
        "ALTER FUNCTION machinery.my_records() STABLE",
        "GRANT EXECUTE ON FUNCTION register.now() TO PUBLIC",
    )
    assert _loose(kept) == {
        "register.thread",
        "machinery.me",
        "machinery.my_records",
        "register.now",
    }


def test_the_rule_cannot_log_in_owns_no_table_and_no_role_is_in_it_but_the_owner(
    kept: Yesterday,
) -> None:
    assert kept.world.as_owner(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = 'heed_rule'"
    ) == [(False, False, False, False)]
    assert kept.world.as_owner("SELECT FROM pg_class WHERE relowner = 'heed_rule'::regrole") == []
    rows = kept.world.as_owner(
        "SELECT m.rolname FROM pg_roles m WHERE m.rolname <> 'heed_rule' AND NOT m.rolsuper"
        " AND pg_has_role(m.oid, 'heed_rule', 'MEMBER')"
    )
    assert rows == [("heed_owner",)]


def test_the_owner_is_the_rule_only_on_purpose(kept: Yesterday, owner: psycopg.Connection) -> None:
    assert owner.execute("SELECT count(*) FROM facts.record").fetchone() == (0,)
    owner.execute("SET ROLE heed_rule")
    assert owner.execute("SELECT count(*) FROM facts.record").fetchone() == (3,)


@pytest.mark.parametrize("role", [*ROLES, "heed_owner", "heed_rule"])
def test_only_the_opener_writes_words(kept: Yesterday, role: str) -> None:
    url = kept.world.urls["heed_owner" if role == "heed_rule" else role]
    with psycopg.connect(url, autocommit=True) as connection:
        if role == "heed_rule":
            connection.execute("SET ROLE heed_rule")
        inserts = {
            "words.item": "gen_random_uuid(), gen_random_uuid(), 1, 'filed', '{}'",
            "words.person": "gen_random_uuid(), 'somebody'",
            "words.unit": "gen_random_uuid(), 'somewhere'",
            "words.screened": "gen_random_uuid()",
            "words.unreadable": "gen_random_uuid(), gen_random_uuid(), 'why'",
            "words.stopped": "gen_random_uuid(), gen_random_uuid(), 'why'",
        }
        expected = None if role == "heed_opener" else REFUSED
        for table, values in inserts.items():
            statement = f"INSERT INTO {table} VALUES ({values})"
            assert _refusal(connection, statement) == expected, (role, table)


def test_with_a_grant_and_a_policy_the_office_would_write_words(kept: Yesterday) -> None:
    statement = "INSERT INTO words.screened VALUES (gen_random_uuid())"
    with kept.as_role("heed_office") as office:
        kept.without("GRANT INSERT ON words.screened TO heed_office")
        assert _refusal(office, statement) == REFUSED  # the policy alone still holds
        kept.without(
            "CREATE POLICY more ON words.screened FOR INSERT TO heed_office WITH CHECK (true)"
        )
        assert _refusal(office, statement) is None


def test_the_opener_cannot_read_the_words_that_it_wrote(kept: Yesterday) -> None:
    with kept.as_role("heed_opener") as opener:
        for way in (
            "SELECT body FROM words.item",
            "INSERT INTO words.person SELECT * FROM words.person",
            "INSERT INTO words.screened VALUES (gen_random_uuid()) RETURNING record",
            "UPDATE words.item SET body = body",
            "DELETE FROM words.item",
        ):
            assert _refusal(opener, way) == REFUSED, way
        kept.without(
            "GRANT SELECT ON words.item TO heed_opener",
            "CREATE POLICY more ON words.item FOR SELECT TO heed_opener USING (true)",
        )
        assert MARK in str(opener.execute("SELECT body FROM words.item").fetchall())


def test_a_role_of_another_database_on_the_same_server_does_not_come_in(kept: Yesterday) -> None:
    database = kept.world.database
    stranger = f"stranger_{database.name[5:]}"
    url = conninfo.make_conninfo(database.superuser_url, user=stranger, password="stranger")
    kept.without(f"CREATE ROLE {stranger} LOGIN PASSWORD 'stranger'")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(url)
        kept.without(f"GRANT CONNECT ON DATABASE {database.name} TO PUBLIC")
        psycopg.connect(url).close()
    finally:
        kept.without(f"DROP ROLE {stranger}")
