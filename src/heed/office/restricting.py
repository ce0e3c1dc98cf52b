"""Restricting somebody: from this moment a person, or a unit with its line, must not see a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from heed.access import commands
from heed.access.walls import SPREADING, Ground
from heed.core.ports import SealedEntry
from heed.core.times import LONDON
from heed.office.bodies import Bodies
from heed.office.changes import chosen, shown_token, token_for
from heed.office.choosing import MANY, Choice, narrowed, of_people, of_units, picked
from heed.office.grounds import GROUNDS, OF_PEOPLE, OF_UNITS
from heed.office.guard import Who, for_staff
from heed.office.hands import hands
from heed.office.pages import page
from heed.office.record import seen_record
from heed.store import staff
from heed.store.connection import StoreRefused
from heed.store.holding import holding
from heed.store.readable import NoSuchRecord

NOBODY_LEFT = "HE014"
NOT_OTHERS = "HE051"
ONLY_ONESELF = "You can only restrict yourself here"
TELL_THEM = (
    "If somebody else must not see this, tell whoever answers for it. They can restrict others."
)
OF_OTHERS = (None, "own queue", "oversight")
"""What a record is to whoever restricts others from it; None: out of reach, where the register decides."""
NO_GROUND = "Choose why."
NO_REASON = "Write what makes you say so. One line is enough."
NO_DAY = "Write a real day, month and year, such as 27 3 2019. Or leave all three empty."
NO_START = "Write when it began too, or leave both days empty."
BACKWARDS = "This day is before the day when it began."
EARLIEST, LATEST = date(1900, 1, 1), date(2099, 12, 31)
"""The days that the database takes (register.instant)."""
_DATES = tuple(f"{end}_{part}" for end in ("from", "until") for part in ("day", "month", "year"))


@dataclass(frozen=True)
class _Restriction:
    """What a form asks for, once nothing in it is wrong. `match`: the match by name it confirms."""

    of: UUID
    ground: Ground
    reason: str
    began: datetime | None
    ended: datetime | None
    match: UUID | None


class _Form:
    """One form as it was sent: `field` is "person" or "unit"; `wrong` says what must be mended.

    `only`: the reader, where they can restrict nobody but themselves.
    """

    def __init__(
        self, request: HttpRequest, bodies: Bodies, field: str, only: UUID | None = None
    ) -> None:
        self.field = field
        self.bodies = bodies
        self.only = only
        self.grounds = OF_UNITS if field == "unit" else OF_PEOPLE
        given = request.POST if request.method == "POST" else request.GET
        dates = _DATES if field == "unit" else ()
        names = (field, "ground", "reason", "find", "match", *dates)
        self.said = {name: given.get(name, "") for name in names}
        self.choices = self._choices()
        self.wrong: dict[str, str] = {}

    def restriction(self) -> _Restriction | None:
        """What is asked for; None where something is wrong."""
        of = picked(self.choices, self.said[self.field])
        ground = self.said["ground"]
        began, ended = self._period() if self.field == "unit" else (None, None)
        if of is None:
            self.wrong[self.field] = f"Choose a {self.field}."
        if ground not in self.grounds:
            self.wrong["ground"] = NO_GROUND
        if not self.said["reason"].strip():
            self.wrong["reason"] = NO_REASON
        if of is None or self.wrong:
            return None
        match = chosen(self.said["match"])
        return _Restriction(of, Ground(ground), self.said["reason"], began, ended, match)

    def _choices(self) -> list[Choice]:
        if self.field == "unit":
            return of_units(self.bodies)
        people = self.bodies.people.values()
        return of_people(self.bodies, [one for one in people if self.only in (None, one.id)])

    def _period(self) -> tuple[datetime | None, datetime | None]:
        first, last = self._day("from"), self._day("until")
        if not {"from_day", "until_day"} & set(self.wrong):
            if last and not first:
                self.wrong["from_day"] = NO_START
            elif first and last and last < first:
                self.wrong["until_day"] = BACKWARDS
        return (
            datetime.combine(first, time.min, LONDON) if first else None,
            datetime.combine(last, time(23, 59, 59), LONDON) if last else None,
        )

    def _day(self, end: str) -> date | None:
        parts = [self.said[f"{end}_{part}"].strip() for part in ("year", "month", "day")]
        if not any(parts):
            return None
        try:
            found = date(*(int(part) for part in parts))
        except (ValueError, OverflowError):
            found = date.min
        if not EARLIEST <= found <= LATEST:
            self.wrong[f"{end}_day"] = NO_DAY
            return None
        return found


@for_staff
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Restrict one person."""
    return _restrict(request, who, record, "person")


@for_staff
@require_http_methods(["GET", "POST"])
def unit(request: HttpRequest, who: Who, record: UUID) -> HttpResponse:
    """Restrict everybody of a unit, with all beneath it and its line of managers."""
    return _restrict(request, who, record, "unit")


def _restrict(request: HttpRequest, who: Who, record: UUID, field: str) -> HttpResponse:
    """The form, the page that says what will happen, and what has happened."""
    seen = holding(hands().desk, who.key, record)
    only = None if seen is None or seen.purpose in OF_OTHERS else who.reader.id
    if only and field == "unit":
        return _only_oneself(request)
    form = _Form(request, Bodies.seen_by(who), field, only)
    step = request.POST.get("step", "check")
    if request.method != "POST" or step in ("find", "change"):
        return _ask(request, who, record, form)
    asked = form.restriction()
    if asked is None:
        return _ask(request, who, record, form)
    if step != "record":
        return _check(request, who, record, form, asked)
    # Not asked first whether the reader may see it: sent twice, the second finds it out of reach.
    try:
        hands().desk.append(who.key, _entry(request, record, field, asked))
    except NoSuchRecord:
        if asked.match is None:
            raise
        return _check(request, who, record, form, asked)  # somebody decided about it meanwhile
    except StoreRefused as refused:
        if refused.code == NOT_OTHERS:
            return _only_oneself(request)
        if refused.code != NOBODY_LEFT:
            raise
        return _nobody_left(request, form)
    return _done(request, who, record, form.bodies)


def _entry(request: HttpRequest, record: UUID, field: str, asked: _Restriction) -> SealedEntry:
    held, token = hands(), token_for(request)
    to, ground, reason = held.organisation, asked.ground, asked.reason
    if field == "unit":
        return commands.wall_unit(
            held.chance,
            to,
            record=record,
            unit=asked.of,
            ground=ground,
            reason=reason,
            alleged_from=asked.began,
            alleged_until=asked.ended,
            token=token,
        )
    if asked.match:
        return commands.confirm_wall(
            held.chance,
            to,
            record=record,
            wall=asked.match,
            ground=ground,
            reason=reason,
            token=token,
        )
    return commands.wall_person(
        held.chance, to, record=record, person=asked.of, ground=ground, reason=reason, token=token
    )


def _ask(request: HttpRequest, who: Who, record: UUID, form: _Form) -> HttpResponse:
    return page(
        request,
        "restrict.html",
        400 if form.wrong else 200,
        record=record,
        reference=seen_record(who, record).reference,
        field=form.field,
        choices=narrowed(form.choices, form.said["find"], form.said[form.field]),
        many=len(form.choices) > MANY,
        only=bool(form.only),
        tell_them=TELL_THEM,
        grounds=[(str(ground), GROUNDS[ground]) for ground in form.grounds],
        said=form.said,
        wrong=form.wrong,
        token=shown_token(request),
    )


def _check(
    request: HttpRequest, who: Who, record: UUID, form: _Form, asked: _Restriction
) -> HttpResponse:
    reference = seen_record(who, record).reference
    walls = staff.restrictions(hands().desk, who.key, record)
    standing = [wall for wall in walls if asked.of in (wall.person, wall.unit) and not wall.lifted]
    match = next((str(wall.wall) for wall in standing if wall.ground == Ground.MATCH), "")
    return page(
        request,
        "restrict_check.html",
        record=record,
        reference=reference,
        field=form.field,
        whom=_name(form),
        oneself=asked.of == who.reader.id,
        ground=GROUNDS[asked.ground],
        spreads=asked.ground in SPREADING,
        began=_day_of(asked.began),
        ended=_day_of(asked.ended),
        already=bool(standing),
        said=form.said | {"match": match},
        token=shown_token(request),
    )


def _done(request: HttpRequest, who: Who, record: UUID, bodies: Bodies) -> HttpResponse:
    """Who answers for the record now, as far as the reader may still see it."""
    seen = holding(hands().desk, who.key, record)
    return page(
        request,
        "restrict_done.html",
        record=record,
        reference=seen.reference if seen else "",
        owner=bodies.name(seen.owner) if seen else "",
        mine=seen is not None and seen.owner == who.reader.id,
    )


def _only_oneself(request: HttpRequest) -> HttpResponse:
    return page(request, "page.html", 403, title=ONLY_ONESELF, paragraphs=[TELL_THEM])


def _nobody_left(request: HttpRequest, form: _Form) -> HttpResponse:
    return page(
        request,
        "restrict_nobody_left.html",
        409,
        again=request.path,
        said=form.said,
        token=shown_token(request),
    )


def _name(form: _Form) -> str:
    return dict(form.choices)[form.said[form.field]]


def _day_of(at: datetime | None) -> str:
    return f"{at.day} {at:%B %Y}" if at else ""
