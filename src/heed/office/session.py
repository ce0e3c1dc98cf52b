"""The cookie by which a browser shows that its user has signed in: a random key, and nothing else."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_KEY = re.compile(r"[0-9a-f]{64}")


def key_of(request: HttpRequest) -> str:
    """The session key that this browser shows, or a blank one that nobody has."""
    shown = request.COOKIES.get(settings.HEED_SESSION_COOKIE, "")
    return shown if _KEY.fullmatch(shown) else ""


def give(response: HttpResponse, key: str) -> HttpResponse:
    """Let the browser keep the key until it is closed; the database ends the session in 12 hours."""
    response.set_cookie(
        settings.HEED_SESSION_COOKIE,
        key,
        secure=settings.HEED_HTTPS,
        httponly=True,
        samesite="Strict",
    )
    return response


def take_back(response: HttpResponse) -> HttpResponse:
    """Let the browser forget the key."""
    response.delete_cookie(settings.HEED_SESSION_COOKIE, samesite="Strict")
    return response
