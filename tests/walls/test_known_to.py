"""What was shown to somebody by a day: for overseers, of what they may know of, as the plain folds have it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from heed.lookback.answer import Question
from heed.lookback.events import Known
from heed.lookback.view import known_to
from heed.store import lookback
from heed.store.readable import Desk
from heed.triage.concerned_commands import Choice, decide
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies, folded
from tests.walls.calling import caller, reachable
from tests.walls.changes import accepting, ask, declining, leaving, naming, offering
from tests.walls.looking_back import asker, change, days_pass, now, tell
from tests.walls.test_ladder import climbed
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DOOR = "machinery.known_to(uuid[],timestamptz,timestamptz,uuid,integer)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def told(scene: Bodies, *names: str, by: str = "overseer") -> list[Known]:
    """Everything until now, page by page."""
    desk, known = Desk(scene.world.link("heed_office")), now(scene)
    people = sorted(scene.world.people[name] for name in names)
    question = Question(known.date(), known, people=tuple(map(str, people)))
    page = lookback.known(desk, asker(scene, by), question, people)
    found = list(page.answer.known)
    while page.further:
        page = lookback.known(desk, asker(scene, by), question, people, page.further)
        found += page.answer.known
    return found


def plain(scene: Bodies, name: str) -> list[Known]:
    """The same by the folds that fill every table."""
    fold = folded(scene.world)
    filings = scene.world.as_owner(
        "SELECT stream, (convert_from(facts, 'UTF8')::jsonb->>'owner')::uuid FROM register.entry"
        " WHERE version = 1 AND stream IN (SELECT id FROM facts.record)"
    )
    person = scene.world.people[name]
    parts = (fold.concerns, fold.concerned, fold.duty, fold.chases, fold.calls)
    return known_to(person, filings, *parts)


def without_references(found: list[Known]) -> list[tuple[Any, ...]]:
    return [(one.at, one.entry, one.person, one.what, one.detail, one.records) for one in found]


def much_happens(scene: Bodies, place: Path) -> None:
    """Looks, decisions, hand-overs, silence that is told of, and somebody who leaves."""
    first, second = scene.records[:2]
    climbed(scene, place, 3)
    desk = Desk(scene.world.link("heed_office"))
    for record in (first, second):
        desk.open(scene.keys["lead"], scene.world.people["lead"], record, CHANCE, scene.to)
    made = decide(CHANCE, scene.to, record=first, concerned=None, choice=Choice.REFER, reason="so")
    scene.act("lead", made)
    change(scene, offering(scene, "colleague"), declining(scene))
    change(scene, accepting(scene))
    change(scene, leaving(scene, "lead"))
    scene.world.open()


def test_it_is_what_the_plain_folds_say_for_everybody(scene: Bodies, tmp_path: Path) -> None:
    reachable(scene)
    caller(scene).step()
    much_happens(scene, tmp_path)
    kinds: set[str] = set()
    for name in ("lead", "colleague", "third", "contact", "second", "custodian"):
        found = told(scene, name)
        assert without_references(found) == without_references(plain(scene, name)), name
        assert all(len(one.records) == len(one.references) for one in found)
        kinds |= {one.what for one in found}
    assert kinds >= {"looked", "told", "offered", "given", "lost", "answers", "decided", "rung"}
    both = told(scene, "lead", "colleague")
    assert both == sorted(
        told(scene, "lead") + told(scene, "colleague"),
        key=lambda one: (one.at, one.entry, one.person, one.what),
    )


def test_however_much_it_is_nothing_is_missed_between_two_pages(scene: Bodies) -> None:
    desk, people = Desk(scene.world.link("heed_office")), scene.world.people
    for _ in range(20):
        for record in scene.records:
            desk.open(scene.keys["lead"], people["lead"], record, CHANCE, scene.to)
    found = told(scene, "lead")
    assert len(found) == 42
    assert without_references(found) == without_references(plain(scene, "lead"))


def test_of_what_happens_later_nothing_is_told(scene: Bodies, tmp_path: Path) -> None:
    day = now(scene).date()
    days_pass(scene, 2)
    desk, known = Desk(scene.world.link("heed_office")), now(scene) - timedelta(days=1)
    people = [scene.world.people["lead"]]
    before = lookback.known(desk, asker(scene, "overseer"), Question(day, known), people).answer
    much_happens(scene, tmp_path)
    after = lookback.known(desk, asker(scene, "overseer"), Question(day, known), people).answer
    assert after.encode() == before.encode()
    assert {one.what for one in before.known} == {"answers"}
    scene.without_line(
        "register.known_to(uuid,uuid[],timestamptz,timestamptz,uuid,integer)", "AND l.at < p_until"
    )
    later = lookback.known(desk, asker(scene, "overseer"), Question(day, known), people).answer
    assert later.encode() != before.encode()


def test_of_what_an_overseer_must_not_see_they_are_told_nothing(scene: Bodies) -> None:
    first, second = scene.records
    seen: set[UUID] = {record for one in told(scene, "lead") for record in one.records}
    assert seen == {first, second}
    ask(scene)
    change(scene, naming(scene, "lead", "overseer"))
    kept = told(scene, "lead")
    assert {record for one in kept for record in one.records} == {second}
    assert first in {record for one in told(scene, "lead", by="second") for record in one.records}
    scene.without_line("register.known_of(uuid[],uuid[])", "r.id <> ALL (p_hidden) AND ")
    seen = {record for one in told(scene, "lead") for record in one.records}
    assert seen == {first, second}


def test_what_the_opener_has_not_screened_is_not_there_yet(scene: Bodies) -> None:
    record = scene.world.tell("a heron").record
    assert record not in {id for one in told(scene, "lead") for id in one.records}
    scene.without_line(
        "register.known_of(uuid[],uuid[])",
        "EXISTS (SELECT FROM words.screened s WHERE s.record = r.id)",
        "true",
    )
    assert record in {id for one in told(scene, "lead") for id in one.records}


def test_nobody_but_an_overseer_asks_and_nobody_of_themselves(scene: Bodies) -> None:
    ask(scene)
    desk, people = Desk(scene.world.link("heed_office")), scene.world.people
    desk.open(
        scene.keys["overseer"], people["overseer"], scene.records[0], CHANCE, scene.to, "oversight"
    )
    assert told(scene, "overseer") == []
    assert told(scene, "overseer", by="second")
    for name in set(scene.keys) - {"overseer", "second"}:
        assert told(scene, "lead", "overseer", by=name) == []
    scene.without_line(DOOR, "WHERE p.id <> me")
    assert told(scene, "overseer")
    scene.without_line(DOOR, "OR NOT register.holds(me, 'overseer')")
    assert told(scene, "lead", by="third")


def test_the_question_is_on_the_record_and_names_no_record(scene: Bodies) -> None:
    tell(scene, "a heron")
    told(scene, "lead")
    looks = scene.world.as_owner("SELECT person, records, purpose FROM facts.look")
    assert looks == [(scene.world.people["overseer"], [], "lookback")]
    body = "SELECT body FROM words.item"
    assert Desk(scene.world.link("heed_office")).rows(scene.keys["overseer"], body) == []
