"""What staff see when something is not there, too long, or broken: plain words, and their own words back."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import REASON_BAD_ORIGIN

from heed.core.quiet import quiet_log
from heed.office.pages import page
from heed.office.typed import beside, typed
from heed.store.connection import StoreAway, StoreRefused
from heed.store.readable import NoSuchRecord

LOG = quiet_log("office")
NOBODY_ON_DUTY = "HE004"
NOT_BEGUN = "HE010"
_STRANGER = REASON_BAD_ORIGIN.partition("%")[0]
_DJANGO_KNOWS = (Http404, PermissionDenied, SuspiciousOperation)


class Faults:
    """Turns what a view could not do into a page; logs the kind of fault and the route's name only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what is meant for this host; Django calls process_exception for what a view raised."""
        request.get_host()  # raises DisallowedHost
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, fault: Exception) -> HttpResponse | None:
        """The page for a fault; None leaves it to Django's own handlers below."""
        if isinstance(fault, NoSuchRecord):
            return not_found(request)
        if isinstance(fault, _DJANGO_KNOWS):
            return None
        if isinstance(fault, StoreAway):
            return closed(request, fault)
        if isinstance(fault, StoreRefused) and fault.code in (NOBODY_ON_DUTY, NOT_BEGUN):
            return closed(request, fault)
        return broken(request, fault)


def closed(request: HttpRequest, fault: Exception) -> HttpResponse:
    """Nothing can be recorded or read just now."""
    _log(request, fault)
    words = typed(request)
    return page(
        request,
        "closed.html",
        503,
        typed=words,
        again=request.path,
        beside=beside(request) if words else [],
    )


def broken(request: HttpRequest, fault: BaseException | None = None) -> HttpResponse:
    """Something of ours broke; also Django's handler500."""
    _log(request, fault or sys.exc_info()[1])
    return page(request, "error.html", 500, typed=typed(request))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """There is no such page, or none for this reader: the bytes are the same. What was typed is given back."""
    request.reader = None
    return page(request, "not_found.html", 404, typed=typed(request))


def unreadable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """More was sent than a form can take, or what was sent is no form."""
    if isinstance(exception, RequestDataTooBig):
        return page(
            request,
            "page.html",
            413,
            title="This is too long",
            paragraphs=[
                "A form can take about ten megabytes of words, and 15 MB with files.",
                "Nothing was recorded. Go back: your words may still be there. Choose fewer or"
                " smaller files, or put it in as several parts.",
            ],
        )
    return page(
        request,
        "page.html",
        400,
        title="This could not be read",
        paragraphs=["Nothing was recorded. Go back, and send the form again."],
    )


def not_our_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of ours, or from one that is too old.

    Words are given back only where the browser says that the form was ours: nobody else's page
    may put words into one of ours.
    """
    ours = "HTTP_ORIGIN" in request.META and not reason.startswith(_STRANGER)
    return page(request, "too_old.html", 403, typed=typed(request) if ours else [])


def _log(request: HttpRequest, fault: BaseException | None) -> None:
    """The kind of fault and the route's name: an address or a sentence could hold content."""
    match = request.resolver_match
    code = f" {fault.code}" if isinstance(fault, StoreRefused) else ""
    LOG.error("%s%s in %s", type(fault).__name__, code, match.view_name if match else "no route")
