"""Old entries are read for ever: each version of a kind knows the step to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from heed.core.vocabulary import Kind
from heed.register.entry import EntryUnreadable

Step = Callable[[dict[str, Any]], dict[str, Any]]

CURRENT: dict[str, int] = {str(kind): 1 for kind in Kind}
"""The version of each kind that this software writes."""

STEPS: dict[tuple[str, int], Step] = {}
"""(kind, version N-1) → what makes its body one of version N. Readers accept N and N-1."""


def upcast(kind: str, version: int, body: dict[str, Any]) -> dict[str, Any]:
    """The body in today's form; raises EntryUnreadable for an unknown kind or version."""
    current = CURRENT.get(kind)
    if current is None:
        raise EntryUnreadable(f"this version does not know entries of kind {kind!r}")
    if version == current:
        return body
    step = STEPS.get((kind, version))
    if step is None or version != current - 1:
        raise EntryUnreadable(f"this version does not read {kind!r} of version {version}")
    return step(body)
