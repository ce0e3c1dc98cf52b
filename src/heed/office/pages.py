"""Draws a page: the templates, and what every page is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader

from heed.office.hands import hands
from heed.pages.drawing import assets

ASSETS = assets(Path(__file__).resolve().parent)


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
