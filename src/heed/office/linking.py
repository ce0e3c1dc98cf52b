"""Sending a referral by link: the email holds the link, the telephone the code, neither a word of it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from heed.core.ports import is_address
from heed.office import packs
from heed.office.about import About
from heed.office.bodies import Bodies
from heed.office.changes import SENTENCES, chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record
from heed.office.referrals import HOWS, Referrals, Sent
from heed.referral.commands import How
from heed.referral.link import LARGEST, TOKEN, LinkSecret, end_link, make_link
from heed.register.vault import derive
from heed.store.packs import PURPOSE
from heed.store.readable import NoSuchRecord

NO_ADDRESS = "Write one email address. The link goes there."
NO_REASON = "Write why you take it back."
NO_LINK = "Choose the link that you take back."
ENDED = "The link is taken back. It gives nothing to anybody."
NO_PACK = "Make the pack first: it is what the link gives them."
TOO_LARGE = (
    "This pack is more than a link can carry: 11 MB. Make a smaller one, or refer it another way."
)
STALE = (
    "This pack does not go any more. Make the pack again: the newer one leaves out what must stay."
)
_SENTENCES = (
    SENTENCES
    | {
        "HE079": STALE,
        "HE086": "",  # this very form made it before, and its receipt may have come since: the code is the same
    }
)
_FIELDS = ("email", "link", "reason")


@for_staff
@require_http_methods(["GET", "POST"])
def referral_link(request: HttpRequest, who: Who, record: UUID, by_link: UUID) -> HttpResponse:
    """Make a link to a referral, whose code shows once; or take one back."""
    held, seen = hands(), own_record(who, record)
    # What goes out is looked at first, and that look is on the record; it is not reading it.
    held.desk.look(who.key, who.reader.id, record, held.chance, held.organisation, PURPOSE)
    one = _referral(who, record, by_link)
    said = {name: request.POST.get(name, "") for name in _FIELDS}
    if request.method != "POST":
        said |= {"email": one.words["reach"]}
    step, wrong, secret = request.POST.get("step", ""), dict[str, str](), None
    if step == "end":
        wrong = _ended(request, who, record, one, said)
        if not any(wrong.values()):
            return HttpResponseRedirect(request.path + "?ended")
    elif step == "make":
        wrong, secret = _made(request, who, record, one, said)
        one = _referral(who, record, by_link)
    return _page(request, who, one, seen.reference, said, wrong, secret)


def _page(
    request: HttpRequest,
    who: Who,
    one: Sent,
    reference: str,
    said: dict[str, str],
    wrong: dict[str, str],
    secret: LinkSecret | None,
) -> HttpResponse:
    going = None if secret else packs.newest(who, one.record, one.entry)
    return page(
        request,
        "referral_link.html",
        400 if any(wrong.values()) else 200,
        record=one.record,
        reference=reference,
        one=one,
        code=secret.spoken if secret else "",
        posts=hands().configuration.post == "smtp",
        documents=[each.name for each in going.documents] if going else [],
        live=[each for each in one.links if each.state != "ended"],
        told=ENDED if "ended" in request.GET else "",
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )


def _referral(who: Who, record: UUID, referral: UUID) -> Sent:
    """Raises NoSuchRecord where it is none of this record's that goes by link."""
    bodies = Bodies.seen_by(who)
    found = Referrals.of(who, record, About.of(who, record, bodies), bodies).one(referral)
    if found is None or found.how != HOWS[How.LINK]:
        raise NoSuchRecord
    return found


def _made(
    request: HttpRequest,
    who: Who,
    record: UUID,
    one: Sent,
    said: dict[str, str],
) -> tuple[dict[str, str], LinkSecret | None]:
    """What is wrong, or the link that was made; the same form sent again makes the same one."""
    email, going = said["email"].strip(), packs.newest(who, record, one.entry)
    if going is None:
        return {"email": NO_PACK}, None
    if not is_address(email):
        return {"email": NO_ADDRESS}, None
    if sum(len(each.content) for each in going.documents) > LARGEST:
        return {"email": TOO_LARGE}, None
    token = token_for(request, email, going.entry)
    secret = LinkSecret.new(_drawn(token))
    entry = make_link(
        hands().chance,
        hands().organisation,
        going.documents,
        record=record,
        referral=one.entry,
        pack=going.entry,
        secret=secret,
        email=email,
        token=token,
    )
    refused = record_change(who, entry, sentences=_SENTENCES)
    return ({"email": refused}, None) if refused else ({}, secret)


def _drawn(token: bytes) -> Callable[[int], bytes]:
    labels = {TOKEN: b"heed link token v1", 16: b"heed link code v1"}
    return lambda count: derive(token, labels[count], count)


def _ended(
    request: HttpRequest, who: Who, record: UUID, one: Sent, said: dict[str, str]
) -> dict[str, str]:
    link = chosen(said["link"])
    if link not in {each.entry for each in one.links}:
        return {"link": NO_LINK}
    if not said["reason"].strip():
        return {"reason": NO_REASON}
    entry = end_link(
        hands().chance,
        hands().organisation,
        record=record,
        link=link,
        reason=said["reason"],
        token=token_for(request, link),
    )
    return {"link": record_change(who, entry)}
