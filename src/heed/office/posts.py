"""Pages that belong to a post; for everybody else they are not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse

from heed.office.guard import Who, for_staff

P = ParamSpec("P")
ADMINISTRATOR, CUSTODIAN, MANAGER, OVERSEER = "administrator", "custodian", "manager", "overseer"


def no_administrator(who: Who) -> None:
    """For administrators the page is not there; raises Http404."""
    if ADMINISTRATOR in who.reader.posts:
        raise Http404


def for_posts(
    *posts: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Who, P], HttpResponse]],
    Callable[Concatenate[HttpRequest, P], HttpResponse],
]:
    """Only people who hold one of these posts reach the view; all others get the page for no page."""

    def only(
        view: Callable[Concatenate[HttpRequest, Who, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @for_staff
        @wraps(view)
        def guarded(
            request: HttpRequest, who: Who, /, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            if not set(posts) & set(who.reader.posts):
                raise Http404
            return view(request, who, *args, **kwargs)

        return guarded

    return only
