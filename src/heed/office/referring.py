"""Referring a record: first to whom, with reasons; then what was said to them, and how."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.core.ports import is_address
from heed.core.times import LONDON, day
from heed.office.about import About
from heed.office.beside import instant
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.reaching import reaches_of
from heed.office.record import own_record
from heed.office.referrals import HOWS, ROUTES
from heed.referral import commands, rules
from heed.referral.commands import AT_ONCE, How
from heed.referral.directory import (
    KEPT,
    SOURCES,
    UNLISTED,
    Body,
    Directory,
    Place,
    directory,
)
from heed.referral.rules import ReferredToTheCriticised, Route
from heed.store import referral as stored
from heed.store import staff
from heed.store.readable import NoSuchRecord

ASKED = ("route", "concerned", "crime", "postcode", "find", "kind")
TOLD = (
    "how",
    "at",
    "person",
    "reach",
    "reference",
    "unlisted",
    "rung_back",
    "back_at",
    "warned",
    "words",
)
OFFERED = (How.TELEPHONE, How.PORTAL, How.EMAIL, How.LINK)
"""How it can go. A secure email goes from the organisation's own mailbox; then that is written down."""
RECORD = "record"
"""In a form: it is for the record itself, where nobody is named."""
NO_CONCERNED = "Choose for whom you refer it."
NO_ROUTE = "Choose why you refer it."
NO_HOW = "Choose how you told them, or will tell them."
NO_TIME = "Say when you told them: a day and a time that have been."
NO_REACH = "Write the number you rang, or the address or form you used."
NO_ADDRESS = "Write one email address. The link goes there."
NO_NAME = "Write what the body is called."
NO_RUNG_BACK = "Write whom you rang back, and where you got the number. Do not use one they gave."
NO_BACK_AT = "Say when you rang them back: a day and a time that have been."
NOT_WARNED = "Read the warning, then tick the box."
MANY = 30


class Choosing(NamedTuple):
    """What the first page shows: where the place is, who is proposed and who is refused.

    `found`: by name, those that are not proposed; `above`: whether one that is was found, too.
    """

    place: Place | None
    former: list[tuple[str, str]]
    routes: rules.Routes | None
    found: list[Body]
    above: bool = False


@for_staff
@require_http_methods(["GET", "POST"])
def refer(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Find a body, choose it, and write down how it was told; only the last puts anything on the record."""
    own_record(who, record)
    about = About.of(who, record, Bodies.seen_by(who))
    said = {name: request.POST.get(name, request.GET.get(name, "")) for name in (*ASKED, *TOLD)}
    if said["concerned"] not in ("", RECORD) and about.person(chosen(said["concerned"])) is None:
        raise NoSuchRecord
    if not about.wanted:
        said["concerned"] = RECORD
    body = _body(request, said)
    if request.method != "POST" or body is None or request.POST.get("step") == "back":
        return _choose(request, who, record, about, said)
    if request.POST.get("step") != "record":
        return _tell(request, who, record, about, body, said, {})
    wrong = _wrong(who, record, body, said)
    entry = None if any(wrong.values()) else _entry(request, record, body, said)
    if entry is not None:
        wrong["how"] = record_change(who, entry)
    if entry is None or any(wrong.values()):
        return _tell(request, who, record, about, body, said, wrong)
    if said["how"] == How.LINK:
        return HttpResponseRedirect(reverse("pack", args=[record, entry.id]))
    return HttpResponseRedirect(reverse("record", args=[record]) + "?referred#referrals")


def _body(request: HttpRequest, said: dict[str, str]) -> Body | None:
    """The body that a button or the form names, once it is clear why; None: still to be chosen."""
    named = request.POST.get("body", "")
    if request.POST.get("step") == "kind":
        named = said["kind"]
    if (
        request.POST.get("step") == "find"
        or said["route"] not in set(Route)
        or not said["concerned"]
    ):
        return None
    return directory().body(named)


def _wrong(who: Who, record: UUID, body: Body, said: dict[str, str]) -> dict[str, str]:
    now = staff.now(hands().desk, who.key)
    told, back = instant(said["at"]), instant(said["back_at"])
    at_once = said["how"] in AT_ONCE
    against = stored.standing(stored.criticised(hands().desk, who.key, record))
    wrong = {
        "how": "" if said["how"] in OFFERED else NO_HOW,
        "at": NO_TIME if at_once and (told is None or told > now) else "",
        "reach": _wrong_reach(said),
        "unlisted": "" if body.listed or said["unlisted"].strip() else NO_NAME,
        "rung_back": "" if body.listed or said["rung_back"].strip() else NO_RUNG_BACK,
        "back_at": NO_BACK_AT if not body.listed and (back is None or back > now) else "",
        "warned": "",
    }
    if said["route"] == Route.ACCOUNTABILITY:
        if rules.warns_of_the_force(body.id, against) and said["warned"] != "yes":
            wrong["warned"] = NOT_WARNED
        try:
            rules.check_accountable(directory(), body.id, against)
        except ReferredToTheCriticised as refused:
            wrong["how"] = str(refused)
    return wrong


def _wrong_reach(said: dict[str, str]) -> str:
    if said["how"] == How.LINK:
        return "" if is_address(said["reach"].strip()) else NO_ADDRESS
    return "" if said["reach"].strip() else NO_REACH


def _entry(request: HttpRequest, record: UUID, body: Body, said: dict[str, str]) -> Any:
    held = hands()
    return commands.refer(
        held.chance,
        held.organisation,
        said | {"place": said["postcode"]},
        record=record,
        concerned=chosen(said["concerned"]),
        route=Route(said["route"]),
        body=body.id,
        how=How(said["how"]),
        told_at=instant(said["at"]) if said["how"] in AT_ONCE else None,
        rung_back_at=None if body.listed else instant(said["back_at"]),
        token=token_for(request),
    )


def _choose(
    request: HttpRequest, who: Who, record: UUID, about: About, said: dict[str, str]
) -> HttpResponse:
    seen = own_record(who, record)
    against = stored.standing(stored.criticised(hands().desk, who.key, record))
    asked = request.method == "POST"
    wrong = {
        "route": NO_ROUTE if asked and said["route"] not in set(Route) else "",
        "concerned": NO_CONCERNED if asked and not said["concerned"] else "",
    }
    danger = stored.danger(hands().desk, who.key, record)
    somebody = about.person(chosen(said["concerned"]))
    trusted = somebody is not None and somebody.adult
    return page(
        request,
        "refer.html",
        400 if any(wrong.values()) else 200,
        record=record,
        reference=seen.reference,
        people=[
            *((str(one.id), one.titled) for one in about.people if one.wanted),
            (RECORD, about.whom(None)),
        ],
        routes=[(str(route), text) for route, text in ROUTES.items()],
        kinds=[{"id": id, "line": name} for id, name in UNLISTED.items()],
        criticised=[directory().name(id) for id in against],
        shown=_choosing(directory(), said, against, danger, trusted) if asked else None,
        kept=KEPT,
        nobody_looks=rules.NO_WATCHDOG,
        sources=SOURCES,
        typed={name: said[name] for name in TOLD if said[name] and name != "warned"},
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )


def _choosing(
    known: Directory, said: dict[str, str], against: tuple[str, ...], danger: str, trusted: bool
) -> Choosing:
    place = known.place(said["postcode"]) if said["postcode"].strip() else None
    former = known.took_over(said["find"])
    found = known.found(said["find"])
    areas = list(place.areas) if place else []
    routes = None
    if said["route"] == Route.PROTECTING:
        routes = rules.protecting(
            known,
            areas,
            danger=danger,
            crime=said["crime"],
            criticised=against,
            approximate=bool(place and place.approximate),
        )
        found = [one for one in found if rules.protects(one.id)]
        found += [known.children(code) for one in former for code in one.now]
    elif said["route"] == Route.ACCOUNTABILITY:
        routes = rules.accountability(known, against, employers=areas, trusted=trusted)
        found = [one for one in found if not rules.against(one.id, against)]
    names = [
        (
            f"{one.name} ended on {day(date.fromisoformat(one.ended))}",
            "; ".join(known.name(f"council/{code}") for code in one.now),
        )
        for one in former
    ]
    above = {one.body.id for one in routes.proposed} if routes else set()
    alike = {one.id: one for one in found}
    further = [one for id, one in alike.items() if id not in above]
    return Choosing(place, names, routes, further[:MANY], len(further) < len(alike))


def _tell(
    request: HttpRequest,
    who: Who,
    record: UUID,
    about: About,
    body: Body,
    said: dict[str, str],
    wrong: dict[str, str],
) -> HttpResponse:
    against = stored.standing(stored.criticised(hands().desk, who.key, record))
    refused = ""
    if said["route"] == Route.ACCOUNTABILITY:
        try:
            rules.check_accountable(directory(), body.id, against)
        except ReferredToTheCriticised as why:
            refused = str(why)
    somebody = about.person(chosen(said["concerned"]))
    now = staff.now(hands().desk, who.key).astimezone(LONDON)
    fresh = {"at": said["at"] or f"{now:%Y-%m-%dT%H:%M}"}
    return page(
        request,
        "refer_tell.html",
        400 if any(wrong.values()) else 200,
        record=record,
        reference=own_record(who, record).reference,
        body=body,
        whom=somebody.titled if somebody else about.whom(None),
        route=ROUTES[Route(said["route"])],
        protecting=said["route"] == Route.PROTECTING,
        refused=refused,
        criticised=rules.against(body.id, against),
        warning=rules.TELLS_THE_FORCE if rules.warns_of_the_force(body.id, against) else "",
        hows=[(str(how), HOWS[how]) for how in OFFERED],
        reaches=reaches_of(who, body.id),
        carried={name: said[name] for name in (*ASKED,)} | {"body": body.id},
        said=said | fresh,
        wrong=wrong,
        token=shown_token(request),
    )
