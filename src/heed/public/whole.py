"""Takes what a browser sends whole or not at all: half a report is never kept as if it were all of it."""

from __future__ import annotations

from typing import BinaryIO


class Whole:
    """The body of a request (PEP 3333's wsgi.input) that ends where it was said to, or breaks.

    Without this, half a form that came before the line was cut would be read as all of it.
    """

    def __init__(self, stream: BinaryIO, length: int) -> None:
        """`length`: bytes announced."""
        self._stream = stream
        self._left = length

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; raises OSError where the line was cut."""
        wanted = self._wanted(size)
        part = self._stream.read(wanted) if wanted else b""
        return self._came(part, len(part) == wanted)

    def readline(self, size: int = -1) -> bytes:
        """Up to `size` bytes of one line; raises OSError where the line was cut."""
        wanted = self._wanted(size)
        part = self._stream.readline(wanted) if wanted else b""
        return self._came(part, len(part) == wanted or part.endswith(b"\n"))

    def _wanted(self, size: int) -> int:
        return self._left if size < 0 else min(size, self._left)

    def _came(self, part: bytes, whole: bool) -> bytes:
        self._left -= len(part)
        if not whole:
            raise OSError("the connection was cut before everything had come")
        return part
