"""An overseer reviews a sample of what was put aside, which nobody inside can choose."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from heed.access import commands
from heed.access.people import set_fallback
from heed.core.vocabulary import Danger, Kind
from heed.intake.files import SentFile, add_file
from heed.store import sorting
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from heed.triage import concerned_commands as concerned
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.changes import coming_back, going_away, naming, offering
from tests.walls.refusals import Asked, check_refused, told
from tests.walls.sorting_letters import (
    DECIDE,
    SAMPLED,
    aside,
    letter,
    look,
    oversee,
    put_aside,
    samples,
    tell,
)
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

NAMES = "register.names_child_and_harm(uuid)"
DECIDE_CONCERNED = "register.decide_concerned(uuid,uuid,integer,text,jsonb,uuid)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def test_danger_and_what_was_told_in_public_is_always_reviewed_letters_by_chance(
    scene: Bodies,
) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    told_us, grave = tell(scene, danger=Danger.NO).record, letter(scene, Danger.YES)
    for record in (told_us, grave, *(letter(scene) for _ in range(3))):
        assert put_aside(scene, record) == (ACCEPTED,)
    rows = scene.world.as_owner("SELECT record FROM facts.sample")
    assert {row[0] for row in rows} == {told_us, grave}
    scene.without_line(SAMPLED, "< 0", "< 256")
    last = letter(scene)
    assert put_aside(scene, last) == (ACCEPTED,)
    assert scene.world.as_owner("SELECT 1 FROM facts.sample WHERE record = %s", (last,))


BURIED = {
    "Thank you for your help with the grant.": False,
    "The report is late. My daughter sends her regards.": False,
    "The harm done to our hedge is beyond words.": False,
    "The report is late. One of the girls we spoke to was hurt again, by the way.": True,
    "Our PUPILS are fine,\nUNSAFE on the way home.": True,
    "The hedge is high. A 14 year-old told me that an older man waits there.": True,
}


@pytest.mark.parametrize("words", BURIED)
def test_whatever_names_a_child_and_a_harm_is_always_reviewed(scene: Bodies, words: str) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    record = letter(scene, words=words)
    assert put_aside(scene, record) == (ACCEPTED,)
    assert len(samples(scene)) == BURIED[words]


def test_who_put_it_aside_cannot_tell_what_is_reviewed(scene: Bodies) -> None:
    assert put_aside(scene, scene.records[0]) == (ACCEPTED,)
    assert len(samples(scene)) == 1
    with scene.connected("lead") as connection:
        with pytest.raises(Exception, match="permission denied"):
            connection.execute("SELECT 1 FROM facts.sample")
        assert connection.execute("SELECT * FROM machinery.sampled(9)").fetchall() == []


def _to_review(scene: Bodies, name: str) -> list[UUID]:
    rows = sorting.sampled(Desk(scene.world.link("heed_office")), scene.keys[name], 9)
    return [row.sorting for row in rows]


def test_an_overseer_reviews_what_they_read_and_nobody_their_own(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    assert _to_review(scene, "overseer") == _to_review(scene, "second") == [sample]
    claims = {"sorting": str(sample), "outcome": "right"}
    review = Asked("overseer", Kind.REVIEWED, record, claims)
    check_refused(scene, "HE404", review)  # not asked for yet
    asks = commands.ask_for_content(
        CHANCE, scene.to, person=scene.world.people["overseer"], record=record, reason="sampled"
    )
    scene.act("overseer", asks)
    check_refused(scene, "HE019", review)  # not read yet
    look(scene, "overseer", record, purpose="oversight")
    wrong = [{}, claims | {"outcome": "fine"}, claims | {"outcome": None}]
    check_refused(
        scene, "HE003", *(Asked("overseer", Kind.REVIEWED, record, one) for one in wrong[1:])
    )
    check_refused(
        scene,
        "HE404",
        Asked("overseer", Kind.REVIEWED, record, wrong[0]),
        Asked("overseer", Kind.REVIEWED, scene.records[1], claims),
        Asked("lead", Kind.REVIEWED, record, claims),
        *(Asked(name, Kind.REVIEWED, record, claims) for name in ("second", "custodian", "admin")),
    )
    assert told(scene, review) == (ACCEPTED,)
    check_refused(scene, "HE404", review)  # once
    assert _to_review(scene, "second") == []
    assert aside(scene) == {record}


def test_nobody_reviews_what_they_put_aside_themselves(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    lead = scene.world.people["lead"]
    scene.act(*offering(scene, "colleague"))
    scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=record))
    posts = commands.set_posts(CHANCE, scene.to, person=lead, posts=["overseer"])
    scene.world.register().append(posts)
    oversee(scene, "lead", record)
    claims = {"sorting": str(sample), "outcome": "right"}
    review = Asked("lead", Kind.REVIEWED, record, claims)
    assert _to_review(scene, "lead") == []
    check_refused(scene, "HE404", review)
    scene.without_line(DECIDE, "OR chosen.actor = p_me", "")
    assert told(scene, review) == (ACCEPTED,)


def test_a_review_can_bring_it_back_into_the_queue(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    [sample] = samples(scene)
    oversee(scene, "overseer", record)
    claims = {"sorting": str(sample), "outcome": "look again"}
    assert told(scene, Asked("overseer", Kind.REVIEWED, record, claims)) == (ACCEPTED,)
    assert aside(scene) == set()


def test_an_overseer_who_is_restricted_is_shown_no_sample(scene: Bodies) -> None:
    record = scene.records[0]
    assert put_aside(scene, record) == (ACCEPTED,)
    scene.act(*naming(scene, "lead", "overseer"))
    assert _to_review(scene, "overseer") == []
    assert len(_to_review(scene, "second")) == 1
    line = "AND s.record NOT IN (SELECT register.hidden_from(me))"
    scene.without_line("machinery.sampled(integer)", line, "")
    assert len(_to_review(scene, "overseer")) == 1


# What was decided on where nobody is named.


NOTHING = {"concerned": None, "decision": "no_further_action"}


def decide(scene: Bodies, record: UUID, **claims: Any) -> None:
    look(scene, "lead", record)
    assert told(scene, Asked("lead", Kind.DECIDED, record, NOTHING | claims)) == (ACCEPTED,)


def test_no_further_action_where_nobody_is_named_is_reviewed_like_what_is_put_aside(
    scene: Bodies,
) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    told_us, grave = tell(scene, danger=Danger.NO).record, letter(scene, Danger.YES)
    buried = letter(scene, words="One of the girls was hurt, by the way.")
    by_email = letter(scene)
    mail = SentFile("a.eml", "", b"Subject: the weir\n\nOne of the girls was hurt.")
    scene.act("lead", add_file(CHANCE, scene.to, mail, record=by_email, token=CHANCE.bytes(32)))
    scene.world.open()
    for record in (told_us, grave, buried, by_email, letter(scene)):
        decide(scene, record)
    rows = scene.world.as_owner("SELECT record, reason, actor FROM facts.sample")
    lead = scene.world.people["lead"]
    assert set(rows) == {
        (record, "no further action", lead) for record in (told_us, grave, buried, by_email)
    }
    scene.without_line(SAMPLED, "< 0", "< 256")
    decide(scene, last := letter(scene))
    assert scene.world.as_owner("SELECT 1 FROM facts.sample WHERE record = %s", (last,))


def test_without_that_line_it_is_looked_at_by_nobody_else(scene: Bodies) -> None:
    line = "p_claims->>'decision' = 'no_further_action' AND named IS NULL"
    scene.without_line(DECIDE_CONCERNED, line, "false")
    decide(scene, scene.records[0])
    assert samples(scene) == []


def test_any_other_decision_is_not_reviewed_so(scene: Bodies) -> None:
    first, second = scene.records
    decide(scene, first, decision="refer")
    child = concerned.name_child(CHANCE, scene.to, {"name": "Ella"}, record=second)
    scene.act("lead", child)
    decide(scene, second, concerned=str(child.id))
    assert samples(scene) == []


def alone(scene: Bodies, record: UUID) -> int:
    found = scene.world.as_owner("SELECT decided_alone FROM facts.record WHERE id = %s", (record,))
    return int(found[0][0])


def test_a_review_sends_back_what_was_decided_until_then_and_no_more(scene: Bodies) -> None:
    record = scene.records[0]
    decide(scene, record)
    [sample] = samples(scene)
    decide(scene, record, decision="share")
    assert alone(scene, record) == 2
    desk = Desk(scene.world.link("heed_office"))
    groups = sorting.unsorted(desk, scene.keys["lead"], 20)
    assert record not in [one.record for group in groups for one in group]
    oversee(scene, "overseer", record)
    claims = {"sorting": str(sample), "outcome": "look again"}
    assert told(scene, Asked("overseer", Kind.REVIEWED, record, claims)) == (ACCEPTED,)
    assert alone(scene, record) == 0
    groups = sorting.unsorted(desk, scene.keys["lead"], 20)
    assert record in [one.record for group in groups for one in group]
    url, keys = scene.world.urls["heed_owner"], scene.world.keys
    scene.world.open()
    assert check(url, keys).differences == ()
    decide(scene, record)
    assert alone(scene, record) == 1
    scene.world.open()
    found = check(url, keys)
    rebuild(url, keys)
    assert (found.differences, check(url, keys)) == ((), found)


def test_a_review_that_finds_it_right_leaves_it(scene: Bodies) -> None:
    record = scene.records[0]
    decide(scene, record)
    oversee(scene, "overseer", record)
    claims = {"sorting": str(samples(scene)[0]), "outcome": "right"}
    assert told(scene, Asked("overseer", Kind.REVIEWED, record, claims)) == (ACCEPTED,)
    assert alone(scene, record) == 1
    assert check(scene.world.urls["heed_owner"], scene.world.keys).unopened > 0


# What nobody can review.


def notified(scene: Bodies) -> set[str]:
    """Who is told that something waits for a review that nobody may give."""
    desk = Desk(scene.world.link("heed_office"))
    return {name for name, key in scene.keys.items() if sorting.unreviewable(desk, key)}


def only_one_overseer(scene: Bodies) -> None:
    """And what the lead puts aside passes to them."""
    scene.act(*offering(scene, "overseer"))
    accepts = commands.accept_hand_over(CHANCE, scene.to, record=scene.records[0])
    scene.act("overseer", accepts)
    second = scene.world.people["second"]
    scene.world.register().append(commands.set_posts(CHANCE, scene.to, person=second, posts=[]))


ADMINISTRATORS = {"admin", "their admin"}


def test_what_passes_to_the_only_overseer_is_not_silent(scene: Bodies) -> None:
    decide(scene, scene.records[0])
    assert notified(scene) == set()
    only_one_overseer(scene)
    assert _to_review(scene, "overseer") == []
    assert notified(scene) == {"contact"}
    third = scene.world.people["third"]
    posts = commands.set_posts(CHANCE, scene.to, person=third, posts=["overseer"])
    scene.world.register().append(posts)
    assert notified(scene) == set()
    assert _to_review(scene, "third") == samples(scene)


def test_what_the_only_overseer_put_aside_or_may_not_see_is_not_silent(scene: Bodies) -> None:
    assert put_aside(scene, scene.records[0]) == (ACCEPTED,)
    scene.act(*going_away(scene, "second"))
    assert notified(scene) == set()
    scene.act(*naming(scene, "lead", "overseer"))
    assert notified(scene) == {"contact"}
    scene.act(*coming_back(scene, "second"))
    assert notified(scene) == set()


def test_whoever_is_kept_from_it_is_not_told_but_another_is(scene: Bodies) -> None:
    decide(scene, scene.records[0])
    for name in ("contact", "admin"):
        scene.act(*naming(scene, "lead", name))
    only_one_overseer(scene)
    assert notified(scene) == {"their admin"}
    line = "AND s.record NOT IN (SELECT register.hidden_from(me))"
    scene.without_line("machinery.unreviewable()", line, "")
    assert notified(scene) == {"contact", *ADMINISTRATORS}


def test_whoever_put_it_aside_is_not_told_that_it_was_chosen(scene: Bodies) -> None:
    decide(scene, scene.records[0])
    only_one_overseer(scene)
    lead = scene.world.people["lead"]
    scene.world.register().append(
        set_fallback(CHANCE, scene.to, slot=scene.world.slot, fallback=lead)
    )
    assert notified(scene) == ADMINISTRATORS
    scene.without_line("machinery.unreviewable()", "AND s.actor <> me", "")
    assert notified(scene) == {"lead", *ADMINISTRATORS}


def test_what_is_too_long_to_be_searched_for_a_child_and_a_harm_is_reviewed(scene: Bodies) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    hedge = "The hedge is high.\n" * 60_000
    assert put_aside(scene, letter(scene, words=hedge + "The girls are hurt.")) == (ACCEPTED,)
    assert len(samples(scene)) == 1
    scene.without_line(NAMES, "length(w.body) > 1000000 OR ", "")
    assert put_aside(scene, letter(scene, words=hedge + "A boy is hurt.")) == (ACCEPTED,)
    assert len(samples(scene)) == 1


def test_a_word_behind_any_line_s_end_is_a_word(scene: Bodies) -> None:
    scene.without_line(SAMPLED, "< 26", "< 0")
    words = "\\n" * 400_000 + "The hedge\r\ngirls\thurt\n"
    assert put_aside(scene, letter(scene, words=words)) == (ACCEPTED,)
    assert len(samples(scene)) == 1
