"""The form of a rule pack, held strictly: what is missing, unknown or uncited is named with file and clock."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, ClassVar, NamedTuple

UNITS = ("minutes", "hours", "working_days", "calendar_days", "months", "years")
UNCOUNTED = ("school_days", "uk_working_days")
"""Units of limits that have a number, for which there is no calendar here."""
WORDED = (
    *("at once", "as soon as practicable", "as soon as possible", "no day count"),
    *("set by the chair", "by class of record", "standing rule"),
)
"""Limits without a number, which are never computed."""


class RulesWrong(Exception):
    """What is wrong in a rule pack: which file, which clock, and what about it."""

    def __init__(self, file: str, clock: str, wrong: str) -> None:
        super().__init__(f"{file}, {clock}: {wrong}")


class Source(NamedTuple):
    """Where a rule was seen: the id of the domain's list of sources, and its title."""

    id: str
    title: str


class Form:
    """One pack as TOML gives it; `rules` gives each rule's fields, checked. Raises RulesWrong."""

    KNOWN, ALWAYS, UNKNOWN, NOT_IN_FORCE = "known", "always", "unknown", "not in force"
    TEXTS: ClassVar = ("id", "name", "counts_from", "binds", "basis", "evidence")
    REQUIRED: ClassVar = {*TEXTS, "limit", "sources", "since"}
    OPTIONAL: ClassVar = {"until": date, "local": bool, "why": str, "beside": str}

    def __init__(self, file: str, given: Mapping[str, Any]) -> None:
        self._file = file
        self._keys("the file", given, {"pack", "sources", "rule"})
        for key, kind in (("pack", dict), ("sources", dict), ("rule", list)):
            if not isinstance(given[key], kind):
                raise self._wrong("the file", f"“{key}” must be a {kind.__name__}")
        self._keys("[pack]", given["pack"], {"place", "stated"})
        self._stated = self._day("[pack]", "stated", given["pack"]["stated"])
        self._sources = {id: Source(id, title) for id, title in given["sources"].items()}
        self._given = given["rule"]

    def rules(self) -> Iterator[dict[str, Any]]:
        """The fields of each rule; `limit` is (amount, unit)."""
        for number, given in enumerate(self._given, 1):
            clock = str(given.get("id", f"rule {number}"))
            self._keys(clock, given, self.REQUIRED, set(self.OPTIONAL))
            for key in self.TEXTS:
                if not isinstance(given[key], str) or not given[key].strip():
                    raise self._wrong(clock, f"“{key}” must say something")
            for key, kind in self.OPTIONAL.items():
                if key in given and type(given[key]) is not kind:
                    raise self._wrong(clock, f"“{key}” must be a {kind.__name__}")
            yield self._rule(clock, given)

    def _rule(self, clock: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if not re.fullmatch(r"[A-Za-z0-9]+(\.[a-z]+)?", clock):
            raise self._wrong(clock, "an id is letters and digits, and a part after a full stop")
        dated, since = self._since(clock, given)
        until = given.get("until")
        if until is not None and (dated == self.NOT_IN_FORCE or until <= since):
            raise self._wrong(clock, "“until” must come after “since”")
        return {
            **{key: given[key] for key in self.TEXTS},
            "limit": self._limit(clock, given["limit"]),
            "sources": self._cited(clock, given["evidence"], given["sources"]),
            "dated": dated,
            "since": since,
            "until": until,
            "local": given.get("local", False),
            "why": given.get("why", ""),
            "beside": given.get("beside", ""),
        }

    def _limit(self, clock: str, given: Any) -> tuple[int, str]:
        if isinstance(given, str) and given in WORDED:
            return 0, given
        if isinstance(given, dict) and len(given) == 1:
            ((unit, amount),) = given.items()
            if unit not in (*UNITS, *UNCOUNTED):
                raise self._wrong(clock, f"no limit is counted in “{unit}”")
            if type(amount) is not int or amount < 1:
                raise self._wrong(clock, f"“{unit}” must be a whole number above 0")
            return amount, unit
        said = "a limit is { unit = number }, or one of: "
        raise self._wrong(clock, f"{said}{'; '.join(WORDED)}; here it stands as {given!r}")

    def _cited(self, clock: str, evidence: str, given: Any) -> tuple[Source, ...]:
        if not re.fullmatch(r"[VSMIK](\+[VSMIK])*", evidence):
            raise self._wrong(clock, "“evidence” is V, S, M, I or K, or two of them as in “S+K”")
        if not isinstance(given, list):
            raise self._wrong(clock, "“sources” must be a list of ids")
        if not given and set(evidence) & {"S", "M"}:
            raise self._wrong(clock, f"its citation is missing: evidence {evidence} names a source")
        for source in given:
            if source not in self._sources:
                raise self._wrong(clock, f"cites {source}, which [sources] does not have")
        return tuple(self._sources[source] for source in given)

    def _since(self, clock: str, given: Mapping[str, Any]) -> tuple[str, date]:
        """What the first day rests on, and that day; what is not in force begins on the last day of all."""
        since = given["since"]
        if since == self.ALWAYS and given["evidence"] != "I":
            raise self._wrong(clock, "only a rule of our own has held always")
        starts = {self.ALWAYS: date.min, self.UNKNOWN: self._stated, self.NOT_IN_FORCE: date.max}
        if isinstance(since, str) and since in starts:
            return since, starts[since]
        return self.KNOWN, self._day(clock, "since", since)

    def _day(self, clock: str, key: str, given: Any) -> date:
        if not isinstance(given, date) or isinstance(given, datetime):
            raise self._wrong(clock, f"“{key}” must be a day, as in 2026-09-01")
        return given

    def _keys(
        self, clock: str, given: Mapping[str, Any], wanted: set[str], more: set[str] | None = None
    ) -> None:
        if unknown := sorted(given.keys() - wanted - (more or set())):
            raise self._wrong(clock, f"unknown: {', '.join(unknown)}")
        if missing := sorted(wanted - given.keys()):
            raise self._wrong(clock, f"missing: {', '.join(missing)}")

    def _wrong(self, clock: str, wrong: str) -> RulesWrong:
        return RulesWrong(self._file, clock, wrong)
