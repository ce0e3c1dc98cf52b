"""The bodies to which a concern can go, and which council and which police a place belongs to."""

from __future__ import annotations

import csv
import gzip
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

SOURCES = (
    "Source: Office for National Statistics licensed under the Open Government Licence v.3.0. "
    "Contains OS data © Crown copyright and database right 2025. "
    "Contains Royal Mail data © Royal Mail copyright and database right 2025. "
    "Names of former councils: mySociety, CC BY 4.0. As of November 2025."
)
"""What every page that shows the directory must say (referral/data/SOURCES.md)."""

UNLISTED = {
    "council": "A council",
    "police": "Police",
    "school": "A school or college",
    "health": "A hospital, surgery or other health body",
    "charity": "A charity, club or faith body",
    "department": "A government department",
    "other": "Another body",
}
"""Bodies of a kind that the directory does not list one by one; each name is the top of that kind's line."""

_OUTWARD = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
_FULL = re.compile(rf"({_OUTWARD})([0-9][A-Z]{{2}})")
_PARTS = (re.compile(rf"({_OUTWARD})()"), re.compile(rf"({_OUTWARD})([0-9])"))
"""How a part can be read: "E10" is all of E10, or the sector "E1 0"."""


class Body(NamedTuple):
    """A body, or a part of one. Its `id` is a path: what stands above it in its line begins it."""

    id: str
    name: str
    does: str = ""

    @property
    def listed(self) -> bool:
        """Whether the directory has this very body; else it is only a kind of body."""
        return self.id not in UNLISTED


class Area(NamedTuple):
    """A district, the council for its children (None: outside England and Wales), and its police."""

    code: str
    name: str
    council: str | None
    force: str


class Place(NamedTuple):
    """What a postcode, as it was `typed`, says of where somebody is. A person confirms it always.

    `areas`: where it can lie. `approximate`: it is only a part, or no postcode near it is known.
    """

    typed: str
    areas: tuple[Area, ...]
    approximate: bool
    sentence: str


class Former(NamedTuple):
    """A council that is no more, or that has another code now, and which councils took its place."""

    code: str
    name: str
    ended: str
    now: tuple[str, ...]


class Directory:
    """Everything that the package's tables say, but for postcodes, which are read when one is asked for."""

    def __init__(self) -> None:
        self.areas = {
            row["code"]: Area(row["code"], row["name"], row["council"], f"police/{row['force']}")
            for row in _table("districts.csv")
        }
        self.former = [
            Former(row["code"], row["name"], row["ended"], tuple(row["now"].split()))
            for row in _table("former.csv")
        ]
        self.bodies: dict[str, Body] = {body.id: body for body in _bodies()}

    def body(self, id: str) -> Body | None:
        """The body of that id, listed or of a kind; None where there is none."""
        return self.bodies.get(id)

    def name(self, id: str) -> str:
        """What a body is called; an id of another version is shown as it stands."""
        return self.bodies[id].name if id in self.bodies else id

    def children(self, council: str) -> Body:
        """Children's services of a council. Raises KeyError for no council."""
        return self.bodies[f"council/{council}/children"]

    def lado(self, council: str) -> Body:
        """The council's officer for people who work with children. Raises KeyError for no council."""
        return self.bodies[f"council/{council}/children/lado"]

    def found(self, typed: str) -> list[Body]:
        """The listed bodies whose names hold every word that was typed."""
        words = typed.casefold().split()
        return [
            body
            for body in self.bodies.values()
            if body.listed and words and all(word in body.name.casefold() for word in words)
        ]

    def took_over(self, typed: str) -> list[Former]:
        """The former councils whose name holds every word that was typed, or whose code it is."""
        words = typed.casefold().split()
        return [
            one
            for one in self.former
            if one.ended
            and words
            and (one.code == typed.strip().upper() or all(w in one.name.casefold() for w in words))
        ]

    def place(self, typed: str) -> Place:
        """Where a postcode lies, as far as can be said; it is kept as it was typed."""
        plain = re.sub(r"[^A-Z0-9]", "", typed.upper())
        if plain.startswith("BT"):
            return Place(typed, (), True, OUTSIDE)
        if plain.startswith("ZZ99"):
            return Place(typed, (), True, NOWHERE)
        if full := _FULL.fullmatch(plain):
            return self._full(typed, _key(full))
        begins = [_key(read) for each in _PARTS if (read := each.fullmatch(plain))]
        return self._part(typed, begins) if begins else Place(typed, (), True, WRONG)

    def _full(self, typed: str, key: str) -> Place:
        lines = _postcodes()
        at = bisect_right(lines, key + "~") - 1
        if not _known(lines, key):
            return Place(typed, (), True, UNKNOWN)
        guess = _letters(lines[max(at, 0)]) != _letters(key)
        areas = self._areas([lines[max(at, 0)]])
        return Place(typed, areas, guess, NEAR if guess else "")

    def _part(self, typed: str, begins: list[str]) -> Place:
        lines = _postcodes()
        if not _known(lines, begins[0]):
            return Place(typed, (), True, UNKNOWN)
        inside = [line for line in lines if line.startswith(tuple(begins))]
        before = [lines[max(bisect_right(lines, begin) - 1, 0)] for begin in begins]
        found = [line for line in before if not inside or _letters(line) == _letters(begins[0])]
        found += inside
        return Place(typed, self._areas(found), True, PARTIAL)

    def _areas(self, lines: list[str]) -> tuple[Area, ...]:
        codes = dict.fromkeys(line.partition(",")[2] for line in lines)
        return tuple(area for code in codes if (area := self._area(code)))

    def _area(self, code: str) -> Area | None:
        if code.startswith("S"):
            return Area(code, "Scotland", None, "police/police-scotland")
        return self.areas.get(code)


WRONG = "This is no postcode. Look at it again, or choose the council by its name."
UNKNOWN = "No postcode near this one is known. Look at it again, or choose the council by its name."
NOWHERE = "This postcode stands for “no fixed place”. Choose the council where the child is now."
OUTSIDE = "This list holds England, Wales and Scotland only. Ring the police there: they will know."
PARTIAL = "This is part of a postcode, so each place it may be in is shown. Ask for all of it."
NEAR = "This postcode is not close to any that is known, so the place is a guess. Check it first."
KEPT = "This list cannot tell whether a postcode is in use. Check the place with whoever told you."


def in_line(one: str, other: str) -> bool:
    """Whether one body stands above or below the other, or is it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


@cache
def directory() -> Directory:
    """The directory of this version, read once a process, when it is first asked for."""
    return Directory()


def _key(read: re.Match[str]) -> str:
    """As the table writes it: the outward part in four characters, then what is behind it."""
    return read[1].ljust(4) + read[2]


def _letters(code: str) -> str:
    return code[: 2 if code[1].isalpha() else 1]


def _known(lines: list[str], key: str) -> bool:
    letters = _letters(key)
    return any(line.startswith(letters) and _letters(line) == letters for line in lines)


def _bodies() -> Iterator[Body]:
    for row in _table("councils.csv"):
        whole = f"council/{row['code']}"
        yield Body(f"{whole}/children", f"{row['name']}: children’s services")
        yield Body(
            f"{whole}/children/lado",
            f"{row['name']}: officer for people who work with children (LADO)",
        )
        yield Body(whole, f"{row['name']}: the council")
    for row in _table("forces.csv"):
        yield Body(f"police/{row['code']}", row["name"])
    for row in _table("national.csv"):
        yield Body(row["id"], row["name"], f"{row['receives']} ({row['where']})")
    for id, name in UNLISTED.items():
        yield Body(id, name)


def _table(name: str) -> list[dict[str, str]]:
    text = (files("heed.referral") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _postcodes() -> list[str]:
    """Each line the first postcode of a range, and its district: read when it is needed, and not kept."""
    packed = (files("heed.referral") / "data" / "postcodes.csv.gz").read_bytes()
    return gzip.decompress(packed).decode("ascii").splitlines()[1:]
