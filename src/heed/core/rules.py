"""Rules with a time in them, as dated and cited data: which one was in force, and by when it asks for what."""

from __future__ import annotations

import tomllib
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

from heed.core.pack_form import Form, RulesWrong, Source
from heed.core.times import LONDON
from heed.core.working_days import EARLIEST, after, end_of, working_day_of

UNCHECKED = "nobody has checked it against its source"
NOT_IN_FORCE = "not in force yet"
LOCAL = "each area sets its own time"
NO_NUMBER = "it has no number of days or hours"
NO_CALENDAR = "there is no calendar for it here"


class Limit(NamedTuple):
    """So many of a `unit`; where `amount` is 0, `unit` is the words of a limit that has no number."""

    amount: int
    unit: str

    def __str__(self) -> str:
        if not self.amount:
            return self.unit
        unit = _SAID.get(self.unit, self.unit.replace("_", " "))
        return f"{self.amount} {unit[:-1] if self.amount == 1 else unit}"


class Rule(NamedTuple):
    """One version of one clock: what must happen, by when, who is bound, on whose word.

    `id` is the line of the domain's list of clocks, with a further part where that line has several times,
    or a name of our own. `beside`: the line that our own rule follows. In force from the start of the day
    `since` in London until the start of `until` (None: it lasts); `dated` says what `since` rests on.
    `evidence`: V official text seen, S secondary source, M schema, I our own rule, K unchecked.
    """

    id: str
    name: str
    limit: Limit
    counts_from: str
    binds: str
    basis: str
    evidence: str
    sources: tuple[Source, ...]
    dated: str
    since: date
    until: date | None
    local: bool
    why: str
    beside: str
    file: str

    @property
    def row(self) -> str:
        """The line of the domain's list that it is, or follows; blank for a rule that is ours alone."""
        line = self.id.partition(".")[0]
        return self.beside or (line if line[0] == "C" and line[1:].isdigit() else "")

    @property
    def said(self) -> str:
        """How much time there is, and why: "15 minutes, because there may be danger"."""
        return f"{self.limit}, {self.why}" if self.why else str(self.limit)

    @property
    def ours(self) -> bool:
        """Whether it binds nobody but whoever runs this system."""
        return self.binds == "us"

    @property
    def missed(self) -> str:
        """What is said when its time is over; of others, no more than we know (product.md, "Words")."""
        return "Late" if self.ours else "No confirmation received"

    @property
    def verified(self) -> bool:
        """Whether somebody checked it against its source."""
        return "K" not in self.evidence

    @property
    def stopped(self) -> str:
        """Why no time of it ever runs; blank where one does."""
        reasons = (
            (self.dated == Form.NOT_IN_FORCE, NOT_IN_FORCE),
            (not self.verified, UNCHECKED),
            (self.local, LOCAL),
            (not self.limit.amount, NO_NUMBER),
            (bool(self.limit.amount) and self.limit.unit not in _ENDS, NO_CALENDAR),
        )
        return next((said for so, said in reasons if so), "")

    def holds_on(self, day: date) -> bool:
        """Whether this version is in force on that day in London."""
        if self.dated == Form.NOT_IN_FORCE:
            return False
        return self.since <= day and (self.until is None or day < self.until)

    def due(self, trigger: datetime) -> datetime | None:
        """By when, in UTC, to the last second, for what happened at this aware instant; None: it does not run.

        Days end at 23:59:59 in London. Working days count from T, the working day of the trigger or the
        next; a month ends on the same day of its month, or on its last. Raises ValueError for working days
        before 1995, whose bank holidays nobody compared.
        """
        if self.stopped:
            return None
        if self.limit.unit == "working_days" and trigger.astimezone(LONDON).year < EARLIEST:
            raise ValueError(f"{self.id}: no working days are known before {EARLIEST}")
        return _ENDS[self.limit.unit](trigger, self.limit.amount)


def _minutes(trigger: datetime, amount: int) -> datetime:
    return trigger.astimezone(UTC) + timedelta(minutes=amount)


def _days(trigger: datetime, amount: int) -> datetime:
    return end_of(trigger.astimezone(LONDON).date() + timedelta(days=amount))


def _working_days(trigger: datetime, amount: int) -> datetime:
    return end_of(after(working_day_of(trigger), amount))


def _months(trigger: datetime, amount: int) -> datetime:
    day = trigger.astimezone(LONDON).date()
    year, month = divmod(day.year * 12 + day.month - 1 + amount, 12)
    return end_of(date(year, month + 1, min(day.day, monthrange(year, month + 1)[1])))


_ENDS: dict[str, Callable[[datetime, int], datetime]] = {
    "minutes": _minutes,
    "hours": lambda trigger, amount: _minutes(trigger, 60 * amount),
    "working_days": _working_days,
    "calendar_days": _days,
    "months": _months,
    "years": lambda trigger, amount: _months(trigger, 12 * amount),
}
"""Units that can be counted here; school days, and working days of the whole kingdom, cannot."""
_SAID = {"calendar_days": "days", "uk_working_days": "working days of the whole UK"}


class Rules:
    """Every version of every rule. Raises RulesWrong where two versions of one are in force on one day."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._versions: dict[str, list[Rule]] = {}
        for rule in rules:
            versions = self._versions.setdefault(rule.id, [])
            for other in versions:
                day = max(rule.since, other.since)
                if rule.holds_on(day) and other.holds_on(day):
                    wrong = f"two versions are in force on one day, one from {other.file}"
                    raise RulesWrong(rule.file, rule.id, wrong)
            versions.append(rule)

    def __iter__(self) -> Iterator[Rule]:
        for versions in self._versions.values():
            yield from versions

    def in_force(self, id: str, at: datetime) -> Rule | None:
        """The version that governs what happened at this aware instant; None: none was known then.

        Raises KeyError for a clock that no pack has.
        """
        day = at.astimezone(LONDON).date()
        return next((rule for rule in self._versions[id] if rule.holds_on(day)), None)

    def always(self, id: str) -> Rule:
        """A rule of our own that has only one version, for whatever is recorded; KeyError for any other."""
        versions = self._versions[id]
        if len(versions) != 1 or versions[0].dated != Form.ALWAYS or versions[0].until is not None:
            raise KeyError(f"{id} has versions: ask for the one in force")
        return versions[0]


def read(texts: Mapping[str, str]) -> Rules:
    """The rules of these packs, TOML by the name of its file; raises RulesWrong with file and clock."""
    return Rules(rule for name, text in texts.items() for rule in _rules(name, text))


def _rules(name: str, text: str) -> Iterator[Rule]:
    try:
        pack = Form(name, tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise RulesWrong(name, "the file", str(wrong)) from wrong
    for given in pack.rules():
        amount, unit = given.pop("limit")
        yield Rule(limit=Limit(amount, unit), file=name, **given)


def _carried(folder: Traversable) -> dict[str, str]:
    packs = (each for each in folder.iterdir() if each.name.endswith(".toml"))
    return {each.name: each.read_text("utf-8") for each in sorted(packs, key=lambda one: one.name)}


RULES = read(_carried(files("heed.core") / "packs"))
"""The packs that came with this version; a fault in one stops whatever imports them."""
