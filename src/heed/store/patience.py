"""Does not wait for ever for a database that has stopped answering."""

from __future__ import annotations

from typing import TypeVar

import psycopg
from psycopg.abc import PQGen

from heed.store.connection import Link, Row

_Result = TypeVar("_Result")


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


class PatientLink(Link):
    """A link whose patience holds also where the server is there, but stands still."""

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
