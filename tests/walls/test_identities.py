"""Who told us is sealed: what no ordinary look opens, which two open it, for how long, and who never does."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from heed.access import asking as leave
from heed.access import commands, identities
from heed.access.walls import Ground
from heed.core.vocabulary import Kind
from heed.store import identities as questions
from heed.store.append import append_within
from heed.store.readable import Desk, NoSuchRecord
from heed.store.searching import search
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, bodies
from tests.walls.refusals import Asked, check_refused, told
from tests.walls.sealing import (
    NAME,
    agrees,
    asks,
    looks,
    opened_by_two,
    opens,
    opens_alone,
    reads,
    sealed,
    shown,
    told_and_sealed,
)
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_identity(uuid,text,jsonb,uuid)"
LOOK = "register.decide_identity_look(uuid,jsonb)"
IDENTITIES = "machinery.my_open_identities()"
SECOND, REVIEW = "register.may_be_second(uuid,uuid)", "register.may_review_who(uuid,uuid)"
MAY_SEE = "machinery.may_see(uuid)"
UNSEALED = "register.is_unsealed_to(uuid,uuid)"
ALL_OF_IT = "SELECT body FROM words.identity"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


@pytest.fixture
def record(scene: Bodies) -> UUID:
    return told_and_sealed(scene)


def desk(scene: Bodies) -> Desk:
    return Desk(scene.world.link("heed_office"))


def walled(scene: Bodies, record: UUID, name: str) -> None:
    """The lead says that it is about this person."""
    about = {"record": record, "person": scene.world.people[name]}
    entry = commands.wall_person(CHANCE, scene.to, **about, ground=Ground.ACCUSED, reason="named")
    scene.act("lead", entry)


def posted(scene: Bodies, name: str, *posts: str) -> None:
    person = scene.world.people[name]
    scene.world.register().append(
        commands.set_posts(CHANCE, scene.to, person=person, posts=list(posts))
    )


def oversees(scene: Bodies, record: UUID, name: str = "overseer") -> None:
    """They asked to see what the record holds."""
    about = {"person": scene.world.people[name], "record": record, "reason": "sample"}
    scene.act(name, commands.ask_for_content(CHANCE, scene.to, **about))


def later(scene: Bodies, interval: str) -> None:
    scene.without(f"UPDATE facts.unsealed SET until = until - interval '{interval}'")


# What opens it, and what does not.


def test_no_ordinary_look_shows_who_told_us_to_anybody(scene: Bodies, record: UUID) -> None:
    for purpose in ("own queue", "print", "file"):
        looks(scene, record, purpose=purpose)
    for name in scene.keys:
        assert shown(scene, name) == "[]", name
    scene.without(
        "ALTER POLICY office ON words.identity USING (stream IN (SELECT machinery.my_open_records()))"
    )
    assert NAME in shown(scene, "lead")


def test_an_ordinary_look_shows_nothing_even_to_whom_it_is_open(
    scene: Bodies, record: UUID
) -> None:
    opened_by_two(scene, record)
    looks(scene, record, purpose="own queue")
    assert shown(scene, "lead") == "[]"
    scene.without_line(IDENTITIES, "AND k.purpose = 'identity'")
    assert NAME in shown(scene, "lead")


def test_two_open_it_to_who_asked_and_each_look_is_on_the_record(
    scene: Bodies, record: UUID
) -> None:
    opened_by_two(scene, record)
    assert shown(scene, "lead") == "[]"
    assert reads(scene, record) == [NAME]
    assert scene.world.as_owner("SELECT purpose, person FROM facts.look") == [
        ("identity", scene.world.people["lead"])
    ]
    unopened = "SELECT opened_at IS NULL FROM facts.record WHERE id = %s"
    assert scene.world.as_owner(unopened, (record,)) == [(True,)]
    for name in scene.keys:
        assert (NAME in shown(scene, name)) == (name == "lead"), name


def test_a_look_that_is_not_committed_opens_nothing(scene: Bodies, record: UUID) -> None:
    opened_by_two(scene, record)
    me = scene.world.people["lead"]

    def taken_back() -> str:
        entry = commands.look(CHANCE, scene.to, person=me, records=[record], purpose="identity")
        with scene.connected("lead") as connection, connection.transaction(force_rollback=True):
            append_within(connection, entry)
            return str(connection.execute(ALL_OF_IT.encode()).fetchall())

    assert taken_back() == "[]"
    scene.without_line(IDENTITIES, "AND pg_xact_status(t.asked_in) = 'committed'")
    assert NAME in taken_back()


def test_nobody_looks_before_it_is_open_to_them(scene: Bodies, record: UUID) -> None:
    asking = asks(scene, record)
    agrees(scene, record, asking)
    me = scene.world.people["lead"]
    look = Asked("lead", Kind.LOOKED, me, {"records": [str(record)], "purpose": "identity"})
    check_refused(scene, "HE404", look)
    scene.without_line(LOOK, "NOT register.is_unsealed_to(p_me, asked.id::uuid)", "false")
    looks(scene, record)
    assert shown(scene, "lead") == "[]"
    scene.without_line(IDENTITIES, "register.is_unsealed_to(me, looked.record) AND")
    assert NAME in shown(scene, "lead")


def test_it_is_open_for_a_day_and_for_danger_four_hours(scene: Bodies, record: UUID) -> None:
    opened_by_two(scene, record)
    later(scene, "23 hours 59 minutes")
    assert reads(scene, record) == [NAME]
    later(scene, "2 minutes")
    assert shown(scene, "lead") == "[]"
    with pytest.raises(NoSuchRecord):
        reads(scene, record)
    opens_alone(scene, record)
    later(scene, "3 hours 59 minutes")
    assert reads(scene, record) == [NAME]
    later(scene, "2 minutes")
    with pytest.raises(NoSuchRecord):
        reads(scene, record)
    scene.without_line(UNSEALED, "AND u.until > register.now()")
    assert reads(scene, record) == [NAME]


# Who may not: alone, walled, an administrator, nobody's owner.


def test_neither_the_custodian_nor_anybody_else_opens_it_alone(scene: Bodies, record: UUID) -> None:
    asking = asks(scene, record)
    claims = {"asking": str(asking)}
    open_it = {name: Asked(name, Kind.IDENTITY_OPENED, record, claims) for name in scene.keys}
    second = ("custodian", "overseer", "second", "contact")
    check_refused(scene, "HE003", *(open_it[name] for name in second))
    check_refused(scene, "HE404", *(one for name, one in open_it.items() if name not in second))
    agrees(scene, record, asking)
    check_refused(scene, "HE050", open_it["custodian"])
    posted(scene, "lead", "overseer")
    check_refused(scene, "HE050", open_it["lead"])
    scene.without_line(
        DECIDE, "IF wanted.person = p_me OR wanted.agreed_by = p_me THEN", "IF false THEN"
    )
    for name in ("custodian", "lead"):
        assert told(scene, open_it[name]) == (ACCEPTED,)
        scene.without("UPDATE facts.unsealing SET state = 'agreed'")


def test_only_a_custodian_agrees_and_never_to_their_own_request(
    scene: Bodies, record: UUID
) -> None:
    asking = asks(scene, record)
    yes = {"asking": str(asking)}
    wrong = [Asked(name, Kind.IDENTITY_AGREED, record, yes) for name in scene.keys]
    del wrong[list(scene.keys).index("custodian")]
    wrong += [Asked("custodian", Kind.IDENTITY_AGREED, scene.records[0], yes)]
    wrong += [Asked("custodian", Kind.IDENTITY_AGREED, record, {"asking": str(uuid4())})]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    posted(scene, "lead", "custodian")
    mine = Asked("lead", Kind.IDENTITY_AGREED, record, yes)
    check_refused(scene, "HE404", mine)
    scene.without_line(DECIDE, "OR wanted.person = p_me\n", "\n")
    assert told(scene, mine) == (ACCEPTED,)


@pytest.mark.parametrize("changed", ["walled", "no custodian any more", "handed over"])
def test_what_was_agreed_holds_only_while_all_three_still_could(
    scene: Bodies, record: UUID, changed: str
) -> None:
    asking = asks(scene, record)
    agrees(scene, record, asking)
    match changed:
        case "walled":
            walled(scene, record, "custodian")
            control = "OR NOT register.may_work_on(wanted.agreed_by, p_stream)"
        case "no custodian any more":
            posted(scene, "custodian")
            control = "OR NOT register.holds(wanted.agreed_by, 'custodian')"
        case _:
            offer = {"record": record, "taker": scene.world.people["colleague"], "note": ""}
            scene.act("lead", commands.offer_hand_over(CHANCE, scene.to, **offer))
            scene.act("colleague", commands.accept_hand_over(CHANCE, scene.to, record=record))
            control = "OR NOT register.may_ask_who(wanted.person, p_stream)"
    open_it = Asked("overseer", Kind.IDENTITY_OPENED, record, {"asking": str(asking)})
    check_refused(scene, "HE003", open_it)
    scene.without_line(DECIDE, control)
    assert told(scene, open_it) == (ACCEPTED,)


def test_whoever_must_not_see_the_record_neither_agrees_nor_opens_nor_reviews(
    scene: Bodies, record: UUID
) -> None:
    asking, alone = asks(scene, record), opens_alone(scene, record)
    for name in ("custodian", "overseer"):
        walled(scene, record, name)
        assert questions.waiting(desk(scene), scene.keys[name]) == []
        assert questions.opened_alone(desk(scene), scene.keys[name]) == []
    claims = {"asking": str(asking)}
    review = {"opening": str(alone), "outcome": "right"}
    agree = Asked("custodian", Kind.IDENTITY_AGREED, record, claims)
    right = Asked("overseer", Kind.IDENTITY_REVIEWED, record, review)
    decline = Asked("overseer", Kind.IDENTITY_DECLINED, record, claims)
    check_refused(scene, "HE404", agree, right, decline)
    for function, one in ((SECOND, agree), (REVIEW, right)):
        scene.without_line(function, "register.may_work_on(p_person, p_record)", "true")
        assert told(scene, one) == (ACCEPTED,)


def test_a_restriction_beats_what_stands_open(scene: Bodies, record: UUID) -> None:
    oversees(scene, record)
    asking = asks(scene, record, "overseer")
    agrees(scene, record, asking)
    opens(scene, record, asking, "second")
    assert reads(scene, record, "overseer") == [NAME]
    walled(scene, record, "overseer")
    assert shown(scene, "overseer") == "[]"
    with pytest.raises(NoSuchRecord):
        reads(scene, record, "overseer")
    scene.without_line(MAY_SEE, "AND NOT register.hidden(me, p_record)")
    assert NAME in shown(scene, "overseer")


def test_an_administrator_has_no_part_in_it(scene: Bodies, record: UUID) -> None:
    asking, alone = asks(scene, record), opens_alone(scene, record)
    both = "UPDATE facts.person SET posts = '{administrator,custodian,overseer}' WHERE id = '%s'"
    scene.without(both % scene.world.people["admin"])  # which no entry can do
    claims, review = {"asking": str(asking)}, {"opening": str(alone), "outcome": "right"}
    agree = Asked("admin", Kind.IDENTITY_AGREED, record, claims)
    wrong = [Asked("admin", Kind.IDENTITY_ASKED, record, {}), agree]
    wrong += [Asked("admin", Kind.IDENTITY_OPENED, record, said) for said in ({}, claims)]
    wrong += [Asked("admin", Kind.IDENTITY_REVIEWED, record, review)]
    check_refused(scene, "HE404", *wrong)
    for ask in (questions.waiting, questions.opened_alone):
        assert ask(desk(scene), scene.keys["admin"]) == []
    here = "register.is_here(uuid)"
    scene.without_line(here, "AND NOT 'administrator' = ANY (p.posts)")
    assert told(scene, agree) == (ACCEPTED,)


def test_only_who_answers_for_it_or_oversees_it_asks(scene: Bodies, record: UUID) -> None:
    reference = "SELECT reference FROM facts.record WHERE id = %s"
    said = scene.world.as_owner(reference, (record,))[0][0]
    about = {"person": scene.world.people["third"], "reference": said, "reason": "urgent"}
    scene.act("third", leave.break_glass(CHANCE, scene.to, **about))
    third = Asked("third", Kind.IDENTITY_ASKED, record, {})
    wrong = [Asked(name, Kind.IDENTITY_ASKED, record, {}) for name in scene.keys if name != "lead"]
    wrong += [Asked("lead", Kind.IDENTITY_ASKED, scene.records[0], {})]  # nothing is sealed there
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    asks(scene, record)
    check_refused(scene, "HE003", Asked("lead", Kind.IDENTITY_ASKED, record, {}))
    oversees(scene, record)
    assert told(scene, Asked("overseer", Kind.IDENTITY_ASKED, record, {})) == (ACCEPTED,)
    scene.without_line(DECIDE, "OR NOT register.may_ask_who(p_me, p_stream)\n", "\n")
    assert told(scene, third) == (ACCEPTED,)


def test_who_does_not_agree_ends_it(scene: Bodies, record: UUID) -> None:
    asking = asks(scene, record)
    no = {"record": record, "asking": asking, "reason": "write to them first"}
    scene.act("contact", identities.decline_to_open(CHANCE, scene.to, **no))
    again = {"asking": str(asking)}
    for kind in (Kind.IDENTITY_AGREED, Kind.IDENTITY_OPENED, Kind.IDENTITY_DECLINED):
        check_refused(scene, "HE404", Asked("custodian", kind, record, again))


# Danger to life.


def test_for_danger_to_life_only_the_owner_opens_it_alone(scene: Bodies, record: UUID) -> None:
    oversees(scene, record)
    wrong = [Asked(name, Kind.IDENTITY_OPENED, record, {}) for name in scene.keys if name != "lead"]
    wrong += [Asked("lead", Kind.IDENTITY_OPENED, scene.records[0], {})]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    opens_alone(scene, record)
    assert reads(scene, record) == [NAME]
    scene.without_line(DECIDE, "AND r.owner = p_me")
    assert told(scene, Asked("overseer", Kind.IDENTITY_OPENED, record, {})) == (ACCEPTED,)


def test_it_is_listed_to_overseers_and_the_contact_until_one_of_them_reviewed_it(
    scene: Bodies, record: UUID
) -> None:
    alone = opens_alone(scene, record)
    scene.world.open()

    def listed() -> set[str]:
        keys = scene.keys.items()
        return {name for name, key in keys if questions.opened_alone(desk(scene), key)}

    assert listed() == {"overseer", "second", "contact"}
    (seen,) = questions.opened_alone(desk(scene), scene.keys["contact"])
    assert (seen.opening, seen.reason) == (alone, "their life is in danger")
    claims = {"opening": str(alone), "outcome": "right"}
    others = ("lead", "custodian", "colleague", "third")
    wrong = [Asked(name, Kind.IDENTITY_REVIEWED, record, claims) for name in others]
    wrong += [Asked("overseer", Kind.IDENTITY_REVIEWED, scene.records[0], claims)]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    for outcome in ("", None, "Right", "maybe"):
        said = claims | {"outcome": outcome}
        check_refused(scene, "HE003", Asked("overseer", Kind.IDENTITY_REVIEWED, record, said))
    about = {"record": record, "opening": alone, "outcome": "not right", "reason": "it could wait"}
    scene.act("contact", identities.review_opening(CHANCE, scene.to, **about))
    assert listed() == set()
    check_refused(scene, "HE404", Asked("overseer", Kind.IDENTITY_REVIEWED, record, claims))


def test_nobody_reviews_what_they_opened_themself(scene: Bodies, record: UUID) -> None:
    posted(scene, "lead", "overseer")
    claims = {"opening": str(opens_alone(scene, record)), "outcome": "right"}
    mine = Asked("lead", Kind.IDENTITY_REVIEWED, record, claims)
    check_refused(scene, "HE404", mine)
    scene.without_line(DECIDE, "OR opened.person = p_me")
    assert told(scene, mine) == (ACCEPTED,)


# Where it never is.


def test_no_search_no_match_and_no_list_holds_who_told_us(scene: Bodies) -> None:
    """The reporter has a colleague's full name: who told us is never looked for names."""
    first, second = (scene.world.tell("He waits by the ferry.") for _ in range(2))
    sealed(scene.world, first, name="Second worker")
    scene.world.open()
    assert scene.world.as_owner("SELECT count(*) FROM facts.wall") == [(0,)]
    person = scene.world.people["lead"]
    about = (desk(scene), scene.keys["lead"], person, "Second worker", 10, CHANCE, scene.to)
    assert search(*about)[0] == []
    alike = "SELECT count(DISTINCT digest) FROM words.likeness WHERE record = ANY (%s)"
    assert scene.world.as_owner(alike, ([first.record, second.record],)) == [(1,)]
    named = scene.world.tell("He waits by the ferry.", who="Second worker")
    scene.world.open()
    walls = scene.world.as_owner("SELECT record FROM facts.wall")
    assert walls == [(named.record,)]  # the same name in what was told is found


def test_the_code_opens_nothing_of_it(scene: Bodies) -> None:
    """Whoever holds the telephone, and all that the database would give it."""
    told_now = scene.world.tell("He waits by the ferry.")
    entry = sealed(scene.world, told_now)
    first, apart = scene.world.thread(told_now.code).items
    assert (first.entry, apart.entry) == (told_now.entry.id, entry)
    assert (apart.sealed, apart.wrap) == (b"", b"")  # that it is kept apart, and no more
    wraps = "SELECT recipient FROM register.wrapped_key WHERE entry = %s"
    assert scene.world.as_owner(wraps, (entry,)) == [("intake",)]


def test_from_the_office_it_comes_only_with_what_is_filed(scene: Bodies, record: UUID) -> None:
    wrong = [Asked(name, Kind.IDENTITY_SEALED, record, {}) for name in scene.keys]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    scene.without_line(DECIDE, "IF p_me IS NOT NULL AND NOT EXISTS", "IF false AND NOT EXISTS")
    assert told(scene, wrong[0]) == (ACCEPTED,)


def test_whether_it_is_sealed_is_known_to_the_rule(scene: Bodies, record: UUID) -> None:
    ask = "SELECT register.is_sealed(%s)"
    assert scene.world.as_owner(ask, (record,)) == [(True,)]
    assert scene.world.as_owner(ask, (scene.records[0],)) == [(False,)]
    desk_, key = desk(scene), scene.keys
    assert questions.sealed(desk_, key["lead"], record) is not None
    assert questions.sealed(desk_, key["lead"], scene.records[0]) is None
    assert questions.sealed(desk_, key["colleague"], record) is None
