"""What the register refuses of packs: whoever does not answer, what nobody opened, files that stay."""

import os
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from heed.access import commands as access
from heed.core.vocabulary import Kind
from heed.intake.commands import add_words
from heed.intake.files import SentFile, add_file, flag_file
from heed.referral.commands import How
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.naming_people import looking
from tests.walls.referring import referring
from tests.walls.refusals import NO_ID, Asked, check_refused, told
from tests.walls.sealing import sealed
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_pack(uuid,jsonb,uuid)"
TRAVELS = "register.may_travel(uuid,uuid[])"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead has opened and referred both records."""
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
            made.act(*referring(made, record, how=How.EMAIL))
        yield made


def ids(scene: Bodies, kind: str, record: UUID) -> list[str]:
    asked = "SELECT entry::text FROM facts.item WHERE kind = %s AND record = %s ORDER BY version"
    return [row[0] for row in scene.world.as_owner(asked, (kind, record))]


def claims(scene: Bodies, record: UUID, **other: Any) -> dict[str, Any]:
    [referral] = ids(scene, "referred", record)
    said = {"referral": referral, "entries": ids(scene, "filed", record), "sha256": "0" * 64}
    return said | other


def asked(scene: Bodies, record: UUID, **other: Any) -> str:
    return told(scene, Asked("lead", Kind.PACK_MADE, record, claims(scene, record, **other)))[0]


def put_on(scene: Bodies, record: UUID) -> UUID:
    sent = SentFile("minutes.pdf", "application/pdf", b"%PDF")
    entry = add_file(CHANCE, scene.to, sent, record=record, token=os.urandom(32))
    scene.act("lead", entry)
    scene.world.open()
    return entry.id


def test_only_whoever_answers_for_a_record_makes_its_pack(scene: Bodies) -> None:
    record = scene.records[0]
    said = claims(scene, record)
    answers = check_refused(
        scene,
        "HE404",
        *(
            Asked(name, Kind.PACK_MADE, stream, said)
            for name in ("third", "colleague", "overseer", "custodian", "admin")
            for stream in (record, uuid4(), scene.world.people[name])
        ),
    )
    assert len(answers) == 1
    assert asked(scene, record) == ACCEPTED
    scene.without_line(DECIDE, "PERFORM register.check_owns(p_stream, p_me);")
    assert told(scene, Asked("third", Kind.PACK_MADE, record, said))[0] == ACCEPTED


def test_a_pack_belongs_to_one_referral_and_holds_nothing_of_another_record(scene: Bodies) -> None:
    first, second = scene.records
    other = claims(scene, second)
    for referral in (other["referral"], *NO_ID):
        assert asked(scene, first, referral=referral) == "HE404", referral
    for entry in (*other["entries"], *ids(scene, "referred", first), "x", str(first)):
        assert asked(scene, first, entries=[entry]) == "HE404", entry
    for wrong in ({"entries": None}, {"entries": "x"}, {"sha256": "x"}, {"sha256": None}):
        assert asked(scene, first, **wrong) == "HE003", wrong
    once = claims(scene, first)["entries"]
    assert asked(scene, first, entries=once * 2) == "HE003", "each thing once"
    scene.without_line(DECIDE, "i.entry = s.entry AND i.record = p_stream", "i.entry = s.entry")
    assert asked(scene, first, entries=other["entries"]) == ACCEPTED


def test_nothing_travels_that_nobody_opened(scene: Bodies) -> None:
    told_now = scene.world.tell("He waits by the ferry.")
    scene.world.open()
    record = told_now.record
    scene.act(*referring(scene, record, how=How.EMAIL))
    assert asked(scene, record) == "HE078"
    packing = access.look(
        CHANCE, scene.to, person=scene.world.people["lead"], records=[record], purpose="pack"
    )
    scene.act("lead", packing)  # a look to make a pack is not reading it
    assert asked(scene, record) == "HE078"
    scene.act(*looking(scene, record))
    assert asked(scene, record) == ACCEPTED
    more = add_words(
        CHANCE,
        scene.world.public_recipients(told_now.code),
        "There is more.",
        record=record,
        token=os.urandom(32),
        lookup=told_now.door.lookup,
    )
    scene.world.register("heed_intake").append(more)
    scene.world.open()
    assert asked(scene, record) == ACCEPTED
    later = ids(scene, "added", record)
    assert asked(scene, record, entries=later) == "HE078"
    scene.without_line(DECIDE, "s.at >= r.unseen_since", "false")
    assert asked(scene, record, entries=later) == ACCEPTED


def test_no_file_travels_that_is_held_for_the_police(scene: Bodies) -> None:
    record = scene.records[0]
    file = put_on(scene, record)
    assert asked(scene, record, entries=[str(file)]) == ACCEPTED
    flag = flag_file(CHANCE, scene.to, record=record, file=file, token=os.urandom(32))
    scene.act("lead", flag)
    assert asked(scene, record, entries=[str(file)]) == "HE079"
    assert asked(scene, record) == ACCEPTED  # a flag never delays a referral
    scene.without_line(TRAVELS, "h.record = p_record AND h.entry = ANY (p_sent)", "false")
    assert asked(scene, record, entries=[str(file)]) == ACCEPTED


def test_no_file_travels_that_could_show_who_asked_to_stay_unknown(scene: Bodies) -> None:
    told_now = scene.world.tell("He waits by the ferry.")
    sealed(scene.world, told_now)
    scene.world.open()
    record = told_now.record
    scene.act(*looking(scene, record))
    scene.act(*referring(scene, record, how=How.EMAIL))
    file = put_on(scene, record)
    assert asked(scene, record, entries=[str(file)]) == "HE079"
    assert asked(scene, record) == ACCEPTED
    scene.without_line(TRAVELS, "register.is_sealed(p_record)", "false")
    assert asked(scene, record, entries=[str(file)]) == ACCEPTED
