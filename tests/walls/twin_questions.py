"""Everything that somebody can ask of both faces: taken from their URL configuration, never from a list.

A new address is asked as soon as it has its line in RULES; without one every comparison fails.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from heed.register.return_code import ReturnCode
from tests.world import PASSWORD
from tools.write_access import Route, guards_of, methods, routes

BEGINNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILED = 200
"""The minute after BEGINNING in which the allegation is told."""
VISIT = 10_000
"""The minute of the first question; what happens in a world happens before it."""
PEOPLE = ("lead", "colleague", "contact")
"""Who can be on duty, with a record of their own in every world."""
POSTS = ("overseer", "custodian", "administrator", "manager")
"""Who holds the post of that name."""
BODY, UNIT, OUTSIDE = (UUID(int=number, version=4) for number in (1, 2, 3))
"""A body, the unit in it where the colleague works, and the overseer's own body."""
NOBODYS = "BCDFG-HJKMN"
"""A reference that no world has."""
STRANGE = UUID("5eed5eed-5eed-4eed-8eed-5eed5eed5eed")
"""A record that no world has."""


def code(number: int) -> ReturnCode:
    """A return code that is the same in every world."""
    return ReturnCode(f"{number:011}".encode())


ALLEGATION = code(0)
"""What one twin holds and the other does not."""
OWN = {name: code(number) for number, name in enumerate(PEOPLE, 1)}
OFFERED = {name: code(number) for number, name in enumerate(PEOPLE, 11)}
UNWANTED = {name: code(number) for number, name in enumerate(PEOPLE, 21)}
"""In every world: a record of each person's own, and two that are offered to them."""
JOINABLE, JOINED = code(102), code(103)
"""In every world: two more of the colleague's; their own record is joined with the second."""
SECONDED = code(105)
"""In every world: the colleague decided that nothing is done for a coach, and nobody has agreed yet."""
CHALLENGED = code(104)
"""In every world: the colleague decided it, told its reporter so, and they say that it is wrong."""
KEPT, ASKED = code(31), code(32)
"""In every world: two of the lead's records with a restriction; lifting the second was asked for."""
WORDS = {
    "saw": "The second worker drove a child home alone, and asked her to keep quiet about it.",
    "who": "The second worker",
    "where": "Aldermere, by the weir",
}
"""What is told in the allegation, and told again by whoever is under test."""


@dataclass(frozen=True)
class Rule:
    """What people send to an address: `filled` goes into the form that the page at `page` has for it.

    That page is asked for, or `opened_by` is sent there. `about` stands in the address, else what
    ARGUMENTS says. The names in braces are those of Asker.names, and {argument} what stands in the
    address.
    """

    filled: tuple[Mapping[str, str], ...] = ()
    page: str = ""
    opened_by: Mapping[str, str] = field(default_factory=dict)
    about: tuple[str, ...] = ()


_CODE = {"code": "{code}"}
_PUBLIC = {
    "public.start": Rule(),
    "public.tell": Rule(
        (
            {"step": "words", "danger": "yes"},
            {"step": "check", "at": "words", **WORDS},
            {"step": "send", "at": "check", "danger": "no", **WORDS},
            {"step": "send", "at": "check"},
            {"step": "you", "at": "people", "child": "yes"},
            {"step": "check", "at": "you", "name": "Second worker", "reach": "{reference}"},
            {"step": "send", "at": "check", **WORDS, "name": "Second worker", "keep": "apart"},
            {"step": "send", "at": "check", **WORDS, "name": "Second worker", "keep": "shown"},
        ),
        page="/tell",
    ),
    "public.return": Rule(
        (_CODE, _CODE | {"words": "more"}, {"code": str(code(9999))}, {"code": "heron weir"}),
        page="/return",
    ),
    "public.thread": Rule(
        (
            {"step": "show"},
            {"step": "add", "words": "There is more."},
            {"step": "add"},
            {"step": "ask"},
            {"wrong": str(STRANGE)},
        ),
        page="/return",
        opened_by=_CODE,
    ),
    "public.proof": Rule(({},), page="/return", opened_by=_CODE),
    "public.file": Rule(({},), page="/return", opened_by=_CODE),
    "public.link": Rule(),
    "public.referral": Rule(
        ({"code": str(code(9999))}, _CODE, {"code": "heron weir"}), page="/referral"
    ),
    "public.referral-open": Rule(
        ({"name": "Second worker", "code": "0417 0417"}, {"code": "4"}), page=f"/r/{'A' * 27}"
    ),
    "public.referral-answer": Rule(({"step": "say"}, {"document": "0"}), page="/referral"),
    "public.published": Rule(),
    "public.healthz": Rule(),
    "public.readyz": Rule(),
}
_RECORDS = {
    "office.queue": Rule(),
    "office.record": Rule(),
    "office.answer": Rule(({"words": "Thank you."}, {"words": " "}), page="/records/{argument}"),
    "office.restrict_person": Rule(
        tuple(
            {"person": "{lead}", "ground": "accused", "reason": "as told", "step": step}
            for step in ("check", "record")
        ),
        page="/records/{argument}/restrict",
    ),
    "office.restrict_unit": Rule(
        tuple(
            {"unit": str(OUTSIDE), "ground": "body", "reason": "as told", "step": step}
            for step in ("check", "record")
        ),
        page="/records/{argument}/restrict-unit",
    ),
    "office.hand_over": Rule(
        ({"taker": "{contact}", "note": "please", "step": "offer"},),
        page="/records/{argument}/hand-over",
    ),
    "office.bring_in": Rule(
        ({"person": "{contact}", "reason": "so", "step": "bring in"}, {"step": "bring in"}),
        page="/records/{argument}/bring-in",
    ),
    "office.end_leave": Rule(({},), page="/records/{record}"),
    "office.take_back": Rule(({},), page="/records/{argument}"),
    "office.waiting": Rule(),
    "office.late": Rule(),
    "office.clocks": Rule(),
    "office.calls": Rule(),
    "office.call_answer": Rule(
        ({}, {"call": "{record}"}), page="/calls", about=("{own}", "{record}", str(STRANGE))
    ),
    "office.call_link": Rule(({},), page="/c/{argument}"),
    "office.reach": Rule(
        ({"telephone": "07700 900199", "email": "x@example.org"}, {"telephone": "none"}),
        page="/reach",
    ),
    "office.person_reach": Rule(
        ({"telephone": "07700 900199"}, {"telephone": "none"}),
        page="/people/{argument}/reach",
        about=("{colleague}", "{lead}", str(STRANGE)),
    ),
    "office.taking": Rule(about=("{record}", "{offered}")),
    "office.accept": Rule(({},), page="/waiting/{argument}", about=("{record}", "{offered}")),
    "office.decline": Rule(
        ({"reason": "too much"}, {}), page="/waiting/{argument}", about=("{record}", "{unwanted}")
    ),
    "office.note": Rule(({"words": "so"}, {}), page="/records/{argument}/note"),
    "office.record_draft": Rule(
        tuple(
            {"words": "so", "kept_at": place, **said}
            for place in ("answer", "note")
            for said in ({"quietly": "yes"}, {"step": "later"}, {"step": "drop"})
        ),
        page="/records/{argument}",
    ),
    "office.call": Rule(
        ({"whom": "999", "at": "2026-01-05T15:42"}, {}), page="/records/{argument}/call"
    ),
    "office.parents": Rule(
        ({"parents": "no", "words": "not yet"}, {}), page="/records/{argument}/parents"
    ),
    "office.print": Rule(),
    "office.bring_back": Rule(({},), page="/records/{argument}"),
    "office.sorting": Rule(
        (
            {"all-0": "{hex}", "is-0": "thanks"},
            {"all-0": "{hex} {own}", "is-0": "concern"},
            {"is-0": "thanks", "is-1": "concern"},
        ),
        page="/sort",
    ),
    "office.put_aside": Rule(),
    "office.rung": Rule(({"whom": "999", "at": "2026-01-05T15:42"}, {}), page="/rung"),
    "office.letter": Rule(
        (
            {"channel": "telephone", "danger": "yes", **WORDS},
            {**WORDS, "seal": "whistle", "seal_name": "Second worker"},
            {"seal": "asked"},
            {},
        ),
        page="/letters/new",
    ),
    "office.draft": Rule(
        tuple(
            {**WORDS, **said} for said in ({"quietly": "yes"}, {"step": "later"}, {"step": "drop"})
        ),
        page="/letters/new",
    ),
    "office.files_add": Rule(({},), page="/records/{argument}/files"),
    "office.file": Rule(),
    "office.file_flag": Rule(({},), page="/records/{argument}/files/{file}/flag"),
}
_PEOPLE = {
    "office.sign_in": Rule(
        (
            {"username": "{person}", "password": PASSWORD},
            {"username": "{person}", "password": "second worker"},
        ),
        page="/sign-in",
    ),
    "office.sign_out": Rule(({},), page="/"),
    "office.welcome": Rule(
        tuple(
            {"code": said, "username": "{person}", "password": PASSWORD, "again": PASSWORD}
            for said in (str(code(9999)), "heron weir")
        ),
        page="/welcome",
    ),
    "office.away": Rule(({"step": "check"}, {"step": "check", "cover": "{lead}"}), page="/away"),
    "office.back": Rule(({},), page="/away"),
    "office.person_away": Rule(
        ({"step": "check"}, {"step": "record"}),
        page="/people/{argument}/away",
        about=("{colleague}", "{lead}", str(STRANGE)),
    ),
    "office.person_back": Rule(
        ({},), page="/people/{argument}/away", about=("{absent}", str(STRANGE))
    ),
    "office.invite": Rule(
        ({},), page="/people/{argument}/invite", about=("{contact}", "{lead}", str(STRANGE))
    ),
    "office.contact": Rule(
        ({"person": "{lead}", "step": "check"}, {"person": "{lead}", "step": "name"}, {}),
        page="/duty/contact",
    ),
    "office.my_ties": Rule(),
    "office.ties_all": Rule(),
    "office.withdraw_ask": Rule(({"reason": "mistake"}, {}), page="/ties/{argument}/ask"),
    "office.withdraw": Rule(
        ({"reason": "agreed"}, {}),
        page="/ties/{argument}/withdraw",
        about=("{tie}", "{asked_tie}"),
    ),
    "office.tie": Rule(
        (
            {"person": "{colleague}", "other": "{lead}", "how": "family", "step": "record"},
            {"person": "{colleague}", "other": "{lead}", "step": "record"},
        ),
        page="/ties/new",
    ),
    "office.tie_recorded": Rule(),
    "office.people": Rule(),
    "office.person_new": Rule(
        ({"name": "Third worker", "job": "worker", "unit": str(UNIT)}, {}), page="/people/new"
    ),
    "office.person": Rule(),
    "office.person_move": Rule(({"unit": str(BODY), "stay": "yes"}, {}), page="/people/{argument}"),
    "office.person_end": Rule(({},), page="/people/{argument}"),
    "office.person_posts": Rule(({"posts": "manager"}, {}), page="/people/{argument}"),
    "office.person_left": Rule(({},), page="/people/{argument}/left", about=("{lead}",)),
    "office.units": Rule(),
    "office.unit_new": Rule(({"name": "New team", "parent": str(UNIT)}, {}), page="/units/new"),
    "office.unit_move": Rule(({"parent": str(BODY)}, {}), page="/units/{argument}/move"),
    "office.duty": Rule(({},), page="/duty", opened_by={"person": "{colleague}"}),
}
_KEPT = {
    "office.restrictions": Rule(),
    "office.certificate": Rule(),
    "office.lift_ask": Rule(({"reason": "mistake"}, {}), page="/restrictions/{argument}/ask"),
    "office.lift": Rule(
        ({"reason": "agreed"}, {"reason": "agreed", "step": "lift"}),
        page="/restrictions/{argument}/lift",
        about=("{wall}", "{asked}"),
    ),
    "office.oversight": Rule(),
    "office.oversight_ask": Rule(
        ({"reason": "sample"}, {"reason": " "}), page="/oversight/{argument}/ask"
    ),
    "office.sample": Rule(),
    "office.review": Rule(
        ({"outcome": "right"}, {"outcome": "look again", "words": "why"}),
        page="/oversight/sample/{argument}",
    ),
    "office.looks_at": Rule(),
    "office.watched": Rule(),
    "office.looks_of": Rule(),
    "office.healthz": Rule(),
    "office.readyz": Rule(),
}
_CONCERNED = {
    "office.child": Rule(
        ({"name": "A boy", "known": "He has a red coat."}, {}), page="/records/{argument}/child"
    ),
    "office.adult": Rule(
        ({"name": "The coach", "part": "about", "trust": "yes"}, {"name": "a coach"}),
        page="/records/{argument}/adult",
    ),
    "office.decide": Rule(
        ({"decision": "refer", "reason": "as told"}, {"decision": "refer"}),
        page="/records/{argument}/decide",
        about=("{record}", "{joinable}", "{own}"),
    ),
    "office.join": Rule(
        tuple(
            {"contact": contact, "reason": "the same street", "step": "join"}
            for contact in ("{record}", "{joinable}", str(STRANGE))
        ),
        page="/records/{argument}/join",
    ),
    "office.part": Rule(
        ({}, {"reason": "another child"}),
        page="/records/{argument}/part?joined={joined}",
        about=("{record}", "{own}"),
    ),
}
_TOLD_THEM = {"how": "telephone", "at": "2026-01-05T15:42", "reach": "01632 960 999"}
_REFERRED = {
    "office.refer": Rule(
        (
            {"route": "protecting", "postcode": "SW1A 1AA", "step": "find"},
            *(
                {
                    "route": route,
                    "body": "ofsted",
                    "step": step,
                    "concerned": "record",
                    **_TOLD_THEM,
                }
                for route, step in (("accountability", "record"), ("accountability", ""))
            ),
        ),
        page="/records/{argument}/refer",
    ),
    "office.referral": Rule(
        ({"what": "outcome", "at": "2026-01-05T15:42", "words": "so"}, {}),
        page="/records/{argument}/referrals/{referral}",
    ),
    "office.referral_link": Rule(
        (
            {"email": "duty@example.org", "words": "so", "step": "make"},
            {"email": "nobody", "step": "make"},
            {"step": "end", "reason": "so"},
        ),
        page="/records/{argument}/referrals/{by_link}/link",
    ),
    "office.criticised": Rule(
        ({"body": "police", "reason": "as told", "step": "record"}, {"step": "record"}),
        page="/records/{argument}/criticised",
    ),
    "office.pack": Rule(
        ({"entry": "{record}"}, {"entry": "x", "made_at": "x"}),
        page="/records/{argument}/referrals/{referral}/pack",
    ),
    "office.pack_made": Rule(),
    "office.pack_file": Rule(),
    "office.contacts": Rule(
        (
            {"find": "ofsted", "step": "find"},
            {
                "body": "ofsted",
                "how": "portal",
                "reach": "x",
                "checked": "2026-01-05",
                "step": "keep",
            },
        ),
        page="/contacts",
    ),
}
_TOLD = {
    "office.reporters": Rule(),
    "office.tell": Rule(
        (
            {"step": "tell", "words": "so", "decision": "{record}"},
            {"step": "hold", "reason": "so", "until_day": "1"},
            {"step": "lift", "reason": "so"},
        ),
        page="/records/{argument}/tell",
    ),
    "office.challenge": Rule(
        ({"outcome": "stands", "words": "so"}, {"outcome": "stands"}), page="/reporters/{argument}"
    ),
}
_SECONDED = {
    "office.harm": Rule(
        ({"harmed": "yes", "why": "so"}, {"where": "so"}),
        page="/records/{argument}/harm?concerned={coach}",
        about=("{seconded}", "{record}", "{own}", str(STRANGE)),
    ),
    "office.seconds": Rule(),
    "office.unconfirmed": Rule(),
    "office.reminder": Rule(about=("{referral}", "{unheard}", str(STRANGE))),
    "office.second": Rule(
        ({"outcome": "agreed", "words": "so"}, {"outcome": "agreed"}), page="/second/{argument}"
    ),
}
_TO_GRANT, _TO_DECLINE = ("{asking}", "{to_grant}"), ("{asking}", "{to_decline}")
_BY_REFERENCE = (
    {"reference": "{reference}", "reason": "the child is at my door"},
    {"reference": "{nobodys}", "reason": "the child is at my door"},
    {"reference": "second worker", "reason": "{reference}"},
    {"reference": "{reference}", "reason": " "},
)
_OPENED = {
    "office.access": Rule(),
    "office.access_ask": Rule(_BY_REFERENCE, page="/access/ask"),
    "office.access_emergency": Rule(_BY_REFERENCE, page="/access/emergency"),
    "office.access_request": Rule(),
    "office.access_grant": Rule(
        ({"record": "{record}"}, {}), page="/access/requests/{argument}", about=_TO_GRANT
    ),
    "office.access_decline": Rule(
        ({"reason": "no"}, {"reason": " "}, {"record": "{record}", "reason": "no"}),
        page="/access/requests/{argument}",
        about=_TO_DECLINE,
    ),
    "office.access_awaited": Rule(),
    "office.emergencies": Rule(),
    "office.emergencies_waiting": Rule(),
    "office.approve": Rule(({}, {"person": "{colleague}"}), page="/emergencies/waiting/{argument}"),
    "office.review_late": Rule(
        ({"outcome": "right", "words": "so"}, {"outcome": "right"}),
        page="/emergencies/late/{argument}",
        about=("{glass}", "{late_glass}", str(STRANGE)),
    ),
    "office.flags": Rule(),
    "office.flag_ask": Rule(
        ({"reason": "mistake"}, {"reason": " "}, {"reason": "mistake", "record": "{record}"}),
        page="/flags/{argument}/ask",
    ),
    "office.flag_back": Rule(
        ({"reason": "agreed"}, {"reason": " "}, {"reason": "agreed", "record": "{record}"}),
        page="/flags/{argument}/back",
    ),
    "office.emergency_review": Rule(
        ({"outcome": "right", "words": "so"}, {"outcome": "right"}),
        page="/emergencies/{argument}",
    ),
    "office.search": Rule(
        (
            {"sought": "second worker"},
            {"sought": "what was seen"},
            {"sought": "{reference}"},
            {"sought": "seen or weir", "before": "{due}.{hex}"},
            {"sought": ""},
        ),
        page="/search",
    ),
}
_LOOKED_BACK = {
    "office.lookback": Rule(
        (
            {"sought": "second worker", "by": "8 March 2026"},
            {"sought": "what was seen", "by": "8 March 2026", "why": "a review"},
            {"sought": "seen or weir", "by": "8 March 2026", "reading": "today", "why": "so"},
            {
                "sought": "seen",
                "by": "8 March 2026",
                "after": "{due}.{hex}",
                "file": "yes",
                "why": "so",
            },
            {"sought": "", "by": "summer"},
        ),
        page="/lookback",
    ),
    "office.shown_to": Rule(
        (
            {"person": "{colleague}", "by": "8 March 2026"},
            {"person": "job: owner", "by": "8 March 2026", "file": "yes"},
            {"person": "{lead}", "by": "8 March 2026", "after": "{due}.{hex}"},
            {"person": str(STRANGE), "by": "8 March 2026"},
        ),
        page="/lookback/people",
    ),
}
_IDENTITIES = {
    "office.identity": Rule(),
    "office.identity_ask": Rule(
        ({"reason": "to warn them"}, {"reason": " "}), page="/records/{argument}/identity/ask"
    ),
    "office.identity_danger": Rule(
        ({"reason": "her life"}, {"reason": " "}), page="/records/{argument}/identity/danger"
    ),
    "office.identities": Rule(),
    "office.identity_decide": Rule(
        (
            {"choice": "agree", "reason": "so"},
            {"choice": "open", "reason": "so", "record": "{record}"},
            {"choice": "decline", "reason": "so"},
            {"choice": "agree"},
        ),
        page="/identities/{argument}",
    ),
    "office.identity_review": Rule(
        ({"outcome": "right", "reason": "so"}, {"outcome": "right"}),
        page="/identities/{argument}/review",
    ),
}
_REMITS = {
    "office.person_remits": Rule(
        ({"unit": str(UNIT)}, {}),
        page="/people/{argument}/remits",
        about=("{lead}", "{colleague}", str(STRANGE)),
    ),
    "office.remit_end": Rule(
        ({}, {"remit": "{record}"}),
        page="/people/{argument}/remits",
        about=("{manager}", str(STRANGE)),
    ),
    "office.my_remits": Rule(),
    "office.remit_why": Rule(
        ({"reason": "a second pair of eyes"}, {"reason": " "}), page="/records/{argument}"
    ),
    "office.team": Rule(),
    "office.propose": Rule(
        ({"taker": "{contact}", "note": "please", "step": "offer"}, {"step": "offer"}),
        page="/team/{argument}",
    ),
}
RULES = _PUBLIC | _RECORDS | _PEOPLE | _KEPT | _CONCERNED | _OPENED | _LOOKED_BACK | _IDENTITIES
RULES |= _REMITS | _REFERRED | _TOLD | _SECONDED
ARGUMENTS = {
    "record": ("{record}", "{own}", str(STRANGE)),
    "person": ("{lead}", "{colleague}", str(STRANGE)),
    "name": ("heartbeat", "checkpoint", "../public/form.key"),
    "sorting": ("{sample}", "{another}", str(STRANGE)),
    "unit": (str(UNIT), str(STRANGE)),
    "wall": ("{wall}", "{kept}", str(STRANGE)),
    "tie": ("{tie}", str(STRANGE)),
    "file": ("{file}", "{own_file}", str(STRANGE)),
    "asking": ("{asking}", "{to_grant}", str(STRANGE)),
    "glass": ("{glass}", "{shared_glass}", str(STRANGE)),
    "opening": ("{leave}", "{own_leave}", str(STRANGE)),
    "approval": ("{approval}", "{shared_approval}", str(STRANGE)),
    "flag": ("{flag}", "{shared_flag}", str(STRANGE)),
    "wanted": ("{unsealing}", "{shared_unsealing}", str(STRANGE)),
    "by_link": ("{by_link}", "{own_by_link}", str(STRANGE)),
    "address": ("A" * 27, "x", "é"),
    "referral": ("{referral}", "{own_referral}", str(STRANGE)),
    "pack": ("{pack}", "{own_pack}", str(STRANGE)),
    "document": ("pack.json", "pack.zip", "pack.tlog-proof"),
    "seconding": ("{seconding}", "{shared_seconding}", str(STRANGE)),
    "challenge": ("{challenge}", "{shared_challenge}", str(STRANGE)),
    "alone": ("{alone}", "{shared_alone}", str(STRANGE)),
    "message": (str(STRANGE),),
}
"""What stands in an address, by the name of its argument; the first is asked in every way."""
QUERIES = (
    "",
    "after=1.{before}.{hex}&before={due}.{hex}&answered&accepted={record}&person={lead}",
    "after={record}&before=x&record={record}&q=second+worker&find=second&format=csv&done=left",
    "concerned={record}&joined={record}&contact={record}",
)
OTHER_METHODS = ("HEAD", "PUT")
NOWHERE = ("/records/{record}0", "/records/{record}/", "/export.csv?record={record}", "/admin/")
"""Addresses that no face has."""
_FORM = "application/x-www-form-urlencoded"
_FIELDS = ("form", "way_back", "token", "record", "words", "told", "code", "username", "step")
_FIELDS += ("cover", "again", "password")
_FIELDS += ("person", "unit", "taker", "wall", "reason", "match", "ends", "employment", "parent")
_FIELDS += ("concerned", "contact", "joined", "decision")
_FIELDS += ("reference", "sought", "outcome", "choice", "seal", "keep", "name", "reach", "remit")
_LINK = re.compile(r'href="([^"?#]*\?[^"#]*)"')


class NoRule(Exception):
    """A new address, or a new name in one, of which nobody has said how it is asked."""


class Body(NamedTuple):
    """What is sent to an address; `filled` goes into its form. `token`: as from a page of ours."""

    name: str = ""
    content: bytes = b""
    kind: str = _FORM
    filled: tuple[tuple[str, str], ...] | None = None
    token: bool = True


class Question(NamedTuple):
    """One request to a route, by a person (None: nobody is signed in), at their n-th visit."""

    route: str
    person: str | None
    visit: int
    method: str
    address: str
    body: Body = Body()
    page: str = ""
    opened_by: tuple[tuple[str, str], ...] = ()
    followed: bool = False

    def __str__(self) -> str:
        said = f", {self.body.name}" if self.body.name else ""
        return f"{self.route} {self.method} {self.address} by {self.person or 'nobody'}{said}"


def followed(question: Question, page: str) -> Iterator[Question]:
    """The further pages to which a page leads by a query: the next of a list, another order."""
    for link in _LINK.findall(page):
        path = question.address.partition("?")[0]
        if link.startswith((path + "?", "?")):
            address = path + "?" + unescape(link).partition("?")[2]
            yield question._replace(address=address, followed=True)


@dataclass(frozen=True)
class Asker:
    """Who asks: `person` is signed in to the office (None: nobody), and types the code `holds`.

    `known` are ids by name, the same in both worlds: of people, of restrictions (`wall` the
    allegation's, `kept` and `asked` others), of ties, of files (`file` the allegation's).
    allegation's, `kept` and `asked` others), of requests and emergency openings (`asking`, `glass` and
    `approval` the allegation's), of flags (`flag` the allegation's). `reference` is the allegation's.
    """

    person: str | None
    holds: ReturnCode
    known: Mapping[str, UUID] = field(default_factory=dict)
    reference: str = NOBODYS

    @property
    def names(self) -> dict[str, str]:
        """What stands for the names in braces."""
        due = int((BEGINNING + timedelta(minutes=FILED)).timestamp()) * 1_000_000
        whose = self.person if self.person in OWN else "colleague"
        return {name: str(each) for name, each in self.known.items()} | {
            "person": self.person or "colleague",
            "code": str(self.holds),
            "own": str(OWN[whose].record),
            "own_referral": str(self.known.get(f"referral of {whose}", STRANGE)),
            "own_pack": str(self.known.get(f"pack of {whose}", STRANGE)),
            "own_by_link": str(self.known.get(f"by_link of {whose}", STRANGE)),
            "own_leave": str(self.known.get(f"leave of {whose}", STRANGE)),
            "own_file": str(self.known.get(f"own file of {whose}", STRANGE)),
            "offered": str(OFFERED[whose].record),
            "unwanted": str(UNWANTED[whose].record),
            "record": str(ALLEGATION.record),
            "joinable": str(JOINABLE.record),
            "seconded": str(SECONDED.record),
            "hex": ALLEGATION.record.hex,
            "due": str(due),
            "before": str(due - 1),
            "reference": self.reference,
            "nobodys": NOBODYS,
            "to_grant": str(self.known.get(f"{whose} grants", STRANGE)),
            "to_decline": str(self.known.get(f"{whose} declines", STRANGE)),
        }


def questions(
    face: str, asker: Asker, *, signed_in: bool, visit: int, reading: bool = False
) -> Iterator[Question]:
    """All that can be asked of a face, or with `reading` only each page; raises NoRule.

    What is not there for this person at all, whatever it is about, is asked for in two ways only.
    """
    names = asker.names
    person = asker.person if signed_in else None
    for route in routes(face):
        if route.name not in RULES:
            raise NoRule(f"say in RULES how {route.address} ({route.name}) is asked")
        about = route.name, person, visit
        open_to_them = is_open(route, person)
        for number, (argument, address) in enumerate(_addresses(route, RULES[route.name], names)):
            first = number == 0
            if reading and (open_to_them or (first and not signed_in)):
                yield Question(*about, "GET", address)
            elif not reading and open_to_them:
                yield from _ways(route, argument, address, names, about, thorough=first)
            elif not reading and first:
                yield Question(*about, "GET", address)
                yield Question(*about, "POST", address, next(_hostile(names["record"])))
    for nowhere in NOWHERE:
        yield Question(f"{face}.nowhere", person, visit, "GET", nowhere.format(**names))


def is_open(route: Route, person: str | None) -> bool:
    """Whether a route's guards let this person in; each of POSTS holds the post of that name."""
    return all(
        person is not None and (person in made_with.get("posts", (person,)))
        for _, made_with in guards_of(route)
    )


def _ways(
    route: Route,
    argument: str,
    address: str,
    names: Mapping[str, str],
    about: tuple[str, str | None, int],
    *,
    thorough: bool,
) -> Iterator[Question]:
    """One address by every method, with every body; what it does not answer it is asked only once."""
    rule, answers = RULES[route.name], methods(route.view) or ("GET", "POST")
    hostile = tuple(_hostile(names["record"]))
    for query in QUERIES if thorough and "GET" in answers else QUERIES[:1]:
        sought = f"{address}?{query.format(**names)}" if query else address
        yield Question(*about, "GET", sought)
    for method in OTHER_METHODS if thorough else ():
        yield Question(*about, method, address)
    page = rule.page.format(argument=argument, **names)
    for body in (*hostile[: None if thorough and "POST" in answers else 1], *_forms(rule, names)):
        yield Question(*about, "POST", address, body, page, _put_in(rule.opened_by, names))


def _addresses(route: Route, rule: Rule, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """(what stands for the first argument, the address) for each that the route is asked at."""
    for name in route.arguments:
        if name not in ARGUMENTS:
            raise NoRule(f"say in ARGUMENTS what stands for {name} in {route.address}")
    if not route.arguments:
        yield "", route.address
        return
    stand = [rule.about or ARGUMENTS[name] for name in route.arguments]
    for values in zip(*stand, strict=True):
        address = route.address
        for value in values:
            address = re.sub(r"<[^>]*>", value.format(**names), address, count=1)
        yield values[0].format(**names), address


def _forms(rule: Rule, names: Mapping[str, str]) -> Iterator[Body]:
    for number, filled in enumerate(rule.filled, 1):
        yield Body(f"form {number}", filled=_put_in(filled, names))


def _put_in(fields: Mapping[str, str], names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, said.format(**names)) for name, said in fields.items())


def _hostile(record: str) -> Iterator[Body]:
    yield Body("nothing")
    yield Body("its id in every field", urlencode(dict.fromkeys(_FIELDS, record)).encode())
    yield Body("what is no text", b"\xff\xfe%00=%ff&words=%00%27+OR+true+--&told=%00&step=add")
    part = b'--x\r\nContent-Disposition: form-data; name="words"; filename="a"\r\n\r\nhalf'
    yield Body("half a file", part, "multipart/form-data; boundary=x")
    head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n'
    whole = head % record.encode() + b"second worker\r\n--x--\r\n"
    yield Body("a file", whole, "multipart/form-data; boundary=x")
    yield Body("a stranger's form", b"words=x&told=x", token=False)
