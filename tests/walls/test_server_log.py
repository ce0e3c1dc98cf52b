"""PostgreSQL's own log holds nothing that anybody said, whatever fails; and what a foreign server's would."""

import base64
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from heed.intake import commands as intake
from heed.intake.events import Concern
from heed.intake.identity import Identity, seal_identity
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreAway, StoreRefused
from tests.servers import create, running_server
from tests.walls.yesterday import MARK, ROLES, Yesterday
from tests.world import CHANCE, World, new_world

BOTH = pytest.mark.parametrize("server", [18, 15], indirect=True)

DEFAULTS = {
    "log_min_messages": "warning",
    "log_min_error_statement": "error",
    "log_error_verbosity": "default",
    "log_parameter_max_length": "-1",
}
"""As PostgreSQL comes: how a foreign server logs where nobody has set it otherwise."""

_APPEND = "SELECT * FROM register.append(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def _said(log: str) -> bool:
    """Whether the mark stands in it, also in hexadecimal or base64."""
    mark = MARK.encode()
    forms = [MARK, mark.hex(), mark.hex().upper(), base64.b64encode(mark).decode()[:-4]]
    return any(form in log for form in forms)


def _log(path: Path, act: Callable[[], None]) -> str:
    """What the server wrote while something was done."""
    before = path.stat().st_size
    act()
    return path.read_bytes()[before:].decode(errors="replace")


def _fail(connection: psycopg.Connection, statement: str, given: tuple[object, ...] = ()) -> None:
    with pytest.raises(psycopg.Error), connection.transaction():
        connection.execute(statement.encode(), given)


def _doors_own_failures(world: World) -> None:
    """The mark in every part of an entry that travels by the product's own code, and is refused."""
    register = PostgresRegister(Link(world.urls["heed_intake"]))
    code = ReturnCode.new(os.urandom)
    entry = intake.file_concern(
        CHANCE,
        world.public_recipients(code),
        Concern(**dict.fromkeys(("saw", "told", "who", "where", "sender"), MARK)),
        record=uuid4(),
        token=MARK.encode(),
        door=new_door(CHANCE, code),
    )
    door = entry.door
    assert door is not None
    spoilt = [
        replace(entry, commitment=MARK.encode()),
        replace(entry, lookup=MARK.encode()),
        replace(entry, kind=MARK),
        replace(entry, claims={"danger": MARK, "channel": "online"}),
        replace(entry, claims={"danger": "no", "channel": MARK}),
        replace(entry, claims={**entry.claims, "spooled_at": MARK}),
        replace(entry, claims={**entry.claims, "said": MARK, "spooled_at": 1}),
        replace(entry, wraps={MARK: b"wrap", "intake": b"wrap"}),
        replace(entry, wraps={"zzz": MARK.encode(), "intake": b"wrap"}),
        replace(entry, sealed=MARK.encode(), wraps={}),
        replace(entry, door=replace(door, public=MARK.encode()), commitment=b"short"),
    ]
    for one in spoilt:
        with pytest.raises((StoreRefused, StoreAway)) as refused:
            register.append(one)
        assert MARK not in str(refused.value), one
    register.append(entry)
    with pytest.raises(StoreRefused) as refused:
        register.append(replace(entry, stream=uuid4(), lookup=os.urandom(32)))
    assert MARK not in str(refused.value)
    to, who = world.public_recipients(code), Identity(MARK, MARK)
    about = {"record": entry.stream, "token": MARK.encode()}
    with pytest.raises(StoreRefused) as refused:
        register.append(seal_identity(CHANCE, to, who, lookup=os.urandom(32), **about))
    assert MARK not in str(refused.value)


def _raw_failures(world: World) -> None:
    """What no code of ours would send: the mark in text, in types that it does not fit, everywhere."""
    literal = f"'{MARK}'"
    for role in ROLES:
        with psycopg.connect(world.urls[role], autocommit=True) as connection:
            _fail(connection, f"SELECT {literal}::uuid")
            _fail(connection, f"SELECT {literal} FROM nowhere")
            _fail(connection, f"INSERT INTO words.item (body) VALUES ({literal})")
            _fail(connection, "INSERT INTO words.item (body) VALUES (%s)", (MARK,))
            _fail(connection, "INSERT INTO words.identity (body) VALUES (%s)", (MARK,))
            _fail(connection, "SELECT %s::jsonb", (f'{{"said": {MARK}}}',))
            _fail(connection, "SELECT %s::timestamptz", (MARK,))
            _fail(connection, f'SET "{MARK}" = 1')
            _fail(
                connection,
                f"DO $$ BEGIN RAISE EXCEPTION {literal} USING DETAIL = {literal}; END $$",
            )
            connection.execute(f"DO $$ BEGIN RAISE WARNING {literal}; END $$".encode())
            connection.execute(b"SET log_parameter_max_length_on_error = -1")
            _fail(connection, "SELECT %s::uuid", (MARK,))
            connection.execute(b"SET statement_timeout = 20")
            _fail(connection, f"SELECT pg_sleep(1), {literal}")
    with psycopg.connect(world.urls["heed_intake"], autocommit=True) as connection:
        plain = (uuid4(), uuid4(), "filed", json.dumps({"danger": "no", "channel": "online"}))
        sealed = (b"c" * 32, b"s", ["intake"], [b"w"], b"l" * 32, b"p", b"q")
        for place in range(11):
            given: list[object] = [*plain, *sealed]
            given[place] = MARK
            with suppress(psycopg.Error), connection.transaction(force_rollback=True):
                connection.execute(_APPEND.encode(), given)


def _crash(world: World) -> None:
    """A backend dies while it runs a statement that holds the mark."""
    ended = threading.Event()
    with psycopg.connect(world.urls["heed_intake"], autocommit=True) as connection:
        pid = connection.info.backend_pid

        def run() -> None:
            with pytest.raises(psycopg.OperationalError):
                connection.execute(f"SELECT pg_sleep(20), '{MARK}'".encode())
            ended.set()

        threading.Thread(target=run).start()
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        assert ended.wait(20)
    for _ in range(200):
        try:
            world.as_owner("SELECT 1")
            return
        except psycopg.OperationalError:
            time.sleep(0.05)
    raise AssertionError("the server did not come back")


@BOTH
def test_nothing_that_fails_leaves_a_word_in_the_embedded_servers_log(kept: Yesterday) -> None:
    path = kept.world.database.server.embedded.log

    def fail() -> None:
        _doors_own_failures(kept.world)
        _raw_failures(kept.world)
        _crash(kept.world)

    written = _log(path, fail)
    assert "terminated by signal 9" in written  # the log is the one that the server writes
    assert not _said(written)


@pytest.mark.parametrize("version", [18, 15])
def test_on_a_foreign_server_our_own_doors_leave_no_word_and_raw_statements_do(
    version: int, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(f"pg{version}")  # skips where this version is not installed
    with running_server(version, settings=DEFAULTS) as server:
        world = new_world(create(server))
        path = server.embedded.log
        written = _log(path, lambda: _doors_own_failures(world))
        assert written.count("ERROR:") >= 12
        # Of a refused row the log keeps the beginning of each column, hexadecimal: what stands in
        # a commitment or a wrap that is not one. The words themselves travel sealed.
        assert MARK not in written
        assert _said(_log(path, lambda: _raw_failures(world)))
        assert _said(_log(path, lambda: _crash(world)))
        world.close()
