"""Which bodies a concern goes to, by which of two routes, and which bodies must never get it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from heed.core.rules import RULES, Rule
from heed.core.vocabulary import Danger
from heed.referral.directory import Area, Body, Directory, in_line


class Route(StrEnum):
    """Why it goes there: to keep a child safe, or so that somebody outside looks at what was done."""

    PROTECTING = "protecting"
    ACCOUNTABILITY = "accountability"


class ReferredToTheCriticised(ValueError):
    """A body would judge its own response, or that of its own line; the text says so plainly."""


class Proposal(NamedTuple):
    """A body to refer to, and why. `second`: an alternative, not the first to go to.

    `approximate`: the place is a guess. `criticised`: its own response is criticised here, so somebody
    there who had no part in it must take it. Proposals are made; a person chooses.
    """

    body: Body
    reason: str
    second: bool = False
    approximate: bool = False
    criticised: bool = False


class Refused(NamedTuple):
    """A body that must not get it, and why not."""

    body: Body
    reason: str


class Routes(NamedTuple):
    """What is proposed, most pressing first; what is refused; what is criticised and nobody looks at."""

    proposed: tuple[Proposal, ...]
    refused: tuple[Refused, ...] = ()
    unwatched: tuple[Body, ...] = ()


WATCHDOGS: dict[str, tuple[tuple[str, str], ...]] = {
    "police": (
        ("iopc", "It looks at complaints about the police"),
        (
            "hmicfrs",
            "It inspects police forces. It looks at how a force works, not at one complaint",
        ),
    ),
    "police/police-scotland": (("pirc", "It looks at complaints about the police in Scotland"),),
    "police/psni": (("poni", "It looks at complaints about the police in Northern Ireland"),),
    "nca-ceop": (
        ("iopc", "It looks at complaints about this agency, too"),
        ("hmicfrs", "It inspects this agency, too"),
    ),
    "council": (
        ("lgsco", "It looks at complaints about councils in England"),
        ("ofsted", "It inspects children’s services in England"),
    ),
    "school": (("ofsted", "It inspects schools in England, and hears concerns about them"),),
    "health": (
        ("cqc", "It checks health and care services in England"),
        ("phso", "It looks at complaints about the NHS in England"),
    ),
    "charity": (("charity-commission", "It checks charities, and hears of serious incidents"),),
    "department": (("phso", "It looks at complaints about government departments"),),
    "ofsted": (("phso", "It looks at complaints about government bodies"),),
    "cqc": (("phso", "It looks at complaints about government bodies"),),
    "charity-commission": (("phso", "It looks at complaints about government bodies"),),
    "dbs": (("phso", "It looks at complaints about government bodies"),),
    "ico": (("phso", "It looks at complaints about government bodies"),),
}
"""Who looks at a body from outside, by the top of its line; the first is the first to go to."""

ANOTHER = "another body that you know to be outside it, after you have rung it back"
NO_WATCHDOG = f"The list has no body that looks at this one. Choose {ANOTHER}."
CRITICISED = "What it did is criticised in this record, so it cannot look at that itself"
IN_LINE = "It stands in one line with {}, which is criticised in this record"
TELLS_THE_FORCE = (
    "The complaints body must normally tell the police force that you complained, and of whom. That is in the "
    "Police Reform Act 2002, Schedule 3. If that could put a child or the person who told us at risk, "
    "ring the complaints body first, and ask what it can do."
)
"""What must be read before a complaint about the police goes out; the Act's exceptions are not listed here."""


def protecting(
    known: Directory,
    areas: Sequence[Area],
    *,
    danger: str,
    crime: str,
    criticised: Iterable[str] = (),
    approximate: bool = False,
) -> Routes:
    """Children's services where the child is, and the police where a crime or danger is possible.

    Nothing that is criticised changes this: it only says to ask for somebody who had no part in it.
    """
    all_criticised = tuple(criticised)

    def made(id: str, reason: str) -> Proposal:
        guess = approximate or len(areas) > 1
        return Proposal(known.bodies[id], reason, False, guess, against(id, all_criticised))

    found = []
    if danger != Danger.NO or crime != "no":
        why = (
            "Somebody may be in danger now"
            if danger == Danger.YES
            else "A crime or danger is possible"
        )
        for force in dict.fromkeys(area.force for area in areas):
            found.append(
                made(force, f"{why}, and these are the police there. In danger now: ring 999")
            )
    for area in areas:
        if area.council:
            found.append(
                made(
                    f"council/{area.council}/children",
                    f"They look into what may harm a child who is in {area.name}",
                )
            )
    alike = {each.body.id: each for each in found}
    return Routes(tuple(alike.values()))


def accountability(
    known: Directory,
    criticised: Sequence[str],
    *,
    employers: Sequence[Area] = (),
    trusted: bool = False,
) -> Routes:
    """Outside bodies only: who looks at what each criticised body did; the LADO where the employer is.

    `trusted`: it is about an adult in a position of trust. Employing them makes nobody criticised.
    """
    proposed = [each for one in criticised for each in _watchdogs(known, one)]
    if trusted:
        proposed += _for_trust(known, employers)
    refused = {
        each.body.id: Refused(each.body, _why(known, each.body.id, criticised))
        for each in (*proposed, *(Proposal(_named(known, one), "") for one in criticised))
        if against(each.body.id, criticised)
    }
    return Routes(
        tuple(each for each in _each_once(proposed) if each.body.id not in refused),
        tuple(refused.values()),
        tuple(_named(known, one) for one in criticised if not any(_watchdogs(known, one))),
    )


def check_accountable(known: Directory, body: str, criticised: Iterable[str]) -> None:
    """Raises ReferredToTheCriticised where a body, or what stands above or below it, is criticised."""
    if against(body, criticised):
        raise ReferredToTheCriticised(f"{_why(known, body, criticised)}. Choose {ANOTHER}.")


def against(body: str, criticised: Iterable[str]) -> bool:
    """Whether a body, or what stands above or below it, is criticised."""
    return any(in_line(body, one) for one in criticised)


def protects(body: str) -> bool:
    """Whether a body can act for a child at once; the SQL twin is in register.decide_referred()."""
    top, _, rest = body.partition("/")
    if top == "council":
        return not rest or rest.endswith("/children")
    return top in ("police", "nca-ceop", "school", "health", "other")


def warns_of_the_force(body: str, criticised: Iterable[str]) -> bool:
    """Whether the complaints body would normally tell the force that is criticised."""
    return body == "iopc" and any(in_line(one, "police") for one in criticised)


CHECKED = RULES.always("own.contact")
"""So long after somebody checked how a body is reached, they check it again."""

COUNTED = ("C02", "C12")
"""The clocks of others that run beside a referral."""


def confirmation(route: str, body: str, told_at: datetime) -> Rule | None:
    """The clock that binds whoever was told, in force on that day; None: none runs."""
    if route != Route.PROTECTING:
        return None
    if body.startswith("council/E") and body.endswith("/children"):
        return _running(COUNTED[0], told_at)
    if body.startswith("police/E") or body.startswith("police/W"):
        return _running(COUNTED[1], told_at)
    return None


def _running(id: str, at: datetime) -> Rule | None:
    rule = RULES.in_force(id, at)
    return rule if rule is not None and not rule.stopped else None


def _each_once(proposed: Iterable[Proposal]) -> Iterator[Proposal]:
    """Each body once, where it was proposed first, with every reason for it."""
    alike: dict[str, list[Proposal]] = {}
    for one in proposed:
        alike.setdefault(one.body.id, []).append(one)
    for same in alike.values():
        yield same[0]._replace(
            reason=". ".join(dict.fromkeys(one.reason for one in same)),
            second=all(one.second for one in same),
            approximate=any(one.approximate for one in same),
        )


def _watchdogs(known: Directory, one: str) -> Iterator[Proposal]:
    """By the most particular part of the line for which somebody is named.

    Whoever is named for councils looks at those of England; for Wales the list has nobody.
    """
    if one.startswith("council/W"):
        return
    parts = one.split("/")
    tops = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    named = next((WATCHDOGS[top] for top in tops if top in WATCHDOGS), ())
    for place, (id, reason) in enumerate(named):
        yield Proposal(known.bodies[id], f"{known.name(one)} is criticised. {reason}", place > 0)


def _for_trust(known: Directory, employers: Sequence[Area]) -> Iterator[Proposal]:
    for area in employers:
        if area.council and area.council.startswith("E"):
            why = f"The employer is in {area.name}. This officer hears of adults in a position of trust"
            yield Proposal(known.lado(area.council), why, False, len(employers) > 1)
    yield Proposal(known.bodies["dbs"], "It can bar somebody from work with children", True)
    if any(area.council and area.council.startswith("E") for area in employers) or not employers:
        yield Proposal(
            known.bodies["ofsted"],
            "An outside copy, where the council’s own officer cannot have it",
            True,
        )


def _why(known: Directory, body: str, criticised: Iterable[str]) -> str:
    by = next(one for one in criticised if in_line(body, one))
    return CRITICISED if by == body else IN_LINE.format(known.name(by))


def _named(known: Directory, id: str) -> Body:
    return known.body(id) or Body(id, id)
