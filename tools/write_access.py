"""Writes docs/access.md: every address, who may reach it, what it gives, what the wrong person sees."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver

from heed.access.policy import may_read

PAGE = Path(__file__).resolve().parent.parent / "docs" / "access.md"
FACES = ("public", "office")


class Unguarded(Exception):
    """A view that somebody reaches whom nothing here lets in, or a rule here that nothing follows."""


class Route(NamedTuple):
    """One address of a face: `public.tell`, its pattern, the names of its arguments, its view."""

    name: str
    address: str
    arguments: tuple[str, ...]
    view: Callable[..., Any]


class Rule(NamedTuple):
    """Who may reach an address, and what the wrong person sees there."""

    who: str
    wrong: str


ANYONE = Rule("anyone", "–")
BY_CODE = Rule(
    "anyone; what is behind a code, only who types its eight words",
    "the question for the code again, with what was typed",
)
OPEN = {
    "public.start": ANYONE,
    "public.tell": ANYONE,
    "public.return": BY_CODE,
    "public.thread": BY_CODE,
    "public.proof": BY_CODE,
    "public.file": BY_CODE,
    "public.link": Rule("anyone; it asks the record nothing", "the same form for every address"),
    "public.referral": BY_CODE,
    "public.referral-open": Rule(
        "who has the link and the code that goes with it, once",
        "one sentence, whether it is unknown, wrong, locked, expired, opened or taken back",
    ),
    "public.referral-answer": BY_CODE,
    "public.published": Rule("anyone", "a page that says it is not here"),
    "public.healthz": ANYONE,
    "public.readyz": ANYONE,
    "office.sign_in": Rule("anyone", "one sentence for a wrong name and for a wrong password"),
    "office.sign_out": Rule("anyone; it ends their own session only", "the sign-in page"),
    "office.welcome": Rule(
        "anyone; who has a code that an administrator made, once, within two days",
        "one sentence for a code that is unknown, used or too old",
    ),
    "office.call_link": Rule(
        "anyone; only who holds the message that called somebody can say that they have it",
        "one sentence for a link that is unknown, or whose call is no longer theirs",
    ),
    "office.healthz": ANYONE,
    "office.readyz": ANYONE,
}
"""Every address that no guard stands before; any other is refused here, and fails a test."""

GUARDS = {
    "for_staff": Rule(
        "who is signed in", "signed out: the sign-in page, with the words that were typed"
    ),
    "for_posts": Rule("who holds the post of {posts}", "404, as for an address that is not there"),
}
"""By the name of the guard; {} holds what it was made with."""

GUARDS_STAND_IN = ("heed.office.guard", "heed.office.posts")
"""What is made elsewhere counts as no guard."""

HIDDEN = "404, the same bytes and the same work as for a record that nobody has"
OWNER = Rule("who answers for the record", HIDDEN)
TAKER = Rule("to whom the record is offered", HIDDEN)
OWN_BODY = Rule("about somebody of their own body, and not of themselves", "404")
ARGUMENTS = {
    "record": Rule("who may read the record", HIDDEN),
    "record of office.answer": OWNER,
    "record of office.hand_over": OWNER,
    "record of office.bring_in": OWNER,
    "record of office.end_leave": OWNER,
    "record of office.take_back": OWNER,
    "record of office.note": OWNER,
    "record of office.refer": OWNER,
    "record of office.referral": OWNER,
    "record of office.referral_link": OWNER,
    "address": Rule("anyone", "the same form"),
    "by_link": Rule("about a referral of this record that goes by link", HIDDEN),
    "record of office.criticised": OWNER,
    "record of office.pack": OWNER,
    "record of office.pack_made": OWNER,
    "record of office.pack_file": OWNER,
    "record of office.tell": OWNER,
    "record of office.harm": OWNER,
    "seconding": Rule(
        "who did not decide it, and may read the record or oversees it, and must not be kept from it",
        HIDDEN,
    ),
    "challenge": Rule(
        "who did not decide it, oversees it or answers for the record or is a manager or the outside"
        " contact who was told, and must not be kept from it",
        HIDDEN,
    ),
    "referral": Rule("about a referral of this record", HIDDEN),
    "pack": Rule("about a pack of this record", HIDDEN),
    "document": Rule("one of the documents of that pack", "404"),
    "referral of office.reminder": Rule(
        "who answers for its record or oversees it, and must not be kept from it", HIDDEN
    ),
    "record of office.call": OWNER,
    "record of office.record_draft": OWNER,
    "record of office.parents": OWNER,
    "record of office.print": OWNER,
    "record of office.bring_back": OWNER,
    "record of office.taking": TAKER,
    "record of office.accept": TAKER,
    "record of office.decline": TAKER,
    "record of office.identity": Rule("to whom who told us is open now", HIDDEN),
    "record of office.identity_ask": Rule(
        "who answers for the record, or oversees it; only where who told us is sealed", HIDDEN
    ),
    "record of office.identity_danger": Rule(
        "who answers for the record; only where who told us is sealed", HIDDEN
    ),
    "record of office.oversight_ask": Rule("who must not be kept from the record", HIDDEN),
    "record of office.looks_at": Rule("who asked to see the record, or answers for it", HIDDEN),
    "person": Rule(
        "about anybody here; changes only in their own body, and not of themselves",
        "404 for nobody's id, and a sentence where the change is not theirs to make",
    ),
    "person of office.person_away": OWN_BODY,
    "person of office.person_back": OWN_BODY,
    "person of office.invite": OWN_BODY,
    "person of office.person_remits": OWN_BODY,
    "person of office.remit_end": OWN_BODY,
    "record of office.call_answer": Rule("who was called about it, and not kept from it", HIDDEN),
    "message": Rule("who holds that message", "404"),
    "person of office.person_reach": OWN_BODY,
    "record of office.propose": Rule(
        "about a record of somebody in their team, from which they must not be kept", HIDDEN
    ),
    "tie": Rule("who is not one of the two, unless they declared it", "404"),
    "unit": Rule("about a unit of their own body", "404"),
    "sorting": Rule("who did not put it aside, and must not be kept from the record", HIDDEN),
    "file": Rule("about a file of that record", "404"),
    "asking": Rule("who answers for the record that somebody asks to see", HIDDEN),
    "approval": Rule("who may say yes first: the access custodian, not whoever asks", HIDDEN),
    "flag": Rule("who answers for the record, the access custodian or an overseer", HIDDEN),
    "opening": OWNER,
    "glass": Rule("who must not be kept from the record, and did not open it themself", HIDDEN),
    "wanted": Rule(
        "who may be one of the two that open who told us, did not ask, has not agreed, and must not"
        " be kept from the record",
        HIDDEN,
    ),
    "alone": Rule(
        "an overseer or the outside contact who did not open it themself, and must not be kept from"
        " the record",
        HIDDEN,
    ),
    "wall": Rule("who must not be kept from the record that it is on", HIDDEN),
    "name": Rule(
        "the sign of life, keys, the policy and a demonstration's story, nothing else", HIDDEN
    ),
}
"""What an address asks besides, by the name of its argument, for one address or for all the others."""


def routes(face: str) -> list[Route]:
    """Every address in a face's URL configuration; raises Unguarded for one without a name."""
    return list(_walk(face, import_module(f"heed.{face}.urls").urlpatterns, ""))


def _walk(face: str, patterns: Sequence[URLPattern | URLResolver], before: str) -> Iterator[Route]:
    for each in patterns:
        address = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(face, each.url_patterns, address)
            continue
        if not each.name:
            raise Unguarded(f"{face}: the address /{address} has no name")
        arguments = tuple(re.findall(r"<(?:\w+:)?(\w+)>", address))
        yield Route(f"{face}.{each.name}", "/" + address, arguments, each.callback)


def rules_of(route: Route) -> list[Rule]:
    """The rules that hold for an address; raises Unguarded, with what to do."""
    guards = guards_of(route)
    if route.name in OPEN:
        if guards:
            raise Unguarded(f"{route.name} is guarded by {guards[0][0]}: take it out of OPEN")
        rules = [OPEN[route.name]]
    else:
        if not guards:
            raise Unguarded(f"{route.name} has no guard, and is not in OPEN")
        rules = []
        for name, made_with in guards:
            said = {key: " or ".join(value) for key, value in made_with.items()}
            rules.append(Rule(*(text.format(**said) for text in _known(GUARDS, name, route))))
    asked = [
        special if (special := f"{name} of {route.name}") in ARGUMENTS else name
        for name in route.arguments
    ]
    found = rules + [_known(ARGUMENTS, name, route) for name in asked]
    return list(dict.fromkeys(found))  # two arguments may ask the same


def _known(rules: dict[str, Rule], name: str, route: Route) -> Rule:
    if name not in rules:
        raise Unguarded(f"{route.name}: tools/write_access.py does not say what {name} asks for")
    return rules[name]


def _layers(view: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A view and what it is wrapped around, from the outside in."""
    layer: Callable[..., Any] | None = view
    while layer is not None:
        yield layer
        layer = getattr(layer, "__wrapped__", None)


def guards_of(route: Route) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
    """The guards before a view, from the outside in, each with the words that it was made with."""
    found = []
    for layer in _layers(route.view):
        if getattr(layer, "__globals__", {}).get("__name__") in GUARDS_STAND_IN:
            held = inspect.getclosurevars(layer).nonlocals
            made_with = {name: said for name, said in held.items() if isinstance(said, tuple)}
            found.append((layer.__code__.co_qualname.split(".")[0], made_with))
    return found


def methods(view: Callable[..., Any]) -> tuple[str, ...]:
    """The methods that the view answers, as its decorator lists them; none: all of them."""
    for layer in _layers(view):
        listed = inspect.getclosurevars(layer).nonlocals.get("request_method_list")
        if listed:
            return tuple(listed)
    return ()


def _gives(view: Callable[..., Any]) -> str:
    """The first paragraph of the view's docstring, on one line."""
    return " ".join((inspect.getdoc(view) or "").split("\n\n")[0].split())


def written() -> str:
    """The whole page; raises Unguarded."""
    tables = []
    met = set()
    for face in FACES:
        rows = []
        for route in routes(face):
            met.add(route.name)
            rules = rules_of(route)
            who = "; ".join(rule.who for rule in rules)
            wrong = "; ".join(rule.wrong for rule in rules)
            given = _gives(route.view)
            answers = ", ".join(methods(route.view)) or "all"
            rows.append(f"| `{route.address}` | {answers} | {who} | {given} | {wrong} |")
        tables.append(f"## The {face} face\n{_HEAD}\n" + "\n".join(rows))
    named = OPEN.keys() | {key.split(" of ")[1] for key in ARGUMENTS if " of " in key}
    if left := sorted(named - met):
        raise Unguarded(f"there are rules for {', '.join(left)}, which no face has")
    said = " ".join((inspect.getdoc(may_read) or "").split(";")[0].split())
    return _TOP.format(rule=said) + "\n\n".join(tables) + "\n"


_HEAD = (
    "| address | methods | who may reach it | what it gives | the wrong person sees |\n"
    "|---|---|---|---|---|"
)
_TOP = """# Who may reach what
Made by `tools/write_access.py` from the URL configuration of both faces, the guard of each view and its first
sentence. A view without a guard is refused unless it is named as open there.

Who may read a record (`access/policy.py`, and its twin in `src/heed/store/sql/rule.sql`):
`{rule}`.
Whoever may not is told the same as of a record that does not exist: `tests/walls/twin_worlds.py` compares two
worlds, one with the record and one without it, at every address below. A method that is not listed is answered
with 405, an address that is not listed with 404. Files under `/assets/` are the same for everybody.

"""

if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(not PAGE.exists() or written() != PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(written(), encoding="utf-8")
