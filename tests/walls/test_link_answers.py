"""What whoever got a referral answers by its link reaches whoever answers for the record."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from heed.core.vocabulary import Danger
from heed.intake import beside
from heed.referral.commands import Heard
from heed.referral.link import answer_link, say_sent
from heed.store.append import PostgresRegister
from heed.store.readable import Desk
from heed.store.rebuild import check
from heed.store.unconfirmed import unconfirmed
from heed.triage.concerned_commands import Choice
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.linking import Sent, answering, linking, opened, public
from tests.walls.naming_people import a_child, deciding, looking
from tests.walls.referring import hearing, referring
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

APPLY = "register.apply_link(uuid,uuid,integer,text,timestamptz,jsonb)"
DID = "register.was_referred(uuid,uuid,integer,text,timestamptz)"
SAID = "register.said_in(uuid)"
WENT = "register.went_out(uuid)"
UNOPENED = "register.unopened(integer,uuid[],boolean)"
COUNT = "register.count_to_do(uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead, who is reached by email, has opened both records."""
    with bodies(server) as made:
        made.without(
            "INSERT INTO machinery.reach (person, telephone, email)"
            f" VALUES ('{made.world.people['lead']}', '01632960001', 'lead@example.org')"
        )
        for record in made.records:
            made.act(*looking(made, record))
        yield made


def decided(scene: Bodies, record: UUID, choice: Choice) -> None:
    child = a_child(scene, record)
    scene.act(*child)
    scene.act(*deciding(scene, record, child.entry.id, choice))


def posted(scene: Bodies, sent: Sent) -> None:
    """The mail server took it."""
    about = {"record": sent.record, "link": sent.entry, "why": ""}
    scene.world.register("heed_sweep").append(say_sent(CHANCE, scene.to, sent=True, **about))


def answered(scene: Bodies, sent: Sent, *heard: Heard) -> None:
    """Somebody opens it, and answers."""
    code = opened(scene.world, sent)
    for what in heard:
        PostgresRegister(scene.world.link("heed_intake")).append(answering(scene.world, code, what))
    scene.world.open()


def standing(scene: Bodies, record: UUID) -> tuple[int, str | None, bool]:
    """Its rank, what is to be done, and whether something is unseen."""
    found: tuple[int, str | None, bool] = scene.world.as_owner(
        "SELECT rank, to_do, unseen_since IS NOT NULL FROM facts.record WHERE id = %s", (record,)
    )[0]
    return found


def notices(scene: Bodies) -> int:
    told = scene.world.people["lead"]
    asked = "SELECT count(*) FROM machinery.message WHERE person = %s AND what = 'notice'"
    found: int = scene.world.as_owner(asked, (told,))[0][0]
    return found


def same(scene: Bodies) -> None:
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def in_danger(scene: Bodies) -> Sent:
    """It was decided to act now, and a link was sent."""
    record = scene.world.tell("He is there now.", danger=Danger.YES).record
    scene.world.open()
    scene.act(*looking(scene, record))
    decided(scene, record, Choice.ACT_NOW)
    sent = linking(scene, record)
    posted(scene, sent)
    return sent


def test_who_declines_by_link_leaves_it_to_be_acted_on_and_that_is_unread(scene: Bodies) -> None:
    sent = in_danger(scene)
    assert standing(scene, sent.record)[1] == "confirm"
    answered(scene, sent, Heard.DECLINED)
    assert standing(scene, sent.record) == (0, "act_now", True)
    assert notices(scene) == 1
    same(scene)
    scene.act(*looking(scene, sent.record))
    assert standing(scene, sent.record) == (1, "act_now", False), "it was read, and is to be done"
    another = referring(scene, sent.record)
    scene.act(*another)
    assert standing(scene, sent.record)[1] == "confirm", "another referral stands"
    same(scene)


def test_without_asking_whether_they_declined_nothing_is_due(scene: Bodies) -> None:
    scene.without_line(DID, "register.declined_since(f.entry) IS NULL", "true")
    sent = in_danger(scene)
    answered(scene, sent, Heard.DECLINED)
    assert standing(scene, sent.record)[1] != "act_now"


@pytest.mark.parametrize(
    "what", [Heard.ACKNOWLEDGED, Heard.ACCEPTED, Heard.REFERENCE, Heard.OUTCOME, Heard.OTHER]
)
def test_every_answer_by_link_is_unread_until_whoever_answers_looked(
    scene: Bodies, what: Heard
) -> None:
    decided(scene, scene.records[0], Choice.REFER)
    sent = linking(scene, scene.records[0])
    posted(scene, sent)
    answered(scene, sent, what)
    assert standing(scene, sent.record)[::2] == (1, True)
    assert notices(scene) == 1
    same(scene)
    scene.act(*looking(scene, sent.record))
    assert not standing(scene, sent.record)[2]
    same(scene)


def test_without_those_lines_an_answer_is_seen_by_nobody(scene: Bodies) -> None:
    scene.without_line(SAID, "s.record = p_record AND s.news", "false")
    scene.without_line(APPLY, "p_facts ? 'news'", "false")
    sent = linking(scene, scene.records[0])
    answered(scene, sent, Heard.OUTCOME)
    assert (standing(scene, sent.record)[2], notices(scene)) == (False, 0)


def test_a_look_before_the_answer_was_opened_has_not_seen_it(scene: Bodies) -> None:
    sent = linking(scene, scene.records[0])
    code = opened(scene.world, sent)
    scene.world.open()
    register = PostgresRegister(scene.world.link("heed_intake"))
    register.append(answering(scene.world, code))
    scene.act(*looking(scene, sent.record))
    assert standing(scene, sent.record)[2]
    same(scene)


def test_that_they_declined_waits_for_what_is_done_about_it(scene: Bodies) -> None:
    """As staff write it down, and where nothing was decided that it would open again."""
    record = scene.records[0]
    decided(scene, record, Choice.SHARE)
    made = referring(scene, record)
    scene.act(*made)
    scene.act(*hearing(scene, record, made.entry.id, Heard.DECLINED))
    assert standing(scene, record) == (2, "declined", False)
    same(scene)
    scene.act(*hearing(scene, record, made.entry.id, Heard.ACCEPTED))
    assert standing(scene, record)[1] is None, "they changed their mind"
    scene.act(*hearing(scene, record, made.entry.id, Heard.DECLINED))
    words = "Their manager was rung, and takes it."
    scene.act("lead", beside.note(CHANCE, scene.to, record=record, words=words))
    assert standing(scene, record) == (3, None, False)
    same(scene)


def test_without_that_wait_whoever_declines_ends_it(scene: Bodies) -> None:
    scene.without_line(
        COUNT, "SELECT 'declined', register.declined_since(f.entry)", "SELECT 'declined', NULL"
    )
    record = scene.records[0]
    decided(scene, record, Choice.SHARE)
    made = referring(scene, record)
    scene.act(*made)
    scene.act(*hearing(scene, record, made.entry.id, Heard.DECLINED))
    assert standing(scene, record) == (3, None, False)


@pytest.mark.parametrize("asked_of", [True, False])
def test_staff_who_are_named_in_an_answer_are_restricted_and_not_without_its_record(
    scene: Bodies, asked_of: bool
) -> None:
    if not asked_of:
        scene.without_line(UNOPENED, "s.link IS NOT NULL", "false")
    sent = linking(scene, scene.records[0])
    scene.world.add_person("named", "Ada Novak", "worker")
    scene.world.open()
    code = opened(scene.world, sent)
    said = {"person": "A. Receiver", "reference": "", "words": "The child names Ada Novak."}
    about = {"code": code, "what": Heard.OTHER, "token": b"t" * 32}
    entry = answer_link(CHANCE, public(scene.world), said, **about)
    PostgresRegister(scene.world.link("heed_intake")).append(entry)
    scene.world.open()
    asked = "SELECT record, person FROM facts.wall"
    walled = [(sent.record, scene.world.people["named"])] if asked_of else []
    assert scene.world.as_owner(asked) == walled
    same(scene)


def since(scene: Bodies, sent: Sent) -> tuple[str | None, bool]:
    """What is to be done, and whether it counts from when the link was opened."""
    found: tuple[str | None, bool] = scene.world.as_owner(
        "SELECT to_do, to_do_since = (SELECT min(s.at) FROM facts.step s WHERE s.link = %s"
        " AND s.what = 'opened') FROM facts.record WHERE id = %s",
        (sent.entry, sent.record),
    )[0]
    return found


def in_hand(scene: Bodies) -> Sent:
    """It was decided to refer, and whoever had the link opened it: nobody said that it was sent."""
    decided(scene, scene.records[0], Choice.REFER)
    sent = linking(scene, scene.records[0])
    opened(scene.world, sent)
    scene.world.open()
    return sent


def test_a_link_that_was_opened_and_never_confirmed_is_waited_for_since_then(
    scene: Bodies,
) -> None:
    sent = in_hand(scene)
    assert since(scene, sent) == ("confirm", True), "they have it, whoever sent it how"
    same(scene)
    (one,) = unconfirmed(Desk(scene.world.link("heed_office")), scene.keys["lead"], 9)
    assert (one.referral, one.told_at is not None) == (sent.referral, True)
    scene.act(*hearing(scene, sent.record, sent.referral, Heard.SENT))
    assert since(scene, sent) == ("confirm", True), "that it was sent is said later: no more time"
    same(scene)


def test_what_was_opened_before_it_was_decided_does_nothing_of_that(scene: Bodies) -> None:
    sent = linking(scene, scene.records[0])
    opened(scene.world, sent)
    scene.world.open()
    decided(scene, sent.record, Choice.REFER)
    assert standing(scene, sent.record)[1] == "refer"
    same(scene)
    scene.act(*hearing(scene, sent.record, sent.referral, Heard.SENT))
    assert standing(scene, sent.record)[1] == "refer", "they had opened it already"
    same(scene)


def test_without_those_lines_a_link_that_was_opened_is_chased_by_nobody(scene: Bodies) -> None:
    scene.without_line(WENT, "IN ('sent', 'opened')", "= 'sent'")
    assert since(scene, in_hand(scene))[0] != "confirm"
