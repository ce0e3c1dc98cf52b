"""Draws a page: the templates, and what every page is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from django.http import HttpRequest, HttpResponse
from django.template import loader

import heed
from heed.core.times import moment
from heed.office.hands import hands

ASSETS = (
    (Path(heed.__file__).resolve().parent / "vendor", "assets/vendor/"),
    (Path(__file__).resolve().parent / "static", "assets/"),
)


def environment(**options: Any) -> jinja2.Environment:
    """Templates that refuse a missing name and escape everything."""
    chosen = options | {
        "autoescape": True,
        "auto_reload": False,
        "undefined": jinja2.StrictUndefined,
    }
    made = jinja2.Environment(**chosen)  # noqa: S701
    made.filters["moment"] = moment
    return made


def page(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page of this face; `reader` is whoever is signed in, or None."""
    configuration = hands().configuration
    reader = getattr(request, "reader", None)
    told = {
        "organisation": configuration.organisation,
        "telephone": configuration.telephone,
        "reader": reader,
        "demonstration": reader is not None and reader.demonstration,
    }
    return HttpResponse(loader.get_template(name).render(told | context, request), status=status)
