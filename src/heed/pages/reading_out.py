"""Hears a browser out that sends too much: one that is cut off shows its own blank page, not ours."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest

CHUNK = 2**20
MOST = 2**28
"""Bytes of too long a form that are read and dropped before the line is cut."""


def read_out(request: HttpRequest) -> None:
    """Read what is still on its way, up to the length that the browser named, and keep none of it."""
    with suppress(OSError):
        for _ in range(MOST // CHUNK):
            if not request.read(CHUNK):
                return
