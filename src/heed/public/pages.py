"""Draws a page: the templates, and what every page is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from django.http import HttpResponse
from django.template import loader

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
        demonstration=True,  # no other register can begin yet
    )
    return made


def page(name: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page of this face."""
    return HttpResponse(loader.get_template(name).render(context), status=status)
