"""Names that come otherwise than in a report: an owner's words, emails, and who was the outside contact."""

from collections.abc import Iterator
from email.message import EmailMessage
from uuid import UUID

import pytest

from heed.access import commands
from heed.core.ports import SealedEntry
from heed.intake.files import SentFile, add_file, flag_file
from heed.store import concerned, staff
from heed.store.readable import Desk, NoSuchRecord
from heed.store.rebuild import check, rebuild
from heed.triage.concerned_commands import Part, Trust, name_adult
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.changes import replacing_contact
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

NAMES = {"colleague": "Second worker", "lead": "Safeguarding lead", "contact": "Outside contact"}


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead answers for both records; nobody is restricted."""
    with bodies(server) as made:
        yield made


def adult(
    scene: Bodies, name: str, part: Part = Part.ABOUT, who: UUID | None = None, known: str = ""
) -> UUID:
    """The lead says this of an adult in the first record, and the opener has not come by yet."""
    entry = name_adult(
        CHANCE,
        scene.to,
        {"name": name, "known": known},
        record=scene.records[0],
        part=part,
        trust=Trust.UNKNOWN,
        concerned=who,
    )
    scene.act("lead", entry)
    return who or entry.id


def restricted(scene: Bodies) -> set[tuple[UUID, str]]:
    """The record and whom, of every match that stands."""
    names = {person: name for name, person in scene.world.people.items()}
    rows = scene.world.as_owner(
        "SELECT record, person FROM facts.wall WHERE NOT lifted AND ground = 'match'"
    )
    assert len(rows) == len(set(rows)), "somebody is restricted twice"
    return {(record, names[person]) for record, person in rows}


def hand_to(scene: Bodies, name: str) -> None:
    """The lead hands the first record over."""
    record, taker = scene.records[0], scene.world.people[name]
    offer = commands.offer_hand_over(CHANCE, scene.to, record=record, taker=taker, note="")
    scene.act("lead", offer)
    scene.act(name, commands.accept_hand_over(CHANCE, scene.to, record=record))


def may_read(scene: Bodies, name: str) -> bool:
    desk, person = Desk(scene.world.link("heed_office")), scene.world.people[name]
    try:
        desk.open(scene.keys[name], person, scene.records[0], CHANCE, scene.to)
    except NoSuchRecord:
        return False
    return True


# An adult whom the owner names.


@pytest.mark.parametrize("part", [Part.ABOUT, Part.CHILD])
def test_an_owner_who_is_named_as_whom_it_is_about_loses_it_before_the_words_show(
    scene: Bodies, part: Part
) -> None:
    adult(scene, "safeguarding  LEAD", part)
    desk, record = Desk(scene.world.link("heed_office")), scene.records[0]
    assert may_read(scene, "lead")
    assert [one.words for one in concerned.namings(desk, scene.keys["lead"], record)] == [{}]
    scene.world.open()
    assert not may_read(scene, "lead")
    assert restricted(scene) == {(record, "lead")}
    assert scene.owner(record) == scene.world.people["colleague"]
    key = scene.keys["colleague"]
    assert [one.ground for one in staff.restrictions(desk, key, record)] == ["match"]
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_without_that_look_they_read_on(scene: Bodies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heed.loops.open.alleged", lambda *_: iter(()))
    adult(scene, "Safeguarding lead")
    scene.world.open()
    assert may_read(scene, "lead")


def test_the_name_may_stand_in_anything_that_is_said_of_them(scene: Bodies) -> None:
    adult(scene, "The coach", known="People call him that. His name is: second worker.")
    scene.world.open()
    assert restricted(scene) == {(scene.records[0], "colleague")}


@pytest.mark.parametrize("part", [Part.PARENT, Part.OTHER])
def test_nobody_is_restricted_for_being_a_parent_a_witness_or_at_work_on_it(
    scene: Bodies, part: Part
) -> None:
    adult(scene, "Second worker", part)
    scene.world.open()
    assert restricted(scene) == set()
    scene.without_line("register.is_alleged(uuid,uuid)", "n.part IN ('about', 'child')", "true")
    adult(scene, "Third", part)
    adult(scene, "Second worker", part)
    scene.world.open()
    assert restricted(scene) == {(scene.records[0], "colleague")}


@pytest.mark.parametrize("opened", [True, False])
def test_who_turns_out_to_be_whom_it_is_about_was_named_before(scene: Bodies, opened: bool) -> None:
    who = adult(scene, "Second worker", Part.OTHER)
    if opened:
        scene.world.open()
        assert restricted(scene) == set()
    adult(scene, "", Part.ABOUT, who)
    scene.world.open()
    assert restricted(scene) == {(scene.records[0], "colleague")}


def test_who_turns_out_to_be_somebody_else_is_not_restricted_from_then_on(scene: Bodies) -> None:
    who = adult(scene, "The coach")
    adult(scene, "Second worker", Part.OTHER, who)
    scene.world.open()
    assert restricted(scene) == set()


def test_whoever_is_restricted_already_is_not_restricted_twice(scene: Bodies) -> None:
    who = adult(scene, "Second worker")
    scene.world.open()
    adult(scene, "Second worker", Part.ABOUT, who, "again")
    adult(scene, "Second worker", Part.ABOUT)
    scene.world.open()
    assert restricted(scene) == {(scene.records[0], "colleague")}


def test_a_name_that_is_told_anew_after_a_lift_is_found_anew(scene: Bodies) -> None:
    who = adult(scene, "Second worker")
    scene.world.open()
    lift(scene)
    adult(scene, "", Part.ABOUT, who, "more of the same")
    scene.world.open()
    assert restricted(scene) == set()
    adult(scene, "Second worker")
    scene.world.open()
    assert restricted(scene) == {(scene.records[0], "colleague")}


def lift(scene: Bodies) -> None:
    """The custodian and an overseer lift the one restriction."""
    [(wall,)] = scene.world.as_owner("SELECT entry FROM facts.wall WHERE NOT lifted")
    about = {"record": scene.records[0], "wall": wall, "reason": "a namesake"}
    scene.act("custodian", commands.ask_to_lift(CHANCE, scene.to, **about))
    scene.act("second", commands.lift_wall(CHANCE, scene.to, **about))


def test_a_newcomer_is_looked_for_in_what_owners_said_too(scene: Bodies) -> None:
    adult(scene, "Kit Lane", Part.OTHER)
    scene.world.open()
    scene.world.add_person("kit", "Kit Lane", "worker")
    scene.world.open()
    assert restricted(scene) == set()
    adult(scene, "Ash Field")
    scene.world.open()
    scene.world.add_person("ash", "Ash Field", "worker")
    scene.world.open()
    assert restricted(scene) == {(scene.records[0], "ash")}


# Who was the outside contact.


def replace(scene: Bodies) -> None:
    """The overseer becomes the outside contact."""
    scene.act(*replacing_contact(scene, "overseer"))
    scene.world.open()


def test_who_was_the_outside_contact_is_looked_for_in_what_was_told_before(scene: Bodies) -> None:
    told = scene.world.tell("The outside contact knew of it.")
    adult(scene, "Outside contact")
    scene.world.open()
    hand_to(scene, "contact")
    assert may_read(scene, "contact")
    assert restricted(scene) == set()
    replace(scene)
    assert restricted(scene) == {(told.record, "contact"), (scene.records[0], "contact")}
    assert not may_read(scene, "contact")
    assert scene.owner(scene.records[0]) == scene.world.people["lead"]
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_without_that_look_they_read_on_as_before(
    scene: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.loops.open.former_contacts", lambda *_: [])
    adult(scene, "Outside contact")
    scene.world.open()
    hand_to(scene, "contact")
    replace(scene)
    assert may_read(scene, "contact")


def test_nobody_is_restricted_anew_from_what_people_decided_about(scene: Bodies) -> None:
    scene.act(*replacing_contact(scene, "second"))
    adult(scene, "Outside contact")
    adult(scene, "Outside contact")
    scene.world.open()
    [(wall,)] = scene.world.as_owner("SELECT entry FROM facts.wall WHERE NOT lifted")
    about = {"record": scene.records[0], "wall": wall, "reason": "a namesake"}
    scene.act("custodian", commands.ask_to_lift(CHANCE, scene.to, **about))
    scene.act("overseer", commands.lift_wall(CHANCE, scene.to, **about))
    scene.act(*replacing_contact(scene, "contact"))
    replace(scene)
    assert restricted(scene) == set()


# Emails that came as files.


def mail(text: str, inside: EmailMessage | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Safeguarding lead <lead@example.org>"
    made["To"] = "Outside contact <contact@example.org>"
    made["Subject"] = "the weir"
    made.set_content(text)
    if inside is not None:
        made.add_attachment(inside)
    return made


def put_on(scene: Bodies, made: EmailMessage, name: str = "a.eml") -> UUID:
    sent = SentFile(name, "application/octet-stream", made.as_bytes())
    entry: SealedEntry = add_file(
        CHANCE, scene.to, sent, record=scene.records[0], token=CHANCE.bytes(32)
    )
    scene.act("lead", entry)
    scene.world.open()
    return entry.id


def test_names_are_looked_for_in_every_email_and_in_those_inside_it(scene: Bodies) -> None:
    put_on(scene, mail("The heron was there."))
    assert restricted(scene) == set()
    put_on(scene, mail("See below.", mail("The second worker knew.")), "b.EML")
    assert restricted(scene) == {(scene.records[0], "colleague")}


def test_who_sent_an_email_or_got_one_is_not_looked_for_nor_is_any_other_file(
    scene: Bodies,
) -> None:
    put_on(scene, mail("See below."))
    put_on(scene, mail("The second worker knew."), "a.txt")
    assert restricted(scene) == set()


def test_without_that_look_an_email_names_in_vain(
    scene: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heed.store.words.words_in", lambda *_: None)
    put_on(scene, mail("The second worker knew."))
    assert restricted(scene) == set()


def test_a_newcomer_is_looked_for_in_emails_that_nobody_flagged(scene: Bodies) -> None:
    put_on(scene, mail("Kit Lane knew."))
    flagged = put_on(scene, mail("Ash Field knew."))
    entry = flag_file(CHANCE, scene.to, record=scene.records[0], file=flagged, token=b"f" * 32)
    scene.act("lead", entry)
    for name, title in (("kit", "Kit Lane"), ("ash", "Ash Field")):
        scene.world.add_person(name, title, "worker")
    scene.world.open()
    assert restricted(scene) == {(scene.records[0], "kit")}


def found(scene: Bodies, words: str, name: str = "lead") -> list[UUID]:
    rows = Desk(scene.world.link("heed_office")).rows(
        scene.keys[name], "SELECT machinery.search(%s, NULL, NULL, NULL, 20)", (words,)
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize("few", [True, False])
def test_what_an_email_says_is_found_by_who_may_read_it_until_it_is_flagged(
    scene: Bodies, few: bool
) -> None:
    if not few:
        search = "machinery.search(text,text,timestamptz,uuid,integer)"
        scene.without_line(search, "cardinality(mine) <= 2000", "false")
    file = put_on(scene, mail("A kingfisher.", mail("A bittern.")))
    assert found(scene, "kingfisher") == found(scene, "bittern") == [scene.records[0]]
    assert found(scene, "concern") == [*reversed(scene.records)]
    assert found(scene, "kingfisher", "colleague") == []
    flag = flag_file(CHANCE, scene.to, record=scene.records[0], file=file, token=b"f" * 32)
    scene.act("lead", flag)
    assert found(scene, "kingfisher") == []


def test_what_emails_say_is_built_anew_and_its_index_is_checked(scene: Bodies) -> None:
    url, keys = scene.world.urls["heed_owner"], scene.world.keys
    file = put_on(scene, mail("A kingfisher."))
    rebuild(url, keys)
    assert check(url, keys).differences == ()
    assert found(scene, "kingfisher") == [scene.records[0]]
    scene.without(
        f"UPDATE words.file SET body = replace(body, 'kingfisher', 'kite') WHERE entry = '{file}'"
    )
    assert [one.table for one in check(url, keys).differences] == ["words.file"]
