"""How a process reaches the database: one lasting connection a thread, renewed when it breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.rows import TupleRow

Row = TupleRow
_Result = TypeVar("_Result")
_ENTRY_AT_FAULT = ("HE", "54")
"""Our own SQLSTATEs, and limits that one entry exceeds: psycopg takes them for operational errors."""


class StoreAway(Exception):
    """The database cannot be reached, or did not answer in time; whether it kept anything is unknown."""


class StoreRefused(Exception):
    """The database's rule said no. `code` is its SQLSTATE; the sentence holds no content."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class BoundedConnection(psycopg.Connection[Row]):
    """A connection on which no single wait lasts longer than `patience`, in seconds.

    The server's statement_timeout does not fire in a server that stands still, and
    tcp_user_timeout does not on a local socket, nor while the kernel still acknowledges.
    """

    patience = 5.0

    def wait(
        self, gen: PQGen[_Result], interval: float = 0.1, timeout: float | None = None
    ) -> _Result:
        """As psycopg's; raises OperationalError, after which the outcome is unknown."""
        return super().wait(gen, interval, self.patience if timeout is None else timeout)


class Link:
    """Connections of one role, one a thread, in autocommit; `patience` in seconds bounds every call."""

    def __init__(self, url: str, *, patience: float = 5.0, name: str = "heed") -> None:
        self._url = url
        self._patience = patience
        self._name = name
        self._local = threading.local()

    def with_patience(self, patience: float) -> Link:
        """The same role's way in, where every call may take this many seconds."""
        return Link(self._url, patience=patience, name=self._name)

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """One statement in a transaction of its own; raises StoreAway or StoreRefused."""
        with self._guard() as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Row]]:
        """Several statements in one READ COMMITTED transaction."""
        with self._guard() as connection, connection.transaction():
            yield connection

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        self._local.connection = None
        if connection is not None:
            connection.close()

    @contextmanager
    def _guard(self) -> Iterator[psycopg.Connection[Row]]:
        try:
            yield self._connection()
        except psycopg.Error as wrong:
            code = wrong.diag.sqlstate or wrong.sqlstate or ""
            away = isinstance(wrong, psycopg.OperationalError | psycopg.InterfaceError)
            if away and not code.startswith(_ENTRY_AT_FAULT):
                self.close()
                raise StoreAway(_sentence(wrong)) from None
            raise StoreRefused(code, _sentence(wrong)) from None

    def _connection(self) -> psycopg.Connection[Row]:
        connection: BoundedConnection | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = BoundedConnection.connect(
                self._url,
                autocommit=True,
                connect_timeout=max(2, int(self._patience)),
                application_name=self._name,
                options=f"-c statement_timeout={int(self._patience * 1000)} -c timezone=UTC"
                " -c client_min_messages=warning",
                tcp_user_timeout=int(self._patience * 1000),
            )
            # The server's own timeout comes first where the server can still tell us.
            connection.patience = self._patience + 0.5
            self._local.connection = connection
        return connection


def _sentence(error: psycopg.Error) -> str:
    """The server's primary message: never DETAIL or CONTEXT, which can carry a row."""
    return error.diag.message_primary or type(error).__name__
