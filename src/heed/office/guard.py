"""Lets nobody past who is not signed in, nobody at all while a wall is down; gives back what they typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from heed.office.hands import hands
from heed.office.pages import page
from heed.office.session import key_of, take_back
from heed.office.typed import beside, typed
from heed.store.readable import NotSignedIn, Reader

P = ParamSpec("P")


@dataclass(frozen=True)
class Who:
    """The person at the screen: the session key that the database looks up, and who it says that is."""

    key: str
    reader: Reader


def for_staff(
    view: Callable[Concatenate[HttpRequest, Who, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Only people who are signed in reach this view, while every wall stands; it is told who."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if hands().watch.failures():
            return reading_closed(request)
        try:
            key = key_of(request)
            who = Who(key, hands().desk.reader(key))
            request.reader = who.reader
            return view(request, who, *args, **kwargs)
        except NotSignedIn:
            request.reader = None
            return signed_out(request)

    return guarded


def reading_closed(request: HttpRequest) -> HttpResponse:
    """A probe fails: nothing is read or asked, not even who this is; what was typed comes back."""
    words = typed(request)
    return page(
        request,
        "reading_closed.html",
        503,
        typed=words,
        again=request.path,
        beside=beside(request) if words else [],
    )


def signed_out(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; with what was typed, where something was."""
    words = typed(request)
    if words:
        return take_back(page(request, "signed_out.html", 401, typed=words))
    return take_back(HttpResponseRedirect(reverse("sign_in")))
