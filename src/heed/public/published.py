"""Hands out what outsiders watch this record by: the sign of life, its keys, and a demonstration's story."""

from __future__ import annotations

import re

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from heed.public.hands import hands

NAMES = re.compile(
    r"heartbeat|policy|[a-z]{1,20}\.vkey|story/(replay|history)\.html|story/style\.css"
)
"""Not the signed head or its tiles: they grow as people write, and whoever watches would see when."""
KINDS = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}


@require_safe
def published(request: HttpRequest, name: str) -> HttpResponse:
    """One published file as it stands, for whoever watches this record from outside."""
    path = hands().hand.export / name
    if NAMES.fullmatch(name) is None or not path.is_file():
        raise Http404
    kind = KINDS.get(path.suffix, "text/plain; charset=utf-8")
    return HttpResponse(path.read_bytes(), content_type=kind)
