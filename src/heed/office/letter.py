"""Putting in what came on paper, by telephone or by email."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.core.ports import SealedEntry
from heed.core.vocabulary import Actor, Channel, Danger
from heed.intake import commands
from heed.intake.events import Concern
from heed.intake.files import LARGEST, SentFile, add_file
from heed.intake.identity import Identity, WhySealed, seal_identity
from heed.intake.mail import is_mail, read_mail
from heed.intake.telling import Telling
from heed.office.files import MOST, wrong_with
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.kept import sheet_of
from heed.office.letter_form import Sheet, Typed, form_key, open_draft, open_letter, seal_letter
from heed.office.pages import page
from heed.pages.uploads import sent_files
from heed.register.entry import Recipients
from heed.register.vault import CannotOpen, derive
from heed.store import drafts, staff
from heed.store.readable import NoSuchRecord

CHANNELS = (Channel.LETTER, Channel.TELEPHONE, Channel.EMAIL)
WORDS = (
    *("told", "saw", "worried", "who", "where", "when", "keep_from", "rung", "child"),
    *("sender", "addressed_to", "dated", "reached"),
)
EMPTY = "new"
"""In the address: a form without what was kept."""
NO_WORDS = "Write what the letter says, or what the caller said."
TOO_OLD = "This form was too old. Nothing was recorded yet: check the words, and put them in again."
CHANGED = (
    "This form was recorded before, with other words. What you changed is not recorded yet: "
    "put it in again to make a second record."
)
ALREADY = (
    "This form is on the record already. What you changed since is not: save it again, or put it in "
    "to make a second record."
)
CHOOSE_AGAIN = "Choose the files again."
SEALED = {
    WhySealed.ASKED: "They ask to stay unknown",
    WhySealed.WHISTLE: "They blow a whistle: they report on the place they work for",
}
NOBODY_TO_SEAL = "You said that who sent it is to be sealed. Write who they are, or choose “No”."
MAIL_SAYS_WHO = (
    "An email file says who sent it, and everybody who may read the record could see it. "
    "Leave the file out, and copy its words without the names."
)


@for_staff
@require_http_methods(["GET", "POST"])
def letter(request: HttpRequest, who: Who) -> HttpResponse:
    """The form, and the page that says it is recorded."""
    held = hands()
    if request.method != "POST":
        return _begun(request, who)
    concern, sent, sheet = concern_of(request), sent_files(request, "files"), sheet_of(request)
    identity = identity_of(request)
    try:
        form = open_letter(form_key(held.hand.web_key, who.key), request.POST.get("form", ""))
    except CannotOpen:
        return too_old(request, who, concern)
    if error := wrong_with(sent):
        return shown(request, who, form, concern, error)
    if not sent and not any(getattr(concern, name).strip() for name in WORDS):
        return shown(request, who, form, concern, NO_WORDS)
    if identity is not None and any(is_mail(file) for file in sent):
        return shown(request, who, form, concern, MAIL_SAYS_WHO)
    if identity is not None and not identity.said:
        return shown(request, who, form, concern, NOBODY_TO_SEAL)
    try:
        entries = list(_entries(form, concern, sent, identity))
        done_with = (sheet.draft, seen_by(who, sheet, concern))
        appended = held.desk.append_all(who.key, entries, done_with)[0]
    except NoSuchRecord:
        return again(request, who, concern, CHANGED)
    return page(
        request,
        "letter_done.html",
        code=str(form.code),
        recorded_at=appended.recorded_at,
        reference=staff.filed_as(held.desk, who.key, form.record),
    )


def _begun(request: HttpRequest, who: Who) -> HttpResponse:
    """A new form, with what this person typed before and did not put on the record."""
    form, asked = Telling.new(hands().chance), request.GET.get("draft", "")
    kept = kept_by(who)
    named = [one for one in kept if str(one.sheet.draft) == asked] or kept
    if asked == EMPTY or not named:
        concern = Concern(channel=Channel.LETTER)
        return shown(request, who, form, concern, others=kept, sheet=Sheet.new(hands().chance))
    others = [one for one in kept if one is not named[0]]
    return shown(request, who, form, named[0].concern, sheet=named[0].sheet, others=others)


def kept_by(who: Who) -> list[Typed]:
    """What this person typed and did not put on the record, newest first; no other office's."""
    web_key = hands().hand.web_key
    opened = [
        (each, open_draft(each.sealed, web_key, who.reader.id))
        for each in drafts.mine(hands().desk, who.key)
    ]
    return [Typed(Sheet(each.id, each.kept_at), concern) for each, concern in opened if concern]


def seen_by(who: Who, sheet: Sheet, concern: Concern) -> datetime | None:
    """The version of a draft that holds just these words, else the one that the form has seen."""
    same = [
        one for one in kept_by(who) if one.sheet.draft == sheet.draft and one.concern == concern
    ]
    return same[0].sheet.seen if same else sheet.seen


def again(request: HttpRequest, who: Who, concern: Concern, error: str) -> HttpResponse:
    """The words in a form of their own, because the one that they came in is on the record."""
    held = hands()
    sheet = Sheet.new(held.chance)
    return shown(request, who, Telling.new(held.chance), concern, error, sheet=sheet)


def _entries(
    form: Telling, concern: Concern, sent: list[SentFile], identity: Identity | None
) -> Iterator[SealedEntry]:
    """The concern, who sent it where that is sealed, then each file as it came.

    Behind an email, what was attached to it.
    """
    held = hands()
    if identity is not None:
        concern = replace(concern, sender="")
    mails = {place: read_mail(file.content) for place, file in enumerate(sent) if is_mail(file)}
    for mail in list(mails.values())[:1]:
        said = {name: getattr(mail, name) for name in ("told", "sender", "dated", "addressed_to")}
        blank = {name: words for name, words in said.items() if not getattr(concern, name).strip()}
        concern = replace(concern, **blank)
    yield commands.file_concern(
        held.chance,
        Recipients(held.organisation.keys, form.code.key),
        concern,
        record=form.record,
        token=form.token,
        door=form.door,
        actor=Actor.WORKER,
    )
    if identity is not None:
        yield seal_identity(
            held.chance,
            held.organisation,
            identity,
            record=form.record,
            token=form.token,
            actor=Actor.WORKER,
        )
    for place, file in enumerate(sent):
        whole = _file(form, file)
        yield whole
        if place in mails:
            parts = (each for each in mails[place].attachments if each.size <= LARGEST)
            for part, _ in zip(parts, range(MOST), strict=False):
                yield _file(form, part, whole)


def _file(form: Telling, file: SentFile, part_of: SealedEntry | None = None) -> SealedEntry:
    held = hands()
    # Bound to its email: the same picture by itself is another file.
    token = derive(form.token, b"heed part v1" + part_of.id.bytes) if part_of else form.token
    return add_file(
        held.chance,
        held.organisation,
        file,
        record=form.record,
        token=token,
        part_of=part_of.id if part_of else None,
    )


def too_old(request: HttpRequest, who: Who, concern: Concern) -> HttpResponse:
    """The words again, in a form of today."""
    return shown(request, who, Telling.new(hands().chance), concern, TOO_OLD)


def shown(
    request: HttpRequest,
    who: Who,
    form: Telling,
    concern: Concern,
    error: str = "",
    *,
    sheet: Sheet | None = None,
    others: Sequence[Typed] = (),
) -> HttpResponse:
    """The form. `sheet`: its draft, else as the form that was sent has it; `others`: further drafts."""
    held, sheet = hands(), sheet or sheet_of(request)
    choose = bool(error and request.FILES) and CHOOSE_AGAIN.rstrip(".") not in error
    return page(
        request,
        "letter.html",
        400 if error else 200,
        form=seal_letter(form, form_key(held.hand.web_key, who.key), held.chance),
        concern=concern,
        error=f"{error} {CHOOSE_AGAIN}" if choose else error,
        draft=sheet.draft,
        seen=sheet.seen.isoformat() if sheet.seen else "",
        kept_at=None if error else sheet.seen,
        others=[
            {"id": each.sheet.draft, "at": each.sheet.seen, "channel": each.concern.channel}
            for each in others
        ],
        seal=request.POST.get("seal", ""),
        seals=[("no", "No"), *SEALED.items()],
        seal_name=request.POST.get("seal_name", ""),
        seal_reach=request.POST.get("seal_reach", ""),
    )


def identity_of(request: HttpRequest) -> Identity | None:
    """Who sent it, where that is to be sealed; None where it is not.

    What stands in "Who it is from" is sealed with it, and not filed.
    """
    ground = request.POST.get("seal", "")
    if ground not in SEALED:
        return None
    names = (request.POST.get(name, "") for name in ("seal_name", "sender"))
    name = "\n".join(dict.fromkeys(said for said in names if said.strip()))
    return Identity(name, request.POST.get("seal_reach", ""), ground)


def concern_of(request: HttpRequest) -> Concern:
    """The words exactly as typed; what no form of ours sends counts as not said."""
    said = {name: request.POST.get(name, "") for name in WORDS}
    channel, danger = request.POST.get("channel", ""), request.POST.get("danger", "")
    return Concern(
        **said,
        channel=Channel(channel) if channel in CHANNELS else Channel.LETTER,
        danger=Danger(danger) if danger in set(Danger) else Danger.UNKNOWN,
    )
