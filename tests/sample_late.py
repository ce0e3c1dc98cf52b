"""The list of what waits too long with sample contexts, as the view fills it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from heed.triage.clocks import Waiting, next_due

FILED = datetime(2026, 11, 10, 15, 42, tzinfo=UTC)
Page = tuple[str, str, dict[str, Any]]


def late_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own names go."""
    row = {
        "id": "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10",
        "reference": "KTR48-2WMDP",
        "channel": "letter",
        "danger": "unknown",
        "filed_at": FILED,
        "opened_at": None,
        "owner": text or "Duty lead",
        "handed": 2,
        "days": 5,
        "told_at": datetime(2026, 11, 18, 0, 1, tzinfo=UTC),
        "open": False,
        "may_ask": True,
        "next": next_due(Waiting("unknown", FILED, None, 2, 1, 0, 0, "act_now", FILED)),
    }
    read = row | {"open": True, "opened_at": row["told_at"], "handed": 1, "days": 1, "danger": "no"}
    other = row | {"may_ask": False, "handed": 0, "days": 3}
    page = {"records": [row, read, other], "first": False, "next": "1.0"}
    page["now"] = row["told_at"]
    reader = {"reader": {"name": "Overseer", "posts": ["overseer"]}}
    yield "late", "late.html", page | reader
    yield "late-none", "late.html", {"records": [], "first": True, "next": None}
