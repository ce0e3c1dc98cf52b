"""Lets nobody past who is not signed in, and gives back what they had typed."""

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
from heed.office.typed import typed
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
    """Only people who are signed in reach this view; it is told who."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            key = key_of(request)
            who = Who(key, hands().desk.reader(key))
            request.reader = who.reader
            return view(request, who, *args, **kwargs)
        except NotSignedIn:
            request.reader = None
            return signed_out(request)

    return guarded


def signed_out(request: HttpRequest) -> HttpResponse:
    """To the sign-in page; with what was typed, where something was."""
    words = typed(request)
    if words:
        return take_back(page(request, "signed_out.html", 401, typed=words))
    return take_back(HttpResponseRedirect(reverse("sign_in")))
