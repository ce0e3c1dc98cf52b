"""A referral by link: what whoever holds a part of it gets, and whoever takes the public face over."""

import os
import threading
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest

from heed.intake.commands import add_words
from heed.referral.commands import Heard
from heed.referral.link import LinkSecret
from heed.register.vault import CannotOpen
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreRefused
from heed.store.link import try_code
from heed.store.readable import Desk, NoSuchRecord
from heed.store.referral import heard_of, links
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.linking import (
    WORDS,
    Sent,
    answering,
    ending,
    flagging,
    given,
    given_back,
    link_made,
    linking,
    opened,
    opening,
    public,
    wrong,
)
from tests.walls.naming_people import looking
from tests.walls.referring import hearing
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

TRY = "register.try_link(bytea,bytea)"
TRIED = "register.link_tried(uuid)"
HEARD = "register.decide_link_heard(uuid,integer,jsonb)"
STATE = "register.link_state(uuid)"
ALLOWED = 5


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    """The lead has opened both records."""
    with bodies(server) as made:
        for record in made.records:
            made.act(*looking(made, record))
        yield made


@pytest.fixture
def sent(scene: Bodies) -> Sent:
    return linking(scene, scene.records[0])


def intake(scene: Bodies) -> Link:
    return scene.world.link("heed_intake")


def state(scene: Bodies) -> list[str]:
    desk = Desk(scene.world.link("heed_office"))
    return [one.state for one in links(desk, scene.keys["lead"], scene.records[0])]


def test_link_and_code_open_it_once_and_then_only_the_way_back_does(
    scene: Bodies, sent: Sent
) -> None:
    assert state(scene) == ["waiting"]
    assert given(intake(scene), sent.secret) == WORDS.content
    code = opened(scene.world, sent)
    assert given(intake(scene), sent.secret) is None
    assert given_back(intake(scene), code) == WORDS.content
    assert state(scene) == ["opened"]


def test_the_database_alone_opens_nothing_nor_with_the_link_or_the_code_alone(
    scene: Bodies, sent: Sent
) -> None:
    _, pack = try_code(intake(scene), sent.secret)
    assert pack is not None
    for key in (
        wrong(sent.secret).key,
        LinkSecret(os.urandom(20), sent.secret.code).key,
        sent.secret.lookup,
        sent.secret.proof,
    ):
        with pytest.raises(CannotOpen):
            pack.open(key)
    kept = scene.world.as_owner("SELECT * FROM machinery.link")[0]
    assert sent.secret.code not in str(kept)
    assert not {sent.secret.key, sent.secret.proof} & {part for part in kept if part is not None}


def test_without_the_code_in_the_key_whoever_has_the_link_opens_it(
    scene: Bodies, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LinkSecret, "key", property(lambda self: self.lookup))
    sent = linking(scene, scene.records[0])
    _, pack = try_code(intake(scene), sent.secret)
    assert pack is not None
    assert pack.open(sent.secret.lookup)[0] == WORDS


def test_five_wrong_codes_lock_it_however_many_try_at_once(scene: Bodies, sent: Sent) -> None:
    """One that fits the sixth of 16 is never told so."""
    _race(scene, sent)
    wrongs, tries = scene.world.as_owner(
        "SELECT l.wrong, (SELECT count(*) FROM machinery.link_try) FROM machinery.link l"
    )[0]
    assert (wrongs, tries) == (ALLOWED, ALLOWED)
    assert state(scene) == ["locked"]
    assert given(intake(scene), sent.secret) is None


def test_without_the_lock_of_its_row_more_try_at_once(scene: Bodies, sent: Sent) -> None:
    scene.without_line(TRY, " FOR UPDATE")
    scene.without_line(
        TRY, "UPDATE machinery.link l SET", "PERFORM pg_sleep(0.5); UPDATE machinery.link l SET"
    )
    _race(scene, sent)
    assert scene.world.as_owner("SELECT wrong FROM machinery.link")[0][0] > ALLOWED


def _race(scene: Bodies, sent: Sent) -> None:
    ready, failed = threading.Barrier(16), list[Exception]()

    def tries() -> None:
        link = Link(scene.world.urls["heed_intake"])
        try:
            link.rows("SELECT 1")
            ready.wait()
            if given(link, wrong(sent.secret)) is not None:
                raise AssertionError("a wrong code opened it")
        except Exception as wrong_way:
            failed.append(wrong_way)
        finally:
            link.close()

    threads = [threading.Thread(target=tries) for _ in range(16)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not failed


def test_a_try_that_is_taken_back_gives_nothing_and_shows_nothing(
    scene: Bodies, sent: Sent
) -> None:
    assert _seen_in_one_transaction(scene, sent.secret) == _seen_in_one_transaction(
        scene, wrong(sent.secret)
    )
    assert _given_in_one_transaction(scene, sent.secret) is None
    assert scene.world.as_owner("SELECT wrong FROM machinery.link")[0][0] == 0
    scene.without_line(TRIED, "pg_xact_status(t.tried_in) = 'committed' AND")
    assert _given_in_one_transaction(scene, sent.secret) is not None


def test_without_the_same_work_for_every_code_its_counters_tell_which_one_fits(
    scene: Bodies, sent: Sent
) -> None:
    scene.without_line(
        TRY,
        "VALUES (given, made.entry, sha256(p_proof) IS NOT DISTINCT FROM made.proof, pg_current_xact_id())",
        "SELECT given, made.entry, true, pg_current_xact_id() WHERE sha256(p_proof) = made.proof",
    )
    assert _seen_in_one_transaction(scene, sent.secret) != _seen_in_one_transaction(
        scene, wrong(sent.secret)
    )


@pytest.mark.parametrize("others", [(b"\1" * 32,) * 5, (b"\1" * 32,) * 4 + (None,)])
def test_nor_do_more_tries_behind_it_show_whether_it_locked_the_link(
    scene: Bodies, sent: Sent, others: tuple[bytes | None, ...]
) -> None:
    def seen(secret: LinkSecret) -> list[object]:
        return _seen_in_one_transaction(scene, secret, others)

    assert seen(sent.secret) == seen(wrong(sent.secret))
    assert scene.world.as_owner("SELECT wrong FROM machinery.link") == [(0,)]
    scene.without_line(TRY, "t.tried_in = pg_current_xact_id()", "false")
    assert seen(sent.secret) != seen(wrong(sent.secret))


def test_a_try_of_nothing_counts_as_wrong(scene: Bodies, sent: Sent) -> None:
    for _ in range(6):
        scene.world.link("heed_intake").rows(
            "SELECT register.try_link(%s, NULL)", (sent.secret.lookup,)
        )
    assert scene.world.as_owner("SELECT wrong FROM machinery.link") == [(5,)]


def _seen_in_one_transaction(
    scene: Bodies, secret: LinkSecret, others: tuple[bytes | None, ...] = ()
) -> list[object]:
    """All that a connection can see of its own locks and counters, between tries and their undoing."""
    with (
        psycopg.connect(scene.world.urls["heed_intake"]) as connection,
        connection.transaction(force_rollback=True),
    ):
        for proof in (secret.proof, *others):
            connection.execute("SELECT register.try_link(%s, %s)", (secret.lookup, proof))
        locks = connection.execute(
            "SELECT relation::regclass::text, mode, count(*) FROM pg_locks"
            " WHERE pid = pg_backend_pid() AND relation IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2"
        ).fetchall()
        counters = connection.execute(
            "SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, seq_scan, idx_scan"
            " FROM pg_stat_xact_all_tables WHERE schemaname = 'machinery' ORDER BY relname"
        ).fetchall()
        return [locks, counters]


def _given_in_one_transaction(scene: Bodies, secret: LinkSecret) -> object:
    with (
        psycopg.connect(scene.world.urls["heed_intake"]) as connection,
        connection.transaction(force_rollback=True),
    ):
        row = connection.execute(
            "SELECT register.try_link(%s, %s)", (secret.lookup, secret.proof)
        ).fetchone()
        assert row is not None
        return connection.execute("SELECT * FROM register.linked(%s)", row).fetchone()


DEAD = ("unknown", "wrong", "locked", "expired", "ended", "in error", "opened", "closed", "flagged")


@pytest.mark.parametrize("how", DEAD)
def test_of_a_link_that_gives_nothing_every_answer_is_alike(
    scene: Bodies, sent: Sent, how: str
) -> None:
    secret = sent.secret
    match how:
        case "unknown":
            secret = LinkSecret.new(os.urandom)
        case "wrong":
            secret = wrong(secret)
        case _:
            _die(scene, sent, how)
    attempt, pack = try_code(intake(scene), secret)
    assert isinstance(attempt, UUID)
    assert pack is None


def _die(scene: Bodies, sent: Sent, how: str) -> None:
    match how:
        case "locked":
            for _ in range(ALLOWED):
                given(intake(scene), wrong(sent.secret))
        case "expired":
            _expire(scene)
        case "ended":
            ending(scene, sent)
        case "in error":
            scene.act(*hearing(scene, sent.record, sent.referral, Heard.IN_ERROR))
        case "opened":
            opened(scene.world, sent)
        case "closed":
            scene.world.link("heed_sequencer").rows("SELECT register.close_reading('test')")
        case "flagged":
            flagging(scene, sent.record, sent.file)


def _expire(scene: Bodies) -> None:
    scene.world.as_owner(
        "UPDATE machinery.link SET expires_at = clock_timestamp() - interval '1 s'"
    )


def test_without_its_end_being_asked_for_an_expired_link_opens(scene: Bodies, sent: Sent) -> None:
    _expire(scene)
    assert given(intake(scene), sent.secret) is None
    scene.without_line(STATE, "l.expires_at < clock_timestamp()", "false")
    assert given(intake(scene), sent.secret) == WORDS.content


def test_what_is_taken_back_gives_nothing_at_once_not_even_by_the_way_back(
    scene: Bodies, sent: Sent
) -> None:
    code = opened(scene.world, sent)
    ending(scene, sent)
    assert given_back(intake(scene), code) is None
    assert scene.world.as_owner("SELECT wrap FROM machinery.link")[0][0] is None


@pytest.mark.parametrize("how", ["ended", "in error"])
def test_an_answer_after_the_end_is_kept_gives_nothing_and_confirms_nothing(
    scene: Bodies, sent: Sent, how: str
) -> None:
    """They had the page open: what they say of a child's safety reaches whoever answers, who judges it."""
    code = opened(scene.world, sent)
    _die(scene, sent, how)
    answer = answering(scene.world, code, Heard.ACCEPTED)
    register = PostgresRegister(intake(scene))
    assert not register.append(answer).again
    assert register.append(answer).again, "sent twice, it is there once"
    assert given_back(intake(scene), code) is None
    scene.world.open()
    scene.act(*looking(scene, sent.record))
    desk = Desk(scene.world.link("heed_office"))
    last = heard_of(desk, scene.keys["lead"], [sent.record])[-1]
    assert (last.what, last.link, last.words["words"]) == (
        "after the end",
        sent.entry,
        "We have it.",
    )


def test_without_the_mark_of_a_link_that_ended_its_answer_confirms_the_referral(
    scene: Bodies, sent: Sent
) -> None:
    scene.without_line(
        HEARD,
        "CASE register.link_state(named) WHEN 'ended' THEN 'after the end' ELSE p_claims->>'what' END",
        "p_claims->>'what'",
    )
    code = opened(scene.world, sent)
    ending(scene, sent)
    PostgresRegister(intake(scene)).append(answering(scene.world, code, Heard.ACCEPTED))
    assert scene.world.as_owner("SELECT what FROM facts.step ORDER BY at")[-1][0] == "accepted"


def test_an_answer_is_nobodys_who_has_not_the_way_back(scene: Bodies, sent: Sent) -> None:
    """A forged acknowledgement: by a code of one's own, by a reporter's, before it was opened."""
    register = PostgresRegister(intake(scene))
    told = scene.world.tell("seen")
    stranger = LinkSecret.new(os.urandom).way_back(b"x")
    for code in (stranger, told.code, sent.secret.way_back(b"s" * 32)):
        with pytest.raises(StoreRefused) as refused:
            register.append(answering(scene.world, code))
        assert refused.value.code == "HE404"
    code = opened(scene.world, sent)
    register.append(answering(scene.world, code))
    assert [row[0] for row in scene.world.as_owner("SELECT what FROM facts.step ORDER BY at")] == [
        "opened",
        "acknowledged",
    ]


def test_nobody_opens_it_on_a_try_that_did_not_fit(scene: Bodies, sent: Sent) -> None:
    _, pack = try_code(intake(scene), sent.secret)
    assert pack is not None
    missed, _ = try_code(intake(scene), wrong(sent.secret))
    for each in (missed, uuid4()):
        with pytest.raises(StoreRefused) as refused:
            PostgresRegister(intake(scene)).append(
                opening(scene.world, each, pack, sent.secret, b"s")
            )
        assert refused.value.code == "HE404"
    scene.without_line(TRIED, "AND t.fits")
    PostgresRegister(intake(scene)).append(opening(scene.world, missed, pack, sent.secret, b"s"))


def test_what_opened_it_cannot_open_it_twice(scene: Bodies, sent: Sent) -> None:
    """Two who have link and code at once: one opens it."""
    first, pack = try_code(intake(scene), sent.secret)
    second, _ = try_code(intake(scene), sent.secret)
    assert pack is not None
    register = PostgresRegister(intake(scene))
    register.append(opening(scene.world, first, pack, sent.secret, b"a"))
    with pytest.raises(StoreRefused) as refused:
        register.append(opening(scene.world, second, pack, sent.secret, b"b"))
    assert refused.value.code == "HE404"
    assert given_back(intake(scene), sent.secret.way_back(b"b")) is None
    assert given_back(intake(scene), sent.secret.way_back(b"a")) == WORDS.content


def test_a_receiver_adds_nothing_else_and_a_reporter_answers_no_referral(
    scene: Bodies, sent: Sent
) -> None:
    code = opened(scene.world, sent)
    added = add_words(
        CHANCE, public(scene.world), "x", record=code.record, lookup=code.lookup, token=b"t" * 32
    )
    with pytest.raises(StoreRefused) as refused:
        PostgresRegister(intake(scene)).append(added)
    assert refused.value.code == "HE404"


def test_a_flag_ends_the_documents_and_not_the_answers(scene: Bodies, sent: Sent) -> None:
    code = opened(scene.world, sent)
    flagging(scene, sent.record, sent.file)
    assert given_back(intake(scene), code) == b""
    PostgresRegister(intake(scene)).append(answering(scene.world, code))


def test_only_who_answers_for_the_record_makes_and_ends_a_link(scene: Bodies, sent: Sent) -> None:
    made = link_made(scene, sent.record, sent.referral, sent.pack, LinkSecret.new(os.urandom))
    for name in scene.keys:
        if name != "lead":
            with pytest.raises(NoSuchRecord):
                scene.act(name, made)
    other = LinkSecret.new(os.urandom)
    elsewhere = link_made(scene, scene.records[1], sent.referral, sent.pack, other)
    with pytest.raises(NoSuchRecord):
        scene.act("lead", elsewhere)


def test_its_answer_confirms_it_and_shows_to_its_owner_with_the_name_that_was_given(
    scene: Bodies, sent: Sent
) -> None:
    code = opened(scene.world, sent)
    PostgresRegister(intake(scene)).append(answering(scene.world, code, Heard.ACCEPTED))
    scene.world.open()
    scene.act(*looking(scene, sent.record))
    found = heard_of(Desk(scene.world.link("heed_office")), scene.keys["lead"], [sent.record])
    assert [(one.what, one.actor, one.link) for one in found] == [
        ("opened", None, sent.entry),
        ("accepted", None, sent.entry),
    ]
    assert [one.words["person"] for one in found] == ["A. Receiver, Duty team", "A. Receiver"]
    for name in ("admin", "colleague"):
        assert (
            heard_of(Desk(scene.world.link("heed_office")), scene.keys[name], [sent.record]) == []
        )


def test_the_public_role_learns_no_record_of_it(scene: Bodies, sent: Sent) -> None:
    code = opened(scene.world, sent)
    seen = [
        *intake(scene).rows("SELECT * FROM register.thread(%s)", (code.lookup,)),
        *intake(scene).rows("SELECT * FROM register.linked_back(%s)", (code.lookup,)),
    ]
    assert str(sent.record).encode() not in b"".join(
        bytes(part) for row in seen for part in row if isinstance(part, bytes | memoryview)
    )
    assert str(sent.record) not in str(seen)
