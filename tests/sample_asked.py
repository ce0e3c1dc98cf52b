"""The pages of reporters who wait, with sample contexts, as the views fill them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from heed.office import asked, unconfirmed
from heed.office.bodies import Bodies
from heed.office.guard import Who
from heed.oversight.asked import ANSWERED, CHALLENGED
from heed.referral.waiting import waits_for
from heed.store.configuration import Configuration
from heed.store.readable import Reader
from heed.store.unconfirmed import Unconfirmed
from heed.triage.clocks import Due

AT = datetime(2026, 11, 16, 9, 42, tzinfo=UTC)
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
RECORD = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
REFERENCE = "KTR48-2WMDP"
TOKEN = "00" * 32

CHILDREN = "council/E09000033/children"
MORE = ("telephone", AT, UUID(RECORD), True, AT)
READER = Who("", Reader(UUID(int=9), "overseer", "Overseer", True))

Page = tuple[str, str, dict[str, Any]]


def asked_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own words or names go."""
    row = {
        "what": "asked",
        "entry": RECORD,
        "record": RECORD,
        "reference": REFERENCE,
        "since": AT,
        "owner": text or "Duty lead",
        "mine": True,
        "may_answer": False,
        "open": True,
        "ask": False,
        "next": Due("Write to them: they asked again", ANSWERED.due(AT), ANSWERED),
    }
    wrong = Due("They say that a decision is wrong", CHALLENGED.due(AT), CHALLENGED)
    other = row | {"what": "challenged", "next": wrong, "mine": False, "may_answer": True}
    unread = other | {"open": False, "ask": True}
    own = other | {"mine": True, "may_answer": False}
    held = row | {"what": "held", "next": Due("Look again at “do not tell them yet”")}
    shut = row | {"mine": False, "open": False}
    page = {"now": NOW, "done": False}
    rows = [row, other, unread, own, held, shut]
    yield "reporters", "reporters.html", page | {"waiting": rows}
    yield "reporters-none", "reporters.html", page | {"waiting": [], "done": True}
    said = dict.fromkeys(asked.FIELDS, text)
    form: dict[str, Any] = {"record": RECORD, "reference": REFERENCE, "token": TOKEN, "held": ""}
    form |= {"said": said, "wrong": {}}
    form["decisions"] = [
        (RECORD, "For Child 1: No further action, 16 November 2026 at 9:42am"),
        (TOKEN, "For Adult 1: Refer, 16 November 2026 at 9:42am"),
    ]
    yield "tell", "tell.html", form
    bad = {"decision": asked.NO_DECISION, "words": asked.NO_WORDS}
    yield "tell-wrong", "tell.html", form | {"wrong": bad}
    bad = {"until_day": asked.NO_DAY, "reason": asked.NO_REASON}
    yield "tell-not-yet-wrong", "tell.html", form | {"wrong": bad, "decisions": []}
    yield "tell-held", "tell.html", form | {"held": "27 March 2027"}
    answer = {"one": other, "verdicts": asked.VERDICTS, "token": TOKEN, "wrong": {}}
    answer["said"] = {"outcome": "", "words": text}
    answer["shown"] = True
    yield "challenge", "challenge.html", answer
    yield "challenge-closed", "challenge.html", answer | {"one": unread, "shown": False}
    bad = {"outcome": asked.NO_VERDICT, "words": asked.NO_REASON}
    yield from _silent(text)
    yield "challenge-wrong", "challenge.html", answer | {"one": unread, "wrong": bad}


def _silent(text: str) -> Iterator[Page]:
    """Bodies that did not confirm, and a letter to one."""
    told = Unconfirmed(UUID(RECORD), UUID(RECORD), REFERENCE, CHILDREN, "protecting", *MORE)
    row = unconfirmed._row(Bodies(UUID(RECORD), [], []), READER, told) | {"owner": text or "Lead"}
    shut = row | {"open": False, "ask": True, "mine": True}
    none = row | {"waits": waits_for("accountability", "ofsted", AT, [])}
    yield "unconfirmed", "unconfirmed.html", {"waiting": [row, shut, none], "now": NOW}
    yield "unconfirmed-none", "unconfirmed.html", {"waiting": [], "now": NOW}
    written = unconfirmed._letter(told, text or "A club", "Lead", NOW, Configuration())
    letter = {"letter": written, "rows": 24, "by": text or "Lead", "at": NOW, "nameless": False}
    yield "reminder", "reminder.html", letter | {"one": row}
    yield "reminder-mine", "reminder.html", letter | {"one": shut, "nameless": True}
