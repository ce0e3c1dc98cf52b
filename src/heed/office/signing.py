"""Signing in and signing out."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from heed.office.hands import hands
from heed.office.pages import page
from heed.office.session import give, key_of, take_back
from heed.store.connection import StoreAway
from heed.store.readable import NotSignedIn
from heed.store.signing_in import plain_username

WRONG = "The user name or the password is wrong."
BUSY = "Many people are signing in. Wait a few seconds, then try again."


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and what comes of it."""
    if request.method == "POST":
        return _weigh(request)
    try:
        hands().desk.reader(key_of(request))
    except NotSignedIn:
        set_up = "welcome" in request.GET
        return page(request, "sign_in.html", error="", username="", set_up=set_up)
    return HttpResponseRedirect(reverse("queue"))


def _weigh(request: HttpRequest) -> HttpResponse:
    held = hands()
    username, password = request.POST.get("username", ""), request.POST.get("password", "")
    name = plain_username(username)
    with held.slowing.lane() as entered:
        if not entered:
            return page(request, "sign_in.html", 503, error=BUSY, username=username)
        key = held.door.sign_in(username, password)
        if key is None:
            held.slowing.wrong(name)
            return page(request, "sign_in.html", 400, error=WRONG, username=username)
    held.slowing.right(name)
    return give(HttpResponseRedirect(reverse("queue")), key)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session. With the database away only this browser forgets it, and it runs out."""
    with suppress(StoreAway):
        hands().door.sign_out(key_of(request))
    return take_back(HttpResponseRedirect(reverse("sign_in")))
