"""Referrals by link as the pages of both faces show them, with sample contexts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from heed.office.linking import NO_ADDRESS, NO_REASON
from heed.public.linked import SAY, Own
from heed.store.referral import MadeLink
from tests.sample_concerned import AT, RECORD, REFERENCE, TOKEN, Page
from tests.sample_referrals import referrals

SEALED = "c2VhbGVk"
STATES = ("waiting", "opened", "locked", "not sent", "expired", "ended")
WORDS = ("lantern", "kayak", "broccoli", "tuba", "orchard", "pebble", "walrus", "heron")


def linked_pages(text: str) -> Iterator[Page]:
    """The receiver's pages: (name of the sample, template, context)."""
    asked: dict[str, Any] = {"link": SEALED, "wrong": {}, "dead": False}
    asked |= {"said": {"name": text, "role": text, "code": ""}}
    yield "referral-link", "referral_link.html", asked
    wrong = {"name": "Write your name.", "code": "Write the 8 digits."}
    yield "referral-link-wrong", "referral_link.html", asked | {"wrong": wrong}
    yield "referral-link-dead", "referral_link.html", asked | {"dead": True}
    yield "referral-gone", "referral_gone.html", {}
    slips = [(2, "kyak", "kayak"), (8, text or "zzzz", None)]
    for error in ("", "form", "old", "unknown", "away", "lost"):
        back = {"value": text, "error": error, "unknown": slips if error == "form" else ()}
        typed = {"what": "other", "person": text, "reference": text, "words": text}
        back |= {"said": typed, "typed": error != ""}
        yield f"referral-back-{error or 'asked'}", "referral_back.html", back
    for sealed in (True, False):
        yield f"referral-kept-{sealed}", "referral_kept.html", {"sealed": sealed}
    held: dict[str, Any] = {
        "code": WORDS,
        "documents": [("words.txt", 1200), ("pack.pdf", 3_000_000)],
        "withheld": False,
        "ended": False,
        "own": [Own(SAY[what], AT, (text,)) for what in SAY],
        "says": [(str(what), said) for what, said in SAY.items()],
        "said": {"what": "", "person": text, "reference": "", "words": text},
        "wrong": {},
        "done": False,
        "way": SEALED,
    }
    yield "referral-held", "referral_held.html", held
    later = {"code": (), "done": True, "withheld": True, "documents": []}
    yield "referral-held-withheld", "referral_held.html", held | later
    yield "referral-held-ended", "referral_held.html", held | later | {"ended": True, "own": []}
    wrong = {"what-acknowledged": "Choose.", "words": "Write why.", "person": "Write your name."}
    yield "referral-held-wrong", "referral_held.html", held | {"wrong": wrong}


def link_pages(text: str) -> Iterator[Page]:
    """The sender's page."""
    links = tuple(
        MadeLink(
            UUID(int=number), RECORD, AT, RECORD, state, AT + timedelta(days=14), 2, text, False
        )
        for number, state in enumerate(STATES, 70)
    )
    one = referrals(text).sent[1]._replace(how="By secure link", links=links)
    page: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "one": one,
        "code": "",
        "posts": True,
        "documents": ["pack.json", "files/01.pdf"],
        "live": links[:5],
        "told": "",
        "said": {"email": text, "link": "", "reason": text},
        "wrong": {},
        "token": TOKEN,
    }
    yield "link", "referral_link.html", page
    made = {"code": "0417 2026", "posts": False, "documents": [], "told": "It is taken back."}
    yield "link-made", "referral_link.html", page | made
    yield "link-no-pack", "referral_link.html", page | {"documents": []}
    wrong = {"email": NO_ADDRESS, "reason": NO_REASON, "link": "Choose the link."}
    yield "link-wrong", "referral_link.html", page | {"wrong": wrong}
    waiting = links[0]._replace(unsent=True)
    yield "link-unsent", "referral_link.html", page | {"one": one._replace(links=(waiting,))}
    refused = one._replace(links=links[3:4])
    now = {
        "heard": [],
        "now": AT,
        "packs": [],
        "said": dict.fromkeys(("what", "at", "person", "reference", "words"), ""),
    }
    yield "referral-refused-link", "referral.html", page | now | {"one": refused}
