"""A look back tells what had been received by a day, as it stood then: the same bytes whatever came later."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from heed.access import commands as access
from heed.core.vocabulary import Kind
from heed.lookback.answer import Question
from heed.lookback.rules import Reading, end_of, known_until
from heed.store import lookback, staff
from heed.store.lookback import Asker, Page
from heed.store.readable import Desk
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.changes import naming
from tests.walls.refusals import Asked, check_refused
from tests.walls.test_openings import granted
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

LOOK_BACK = (
    "machinery.look_back(text,timestamp with time zone,timestamp with time zone,"
    "timestamp with time zone,uuid,integer)"
)
LOOKED_BACK = "machinery.looked_back(uuid[],timestamp with time zone)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def tell(scene: Bodies, saw: str, **words: str) -> UUID:
    record = scene.world.tell(saw, **words).record
    scene.world.open()
    return record


def now(scene: Bodies) -> datetime:
    return staff.now(Desk(scene.world.link("heed_office")), scene.keys["lead"])


def days_pass(scene: Bodies, days: int) -> None:
    """The domain's clock of a demonstration moves on."""
    scene.world.as_owner("SELECT 1")
    scene.without(
        f"INSERT INTO machinery.clock AS c VALUES (true, interval '{days} days') "
        f"ON CONFLICT (one) DO UPDATE SET shift = c.shift + interval '{days} days'"
    )


def asked(
    scene: Bodies, about: str, by: date, name: str = "lead", reading: Reading = Reading.THEN
) -> Page:
    desk, known = Desk(scene.world.link("heed_office")), known_until(by, reading, now(scene))
    asker = Asker(scene.keys[name], scene.world.people[name], CHANCE, scene.to)
    return lookback.received(desk, asker, Question(by, known, about, reading=reading))


def records(page: Page) -> list[UUID]:
    return [each.record for each in (*page.answer.certain, *page.answer.possible)]


def test_what_came_by_a_day_is_told_and_nothing_later(scene: Bodies) -> None:
    heron = tell(scene, "a heron at the weir")
    day = now(scene).date()
    days_pass(scene, 2)
    tell(scene, "another heron")
    page = asked(scene, "herons", day)
    assert records(page) == [heron]
    assert page.answer.possible == ()


def test_what_came_before_somebody_is_what_the_plain_folds_say(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    desk = Desk(scene.world.link("heed_office"))
    asker = Asker(scene.keys["overseer"], scene.world.people["overseer"], CHANCE, scene.to)
    known = now(scene)
    question = Question(known.date(), known)
    page = lookback.known(desk, asker, question, [scene.world.people["lead"]])
    print(page)
    assert heron in {record for one in page.answer.known for record in one.records}
