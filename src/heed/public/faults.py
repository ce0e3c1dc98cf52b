"""What somebody sees when a page does not exist, is too long, or breaks: what to do next, never a blank."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from heed.core.quiet import quiet_log
from heed.public.pages import page

LOG = quiet_log("public")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page."""
    return page("not_found.html", 404)


def too_long(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """More was sent than one form can take, or what was sent is not a form."""
    return page("too_long.html", 413 if isinstance(exception, RequestDataTooBig) else 400)


def broken(request: HttpRequest) -> HttpResponse:
    """Something of ours broke: say that nothing may have been kept, and log the kind of fault only."""
    kind = sys.exc_info()[0]
    LOG.error("fault: %s", kind.__name__ if kind else "unknown")
    return page("error.html", 500)
