"""The pages on which letters are read, sorted and reviewed, with sample contexts, as the views fill them."""

from collections.abc import Callable, Iterator
from typing import Any

from heed.office.labels import REASONS, WHOM
from tests.sample_owner import AT, LATER, RECORD, REFERENCE, TOKEN, Page, step

SORTING = "5b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"


def sorting_pages(text: str, answers: Callable[..., dict[str, str]]) -> Iterator[Page]:
    """`text` stands wherever people's own words go."""
    yield from _sorting(text, answers)
    yield from _beside(text)
    yield from _sample(text)
    record = {"id": RECORD, "reference": REFERENCE, "channel": "letter", "danger": "unknown"}
    said = [step("filed", "Intake officer", answers(text, channel="letter")), *written(text)]
    marked = {"by": text or "Duty lead", "at": LATER}
    yield "printed", "printed.html", {"record": record | {"filed_at": AT}, "said": said} | marked


def written(text: str) -> Iterator[dict[str, Any]]:
    """What stands beside the words of a record."""
    name = text or "Second worker"
    words = {"words": text}
    why = REASONS["complaint"]
    yield step("sorted", name, words | {"outcome": "not one", "reason": "complaint"}, detail=why)
    yield step("sorted", name, words | {"outcome": "copy", "reason": ""})
    yield step("sorted", name, words | {"outcome": "concern", "reason": ""})
    yield step("sorted", name, None)
    yield step("reviewed", name, words | {"outcome": "right"})
    yield step("reviewed", name, words | {"outcome": "look again"})
    yield step("reviewed", name, None)
    yield step("noted", name, words | {"about": ""})
    yield step("noted", name, words | {"about": RECORD}, detail="20 November 2026 at 3:42pm")
    yield step("called", name, words, detail=f"{WHOM['999']}, 20 November 2026 at 3:42pm")
    yield step("parents_told", name, words | {"told": "no"})
    yield step("parents_told", name, words | {"told": "yes"})
    yield step("parents_told", name, None)


def _sorting(text: str, answers: Callable[..., dict[str, str]]) -> Iterator[Page]:
    letter = {
        "id": RECORD,
        "reference": REFERENCE,
        "channel": "letter",
        "danger": "unknown",
        "filed_at": AT,
        "added": [],
        "files": 0,
        "same": [],
        "all": RECORD.replace("-", ""),
        "told": answers(text, channel="letter"),
    }
    many = letter | {
        "reference": "KTR48-5WMDP",
        "same": ["KTR48-3WMDP", "KTR48-4WMDP"],
        "added": [text],
        "files": 2,
        "danger": "yes",
    }
    page: dict[str, Any] = {"reasons": list(REASONS.items()), "token": TOKEN, "done": 0, "again": 0}
    coming = letter | {"reference": "KTR48-6WMDP", "told": None}
    yield "sorting", "sorting.html", page | {"letters": [many, letter, coming]}
    yield "sorting-done", "sorting.html", page | {"letters": [], "done": 18, "again": 1}
    row = {"record": RECORD, "reference": REFERENCE, "channel": "letter", "filed_at": AT}
    row |= {"outcome": "not one", "why": REASONS["thanks"], "at": LATER, "copy_of": None}
    copy = row | {"outcome": "copy", "why": "", "copy_of": "KTR48-3WMDP"}
    aside = {"records": [row, copy], "first": False, "next": "1.0"}
    yield "put-aside", "put_aside.html", aside
    yield "put-aside-empty", "put_aside.html", {"records": [], "first": True, "next": None}


def _beside(text: str) -> Iterator[Page]:
    page: dict[str, Any] = {"record": RECORD, "reference": REFERENCE, "words": text}
    page |= {"wrong": {}, "token": TOKEN}
    page["draft"] = {"id": RECORD, "seen": "", "at": None, "others": []}
    yield "note", "note.html", page | {"about": ""}
    began = {"id": RECORD, "seen": "", "at": AT, "others": [(RECORD, AT)]}
    yield "note-kept", "note.html", page | {"about": RECORD, "draft": began}
    wrong = {"words": "Write your note."}
    yield "note-wrong", "note.html", page | {"about": RECORD, "wrong": wrong}
    call = page | {"action": f"/records/{RECORD}/call", "whom": "999", "at": "2026-11-20T15:42"}
    call |= {"choices": list(WHOM.items())}
    yield "call", "call.html", call
    wrong = {"whom-999": "Say who you rang.", "at": "Say when you rang."}
    yield "call-wrong", "call.html", call | {"wrong": wrong, "whom": ""}
    fresh = {"record": None, "reference": None, "form": "00", "action": "/rung"}
    yield "rung", "call.html", call | fresh
    yield "rung-done", "rung_done.html", {"recorded_at": AT, "reference": REFERENCE}
    yield "parents", "parents.html", page | {"told": ""}
    wrong = {"parents-yes": "Say if the parents were told.", "words": "Write why they were not."}
    yield "parents-wrong", "parents.html", page | {"told": "no", "wrong": wrong}


def _sample(text: str) -> Iterator[Page]:
    one = {"sorting": SORTING, "record": RECORD, "reference": REFERENCE, "danger": "yes"}
    one |= {"filed_at": AT, "by": text or "Second worker", "why": REASONS["thanks"], "at": LATER}
    rows = [one | {"open": True}, one | {"open": False, "danger": "no"}]
    yield "sample", "sample.html", {"waiting": rows, "done": True}
    yield "sample-empty", "sample.html", {"waiting": [], "done": False}
    page: dict[str, Any] = {"one": rows[0], "outcome": "", "words": text, "wrong": {}}
    page |= {"token": TOKEN}
    yield "review", "review.html", page
    wrong = {"outcome-right": "Say if it was right.", "words": "Write why."}
    yield "review-wrong", "review.html", page | {"one": rows[1], "wrong": wrong}
