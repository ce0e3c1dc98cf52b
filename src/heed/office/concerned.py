"""Naming whom a record is about, and deciding for each of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from heed.core.ports import SealedEntry
from heed.office.about import CHOICES, LABELS, NOBODY, PARTS, TRUSTED, About, Somebody
from heed.office.bodies import Bodies
from heed.office.changes import chosen, record_change, shown_token, token_for
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import own_record
from heed.store.readable import NoSuchRecord
from heed.triage import concerned_commands as commands
from heed.triage.concerned_commands import TOLD, Choice, Part, Trust

NO_WORDS = "Write what is known, even one line: “A girl of about 12”."
NO_PART = "Choose what they are to the concern."
NO_TRUST = "Choose whether they hold a position of trust. You can say that it is not known."
NO_CHOICE = "Choose what you decide."
NO_REASON = "Write why you decide this. One line is enough."


@for_staff
@require_http_methods(["GET", "POST"])
def child(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Say what is known of a child whom a record is about, or add to it."""
    return _name(request, who, record, of_child=True)


@for_staff
@require_http_methods(["GET", "POST"])
def adult(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Say what is known of an adult, or of a child alleged to have harmed."""
    return _name(request, who, record, of_child=False)


@for_staff
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Decide for one person, with a reason; a later decision is added, none is taken away."""
    own_record(who, record)
    about, somebody = _about(request, who, record)
    if (somebody is not None and not somebody.wanted) or (somebody is None and about.wanted):
        raise NoSuchRecord
    said = {name: request.POST.get(name, "") for name in ("decision", "reason")}
    if request.method != "POST":
        return _decide(request, who, record, somebody, said, {})
    wrong = {
        "decision": "" if said["decision"] in set(Choice) else NO_CHOICE,
        "reason": "" if said["reason"].strip() else NO_REASON,
    }
    if not any(wrong.values()):
        held = hands()
        entry = commands.decide(
            held.chance,
            held.organisation,
            record=record,
            concerned=somebody.id if somebody else None,
            choice=Choice(said["decision"]),
            reason=said["reason"],
            token=token_for(request),
        )
        wrong["decision"] = record_change(who, entry)
    if any(wrong.values()):
        return _decide(request, who, record, somebody, said, wrong)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?decided")


def _name(request: HttpRequest, who: Who, record: UUID, *, of_child: bool) -> HttpResponse:
    own_record(who, record)
    _, somebody = _about(request, who, record)
    if somebody is not None and somebody.child != of_child:
        raise NoSuchRecord
    said = {name: request.POST.get(name, "") for name in (*TOLD, "part", "trust")}
    if request.method != "POST":
        known = {"part": somebody.part, "trust": somebody.trust} if somebody else {}
        return _naming(request, who, record, of_child, somebody, said | known, {})
    wrong = _wrong(said, of_child, somebody)
    if not any(wrong.values()):
        wrong["name"] = record_change(who, _named(request, record, said, of_child, somebody))
    if any(wrong.values()):
        return _naming(request, who, record, of_child, somebody, said, wrong)
    return HttpResponseRedirect(reverse("record", args=[record]) + "?named")


def _wrong(said: dict[str, str], of_child: bool, somebody: Somebody | None) -> dict[str, str]:
    """What is missing; where only the part or the trust of somebody known is new, that is enough."""
    changed = somebody is not None and (said["part"], said["trust"]) != (
        somebody.part,
        somebody.trust,
    )
    some = any(said[name].strip() for name in TOLD) or (changed and not of_child)
    wrong = {"name": "" if some else NO_WORDS}
    if not of_child:
        wrong["part"] = "" if said["part"] in set(Part) else NO_PART
        wrong["trust"] = "" if said["trust"] in set(Trust) else NO_TRUST
    return wrong


def _named(
    request: HttpRequest,
    record: UUID,
    said: dict[str, str],
    of_child: bool,
    somebody: Somebody | None,
) -> SealedEntry:
    held = hands()
    whom: dict[str, Any] = {
        "record": record,
        "concerned": somebody.id if somebody else None,
        "token": token_for(request),
    }
    if of_child:
        return commands.name_child(held.chance, held.organisation, said, **whom)
    part, trust = Part(said["part"]), Trust(said["trust"])
    return commands.name_adult(held.chance, held.organisation, said, part=part, trust=trust, **whom)


def _about(request: HttpRequest, who: Who, record: UUID) -> tuple[About, Somebody | None]:
    """The people of a record, and whom the form is about; raises NoSuchRecord for somebody else's."""
    about = About.of(who, record, Bodies.seen_by(who))
    said = request.POST.get("concerned", request.GET.get("concerned", ""))
    somebody = about.person(chosen(said))
    if said and somebody is None:
        raise NoSuchRecord
    return about, somebody


def _naming(
    request: HttpRequest,
    who: Who,
    record: UUID,
    of_child: bool,
    somebody: Somebody | None,
    said: dict[str, str],
    wrong: dict[str, str],
) -> HttpResponse:
    return page(
        request,
        "naming.html",
        400 if any(wrong.values()) else 200,
        record=record,
        reference=own_record(who, record).reference,
        child=of_child,
        somebody=somebody,
        labels=LABELS,
        parts=[(str(part), text) for part, text in PARTS.items()],
        trusted=[(str(trust), text) for trust, text in TRUSTED.items()],
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )


def _decide(
    request: HttpRequest,
    who: Who,
    record: UUID,
    somebody: Somebody | None,
    said: dict[str, str],
    wrong: dict[str, str],
) -> HttpResponse:
    return page(
        request,
        "decide.html",
        400 if any(wrong.values()) else 200,
        record=record,
        reference=own_record(who, record).reference,
        somebody=somebody,
        whom=somebody.label if somebody else NOBODY,
        choices=[(str(choice), text) for choice, text in CHOICES.items()],
        said=said,
        wrong=wrong,
        token=shown_token(request),
    )
