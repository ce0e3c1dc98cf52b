"""Who may read a record, as a plain rule; `store/sql/rule.sql` holds its twin in the database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reading:
    """The facts that decide one reading, as they stand now.

    `walled`: restricted, or owed a restriction (ADR 0012). `whole`: the tables stand, filled and
    swapped in, and no signed head contradicts them. `asked`:
    an overseer who asked to see this record within a week. `granted`: whoever answers for it gave
    them leave that lasts; `glass_broken`: they opened it in an emergency less than four hours ago;
    neither for an administrator. `remit`: it is given to them for a unit in which its owner works;
    `sealed`: its reporter is sealed, and no remit reaches that. `stopped`: something in the record is
    of a kind or version that this version cannot read.
    """

    active: bool
    walled: bool
    owner: bool
    asked: bool
    screened: bool
    stopped: bool
    whole: bool
    granted: bool = False
    glass_broken: bool = False
    remit: bool = False
    sealed: bool = False


def may_read(reading: Reading) -> tuple[bool, str]:
    """read = whole ∧ active ∧ ¬walled ∧ screened ∧ ¬stopped

    ∧ (owner ∨ asked ∨ granted ∨ glass broken ∨ (remit ∧ ¬sealed))
    """
    if not reading.whole:
        return False, "the tables are not filled yet, or reading is closed"
    if not reading.active:
        return False, "only people who are active may read"
    if reading.walled:
        return False, "this reader must not see this record"
    rights = (
        (reading.owner, "the reader is accountable for it"),
        (reading.asked, "the overseer asked for it"),
        (reading.granted, "whoever answers for it gave leave"),
        (reading.glass_broken, "it was opened in an emergency"),
        (reading.remit and not reading.sealed, "the reader has a remit for its owner's unit"),
    )
    why = next((why for holds, why in rights if holds), "")
    if not why:
        return False, "this record is in another person's hands"
    if not reading.screened:
        return False, "the words have not been screened yet"
    if reading.stopped:
        return False, "this record holds something that this version cannot read"
    return True, why


@dataclass(frozen=True)
class Answering:
    """The facts that decide whether somebody can be accountable for a record, as they stand now."""

    active: bool
    administrator: bool
    walled: bool
    away: bool


def may_answer(answering: Answering) -> tuple[bool, str]:
    """answer = active ∧ ¬administrator ∧ ¬walled ∧ ¬away; the answer, and why."""
    if not answering.active:
        return False, "only people who are active answer for a record"
    if answering.administrator:
        return False, "an administrator answers for no record"
    if answering.walled:
        return False, "this person must not see this record"
    if answering.away:
        return False, "whoever is away answers for no record"
    return True, "this person can answer for it"
