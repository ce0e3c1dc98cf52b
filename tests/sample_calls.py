"""The pages about call-outs with sample contexts, as the views fill them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

FILED = datetime(2026, 11, 20, 18, 1, tzinfo=UTC)
CALLED = datetime(2026, 11, 20, 18, 2, tzinfo=UTC)
RECORD = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
TOKEN = "c" * 64
LINE = (
    "Heed called you on 20 November 2026 at 18:02. Nobody has decided or rung yet: the next person is"
    " called on 20 November 2026 at 18:17."
)
Page = tuple[str, str, dict[str, Any]]


def call_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own names go."""
    call = {
        "name": text or "Duty lead",
        "why": "first",
        "at": CALLED,
        "answered_at": None,
        "sent": "",
    }
    other = call | {"why": "nobody had answered", "answered_at": CALLED, "sent": "Not sent yet"}
    record = {
        "id": RECORD,
        "reference": "KTR48-2WMDP",
        "danger": "unknown",
        "filed_at": FILED,
        "owner": text or "Duty lead",
        "open": True,
        "said": LINE,
        "call": RECORD,
        "calls": [other, call],
    }
    done = record | {"id": RECORD[::-1], "open": False, "said": "", "call": None, "danger": "yes"}
    dark = record | {"id": "x", "reference": None, "open": False}
    page = {"records": [record, done, dark], "rings": True, "token": TOKEN, "wrong": {}}
    page["answered"] = False
    yield "calls", "calls.html", page
    wrong = {"wrong": {"calls": "You said so before."}, "rings": False}
    yield "calls-wrong", "calls.html", page | wrong
    yield "calls-none", "calls.html", page | {"records": [], "answered": True}
    stranger: dict[str, Any] = {"reader": None, "token": TOKEN, "action": "/c/x"}
    for said in ("", "said", "before", "since", "unknown"):
        yield f"call-link-{said or 'ask'}", "call_link.html", stranger | {"said": said}
    own = {"mine": True, "person": RECORD, "whom": text or "Duty lead", "action": "/reach"}
    reach = own | {"said": {"telephone": "07700 900123", "email": "lead@example.org"}}
    reach |= {"wrong": {}, "rings": True, "token": TOKEN, "done": True, "before_until": None}
    yield "reach", "reach.html", reach
    slips = {"telephone": "Write a telephone number.", "email": "Write an address."}
    changed = reach | {"before_until": FILED, "done": False}
    yield "reach-changed", "reach.html", changed
    slips_of = {"mine": False, "wrong": slips, "rings": False}
    yield "reach-wrong", "reach.html", changed | slips_of
