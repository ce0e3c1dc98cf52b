"""The pages on which who told us is asked for, opened and reviewed, as the views fill them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from heed.intake.identity import Identity, WhySealed
from heed.office.identities import CHOICES, DONE, NO_CHOICE, NO_OUTCOME, NO_REASON, OUTCOMES

AT = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 15, 42, tzinfo=UTC)
ID = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
REFERENCE = "KTR48-2WMDP"
TOKEN = "00" * 32

Page = tuple[str, str, dict[str, Any]]


def identity_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own words go."""
    about = {"record": ID, "reference": REFERENCE}
    found = [Identity(text, text), Identity(text, "", WhySealed.WHISTLE)]
    yield "identity", "identity.html", about | {"found": found, "until": LATER}
    yield "identity-none", "identity.html", about | {"found": [], "until": None}
    form: dict[str, Any] = about | {"reason": text, "wrong": {"reason": ""}, "token": TOKEN}
    for name in ("ask", "danger"):
        yield f"identity-{name}", f"identity_{name}.html", form
        wrong = {"wrong": {"reason": NO_REASON}}
        yield f"identity-{name}-wrong", f"identity_{name}.html", form | wrong
    yield from _waiting(text)
    yield from _deciding(text)


def _row(text: str, **said: Any) -> dict[str, Any]:
    row = {"id": ID, "record": ID, "reference": REFERENCE, "name": text or "Second worker"}
    return row | {"at": AT, "mine": False, "reason": text} | said


def _waiting(text: str) -> Iterator[Page]:
    agreed = {"agreed_by": text or "Custodian"}
    asked = [
        _row(text, agreed_by="", may="agree"),
        _row(text, agreed_by="", may="wait"),
        _row(text, agreed_by="", may="wait", mine=True),
        _row(text, may="open", **agreed),
        _row(text, may="wait", **agreed),
    ]
    due = {"until": LATER, "due": "Tuesday 24 November 2026"}
    alone = [_row(text, late=False, **due), _row(text, late=True, **due | {"mine": True})]
    yield "identities", "identities.html", {"asked": asked, "alone": alone, "told": ""}
    for word, told in DONE.items():
        none: dict[str, Any] = {"asked": [], "alone": [], "told": told}
        yield f"identities-{word}", "identities.html", none


def _deciding(text: str) -> Iterator[Page]:
    for may, agreed_by in (("agree", ""), ("open", text or "Custodian")):
        form: dict[str, Any] = {
            "asking": _row(text, may=may, agreed_by=agreed_by),
            "choices": CHOICES[may].items(),
            "said": {"choice": may, "reason": text},
            "wrong": {},
            "token": TOKEN,
        }
        wrong = {"wrong": {"choice": NO_CHOICE, "reason": NO_REASON}}
        yield f"identity-decide-{may}", "identity_decide.html", form
        yield f"identity-decide-{may}-wrong", "identity_decide.html", form | wrong
    review: dict[str, Any] = {
        "opening": _row(text, until=LATER),
        "outcomes": OUTCOMES.items(),
        "said": {"outcome": "right", "reason": text},
        "wrong": {},
        "token": TOKEN,
    }
    yield "identity-review", "identity_review.html", review
    wrong = {"wrong": {"outcome": NO_OUTCOME, "reason": NO_REASON}}
    yield "identity-review-wrong", "identity_review.html", review | wrong
