"""Making the pack that goes with a referral: first what travels and what does not, then the files to save."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.office import packs
from heed.office.about import About
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.files import disposition
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record
from heed.office.referrals import Referrals, Sent
from heed.referral import pack as packing
from heed.referral.commands import How, make_pack
from heed.store import staff
from heed.store.readable import NoSuchRecord

NOTHING = "Choose something to send."
TOO_LARGE = "These files are too large for one pack: at most 50 MB. Choose fewer."
AWAITED = "What you wrote with the referral is being put away, sealed. Press the button again in a few seconds."
NO_PAPER = "The PDF could not be made. The other documents are whole, and hold every word."
FRESH = timedelta(minutes=30)
"""How long the time on a form is the time of the pack: sent twice within it, it is made once."""
ZIP = "pack.zip"


@for_staff
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, who: Who, record: UUID, referral: UUID) -> HttpResponse:
    """What travels: all that may, unless the owner takes it out. Sending it puts the pack on the record."""
    to = _referral(who, record, referral)
    found = packs.gathered(who, record)
    about = About.of(who, record, Bodies.seen_by(who))
    going = found.free
    wrong = ""
    if request.method == "POST":
        named = {id for each in request.POST.getlist("entry") if (id := chosen(each))}
        going = found.free & named
        wrong = NOTHING if not going else ""
        if not wrong:
            made = _made(request, who, record, referral, found, going)
            if isinstance(made, UUID):
                return HttpResponseRedirect(reverse("pack_made", args=[record, made]))
            wrong = made
    return page(
        request,
        "pack.html",
        400 if wrong else 200,
        record=record,
        reference=own_record(who, record).reference,
        to=to,
        choices=[one for one in found.choices if one.why is None],
        staying=[one for one in found.choices if one.why is not None],
        sealed=found.sealed,
        people=[one.titled for one in about.people],
        harm=any(one.harm for one in about.people),
        going=going,
        made_at=_made_at(request, who).isoformat(),
        wrong={"entries": wrong},
        token=shown_token(request),
    )


@for_staff
@require_GET
def made(request: HttpRequest, who: Who, record: UUID, pack: UUID) -> HttpResponse:
    """A pack that was made: what it holds, to be saved and sent."""
    found = packs.kept(who, record, pack)
    if found is None:
        return _waits(request, record)
    return page(
        request,
        "pack_made.html",
        record=record,
        pack=pack,
        told=found.told,
        at=found.made.at,
        by_link=found.told["to"]["how"] == How.LINK,
        by=Bodies.seen_by(who).name(found.made.actor),
        sums=found.sums,
        no_paper="" if any(name == packing.PDF for _, name in found.sums) else NO_PAPER,
        whole=packing.sha256(found.made.body["sums"].encode()),
        proven=packs.proof(found) is not None,
    )


@for_staff
@require_GET
def give(request: HttpRequest, who: Who, record: UUID, pack: UUID, document: str) -> HttpResponse:
    """One document of a pack, or all as one ZIP file: always as something to save."""
    found = packs.kept(who, record, pack)
    if found is None:
        return _waits(request, record)
    if document == packing.WORDS:
        content = found.made.words
    elif document == packing.PROOF:
        content = packs.proof(found)
    else:
        documents = packs.again(who, record, found)
        if document == ZIP:
            order = [title for _, title in found.sums if title in documents] + [packing.SUMS]
            content = packing.zipped([documents[title] for title in order])
        else:
            content = documents[document].content if document in documents else None
    if content is None:
        raise NoSuchRecord
    response = HttpResponse(content, content_type="application/octet-stream")
    response["Content-Disposition"] = disposition(f"{found.told['reference']} {document}")
    return response


def _referral(who: Who, record: UUID, referral: UUID) -> Sent:
    own_record(who, record)
    bodies = Bodies.seen_by(who)
    found = Referrals.of(who, record, About.of(who, record, bodies), bodies).one(referral)
    if found is None:
        raise NoSuchRecord
    return found


def _made(
    request: HttpRequest,
    who: Who,
    record: UUID,
    referral: UUID,
    found: packs.Gathered,
    going: frozenset[UUID],
) -> UUID | str:
    """The pack's entry, or why it could not be made."""
    made_at = _made_at(request, who)
    try:
        documents = packs.documents(who, record, referral, going, made_at, found)
    except packs.Awaited:
        return AWAITED
    except ValueError:
        return TOO_LARGE
    entry = make_pack(
        hands().chance,
        hands().organisation,
        record=record,
        referral=referral,
        pack=documents[0].content,
        paper=next((one.content for one in documents if one.name == packing.PDF), None),
        sums=documents[-1].content,
        entries=packs.travelling(found, going),
        token=token_for(request),
    )
    return record_change(who, entry) or entry.id


def _made_at(request: HttpRequest, who: Who) -> datetime:
    """The time on the form, while it is fresh; else now: what is sent twice must be the same twice."""
    now = staff.now(hands().desk, who.key).astimezone(UTC).replace(microsecond=0)
    try:
        said = datetime.fromisoformat(request.POST.get("made_at", ""))
        return said if now - FRESH < said <= now else now
    except (ValueError, TypeError):
        return now


def _waits(request: HttpRequest, record: UUID) -> HttpResponse:
    sentence = "The pack is being put away, sealed. That takes a few seconds. This page loads again by itself."
    answer = page(
        request, "page.html", 503, title="The pack is not here yet", paragraphs=[sentence]
    )
    answer["Refresh"] = "2"
    return answer
