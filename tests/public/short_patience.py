"""A face that says how many bytes came, with the front that stands before every face, soon impatient."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import RequestDataTooBig

from heed.pages.front import Front


def pages(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Answers with what it read, or that it could not."""
    try:
        said = environ["wsgi.input"].read().decode()
    except OSError:
        start("400 Bad Request", [("content-type", "text/plain")])
        return [b"not whole"]
    except RequestDataTooBig:
        start("413 Content Too Large", [("content-type", "text/plain")])
        return [b"too long"]
    start("200 OK", [("content-type", "text/plain")])
    return [f"{environ['CONTENT_LENGTH']} {len(said)} {said[-10:]}".encode()]


application = Front(pages, patience=0.5)
