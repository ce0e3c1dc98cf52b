"""Puts what a form asks for on the record once, or says in a plain sentence why it cannot be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from heed.core.ports import SealedEntry
from heed.office.guard import Who
from heed.office.hands import hands
from heed.register.vault import derive
from heed.store.connection import StoreRefused

TOKEN = 32
SENTENCES = {
    "HE003": "This does not fit what the record holds now. Look at the page again, then try again.",
    "HE013": "You can only do this for the people and units of your own body, and not for yourself.",
    "HE014": "Name another outside contact first. Nobody would be left to answer for a record.",
    "HE021": "Somebody is named in this record, or something is decided in it. So it is a concern.",
    "HE019": "Something was said in it that you have not read. Open the record, read it, then try again.",
    "HE030": "Something new was said since you opened this record. Open it and read that first.",
    "HE050": "It takes the access custodian and a second person. You asked, or you agreed before.",
    "HE062": "This person is new. Heed still looks for their name in what was told. Try again soon.",
    "HE063": "This person has no way to sign in, so nobody would read it. Invite them first.",
    "HE016": "Lifting takes two people: one asks, and somebody else lifts. You cannot be both.",
    "HE060": "Nobody in this body has had this post. Whoever set this system up names the first.",
    "HE061": "You work for the body that this is about, or did. Somebody from elsewhere must do it.",
    "HE051": "You can only restrict yourself here. Ask whoever answers for it to restrict others.",
    "HE067": "Nobody judges what they or their own line did. Choose a body outside it.",
    "HE077": "The outside contact needs a telephone. Heed calls them when nobody else answers.",
    "HE068": "A body that is not in the list must be rung back first. Say when you did.",
    "HE078": "Something you chose was not opened yet. Open the record, read it, then make the pack.",
    "HE079": "A file you chose does not travel any more. Choose again.",
    "HE080": "You decided this, or agreed to it. Somebody who did neither must answer.",
    "HE084": "Whoever answers for this record has not answered the questions of harm yet. Ask them first.",
    "HE085": "This decision does not count, so nobody is told of it. Look at the record again.",
    "HE081": "Give a day to come, within three months. Then look at it again.",
    "HE082": "Nobody holds a code for this record, so nobody could be told here.",
    "HE083": "It was decided not to tell them yet. Say first that they may be told, and why.",
    "HE074": "This link had ended already.",
    "HE045": "Taking a flag back takes two people: one asks, and somebody else does it.",
}

CLOSED = "You cannot read this record now, so you cannot answer yet. What you wrote stands below."


def fresh_token() -> str:
    """What a new form carries, so that sending it twice records once."""
    return hands().chance.bytes(TOKEN).hex()


def shown_token(request: HttpRequest) -> str:
    """The token of the form that was sent, to be carried on; a fresh one for what is no token."""
    said = request.POST.get("token", "")
    try:
        return said if len(bytes.fromhex(said)) == TOKEN else fresh_token()
    except ValueError:
        return fresh_token()


def token_for(request: HttpRequest, *chosen: object) -> bytes:
    """The secret of one entry: of this form with these choices. Other choices make another entry."""
    token = bytes.fromhex(shown_token(request))
    return derive(token, b"heed form v1\0" + "\0".join(map(str, chosen)).encode())


def chosen(said: str) -> UUID | None:
    """The id that a form named; None for what is none."""
    try:
        return UUID(said)
    except ValueError:
        return None


def record_change(
    who: Who,
    *entries: SealedEntry,
    done_with: tuple[UUID, datetime | None] | None = None,
    sentences: Mapping[str, str] = SENTENCES,
) -> str:
    """Put the entries on the record, in order; returns "", or the sentence that says why not.

    Sending all again after some were recorded records the rest. Raises what Desk.append raises.
    `done_with`: as in Desk.append_all; it goes with the first. `sentences`: by the refusal's code.
    """
    try:
        for entry in entries:
            hands().desk.append_all(who.key, [entry], done_with)
            done_with = None
    except StoreRefused as refused:
        if refused.code not in sentences:
            raise
        return sentences[refused.code]
    return ""
