"""A look back tells what had been received by a day, as it stood then: the same bytes whatever came later."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from heed.access import asking, people
from heed.access import commands as access
from heed.core.vocabulary import Kind
from heed.intake.beside import note
from heed.intake.files import SentFile, add_file, flag_file
from heed.lookback.rules import Reading
from heed.store import lookback
from heed.store.fold import Fold, entries
from heed.store.readable import Desk
from heed.store.rebuild import check
from heed.triage.concerned_commands import Choice, decide
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies, folded
from tests.walls.changes import accepting, leaving, naming, offering
from tests.walls.looking_back import (
    asked,
    asker,
    change,
    days_pass,
    now,
    put_in_late,
    records,
    tell,
)
from tests.walls.refusals import Asked, check_refused
from tests.walls.test_ladder import climbed
from tests.walls.test_openings import granted
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DOOR = "machinery.look_back(text,timestamptz,timestamptz,timestamptz,uuid,integer)"
LOOKED_BACK = "machinery.looked_back(uuid[],timestamptz)"
RECEIVED = "register.received(uuid,tsquery,timestamptz,timestamptz)"
FOUND = "SELECT record FROM machinery.look_back('heron', 'infinity', 'infinity', NULL, NULL, 25)"
ENTRIES = "SELECT header FROM machinery.looked_back(%s::uuid[], 'infinity')"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def heron(scene: Bodies) -> UUID:
    """A record that holds the word, and the first of the scene's."""
    scene.records = [tell(scene, "a heron at the weir")]
    return scene.records[0]


def opens(scene: Bodies, record: UUID, name: str = "lead") -> None:
    desk, person = Desk(scene.world.link("heed_office")), scene.world.people[name]
    desk.open(scene.keys[name], person, record, CHANCE, scene.to)


def adds(scene: Bodies, words: str) -> None:
    entry = note(CHANCE, scene.to, record=scene.records[0], words=words, token=CHANCE.bytes(32))
    scene.act("lead", entry)


def decides(scene: Bodies, choice: Choice = Choice.REFER) -> None:
    opens(scene, scene.records[0])
    scene.act(
        "lead",
        decide(
            CHANCE, scene.to, record=scene.records[0], concerned=None, choice=choice, reason="so"
        ),
    )


def rows(scene: Bodies, name: str, statement: str, *parameters: Any) -> list[Any]:
    return Desk(scene.world.link("heed_office")).rows(scene.keys[name], statement, parameters)  # type: ignore[arg-type]


def many(scene: Bodies) -> None:
    """Whoever reads many records is served by the index; here one record is many."""
    scene.without_line("register.reads_many(uuid)", "> 2000", ">= 0")


def test_what_came_by_a_day_is_told_and_nothing_later(scene: Bodies) -> None:
    came, day = heron(scene), now(scene).date()
    days_pass(scene, 2)
    later = tell(scene, "another heron")
    assert records(asked(scene, "herons", day)) == [came]
    assert records(asked(scene, "herons", day - timedelta(days=1))) == []
    assert records(asked(scene, "herons", now(scene).date())) == [came, later]
    many(scene)
    assert records(asked(scene, "herons", day)) == [came]
    scene.without_line(DOOR, "AND r.filed_at < $3")
    scene.without_line(RECEIVED, "AND f.at < p_known", "")
    scene.without_line(RECEIVED, "(f.at < p_until OR ", "(true OR ")
    assert [record for (record,) in rows(scene, "lead", FOUND)] == [came, later]


def everything_happens(scene: Bodies) -> None:
    """All that can happen to a record whose day is over, but what takes it from its reader."""
    opens(scene, scene.records[0])
    adds(scene, "the heron was seen again")
    decides(scene)
    change(scene, naming(scene, "lead", "third"), offering(scene, "colleague"))
    change(scene, leaving(scene, "second"))
    scene.world.open()


def test_what_happens_later_changes_no_byte_of_an_answer(scene: Bodies) -> None:
    heron(scene)
    day = now(scene).date()
    days_pass(scene, 2)
    then = asked(scene, "heron weir", day).answer
    everything_happens(scene)
    again = asked(scene, "heron weir", day).answer
    assert again.encode() == then.encode()
    assert again.digest == then.digest
    scene.without_line(LOOKED_BACK, "AND i.at < p_known", "")
    assert asked(scene, "heron weir", day).answer.encode() != then.encode()


def test_who_answered_for_it_then_and_who_opened_it_is_told_as_it_was(scene: Bodies) -> None:
    came, day = heron(scene), now(scene).date()
    days_pass(scene, 2)
    granted(scene, "overseer")
    opens(scene, came)
    change(scene, accepting(scene))
    [then] = asked(scene, "heron", day, "colleague").answer.certain
    [today] = asked(scene, "heron", now(scene).date(), "colleague").answer.certain
    people = scene.world.people
    assert (then.owner, then.opened_at is None) == (people["lead"], True)
    assert (today.owner, today.opened_at is None) == (people["colleague"], False)
    scene.without_line(LOOKED_BACK, "AND k.at < p_known", "")
    [then] = asked(scene, "heron", day, "colleague").answer.certain
    assert then.opened_at is not None


def test_as_it_stands_now_is_what_the_live_tables_say(scene: Bodies, tmp_path: Path) -> None:
    came = heron(scene)
    climbed(scene, tmp_path, 3)
    everything_happens(scene)
    scene.act("colleague", access.accept_hand_over(CHANCE, scene.to, record=came))
    [told] = asked(scene, "heron", now(scene).date(), "colleague").answer.certain
    live = scene.world.as_owner(
        "SELECT owner, danger, opened_at, chased, reference FROM facts.record WHERE id = %s",
        (came,),
    )
    assert live == [(told.owner, told.danger, told.opened_at, told.chased, told.reference)]
    assert told.chased == 3
    items = [(one.entry, one.kind, one.at, one.actor) for one in told.things]
    decisions = [(one.entry, one.decision, one.at, one.actor) for one in told.decided]
    walls = [(one.entry, one.person, one.unit, one.ground, one.at) for one in told.kept]
    for table, columns, shown in (
        ("item", "entry, kind, at, actor", items),
        ("decision", "entry, decision, at, actor", decisions),
        ("wall", "entry, person, unit, ground, at", walls),
    ):
        kept = " AND NOT lifted" if table == "wall" else ""
        stands = scene.world.as_owner(
            f"SELECT {columns} FROM facts.{table} WHERE record = %s{kept} ORDER BY at, entry",
            (came,),
        )
        assert shown
        assert stands == shown


def fold_until(scene: Bodies, at: datetime) -> Fold:
    """The folds that fill every table, over what was recorded before an instant."""
    fold = Fold(None)
    with psycopg.connect(scene.world.urls["heed_owner"]) as connection:
        connection.execute("SET ROLE heed_rule")
        before = {
            entry
            for (entry,) in connection.execute(
                "SELECT id FROM register.entry"
                " WHERE (convert_from(header, 'UTF8')::jsonb->>'recorded_at')::timestamptz < %s",
                (at,),
            ).fetchall()
        }
        for row, facts in entries(connection):
            if row.entry in before:
                fold.take(row, facts)
    return fold


def test_every_table_as_it_stood_comes_from_the_same_folds(scene: Bodies) -> None:
    heron(scene)
    opens(scene, scene.records[0])
    assert check(scene.world.urls["heed_owner"], scene.world.keys).differences == ()
    then, at = folded(scene.world), now(scene)
    days_pass(scene, 1)
    everything_happens(scene)
    again = fold_until(scene, at)
    assert again.standing() == then.standing()
    assert folded(scene.world).standing() != then.standing()


def test_whoever_may_not_read_a_record_is_told_nothing_of_it(scene: Bodies) -> None:
    came, today = heron(scene), now(scene).date()
    others = [name for name in scene.keys if name != "lead"]
    assert [records(asked(scene, "heron", today, name)) for name in others] == [[]] * len(others)
    many(scene)
    assert [records(asked(scene, "heron", today, name)) for name in others] == [[]] * len(others)
    granted(scene, "colleague")
    assert records(asked(scene, "heron", today, "colleague")) == [came]
    change(scene, naming(scene, "lead", "colleague"))
    assert records(asked(scene, "heron", today, "colleague")) == []
    scene.without_line(DOOR, "AND machinery.may_see(place.id)")
    assert rows(scene, "colleague", FOUND) == rows(scene, "third", FOUND) == [(came,)]


def test_of_few_records_only_ones_own_are_gone_through(scene: Bodies) -> None:
    """Else the time it takes would tell what others' records hold."""
    came = heron(scene)
    assert rows(scene, "third", FOUND) == []
    scene.without_line(DOOR, "AND machinery.may_see(place.id)")
    assert rows(scene, "third", FOUND) == []
    scene.without_line(DOOR, "WHERE i.stream = ANY (mine)")
    assert rows(scene, "third", FOUND) == [(came,)]


def test_an_administrator_asks_nothing(scene: Bodies) -> None:
    came = heron(scene)
    change(scene, offering(scene, "third"))
    scene.act("third", access.accept_hand_over(CHANCE, scene.to, record=came))
    assert rows(scene, "third", FOUND) == [(came,)]
    assert rows(scene, "admin", FOUND) == []


def test_a_common_word_is_found_oldest_first_however_many_hold_it(scene: Bodies) -> None:
    told = [tell(scene, "a heron") for _ in range(4)]
    today = now(scene).date()
    many(scene)
    scene.without_line(DOOR, "<= 10000", "<= 0")
    assert records(asked(scene, "heron", today)) == told
    assert records(asked(scene, "heron", today, "third")) == []


def test_there_are_25_on_a_page_and_none_is_missed(scene: Bodies) -> None:
    told = [scene.world.tell("a heron").record for _ in range(51)]
    scene.world.open()
    first = asked(scene, "heron", now(scene).date())
    desk, page, seen = Desk(scene.world.link("heed_office")), first, records(first)
    while page.further:
        page = lookback.received(desk, asker(scene, "lead"), first.answer.question, page.further)
        seen += records(page)
    assert seen == told


def test_a_question_is_on_the_record_first_and_opens_nothing(scene: Bodies) -> None:
    came, today = heron(scene), now(scene).date()
    asked(scene, "heron", today)
    asked(scene, "swan", today)
    looks = scene.world.as_owner("SELECT records, purpose FROM facts.look ORDER BY at")
    assert looks == [([came], "lookback"), ([], "lookback")]
    body = "SELECT body FROM words.item"
    assert rows(scene, "lead", body) == []
    opened = "SELECT opened_at FROM facts.record WHERE opened_at > '-infinity'"
    assert scene.world.as_owner(opened) == []
    scene.without_line("machinery.my_open_records()", ", 'lookback'", "")
    assert len(rows(scene, "lead", body)) == 1


def test_nobody_records_a_look_back_at_what_they_may_not_see(scene: Bodies) -> None:
    came, people = heron(scene), scene.world.people
    claims = {"records": [str(came)], "purpose": "lookback"}
    others = [Asked(name, Kind.LOOKED, people[name], claims) for name in ("third", "overseer")]
    check_refused(scene, "HE404", *others, Asked("third", Kind.LOOKED, people["lead"], claims))


def test_entries_are_given_behind_a_look_back_of_ones_own_while_one_may_see(scene: Bodies) -> None:
    came, today = heron(scene), now(scene).date()
    opens(scene, came)
    assert rows(scene, "lead", ENTRIES, [came]) == []
    asked(scene, "heron", today)
    assert len(rows(scene, "lead", ENTRIES, [came])) == 2
    granted(scene, "colleague")
    assert rows(scene, "colleague", ENTRIES, [came]) == []
    asked(scene, "heron", today, "colleague")
    assert rows(scene, "colleague", ENTRIES, [came])
    change(scene, naming(scene, "lead", "colleague"))
    assert rows(scene, "colleague", ENTRIES, [came]) == []
    scene.without_line(LOOKED_BACK, "AND machinery.may_see(l.id)")
    assert rows(scene, "colleague", ENTRIES, [came])
    assert rows(scene, "third", ENTRIES, [came]) == []
    scene.without_line(LOOKED_BACK, "t.session = mine AND ")
    assert rows(scene, "third", ENTRIES, [came])


def test_of_an_entry_elsewhere_nothing_is_given_but_what_it_did_to_ones_own(scene: Bodies) -> None:
    """The lead is away, so all they had goes to others: of what is not asked about, nothing is said."""
    came, today = heron(scene), now(scene).date()
    other = tell(scene, "a swan")
    person = scene.world.people["lead"]
    scene.act("lead", people.go_away(CHANCE, scene.to, person=person))
    [(holder,)] = scene.world.as_owner("SELECT owner FROM facts.record WHERE id = %s", (came,))
    name = next(one for one, id in scene.world.people.items() if id == holder)
    [told] = asked(scene, "heron", today, name).answer.certain
    assert told.owner == holder
    facts = "SELECT told::text FROM machinery.looked_back(%s::uuid[], 'infinity')"
    given = "".join(row[0] for row in rows(scene, name, facts, [came]))
    assert f"{came} {holder}" in given
    assert str(other) not in given
    assert "salt" not in given
    told_of = "register.told_of(bytea,uuid[])"
    scene.without_line(told_of, "WHERE left(one.said, 36)::uuid = ANY (p_records)")
    assert str(other) in "".join(row[0] for row in rows(scene, name, facts, [came]))


def test_what_was_put_in_late_stands_by_what_is_said_of_its_day(scene: Bodies) -> None:
    day = now(scene).date()
    days_pass(scene, 400)
    sure = put_in_late(scene, "a heron", f"before {day.year + 1}")
    maybe = put_in_late(scene, "a heron", f"{day:%B %Y}")
    unread = put_in_late(scene, "a heron", "when the old clerk was here")
    after = put_in_late(scene, "a heron", f"{day.year + 1}")
    plain = tell(scene, "a heron")
    assert records(asked(scene, "heron", day)) == []
    year_end = day.replace(month=12, day=31)
    answer = asked(scene, "heron", year_end, reading=Reading.TODAY).answer
    assert [each.record for each in answer.certain] == [sure, maybe]
    assert [each.record for each in answer.possible] == [unread]
    first = asked(scene, "heron", day.replace(day=1), reading=Reading.TODAY).answer
    assert [each.record for each in first.certain] == []
    assert [each.record for each in first.possible] == [sure, maybe, unread]
    everything = records(asked(scene, "heron", now(scene).date()))
    assert everything == [sure, maybe, unread, after, plain]
    [claim] = [thing.claim for thing in answer.certain[0].things if thing.claim]
    assert claim.said == f"before {day.year + 1}"


def test_words_that_look_like_a_day_of_arrival_are_no_such_claim(scene: Bodies) -> None:
    day = now(scene).date()
    days_pass(scene, 2)
    tell(scene, 'a heron","reached":"1 May 1999","x":"')
    page = asked(scene, "heron", day, reading=Reading.TODAY)
    assert records(page) == []


def test_a_file_that_is_flagged_now_is_not_read_for_a_day_before(scene: Bodies) -> None:
    scene.records = [tell(scene, "a swan")]
    mail = b"From: a@example.org\nSubject: s\n\nthe heron waits\n"
    sent = SentFile("a.eml", "message/rfc822", mail)
    entry = add_file(CHANCE, scene.to, sent, record=scene.records[0], token=CHANCE.bytes(32))
    scene.act("lead", entry)
    scene.world.open()
    day = now(scene).date()
    days_pass(scene, 2)
    assert records(asked(scene, "heron", day)) == scene.records
    flag = flag_file(
        CHANCE, scene.to, record=scene.records[0], file=entry.id, token=CHANCE.bytes(32)
    )
    scene.act("lead", flag)
    assert records(asked(scene, "heron", day)) == []


def test_whatever_is_asked_there_is_an_answer(scene: Bodies) -> None:
    came, today = heron(scene), now(scene).date()
    for sought in (
        "",
        " ",
        "\0",
        "'",
        '"',
        "the",
        "a & | ! <-> :*",
        "x" * 100_000,
        "%s",
        "-" * 100,
    ):
        assert records(asked(scene, sought, today)) == [], sought
    assert records(asked(scene, '"heron at the weir"', today)) == [came]


def test_asking_to_read_is_no_way_round(scene: Bodies) -> None:
    came = heron(scene)
    for name in ("third", "overseer"):
        [(reference,)] = scene.world.as_owner(
            "SELECT reference FROM facts.record WHERE id = %s", (came,)
        )
        person = scene.world.people[name]
        entry = asking.ask_for_access(
            CHANCE, scene.to, person=person, reference=reference, reason="so"
        )
        scene.act(name, entry)
        assert records(asked(scene, "heron", now(scene).date(), name)) == []
