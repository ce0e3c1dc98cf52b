"""A pack without a record: invented contents, its JSON, and the hash of its only document."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from heed.intake.events import Concern
from heed.referral import pack
from heed.referral.directory import directory
from heed.referral.pack import Contents, Contribution, Document, Person, Piece, To, Withheld

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CHILDREN = "council/E09000033/children"
ENTRIES = tuple(UUID(int=number, version=4) for number in range(81, 87))


def contents(saw: str = "She told me at the weir.", **other: Any) -> Contents:
    """One thing told, one added, a call, a file that travels and one that is held for the police."""
    to = To(
        ENTRIES[0],
        "protecting",
        directory().bodies[CHILDREN],
        "Child 1: Sam",
        "email",
        None,
        "Duty worker",
        "Please ring before you visit.",
    )
    said = Concern(saw=saw, keep_from="The second worker").body()
    rung = {"whom": "999", "rung_at": "2026-03-02T09:31:00+00:00", "words": "LOG 7"}
    made = Contents(
        reference="BCDFG-HJKMN",
        demonstration=True,
        made_at=AT,
        made_by="Safeguarding lead",
        organisation="Aldermere Safeguarding Partnership",
        reach="01632 960 001",
        answers="Safeguarding lead",
        danger="unknown",
        sealed=False,
        to=to,
        people=[Person("Child 1", True, "about", "unknown", {"name": "Sam", "age": "about 9"})],
        told=[
            Contribution(ENTRIES[1], "filed", AT, True, said, b"\1" * 32),
            Contribution(ENTRIES[2], "added", AT, True, {"words": "More."}, b"\2" * 32),
        ],
        done=[Contribution(ENTRIES[3], "called", AT, False, rung, b"\3" * 32)],
        files=[
            Piece(ENTRIES[4], AT, "Sign é.JPG", "image/jpeg", b"\xff\xd8\0", None, b"\4" * 32),
            Piece(ENTRIES[5], AT, "held.jpg", "image/jpeg", None, Withheld.HELD, b"\5" * 32),
        ],
        left_out=1,
    )
    return made._replace(**other)


def a_pack(referral: UUID = ENTRIES[0], **other: Any) -> tuple[bytes, bytes]:
    """The JSON of a pack for this referral, and its sums; it has no other document."""
    of = contents(files=[], **other)
    written = pack.written(of._replace(to=of.to._replace(referral=referral)))
    return written, pack.sums([Document(pack.JSON, "application/json", written)])
