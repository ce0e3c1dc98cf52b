"""What was once recorded is read for ever; what is not known yet stops its own stream and no other."""

import hashlib
import json
import os
from typing import Any
from uuid import uuid4

import pytest

from heed.core.vocabulary import BODY_VERSION, FACTS_VERSION, Kind
from heed.register import vault
from heed.register.entry import EntryUnreadable, Header, Recipients, leaf_data
from heed.register.opening import OrganisationKeys
from heed.register.thread import Thread, ThreadItem, open_item
from heed.register.upcast import BODY_STEPS, FACTS_STEPS, upcast, upcast_facts
from heed.register.vault import CannotOpen, OpeningKey, SealingKey
from heed.store.fold import FACTS, WORDS, Fold
from heed.store.words import WordRows
from tests.golden.kept import CODE, HERE, KEYS, Golden, folders, golden, sums
from tests.golden.write import plain
from tests.other_versions import header_of, row_of, seal

EVERY = [kept for folder in folders() for kept in golden(folder)]
each = pytest.mark.parametrize("kept", EVERY, ids=[kept.name for kept in EVERY])
KEY = OpeningKey(os.urandom(96))
RECIPIENTS = Recipients({"organisation": SealingKey(KEY.public())})
OWN = OrganisationKeys({"organisation": KEY})
NOTHING = {"[]", "0", "None"}
SINCE = {"person": {"True", "False"}}
"""What old entries tell that no column had then: whether somebody can sign in."""
LATER = {"facts.passed", "facts.held", "words.tie", "words.likeness"}
"""Tables that came later, and tell from old entries what no table told then."""


def test_no_kept_entry_was_ever_altered_or_taken_out() -> None:
    files = {str(path.relative_to(HERE)) for path in HERE.glob("v*/*.json")}
    assert files == sums().keys()
    for name, digest in sums().items():
        assert hashlib.sha256((HERE / name).read_bytes()).hexdigest() == digest, name


def test_every_version_of_every_kind_that_was_ever_written_is_kept() -> None:
    bodies = {(one.kind, one.envelope["body_v"]) for one in EVERY}
    facts = {(one.kind, json.loads(one.facts)["v"]) for one in EVERY}
    for versions, kept in ((BODY_VERSION, bodies), (FACTS_VERSION, facts)):
        assert versions.keys() == {str(kind) for kind in Kind}
        written = {(kind, v) for kind, now in versions.items() for v in range(1, now + 1)}
        assert written <= kept


@each
def test_a_kept_entry_opens_to_what_was_said_then(kept: Golden) -> None:
    opened = KEYS.open(kept.row.header, kept.row.commitment, kept.row.sealed, kept.row.wraps)
    assert opened.body == kept.body
    assert json.loads(opened.envelope.encode()) == kept.envelope
    assert opened.header.kind == kept.kind
    assert opened.header.facts == hashlib.sha256(kept.facts).hexdigest()
    assert leaf_data(kept.row.header, kept.row.commitment) == kept.leaf


@each
def test_a_kept_entry_does_not_open_after_one_flipped_bit(kept: Golden) -> None:
    sealed = bytearray(kept.row.sealed)
    sealed[len(sealed) // 2] ^= 1
    with pytest.raises(CannotOpen):
        KEYS.open(kept.row.header, kept.row.commitment, bytes(sealed), kept.row.wraps)


def test_the_return_code_of_then_opens_the_whole_thread() -> None:
    thread = [one for one in EVERY if one.door and one.door[0] == CODE.lookup]
    assert [one.kind for one in thread] == ["filed", "answered", "added"]
    for one in thread:
        assert one.door is not None
        name = "code" if "code" in one.wraps else "thread"
        item = ThreadItem(
            one.row.entry,
            one.row.version,
            one.row.header,
            one.row.commitment,
            one.row.sealed,
            name,
            one.wraps[name],
            None,
        )
        opened = open_item(CODE, Thread(one.door[1], None, (item,)), item)
        assert json.loads(opened.body) == one.body
        assert vault.commit(opened.salt, opened.envelope) == one.row.commitment


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_the_folds_make_of_kept_entries_what_the_database_made_then(folder: Any) -> None:
    fold = Fold(KEYS)
    for one in golden(folder):
        fold.take(one.row, one.facts)
    tables = json.loads((folder / "tables.json").read_text())
    instants = {row[4] for row in tables["facts.item"]}  # when each thing was said
    instants |= {
        plain(Header.decode(one.row.header).recorded_at)
        for one in golden(folder)
        if one.kind in (Kind.SLOT_ADDED, Kind.FALLBACK_SET)
    }
    decided = {row[4] for row in tables.get("facts.decision", [])}
    for schema, names, rows in (("facts", FACTS, fold.facts), ("words", WORDS, fold.spoken)):
        for table in names:
            if f"{schema}.{table}" in LATER - tables.keys():
                continue
            then = tables.get(f"{schema}.{table}", [])
            # Columns that came later stand at the end, and say of what was recorded then: nothing, or
            # when something was said, or who holds a duty was named, or what was decided then.
            width = len(then[0]) if then else None
            made = sorted([plain(value) for value in row] for row in rows(table))
            assert [row[:width] for row in made] == then, table
            assert {
                value for row in made for value in row[len(row[:width]) :]
            } <= NOTHING | instants | decided | SINCE.get(table, set()), table


def _next_version(monkeypatch: pytest.MonkeyPatch, kind: str, version: int) -> None:
    """Today's software writes `version` of this kind, and knows the step from the one before."""
    for versions, steps in ((BODY_VERSION, BODY_STEPS), (FACTS_VERSION, FACTS_STEPS)):
        monkeypatch.setitem(versions, kind, version)
        monkeypatch.setitem(
            steps, (kind, version - 1), lambda content: {**content, "stepped": version}
        )


def test_an_entry_of_the_version_before_is_read_in_todays_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _next_version(monkeypatch, Kind.ADDED, 2)
    (old,) = [one for one in EVERY if one.kind == Kind.ADDED]
    rows = WordRows.empty()
    rows.take(KEYS, old.row)
    assert rows.stopped == []
    assert json.loads(rows.items[0][4]) == {**old.body, "stepped": 2}
    rows = WordRows.empty()
    new = seal(RECIPIENTS, Kind.ADDED, uuid4(), {"words": "of today"}, body_v=2)
    rows.take(OWN, row_of(new, 2, header_of(new, 2, b"")))
    assert json.loads(rows.items[0][4]) == {"words": "of today"}
    fold = Fold(KEYS)
    for one in EVERY:
        fold.take(one.row, one.facts)
    assert list(fold.facts("stopped")) == list(fold.spoken("stopped")) == []


def test_an_entry_two_versions_old_is_not_guessed_at(monkeypatch: pytest.MonkeyPatch) -> None:
    _next_version(monkeypatch, Kind.ADDED, 2)
    _next_version(monkeypatch, Kind.ADDED, 3)
    with pytest.raises(EntryUnreadable):
        upcast(Kind.ADDED, 1, {"words": "long ago"})
    assert upcast(Kind.ADDED, 2, {}) == {"stepped": 3}
    assert upcast(Kind.ADDED, 3, {}) == {}
    with pytest.raises(EntryUnreadable):
        upcast_facts(Kind.ADDED, {"v": 1})
    assert upcast_facts(Kind.ADDED, {"v": 2}) == {"v": 2, "stepped": 3}
    assert upcast_facts(Kind.ADDED, {"v": 3}) == {"v": 3}


@pytest.mark.parametrize("version", [0, 2, 99, -1])
def test_a_version_that_is_not_known_is_refused(version: int) -> None:
    for kind in Kind:
        with pytest.raises(EntryUnreadable):
            upcast(kind, version, {})
        with pytest.raises(EntryUnreadable):
            upcast_facts(kind, {"v": version})
    with pytest.raises(EntryUnreadable):
        upcast("flown", 1, {})
    with pytest.raises(EntryUnreadable):
        upcast_facts("flown", {"v": 1})


FACTS_NOW = b'{"actor":null,"salt":"00","v":1}'
STRANGE = {
    "an unknown kind": {"kind": "flown"},
    "a newer body": {"body_v": 2},
    "a body whose version is a list": {"body_v": [1]},
    "a body whose version is true": {"body_v": True},
    "a newer envelope": {"layout": 2},
    "an envelope whose layout is an object": {"layout": {"1": 1}},
    "a newer header": {"header_v": 2},
    "newer facts": {"facts": b'{"salt":"00","v":2}'},
    "facts that are no object": {"facts": b"[1]"},
    "facts that are no text": {"facts": b"\xff\xfe"},
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_what_is_not_known_stops_its_stream_only(strange: dict[str, Any]) -> None:
    fold, stream, other = Fold(OWN), uuid4(), uuid4()
    known = seal(RECIPIENTS, Kind.ANSWERED, other, {"words": "plain"})
    entry = seal(
        RECIPIENTS,
        strange.get("kind", Kind.ANSWERED),
        stream,
        {"words": "?"},
        layout=strange.get("layout", 1),
        body_v=strange.get("body_v", 1),
    )
    facts = strange.get("facts", FACTS_NOW)
    header = header_of(entry, 2, facts, v=strange.get("header_v", 1))
    fold.take(row_of(entry, 2, header), facts)
    fold.take(row_of(known, 2, header_of(known, 2, FACTS_NOW)), FACTS_NOW)
    of_facts = {row[0] for row in fold.facts("stopped")}
    of_words = {row[0] for row in fold.spoken("stopped")}
    assert of_facts | of_words == {stream}
    assert [row[0] for row in fold.facts("item")][-1] == known.id
    assert [row[0] for row in fold.spoken("item")][-1] == known.id
    assert all(why for *_, why in (*fold.facts("stopped"), *fold.spoken("stopped")))


def test_after_a_stop_nothing_of_the_stream_is_taken_in_though_more_comes() -> None:
    fold, stream = Fold(OWN), uuid4()
    strange = seal(RECIPIENTS, "flown", stream, {"words": "?"})
    after = seal(RECIPIENTS, Kind.ANSWERED, stream, {"words": "plain"})
    fold.take(row_of(strange, 2, header_of(strange, 2, FACTS_NOW)), FACTS_NOW)
    fold.take(row_of(after, 3, header_of(after, 3, FACTS_NOW)), FACTS_NOW)
    assert list(fold.facts("item")) == []
    (stop,) = fold.facts("stopped")
    assert stop[:2] == (stream, strange.id)


def test_a_reason_never_repeats_what_was_said() -> None:
    mark = "heron-on-the-weir"
    fold = Fold(OWN)
    for kind, body_v in (
        (Kind.ANSWERED, 2),
        ("flown", 1),
        (Kind.ANSWERED, [mark]),
        (Kind.ANSWERED, mark),
    ):
        entry = seal(RECIPIENTS, kind, uuid4(), {"words": mark}, body_v=body_v)
        header = header_of(entry, 2, FACTS_NOW)
        Header.decode(header)
        fold.take(row_of(entry, 2, header), FACTS_NOW)
    assert mark not in str(list(fold.facts("stopped")) + list(fold.spoken("stopped")))
