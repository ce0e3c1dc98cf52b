"""Draws a page: the templates, and what every page is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from django.http import HttpResponse
from django.template import loader

import heed
from heed.core.times import moment
from heed.public.hands import hands

_HERE = Path(__file__).resolve().parent
ASSETS = (
    (Path(heed.__file__).resolve().parent / "vendor", "assets/vendor/"),
    (_HERE / "static", "assets/"),
)


def environment(**options: Any) -> jinja2.Environment:
    """Templates that refuse a missing name and escape everything."""
    made = jinja2.Environment(**(options | {"autoescape": True, "auto_reload": False}))  # noqa: S701
    made.undefined = jinja2.StrictUndefined
    made.filters["moment"] = moment
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
