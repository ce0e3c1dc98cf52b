"""Templates that refuse a missing name and escape everything, for both faces alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import jinja2
from whitenoise import WhiteNoise

import heed
from heed.core.times import moment
from heed.pages.front import Front


def environment(**options: Any) -> jinja2.Environment:
    """A Jinja environment from the options that Django gives; `moment` writes a time in words."""
    chosen = options | {
        "autoescape": True,
        "auto_reload": False,
        "undefined": jinja2.StrictUndefined,
    }
    made = jinja2.Environment(**chosen)  # noqa: S701
    made.filters["moment"] = moment
    return made


def templates(face: Path, made_by: str) -> list[dict[str, Any]]:
    """Django's TEMPLATES setting: the folder `face`/templates, its environment by dotted name."""
    return [
        {
            "BACKEND": "django.template.backends.jinja2.Jinja2",
            "DIRS": [face / "templates"],
            "APP_DIRS": False,
            "OPTIONS": {"environment": made_by},
        }
    ]


def assets(face: Path) -> tuple[tuple[Path, str], ...]:
    """The folders of files that a face serves as they are, each with its address prefix."""
    vendor = Path(heed.__file__).resolve().parent / "vendor"
    return (vendor, "assets/vendor/"), (face / "static", "assets/")


def served(pages: Callable[..., Iterable[bytes]], folders: Iterable[tuple[Path, str]]) -> Front:
    """A face as a web server runs it: its pages, its files, and what stands before both."""
    files = WhiteNoise(pages, max_age=86400)
    for folder, prefix in folders:
        files.add_files(str(folder), prefix=prefix)
    return Front(files)
