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


class Deed(NamedTuple):
    """What is done about a concern, or about who may see it or answers for it, at whatever state it is."""

    by: str
    process: str
    how: str
    kind: Kind


DEEDS = (
    Deed("opener", "opener", "finds the name of somebody who works here", Kind.NAME_MATCHED),
    Deed("whoever may read it", "office", "restricts a person or a unit", Kind.WALLED),
    Deed("whoever may read it", "office", "confirms a match by name", Kind.WALL_CONFIRMED),
    Deed("access custodian", "office", "asks to lift a restriction", Kind.LIFT_ASKED),
    Deed("second person", "office", "lifts it", Kind.WALL_LIFTED),
    Deed("accountable person", "office", "offers it to another", Kind.HAND_OVER_OFFERED),
    Deed("the other", "office", "accepts, and answers for it", Kind.HAND_OVER_ACCEPTED),
    Deed("either of them", "office", "declines, or takes it back", Kind.HAND_OVER_DECLINED),
    Deed("anyone on the staff", "office", "declares that two are close", Kind.RELATION_DECLARED),
    Deed("overseer", "office", "asks to see what it holds", Kind.CONTENT_ASKED),
    Deed("accountable person", "office", "sorts it: a concern, or why not", Kind.SORTED),
    Deed("overseer", "office", "reviews a letter put aside, one of a sample", Kind.REVIEWED),
    Deed("accountable person", "office", "notes something, or adds to what was sent", Kind.NOTED),
    Deed("accountable person", "office", "writes down a call that was made", Kind.CALLED),
    Deed("sweep", "sweep", "tells the next person that it waits", Kind.CHASED),
    Deed("sweep", "sweep", "calls the next person, because of danger", Kind.CALL_OUT),
    Deed("whoever is called", "office", "says that they have it", Kind.CALL_ANSWERED),
    Deed("whoever is called", "signin", "says so by their message", Kind.CALL_ANSWERED),
    Deed("accountable person", "office", "says if the parents were told", Kind.PARENTS_TOLD),
    Deed("reporter", "intake", "asks again", Kind.ASKED_AGAIN),
    Deed("accountable person", "office", "tells the reporter of a decision", Kind.REPORTER_TOLD),
    Deed("accountable person", "office", "says why not yet, or that they may", Kind.TELLING_HELD),
    Deed("reporter", "intake", "says that this decision is wrong", Kind.CHALLENGED),
    Deed("sweep", "sweep", "tells the next person of that", Kind.CHALLENGE_CHASED),
    Deed("who did not decide it", "office", "answers that", Kind.CHALLENGE_ANSWERED),
    Deed("administrator", "office", "adds a person", Kind.PERSON_ADDED),
    Deed("administrator", "office", "adds a unit", Kind.UNIT_ADDED),
    Deed("administrator", "office", "moves a unit", Kind.UNIT_MOVED),
    Deed("administrator", "office", "puts a person into a unit", Kind.EMPLOYED),
    Deed("administrator", "office", "ends an employment", Kind.EMPLOYMENT_ENDED),
    Deed("administrator", "office", "sets a person's posts", Kind.POSTS_SET),
    Deed("administrator", "office", "says that a person has left", Kind.LEFT),
    Deed("administrator", "office", "puts a person on duty", Kind.TURN_ADDED),
    Deed("whoever it is, or an administrator", "office", "says that they are away", Kind.AWAY),
    Deed("whoever it is, or an administrator", "office", "says that they are back", Kind.BACK),
    Deed("administrator", "office", "names another outside contact", Kind.FALLBACK_SET),
    Deed("administrator", "office", "invites a person to sign in", Kind.INVITED),
    Deed("whoever was invited", "signin", "sets how they sign in", Kind.CREDENTIAL_SET),
    Deed("access custodian", "office", "asks to withdraw a tie", Kind.WITHDRAWAL_ASKED),
    Deed("second person", "office", "withdraws it", Kind.RELATION_WITHDRAWN),
    Deed("opener", "opener", "finds the name of a unit", Kind.UNIT_NAMED),
    Deed("accountable person", "office", "says what is known of a child", Kind.CHILD_NAMED),
    Deed("accountable person", "office", "says what is known of an adult", Kind.ADULT_NAMED),
    Deed("accountable person", "office", "decides for one of them", Kind.DECIDED),
    Deed("accountable person", "office", "answers the questions of harm", Kind.HARM_TESTED),
    Deed("second person", "office", "agrees that nothing is done, or not", Kind.SECONDED),
    Deed("accountable person", "office", "joins it to another of theirs", Kind.CONTACT_JOINED),
    Deed("accountable person", "office", "parts the two again", Kind.CONTACT_PARTED),
    Deed("reporter", "intake", "adds a file", Kind.FILE_ADDED),
    Deed("whoever may read it, or puts it in", "office", "adds a file", Kind.FILE_ADDED),
    Deed("whoever may read it", "office", "flags a file: nobody is given it", Kind.FILE_FLAGGED),
    Deed("anyone on the staff", "office", "asks to read it, by its reference", Kind.ACCESS_ASKED),
    Deed("accountable person", "office", "lets them read it for seven days", Kind.ACCESS_GRANTED),
    Deed("accountable person", "office", "does not let them", Kind.ACCESS_DECLINED),
    Deed("accountable person", "office", "brings somebody in for seven days", Kind.ACCESS_GIVEN),
    Deed("accountable person", "office", "ends their leave to read it", Kind.ACCESS_ENDED),
    Deed("anyone on the staff", "office", "opens it in an emergency", Kind.GLASS_BROKEN),
    Deed("custodian or overseer", "office", "reviews that opening", Kind.GLASS_REVIEWED),
    Deed(
        "accountable person, or custodian",
        "office",
        "asks to take a flag back",
        Kind.FLAG_WITHDRAWAL_ASKED,
    ),
    Deed("second person", "office", "takes the flag back", Kind.FLAG_WITHDRAWN),
    Deed(
        "who did so twice in 30 days", "office", "asks to open it in an emergency", Kind.GLASS_ASKED
    ),
    Deed("access custodian", "office", "says yes: it opens for four hours", Kind.GLASS_APPROVED),
    Deed("reporter", "intake", "says who they are, sealed apart", Kind.IDENTITY_SEALED),
    Deed("whoever puts it in", "office", "seals who told us apart", Kind.IDENTITY_SEALED),
    Deed("whoever answers, or oversees", "office", "asks who told us", Kind.IDENTITY_ASKED),
    Deed("access custodian", "office", "agrees that they see it", Kind.IDENTITY_AGREED),
    Deed("custodian or second person", "office", "does not agree", Kind.IDENTITY_DECLINED),
    Deed("second person", "office", "opens it to who asked, for a day", Kind.IDENTITY_OPENED),
    Deed("accountable person", "office", "opens it, for danger to life", Kind.IDENTITY_OPENED),
    Deed("overseer or contact", "office", "reviews that", Kind.IDENTITY_REVIEWED),
    Deed("administrator", "office", "lets a person read a unit's records", Kind.REMIT_GIVEN),
    Deed("administrator", "office", "ends that", Kind.REMIT_ENDED),
    Deed(
        "whoever it is, or an administrator", "office", "says how they are called", Kind.REACH_SET
    ),
    Deed("manager", "office", "offers it to another, in its owner's place", Kind.HAND_OVER_OFFERED),
    Deed("accountable person", "office", "says whose response is criticised", Kind.CRITICISED),
    Deed("accountable person", "office", "refers it to another body", Kind.REFERRED),
    Deed("accountable person", "office", "writes down what came of that", Kind.REFERRAL_HEARD),
    Deed("accountable person", "office", "makes the pack that goes with it", Kind.PACK_MADE),
    Deed("administrator, or who answers", "office", "keeps how a body is reached", Kind.REACH_KEPT),
    Deed("accountable person", "office", "makes a link to what is referred", Kind.LINK_MADE),
    Deed("sweep", "sweep", "says if that link was sent", Kind.LINK_SENT),
    Deed("who has link and code", "intake", "opens it by name, and answers", Kind.LINK_HEARD),
    Deed("accountable person", "office", "takes the link back", Kind.LINK_ENDED),
)
"""Those of people, restrictions and hand-overs may give a concern another accountable person in the same
transaction; none changes its state."""


def drawn() -> str:
    """The text of docs/flow.md: the states, the steps, and a picture of them (Mermaid)."""
    arrows = "\n".join(f"    {move.start} --> {move.end}: {move.by}" for move in MOVES)
    states = "\n".join(f"| {name} | {meaning} |" for name, meaning in STATES.items())
    steps = "\n".join(
        f"| {move.start} → {move.end} | {move.by} | `heed_{move.process}` | {move.how} |"
        f" {f'`{move.kind}`' if move.kind else '–'} |"
        for move in MOVES
    )
    deeds = "\n".join(
        f"| {deed.by} | `heed_{deed.process}` | {deed.how} | `{deed.kind}` |" for deed in DEEDS
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

Nothing moves back, and no step deletes. There is no closing yet.

## Who may see it, who answers for it, and what is decided
These leave a concern where it is. Whoever can no longer answer for it loses it in the same transaction.

| who | database role | how | entry |
|---|---|---|---|
{deeds}
"""
