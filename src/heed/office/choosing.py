"""Long lists of people and units to choose from: by name, narrowed to what was typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from heed.office.bodies import Bodies
from heed.store.staff import Colleague

MANY = 12
"""A list with more than this can be narrowed."""


class Choice(NamedTuple):
    """One line of a list: what the form sends, and what people read."""

    id: str
    line: str


def of_people(bodies: Bodies, people: Iterable[Colleague]) -> list[Choice]:
    """Names with roles and units: two people may have one name."""
    return [Choice(str(one.id), _described(bodies, one)) for one in people]


def of_units(bodies: Bodies) -> list[Choice]:
    """Every unit with all that it stands beneath; each body first, then what stands beneath it."""
    return [Choice(str(place.id), place.line) for place in bodies.tree()]


def narrowed(choices: list[Choice], find: str, *chosen: str) -> list[Choice]:
    """The choices that hold every word of `find`, and whatever is chosen already."""
    words = find.casefold().split()
    return [
        choice
        for choice in choices
        if choice.id in chosen or all(word in choice.line.casefold() for word in words)
    ]


def picked(choices: list[Choice], said: str) -> UUID | None:
    """The id that was chosen; None for what the list does not hold."""
    return UUID(said) if said in dict(choices) else None


def _described(bodies: Bodies, one: Colleague) -> str:
    units = "; ".join(bodies.unit_name(unit) for unit in one.units)
    text = f"{bodies.name(one.id)} – {one.role}" + (f" – {units}" if units else "")
    if one.id == bodies.reader:
        return text + " (you)"
    return text if one.active else text + " (no longer here)"
