"""The pages of whoever answers for a record with sample contexts, as the views fill them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from heed.office.choosing import Choice
from heed.office.grounds import GROUNDS, OF_PEOPLE, OF_UNITS
from heed.office.restricting import TELL_THEM
from tests.sample_concerned import about, nobody
from tests.sample_referrals import referrals

AT = datetime(2026, 11, 20, 15, 42, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
RECORD = "0b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
PERSON = "3b7c5a9e-3f5d-4c8e-9a53-2f6c1f6d2a10"
REFERENCE = "KTR48-2WMDP"
TOKEN = "00" * 32

Page = tuple[str, str, dict[str, Any]]


def step(kind: str, by: str = "", body: object = (), **more: Any) -> dict[str, Any]:
    """One thing said or done."""
    blank = {"named": "", "ground": "", "taken_back": False, "entry": None, "detail": ""}
    said = dict(body) if isinstance(body, dict | tuple) else body
    return blank | {"kind": kind, "at": LATER, "by": by, "body": said} | more


def records(
    text: str, listed: dict[str, Any], answers: Callable[..., dict[str, str]]
) -> Iterator[Page]:
    """The record's own page: `text` stands wherever people's own words go."""
    filed = step("filed", body=answers(text, child="yes"), at=AT)
    paper = answers(text, channel="letter", saw="", worried="", who="", where="", when="", rung="")
    page: dict[str, Any] = {
        "record": listed,
        "said": [
            filed,
            step("answered", text, {"words": text}),
            step("added", "", {"words": text}),
        ],
        "restrictions": [],
        "about": about(text),
        "referrals": referrals(text),
        "now": LATER,
        "files": [],
        "accountable": text or "Duty lead",
        "mine": True,
        "offer": None,
        "purpose": "own queue",
        "others": [],
        "aside": None,
        "copies": [],
        "can_answer": True,
        "token": TOKEN,
        "error": "",
        "words": "",
        "draft": {"id": RECORD, "seen": "", "at": None, "others": []},
        "told": "",
    }
    kept = {"id": RECORD, "seen": "", "at": LATER, "others": [(RECORD, AT)]}
    yield "record-kept", "record.html", page | {"draft": kept, "words": text}
    yield "record", "record.html", page
    told = {"told": "Your answer is on the record. They can read it with their code."}
    yield "record-answered", "record.html", page | told
    yield "record-wrong", "record.html", page | {"error": "Write your answer.", "words": text}
    letter = {"record": listed | {"danger": "unknown", "channel": "letter"}, "can_answer": False}
    posted = [step("filed", "Intake officer", paper)]
    was = {"at": AT, "whom": "Child 1", "challenge": None, "challenged_at": None, "outcome": None}
    wrong = was | {"challenge": PERSON, "challenged_at": LATER}
    decided = [wrong | {"outcome": outcome} for outcome in ("stands", "decide again")]
    tellings = {"tellings": [was, wrong, *decided], "held_until": ""}
    yield "record-told-them", "record.html", page | tellings
    yield "record-not-yet", "record.html", page | {"tellings": [], "held_until": "27 March 2027"}
    yield "record-letter", "record.html", page | letter | {"said": posted, "words": text}
    yield "record-nobody-named", "record.html", page | {"about": nobody(text)}
    yield "record-coming", "record.html", page | {"said": [filed | {"body": None}]}
    offer = {"to": text or "Second worker", "at": LATER, "by": ""}
    done = {"said": [filed, *_done(text)], "restrictions": list(_restrictions(text))}
    aside = {"aside": LATER, "copies": [{"record": RECORD, "reference": REFERENCE}]}
    yield "record-done", "record.html", page | done | aside | {"offer": offer}
    for name, sealed in _sealed().items():
        yield f"record-sealed-{name}", "record.html", page | {"sealed": sealed}
    yield "record-granted", "record.html", page | done | {"mine": False, "purpose": "granted"}
    theirs = {"offer": offer | {"by": text or "Manager"}}
    yield "record-proposed", "record.html", page | theirs
    other = {"name": text or "Second worker", "how": "granted", "at": AT, "until": LATER}
    yield "record-others", "record.html", page | {"others": [other | {"opening": PERSON}]}
    files = {"files": list(_files(text))}
    yield "record-files", "record.html", page | files
    named = {"record": RECORD, "reference": REFERENCE, "token": TOKEN}
    flag = {"file": PERSON, "size": 20_000}
    yield "file-flag", "file_flag.html", named | flag
    yield "files-add", "files_add.html", named | {"error": ""}
    yield "files-add-wrong", "files_add.html", named | {"error": f"{text} is too large."}
    for purpose in ("oversight", "granted", "emergency", "remit"):
        other = {"name": text or "Second worker", "how": purpose, "at": AT, "until": LATER}
        other |= {"opening": PERSON}
        seen = {"mine": False, "purpose": purpose, "others": [other]}
        yield f"record-seen-by-{purpose}", "record.html", page | done | seen


def _done(text: str) -> Iterator[dict[str, Any]]:
    name, reason = text or "Second worker", {"reason": text}
    yield step("walled", name, reason, named=name, ground=GROUNDS["accused"])
    yield step("walled", "", None, named=f"First team {text}", ground=GROUNDS["body"])
    yield step("name_matched", named=name, ground=GROUNDS["match"])
    yield step("wall_confirmed", name, reason)
    yield step("lift_asked", name, reason)
    yield step("wall_lifted", name, reason)
    yield step("hand_over_offered", name, {"note": text})
    yield step("hand_over_declined", name, {"reason": ""}, taken_back=True)
    yield step("hand_over_declined", name, reason)
    yield step("hand_over_accepted", name)
    told = {"name": text, "age": text, "place": "", "known": text}
    yield step("criticised", name, reason, named=name)
    yield step("criticised", "", None, named=name, ground="in error")
    sent = dict.fromkeys(("person", "reach", "reference", "rung_back", "place", "words"), text)
    yield step("referred", name, sent, named=name, ground="by telephone, for Child 1")
    heard = dict.fromkeys(("person", "reference", "words"), text)
    yield step("referral_heard", name, heard, named=name, ground="They declined it")
    yield step("pack_made", name, named=name)
    yield step("harm_tested", name, {"where": text, "who": text, "why": text})
    yield step("seconded", name, {"words": text, "outcome": "agreed"})
    yield step("seconded", name, {"words": text, "outcome": "not agreed"})
    yield step("seconded", name, None)
    yield step("asked_again")
    yield step("reporter_told", name, {"words": text})
    yield step("reporter_told", name, None)
    yield step("telling_held", name, {"words": text, "until": ""}, detail="27 March 2027")
    yield step("telling_held", name, {"words": text, "until": ""})
    yield step("challenged")
    yield step("challenge_chased")
    yield step("challenge_answered", name, {"words": text, "outcome": "stands"})
    yield step("challenge_answered", name, {"words": text, "outcome": "decide again"})
    yield step("challenge_answered", name, None)
    yield step("link_made", name)
    yield step("link_sent", named=name, ground="The link was sent", body={"reason": text})
    yield step("link_ended", name, reason)
    yield step("child_named", name, told, named="Child 1")
    yield step("adult_named", "", None, named="Adult 1")
    yield step("decided", name, reason, named="Child 1", ground="Refer")
    yield step("file_added", name)
    yield step("file_added")
    yield step("file_flagged", name)
    yield step("access_granted", name)
    yield step("access_given", name, reason)
    yield step("access_ended", name)
    yield step("access_declined", name, reason)
    yield step("identity_sealed")
    for kind in ("asked", "agreed", "declined", "opened", "reviewed"):
        yield step(f"identity_{kind}", name, reason)
    yield step("a_kind_of_tomorrow", name)


def _sealed() -> dict[str, dict[str, Any]]:
    """What a reader is told of who told us: may ask, asked, agreed, open, and no more than that."""
    told = {"may_ask": True, "asked_at": None, "agreed": None, "until": None}
    asked = told | {"asked_at": AT, "agreed": False}
    return {
        "may-ask": told,
        "asked": asked,
        "agreed": asked | {"agreed": True},
        "open": told | {"until": LATER},
        "only": told | {"may_ask": False},
    }


def _files(text: str) -> Iterator[dict[str, Any]]:
    row = {"entry": PERSON, "size": 20_000, "at": LATER, "by": text, "held": False, "here": True}
    yield row | {"name": text}
    yield row | {"name": text, "here": False, "by": ""}
    yield row | {"name": text, "held": True, "here": False}


def _restrictions(text: str) -> Iterator[dict[str, Any]]:
    row = {"name": text or "Second worker", "at": LATER, "asked": False, "lifted": False}
    yield row | {"ground": GROUNDS["accused"], "person": None}
    yield row | {"ground": GROUNDS["match"], "person": PERSON}
    yield row | {"ground": GROUNDS["body"], "person": None, "asked": True}
    yield row | {"ground": GROUNDS["close"], "person": None, "asked": True, "lifted": True}


def _people(text: str) -> list[Choice]:
    return [
        Choice(PERSON, f"Second worker – owner – First team {text}"),
        Choice(RECORD, "Duty lead – owner (you)"),
    ]


def owner_pages(text: str) -> Iterator[Page]:
    """(name of the sample, template, context)."""
    yield from _restricting(text)
    yield from _handing_over(text)
    yield from _ties(text)


def _restricting(text: str) -> Iterator[Page]:
    dates = {
        f"{end}_{part}": text for end in ("from", "until") for part in ("day", "month", "year")
    }
    said = {"person": PERSON, "unit": PERSON, "ground": "", "reason": text, "find": "", "match": ""}
    about = {"record": RECORD, "reference": REFERENCE, "token": TOKEN, "said": said | dates}
    form: dict[str, Any] = about | {
        "field": "person",
        "choices": _people(text),
        "many": True,
        "grounds": [(str(ground), GROUNDS[ground]) for ground in OF_PEOPLE],
        "wrong": {},
        "only": False,
        "tell_them": TELL_THEM,
    }
    yield "restrict", "restrict.html", form
    oneself = {"only": True, "many": False, "choices": _people(text)[1:]}
    yield "restrict-oneself", "restrict.html", form | oneself
    wrong = {"person": "Choose a person.", "ground": "Choose why.", "reason": "Write one line."}
    yield "restrict-wrong", "restrict.html", form | {"wrong": wrong}
    none = {"choices": [], "said": said | dates | {"find": text or "Zed"}}
    yield "restrict-nobody", "restrict.html", form | none
    grounds = [(str(ground), GROUNDS[ground]) for ground in OF_UNITS]
    unit = {"field": "unit", "grounds": grounds, "many": False}
    yield "restrict-unit", "restrict.html", form | unit
    days = {"from_day": "Write a real day.", "until_day": "This day is before the day it began."}
    yield "restrict-unit-wrong", "restrict.html", form | unit | {"wrong": days}
    yield from _restricted(text, about)


def _restricted(text: str, about: dict[str, Any]) -> Iterator[Page]:
    check: dict[str, Any] = about | {
        "field": "person",
        "whom": f"Second worker – owner {text}",
        "oneself": False,
        "ground": GROUNDS["accused"],
        "spreads": True,
        "began": "",
        "ended": "",
        "already": True,
    }
    yield "restrict-check", "restrict_check.html", check
    alone = {"oneself": True, "already": False, "spreads": False}
    yield "restrict-check-oneself", "restrict_check.html", check | alone
    match = {"said": about["said"] | {"match": RECORD}}
    yield "restrict-check-match", "restrict_check.html", check | match
    unit = {"field": "unit", "began": "1 March 2019", "already": False, "ground": GROUNDS["body"]}
    yield "restrict-check-unit", "restrict_check.html", check | unit
    yield "restrict-check-then", "restrict_check.html", check | unit | {"ended": "2 May 2021"}
    done = {"record": RECORD, "reference": REFERENCE, "owner": text or "Second worker"}
    yield "restrict-done", "restrict_done.html", done | {"mine": False}
    yield "restrict-done-mine", "restrict_done.html", done | {"mine": True}
    lost = {"reference": "", "owner": "", "mine": False}
    yield "restrict-done-lost", "restrict_done.html", done | lost
    nobody = {"again": f"/records/{RECORD}/restrict", "said": about["said"], "token": TOKEN}
    yield "restrict-nobody-left", "restrict_nobody_left.html", nobody


def _handing_over(text: str) -> Iterator[Page]:
    form: dict[str, Any] = {
        "record": RECORD,
        "reference": REFERENCE,
        "choices": _people(text),
        "many": True,
        "said": {"taker": "", "note": text, "find": ""},
        "wrong": {"taker": ""},
        "token": TOKEN,
        "joined": [],
    }
    yield "hand-over", "hand_over.html", form
    other = [{"other": PERSON, "reference": REFERENCE}, {"other": RECORD, "reference": REFERENCE}]
    yield "hand-over-joined", "hand_over.html", form | {"joined": other}
    wrong = {"taker": "This colleague cannot take this record. Choose somebody else."}
    yield "hand-over-wrong", "hand_over.html", form | {"wrong": wrong, "many": False}
    said = {"person": "", "reason": text, "find": ""}
    bring = form | {"said": said, "wrong": {}}
    yield "bring-in", "bring_in.html", bring
    wrong = {"person": "Choose a colleague.", "reason": "Write why they need to see it."}
    yield "bring-in-wrong", "bring_in.html", bring | {"wrong": wrong, "many": False}
    offer = {"record": RECORD, "reference": REFERENCE, "channel": "letter", "danger": "unknown"}
    offer |= {"filed_at": AT, "at": LATER, "giver": text or "Duty lead", "taker": text or "Sam"}
    offer |= {"manager": ""}
    theirs = offer | {"manager": text or "Manager"}
    lists: dict[str, Any] = {"offered": [offer, theirs], "given": [offer, theirs], "accepted": None}
    yield "waiting", "waiting.html", lists | {"declined": False}
    none: dict[str, Any] = {"offered": [], "given": [], "declined": False}
    accepted = {"accepted": {"id": RECORD, "reference": REFERENCE}}
    yield "waiting-accepted", "waiting.html", none | accepted
    yield "waiting-declined", "waiting.html", none | {"accepted": None, "declined": True}
    taking = {"offer": offer, "reason": text, "wrong": {"reason": ""}, "token": TOKEN}
    yield "taking", "taking.html", taking
    yield "taking-wrong", "taking.html", taking | {"wrong": {"reason": "Write why not."}}


def _ties(text: str) -> Iterator[Page]:
    choices = _people(text)
    said = {"person": RECORD, "other": "", "how": text, "find": ""}
    form: dict[str, Any] = {"people": choices, "others": choices, "many": True, "said": said}
    yield "tie", "tie.html", form | {"wrong": {}, "token": TOKEN}
    wrong = {"other": "Choose who they are close to.", "how": "Write how they are close."}
    yield "tie-wrong", "tie.html", form | {"wrong": wrong, "token": TOKEN, "many": False}
    yield "tie-recorded", "tie_recorded.html", {}
    yield "tie-not-recorded", "tie_not_recorded.html", {"said": said, "token": TOKEN}
