"""The pages of administrators, custodians and overseers with sample contexts, as the views fill them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from heed.office.bodies import Branch
from heed.office.grounds import GROUNDS

BEFORE = datetime(2026, 11, 20, 16, 5, tzinfo=UTC)
AT = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ID = UUID("0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10")
TEAM = UUID("1b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10")
TOKEN = "00" * 32

Page = tuple[str, str, dict[str, Any]]

ADMINISTRATOR = {"reader": {"name": "Administrator", "posts": ["administrator"]}}
OVERSEER = {"reader": {"name": "Overseer", "posts": ["custodian", "overseer"]}}


def post_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own words go."""
    for name, template, context in (*_people(text), *_units(text), *_duty(text)):
        yield name, template, ADMINISTRATOR | context
    for name, template, context in (*_custody(text), *_oversight(text), *_ties(text)):
        yield name, template, OVERSEER | context


def _person(name: str, *posts: str, **other: Any) -> dict[str, Any]:
    units = [f"First team {name}, Aldermere Safeguarding Partnership"]
    row = {"id": ID, "name": name or "Duty lead", "job": "safeguarding lead", "units": units}
    row |= {"posts": list(posts), "active": True, "open": True, "away_since": None}
    return row | other


def _places(text: str) -> list[Branch]:
    body = "Aldermere Safeguarding Partnership"
    return [
        Branch(ID, body, body, 0, True),
        Branch(TEAM, "First team " + text, "First team, " + body, 1, True),
        Branch(ID, "Second team", "Second team, " + body, 1, True),
        Branch(ID, "Independent Oversight", "Independent Oversight", 0, False),
    ]


def _people(text: str) -> Iterator[Page]:
    some = [_person(text, "manager"), _person("Administrator", "administrator", open=False)]
    bodies = [
        {"name": "Aldermere Safeguarding Partnership", "own": True, "people": some},
        {"name": "Independent Oversight", "own": False, "people": []},
        {"name": "", "own": True, "people": [_person("Newcomer", units=[])]},
    ]
    left = [_person("Gone", active=False, open=False)]
    shown = {"bodies": bodies, "left": left, "unreviewable": True}
    yield "people", "people.html", shown
    said = {"name": "", "job": "", "unit": ""}
    new: dict[str, Any] = {"units": _places(text), "token": TOKEN, "said": said, "wrong": {}}
    yield "person-new", "person_new.html", new
    wrong = {"name": "Write the name.", "job": "Write the job.", "unit": "Choose a unit."}
    typed = {"said": {"name": text, "job": text, "unit": str(TEAM)}, "wrong": wrong}
    yield "person-new-wrong", "person_new.html", new | typed
    one: dict[str, Any] = {
        "person": _person(text, "manager"),
        "mine": False,
        "jobs": [{"id": ID, "unit": "First team " + text}],
        "units": _places(text),
        "ends": str(ID),
        "token": TOKEN,
        "said": {"unit": "", "stay": ""},
        "wrong": {},
        "done": "",
    }
    yield "person", "person.html", one | {"done": "added"}
    two = [{"id": ID, "unit": "First team"}, {"id": TEAM, "unit": "Second team"}]
    wrong = {"unit": "Choose a unit.", "stay-no": "Choose.", "posts": "No.", "units": "No."}
    said = {"unit": str(TEAM), "stay": "yes"}
    yield "person-wrong", "person.html", one | {"jobs": two, "wrong": wrong, "said": said}
    yield "person-new-here", "person.html", one | {"jobs": [], "ends": ""}
    yield "person-administrator", "person.html", one | {"person": _person(text, "administrator")}
    away = {"person": _person(text, open=False)}
    yield "person-elsewhere", "person.html", one | away
    yield "person-oneself", "person.html", one | away | {"mine": True}
    gone = {"person": _person(text, open=False, active=False), "done": "left"}
    yield "person-gone", "person.html", one | gone
    gone_away = _person(text, away_since=BEFORE)
    yield "person-is-away", "person.html", one | {"person": gone_away, "done": "away"}
    check = {"person": ID, "whom": text, "token": TOKEN}
    yield "invite", "invite.html", check | {"wrong": {"invite": ""}}
    yield "invite-refused", "invite.html", check | {"wrong": {"invite": "Not now."}}
    code = {"words": ("kayak", *["lantern"] * 7), "welcome": "/welcome"}
    yield "invited", "invited.html", {"person": ID, "whom": text} | code
    yield "person-left", "person_left.html", check | {"wrong": {"left": ""}}
    refused = {"left": "Name another outside contact first."}
    yield "person-left-refused", "person_left.html", check | {"wrong": refused}


def _units(text: str) -> Iterator[Page]:
    rows = [{"place": place, "people": n} for n, place in enumerate(_places(text))]
    yield "units", "units.html", {"units": rows, "done": "added"}
    said = {"name": "", "parent": str(TEAM)}
    new = {"units": _places(text), "token": TOKEN, "said": said, "wrong": {}}
    yield "unit-new", "unit_new.html", new
    wrong = {"name": "Write the name.", "parent": "Choose where it stands."}
    yield "unit-new-wrong", "unit_new.html", new | {"wrong": wrong}
    move: dict[str, Any] = {"unit": _places(text)[1], "units": _places(text), "token": TOKEN}
    move |= {"said": {"parent": ""}}
    yield "unit-move", "unit_move.html", move | {"wrong": {"parent": ""}}
    yield "unit-move-wrong", "unit_move.html", move | {"wrong": {"parent": "Choose."}}


def _duty(text: str) -> Iterator[Page]:
    now = {"name": text or "Duty lead", "starts_at": BEFORE, "passed_over": False, "away": None}
    now |= {"signs_in": True, "called": True}
    turns = [
        now | {"name": text or "Second lead", "starts_at": AT, "signs_in": False},
        now | {"starts_at": AT},
        {"name": "Somebody", "starts_at": AT, "passed_over": True, "away": None, "called": True},
        {
            "name": "Third lead",
            "starts_at": AT,
            "passed_over": True,
            "away": BEFORE,
            "called": False,
        },
    ]
    away = [
        {"name": text or "Third lead", "since": BEFORE, "means": AT, "cover": text or "Deputy"},
        {"name": text or "Fourth lead", "since": BEFORE, "means": None, "cover": ""},
    ]
    blank = dict.fromkeys(("person", "day", "month", "year", "time"), "")
    page: dict[str, Any] = {
        "now": now,
        "turns": turns,
        "contact": "Outside contact",
        "contact_called": False,
        "rings": False,
        "people": [{"id": ID, "line": f"{text}, safeguarding lead"}],
        "token": TOKEN,
        "said": blank,
        "wrong": {},
        "done": True,
        "named": False,
        "away": away,
        "shut_out": [{"id": ID, "name": text or "Fifth lead"}],
    }
    yield "duty", "duty.html", page
    typed = {"said": dict.fromkeys(blank, text) | {"person": str(ID)}, "turns": []}
    wrong = {"wrong": {"person": "Choose.", "day": "Write the day.", "time": "Write the time."}}
    fallback = {
        "now": now | {"starts_at": None, "signs_in": False, "called": False},
        "done": False,
        "named": True,
        "away": [],
        "shut_out": [],
    }
    yield "duty-wrong", "duty.html", page | typed | wrong | fallback
    yield "duty-none", "duty.html", page | {"now": None}
    choose: dict[str, Any] = {"now": text or "Contact", "theirs": True, "token": TOKEN}
    choose |= {"people": page["people"], "said": {"person": ""}, "wrong": {"person": ""}}
    yield "contact", "contact.html", choose
    yield "contact-wrong", "contact.html", choose | {"wrong": {"person": "Choose who it is."}}
    yield "contact-not-theirs", "contact.html", choose | {"theirs": False}
    name = {"person": ID, "whom": text, "was": text, "token": TOKEN}
    yield "contact-check", "contact_check.html", name
    check = {"person": ID, "whom": text, "starts_at": AT, "weekday": "Saturday", "token": TOKEN}
    yield "duty-check", "duty_check.html", check | {"starts": AT.isoformat()}


def away_pages(text: str) -> Iterator[Page]:
    """Being away, first words of a sign-in, and one's own ties: pages for everybody."""
    said = dict.fromkeys(("cover", "until_day", "until_month", "until_year"), "")
    page: dict[str, Any] = {"person": ID, "mine": True, "whom": text or "Duty lead", "said": said}
    page |= {"since": None, "means": None, "stands_in": "", "records": 2, "covers": []}
    page |= {"action": "/away", "back": "/away/back", "token": TOKEN, "wrong": {}, "done": ""}
    yield "away", "away.html", page | {"done": "back"}
    theirs = {"mine": False, "records": None}
    cover = [{"id": str(ID), "line": f"{text} – worker"}]
    wrong = {"cover": "Choose a colleague.", "until_day": "Write a real day."}
    typed = {"said": dict.fromkeys(said, text) | {"cover": str(ID)}, "covers": cover}
    yield "away-wrong", "away.html", page | typed | {"wrong": wrong}
    yield "away-theirs", "away.html", page | theirs | {"covers": cover}
    gone = {"since": BEFORE, "means": AT, "stands_in": text or "Deputy", "done": "away"}
    yield "away-now", "away.html", page | gone
    yield "away-now-theirs", "away.html", page | gone | theirs
    yield "away-check", "away_check.html", page | {"cover": "", "until": None}
    check = {"cover": text or "Deputy", "until": AT, "records": 1}
    yield "away-check-cover", "away_check.html", page | check
    yield "away-check-none", "away_check.html", page | check | {"records": 0}
    yield "away-check-theirs", "away_check.html", page | check | theirs
    welcome: dict[str, Any] = {"said": {"code": "", "username": ""}, "wrong": {}, "reader": None}
    yield "welcome", "welcome.html", welcome
    wrong = {"code": "No.", "username": "Choose another user name.", "password": "Longer."}
    typed = {"said": {"code": text, "username": text}, "wrong": wrong}
    yield "welcome-wrong", "welcome.html", welcome | typed
    yield "my-ties", "my_ties.html", {"ties": [_tie(text), _tie(text, how=None)]}
    yield "my-ties-none", "my_ties.html", {"ties": []}


def _tie(text: str, **other: Any) -> dict[str, Any]:
    row = {"id": ID, "person": ID, "one": text or "Duty lead", "other": "Worker", "how": text}
    return row | {"at": AT, "said_by": text, "asked_by": "", "may": "ask"} | other


def _ties(text: str) -> Iterator[Page]:
    asked = {"asked_by": text or "Custodian"}
    rows = [
        _tie(text),
        _tie(text, may="withdraw", **asked),
        _tie(text, may="wait", how=None, said_by="", **asked),
        _tie(text, may="wait"),
    ]
    yield "ties", "ties.html", {"ties": rows, "done": "ask"}
    yield "ties-none", "ties.html", {"ties": [], "done": ""}
    form: dict[str, Any] = {"tie": rows[0], "reason": "", "token": TOKEN, "wrong": {"reason": ""}}
    wrong = {"reason": text, "wrong": {"reason": "Write your reason."}}
    yield "tie-ask", "tie_withdraw.html", form | {"do": "ask"}
    yield "tie-ask-wrong", "tie_withdraw.html", form | {"do": "ask"} | wrong
    yield "tie-withdraw", "tie_withdraw.html", form | {"do": "withdraw", "tie": rows[1]}
    yield "tie-withdraw-unasked", "tie_withdraw.html", form | {"do": "withdraw"}


def _restriction(text: str, may: str, looks: int = 0, **other: Any) -> dict[str, Any]:
    row = {"id": ID, "record": TEAM, "reference": "KTR-482-WMD", "whom": text or "Team lead"}
    row |= {"unit": False, "ground": GROUNDS["accused"], "at": AT, "asked_by": ""}
    row |= {"asked_by_me": False, "may": may, "looks": looks, "looks_before": looks}
    return row | {"looks_since": 0, "last_look": BEFORE if looks else None, "put_in": None} | other


def _custody(text: str) -> Iterator[Page]:
    asked = {"asked_by": text or "Custodian"}
    unit = {"unit": True, "ground": GROUNDS["body"], "whom": "First team, Partnership"}
    rows = [
        _restriction(text, "ask"),
        _restriction(text, "lift", 2, **asked),
        _restriction(text, "wait", 1, asked_by_me=True, **asked),
        _restriction(text, "wait", **unit),
    ]
    page: dict[str, Any] = {"restrictions": rows, "done": "asked"}
    yield "restrictions", "restrictions.html", page
    yield "restrictions-none", "restrictions.html", {"restrictions": [], "done": ""}
    made: dict[str, Any] = {"made_at": AT, "made_by": text, "reader": None}
    yield "certificate-never", "certificate.html", made | {"restriction": rows[0]}
    yield "certificate", "certificate.html", made | {"restriction": rows[1]}
    yield "certificate-put-in", "certificate.html", made | {"restriction": rows[0] | {"put_in": AT}}
    yield "certificate-unit", "certificate.html", made | {"restriction": rows[3]}
    often = rows[3] | {"looks": 3, "looks_before": 3, "last_look": BEFORE}
    yield "certificate-unit-often", "certificate.html", made | {"restriction": often}
    form: dict[str, Any] = {"restriction": rows[0], "reason": "", "token": TOKEN, "error": ""}
    wrong = {"reason": text, "error": "Write your reason."}
    yield "lift-ask", "lift_ask.html", form
    yield "lift-ask-wrong", "lift_ask.html", form | wrong
    yield "lift", "lift.html", form | {"restriction": rows[1]}
    yield "lift-wrong", "lift.html", form | wrong
    yield "lift-check", "lift_check.html", form | {"reason": text}


def _oversight(text: str) -> Iterator[Page]:
    record = {"id": ID, "reference": "KTR-482-WMD", "channel": "letter", "danger": "yes"}
    record |= {"filed_at": BEFORE, "opened_at": None, "news": False, "owner": text or "Duty lead"}
    record |= {"handed": 0, "many": False, "open": False}
    seen = record | {"danger": "no", "opened_at": AT, "news": True, "handed": 1, "open": True}
    often = record | {"danger": "unknown", "opened_at": AT, "handed": 3, "many": True}
    place = {"first": False, "next": "1." + "0" * 32}
    yield "oversight", "oversight.html", place | {"records": [record, seen, often]}
    yield "oversight-none", "oversight.html", {"records": [], "first": True, "next": None}
    ask = {"record": record, "reason": "", "token": TOKEN, "error": ""}
    yield "oversight-ask", "oversight_ask.html", ask
    wrong = {"reason": text, "error": "Write your reason."}
    yield "oversight-ask-wrong", "oversight_ask.html", ask | wrong
    look = {
        "person": ID,
        "name": text,
        "own": False,
        "purpose": "own queue",
        "at": AT,
        "reason": "",
    }
    looks = [look, look | {"own": True, "purpose": "remit", "reason": text or "To help."}]
    yield "looks-at", "looks_at.html", {"record": seen, "looks": looks}
    yield "looks-at-none", "looks_at.html", {"record": seen, "looks": []}
    yield "looks-at-unasked", "looks_at.html", {"record": record, "looks": []}
    people = [{"id": ID, "name": text, "job": "safeguarding lead", "active": n} for n in (0, 1)]
    yield "watched", "watched.html", {"people": people}
    person = {"person": {"id": ID, "name": text or "Duty lead"}, "own": False}
    records = [{"id": ID, "reference": "KTR-482-WMD"}, {"id": TEAM, "reference": "BBB-222-CCC"}]
    rows = [{"at": AT, "purpose": "remit", "reason": text or "To help.", "records": records}]
    yield "looks-of", "looks_of.html", person | place | {"looks": rows}
    none: dict[str, Any] = {"looks": [], "first": True, "next": None}
    yield "looks-of-none", "looks_of.html", person | none
    yield "looks-of-oneself", "looks_of.html", person | none | {"own": True}
