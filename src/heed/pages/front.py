"""What stands before the pages: a form comes in whole, or not at all, before any thread works on it.

A thread a request is simple, but whoever sends slowly would hold one: a few such people, and nobody
else could tell. Here slow senders wait on the event loop, which holds a thousand; a thread gets a
form only when its last byte is there. Half a form is never taken for the whole of it.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from typing import Any

from django.core.exceptions import RequestDataTooBig

THREADS = 12
LARGEST = 16 * 1024 * 1024
"""Bytes of a form that are taken; of a longer one its beginning is given back, when it has come."""

READ_OUT = 256 * 1024 * 1024
"""Bytes of too long a form that are heard out: a browser that is cut off shows its own blank page."""

SMALL = 256 * 1024
LARGE_AT_ONCE = 8
"""Forms of SMALL to LARGEST bytes that come in at a time: memory is bounded, and short forms pass."""

IN_LINE = 4
"""Patiences that such a form waits for its turn; then only its beginning is kept, to be given back."""

PATIENCE = 30.0
"""Seconds that a form may stand still, and be behind its slowest rate in all."""

SLOWEST = 2000
"""Bytes a second: a poor telephone line is heard out, one that stands still is not."""

LARGE_SLOWEST = 16_000
"""Bytes a second of a form of more than SMALL bytes: 16 MB hold a place for 18 minutes at most."""


class NotWhole(io.RawIOBase):
    """The body of a form that did not come to its end: to read it is to learn that."""

    def __init__(self, begun: bytes) -> None:
        """`begun`: what came first, at most SMALL bytes; to be given back, never to be recorded."""
        self.begun = begun

    def readable(self) -> bool:
        """As a stream has it."""
        return True

    def readinto(self, _: Any) -> int:
        """Raises OSError."""
        raise OSError("the connection was cut, or stood still, before everything had come")


class TooLong(NotWhole):
    """The body of a form that was heard out and dropped: to read it is to learn that."""

    def readinto(self, _: Any) -> int:
        """Raises RequestDataTooBig, for which each face has a page."""
        raise RequestDataTooBig


class NoRoom(NotWhole):
    """The body of a form that waited in vain for its turn, and was heard out and dropped."""


class Front:
    """An RSGI application (granian's own protocol, 1.6) around a WSGI one (PEP 3333)."""

    def __init__(self, pages: Callable[..., Iterable[bytes]], patience: float = PATIENCE) -> None:
        """`pages`: the face; `patience` in seconds."""
        self._pages = pages
        self._patience = patience
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="face")
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request; `scope` and `protocol` as RSGI has them."""
        body: io.IOBase = io.BytesIO()
        said = scope.headers.get("content-length") or ""
        length = int(said) if said.isascii() and said.isdigit() else 0
        if length:
            body = await self._body(protocol, length)
        environ = _environ(scope, length, body)
        await asyncio.get_running_loop().run_in_executor(
            self._threads, self._answer, environ, protocol
        )

    async def _body(self, protocol: Any, length: int) -> io.IOBase:
        """All that was announced; else what breaks when it is read, and holds how the form began."""
        came, kept, now = 0, io.BytesIO(), asyncio.get_running_loop().time
        dropped: type[NotWhole] | None = TooLong if length > LARGEST else None
        rate = LARGE_SLOWEST if length > SMALL else SLOWEST
        async with AsyncExitStack() as held:
            if SMALL < length <= LARGEST and not await self._turn(held):
                dropped = NoRoom
            room = SMALL if dropped else length
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience) as limit:
                    began = limit.when() or 0.0
                    async for part in protocol:
                        came += len(part)
                        if came > READ_OUT:
                            break
                        kept.write(part[: room - kept.tell()])
                        limit.reschedule(min(began + came / rate, now() + self._patience))
        if came != length:
            dropped = NotWhole
        kept.seek(0)
        return dropped(kept.read(SMALL)) if dropped else kept

    async def _turn(self, held: AsyncExitStack) -> bool:
        """Waits for one of the places of large forms, and holds it; False where none came free in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience * IN_LINE):
                await held.enter_async_context(self._large)
                return True
        return False

    def _answer(self, environ: dict[str, Any], protocol: Any) -> None:
        """Let the face answer; in a thread of its own."""
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        parts = self._pages(
            environ, lambda status, headers, _=None: begun.append((status, headers))
        )
        try:
            content = b"".join(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        status, headers = begun[-1]
        protocol.response_bytes(int(status[:3]), headers, content)


def _environ(scope: Any, length: int, body: io.IOBase) -> dict[str, Any]:
    """A request as PEP 3333 has it."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for sent, value in scope.headers.items():
        name = sent.upper().replace("-", "_")
        if name != "CONTENT_TYPE":
            name = f"HTTP_{name}"
        if name in environ:
            value = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{value}"
        environ[name] = value
    environ["CONTENT_LENGTH"] = str(length)
    return environ
