"""A look at words that are not there yet is on the record, and is no reading of them."""

import os
import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.access import commands
from heed.core.ports import SealedEntry
from heed.core.vocabulary import Kind
from heed.intake import commands as intake
from heed.intake.files import SentFile, add_file
from heed.store.append import append_within
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.refusals import Asked, told
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

APPLY = "register.apply(uuid,uuid,integer,text,timestamp with time zone,jsonb)"
HAS_READ = "register.has_read(uuid,uuid,text[])"
EARLY_AT = "register.early_at(uuid[])"
SORT = {"outcome": "concern", "reason": None, "copy_of": None}
DECIDE = {"decision": "refer"}


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def tell(scene: Bodies) -> Told:
    """A concern of the lead's, whose words are there."""
    made = scene.world.tell("the first words")
    scene.world.open()
    return made


def more(scene: Bodies, made: Told) -> SealedEntry:
    return intake.add_words(
        CHANCE,
        scene.world.public_recipients(made.code),
        "he was there again",
        record=made.record,
        lookup=made.door.lookup,
        token=os.urandom(32),
    )


def add(scene: Bodies, made: Told) -> None:
    """They add words; the opener has not come by yet."""
    scene.world.register("heed_intake").append(more(scene, made))


def look(scene: Bodies, record: UUID, purpose: str = "own queue") -> SealedEntry:
    lead = scene.world.people["lead"]
    return commands.look(CHANCE, scene.to, person=lead, records=[record], purpose=purpose)


def shown(scene: Bodies, record: UUID) -> list[bool]:
    """Which of all that was said has words, as a look shows it."""
    desk = Desk(scene.world.link("heed_office"))
    opened = desk.open(scene.keys["lead"], scene.world.people["lead"], record, CHANCE, scene.to)
    return [said.body is not None for said in opened.said if said.kind in ("filed", "added")]


def judged(scene: Bodies, record: UUID) -> tuple[str, str]:
    """What the register says to a sorting and to a decision."""
    return (
        told(scene, Asked("lead", Kind.SORTED, record, SORT))[0],
        told(scene, Asked("lead", Kind.DECIDED, record, DECIDE))[0],
    )


def unseen(scene: Bodies, record: UUID) -> bool:
    rows = scene.world.as_owner(
        "SELECT unseen_since IS NOT NULL FROM facts.record WHERE id = %s", (record,)
    )
    return bool(rows[0][0])


def test_a_look_at_words_that_are_not_there_yet_is_no_reading_of_them(scene: Bodies) -> None:
    made = tell(scene)
    assert shown(scene, made.record) == [True]
    assert not unseen(scene, made.record)
    add(scene, made)
    assert shown(scene, made.record) == [True, False]
    assert unseen(scene, made.record)
    assert judged(scene, made.record) == ("HE019", "HE030")
    scene.world.open()
    assert judged(scene, made.record) == ("HE019", "HE030")  # the words came after that look
    assert shown(scene, made.record) == [True, True]
    assert not unseen(scene, made.record)
    assert judged(scene, made.record) == (ACCEPTED, ACCEPTED)


def test_without_that_question_words_that_nobody_could_see_would_count_as_read(
    scene: Bodies,
) -> None:
    made = tell(scene)
    add(scene, made)
    shown(scene, made.record)
    assert judged(scene, made.record) == ("HE019", "HE030")
    scene.without_line(HAS_READ, "AND NOT k.early @> ARRAY[p_record]")
    assert judged(scene, made.record) == (ACCEPTED, ACCEPTED)  # one question stands behind both
    scene.without_line(
        APPLY,
        "AND id <> ALL (ARRAY(SELECT jsonb_array_elements_text(p_facts->'early')::uuid))",
    )
    assert shown(scene, made.record) == [True, False]
    assert judged(scene, made.record) == (ACCEPTED, ACCEPTED)


def test_a_file_that_is_not_there_yet_is_not_seen_either(scene: Bodies) -> None:
    made = tell(scene)
    file = add_file(
        CHANCE,
        scene.world.public_recipients(made.code),
        SentFile("weir.jpg", "image/jpeg", b"not really"),
        record=made.record,
        token=os.urandom(32),
        lookup=made.door.lookup,
    )
    scene.world.register("heed_intake").append(file)
    shown(scene, made.record)
    assert unseen(scene, made.record)
    scene.world.open()
    shown(scene, made.record)
    assert not unseen(scene, made.record)


def test_what_can_never_be_opened_does_not_keep_a_record_unread_for_ever(scene: Bodies) -> None:
    made = tell(scene)
    spoilt = more(scene, made)
    object.__setattr__(spoilt, "sealed", b"\0" * 100)
    scene.world.register("heed_intake").append(spoilt)
    scene.world.open()
    assert shown(scene, made.record) == [True, False]
    assert not unseen(scene, made.record)


def test_only_the_record_that_waits_is_unseen_of_many_in_one_look(scene: Bodies) -> None:
    made, other = tell(scene), scene.records[0]
    add(scene, made)
    lead = scene.world.people["lead"]
    both = commands.look(
        CHANCE, scene.to, person=lead, records=[made.record, other], purpose="own queue"
    )
    scene.act("lead", both)
    assert (unseen(scene, made.record), unseen(scene, other)) == (True, False)
    rows = scene.world.as_owner("SELECT early FROM facts.look")
    assert rows == [([made.record],)]


def raced(scene: Bodies) -> bool:
    """Whether words that were being added while somebody looked are unseen behind that look."""
    made = tell(scene)
    with scene.connected("heed_intake") as adding, scene.connected("lead") as looking:
        adding.autocommit = False
        append_within(adding, more(scene, made))
        entry = look(scene, made.record)
        thread = threading.Thread(target=append_within, args=(looking, entry))
        thread.start()
        while not scene.world.as_owner("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert thread.is_alive()
        adding.commit()
        thread.join()
    return unseen(scene, made.record)


def test_a_look_waits_for_whoever_is_adding_just_then(scene: Bodies) -> None:
    assert raced(scene)
    lock = (
        "PERFORM FROM register.head h WHERE h.stream = ANY (p_records) ORDER BY h.stream FOR SHARE;"
    )
    scene.without_line(EARLY_AT, lock)
    assert not raced(scene)


def test_a_rebuild_knows_which_looks_came_too_early(scene: Bodies) -> None:
    made = tell(scene)
    add(scene, made)
    shown(scene, made.record)
    url, keys = scene.world.urls["heed_owner"], scene.world.keys
    assert check(url, keys).differences == ()
    scene.world.open()
    rebuild(url, keys)
    assert check(url, keys).differences == ()
    assert unseen(scene, made.record)
    assert judged(scene, made.record) == ("HE019", "HE030")
    scene.without("UPDATE facts.look SET early = '{}'")
    assert [one.table for one in check(url, keys).differences] == ["facts.look"]
