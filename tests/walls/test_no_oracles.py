"""Nobody learns by an id that they know whether something is there: what they may not do comes first."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from heed.access import commands
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Kind
from heed.intake.identity import Identity, seal_identity
from heed.store.append import append_within
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, APPEND, Bodies, answer, bodies
from tests.walls.changes import going_away, naming
from tests.walls.refusals import Asked, check_refused
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide(uuid,uuid,integer,text,jsonb,timestamp with time zone,uuid)"
DECIDE_PEOPLE = "register.decide_people(uuid,integer,text,jsonb,timestamp with time zone,uuid)"
IS_BY = "register.is_by(bytea,bytea,text,uuid,bytea,uuid)"
RIGHTS = "PERFORM register.check_administers(p_me, NULL, ARRAY[]::uuid[]);"
TAKEN = "something else is on the record under this id"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The colleague is walled from the first record."""
    with bodies(server) as made:
        made.act(*naming(made, "lead", "colleague"))
        yield made


def _adds(kind: Kind, stream: UUID) -> Asked:
    return Asked("colleague", kind, stream, {"role": "worker", "parent": None})


@pytest.mark.parametrize(
    ("kind", "function"),
    [
        (Kind.PERSON_ADDED, DECIDE),
        (Kind.UNIT_ADDED, DECIDE_PEOPLE),
        (Kind.UNIT_MOVED, DECIDE_PEOPLE),
    ],
)
def test_who_may_not_add_hears_the_same_of_what_is_there_and_what_is_not(
    scene: Bodies, kind: Kind, function: str
) -> None:
    there = [scene.records[0], scene.world.people["lead"], scene.units["desk"], scene.world.slot]
    asked = [_adds(kind, stream) for stream in (*there, uuid4())]
    assert len(check_refused(scene, "HE013", *asked)) == 1
    scene.without_line(function, RIGHTS, "")
    check_refused(scene, "HE003", _adds(kind, scene.records[0]))


def _first_of(scene: Bodies) -> tuple[UUID, bytes]:
    """The id and the commitment of what was told in the first record."""
    row = scene.world.as_owner(
        "SELECT id, commitment FROM register.entry WHERE stream = %s AND version = 1",
        (scene.records[0],),
    )[0]
    return row[0], bytes(row[1])


def _look(scene: Bodies, name: str) -> SealedEntry:
    person = scene.world.people[name]
    return commands.look(CHANCE, scene.to, person=person, records=[], purpose="own queue")


def _told(scene: Bodies, name: str, entry: SealedEntry) -> tuple[Any, ...]:
    with scene.connected(name) as connection:
        try:
            done = append_within(connection, entry)
        except psycopg.Error as refused:
            about = refused.diag
            return (about.sqlstate, about.message_primary, about.message_detail, about.message_hint)
    return ("again",) if done.again else (ACCEPTED,)


def test_knowing_an_entry_s_id_gives_nobody_its_header(scene: Bodies) -> None:
    known, commitment = _first_of(scene)
    for claims, sent in (
        (Kind.LOOKED, replace(_look(scene, "colleague"), commitment=commitment)),
        (Kind.ANSWERED, replace(_look(scene, "colleague"), kind=Kind.ANSWERED)),
        (Kind.FILED, replace(_look(scene, "colleague"), kind=Kind.FILED, commitment=commitment)),
    ):
        there = replace(sent, id=known, stream=scene.records[0])
        unknown = replace(sent, id=uuid4(), stream=scene.records[0])
        nowhere = replace(sent, id=uuid4(), stream=uuid4(), kind=Kind.ANSWERED)
        answers = {_told(scene, "colleague", one) for one in (there, unknown)}
        assert len(answers) == 1, claims
        assert _told(scene, "colleague", nowhere)[0] == "HE404"
    sent = replace(_look(scene, "colleague"), commitment=commitment)
    there = replace(sent, id=known, stream=scene.records[0])
    scene.without_line(IS_BY, "header->>'kind' = p_kind AND header->>'role' = session_user", "true")
    scene.without_line(IS_BY, "AND (p_me IS NULL OR", "AND (true OR")
    assert _told(scene, "colleague", there) == ("again",)


def test_an_id_that_is_taken_is_a_plain_sentence_without_a_detail(scene: Bodies) -> None:
    known, _ = _first_of(scene)
    mine = replace(_look(scene, "colleague"), id=known)
    assert _told(scene, "colleague", mine) == ("HE003", TAKEN, None, None)
    scene.without_line(
        APPEND, "IF EXISTS (SELECT FROM register.entry e WHERE e.id = p_id)", "IF false"
    )
    code, _, detail, _ = _told(scene, "colleague", mine)
    assert code == "23505"
    assert str(known) in detail


def test_what_is_sent_twice_by_whom_it_is_from_is_recorded_once(scene: Bodies) -> None:
    """Also where they could do it no more, as whoever is away."""
    record, lead = scene.records[1], scene.world.people["lead"]
    add = commands.add_person(CHANCE, scene.to, person=uuid4(), name="New", role="worker")
    posts = commands.set_posts(CHANCE, scene.to, person=lead, posts=["manager"])
    offer = commands.offer_hand_over(
        CHANCE, scene.to, record=record, taker=scene.world.people["third"], note=""
    )
    for name, entry in (
        ("admin", add),
        ("admin", posts),
        ("lead", offer),
        ("lead", _look(scene, "lead")),
        going_away(scene, "third"),
    ):
        assert _told(scene, name, entry) == (ACCEPTED,)
        assert _told(scene, name, entry) == ("again",)
        other = "second" if name != "lead" else "overseer"
        assert _told(scene, other, entry)[0].startswith("HE")


def test_the_public_face_sends_again_only_with_the_code(scene: Bodies) -> None:
    told = scene.world.tell("no name here")
    entry = seal_identity(
        CHANCE,
        scene.to,
        Identity(name="Ivo Marsh"),
        record=told.record,
        token=os.urandom(32),
        lookup=told.door.lookup,
    )
    with scene.connected("heed_intake") as public:
        assert answer(public, entry) == answer(public, entry) == ACCEPTED
        assert answer(public, replace(entry, lookup=os.urandom(32))) == "HE404"
    count = "SELECT count(*) FROM register.entry WHERE id = %s"
    assert scene.world.as_owner(count, (entry.id,)) == [(1,)]
    scene.without_line(IS_BY, "session_user <> 'heed_intake' OR", "true OR")
    with scene.connected("heed_intake") as public:
        assert answer(public, replace(entry, lookup=os.urandom(32))) == ACCEPTED
