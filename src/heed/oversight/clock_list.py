"""Every clock in plain words: whom it binds, on whose word, since when, and why it does not run."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from heed.core.pack_form import Form
from heed.core.rules import NO_NUMBER, RULES, Rule
from heed.oversight.asked import ANSWERED, CHALLENGED
from heed.oversight.calls import ACT, NEXT
from heed.oversight.ladder import RUNGS
from heed.referral.rules import CHECKED, COUNTED
from heed.triage.clocks import CLOCKS

RUNS = "Runs here"
NOT_YET = "Not counted here yet"
IN_USE = (
    frozenset(CLOCKS)
    | {rung.rule for rung in RUNGS}
    | {NEXT, ACT, CHECKED, ANSWERED, CHALLENGED}
    | {rule for rule in RULES if rule.id in COUNTED}
)
"""What this version counts by."""
EVIDENCE = {
    "V": "seen in the official text",
    "S": "seen in what others write of it",
    "M": "seen in a data standard",
    "I": "our own rule",
    "K": "not checked",
}


class Listed(NamedTuple):
    """One rule as people read it; `id` can stand in an address, `seen` says how well it is known."""

    id: str
    name: str
    limit: str
    counts_from: str
    binds: str
    basis: str
    seen: str
    since: str
    state: str
    sources: str


def listed(rule: Rule) -> Listed:
    """This rule in words."""
    return Listed(
        rule.id.replace(".", "-"),
        rule.name,
        str(rule.limit),
        rule.counts_from,
        rule.binds,
        rule.basis,
        _seen(rule.evidence.split("+")),
        _since(rule),
        _state(rule),
        "; ".join(f"{source.id}: {source.title}" for source in rule.sources),
    )


def clock_list() -> dict[str, list[Listed]]:
    """Every rule, by whether it runs here, might, or does not; in the order of the packs."""
    found: dict[str, list[Listed]] = {"runs": [], "waits": [], "stopped": []}
    for rule in RULES:
        one = listed(rule)
        found[{RUNS: "runs", NOT_YET: "waits"}.get(one.state, "stopped")].append(one)
    return found


def _state(rule: Rule) -> str:
    if rule.stopped == NO_NUMBER:
        return f"Nothing to count: {NO_NUMBER}"
    if rule.stopped:
        return f"Does not run: {rule.stopped}"
    return RUNS if rule in IN_USE else NOT_YET


def _seen(letters: list[str]) -> str:
    """What was seen, and last that not all of it was checked."""
    said = [EVIDENCE[letter] for letter in letters if letter != "K"]
    if "K" in letters:
        said.append("not checked in full" if said else EVIDENCE["K"])
    return ", and ".join(said)


def _since(rule: Rule) -> str:
    begins = {
        Form.ALWAYS: "for all that is recorded here",
        Form.UNKNOWN: "we do not know the day",
        Form.NOT_IN_FORCE: "not in force yet",
    }.get(rule.dated) or _said(rule.since)
    return f"{begins}, until {_said(rule.until)}" if rule.until else begins


def _said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def written() -> str:
    """docs/clocks.md, whole."""
    parts = [_TOP]
    for part, title in TITLES.items():
        rows = [
            f"| {each.id.replace('-', '.')} | {each.name} | {each.limit}, from {each.counts_from} "
            f"| {each.binds} | {each.basis} | {'; '.join(filter(None, (each.seen, each.sources)))} "
            f"| {each.since} | {each.state} |"
            for each in clock_list()[part]
        ]
        parts.append(f"## {title}\n{_HEAD}\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


TITLES = {
    "runs": "Clocks that run here",
    "waits": "Clocks that nothing here counts yet",
    "stopped": "Rules by which no clock runs",
}
_HEAD = (
    "| id | what must happen | time | who is bound | on whose word | seen in | since | state |\n"
    "|---|---|---|---|---|---|---|---|"
)
_TOP = """# Clocks
Made by `tools/write_clocks.py` from the rule packs in `src/heed/core/packs`. Ids are those of the domain's
list; a part after the full stop is a further time of the same clock. Of others no page says more than "no
confirmation received": they may have acted and not told us. ADR 0028 has the form.
"""
