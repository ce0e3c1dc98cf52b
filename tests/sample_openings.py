"""The pages of reading that is asked for, emergency openings and search, as the views fill them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from heed.office.emergencies import OUTCOMES
from heed.office.flags import DONE as FLAGGED
from heed.office.flags import NO_REASON as NO_UNFLAGGING_REASON
from heed.office.openings import DONE, NO_REASON, NO_REFERENCE, NOTHING_OPENS
from heed.office.search import NO_WORDS
from heed.office.waiting_emergencies import DONE as WAITED

AT = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
LATER = datetime(2026, 11, 27, 15, 42, tzinfo=UTC)
ID = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
REFERENCE = "KTR48-2WMDP"
TOKEN = "00" * 32
CUSTODIAN = {"reader": {"name": "Custodian", "posts": ["custodian"]}}

Page = tuple[str, str, dict[str, Any]]


def opening_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own words go."""
    yield from _access(text)
    yield from _emergencies(text)
    yield from _waiting(text)
    yield from _flags(text)
    yield from _search(text)


def _access(text: str) -> Iterator[Page]:
    name = text or "Second worker"
    wanted = {
        "id": ID,
        "record": ID,
        "reference": REFERENCE,
        "name": name,
        "at": AT,
        "reason": text,
    }
    mine = {"record": ID, "reference": REFERENCE, "until": LATER}
    asked = {"at": AT, "reference": text, "reason": text, "answer": text}
    lists: dict[str, Any] = {
        "open": [mine | {"how": "granted"}, mine | {"how": "emergency"}],
        "asked": [asked | {"state": state} for state in ("open", "granted", "declined")],
        "wanted": [wanted],
        "told": "",
    }
    yield "access", "access.html", lists
    none: dict[str, Any] = {"open": [], "asked": [], "wanted": []}
    for word, told in DONE.items():
        yield f"access-{word}", "access.html", none | {"told": told}
    said = {"reference": text, "reason": text}
    form: dict[str, Any] = {"said": said, "wrong": {}, "token": TOKEN}
    wrong = {"wrong": {"reference": NO_REFERENCE, "reason": NO_REASON}}
    for page in ("ask", "emergency"):
        yield f"access-{page}", f"access_{page}.html", form
        yield f"access-{page}-wrong", f"access_{page}.html", form | wrong
    yield "access-nothing", "access_nothing.html", {"nothing": NOTHING_OPENS}
    asks: dict[str, Any] = {"asking": wanted, "reason": text, "token": TOKEN, "error": ""}
    yield "access-request", "access_request.html", asks
    yield "access-request-wrong", "access_request.html", asks | {"error": NO_REASON}


def _emergencies(text: str) -> Iterator[Page]:
    row: dict[str, Any] = {
        "id": ID,
        "person": ID,
        "name": text or "Second worker",
        "record": ID,
        "reference": REFERENCE,
        "at": AT,
        "until": LATER,
        "reason": text,
        "uses": 1,
        "often": False,
        "due": "Tuesday 24 November 2026",
        "late": False,
        "may": True,
        "reviewer": "",
        "outcome": "",
        "review": "",
        "approver": "",
    }
    rows = [
        row,
        row | {"uses": 2, "late": True, "may": False, "approver": text},
        row
        | {"uses": 3, "often": True, "reviewer": text, "outcome": "It was right", "review": text},
        row | {"record": None, "reference": None},
    ]
    yield "emergencies", "emergencies.html", CUSTODIAN | {"emergencies": rows, "reviewed": True}
    yield "emergencies-none", "emergencies.html", CUSTODIAN | {"emergencies": [], "reviewed": False}
    form = CUSTODIAN | {
        "emergency": row,
        "outcomes": OUTCOMES.items(),
        "said": {"outcome": "right", "words": text},
        "wrong": {},
        "token": TOKEN,
        "address": f"/emergencies/{ID}",
    }
    yield "emergency-review", "emergency_review.html", form
    wrong = {"outcome": "Say whether it was right.", "words": "Write what you found."}
    yield "emergency-review-wrong", "emergency_review.html", form | {"wrong": wrong}


def _waiting(text: str) -> Iterator[Page]:
    name = text or "Second worker"
    asks = {"id": ID, "person": ID, "name": name, "reference": REFERENCE, "at": AT, "reason": text}
    late = {"id": ID, "name": name, "reference": REFERENCE, "at": AT, "due": "Monday", "may": True}
    both: dict[str, Any] = {"approvals": [asks], "late": [late, late | {"may": False}]}
    for word, told in WAITED.items():
        yield f"emergencies-waiting-{word}", "emergencies_waiting.html", both | {"told": told}
    none: dict[str, Any] = {"approvals": [], "late": [], "told": ""}
    yield "emergencies-waiting-none", "emergencies_waiting.html", none
    yield "emergency-approve", "emergency_approve.html", {"asking": asks, "token": TOKEN}
    people = {"on_duty": text or "Safeguarding lead", "contact": text or "Outside contact"}
    mine = {"reference": text, "reason": text, "at": AT}
    asked = [mine | {"given": given} for given in (True, False)]
    yield "access-awaited", "access_awaited.html", people | {"asked": asked}
    yield "access-awaited-none", "access_awaited.html", people | {"asked": []}


def _flags(text: str) -> Iterator[Page]:
    flag: dict[str, Any] = {
        "id": ID,
        "record": ID,
        "reference": REFERENCE,
        "file": ID,
        "name": text or "Second worker",
        "at": AT,
        "reason": text,
        "asked_by": "",
        "asked_by_me": False,
        "why": "",
        "mine": False,
        "may": "ask",
    }
    asked = flag | {"asked_by": text or "Safeguarding lead", "why": text}
    rows = [flag, flag | {"may": "wait", "reason": ""}, asked | {"may": "back"}]
    rows.append(asked | {"may": "wait", "asked_by_me": True})
    yield "flags", "flags.html", CUSTODIAN | {"flags": rows, "done": FLAGGED["asked"]}
    yield "flags-none", "flags.html", CUSTODIAN | {"flags": [], "done": FLAGGED["back"]}
    form: dict[str, Any] = {"reason": text, "token": TOKEN, "error": ""}
    for step, about in (("ask", flag), ("back", asked)):
        yield f"flag-{step}", "flag_back.html", form | {"flag": about, "step": step}
    wrong = form | {"flag": asked, "step": "back", "error": NO_UNFLAGGING_REASON}
    yield "flag-back-wrong", "flag_back.html", wrong


def _search(text: str) -> Iterator[Page]:
    yield "search", "search.html", {"sought": "", "error": ""}
    yield "search-wrong", "search.html", {"sought": text, "error": NO_WORDS}
    row = {"id": ID, "reference": REFERENCE, "channel": "letter", "danger": "no", "filed_at": AT}
    found = {"sought": text, "error": "", "first": True, "next": "1.0"}
    rows = [row | {"opened_at": None}, row | {"opened_at": LATER}]
    yield "search-found", "search.html", found | {"records": rows}
    yield "search-nothing", "search.html", found | {"records": [], "next": None}
    yield (
        "search-nothing-older",
        "search.html",
        found | {"records": [], "first": False, "next": None},
    )
