"""The one door for writing asks who comes, how, and with what; each question is also left out once."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from heed.access import commands as access
from heed.core.vocabulary import Kind
from heed.store.install import install
from tests.servers import Database, Server
from tests.walls.yesterday import MARK, ROLES, Yesterday
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

APPEND = "register.append(uuid,uuid,text,jsonb,bytea,bytea,text[],bytea[],bytea,bytea,bytea)"
DECIDE = "register.decide(uuid,uuid,integer,text,jsonb,timestamp with time zone,uuid)"
NOT_FOUND = "HE404"
SETTING_UP = {
    Kind.PERSON_ADDED,
    Kind.TURN_ADDED,
    Kind.UNIT_ADDED,
    Kind.UNIT_MOVED,
    Kind.EMPLOYED,
    Kind.EMPLOYMENT_ENDED,
    Kind.POSTS_SET,
    Kind.LEFT,
    Kind.RELATION_DECLARED,
    Kind.AWAY,
    Kind.BACK,
    Kind.FALLBACK_SET,
    Kind.REMIT_GIVEN,
    Kind.REMIT_ENDED,
    Kind.REACH_SET,
}
PERMITTED = {
    "heed_owner": SETTING_UP | {Kind.BEGUN, Kind.SLOT_ADDED, Kind.CREDENTIAL_SET, Kind.INVITED},
    "heed_intake": {Kind.FILED, Kind.ADDED, Kind.FILE_ADDED, Kind.IDENTITY_SEALED}
    | {Kind.ASKED_AGAIN, Kind.CHALLENGED, Kind.LINK_HEARD},
    "heed_office": SETTING_UP
    | {
        Kind.FILED,
        Kind.ANSWERED,
        Kind.LOOKED,
        Kind.WALLED,
        Kind.WALL_CONFIRMED,
        Kind.LIFT_ASKED,
        Kind.WALL_LIFTED,
        Kind.HAND_OVER_OFFERED,
        Kind.HAND_OVER_ACCEPTED,
        Kind.HAND_OVER_DECLINED,
        Kind.CONTENT_ASKED,
        Kind.INVITED,
        Kind.WITHDRAWAL_ASKED,
        Kind.RELATION_WITHDRAWN,
        Kind.FILE_ADDED,
        Kind.FILE_FLAGGED,
        Kind.ACCESS_ASKED,
        Kind.ACCESS_GRANTED,
        Kind.ACCESS_GIVEN,
        Kind.ACCESS_ENDED,
        Kind.ACCESS_DECLINED,
        Kind.GLASS_BROKEN,
        Kind.GLASS_REVIEWED,
        Kind.SORTED,
        Kind.REVIEWED,
        Kind.NOTED,
        Kind.CALLED,
        Kind.PARENTS_TOLD,
        Kind.CHILD_NAMED,
        Kind.ADULT_NAMED,
        Kind.DECIDED,
        Kind.CONTACT_JOINED,
        Kind.CONTACT_PARTED,
        Kind.FLAG_WITHDRAWAL_ASKED,
        Kind.FLAG_WITHDRAWN,
        Kind.GLASS_ASKED,
        Kind.GLASS_APPROVED,
        Kind.IDENTITY_SEALED,
        Kind.IDENTITY_ASKED,
        Kind.IDENTITY_AGREED,
        Kind.IDENTITY_DECLINED,
        Kind.IDENTITY_OPENED,
        Kind.IDENTITY_REVIEWED,
        Kind.CRITICISED,
        Kind.REFERRED,
        Kind.REFERRAL_HEARD,
        Kind.REACH_KEPT,
        Kind.PACK_MADE,
        Kind.LINK_MADE,
        Kind.LINK_ENDED,
        Kind.CALL_ANSWERED,
        Kind.CHALLENGE_ANSWERED,
        Kind.REPORTER_TOLD,
        Kind.TELLING_HELD,
        Kind.HARM_TESTED,
        Kind.SECONDED,
    },
    "heed_opener": {Kind.NAME_MATCHED, Kind.UNIT_NAMED},
    "heed_signin": {Kind.CREDENTIAL_SET, Kind.CALL_ANSWERED},
    "heed_sweep": {Kind.CHASED, Kind.CALL_OUT, Kind.CHALLENGE_CHASED, Kind.LINK_SENT},
}


def _send(connection: psycopg.Connection, kind: str, stream: UUID, **other: Any) -> UUID:
    """Append by raw SQL what is right in every part that is not given; returns the entry's id."""
    entry = other.get("id") or uuid4()
    claims = {
        "danger": "no",
        "channel": "online",
        "records": [],
        "purpose": "own queue",
        **other.get("claims", {}),
    }
    connection.execute(
        "SELECT * FROM register.append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            entry,
            stream,
            kind,
            json.dumps(claims),
            other.get("commitment", os.urandom(32)),
            b"sealed",
            other.get("recipients", ["organisation"]),
            other.get("wraps", [b"wrap"]),
            other.get("lookup", os.urandom(32)),
            other.get("public", b"p" * 1216),
            b"q" * 124,
        ),
    )
    return entry


def _answer(connection: psycopg.Connection, kind: str, stream: UUID, **other: Any) -> str:
    """Everything that the database answers: "accepted", or the refusal as its sender sees it."""
    try:
        with connection.transaction(force_rollback=True):
            _send(connection, kind, stream, **other)
    except psycopg.Error as refused:
        about = refused.diag
        return " ".join(
            str(part)
            for part in (
                about.sqlstate,
                about.message_primary,
                about.message_detail,
                about.message_hint,
            )
        )
    return "accepted"


@contextmanager
def _signed_in(kept: Yesterday, key: str) -> Iterator[psycopg.Connection]:
    with kept.as_role("heed_office") as connection:
        connection.execute("SELECT set_config('heed.session', %s, false)", (key,))
        yield connection


@contextmanager
def _as(kept: Yesterday, role: str) -> Iterator[psycopg.Connection]:
    if role == "heed_office":
        with _signed_in(kept, kept.key) as connection:
            yield connection
    else:
        with kept.as_role(role) as connection:
            yield connection


@pytest.mark.parametrize("role", [*ROLES, "heed_owner"])
def test_a_role_appends_only_the_kinds_that_are_its_own(kept: Yesterday, role: str) -> None:
    with _as(kept, role) as connection:
        for kind in (*Kind, "flown", "", None):
            answer = _answer(connection, kind, uuid4())  # type: ignore[arg-type]
            permitted = kind in PERMITTED.get(role, set())
            refused = answer.startswith(("HE008", "42501"))
            assert refused != permitted, (role, kind, answer)
            assert str(kind) not in answer or permitted or not kind


def test_nobody_is_let_in_for_being_the_superuser_or_the_rule(kept: Yesterday) -> None:
    with kept.world.database.server.superuser(kept.world.database.name) as superuser:
        for kind in Kind:
            assert _answer(superuser, kind, uuid4()).startswith("HE008")
    with psycopg.connect(kept.world.urls["heed_owner"], autocommit=True) as owner:
        owner.execute("SET ROLE heed_rule")
        assert _answer(owner, Kind.FILED, uuid4()).startswith("HE008")


def test_with_one_row_more_in_the_permits_the_public_side_makes_itself_an_owner(
    kept: Yesterday,
) -> None:
    with kept.as_role("heed_intake") as public:
        claims = {"role": "owner"}
        door = uuid4()
        assert _answer(public, Kind.PERSON_ADDED, door, claims=claims).startswith("HE008")
        kept.without(
            "INSERT INTO register.permit VALUES ('heed_intake', 'person_added')",
        )
        assert _answer(public, Kind.PERSON_ADDED, door, claims=claims).startswith(NOT_FOUND)
        kept.without_line(APPEND, "p_kind <> 'filed' OR", "")
        assert _answer(public, Kind.PERSON_ADDED, door, claims=claims) == "accepted"


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_only_read_committed_is_let_in(kept: Yesterday, level: str) -> None:
    with kept.as_role("heed_intake") as public:
        public.execute(f"SET default_transaction_isolation = '{level}'".encode())
        assert _answer(public, Kind.FILED, uuid4()).startswith("HE006")


def test_under_an_old_snapshot_the_concern_would_go_to_who_was_on_duty_before(
    kept: Yesterday,
) -> None:
    kept.without_line(APPEND, "'read committed'", "current_setting('transaction_isolation')")
    world, record = kept.world, uuid4()
    with psycopg.connect(world.urls["heed_intake"]) as public:
        public.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        public.execute("SELECT pg_current_snapshot()")
        world.put_on_duty("third", datetime(2026, 6, 1, tzinfo=UTC))
        _send(public, Kind.FILED, record)
    fresh = world.tell("in the ordinary way").record
    owners = dict(
        world.as_owner("SELECT id, owner FROM facts.record WHERE id = ANY (%s)", ([record, fresh],))
    )
    assert owners == {record: world.people["colleague"], fresh: world.people["third"]}


@pytest.mark.parametrize("setting", ["off", "local", "remote_write"])
def test_what_would_not_be_durable_is_not_let_in(kept: Yesterday, setting: str) -> None:
    with kept.as_role("heed_intake") as public:
        public.execute(f"SET synchronous_commit = {setting}".encode())
        assert _answer(public, Kind.FILED, uuid4()).startswith("HE007")


def test_without_that_question_an_acknowledged_concern_is_lost_in_a_crash(kept: Yesterday) -> None:
    server, record = kept.world.database.server, uuid4()
    durable = kept.world.tell("kept").record
    kept.without_line(
        APPEND, "current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')", "false"
    )
    with server.superuser() as superuser:
        superuser.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        superuser.execute("SELECT pg_reload_conf(), pg_sleep(0.3)")
    try:
        with kept.as_role("heed_intake") as public, server.superuser() as witness:
            public.execute("SET synchronous_commit = off")
            _send(public, Kind.FILED, record)
            assert public.execute("SELECT 1").fetchone() == (1,)  # acknowledged
            os.kill(public.info.backend_pid, signal.SIGKILL)
            _wait_until_cut_off(witness)
        _wait_for(server)
        rows = kept.world.as_owner("SELECT id FROM facts.record")
        assert (durable,) in rows
        assert (record,) not in rows
    finally:
        with server.superuser() as superuser:
            superuser.execute("ALTER SYSTEM RESET wal_writer_delay")
            superuser.execute("SELECT pg_reload_conf()")


def _wait_until_cut_off(connection: psycopg.Connection) -> None:
    """The server answers for a moment after the blow, until it has seen that it must start again."""
    for _ in range(200):
        try:
            connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return
        time.sleep(0.05)
    raise AssertionError("the server did not notice")


def _wait_for(server: Server) -> None:
    for _ in range(200):
        try:
            with server.superuser() as superuser:
                superuser.execute("SELECT 1")
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("the server did not come back")


def test_a_register_begins_once(kept: Yesterday) -> None:
    with kept.as_role("heed_owner") as owner:
        claims = {"demonstration": True}
        assert _answer(owner, Kind.BEGUN, uuid4(), claims=claims).startswith("HE002")


def test_only_a_demonstration_can_begin_and_the_database_itself_says_so(
    database: Database, server: Server
) -> None:
    install(database.owner_url)
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        for marker in (
            {},
            {"demonstration": False},
            {"demonstration": "true"},
            {"demonstration": 1},
        ):
            assert _answer(owner, Kind.BEGUN, uuid4(), claims=marker).startswith("HE001"), marker
        assert _answer(owner, Kind.PERSON_ADDED, uuid4(), claims={"role": "x"}).startswith("HE010")
        real = {"demonstration": False}
        with server.superuser(database.name) as superuser:
            row = superuser.execute(
                "SELECT pg_get_functiondef(%s::regprocedure)", (DECIDE,)
            ).fetchone()
            assert row is not None
            left_out = row[0].replace("IS DISTINCT FROM 'true'::jsonb", "IS NULL")
            superuser.execute(left_out.encode())
        assert _answer(owner, Kind.BEGUN, uuid4(), claims=real) == "accepted"


def test_the_public_side_adds_to_a_record_only_with_its_look_up(kept: Yesterday) -> None:
    record, right = kept.mine.record, kept.mine.door.lookup
    with kept.as_role("heed_intake") as public:
        for lookup in (None, os.urandom(32), kept.hers.door.lookup):
            for kind in (Kind.ADDED, Kind.FILED):
                assert _answer(public, kind, record, lookup=lookup).startswith(NOT_FOUND)
        assert _answer(public, Kind.ADDED, record, lookup=b"") != "accepted"
        assert _answer(public, Kind.ADDED, record, lookup=right) == "accepted"
        kept.without_line(APPEND, "(version > 1 AND known IS DISTINCT FROM p_stream)", "false")
        assert _answer(public, Kind.ADDED, record, lookup=os.urandom(32)) == "accepted"


def test_a_filing_cannot_be_put_over_a_record_or_under_anothers_look_up(kept: Yesterday) -> None:
    hers = kept.hers
    with kept.as_role("heed_intake") as public:
        for stream, lookup in (
            (hers.record, kept.mine.door.lookup),
            (hers.record, os.urandom(32)),
            (uuid4(), hers.door.lookup),
            (kept.world.people["lead"], os.urandom(32)),
            (kept.world.slot, os.urandom(32)),
        ):
            answer = _answer(public, Kind.FILED, stream, lookup=lookup)
            assert answer.startswith(NOT_FOUND), stream
        assert _answer(public, Kind.FILED, uuid4(), public=None).startswith(NOT_FOUND)
    with _signed_in(kept, kept.key) as office:
        assert _answer(office, Kind.FILED, kept.mine.record).startswith(NOT_FOUND)


def test_the_caller_chooses_neither_owner_nor_time_nor_reference(kept: Yesterday) -> None:
    claims = {
        "owner": str(kept.world.people["third"]),
        "recorded_at": "2020-01-01T00:00:00Z",
        "filed_at": "2020-01-01T00:00:00Z",
        "reference": "AAAAA-AAAAA",
        "actor": str(kept.world.people["lead"]),
        "slot": str(uuid4()),
        "said": MARK,
    }
    record = uuid4()
    with kept.as_role("heed_intake") as public:
        entry = _send(public, Kind.FILED, record, claims=claims)
    rows = kept.world.as_owner(
        "SELECT owner, filed_at > clock_timestamp() - interval '1 minute', reference FROM facts.record"
        " WHERE id = %s",
        (record,),
    )
    assert rows[0][:2] == (kept.world.people["colleague"], True)
    assert rows[0][2] != "AAAAA-AAAAA"
    facts = kept.world.as_owner("SELECT facts FROM register.entry WHERE id = %s", (entry,))
    assert MARK.encode() not in bytes(facts[0][0])


def test_a_foreign_record_is_answered_like_one_that_never_was(kept: Yesterday) -> None:
    lead = kept.world.people["lead"]
    with _signed_in(kept, kept.key) as office:
        for foreign in (kept.hers.record, kept.unopened.record, lead, kept.world.slot):
            for kind, claims in ((Kind.LOOKED, True), (Kind.ANSWERED, False)):
                answers = {
                    _answer(
                        office,
                        kind,
                        lead if claims else record,
                        claims={"records": [str(kept.mine.record), str(record)]} if claims else {},
                    )
                    for record in (foreign, uuid4())
                }
                assert answers == {"HE404 no such record None None"}
        own = {"records": [str(kept.mine.record)]}
        assert _answer(office, Kind.LOOKED, lead, claims=own) == "accepted"
        her = kept.world.people["colleague"]
        assert _answer(office, Kind.LOOKED, her, claims=own).startswith(NOT_FOUND)
        kept.without_line(DECIDE, "NOT machinery.may_see(asked.id::uuid)", "false")
        hers = {"records": [str(kept.hers.record)], "purpose": "search"}
        assert _answer(office, Kind.LOOKED, lead, claims=hers) == "accepted"


def test_the_office_appends_nothing_without_a_session(kept: Yesterday) -> None:
    lead = kept.world.people["lead"]
    with kept.as_role("heed_office") as office:
        for key in ("", "guess", str(lead), kept.key[:-1], kept.key.upper() + "0", "' OR true"):
            office.execute("SELECT set_config('heed.session', %s, false)", (key,))
            for kind in (Kind.FILED, Kind.ANSWERED, Kind.LOOKED):
                assert _answer(office, kind, kept.mine.record).startswith("HE009")
    kept.without_line(
        APPEND, "RAISE EXCEPTION 'sign in first' USING ERRCODE = 'HE009';", f"me := '{lead}';"
    )
    with kept.as_role("heed_office") as office:
        assert _answer(office, Kind.FILED, uuid4()) == "accepted"


CLAIMS: list[tuple[str, dict[str, Any]]] = [
    ("danger", {"danger": MARK}),
    ("danger", {"danger": None}),
    ("danger", {"danger": ["yes"]}),
    ("channel", {"channel": MARK}),
    ("channel", {"channel": "letter"}),
    ("spooled_at", {"spooled_at": MARK}),
    ("spooled_at", {"spooled_at": "infinity"}),
    ("spooled_at", {"spooled_at": "-infinity"}),
    ("spooled_at", {"spooled_at": "20000-01-01T00:00:00Z"}),
    ("spooled_at", {"spooled_at": "0044-03-15 BC"}),
    ("spooled_at", {"spooled_at": "now"}),
    ("spooled_at", {"spooled_at": {"a": 1}}),
]


@pytest.mark.parametrize(("name", "claims"), CLAIMS)
def test_a_claim_that_no_reader_could_read_is_refused_and_not_repeated(
    kept: Yesterday, name: str, claims: dict[str, Any]
) -> None:
    with kept.as_role("heed_intake") as public:
        answer = _answer(public, Kind.FILED, uuid4(), claims=claims)
        assert answer.startswith("HE003"), (name, answer)
        assert MARK not in answer
        good = {"spooled_at": "2026-11-22T03:04:05.123456Z"}
        assert _answer(public, Kind.FILED, uuid4(), claims=good) == "accepted"


@pytest.mark.parametrize(
    "records", [MARK, None, {}, [None], [MARK], [1], [["x"]], ["{}"], [str(UUID(int=0))], [""]]
)
def test_a_look_at_what_is_no_record_is_refused_and_not_repeated(
    kept: Yesterday, records: Any
) -> None:
    with _signed_in(kept, kept.key) as office:
        lead = kept.world.people["lead"]
        answer = _answer(office, Kind.LOOKED, lead, claims={"records": records})
        assert answer == "HE404 no such record None None"


def test_recipients_that_would_spoil_the_header_are_refused(kept: Yesterday) -> None:
    wraps = [b"one", b"two"]
    with kept.as_role("heed_intake") as public:
        for names in (
            ["organisation", "intake"],
            ["intake", "intake"],
            ["intake", 'x","kind":"answered'],
            ["intake", "Ö"],
            ["intake", "intake\n"],
            ["intake", None],
            ["code", "thread"],
            [],
            None,
        ):
            answer = _answer(public, Kind.FILED, uuid4(), recipients=names, wraps=wraps)
            assert answer.startswith(("HE003", "23502")), (names, answer)
        for given in ([b"one"], [], None, [None, b"two"], [b"one", b"w" * 4097]):
            answer = _answer(
                public, Kind.FILED, uuid4(), recipients=["code", "intake"], wraps=given
            )
            assert answer.startswith(("HE003", "23502")), (given, answer)
        recipients = ["code", "intake"]
        large = [
            [b"one", b"w" * 4097]
        ]  # an array of arrays has no first wrap, and would pass unmeasured
        for names, given in ((recipients, large), ([recipients], large), ([recipients], wraps)):
            answer = _answer(public, Kind.FILED, uuid4(), recipients=names, wraps=given)
            assert answer.startswith("HE003"), (names, answer)
        assert (
            _answer(public, Kind.FILED, uuid4(), recipients=recipients, wraps=wraps) == "accepted"
        )


def test_what_was_recorded_once_is_not_recorded_again_under_other_words(kept: Yesterday) -> None:
    record, door = uuid4(), os.urandom(32)
    with kept.as_role("heed_intake") as public:
        entry = _send(public, Kind.FILED, record, lookup=door, commitment=b"a" * 32)
        again = {"lookup": door, "id": entry}
        other = _answer(public, Kind.FILED, record, commitment=b"b" * 32, **again)
        assert other == "HE003 something else is on the record under this id None None"
        assert _answer(public, Kind.FILED, record, commitment=b"a" * 32, **again) == "accepted"
        _send(public, Kind.FILED, record, lookup=door, commitment=b"c" * 32)
    rows = kept.world.as_owner(
        "SELECT version, commitment FROM register.entry WHERE stream = %s ORDER BY 1", (record,)
    )
    assert [(version, bytes(c)) for version, c in rows] == [(1, b"a" * 32), (2, b"c" * 32)]


def test_an_owner_who_is_added_by_hand_is_no_owner_for_the_record(kept: Yesterday) -> None:
    """A person, slot or turn comes by an entry only: the owner's own hand finds the tables shut."""
    with kept.as_role("heed_owner") as owner:
        with pytest.raises(psycopg.Error) as refused:
            owner.execute("INSERT INTO facts.person VALUES (gen_random_uuid(), 'owner', true)")
        assert refused.value.sqlstate == "42501"
        add = access.add_person(
            CHANCE, kept.world.office_recipients, person=uuid4(), name="New", role="owner"
        )
        kept.world.register().append(add)
