"""Sending the register something wrong, and hearing all that its sender is told."""

from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from heed.core.vocabulary import Actor
from heed.register.entry import write
from heed.store.append import append_within
from tests.walls.bodies import ACCEPTED, Bodies, everything
from tests.world import CHANCE

NO_ID = ("", "x", None, 5, True, [], {}, ["x"], "{}", str(UUID(int=0)), "00000000-0000")
"""What nobody's id looks like."""


class Asked(NamedTuple):
    """Something that is sent to the register, in whatever form."""

    who: str
    kind: str
    stream: UUID
    claims: dict[str, Any]


def told(scene: Bodies, asked: Asked) -> tuple[Any, ...]:
    """All that the sender is told: its first word is ACCEPTED or the SQLSTATE."""
    entry = write(
        CHANCE,
        scene.to,
        kind=asked.kind,  # type: ignore[arg-type]
        stream=asked.stream,
        actor=Actor.WORKER,
        body={},
        claims=asked.claims,
    )
    try:
        with scene.connected(asked.who) as connection:
            append_within(connection, entry)
    except psycopg.Error as refused:
        about = refused.diag
        return (
            about.sqlstate,
            about.message_primary,
            about.message_detail,
            about.message_hint,
            about.context,
        )
    return (ACCEPTED,)


def check_refused(scene: Bodies, code: str, *wrong: Asked) -> set[tuple[Any, ...]]:
    """Each is refused with this SQLSTATE and all together leave nothing; what was said."""
    before = everything(scene.world)
    answers = [(asked, told(scene, asked)) for asked in wrong]
    astray = [(asked, said) for asked, said in answers if said[0] != code]
    assert not astray, astray
    assert everything(scene.world) == before
    return {said for _, said in answers}


def person(scene: Bodies, name: str) -> str:
    return str(scene.world.people[name])
