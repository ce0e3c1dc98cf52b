"""Signing in for the first time: an administrator invites, and the person chooses name and password."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.access import people as commands
from heed.office.bodies import Bodies
from heed.office.changes import SENTENCES, shown_token, token_for
from heed.office.guard import Who
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.posts import ADMINISTRATOR, for_posts
from heed.office.signing import BUSY
from heed.register.return_code import NotACode, ReturnCode
from heed.store.connection import StoreRefused
from heed.store.signing_in import InvitationWrong, PasswordWrong, UsernameTaken, invitation_hash

NO_INVITATION = (
    "This code does not work. Look if each word is right. A code works once, for two days."
    " If it does not help, ask for a new one."
)
TAKEN = "Choose another user name."
NOT_TWICE = "The two passwords are not the same. Type both again."
EVERY_CODE = "\0welcome"
"""Wrong codes wait together: whoever guesses has no name to guess at."""


@for_posts(ADMINISTRATOR)
@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest, who: Who, person: UUID) -> HttpResponse:
    """Make a code for somebody of one's own body: what will happen, then the code, shown once."""
    bodies = Bodies.seen_by(who)
    known = bodies.people.get(person)
    if known is None or not bodies.may_set_up(known):
        raise Http404
    if request.method != "POST":
        return _ask(request, bodies, person, "")
    held = hands()
    code = ReturnCode.new(held.chance.bytes)
    entry = commands.invite(
        held.chance,
        held.organisation,
        person=person,
        code_hash=invitation_hash(code),
        token=token_for(request),
    )
    try:
        appended = held.desk.append(who.key, entry)
    except StoreRefused as refused:
        if refused.code not in SENTENCES:
            raise
        return _ask(request, bodies, person, SENTENCES[refused.code])
    if appended.again:  # the code was shown, and nobody has it any more
        return HttpResponseRedirect(reverse("person", args=[person]) + "?done=invited-before")
    return page(
        request,
        "invited.html",
        person=person,
        whom=bodies.name(person),
        words=code.words,
        welcome=reverse("welcome"),
    )


@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """Whoever has a code chooses a user name and a password."""
    if request.method != "POST":
        return _welcome(request, {})
    held = hands()
    with held.slowing.lane() as entered:
        if not entered:
            return _welcome(request, {"code": BUSY}, 503)
        wrong = _taken(request)
        if "code" in wrong:
            held.slowing.wrong(EVERY_CODE)
    if wrong:
        return _welcome(request, wrong, 400)
    return HttpResponseRedirect(reverse("sign_in") + "?welcome")


def _taken(request: HttpRequest) -> dict[str, str]:
    """Take the invitation; returns what is wrong, by field."""
    held = hands()
    password = request.POST.get("password", "")
    try:
        code = ReturnCode.parse(request.POST.get("code", ""))
        held.door.invited(code)
        if password != request.POST.get("again", ""):
            return {"password": NOT_TWICE}
        held.door.take_invitation(
            held.organisation, code, request.POST.get("username", ""), password
        )
    except (NotACode, InvitationWrong):
        return {"code": NO_INVITATION}
    except UsernameTaken:
        return {"username": TAKEN}
    except PasswordWrong as wrong:
        return {wrong.field: str(wrong)}
    return {}


def _ask(request: HttpRequest, bodies: Bodies, person: UUID, wrong: str) -> HttpResponse:
    return page(
        request,
        "invite.html",
        400 if wrong else 200,
        person=person,
        whom=bodies.name(person),
        token=shown_token(request),
        wrong={"invite": wrong},
    )


def _welcome(request: HttpRequest, wrong: dict[str, str], status: int = 200) -> HttpResponse:
    said = {name: request.POST.get(name, "") for name in ("code", "username")}
    return page(request, "welcome.html", status, said=said, wrong=wrong)
