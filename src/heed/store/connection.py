"""How a process reaches the database: one lasting connection a thread, renewed when it breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import TupleRow

Row = TupleRow


class StoreAway(Exception):
    """The database cannot be reached, or did not answer in time; whether it kept anything is unknown."""


class StoreRefused(Exception):
    """The database's rule said no. `code` is its SQLSTATE; the sentence holds no content."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


class Link:
    """Connections of one role, one a thread, in autocommit; `patience` in seconds bounds every call."""

    def __init__(self, url: str, *, patience: float = 5.0, name: str = "heed") -> None:
        self._url = url
        self._patience = patience
        self._name = name
        self._local = threading.local()

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
            # psycopg takes our own SQLSTATEs (HE…, raised by append) for operational errors.
            code = wrong.diag.sqlstate or wrong.sqlstate or ""
            away = isinstance(wrong, psycopg.OperationalError | psycopg.InterfaceError)
            if away and not code.startswith("HE"):
                self.close()
                raise StoreAway(_sentence(wrong)) from None
            raise StoreRefused(code, _sentence(wrong)) from None

    def _connection(self) -> psycopg.Connection[Row]:
        connection: psycopg.Connection[Row] | None = getattr(self._local, "connection", None)
        if connection is None or connection.closed:
            connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=max(2, int(self._patience)),
                application_name=self._name,
                options=f"-c statement_timeout={int(self._patience * 1000)} -c timezone=UTC"
                " -c client_min_messages=warning",
                tcp_user_timeout=int(self._patience * 1000),
            )
            self._local.connection = connection
        return connection


def _sentence(error: psycopg.Error) -> str:
    """The server's primary message: never DETAIL or CONTEXT, which can carry a row."""
    return error.diag.message_primary or type(error).__name__
