"""Every page of both faces with sample contexts, as the views fill them, in an invented town."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

import heed
from heed.core.times import moment
from heed.office.letter import SEALED as LETTER_SEALED
from heed.oversight.clock_list import TITLES, clock_list
from heed.triage.clocks import NOTHING, Waiting, next_due
from tests.sample_asked import asked_pages
from tests.sample_calls import LINE, call_pages
from tests.sample_concerned import concerned_pages
from tests.sample_identities import identity_pages
from tests.sample_late import late_pages
from tests.sample_links import link_pages, linked_pages
from tests.sample_lookback import lookback_pages
from tests.sample_openings import opening_pages
from tests.sample_owner import owner_pages, records
from tests.sample_posts import away_pages, post_pages
from tests.sample_referrals import referral_pages, waiting
from tests.sample_remits import remit_pages
from tests.sample_sorting import sorting_pages

SOURCE = Path(heed.__file__).parent
CODE = ("lantern", "kayak", "broccoli", "tuba", "orchard", "pebble", "walrus", "zigzag")
FILED = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
OPENED = datetime(2026, 11, 20, 16, 5, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
RECORD_ID = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
SEALED = "A" * 900

Page = tuple[str, str, dict[str, Any]]

PUBLIC_TOLD = {
    "organisation": "Aldermere Safeguarding Partnership",
    "telephone": "01632 960 001",
    "next_read": "the next working day, by 9 in the morning",
    "rings": False,
    "demonstration": True,
}
OFFICE_TOLD = {
    "organisation": "Aldermere Safeguarding Partnership",
    "telephone": "01632 960 001",
    "reader": {"id": RECORD_ID, "role": "safeguarding lead", "name": "Duty lead", "posts": []},
    "demonstration": True,
    "csrf_input": "",
}


@cache
def environment(face: str) -> jinja2.Environment:
    """The templates of a face, set as strictly as the face sets them."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SOURCE / face / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["moment"] = moment
    return made


def answers(text: str, **chosen: str) -> dict[str, str]:
    """A concern's body in which every box holds `text`."""
    boxes = ("saw", "told", "worried", "who", "where", "when", "keep_from", "rung")
    rest = {"child": "", "danger": "unknown", "channel": "online"}
    paper = {"sender": text, "addressed_to": text, "dated": text, "reached": text}
    return dict.fromkeys(boxes, text) | rest | paper | chosen


WORDS = {f"word{place}": word for place, word in enumerate(CODE, 1)}


def public_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own words go."""
    form: dict[str, Any] = {"form_state": SEALED, "errors": {}}
    words = {"at": "words", "back": "danger", "next": "people"}
    yield "start", "start.html", {}
    yield "start-rings", "start.html", {"rings": True}
    danger = {"at": "danger", "back": None, "next": "words"}
    yield "danger", "danger.html", form | danger | {"values": answers("")}
    rings = {"rings": True, "values": answers("")}
    yield "danger-rings", "danger.html", form | danger | rings
    yield "words", "words.html", form | words | {"values": answers("")}
    wrong = {"errors": {"saw": "Write something, even one line"}}
    yield "words-wrong", "words.html", form | words | wrong | {"values": answers("", danger="yes")}
    people = {"at": "people", "back": "words", "next": "you"}
    yield "people", "people.html", form | people | {"values": answers(text, child="yes")}
    you = {"at": "you", "back": "people", "next": "check"}
    empty = {"name": "", "reach": "", "keep": ""}
    yield "you", "you.html", form | you | {"values": answers("") | empty}
    said = {"name": text, "reach": text, "keep": "apart"}
    yield "you-child", "you.html", form | you | {"values": answers("", child="yes") | said}
    check = {"at": "check", "back": "you", "next": "send"}
    values = answers(text, danger="yes", when="")
    yield "check", "check.html", form | check | {"values": values | said}
    shown = {"name": text, "reach": "", "keep": "shown"}
    yield "check-shown", "check.html", form | check | {"values": values | shown}
    yield "check-empty", "check.html", form | check | {"values": values | empty}
    done = {**WORDS, "spooled": False, "promise": SEALED, "way_back": SEALED}
    yield "done", "done.html", done
    yield "done-waiting", "done.html", done | {"spooled": True}
    yield "done-nameless", "done.html", done | {"nameless": True}
    yield "done-apart", "done.html", done | {"apart": True}
    asked: dict[str, Any] = {"value": "", "unknown": [], "error": ""}
    yield "return", "return.html", asked
    slips = [(2, "kyak", "kayak"), (8, text or "zzzz", None)]
    typed = "lantern kyak broccoli tuba orchard pebble walrus " + text
    yield "return-wrong", "return.html", asked | {"value": typed, "unknown": slips, "error": "form"}
    yield "return-short", "return.html", asked | {"value": "lantern kayak", "error": "form"}
    yield "return-unknown", "return.html", asked | {"value": " ".join(CODE), "error": "unknown"}
    yield "return-old", "return.html", asked | {"error": "old"}
    yield "return-words", "return.html", asked | {"error": "old", "words": text}
    yield from _threads(text)
    yield from linked_pages(text)
    yield "not-recorded", "not_recorded.html", {"words": text, "form_state": SEALED}
    yield "not-recorded-added", "not_recorded.html", {"words": text, "form_state": ""}
    for alone in ("too_long", "not_found", "error"):
        yield alone.replace("_", "-"), f"{alone}.html", {}


def _threads(text: str) -> Iterator[Page]:
    plain = {"telling": "", "wrong": False}
    own = {"mine": True, "at": FILED, "said": []} | plain
    answer = {"mine": False, "at": LATER, "said": [text]} | plain
    page: dict[str, Any] = {
        "items": [own],
        "opened_at": None,
        "away": False,
        "waiting": False,
        "own_shown": False,
        "added": False,
        "words": "",
        "error": "",
        "code": "",
        "way_back": SEALED,
    }
    yield "thread-new", "thread.html", page
    yield "thread-answered", "thread.html", page | {"items": [own, answer], "opened_at": OPENED}
    shown = [own | {"said": [text, text]}, answer, own | {"at": LATER, "said": [text]}]
    yield (
        "thread-shown",
        "thread.html",
        page | {"items": shown, "opened_at": OPENED, "own_shown": True, "added": True},
    )
    decided = answer | {"telling": RECORD_ID}
    yield "thread-decided", "thread.html", page | {"items": [own, decided], "opened_at": OPENED}
    asked = {"items": [own, own | {"said": ["You asked again."]}], "added": True}
    yield "thread-asked-again", "thread.html", page | asked | {"done": "asked_again"}
    wrong = {"items": [own, decided | {"wrong": True}], "added": True, "done": "challenged"}
    yield "thread-challenged", "thread.html", page | wrong | {"opened_at": OPENED}
    yield "thread-waiting", "thread.html", page | {"items": [], "waiting": True}
    yield "thread-away", "thread.html", page | {"items": [], "away": True}
    yield "thread-kept", "thread.html", page | {"words": text, "waiting": True}
    unchecked = {"items": [], "away": True, "unchecked": True}
    yield "thread-unchecked", "thread.html", page | unchecked
    yield "thread-sealed", "thread.html", page | unchecked | {"added": True, "sealed": True}
    seen = {"items": [own, answer, own], "opened_at": OPENED, "unseen": True}
    yield "thread-unseen", "thread.html", page | seen
    yield "thread-empty", "thread.html", page | {"error": "empty"}
    for error in ("file-none", "file-empty", "file-large", "file-many", "file-lost", "file-again"):
        yield f"thread-{error}", "thread.html", page | {"error": error}
    for broken in ("file-cut", "file-large", "file-lost"):
        unsent = {"error": broken, "unsent": True, "words": text}
        yield f"thread-unsent-{broken}", "thread.html", page | unsent
    yield "thread-later-chosen", "thread.html", page | {"error": "later", "chosen": True}
    yield "thread-file", "thread.html", page | {"added": True, "words": text, "code": CODE}
    yield "thread-later", "thread.html", page | {"error": "later"}
    yield "thread-pressed", "thread.html", page | {"error": "pressed", "added": True}


def office_pages(text: str) -> Iterator[Page]:
    """The same for staff."""
    yield "sign-in", "sign_in.html", {"error": "", "username": "", "reader": None}
    wrong = "The user name or the password is wrong."
    yield "sign-in-wrong", "sign_in.html", {"error": wrong, "username": text, "reader": None}
    typed = [{"field": "words", "label": "Your answer", "text": text}]
    yield "signed-out", "signed_out.html", {"typed": typed, "reader": None}
    yield "too-old", "too_old.html", {"typed": typed}
    rows = [_listed("yes", "online", None), _listed("unknown", "letter", None)]
    rows += [_listed("no", "telephone", OPENED, news=True), _listed("no", "email", OPENED)]
    place = "2.-1." + "0" * 32
    queue: dict[str, Any] = {
        "records": rows,
        "first": False,
        "next": place,
        "waiting": 2,
        "begun": [
            {"what": "to write down a call", "at": LATER, "address": "/letters/new"},
            {"what": "an answer on AB12-3456", "at": FILED, "address": "/letters/new"},
        ],
        "wanted": 1,
        "unreviewable": True,
        "late": True,
        "emergencies": 1,
        "unreviewed": 2,
        "now": LATER,
        "sealed_wait": True,
        "referred": {RECORD_ID: waiting()},
        "calling": [{"reference": "KTR48-2WMDP", "said": LINE, "asked": True}],
    }
    yield "queue", "queue.html", queue | {"reporters": 2, "second": 1}
    empty = {"records": [], "first": True, "next": None, "waiting": 0, "wanted": 0, "now": LATER}
    empty |= {
        "begun": [],
        "unreviewable": False,
        "sealed_wait": False,
        "late": False,
        "emergencies": 0,
        "unreviewed": 0,
        "referred": {},
    }
    yield "queue-empty", "queue.html", empty
    yield "clocks", "clocks.html", {"clocks": clock_list(), "titles": TITLES}
    yield from late_pages(text)
    yield from asked_pages(text)
    yield from lookback_pages(text)
    yield from call_pages(text)
    yield from records(text, _listed("yes", "online", OPENED), answers)
    yield from owner_pages(text)
    yield from sorting_pages(text, answers)
    yield from concerned_pages(text)
    yield from referral_pages(text)
    yield from link_pages(text)
    yield from opening_pages(text)
    yield from identity_pages(text)
    yield from remit_pages(text, rows)
    letter = {"form": SEALED, "concern": answers("", channel="letter"), "error": ""}
    letter |= {"draft": RECORD_ID, "seen": "", "kept_at": None, "others": []}
    further = [
        {"id": RECORD_ID, "at": FILED, "channel": channel}
        for channel in ("letter", "telephone", "email")
    ]
    letter |= {"seal": "", "seal_name": "", "seal_reach": ""}
    letter["seals"] = [("no", "No"), *LETTER_SEALED.items()]
    yield "letter", "letter.html", letter
    yield "letter-kept", "letter.html", letter | {"kept_at": FILED, "others": further}
    yield "letter-others", "letter.html", letter | {"others": further}
    error = "Write what the letter says, or what the caller said."
    filled: dict[str, Any] = {"concern": answers(text, channel="email", danger="no", child="no")}
    filled |= {"seal": "whistle", "seal_name": text, "seal_reach": text}
    yield "letter-wrong", "letter.html", letter | filled | {"error": error}
    yield (
        "letter-done",
        "letter_done.html",
        {"code": " ".join(CODE), "recorded_at": FILED, "reference": "KTR48-2WMDP"},
    )
    yield "not-found", "not_found.html", {"reader": None, "typed": []}
    given = [{"field": "words", "label": "Your answer", "text": text}]
    yield "not-found-typed", "not_found.html", {"reader": None, "typed": given}
    yield "error", "error.html", {"typed": typed}
    yield "closed", "closed.html", {"typed": [], "again": "/", "beside": [], "reader": None}
    again = {"typed": typed, "again": f"/records/{RECORD_ID}/answer", "beside": [("token", "00")]}
    yield "closed-typed", "closed.html", again
    yield from post_pages(text)
    yield from away_pages(text)
    plain = {"title": "This is too long", "paragraphs": ["Nothing was recorded. Go back."]}
    yield "page", "page.html", plain


def _listed(
    danger: str, channel: str, opened: datetime | None, *, news: bool = False
) -> dict[str, Any]:
    row = {"id": RECORD_ID, "reference": "KTR-482-WMD", "channel": channel, "danger": danger}
    due = NOTHING if opened and not news else next_due(Waiting(danger, FILED, FILED, 0, 0, 0, 0))
    return row | {"filed_at": FILED, "opened_at": opened, "news": news, "next": due}


def rendered(face: str, text: str) -> dict[str, str]:
    """Every sample page of a face as HTML, by the sample's name."""
    made = environment(face)
    told = PUBLIC_TOLD if face == "public" else OFFICE_TOLD
    pages = public_pages(text) if face == "public" else office_pages(text)
    return {
        name: made.get_template(template).render(told | context)
        for name, template, context in pages
    }
