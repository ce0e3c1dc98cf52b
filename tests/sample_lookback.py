"""The pages of looking back with sample contexts, as the views fill them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

from heed.lookback.answer import Head
from heed.office.lookback import NO_DAY, NO_WHY, NO_WORDS
from heed.office.shown_to import NOBODY

ID = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
ENTRY = "5c3c7a52-8b1f-4b0e-b7a1-0d8d5cbb7b3e"
AT = datetime(2026, 11, 10, 15, 42, tzinfo=UTC)
THEN = datetime(2026, 11, 13, 0, 0, tzinfo=UTC)
BY = date(2026, 11, 12)
OVERSEER = {"reader": {"name": "Overseer", "posts": ["overseer"]}}
FOUND: dict[str, Any] = {
    "over": True,
    "known": THEN,
    "stamp": THEN.isoformat(),
    "head": Head(48, "ab" * 32),
    "digest": "cd" * 32,
    "first": True,
    "after": "",
    "next": "1.0",
}
Page = tuple[str, str, dict[str, Any]]


def lookback_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own words go."""
    yield from _received(text)
    yield from _shown(text)


def _received(text: str) -> Iterator[Page]:
    said = {"sought": text or "Weir Lane", "by": text or "12 November 2026", "why": text}
    form = {"said": said, "wrong": {}, "by": BY, "reading": "then", "ask_why": False}
    blank = {"said": dict.fromkeys(said, ""), "by": None}
    yield "lookback", "lookback.html", form | blank | OVERSEER
    wrong = {"sought": NO_WORDS, "by": NO_DAY, "why": NO_WHY}
    yield "lookback-wrong", "lookback.html", form | {"wrong": wrong, "ask_why": True, "by": None}
    row = _row(text)
    plain = row | {"opened_at": None, "chased": 0, "decided": [], "kept": []}
    some = {"certain": [row, plain], "possible": [], "found": FOUND}
    yield "lookback-found", "lookback.html", form | some
    today = {"reading": "today", "certain": [plain], "possible": [row]}
    yield "lookback-possibly", "lookback.html", form | today | {"found": FOUND | {"over": False}}
    last = FOUND | {"head": None, "next": None}
    none = form | {"certain": [], "possible": [], "found": last}
    yield "lookback-nothing", "lookback.html", none
    end = none | {"found": last | {"first": False, "after": "1.0"}}
    yield "lookback-nothing-more", "lookback.html", end


def _row(text: str) -> dict[str, Any]:
    filed = {"entry": ENTRY, "kind": "filed", "at": AT, "by": text or "Clerk", "holds": True}
    filed |= {"said": text or "summer 2026", "days": "from 1 June 2026 to 31 August 2026"}
    chased = filed | {"kind": "chased", "by": "", "holds": False, "said": "", "days": ""}
    return {
        "id": ID,
        "reference": "KTR48-2WMDP",
        "channel": "letter",
        "danger": "unknown",
        "filed_at": AT,
        "opened_at": AT,
        "owner": text or "Duty lead",
        "chased": 1,
        "decided": [{"what": "Refer", "at": AT, "by": text or "Duty lead"}],
        "kept": [{"name": text or "Second worker", "ground": "The concern is about them"}],
        "things": [filed, chased],
    }


def _shown(text: str) -> Iterator[Page]:
    people = [{"id": ID, "line": text or "Duty lead, owner"}]
    people.append({"id": "job: owner", "line": "Everybody whose job is “owner”"})
    said = {"person": ID, "by": text or "12 November 2026"}
    form = {"said": said, "wrong": {}, "by": BY, "people": people} | OVERSEER
    blank = {"said": dict.fromkeys(said, ""), "by": None}
    yield "shown-to", "shown_to.html", form | blank
    wrong = {"person": NOBODY, "by": NO_DAY}
    yield "shown-to-wrong", "shown_to.html", form | {"wrong": wrong, "by": None}
    records = [{"id": ID, "reference": "KTR48-2WMDP"}, {"id": ENTRY, "reference": "BCDFG-HJKMN"}]
    happened = [
        *(("looked", "own queue"), ("told", "1"), ("told", "3"), ("offered", ""), ("given", "")),
        *(("lost", ""), ("answers", ""), ("decided", "Refer"), ("noted", "")),
    ]
    known = [
        {"at": AT, "entry": ENTRY, "name": text or "Duty lead", "what": what, "detail": detail}
        | {"records": records}
        for what, detail in happened
    ]
    yield (
        "shown-to-found",
        "shown_to.html",
        form | {"known": known, "several": True, "found": FOUND},
    )
    none = form | {"known": [], "several": False, "found": FOUND | {"next": None}}
    yield "shown-to-nothing", "shown_to.html", none
    end = none | {"found": FOUND | {"next": None, "first": False, "head": None}}
    yield "shown-to-nothing-more", "shown_to.html", end
