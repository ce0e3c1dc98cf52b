"""Referrals, what came of them, criticism and contacts as pages show them, with sample contexts."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from heed.office.bodies import Bodies
from heed.office.packing import NO_PAPER
from heed.office.packs import Choice
from heed.office.reaching import Contact
from heed.office.referrals import HEARD, HOWS, ROUTES, Referrals
from heed.office.referring import OFFERED, Choosing
from heed.referral import pack, rules
from heed.referral.commands import AT_ONCE
from heed.referral.directory import KEPT, SOURCES, UNLISTED, directory
from heed.referral.pack import Withheld
from heed.referral.waiting import Waits
from heed.store.packs import Made
from heed.store.referral import Criticised, HeardOf, Referred
from tests.packed import contents
from tests.sample_concerned import AT, ELLA, RECORD, REFERENCE, TOKEN, Page, about

FIRST, SECOND, THIRD = (UUID(int=number, version=4) for number in range(41, 44))
CHILDREN = "council/E09000033/children"
FORCE = "police/E23000001"
LATE = AT + timedelta(days=9)
_NOBODY_HERE = Bodies(RECORD, [], [])


def referrals(text: str) -> Referrals:
    """One that nobody answered, one that waits to be sent, one with an outcome; a force is criticised."""
    words = dict.fromkeys(("person", "reach", "reference", "words"), text)
    none = Referred(
        FIRST, RECORD, ELLA, "protecting", CHILDREN, "telephone", AT, None, AT, RECORD, words
    )
    sent = [
        none,
        none._replace(entry=SECOND, route="accountability", body="iopc", how="email", told_at=None),
        none._replace(entry=THIRD, concerned=None, body="school", words=words | {"unlisted": text}),
        none._replace(entry=ELLA, route="accountability", body=FORCE, words={}),
    ]
    heard = [
        HeardOf(UUID(int=number), THIRD, what, AT, AT, RECORD, None, words)
        for number, what in enumerate(HEARD, 50)
        if what != "in error"
    ]
    heard += [
        HeardOf(UUID(int=number), SECOND, what, AT, AT, None, FIRST, words)
        for number, what in enumerate(("sent", "not sent", "opened", "accepted"), 90)
    ]
    said = [Criticised(FIRST, FORCE, True, AT, RECORD, {"reason": text})]
    return Referrals(sent, heard, said, about(text), _NOBODY_HERE)


def waiting() -> list[tuple[str, Waits]]:
    """What referrals wait for, as the queue says it."""
    return [(each.body, each.waits) for each in referrals("").sent]


def referral_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context)."""
    yield from _choosing(text)
    yield from _telling(text)
    named = {"record": RECORD, "reference": REFERENCE, "token": TOKEN}
    said = dict.fromkeys(("what", "person", "reference", "words"), text) | {
        "at": "2026-11-20T15:42"
    }
    heard: dict[str, Any] = named | {"heard": [(str(what), told) for what, told in HEARD.items()]}
    heard |= {"said": said, "wrong": {}}
    heard |= {"packs": [Made(FIRST, AT, RECORD, None)]}
    for one in referrals(text).sent:
        yield f"referral-{one.entry.int % 100}", "referral.html", heard | {"one": one, "now": LATE}
    wrong = {"what": "Choose what happened.", "at": "Say when.", "person": "Write who opened it."}
    one = referrals(text).sent[0]
    yield "referral-wrong", "referral.html", heard | {"one": one, "now": AT, "wrong": wrong}
    yield from _criticising(text, named)
    yield from _contacts(text)
    yield from _packing(text)


def _choosing(text: str) -> Iterator[Page]:
    blank = dict.fromkeys(("route", "concerned", "crime", "kind"), "")
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "people": [(str(ELLA), "Child 1"), ("record", "the record, where no child is named")],
        "routes": [(str(route), told) for route, told in ROUTES.items()],
        "kinds": [{"id": id, "line": name} for id, name in UNLISTED.items()],
        "criticised": [],
        "shown": None,
        "kept": KEPT,
        "nobody_looks": rules.NO_WATCHDOG,
        "sources": SOURCES,
        "said": blank | {"postcode": text, "find": text},
        "typed": {"words": text},
        "wrong": {},
        "token": TOKEN,
    }
    yield "refer", "refer.html", form
    wrong = {"route": "Choose why you refer it.", "concerned": "Choose for whom you refer it."}
    yield "refer-wrong", "refer.html", form | {"wrong": wrong}
    known = directory()
    place = known.place("S1")._replace(typed=text or "S1")
    routes = rules.protecting(
        known, place.areas, danger="yes", crime="yes", criticised=("police",), approximate=True
    )
    former = [
        ("Cumbria County Council ended on 1 April 2023", "Cumberland; Westmorland and Furness")
    ]
    shown = Choosing(place, former, routes, known.found("cumberland"))
    page = form | {"said": form["said"] | {"route": "protecting"}, "criticised": ["Police"]}
    yield "refer-protecting", "refer.html", page | {"shown": shown}
    outside = rules.accountability(known, (FORCE,), employers=place.areas, trusted=True)
    page = form | {"said": form["said"] | {"route": "accountability"}, "criticised": ["Police"]}
    yield "refer-outside", "refer.html", page | {"shown": Choosing(None, [], outside, [])}
    nothing = rules.Routes(())
    lost = Choosing(known.place("")._replace(typed=text), [], nothing, [])
    yield "refer-nobody", "refer.html", page | {"shown": lost}


def _telling(text: str) -> Iterator[Page]:
    fields = ("how", "person", "reach", "reference", "unlisted", "rung_back", "warned", "words")
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "body": directory().bodies[CHILDREN],
        "whom": "Child 1",
        "route": ROUTES[rules.Route.PROTECTING],
        "protecting": True,
        "refused": "",
        "criticised": False,
        "warning": "",
        "hows": [(str(how), HOWS[how]) for how in OFFERED],
        "reaches": [],
        "carried": {"route": "protecting", "body": CHILDREN, "postcode": text},
        "said": dict.fromkeys(fields, text) | dict.fromkeys(("at", "back_at"), "2026-11-20T15:42"),
        "wrong": {},
        "token": TOKEN,
    }
    yield "refer-tell", "refer_tell.html", form
    wrong = {"how": "Choose how.", "at": "Say when.", "reach": "Write the number."}
    contacts = {"reaches": _kept(text), "criticised": True}
    yield "refer-tell-wrong", "refer_tell.html", form | contacts | {"wrong": wrong}
    complaint: dict[str, Any] = {
        "body": directory().bodies["iopc"],
        "route": ROUTES[rules.Route.ACCOUNTABILITY],
        "protecting": False,
        "warning": rules.TELLS_THE_FORCE,
        "wrong": {"warned": "Read the warning, then tick the box."},
    }
    yield "refer-tell-complaint", "refer_tell.html", form | complaint
    other = {"body": directory().bodies["school"], "refused": "It stands in one line with it."}
    wrong = {"unlisted": "Write its name.", "rung_back": "Write whom.", "back_at": "Say when."}
    yield "refer-tell-other", "refer_tell.html", form | other | {"wrong": wrong}


def _criticising(text: str, named: dict[str, Any]) -> Iterator[Page]:
    form = named | {
        "standing": [],
        "bodies": [{"id": FORCE, "line": "Metropolitan Police Service"}],
        "sources": SOURCES,
        "said": {"body": "", "find": text, "reason": text, "error": ""},
        "wrong": {},
    }
    yield "criticised", "criticised.html", form
    wrong = {"body": "Choose the body.", "reason": "Write what was said of it."}
    standing = {"standing": [(FORCE, "Metropolitan Police Service")], "wrong": wrong}
    yield "criticised-wrong", "criticised.html", form | standing


def _packing(text: str) -> Iterator[Page]:
    to = referrals(text).sent[0]
    choices = [
        Choice(UUID(int=number), kind, AT, text if kind == "file_added" else "", 3, None)
        for number, kind in enumerate(("filed", "added", "called", "parents_told", "file_added"))
    ]
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "to": to,
        "choices": choices,
        "staying": [],
        "sealed": False,
        "people": [],
        "harm": False,
        "going": {UUID(int=0)},
        "made_at": "2026-11-20T15:42:00+00:00",
        "wrong": {"entries": ""},
        "token": TOKEN,
    }
    yield "pack", "pack.html", form
    staying = [choices[-1]._replace(name="", why=why) for why in Withheld]
    wrong = {"wrong": {"entries": "Choose something to send."}}
    named = {"people": [f"Child 1: {text}", "Adult 1"], "harm": True}
    yield "pack-wrong", "pack.html", form | wrong | named | {"staying": staying, "sealed": True}
    written = json.loads(pack.written(contents(saw=text)))
    made: dict[str, Any] = {
        "record": RECORD,
        "pack": FIRST,
        "told": written,
        "at": AT,
        "by": text,
        "sums": (("0" * 64, "pack.json"), ("1" * 64, "pack.pdf"), ("2" * 64, "files/01.jpg")),
        "no_paper": "",
        "by_link": False,
        "whole": "3" * 64,
        "proven": True,
    }
    yield "pack-made", "pack_made.html", made
    yield (
        "pack-made-early",
        "pack_made.html",
        made | {"no_paper": NO_PAPER, "proven": False, "by_link": True},
    )


def _kept(text: str) -> list[Contact]:
    one = Contact(
        CHILDREN,
        "Children’s services",
        "By telephone",
        text,
        text,
        "20 May 2026",
        text,
        True,
        False,
    )
    return [one, one._replace(before=True, reach="", team="", old=False)]


def _contacts(text: str) -> Iterator[Page]:
    form: dict[str, Any] = {
        "contacts": [],
        "bodies": [{"id": FORCE, "line": "Metropolitan Police Service"}],
        "hows": [(str(how), HOWS[how]) for how in AT_ONCE],
        "limit": "6 months",
        "sources": SOURCES,
        "said": dict.fromkeys(("body", "find", "how", "name", "reach", "checked"), ""),
        "wrong": {},
        "told": "",
        "token": TOKEN,
    }
    yield "contacts-none", "contacts.html", form | {"told": "The contact is kept."}
    wrong = {"body": "Choose the body.", "reach": "Write the number.", "checked": "Say when."}
    said = {"name": text, "reach": text, "find": text}
    filled = {"contacts": _kept(text), "said": form["said"] | said}
    yield "contacts", "contacts.html", form | filled
    yield "contacts-wrong", "contacts.html", form | filled | {"wrong": wrong}
