"""What a person told, kept as they said it: what they saw, what they were told, what worries them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from heed.core.vocabulary import Channel, Danger


@dataclass(frozen=True)
class Concern:
    """The words of a report, by any door. Everything may be blank; nothing is corrected.

    `keep_from` answers "is there anyone who must not see this?". For paper and telephone:
    `sender`, `addressed_to` and `dated` as the paper or the caller said, and `reached`: when it came to
    the office, where that was not on the day it is put in. A claim: no clock starts from it.
    """

    saw: str = ""
    told: str = ""
    worried: str = ""
    who: str = ""
    where: str = ""
    when: str = ""
    keep_from: str = ""
    rung: str = ""
    child: str = ""
    danger: Danger = Danger.UNKNOWN
    channel: Channel = Channel.ONLINE
    sender: str = ""
    addressed_to: str = ""
    dated: str = ""
    reached: str = ""

    def body(self) -> dict[str, Any]:
        """The words as an entry's body."""
        return {name: str(getattr(self, name)) for name in FIELDS}

    @classmethod
    def from_body(cls, body: dict[str, Any]) -> Concern:
        """The words of a body; a field that is not there is blank."""
        words = {name: body[name] for name in FIELDS if name in body}
        words["danger"] = Danger(words.get("danger", Danger.UNKNOWN))
        words["channel"] = Channel(words.get("channel", Channel.ONLINE))
        return cls(**words)


FIELDS = tuple(field.name for field in fields(Concern))
"""The names of a concern's words, in order."""
