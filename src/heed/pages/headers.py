"""Sends the same headers with every answer; each face says which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from django.http import HttpRequest, HttpResponse

BOTH = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What both faces say; what they may load, and whom they tell where one came from, differs."""


class EveryAnswer:
    """A middleware that sets `headers` on every answer."""

    headers: ClassVar[Mapping[str, str]] = BOTH

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers."""
        response = self._get_response(request)
        for name, value in self.headers.items():
            response[name] = value
        return response
