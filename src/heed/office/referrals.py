"""To whom a record was referred and what came of it, as its pages and the queue show it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from heed.office.about import About
from heed.office.bodies import Bodies
from heed.office.guard import Who
from heed.office.hands import hands
from heed.referral.commands import HEARD_WORDS, REFERRED_WORDS, Heard, How
from heed.referral.directory import directory, in_line
from heed.referral.rules import Route
from heed.referral.waiting import Waits, waits_for
from heed.store import referral as stored
from heed.store.referral import Criticised, HeardOf, MadeLink, Referred

ROUTES = {
    Route.PROTECTING: "To keep a child safe",
    Route.ACCOUNTABILITY: "So that somebody outside looks at what was done",
}
HOWS = {
    How.TELEPHONE: "By telephone",
    How.PORTAL: "On their own form online",
    How.EMAIL: "By secure email",
    How.LINK: "By secure link",
}
HEARD = {
    Heard.SENT: "It was sent",
    Heard.OPENED: "A named person opened it",
    Heard.ACKNOWLEDGED: "They said that they have it",
    Heard.ACCEPTED: "They accepted it, and will act",
    Heard.DECLINED: "They declined it",
    Heard.REFERENCE: "They gave a reference",
    Heard.OUTCOME: "They told us the outcome",
    Heard.OTHER: "They answered in another way",
    Heard.IN_ERROR: "It was recorded in error",
}
AFTER_THE_END = "after the end"
"""What the database calls an answer by a link that had ended, whatever it says: it confirms nothing."""

BY_LINK: dict[str, str] = {"not sent": "The email with the link could not be sent"} | {
    Heard.SENT: "The link was sent",
    Heard.OPENED: "Somebody with the link and the code opened it",
}
"""The same, of a link; what its receiver says besides reads as any answer does."""

"""What can come of a referral, in the order in which a form asks."""


class Line(NamedTuple):
    """One thing heard: what, when it happened, who wrote it down and when, and the words.

    `by` is blank where it came by a link: then no more is known of them than the name that they gave.
    """

    what: str
    happened_at: datetime
    by: str
    at: datetime
    words: dict[str, str]


class Sent(NamedTuple):
    """A referral as a page shows it. `late_criticised`: its body's line was criticised only afterwards."""

    entry: UUID
    record: UUID
    whom: str
    body: str
    route: str
    how: str
    told_at: datetime | None
    by: str
    at: datetime
    words: dict[str, str]
    lines: tuple[Line, ...]
    waits: Waits
    late_criticised: bool
    links: tuple[MadeLink, ...] = ()


class Referrals:
    """The referrals of one record, to the eyes of one reader; words only after a look."""

    def __init__(
        self,
        sent: Sequence[Referred],
        heard: Sequence[HeardOf],
        criticised: Sequence[Criticised],
        about: About,
        bodies: Bodies,
        links: Sequence[MadeLink] = (),
    ) -> None:
        self._bodies, self._heard, self._links = bodies, heard, links
        self._whom = about.whom
        self.standing = stored.standing(criticised)
        self.criticised = [(id, directory().name(id)) for id in self.standing]
        self.sent = [self._shown(one) for one in sent]
        self.done_for = {
            **{
                one.entry: (
                    directory().name(one.body),
                    "" if one.stands else "in error",
                )
                for one in criticised
            },
            **{one.entry: (one.body, f"{one.how.lower()}, for {one.whom}") for one in self.sent},
            **{one.entry: (self._body_of(one.referral), _what(one)) for one in heard},
        }

    @classmethod
    def of(cls, who: Who, record: UUID, about: About, bodies: Bodies) -> Referrals:
        """As the database gives them to whoever is signed in."""
        desk = hands().desk
        return cls(
            stored.referrals(desk, who.key, [record]),
            stored.heard_of(desk, who.key, [record]),
            stored.criticised(desk, who.key, record),
            about,
            bodies,
            stored.links(desk, who.key, record),
        )

    def one(self, entry: UUID) -> Sent | None:
        """The referral of that entry in this record; None where there is none."""
        return next((each for each in self.sent if each.entry == entry), None)

    def _body_of(self, referral: UUID) -> str:
        found = self.one(referral)
        return found.body if found else ""

    def _shown(self, one: Referred) -> Sent:
        own = [each for each in self._heard if each.referral == one.entry]
        unlisted = one.words.get("unlisted", "")
        name = directory().name(one.body)
        return Sent(
            one.entry,
            one.record,
            self._whom(one.concerned),
            f"{unlisted} ({name})" if unlisted else name,
            ROUTES[Route(one.route)],
            HOWS[How(one.how)],
            one.told_at,
            self._bodies.name(one.actor),
            one.at,
            dict.fromkeys(REFERRED_WORDS, "") | one.words,
            tuple(
                Line(
                    _what(each),
                    each.happened_at,
                    self._bodies.name(each.actor) if each.actor else "",
                    each.at,
                    dict.fromkeys(HEARD_WORDS, "") | each.words,
                )
                for each in own
            ),
            waits_for(
                one.route, one.body, one.told_at, [(each.what, each.happened_at) for each in own]
            ),
            one.route == Route.ACCOUNTABILITY
            and any(in_line(one.body, each) for each in self.standing),
            tuple(each for each in self._links if each.referral == one.entry),
        )


def _what(heard: HeardOf) -> str:
    if heard.what == AFTER_THE_END:
        said = (
            HEARD.get(Heard(heard.words["what"])) if heard.words.get("what") in set(Heard) else None
        )
        return f"By a link that had ended: {(said or HEARD[Heard.OTHER]).lower()}. Judge if this counts"
    if heard.link and heard.what in BY_LINK:
        return BY_LINK[heard.what]
    return HEARD[Heard(heard.what)]


def unanswered(who: Who, records: Sequence[UUID]) -> dict[UUID, list[tuple[str, Waits]]]:
    """For each of these records what its referrals wait for: (to whom, what), those that wait for something."""
    desk = hands().desk
    sent = stored.referrals(desk, who.key, records)
    heard = stored.heard_of(desk, who.key, records) if sent else []
    found: dict[UUID, list[tuple[str, Waits]]] = {}
    for one in sent:
        own = [(each.what, each.happened_at) for each in heard if each.referral == one.entry]
        waits = waits_for(one.route, one.body, one.told_at, own)
        if not waits.over:
            found.setdefault(one.record, []).append((directory().name(one.body), waits))
    return found
