"""Search finds what the reader may read and nothing else, whatever was written; and it opens nothing."""

import json
import random
from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heed.core.vocabulary import Kind
from heed.store import searching, staff
from heed.store.connection import StoreRefused
from heed.store.readable import Desk
from heed.store.rebuild import check, rebuild
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.changes import naming
from tests.walls.refusals import Asked, check_refused
from tests.walls.test_openings import breaks_glass, granted, reference
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

SEARCH = "machinery.search(text,text,timestamp with time zone,uuid,integer)"
ASKED_FOR = "register.asked_for(text)"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        yield made


def tell(scene: Bodies, saw: str, **words: str) -> UUID:
    record = scene.world.tell(saw, **words).record
    scene.world.open()
    return record


def found(scene: Bodies, sought: str, name: str = "lead", limit: int = 25) -> list[UUID]:
    desk, person = Desk(scene.world.link("heed_office")), scene.world.people[name]
    hits, _ = searching.search(desk, scene.keys[name], person, sought, limit, CHANCE, scene.to)
    return [hit.id for hit in hits]


def large(scene: Bodies) -> None:
    """Whoever reads many records is served by the index; here one record is many."""
    scene.without_line(SEARCH, "<= 2000", "< 0")


def test_words_names_and_references_are_found_in_plain_english(scene: Bodies) -> None:
    heron = tell(scene, 'She said: "the heron\nwaits"\tat the weir.', who="Ivo Marsh")
    for sought in ("heron", "HERONS", "waiting", '"heron waits"', "ivo marsh", "heron -swan"):
        assert found(scene, sought) == [heron], sought
    assert found(scene, "swan or heron") == [heron]
    for typed in (reference(scene, heron), reference(scene, heron).replace("-", " ").lower()):
        assert found(scene, typed) == [heron]
    for sought in ("swan", "heron swan", "saw", "online", "unknown", "the", "n", "\0", "'", "&|!"):
        assert found(scene, sought) == [], sought


def test_whoever_must_not_see_a_record_does_not_find_it(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    names = [name for name in scene.keys if name != "lead"]
    for sought in ("heron", reference(scene, heron)):
        assert found(scene, sought) == [heron]
        assert [found(scene, sought, name) for name in names] == [[]] * len(names)
    scene.records = [heron]
    granted(scene, "colleague")
    breaks_glass(scene, "third")
    assert found(scene, "heron", "colleague") == found(scene, "heron", "third") == [heron]
    scene.act(*naming(scene, "lead", "colleague"))
    assert found(scene, "heron", "colleague") == []
    assert found(scene, reference(scene, heron), "colleague") == []


def test_by_the_index_too_only_ones_own_are_found(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    scene.records = [heron]
    granted(scene, "colleague")
    large(scene)
    scene.act(*naming(scene, "lead", "third"))
    assert found(scene, "heron") == found(scene, "heron", "colleague") == [heron]
    for name in ("third", "overseer", "custodian", "admin"):
        assert found(scene, "heron", name) == []
    scene.without_line(SEARCH, "INTERSECT SELECT unnest(mine)")
    desk = Desk(scene.world.link("heed_office"))
    asked = "SELECT machinery.search('heron', NULL, NULL, NULL, 25)"
    assert desk.rows(scene.keys["third"], asked) == [(heron,)]


def test_without_ones_own_set_the_words_of_others_would_be_found(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    asked = "SELECT machinery.search('heron', NULL, NULL, NULL, 25)"
    desk = Desk(scene.world.link("heed_office"))
    assert desk.rows(scene.keys["third"], asked) == []
    scene.without_line(SEARCH, "WHERE i.stream = ANY (mine)")
    scene.without_line(SEARCH, "INTERSECT SELECT unnest(mine)")
    assert desk.rows(scene.keys["third"], asked) == [(heron,)]


def test_a_common_word_is_found_newest_first_however_many_hold_it(scene: Bodies) -> None:
    told = [tell(scene, "a heron") for _ in range(4)]
    large(scene)
    scene.without_line(SEARCH, "<= 10000", "<= 0")
    assert found(scene, "heron") == told[::-1]
    assert found(scene, "heron", "third") == []
    assert found(scene, "heron", limit=2) == told[:1:-1]


def test_a_search_is_on_the_record_first_and_opens_nothing(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    assert found(scene, "heron") == [heron]
    assert found(scene, "swan") == []
    looks = scene.world.as_owner("SELECT records, purpose FROM facts.look ORDER BY at")
    assert looks == [([heron], "search"), ([], "search")]
    desk = Desk(scene.world.link("heed_office"))
    assert desk.rows(scene.keys["lead"], "SELECT body FROM words.item") == []
    assert (
        scene.world.as_owner("SELECT opened_at FROM facts.record WHERE opened_at > '-infinity'")
        == []
    )
    append = "register.append(uuid,uuid,text,jsonb,bytea,bytea,text[],bytea[],bytea,bytea,bytea)"
    scene.without_line(append, "AND decided->>'purpose' <> 'search'")
    assert found(scene, "heron") == [heron]
    assert len(desk.rows(scene.keys["lead"], "SELECT body FROM words.item")) == 1


def test_nobody_records_a_search_of_what_they_may_not_see(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    people, claims = scene.world.people, {"records": [str(heron)], "purpose": "search"}
    others = [Asked(name, Kind.LOOKED, people[name], claims) for name in ("third", "overseer")]
    check_refused(scene, "HE404", *others, Asked("third", Kind.LOOKED, people["lead"], claims))


def test_the_words_by_which_others_ask_and_review_are_in_no_search(scene: Bodies) -> None:
    granted(scene)
    breaks_glass(scene, "colleague")
    scene.world.open()
    for name in scene.keys:
        assert found(scene, "urgent", name) == []


def _huge() -> Iterator[tuple[str, str]]:
    dice = random.Random(4864)
    letters = "abcdefghijklmnopqrstuvwxyz"
    yield "many words", " ".join("".join(dice.choices(letters, k=9)) for _ in range(600_000))
    yield "one long word", "x" * 3_000_000
    yield "one word for ever", "heron " * 500_000
    yield "odd characters", '\0\x01\x7f"\\ \ufffe \U0001f600 \\u0000 {"a":"b"} ' * 20_000


@pytest.mark.parametrize("which", [name for name, _ in _huge()])
def test_nothing_that_is_written_stops_the_opener_or_loses_a_word(
    scene: Bodies, which: str
) -> None:
    text = dict(_huge())[which]
    record = tell(scene, "heron " + text)
    assert scene.world.as_owner("SELECT count(*) FROM machinery.unopened") == [(0,)]
    assert found(scene, "heron") == [record]
    body = scene.world.as_owner("SELECT body FROM words.item WHERE stream = %s", (record,))[0][0]
    assert len(body) > len(text)
    assert scene.world.as_owner("SELECT count(*) FROM words.stopped") == [(0,)]


def test_a_rebuild_makes_the_same_index_and_a_check_sees_an_altered_one(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    url, keys = scene.world.urls["heed_owner"], scene.world.keys
    rebuild(url, keys)
    assert found(scene, "heron") == [heron]
    assert check(url, keys).differences == ()
    scene.without_line("machinery.indexed(text)", "to_tsvector('english'", "to_tsvector('simple'")
    scene.without("UPDATE words.item SET body = body")
    scene.without_line("machinery.indexed(text)", "to_tsvector('simple'", "to_tsvector('english'")
    (difference,) = check(url, keys).differences  # of "a heron": the others are simple already
    assert difference.how == "is not indexed by its words"


def test_the_paper_of_a_pack_is_no_word(scene: Bodies) -> None:
    about = "SELECT machinery.indexed(%s)::text"
    kept = '{"pack":"a heron","pdf":"heronJVBE/Ri0x+Lj==","sums":"swan"}'
    assert scene.world.as_owner(about, (kept,)) == [("'heron':2 'swan':3",)]
    said = json.dumps({"saw": '"pdf":"otter'})
    assert "otter" in scene.world.as_owner(about, (said,))[0][0]
    scene.without_line("machinery.indexed(text)", '"pdf":"[A-Za-z0-9+/=]*', "nothing")
    assert "jvbe" in scene.world.as_owner(about, (kept,))[0][0]


def test_by_the_index_a_word_of_others_takes_the_same_way_as_a_word_of_nobodys(
    scene: Bodies,
) -> None:
    """Else the time that it takes would tell that somebody else's record holds it."""
    tell(scene, "a heron")
    large(scene)
    walks = "IF hits IS NULL THEN"
    scene.without_line(SEARCH, walks, walks + " RAISE EXCEPTION 'walks through them all';")
    for sought in ("heron", "swan"):
        assert found(scene, sought, "third") == []
    scene.without_line(
        SEARCH, "coalesce(array_agg(DISTINCT s.stream), '{}')", "array_agg(DISTINCT s.stream)"
    )
    assert found(scene, "heron", "third") == []
    with pytest.raises(StoreRefused, match="walks through them all"):
        found(scene, "swan", "third")


def test_what_a_search_found_is_no_look_at_it_for_the_custodian(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    scene.records = [heron]
    granted(scene, "third")
    assert found(scene, "heron", "third") == [heron]
    scene.act(*naming(scene, "lead", "third"))
    desk = Desk(scene.world.link("heed_office"))
    (kept,) = staff.custody(desk, scene.keys["custodian"])
    assert (kept.looks, kept.last_look) == (0, None)
    scene.without_line("machinery.custody()", "AND k.purpose <> 'search'")
    (kept,) = staff.custody(desk, scene.keys["custodian"])
    assert kept.looks == 1


SIGNS = (
    '"',
    "'",
    "-",
    "- ",
    "!",
    "&",
    "|",
    "(",
    ")",
    ":",
    ":*",
    "<->",
    "*",
    "\\",
    "or ",
    "\t",
    "%s",
)
ODD = (
    "heron ",
    "\u202e",
    "\ufeff",
    "\U0001f600",
    "e\u0301",
    "\u0130",
    "\ufffe",
    "\uffff",
    "\x01",
    "مرحبا ",
)
ASK = "SELECT machinery.search(%s, NULL, NULL, NULL, 25)"


def test_whatever_is_sought_there_is_an_answer(scene: Bodies) -> None:
    heron, desk = tell(scene, "a heron"), Desk(scene.world.link("heed_office"))

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.lists(st.sampled_from(SIGNS + ODD)), st.integers(1, 400), st.text(max_size=60))
    def _asks(parts: list[str], times: int, free: str) -> None:
        sought = ("".join(parts) * times)[:10_000] + free.encode("utf-8", "ignore").decode()
        rows = desk.rows(scene.keys["lead"], ASK, (sought.replace("\0", " "),))
        assert {record for (record,) in rows} <= {heron, *scene.records}

    _asks()
    for each in (*SIGNS, *ODD, "x", "heron"):
        for times in (100, 10_000):
            assert set(found(scene, each * times)) <= {heron, *scene.records}


def test_a_hundred_dashes_are_a_search_like_any_other_and_on_the_record(scene: Bodies) -> None:
    heron = tell(scene, "a heron")
    assert found(scene, "-" * 100) == []
    assert found(scene, "heron " + "-" * 100) == [heron]
    assert (
        scene.world.as_owner("SELECT count(*) FROM facts.look WHERE purpose = 'search'")[0][0] == 2
    )
    scene.without_line(ASKED_FOR, "internal_error", "division_by_zero")
    with pytest.raises(StoreRefused, match="stack too small"):
        found(scene, "-" * 100)
