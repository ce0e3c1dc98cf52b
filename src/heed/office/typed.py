"""What somebody typed into a form that may not be recorded: given back, so that it is not lost."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest

_NAMES = {
    "words": "Your answer",
    "told": "The words",
    "dated": "Date on it, or of the call",
    "reached": "When did it reach this office, if not today?",
    "sender": "Who it is from",
    "addressed_to": "Who it is addressed to",
    "saw": "What they saw themselves",
    "worried": "What worries them, or what they think",
    "who": "Who is it about?",
    "where": "Where did it happen, and where is the child now?",
    "when": "When?",
    "keep_from": "Who must not see this?",
    "rung": "Have they rung 999 or children’s services?",
    "reason": "Your reason",
    "note": "Your note",
    "how": "How are they close?",
    "name": "Name",
    "job": "Job",
    "at": "When?",
    "age": "Age or date of birth",
    "place": "Where they are",
    "known": "Anything else known",
    "reference": "Reference",
    "sought": "What to look for",
    "by": "By the end of which day?",
    "why": "Why do you ask?",
    "postcode": "Postcode",
    "person": "Who there, by name",
    "reach": "Number or address",
    "unlisted": "What the body is called",
    "rung_back": "Whom you rang back",
    "seal_name": "Who they are, to be sealed",
    "seal_reach": "How to reach them safely, to be sealed",
}
# What travels with the words, so that sending again records once. Never a password.
_BESIDE = (
    *("form", "token", "step", "channel", "danger", "child"),
    *("draft", "seen", "kept_at"),
    *("whom", "about", "parents", "outcome"),
    *("person", "unit", "ground", "match", "taker", "other", "record", "parent"),
    *("cover", "starts", "day", "month", "year", "time"),
    *("from_day", "from_month", "from_year", "until_day", "until_month", "until_year"),
    *("concerned", "part", "trust", "decision", "contact", "joined"),
    *("seal", "asking", "opening"),
    *("reading",),
    *("route", "crime", "body", "kind", "how", "back_at", "warned", "what", "checked", "error"),
)


class Typed(NamedTuple):
    """One field of a form that was sent: its name in the form, its label, its text."""

    field: str
    label: str
    text: str


def typed(request: HttpRequest) -> list[Typed]:
    """The words of a form; nothing where a page was only asked for."""
    if request.method != "POST":
        return []
    return [
        Typed(field, label, text)
        for field, label in _NAMES.items()
        if (text := request.POST.get(field, "")).strip()
    ]


def beside(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields that go with the words when the same form is sent again."""
    return [(field, request.POST[field]) for field in _BESIDE if field in request.POST]
