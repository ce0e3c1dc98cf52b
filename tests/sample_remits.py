"""The pages of remits and of a manager's team with sample contexts, as the views fill them."""

from collections.abc import Iterator, Sequence
from typing import Any

from heed.office.choosing import Choice
from heed.office.handing_over import NO_TAKER
from heed.office.record import NO_REASON, TOLD
from heed.office.remits import DONE, NO_UNIT
from tests.sample_openings import AT, ID, LATER, REFERENCE, TOKEN
from tests.sample_posts import ADMINISTRATOR, _places

MANAGER = {"reader": {"name": "Manager", "posts": ["manager"]}}

Page = tuple[str, str, dict[str, Any]]


def remit_pages(text: str, records: Sequence[Any]) -> Iterator[Page]:
    """(name of the sample, template, context): `text` stands wherever people's own words go."""
    yield from _given(text)
    yield from _by_remit(text, records)
    yield from _team(text, records)


def _given(text: str) -> Iterator[Page]:
    name = text or "Second worker"
    remit = {"id": ID, "unit": "First team " + text, "by": name, "at": AT}
    page: dict[str, Any] = ADMINISTRATOR | {
        "person": ID,
        "whom": name,
        "remits": [remit, remit | {"by": ""}],
        "units": _places(text),
        "said": {"unit": ""},
        "wrong": {"unit": ""},
        "token": TOKEN,
        "done": "",
    }
    yield "remits", "remits.html", page
    yield "remits-none", "remits.html", page | {"remits": []}
    yield "remits-wrong", "remits.html", page | {"wrong": {"unit": NO_UNIT}}
    for word, done in DONE.items():
        yield f"remits-{word}", "remits.html", page | {"done": done}


def _by_remit(text: str, records: Sequence[Any]) -> Iterator[Page]:
    mine: dict[str, Any] = {
        "units": ["First team " + text],
        "records": [(record, text or "Second worker") for record in records],
        "first": False,
        "next": "1.2.3",
        "now": LATER,
    }
    yield "my-remits", "my_remits.html", mine
    empty = mine | {"records": [], "first": True, "next": None}
    yield "my-remits-empty", "my_remits.html", empty
    yield "my-remits-none", "my_remits.html", empty | {"units": []}
    why: dict[str, Any] = {
        "record": ID,
        "reference": REFERENCE,
        "accountable": text or "Second worker",
        "wrong": {"reason": ""},
        "told": "",
    }
    yield "remit-why", "remit_why.html", why
    yield "remit-why-wrong", "remit_why.html", why | {"wrong": {"reason": NO_REASON}}
    yield "remit-why-told", "remit_why.html", why | {"told": TOLD["file-added"]}


def _team(text: str, records: Sequence[Any]) -> Iterator[Page]:
    one: dict[str, Any] = {
        "id": ID,
        "name": text or "Second worker",
        "job": "worker",
        "away": None,
        "held": len(records) + 7,
        "records": records,
    }
    idle = one | {"id": TOKEN, "away": AT, "held": 0, "records": []}
    single = one | {"id": "one", "held": 1, "records": records[:1]}
    page: dict[str, Any] = MANAGER | {"now": LATER, "proposed": False}
    yield "team", "team.html", page | {"people": [one, idle, single]}
    yield "team-empty", "team.html", page | {"people": [], "proposed": True}
    form: dict[str, Any] = MANAGER | {
        "record": ID,
        "reference": REFERENCE,
        "accountable": text or "Second worker",
        "choices": [Choice(ID, text or "Third worker")],
        "many": True,
        "said": {"taker": "", "note": text, "find": ""},
        "wrong": {"taker": ""},
        "token": TOKEN,
    }
    yield "propose", "propose.html", form
    wrong = {"wrong": {"taker": NO_TAKER}, "choices": [], "said": form["said"] | {"find": "x"}}
    yield "propose-wrong", "propose.html", form | wrong
