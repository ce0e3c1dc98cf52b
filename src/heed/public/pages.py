"""Draws a page: the templates, and what every page is told."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from django.http import HttpResponse
from django.template import loader
from markupsafe import escape

from heed.pages import drawing
from heed.public.hands import hands

ASSETS = drawing.assets(Path(__file__).resolve().parent)


def environment(**options: Any) -> jinja2.Environment:
    """The templates of this face, and what every page of it is told."""
    made = drawing.environment(**options)
    configuration = hands().configuration
    made.globals.update(
        organisation=configuration.organisation,
        telephone=configuration.telephone,
        next_read=configuration.next_read,
        rings=configuration.post == "smtp",
        demonstration=True,  # no other register can begin yet
    )
    return made


def page(name: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page of this face."""
    return HttpResponse(loader.get_template(name).render(context), status=status)


@dataclass(frozen=True)
class HalfDrawn:
    """A page of the hot path, drawn once; `values` names what differs from one showing to the next."""

    name: str
    values: tuple[str, ...]

    def page(self, given: dict[str, str], **context: bool) -> HttpResponse:
        """The page with these values, each escaped; `context` is what may choose among its parts."""
        pieces = _drawn(self, tuple(sorted(context.items())))
        return HttpResponse("".join(escape(given[p]) if p in given else p for p in pieces))


@cache
def _drawn(half: HalfDrawn, context: tuple[tuple[str, bool], ...]) -> tuple[str, ...]:
    """The page in pieces: text, and the names of values."""
    marks = {f"({secrets.token_hex(8)})": name for name in half.values}
    named = {name: mark for mark, name in marks.items()}
    drawn = loader.get_template(half.name).render(dict(context) | named)
    pieces = re.split("(" + "|".join(map(re.escape, marks)) + ")", drawn)
    return tuple(marks.get(piece, piece) for piece in pieces)
