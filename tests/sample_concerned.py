"""The people of a record, decisions and joined records as pages show them, with sample contexts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from heed.office import trust
from heed.office.about import CHOICES, LABELS, NOBODY, PARTS, TRUSTED, About
from heed.office.bodies import Bodies
from heed.office.harm_answers import EMPLOYER, EMPLOYER_TOLD, KNOWN, WORKS
from heed.store.concerned import Decided, JoinedWith, Named
from heed.triage import lado

AT = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
RECORD, OTHER, ELLA, SAM, COACH = (UUID(int=number, version=4) for number in range(1, 6))
REFERENCE = "KTR48-2WMDP"
TOKEN = "00" * 32

Page = tuple[str, str, dict[str, Any]]
_NOBODY_HERE = Bodies(RECORD, [], [])


def about(text: str) -> About:
    """Two children of whom one is decided for, a coach, and two joined records."""
    first = Named(
        RECORD, ELLA, True, "", "", AT, RECORD, {"name": "A girl of about 12", "age": text}
    )
    namings = [
        first,
        first._replace(entry=ELLA, words={"name": text, "place": text, "known": text}),
        first._replace(entry=SAM, concerned=SAM, words={}),
        Named(COACH, COACH, False, "about", "yes", AT, RECORD, {"name": text, "known": text}),
    ]
    decisions = [
        Decided(UUID(int=21), None, "share", AT, RECORD, text),
        Decided(UUID(int=20), SAM, "no_further_action", AT, RECORD, text, False),
        Decided(UUID(int=22), ELLA, "share", AT, RECORD, ""),
        Decided(UUID(int=23), ELLA, "refer", AT, RECORD, text),
        Decided(UUID(int=24), COACH, "no_further_action", AT, RECORD, text),
        Decided(UUID(int=26), COACH, "no_further_action", AT, RECORD, "", False),
        Decided(UUID(int=25), COACH, "no_further_action", AT, RECORD, "", False),
    ]
    seconds = {UUID(int=24): "not agreed", UUID(int=25): "waits", UUID(int=26): "overtaken"}
    return About(namings, decisions, _joined(text), _NOBODY_HERE, seconds)


def nobody(text: str) -> About:
    """Nobody is named, and nothing decided."""
    return About([], [], [], _NOBODY_HERE)


def _joined(text: str) -> list[JoinedWith]:
    whole = JoinedWith(OTHER, OTHER, REFERENCE, AT, RECORD, AT, RECORD, None, None, text, "")
    return [whole, whole._replace(parted_at=AT, parted_by=RECORD, why_parted=text)]


def concerned_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context)."""
    ella, _, coach = about(text).people
    said = {"name": text, "age": text, "place": text, "known": text, "part": "", "trust": ""}
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "child": True,
        "somebody": None,
        "labels": LABELS,
        "parts": [(str(part), said) for part, said in PARTS.items()],
        "trusted": [(str(trust), said) for trust, said in TRUSTED.items()],
        "said": said,
        "wrong": {},
        "token": TOKEN,
    }
    yield "child", "naming.html", form
    yield "child-more", "naming.html", form | {"somebody": ella}
    yield "child-wrong", "naming.html", form | {"wrong": {"name": "Write what is known."}}
    wrong = {"name": "", "part": "Choose what they are.", "trust": "Choose whether."}
    yield "adult", "naming.html", form | {"child": False}
    yield "adult-wrong", "naming.html", form | {"child": False, "wrong": wrong}
    yield "adult-more", "naming.html", form | {"child": False, "somebody": coach}
    yield from _deciding(text)
    yield from _trusted(text)
    yield from _joining(text)


def _trusted(text: str) -> Iterator[Page]:
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "somebody": about(text).people[2],
        "limbs": [(one.id, one.text) for one in lado.LIMBS],
        "known": KNOWN,
        "employer": EMPLOYER,
        "unchecked": [one.text for one in lado.OUTCOMES],
        "said": dict.fromkeys(trust.FIELDS, text),
        "wrong": {},
        "token": TOKEN,
    }
    yield "harm", "harm.html", form
    wrong = dict.fromkeys(("harmed", "offence", "risk", "unsuitable", "works"), trust.NO_ANSWER)
    wrong |= {"employer": trust.NO_EMPLOYER, "who": trust.NO_WHO, "why": trust.NO_WHY_NOT}
    yield "harm-wrong", "harm.html", form | {"wrong": wrong}
    row = {"decision": RECORD, "record": RECORD, "reference": REFERENCE, "at": AT, "open": True}
    row |= {"why": trust.NEEDED["adult"], "by": text or "Duty lead", "mine": False, "ask": False}
    rows = [row, row | {"mine": True}, row | {"open": False, "ask": True}]
    yield "seconds", "seconds.html", {"waiting": rows, "done": False}
    yield "seconds-none", "seconds.html", {"waiting": [], "done": True}
    answer: dict[str, Any] = {"one": row, "agreement": trust.AGREEMENT, "token": TOKEN}
    answer["overtaken"] = ""
    answer["shown"] = True
    harm = [(WORKS, "Not known"), (EMPLOYER_TOLD, "No")]
    answer |= {"said": {"outcome": "", "words": text}, "wrong": {}, "harm": harm}
    yield "second", "second.html", answer
    yield "second-closed", "second.html", answer | {"one": rows[2], "shown": False}
    overtaken = {"overtaken": trust.OVERTAKEN, "shown": False}
    yield "second-overtaken", "second.html", answer | overtaken
    wrong = {"outcome": trust.NO_AGREEMENT, "words": trust.NO_REASON}
    yield "second-wrong", "second.html", answer | {"one": rows[2], "wrong": wrong, "harm": []}


def _deciding(text: str) -> Iterator[Page]:
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "somebody": about(text).people[0],
        "whom": "Child 1",
        "choices": [(str(choice), said) for choice, said in CHOICES.items()],
        "said": {"decision": "", "reason": text},
        "wrong": {},
        "token": TOKEN,
    }
    yield "decide", "decide.html", form
    wrong = {"decision": "Choose what you decide.", "reason": "Write why you decide this."}
    yield "decide-wrong", "decide.html", form | {"wrong": wrong}
    yield "decide-alone", "decide.html", form | {"somebody": None, "whom": NOBODY}


def _joining(text: str) -> Iterator[Page]:
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "choices": [{"id": str(OTHER), "line": f"{REFERENCE}, received 20 November 2026"}],
        "many": True,
        "more": True,
        "said": {"contact": "", "reason": text, "find": ""},
        "wrong": {},
        "token": TOKEN,
    }
    yield "join", "join.html", form
    wrong = {"contact": "Choose the other record.", "reason": "Write what makes you say so."}
    yield "join-wrong", "join.html", form | {"wrong": wrong, "many": False}
    none = {"choices": [], "more": False}
    yield "join-none", "join.html", form | none
    part: dict[str, Any] = {"record": RECORD, "reference": REFERENCE, "joined": _joined(text)[0]}
    part |= {"reason": text, "wrong": {"reason": ""}, "token": TOKEN}
    yield "part", "part.html", part
    yield "part-wrong", "part.html", part | {"wrong": {"reason": "Write what makes you say so."}}
