"""A file is walled like words; one that somebody flagged is given to nobody, until two people undo that."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from heed.access import commands as access
from heed.core.vocabulary import Kind
from heed.intake.files import (
    LARGEST,
    REPORTERS_LARGEST,
    SentFile,
    add_file,
    ask_to_unflag,
    flag_file,
    unflag,
)
from heed.store import files, rebuild
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import ACCEPTED, Bodies, answer, bodies
from tests.walls.changes import ask, naming
from tests.walls.refusals import NO_ID, Asked, check_refused, told
from tests.walls.test_openings import breaks_glass, granted
from tests.world import CHANCE, Told

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

OPEN_FILES = "machinery.my_open_files()"
BYTES = bytes(range(256)) * 3 + b"\0\xff\r\n"
PLAIN = SentFile("minutes.pdf", "application/pdf", BYTES)


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def put_on(scene: Bodies, name: str = "lead", sent: SentFile = PLAIN) -> UUID:
    """This person puts a file on the first record; its id."""
    entry = add_file(CHANCE, scene.to, sent, record=scene.records[0], token=os.urandom(32))
    scene.act(name, entry)
    scene.world.open()
    return entry.id


def flag(scene: Bodies, file: UUID, name: str = "lead") -> None:
    record = scene.records[0]
    scene.act(name, flag_file(CHANCE, scene.to, record=record, file=file, token=os.urandom(32)))


def look(scene: Bodies, name: str, purpose: str = "own queue") -> None:
    person = scene.world.people[name]
    scene.act(
        name,
        access.look(CHANCE, scene.to, person=person, records=[scene.records[0]], purpose=purpose),
    )


def bytes_given(scene: Bodies, name: str) -> list[bytes]:
    """What the database gives this person of every file that there is."""
    rows = Desk(scene.world.link("heed_office")).rows(
        scene.keys[name], "SELECT bytes FROM words.file"
    )
    return [bytes(row[0]) for row in rows]


def said_to(scene: Bodies, name: str, entry: object) -> str:
    with scene.connected(name) as connection:
        return answer(connection, entry)  # type: ignore[arg-type]


def test_bytes_come_back_as_they_were_sent_and_only_after_a_look(scene: Bodies) -> None:
    put_on(scene)
    assert bytes_given(scene, "lead") == []
    look(scene, "lead")
    assert bytes_given(scene, "lead") == [BYTES]
    assert bytes_given(scene, "colleague") == []


def test_the_facts_say_size_and_hash_of_the_original_bytes(scene: Bodies) -> None:
    file = put_on(scene)
    ((entry, size, sha256),) = scene.world.as_owner("SELECT entry, size, sha256 FROM facts.file")
    assert (entry, size, sha256) == (file, len(BYTES), hashlib.sha256(BYTES).hexdigest())


def test_whoever_is_restricted_is_given_no_byte_and_puts_nothing_on(scene: Bodies) -> None:
    put_on(scene)
    look(scene, "lead")
    scene.act(*naming(scene, "lead", "lead"))
    assert bytes_given(scene, "lead") == []
    more = add_file(CHANCE, scene.to, PLAIN, record=scene.records[0], token=os.urandom(32))
    assert said_to(scene, "lead", more) == "HE404"


def test_a_flagged_file_is_given_to_nobody_from_that_commit_on(scene: Bodies) -> None:
    file, other = put_on(scene), put_on(scene, sent=SentFile("b", "", b"another"))
    look(scene, "lead")
    with scene.connected("lead") as reading, scene.connected("lead") as flagging:
        flagging.autocommit = False
        entry = flag_file(CHANCE, scene.to, record=scene.records[0], file=file, token=b"t" * 32)
        assert answer(flagging, entry) == ACCEPTED
        question = "SELECT entry FROM words.file ORDER BY entry"
        assert {row[0] for row in reading.execute(question)} == {file, other}
        flagging.commit()
        assert {row[0] for row in reading.execute(question)} == {other}
    assert bytes_given(scene, "lead") == [b"another"]  # the rest of the record stays
    assert scene.world.as_owner("SELECT entry FROM words.file") == [(other,)]  # nor to the rule


def test_without_the_database_s_wall_a_flagged_file_would_be_given_out(scene: Bodies) -> None:
    flag(scene, put_on(scene))
    look(scene, "lead")
    assert bytes_given(scene, "lead") == []
    scene.without(
        "ALTER POLICY office ON words.file USING (stream IN (SELECT machinery.my_open_records()))"
    )
    assert bytes_given(scene, "lead") == [BYTES]


def test_without_the_rule_s_own_wall_a_definer_could_give_it_out(scene: Bodies) -> None:
    flag(scene, put_on(scene))
    scene.without("ALTER POLICY rule ON words.file USING (true)")
    assert [bytes(row[0]) for row in scene.world.as_owner("SELECT bytes FROM words.file")] == [
        BYTES
    ]


def test_without_the_ticket_a_file_would_show_before_any_look(scene: Bodies) -> None:
    put_on(scene)
    assert bytes_given(scene, "lead") == []
    scene.without(
        "ALTER POLICY office ON words.file USING (stream IN (SELECT machinery.my_records()))"
    )
    assert bytes_given(scene, "lead") == [BYTES]


@pytest.mark.parametrize("role", ["heed_office", "heed_intake", "heed_opener", "heed_owner"])
@pytest.mark.parametrize("how", ["DELETE FROM facts.flag", "UPDATE facts.flag SET file = entry"])
def test_nothing_takes_a_flag_away(scene: Bodies, role: str, how: str) -> None:
    flag(scene, put_on(scene))
    with scene.connected(role) as connection:
        try:
            done = connection.execute(how.encode()).rowcount
        except Exception:  # whatever refuses
            done = 0
    assert done == 0
    assert len(scene.world.as_owner("SELECT file FROM facts.flag")) == 1


def test_flagging_again_or_putting_the_same_file_on_again_unflags_nothing(scene: Bodies) -> None:
    token = os.urandom(32)
    entry = add_file(CHANCE, scene.to, PLAIN, record=scene.records[0], token=token)
    scene.act("lead", entry)
    scene.world.open()
    flag(scene, entry.id)
    flag(scene, entry.id)
    scene.act("lead", add_file(CHANCE, scene.to, PLAIN, record=scene.records[0], token=token))
    scene.world.open()
    look(scene, "lead")
    assert bytes_given(scene, "lead") == []


def test_who_may_not_read_a_record_cannot_tell_whether_it_has_files(scene: Bodies) -> None:
    file, record = put_on(scene), scene.records[0]
    for name in ("colleague", "custodian", "overseer", "admin"):
        for asked in (file, uuid4()):
            entry = flag_file(CHANCE, scene.to, record=record, file=asked, token=os.urandom(32))
            assert said_to(scene, name, entry) == "HE404"
        more = add_file(CHANCE, scene.to, PLAIN, record=record, token=os.urandom(32))
        assert said_to(scene, name, more) == "HE404"
        desk = Desk(scene.world.link("heed_office"))
        for table in ("facts.file", "words.file"):
            assert desk.rows(scene.keys[name], f"SELECT 1 FROM {table}") == []  # type: ignore[arg-type]
        assert desk.rows(scene.keys[name], "SELECT * FROM machinery.my_held_files()") == []


def test_a_file_of_another_record_cannot_be_flagged_by_way_of_this_one(scene: Bodies) -> None:
    file, elsewhere = put_on(scene), scene.records[1]
    for record, asked in ((elsewhere, file), (scene.records[0], uuid4()), (uuid4(), file)):
        entry = flag_file(CHANCE, scene.to, record=record, file=asked, token=os.urandom(32))
        assert said_to(scene, "lead", entry) == "HE404"
    assert scene.world.as_owner("SELECT 1 FROM facts.flag") == []


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"size": 1},
        {"size": 1, "sha256": "0" * 63},
        {"size": "1", "sha256": "0" * 64},
        {"size": -1, "sha256": "0" * 64},
        {"size": 1.5, "sha256": "0" * 64},
        {"size": LARGEST + 1, "sha256": "0" * 64},
        {"size": None, "sha256": "A" * 64},
    ],
)
def test_a_file_that_does_not_say_what_it_is_is_refused(
    scene: Bodies, claims: dict[str, object]
) -> None:
    entry = add_file(CHANCE, scene.to, PLAIN, record=scene.records[0], token=os.urandom(32))
    entry.claims.clear()
    entry.claims.update(claims)
    assert said_to(scene, "lead", entry) == "HE003"


def reporters(scene: Bodies, told: Told, number: int, **claims: object) -> str:
    """A file by whoever holds the code; what the register says."""
    entry = add_file(
        CHANCE,
        scene.world.public_recipients(told.code),
        SentFile(f"{number}.jpg", "image/jpeg", bytes([number])),
        record=told.record,
        token=os.urandom(32),
        lookup=told.door.lookup,
    )
    entry.claims.update(claims)
    return said_to(scene, "heed_intake", entry)


def test_a_reporter_adds_three_small_files_and_no_more(scene: Bodies) -> None:
    told = scene.world.tell("with pictures")
    assert reporters(scene, told, 0, size=REPORTERS_LARGEST + 1) == "HE003"
    assert [reporters(scene, told, number) for number in range(4)] == [ACCEPTED] * 3 + ["HE041"]
    # What was said to be kept while the database was away is never one too many.
    assert reporters(scene, told, 9, spooled_at="2026-03-02T09:00:00Z") == ACCEPTED


def test_a_file_needs_the_code_of_its_record(scene: Bodies) -> None:
    told, other = scene.world.tell("mine"), scene.world.tell("another's")
    entry = add_file(
        CHANCE,
        scene.world.public_recipients(told.code),
        PLAIN,
        record=told.record,
        token=os.urandom(32),
        lookup=other.door.lookup,
    )
    assert said_to(scene, "heed_intake", entry) == "HE404"


def test_the_code_never_gives_a_file_back(scene: Bodies) -> None:
    told = scene.world.tell("with a picture")
    assert reporters(scene, told, 1) == ACCEPTED
    filed, file = scene.world.thread(told.code).items
    assert (file.recipient, file.sealed) == ("code", b"")
    assert filed.sealed


def test_a_file_of_a_form_that_is_no_file_stops_nothing_else(scene: Bodies) -> None:
    record = scene.records[0]
    bad = add_file(CHANCE, scene.to, PLAIN, record=record, token=b"1" * 32)
    spoilt = SentFile("x", "", b"y")
    object.__setattr__(spoilt, "body", lambda: {"content": "é", "name": "x", "type": ""})
    scene.act("lead", add_file(CHANCE, scene.to, spoilt, record=record, token=b"2" * 32))
    scene.act("lead", bad)
    scene.world.open()
    assert scene.world.as_owner("SELECT entry FROM words.file") == [(bad.id,)]
    assert len(scene.world.as_owner("SELECT entry FROM words.unreadable")) == 1
    assert scene.world.as_owner("SELECT 1 FROM words.stopped") == []


def test_a_rebuild_gives_the_same_files_and_flags_and_the_wall_around_them(scene: Bodies) -> None:
    owner, keys = scene.world.urls["heed_owner"], scene.world.keys
    told = scene.world.tell("with a picture")
    assert reporters(scene, told, 1) == ACCEPTED
    put_on(scene, sent=SentFile("b\0", "text/plain", b""))
    flag(scene, put_on(scene))
    assert rebuild.check(owner, keys).differences == ()
    rebuild.rebuild(owner, keys)
    assert rebuild.check(owner, keys).differences == ()
    look(scene, "lead")
    assert sorted(bytes_given(scene, "lead")) == [b""]
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        assert len(connection.execute("SELECT 1 FROM words.file").fetchall()) == 3


def test_a_swapped_file_differs_from_the_entries(scene: Bodies) -> None:
    file = put_on(scene)
    scene.without(f"UPDATE words.file SET bytes = 'other' WHERE entry = '{file}'")
    found = rebuild.check(scene.world.urls["heed_owner"], scene.world.keys).differences
    assert [str(each) for each in found] == [f"words.file {file}: differs from the entries"]


def test_who_flags_a_part_of_an_email_flags_the_email_and_every_copy_in_the_record(
    scene: Bodies,
) -> None:
    record, names = scene.records[0], {}
    for name, part_of in (("raw", ""), ("picture", "raw"), ("notes", "raw"), ("copy", "")):
        content = b"picture" if name == "copy" else name.encode()
        entry = add_file(
            CHANCE,
            scene.to,
            SentFile(name, "", content),
            record=record,
            token=os.urandom(32),
            part_of=names[part_of] if part_of else None,
        )
        scene.act("lead", entry)
        names[name] = entry.id
    scene.world.open()
    look(scene, "lead")
    flag(scene, names["picture"])
    assert bytes_given(scene, "lead") == [b"notes"]
    put_on(scene, sent=SentFile("later", "", b"picture"))
    assert bytes_given(scene, "lead") == [b"notes"]
    flag(scene, names["raw"])
    assert bytes_given(scene, "lead") == []
    assert rebuild.check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_a_part_of_a_file_that_is_not_on_this_record_is_refused(scene: Bodies) -> None:
    raw = put_on(scene)
    for record, part_of in ((scene.records[1], raw), (scene.records[0], uuid4())):
        entry = add_file(
            CHANCE, scene.to, PLAIN, record=record, token=os.urandom(32), part_of=part_of
        )
        assert said_to(scene, "lead", entry) == "HE003"


UNFLAGGING = "register.decide_unflagging(uuid,text,jsonb,uuid)"


def flagged(scene: Bodies, name: str = "third") -> UUID:
    """Whoever opened the record in an emergency flags the lead's file; the flag."""
    file = put_on(scene)
    breaks_glass(scene, name)
    entry = flag_file(
        CHANCE,
        scene.to,
        record=scene.records[0],
        file=file,
        token=os.urandom(32),
        reason="I am not sure",
    )
    scene.act(name, entry)
    scene.world.open()
    return entry.id


def wants_back(scene: Bodies, name: str, flag: UUID) -> str:
    about = {"record": scene.records[0], "flag": flag, "reason": "it is the minutes"}
    return said_to(scene, name, ask_to_unflag(CHANCE, scene.to, token=os.urandom(32), **about))


def takes_back(scene: Bodies, name: str, flag: UUID) -> str:
    about = {"record": scene.records[0], "flag": flag, "reason": "so it is"}
    return said_to(scene, name, unflag(CHANCE, scene.to, token=os.urandom(32), **about))


@pytest.mark.parametrize(
    ("one", "other"), [("lead", "overseer"), ("lead", "custodian"), ("custodian", "lead")]
)
def test_two_people_take_a_flag_back_and_then_the_file_is_given_again(
    scene: Bodies, one: str, other: str
) -> None:
    flag = flagged(scene)
    look(scene, "lead")
    assert bytes_given(scene, "lead") == []
    assert takes_back(scene, other, flag) == "HE045"  # nobody has asked yet
    assert wants_back(scene, one, flag) == ACCEPTED
    assert takes_back(scene, one, flag) == "HE045"
    assert bytes_given(scene, "lead") == []
    assert takes_back(scene, other, flag) == ACCEPTED
    assert bytes_given(scene, "lead") == [BYTES]
    assert takes_back(scene, other, flag) == "HE404"
    assert rebuild.check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    rebuild.rebuild(scene.world.urls["heed_owner"], scene.world.keys)
    assert rebuild.check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()


def test_without_that_question_one_person_alone_would_take_it_back(scene: Bodies) -> None:
    flag = flagged(scene)
    look(scene, "lead")
    assert wants_back(scene, "lead", flag) == ACCEPTED
    assert takes_back(scene, "lead", flag) == "HE045"
    scene.without_line(UNFLAGGING, "OR held.withdrawal_asked_by = p_me")
    assert takes_back(scene, "lead", flag) == ACCEPTED
    assert bytes_given(scene, "lead") == [BYTES]


def test_who_may_not_take_a_flag_back_cannot_tell_whether_there_is_one(scene: Bodies) -> None:
    flag, record = flagged(scene), scene.records[0]
    granted(scene, "colleague")
    ask(scene)
    claims = {"flag": str(flag)}
    names = ("third", "colleague", "second", "contact", "admin", "their admin")
    wrong = [
        Asked(name, Kind.FLAG_WITHDRAWAL_ASKED, record, said)
        for name in names
        for said in (claims, {"flag": str(uuid4())})
    ]
    wrong += [Asked("overseer", Kind.FLAG_WITHDRAWAL_ASKED, record, claims)]
    wrong += [Asked("lead", Kind.FLAG_WITHDRAWAL_ASKED, record, {"flag": one}) for one in NO_ID]
    wrong += [Asked("lead", Kind.FLAG_WITHDRAWAL_ASKED, scene.records[1], claims)]
    wrong += [
        Asked(name, Kind.FLAG_WITHDRAWN, record, claims)
        for name in ("third", "colleague", "contact", "admin")
    ]
    assert len(check_refused(scene, "HE404", *wrong)) == 1
    scene.act(*naming(scene, "lead", "custodian"))
    walled = Asked("custodian", Kind.FLAG_WITHDRAWAL_ASKED, record, claims)
    check_refused(scene, "HE404", walled)
    scene.without_line(UNFLAGGING, "OR register.hidden(p_me, p_stream)")
    assert told(scene, walled) == (ACCEPTED,)


def test_a_file_that_two_flagged_waits_for_both_flags(scene: Bodies) -> None:
    first, file = flagged(scene), scene.world.as_owner("SELECT entry FROM facts.file")[0][0]
    flag(scene, file)
    (second,) = scene.world.as_owner("SELECT entry FROM facts.flag WHERE entry <> %s", (first,))[0]
    look(scene, "lead")
    for one, given in ((first, []), (second, [BYTES])):
        assert wants_back(scene, "lead", one) == ACCEPTED
        assert takes_back(scene, "overseer", one) == ACCEPTED
        assert bytes_given(scene, "lead") == given


def flags_seen(scene: Bodies, name: str) -> list[tuple[UUID, str, str]]:
    desk = Desk(scene.world.link("heed_office"))
    return [(one.flag, one.reason, one.why) for one in files.flags(desk, scene.keys[name])]


def test_the_owner_sees_who_flagged_a_file_and_why_and_so_do_custodian_and_overseers(
    scene: Bodies,
) -> None:
    flag = flagged(scene)
    assert wants_back(scene, "lead", flag) == ACCEPTED
    scene.world.open()
    all_of_it = [(flag, "I am not sure", "it is the minutes")]
    assert flags_seen(scene, "lead") == [(flag, "", "")]  # no word without a look
    look(scene, "lead")
    for name in ("lead", "custodian", "overseer"):
        assert flags_seen(scene, name) == all_of_it, name
    for name in ("colleague", "contact", "admin"):
        assert flags_seen(scene, name) == []
    scene.act(*naming(scene, "lead", "custodian"))
    assert flags_seen(scene, "custodian") == []
    scene.without_line("machinery.flags(uuid)", "AND NOT register.hidden(me, g.record)")
    assert flags_seen(scene, "custodian") == all_of_it


def unseen(scene: Bodies) -> bool:
    rows = scene.world.as_owner(
        "SELECT unseen_since IS NOT NULL FROM facts.record WHERE id = %s", (scene.records[0],)
    )
    return bool(rows[0][0])


def test_a_file_that_a_colleague_puts_on_is_news_to_whoever_answers_for_the_record(
    scene: Bodies,
) -> None:
    look(scene, "lead")
    put_on(scene)
    assert not unseen(scene)  # the lead's own
    granted(scene, "third")
    put_on(scene, "third", SentFile("letter.pdf", "", b"theirs"))
    assert unseen(scene)
    assert rebuild.check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    look(scene, "lead")
    assert not unseen(scene)
    scene.without_line(
        "register.apply_files(uuid,uuid,integer,text,timestamp with time zone,jsonb)",
        "OR p_facts->>'news_to' IS NOT NULL",
    )
    put_on(scene, "third", SentFile("more.pdf", "", b"theirs too"))
    assert not unseen(scene)


ITEMS = "SELECT 1 FROM facts.item UNION ALL SELECT 1 FROM words.item"


def test_fetching_a_file_opens_no_words_and_says_nothing_of_who_opened_the_record(
    scene: Bodies,
) -> None:
    put_on(scene)
    desk = Desk(scene.world.link("heed_office"))
    look(scene, "lead", "file")
    assert bytes_given(scene, "lead") == [BYTES]
    assert desk.rows(scene.keys["lead"], ITEMS) == []
    opened = "SELECT opened_at FROM facts.record WHERE id = %s"
    assert scene.world.as_owner(opened, (scene.records[0],)) == [(None,)]
    scene.without_line("machinery.my_open_records()", "'file', ", "")
    assert len(desk.rows(scene.keys["lead"], ITEMS)) == 3


def test_a_file_that_was_fetched_is_kept_from_whoever_is_restricted_or_comes_late(
    scene: Bodies,
) -> None:
    put_on(scene)
    granted(scene, "colleague")
    look(scene, "colleague", "file")
    assert bytes_given(scene, "colleague") == [BYTES]
    assert bytes_given(scene, "lead") == []
    scene.act(*naming(scene, "lead", "colleague"))
    assert bytes_given(scene, "colleague") == []
    scene.without_line(OPEN_FILES, "machinery.may_see(looked.record)", "true")
    assert bytes_given(scene, "colleague") == [BYTES]
    scene.without("UPDATE machinery.ticket SET asked_at = asked_at - interval '6 minutes'")
    assert bytes_given(scene, "colleague") == []
    scene.without_line(OPEN_FILES, "t.asked_at > clock_timestamp() - interval '5 minutes'", "true")
    assert bytes_given(scene, "colleague") == [BYTES]
    scene.without_line(OPEN_FILES, "t.session = mine", "true")
    assert bytes_given(scene, "lead") == [BYTES]


def test_a_flagged_file_is_not_given_to_whoever_fetches_it(scene: Bodies) -> None:
    flag(scene, put_on(scene))
    look(scene, "lead", "file")
    assert bytes_given(scene, "lead") == []
