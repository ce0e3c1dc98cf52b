"""Putting files on a record, handing one out as it was sent, and flagging one so that nobody is given it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from heed.intake.files import LARGEST, SentFile, add_file, flag_file
from heed.office.changes import fresh_token, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import seen_record
from heed.pages.uploads import sent_files
from heed.store.connection import StoreRefused
from heed.store.files import Withheld, original, size_of

MOST = 20
"""Files that one form puts on a record."""
NO_FILE = "Choose a file."
TOO_MANY = f"Choose at most {MOST} files at a time. Nothing is recorded yet."
TOO_LARGE = (
    "“{name}” is larger than 10 MB. Nothing is recorded yet. Choose the files again without it."
)
NOT_GIVEN = {
    Withheld.HELD: (
        403,
        "File held for police",
        "Do not describe or forward it. Ring the police: 999 if a child is in danger, else 101.",
    ),
    Withheld.AWAITED: (
        503,
        "This file is not here yet",
        "Go back, and load the record again in a moment. If it stays so, it cannot be opened: tell"
        " whoever runs this system.",
    ),
    Withheld.ALTERED: (
        409,
        "This is not the file that was recorded",
        "Its bytes were changed after it was recorded, so it is not given out. Tell whoever runs"
        " this system, and whoever oversees it.",
    ),
}
"""Status, heading and sentence for a file that is not given out."""
_NEVER = frozenset('"*/:<>?\\|;%')


@for_staff
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Put files on a record that one may read. Sent twice, they are recorded once."""
    held, about = hands(), seen_record(who, record)
    if request.method == "POST":
        sent = sent_files(request, "files")
        error = wrong_with(sent) or ("" if sent else NO_FILE)
        if not error:
            token = token_for(request)
            entries = [
                add_file(held.chance, held.organisation, each, record=record, token=token)
                for each in sent
            ]
            held.desk.append_all(who.key, entries)
            return HttpResponseRedirect(reverse("record", args=[record]) + "?file-added")
    else:
        error = ""
    return page(
        request,
        "files_add.html",
        400 if error else 200,
        record=record,
        reference=about.reference,
        error=error,
        token=shown_token(request),
    )


@for_staff
@require_GET
def give(request: HttpRequest, who: Who, record: UUID, file: UUID) -> HttpResponse:
    """A file as it was sent, always as something to save; that somebody asked is on the record before."""
    held, about = hands(), seen_record(who, record)
    to, reader = held.organisation, who.reader.id
    try:
        found = original(held.desk, who.key, reader, record, file, held.chance, to, "file")
    except StoreRefused as refused:
        if refused.code != "HE003":
            raise
        return HttpResponseRedirect(reverse("record", args=[record]))  # by remit: say why, again
    if isinstance(found, Withheld):
        status, title, sentence = NOT_GIVEN[found]
        return page(request, "page.html", status, title=title, paragraphs=[sentence])
    response = HttpResponse(found.content, content_type="application/octet-stream")
    response["Content-Disposition"] = disposition(f"{about.reference} {safe_name(found.name)}")
    return response


@for_staff
@require_http_methods(["GET", "POST"])
def flag(request: HttpRequest, who: Who, record: UUID, file: UUID) -> HttpResponse:
    """Ask once, then hold the file: from then on the database gives it to nobody."""
    held, about = hands(), seen_record(who, record)
    if request.method == "POST":
        entry = flag_file(
            held.chance,
            held.organisation,
            record=record,
            file=file,
            token=token_for(request, file),
            reason=request.POST.get("reason", ""),
        )
        held.desk.append(who.key, entry)
        return HttpResponseRedirect(reverse("record", args=[record]) + "?file-flagged")
    return page(
        request,
        "file_flag.html",
        record=record,
        file=file,
        reference=about.reference,
        size=size_of(held.desk, who.key, record, file),
        token=fresh_token(),
    )


def wrong_with(sent: Sequence[SentFile]) -> str:
    """Why these files cannot be taken, in a sentence; nothing where they can."""
    if len(sent) > MOST:
        return TOO_MANY
    large = next((each for each in sent if each.size > LARGEST), None)
    return TOO_LARGE.format(name=large.name) if large else ""


def safe_name(said: str) -> str:
    """A name that no file system and no header misreads: no path, no control, nothing that turns text."""
    plain = "".join(
        "_" if c in _NEVER else c
        for c in said
        if unicodedata.category(c)[0] not in "CZ" or c == " "
    )
    return " ".join(plain.split()).strip(". ")[-100:] or "file"


def disposition(name: str) -> str:
    """Content-Disposition for a file to save (RFC 6266; the exact name as RFC 8187 writes it)."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
