"""What this version cannot read stops its own stream: hidden from staff, and nothing else suffers."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from heed.core import canonical
from heed.core.ports import SealedEntry
from heed.register.return_code import ReturnCode
from heed.register.thread import new_door
from heed.store.readable import Desk, NoSuchRecord
from heed.store.rebuild import check, rebuild
from tests.copies import Scene, copied
from tests.other_versions import header_of, put_in, seal
from tests.servers import Server
from tests.world import CHANCE, Told, World

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)


@dataclass
class Hall(Scene):
    """The lead has one concern, read; `key` is the lead's session."""

    told: Told
    key: str

    def visible(self) -> set[UUID]:
        """What the lead's queue shows."""
        return {one.id for one in Desk(self.world.link("heed_office")).queue(self.key, 100)}

    def open(self, record: UUID) -> None:
        """The lead looks at it, and then reads."""
        desk = Desk(self.world.link("heed_office"))
        lead = self.world.people["lead"]
        desk.open(self.key, lead, record, CHANCE, self.world.office_recipients)

    def differences(self) -> list[str]:
        found = check(self.world.urls["heed_owner"], self.world.keys).differences
        return [str(difference) for difference in found]


@pytest.fixture
def hall(server: Server) -> Iterator[Hall]:
    with copied(server, "one concern", _fill) as made:
        yield made


def _fill(world: World) -> Hall:
    told = world.tell("the first")
    key = world.sign_in("lead")
    world.open()
    return Hall(world, told, key)


def _filed(hall: Hall, **said: Any) -> SealedEntry:
    """A filing that follows the register's form, and says of itself what is given."""
    code = ReturnCode.new(os.urandom)
    return seal(
        hall.world.public_recipients(code),
        "filed",
        uuid4(),
        said.pop("body", {"saw": "something"}),
        door=new_door(CHANCE, code),
        **said,
    )


NEWER = 2
SENT = {
    "a newer version": {"body_v": NEWER},
    "a version that is a list": {"body_v": [1]},
    "a version that is an object": {"body_v": {"1": 1}},
    "no version": {"body_v": None},
    "a newer layout": {"layout": NEWER},
    "a layout that is a list": {"layout": [1]},
    "a body that is a list": {"body": ["words"]},
    "a body of another shape": {"body": {"saw": {"deep": [1, 2]}}},
}


@pytest.mark.parametrize("said", SENT.values(), ids=SENT)
def test_whatever_the_public_side_seals_the_opener_goes_on_and_others_stay_readable(
    hall: Hall, said: dict[str, Any]
) -> None:
    entry = _filed(hall, **dict(said))
    hall.world.register("heed_intake").append(entry)
    after = hall.world.tell("the next")
    assert hall.world.open() == 2
    assert hall.visible() - {entry.stream} == {hall.told.record, after.record}
    if "of another shape" not in str(said) and "deep" not in str(said):
        assert entry.stream not in hall.visible()
        with pytest.raises(NoSuchRecord):
            hall.open(entry.stream)
    assert hall.differences() == []
    rebuild(hall.world.urls["heed_owner"], hall.world.keys)
    assert hall.differences() == []


BROKEN = {
    "cut short": lambda entry: replace(entry, sealed=entry.sealed[:20]),
    "empty": lambda entry: replace(entry, sealed=b""),
    "sealed under another key": lambda entry: replace(entry, sealed=os.urandom(300)),
    "not what was committed to": lambda entry: replace(entry, commitment=os.urandom(32)),
    "an empty wrap": lambda entry: replace(entry, wraps={"intake": b""}),
    "a wrap for another": lambda entry: replace(entry, wraps={"intake": os.urandom(1168)}),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_bytes_that_do_not_open_stop_their_stream_only(hall: Hall, spoil: Any) -> None:
    entry = spoil(_filed(hall))
    hall.world.register("heed_intake").append(entry)
    after = hall.world.tell("the next")
    assert hall.world.open() == 2
    assert hall.visible() == {hall.told.record, after.record}
    assert hall.differences() == []


def test_a_record_is_hidden_as_soon_as_one_of_its_entries_cannot_be_read(hall: Hall) -> None:
    more = seal(
        hall.world.public_recipients(hall.told.code),
        "added",
        hall.told.record,
        {"words": "from a newer version"},
        body_v=NEWER,
        lookup=hall.told.door.lookup,
    )
    hall.open(hall.told.record)
    hall.world.register("heed_intake").append(more)
    assert hall.visible() == {hall.told.record}
    hall.world.open()
    assert hall.visible() == set()
    with pytest.raises(NoSuchRecord):
        hall.open(hall.told.record)
    hall.without("DELETE FROM words.stopped")
    assert hall.visible() == {hall.told.record}  # without the note it would be shown


def test_an_unknown_kind_stops_its_stream_and_the_rebuilt_tables_say_so(hall: Hall) -> None:
    strange = seal(hall.world.office_recipients, "flown", hall.told.record, {"words": "?"})
    facts = canonical.dumps({"v": 1, "salt": "0" * 32, "wing": "left"})
    other = hall.world.tell("another")
    hall.world.open()
    with hall.world.database.server.superuser(hall.world.database.name) as connection:
        put_in(connection, strange, header_of(strange, 2, facts, role="heed_office"), facts)
    assert hall.world.open() == 1
    assert hall.visible() == {other.record}
    missing = f"facts.stopped {hall.told.record}: is missing"
    assert hall.differences() == [missing]
    rebuild(hall.world.urls["heed_owner"], hall.world.keys)
    assert hall.differences() == []
    assert hall.visible() == {other.record}
    hall.without("DELETE FROM words.stopped")
    assert hall.visible() == {other.record}  # the facts alone hide it too


def test_facts_of_a_newer_version_stop_the_record_and_not_who_looked_at_it(hall: Hall) -> None:
    newer = _filed(hall)
    facts = canonical.dumps({"v": 2, "salt": "0" * 32})
    with hall.world.database.server.superuser(hall.world.database.name) as connection:
        put_in(connection, newer, header_of(newer, 1, facts), facts)
        connection.execute(
            "INSERT INTO facts.record (id, reference, channel, danger, owner, filed_at, said_at)"
            " VALUES (%s, 'AAAAA-BBBBB', 'online', 'no', %s, now(), now())",
            (newer.stream, hall.world.people["lead"]),
        )
    hall.world.open()
    hall.open(newer.stream)
    hall.open(hall.told.record)
    rebuild(hall.world.urls["heed_owner"], hall.world.keys)
    stopped = hall.world.as_owner("SELECT stream FROM facts.stopped")
    assert stopped == [(newer.stream,)]
    assert hall.visible() == {hall.told.record}
    looked = hall.world.as_owner(
        "SELECT opened_by FROM facts.record WHERE id = %s", (hall.told.record,)
    )
    assert looked == [(hall.world.people["lead"],)]
    assert hall.differences() == []
