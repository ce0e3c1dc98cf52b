"""Old entries are read for ever: each version of a kind knows the step to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heed.core.vocabulary import BODY_VERSION, FACTS_VERSION
from heed.register.entry import EntryUnreadable

Step = Callable[[dict[str, Any]], dict[str, Any]]

BODY_STEPS: dict[tuple[str, int], Step] = {}
"""(kind, version N-1) → what makes its body one of version N."""

FACTS_STEPS: dict[tuple[str, int], Step] = {}
"""The same for its facts."""


def upcast(kind: str, version: int, body: dict[str, Any]) -> dict[str, Any]:
    """The body in today's form: readers accept N and N-1; raises EntryUnreadable for any other."""
    return _upcast(kind, version, body, BODY_VERSION, BODY_STEPS)


def upcast_facts(kind: str, facts: dict[str, Any]) -> dict[str, Any]:
    """The facts in today's form, by the version that they name; raises EntryUnreadable."""
    return _upcast(kind, facts.get("v"), facts, FACTS_VERSION, FACTS_STEPS)


def _upcast(
    kind: str,
    version: object,
    content: dict[str, Any],
    versions: dict[str, int],
    steps: dict[tuple[str, int], Step],
) -> dict[str, Any]:
    current = versions.get(kind)
    if current is None:
        raise EntryUnreadable(f"this version does not know entries of kind {kind!r}")
    if version == current:
        return content
    step = steps.get((kind, current - 1))
    if step is None or version != current - 1:
        raise EntryUnreadable(f"this version does not read {kind!r} of version {version!r}")
    return step(content)
