"""Who may read a record, as a plain rule; `store/sql/rule.sql` holds its twin in the database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """The facts that decide one reading, as they stand now.

    `whole`: the tables stand, filled and swapped in. `stopped`: something in the record is of a
    kind or version that this version cannot read.
    """

    active: bool
    owner: bool
    screened: bool
    stopped: bool
    whole: bool


def may_read(reading: Reading) -> tuple[bool, str]:
    """read = whole ∧ active ∧ owner ∧ screened ∧ ¬stopped; the answer, and why."""
    if not reading.whole:
        return False, "the tables are not filled yet"
    if not reading.active:
        return False, "only people who are active may read"
    if not reading.owner:
        return False, "this record is in another person's hands"
    if not reading.screened:
        return False, "the words have not been screened yet"
    if reading.stopped:
        return False, "this record holds something that this version cannot read"
    return True, "the reader is accountable for it"
