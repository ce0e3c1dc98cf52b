"""How a concern moves from being told to being answered, and who may move it on."""

from __future__ import annotations

from typing import NamedTuple

from heed.core.vocabulary import Kind


class Move(NamedTuple):
    """One step of a concern: from one state to another, by whom, in which process, and how.

    `kind`: the entry that the step appends; None where it appends none.
    """

    start: str
    end: str
    by: str
    process: str
    how: str
    kind: Kind | None = None


STATES = {
    "told": "words and code are in the reporter's hands only",
    "spooled": "sealed on the public face's disk, while the database is away",
    "recorded": "an entry in the register, with its accountable person",
    "sequenced": "a place in the log's tree",
    "signed": "under a signed head: a receipt proves it",
    "screened": "its words are in the tables, and the record is in a queue",
    "opened": "a look is on the record, and its words were shown",
    "answered": "an answer is on the record, sealed to the code",
}
"""Every state, and what it means. After `recorded` a concern goes two ways at once."""

MOVES = (
    Move("told", "recorded", "reporter", "intake", "sends the form, or adds words", Kind.FILED),
    Move("told", "spooled", "reporter", "intake", "sends it while the database is away"),
    Move("told", "recorded", "worker", "office", "puts in a letter, call or email", Kind.FILED),
    Move("spooled", "recorded", "drain", "intake", "brings it in once, as it was sent", Kind.FILED),
    Move("recorded", "sequenced", "sequencer", "sequencer", "gives the next place"),
    Move("sequenced", "signed", "sequencer", "sequencer", "writes tiles and signs the head"),
    Move("recorded", "screened", "opener", "opener", "opens the seal and stores the words"),
    Move("screened", "opened", "accountable person", "office", "asks to see it", Kind.LOOKED),
    Move("opened", "answered", "accountable person", "office", "writes back", Kind.ANSWERED),
    Move("answered", "opened", "accountable person", "office", "looks again", Kind.LOOKED),
    Move("screened", "screened", "reporter", "intake", "adds words", Kind.ADDED),
    Move("opened", "opened", "reporter", "intake", "adds words: new until a look", Kind.ADDED),
    Move("answered", "answered", "reporter", "intake", "adds words: new until a look", Kind.ADDED),
)
"""Every step that this version can take; `process` is the database role behind `heed_`."""


def drawn() -> str:
    """The text of docs/flow.md: the states, the steps, and a picture of them (Mermaid)."""
    arrows = "\n".join(f"    {move.start} --> {move.end}: {move.by}" for move in MOVES)
    states = "\n".join(f"| {name} | {meaning} |" for name, meaning in STATES.items())
    steps = "\n".join(
        f"| {move.start} → {move.end} | {move.by} | `heed_{move.process}` | {move.how} |"
        f" {f'`{move.kind}`' if move.kind else '–'} |"
        for move in MOVES
    )
    return f"""# How a concern moves
Made by `tools/write_flow.py` from `core/flow.py`.

```mermaid
stateDiagram-v2
    [*] --> told
{arrows}
```

| state | what it means |
|---|---|
{states}

| step | who | database role | how | entry |
|---|---|---|---|---|
{steps}

Nothing moves back, and no step deletes. There is no closing, hand-over or referral yet.
"""
