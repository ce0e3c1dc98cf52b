"""Nothing that is told is lost because it names the last who could answer, and they do not read on."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from heed.access import commands
from heed.access import people as access
from heed.access.asking import ask_for_access, break_glass, give_access
from heed.access.remits import give_remit
from heed.access.walls import Ground
from heed.core.ports import SealedEntry
from heed.store.probes import examine
from heed.store.readable import Desk, NoSuchRecord
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, answer, bodies, new_session
from tests.walls.changes import replacing_contact
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

EARLY = datetime(2026, 1, 1, tzinfo=UTC)
NAMED = "It was the safeguarding lead."
HIDDEN = {
    "of one record": ("register.hidden(uuid,uuid)", "o.record = p_record AND o.person = p_person"),
    "of all records": ("register.hidden_from(uuid)", "o.person = p_person"),
}


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def last_one(scene: Bodies) -> Told:
    """A record of the lead's, from which everybody else is restricted who could have it."""
    told = scene.world.tell("Something.")
    scene.world.open()
    for name in ("colleague", "contact", "overseer", "second"):
        restrict(scene, told.record, name)
    scene.world.open()
    return told


def restrict(scene: Bodies, record: UUID, name: str) -> None:
    person = scene.world.people[name]
    ground = Ground.DECLARED
    scene.act(
        "lead",
        commands.wall_person(
            CHANCE, scene.to, record=record, person=person, ground=ground, reason="so"
        ),
    )


def add(scene: Bodies, told: Told, words: str = NAMED) -> Told:
    more = scene.world.tell(words, code=told.code, door=told.door, token=b"t" * 32)
    scene.world.open()
    return more


def reads(scene: Bodies, name: str, record: UUID) -> bool:
    """By the queue and by itself, which must agree."""
    desk, person = Desk(scene.world.link("heed_office")), scene.world.people[name]
    queued = record in {one.id for one in desk.queue(scene.keys[name], 50)}
    try:
        desk.open(scene.keys[name], person, record, CHANCE, scene.to)
    except NoSuchRecord:
        assert not queued
        return False
    assert queued
    return True


def kept(scene: Bodies, told: Told) -> list[str]:
    rows = scene.world.as_owner("SELECT body FROM words.item WHERE entry = %s", (told.entry.id,))
    return [row[0] for row in rows]


def code(scene: Bodies, who: str, entry: SealedEntry) -> str:
    with scene.connected(who) as connection:
        return answer(connection, entry)


def test_what_names_the_last_who_could_answer_is_kept_and_hidden_from_them(scene: Bodies) -> None:
    told = last_one(scene)
    assert reads(scene, "lead", told.record)
    more = add(scene, told)
    assert NAMED in kept(scene, more)[0]
    assert not reads(scene, "lead", told.record)
    assert reads(scene, "lead", scene.records[0])
    scene.world.open()
    for table in ("machinery.unopened", "words.unreadable", "words.stopped"):
        assert scene.world.as_owner(f"SELECT count(*) FROM {table}") == [(0,)]
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    assert not reads(scene, "lead", told.record)


def test_it_goes_to_the_next_outside_contact_by_itself(scene: Bodies) -> None:
    told = last_one(scene)
    add(scene, told)
    scene.world.open()
    assert scene.owner(told.record) == scene.world.people["lead"]
    scene.act(*replacing_contact(scene, "custodian"))
    scene.world.open()
    assert scene.owner(told.record) == scene.world.people["custodian"]
    assert reads(scene, "custodian", told.record)
    assert not reads(scene, "lead", told.record)
    assert scene.world.as_owner("SELECT count(*) FROM machinery.owed_match") == [(0,)]
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_it_goes_to_a_new_overseer_by_itself(scene: Bodies) -> None:
    told = last_one(scene)
    add(scene, told)
    third = scene.world.people["third"]
    scene.world.register().append(
        commands.set_posts(CHANCE, scene.to, person=third, posts=["overseer"])
    )
    scene.world.open()
    assert scene.owner(told.record) == scene.world.people["third"]


@pytest.mark.parametrize("line", HIDDEN.values(), ids=HIDDEN)
def test_without_the_line_that_hides_it_they_read_on(scene: Bodies, line: tuple[str, str]) -> None:
    told = last_one(scene)
    add(scene, told)
    scene.without_line(*line, "false")
    with pytest.raises(AssertionError):
        assert not reads(scene, "lead", told.record)


def test_what_else_was_told_at_once_is_opened_with_it(scene: Bodies) -> None:
    told = last_one(scene)
    scene.world.tell(NAMED, code=told.code, door=told.door, token=b"t" * 32)
    others = [scene.world.tell(NAMED) for _ in range(2)]
    scene.world.open()
    for other in others:
        assert kept(scene, other)
        assert scene.owner(other.record) == scene.world.people["colleague"]
    assert not reads(scene, "lead", told.record)


def test_who_is_restricted_by_hand_is_owed_no_restriction(scene: Bodies) -> None:
    told = last_one(scene)
    add(scene, told)
    scene.without(
        "INSERT INTO machinery.owed_match VALUES"
        f" ('{told.record}', '{scene.world.people['colleague']}', '{uuid4()}')"
    )
    scene.world.open()
    owed = scene.world.as_owner("SELECT person FROM machinery.owed_match")
    assert owed == [(scene.world.people["lead"],)]


def test_the_doctor_says_that_nobody_answers(
    scene: Bodies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.write_home(tmp_path)
    monkeypatch.setenv("HEED_DATABASE_URL", scene.world.urls["heed_owner"])
    told = last_one(scene)
    assert not [one for one in examine(tmp_path) if "nobody answers" in one.text]
    add(scene, told)
    [said] = [one for one in examine(tmp_path) if "nobody answers" in one.text]
    assert said.level == "wrong"
    assert "name another outside contact or overseer" in said.text


# Whoever is new.


def newcomer(scene: Bodies) -> UUID:
    """They sign in before the opener came by."""
    person = scene.world.add_person("new", "Rupert Stone", "worker")
    employ = commands.employ(CHANCE, scene.to, person=person, unit=scene.units["desk"])
    scene.world.register().append(employ)
    scene.keys["new"] = new_session(scene.world, person)
    return person


def given(scene: Bodies, person: UUID) -> dict[str, tuple[str, SealedEntry]]:
    """Everything by which somebody comes to answer for records, or to read them."""
    to, slot, record = scene.to, scene.world.slot, scene.records[0]
    unit = scene.units["desk"]
    return {
        "an offer": (
            "lead",
            commands.offer_hand_over(CHANCE, to, record=record, taker=person, note=""),
        ),
        "a turn": (
            "admin",
            commands.add_turn(CHANCE, to, slot=slot, person=person, starts_at=EARLY),
        ),
        "posts": ("admin", commands.set_posts(CHANCE, to, person=person, posts=["manager"])),
        "a cover": (
            "colleague",
            access.go_away(CHANCE, to, person=scene.world.people["colleague"], cover=person),
        ),
        "a remit": ("admin", give_remit(CHANCE, to, person=person, unit=unit)),
    }


def taken(scene: Bodies, person: UUID) -> dict[str, SealedEntry]:
    """What they ask for themselves, of the first record."""
    [(ref,)] = scene.world.as_owner(
        "SELECT reference FROM facts.record WHERE id = %s", (scene.records[0],)
    )
    about = {"person": person, "reference": ref, "reason": "so"}
    return {
        "leave to read": ask_for_access(CHANCE, scene.to, **about),
        "an emergency": break_glass(CHANCE, scene.to, **about),
    }


WORK = ("an offer", "a turn", "a cover")
CHECKING = "register.check_taker(uuid,text,jsonb,uuid)"
REFUSED = {"an offer": "HE017", "a cover": "HE017"}


def test_whoever_was_not_looked_for_yet_is_given_nothing_and_takes_nothing(scene: Bodies) -> None:
    person = newcomer(scene)
    for what, (who, entry) in given(scene, person).items():
        assert code(scene, who, entry) == REFUSED.get(what, "HE062"), what
    for what, entry in taken(scene, person).items():
        assert code(scene, "new", entry) == "HE404", what
    scene.world.open()
    for what, entry in taken(scene, person).items():
        assert code(scene, "new", entry) == ACCEPTED, what
    for what, (who, entry) in given(scene, person).items():
        assert code(scene, who, entry) == ACCEPTED, what


CANNOT = "p.id = worker AND NOT p.signs_in"


def test_whoever_has_no_way_to_sign_in_is_given_no_work(scene: Bodies) -> None:
    """Nobody would read what waits for them."""
    person = scene.world.people["third"]
    scene.world.take_sign_in("third")
    contact = replacing_contact(scene, "second")
    scene.world.take_sign_in("second")
    work = {what: one for what, one in given(scene, person).items() if what in WORK}
    work["the outside contact"] = contact
    for what, (who, entry) in work.items():
        assert code(scene, who, entry) == "HE063", what
    scene.without_line(CHECKING, CANNOT, "false")
    for what, (who, entry) in work.items():
        assert code(scene, who, entry) == ACCEPTED, what


def test_the_doctor_says_that_whoever_is_on_duty_cannot_sign_in(
    scene: Bodies, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.world.write_home(tmp_path)
    monkeypatch.setenv("HEED_DATABASE_URL", scene.world.urls["heed_owner"])
    assert not [one for one in examine(tmp_path) if "sign in" in one.text]
    scene.world.take_sign_in("lead")
    [said] = [one for one in examine(tmp_path) if "sign in" in one.text]
    assert said.level == "wrong"
    assert "invite them" in said.text


def test_without_that_check_they_get_the_record_that_names_them(scene: Bodies) -> None:
    told = scene.world.tell("It was Rupert Stone.")
    scene.world.open()
    person = newcomer(scene)
    offer = commands.offer_hand_over(CHANCE, scene.to, record=told.record, taker=person, note="")
    accept = commands.accept_hand_over(CHANCE, scene.to, record=told.record)
    assert code(scene, "lead", offer) == "HE017"
    scene.without_line(CHECKING, "p_me IS NULL", "true")
    assert code(scene, "lead", offer) == ACCEPTED
    assert code(scene, "new", accept) == ACCEPTED
    assert reads(scene, "new", told.record)
    # Even so their name is kept, and from then on it is looked for.
    for name in ("colleague", "contact", "overseer", "second", "lead"):
        ground, who = Ground.DECLARED, scene.world.people[name]
        wall = commands.wall_person(
            CHANCE, scene.to, record=told.record, person=who, ground=ground, reason="so"
        )
        assert code(scene, "new", wall) == ACCEPTED
    scene.world.open()
    named = scene.world.as_owner("SELECT name FROM words.person WHERE id = %s", (person,))
    assert named == [("Rupert Stone",)]
    assert not reads(scene, "new", told.record)
    later = scene.world.tell("Again it was Rupert Stone.")
    scene.world.open()
    assert scene.world.as_owner("SELECT register.walled(%s, %s)", (person, later.record)) == [
        (True,)
    ]


def test_a_rebuild_leaves_it_to_the_opener_to_show_what_names_the_lead(scene: Bodies) -> None:
    told = scene.world.tell(NAMED)
    person = newcomer(scene)
    rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert not reads(scene, "lead", told.record)
    assert scene.world.as_owner("SELECT id FROM words.person WHERE id = %s", (person,)) == []
    scene.world.open()
    assert not reads(scene, "lead", told.record)
    assert reads(scene, "colleague", told.record)
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


SHOWN = {
    "machinery.unsorted(integer)": "SELECT record FROM machinery.unsorted(50)",
    "machinery.overseen(timestamptz,uuid,integer,uuid)": (
        "SELECT record FROM machinery.overseen(NULL, NULL, 50)"
    ),
}


@pytest.mark.parametrize("function", SHOWN)
def test_no_list_shows_them_that_record(scene: Bodies, function: str) -> None:
    told = last_one(scene)
    person = scene.world.people["lead"]
    overseer = commands.set_posts(CHANCE, scene.to, person=person, posts=["overseer"])
    scene.world.register().append(overseer)

    def listed() -> bool:
        rows = Desk(scene.world.link("heed_office")).rows(scene.keys["lead"], SHOWN[function])
        return (told.record,) in rows

    assert listed()
    add(scene, told)
    assert not listed()
    scene.without_line(*HIDDEN["of all records"], "false")
    assert listed()


DOORS = {  # who asks it, and what it shows
    "offers": ("third", "SELECT record FROM machinery.my_offers()"),
    "the team": ("third", "SELECT record FROM machinery.team(50)"),
    "custody": ("custodian", "SELECT record FROM machinery.custody()"),
    "looks": ("overseer", "SELECT unnest(records) FROM machinery.looks_of(%s, NULL, NULL, 50)"),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_other_door_shows_what_is_owed_to_somebody(scene: Bodies, door: str) -> None:
    """Whoever has a post may be owed a restriction as well as the owner."""
    who, asked = DOORS[door]
    record, people = scene.records[0], scene.world.people
    taker = people["third"]
    scene.act(
        "lead", commands.offer_hand_over(CHANCE, scene.to, record=record, taker=taker, note="")
    )
    restrict(scene, record, "colleague")
    assert reads(scene, "lead", record)

    def shown() -> bool:
        given = (people["lead"],) if "%s" in asked else ()
        rows = Desk(scene.world.link("heed_office")).rows(scene.keys[who], asked, given)
        return (record,) in rows

    assert shown()
    owed = f"INSERT INTO machinery.owed_match VALUES ('{record}', '{people[who]}', '{record}')"
    scene.without(owed)
    assert not shown()
    scene.without_line(*HIDDEN["of all records"], "false")
    assert shown()


ACTS = {  # who does it, and what
    "takes what is offered": (
        "third",
        lambda scene: commands.accept_hand_over(CHANCE, scene.to, record=scene.records[0]),
    ),
    "is brought in": (
        "lead",
        lambda scene: give_access(
            CHANCE,
            scene.to,
            record=scene.records[0],
            person=scene.world.people["third"],
            reason="so",
        ),
    ),
    "asks to read the words": (
        "overseer",
        lambda scene: commands.ask_for_content(
            CHANCE,
            scene.to,
            person=scene.world.people["overseer"],
            record=scene.records[0],
            reason="so",
        ),
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_who_is_owed_a_restriction_is_given_nothing_and_does_nothing(
    scene: Bodies, act: str
) -> None:
    who, entry = ACTS[act]
    record, people = scene.records[0], scene.world.people
    third = people["third"]
    scene.act(
        "lead", commands.offer_hand_over(CHANCE, scene.to, record=record, taker=third, note="")
    )
    for name in ("third", "overseer"):
        scene.without(
            f"INSERT INTO machinery.owed_match VALUES ('{record}', '{people[name]}', '{record}')"
        )
    assert code(scene, who, entry(scene)) in ("HE404", "HE017")
    scene.without_line(*HIDDEN["of one record"], "false")
    assert code(scene, who, entry(scene)) == ACCEPTED


def test_the_second_person_about_who_told_us_is_nobody_who_is_owed_one(scene: Bodies) -> None:
    record, overseer = scene.records[0], scene.world.people["overseer"]
    asked = "SELECT register.may_be_second(%s, %s), register.may_review_who(%s, %s)"
    given = (overseer, record, overseer, record)
    assert scene.world.as_owner(asked, given) == [(True, True)]
    scene.without(f"INSERT INTO machinery.owed_match VALUES ('{record}', '{overseer}', '{record}')")
    assert scene.world.as_owner(asked, given) == [(False, False)]
    scene.without_line(
        "register.may_work_on(uuid,uuid)", "AND NOT register.hidden(p_person, p_record)"
    )
    assert scene.world.as_owner(asked, given) == [(True, True)]


def test_nor_does_its_reference_open_it_in_an_emergency(scene: Bodies) -> None:
    told = last_one(scene)
    add(scene, told)
    [(ref,)] = scene.world.as_owner(
        "SELECT reference FROM facts.record WHERE id = %s", (told.record,)
    )
    named = "SELECT register.named_by(%s, %s)"
    asked = (scene.world.people["lead"], ref)
    assert scene.world.as_owner(named, asked) == [(None,)]
    scene.without_line(*HIDDEN["of one record"], "false")
    assert scene.world.as_owner(named, asked) == [(told.record,)]
