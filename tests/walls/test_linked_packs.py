"""What a link gives: the newest pack of its referral, and nothing while a file of that must stay."""

import os
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from heed.access import commands as access
from heed.intake.files import ask_to_unflag, unflag
from heed.referral.commands import How
from heed.referral.link import LinkSecret
from heed.store.append import PostgresRegister
from heed.store.connection import Link, StoreRefused
from heed.store.readable import NoSuchRecord
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies, folded
from tests.walls.linking import (
    WORDS,
    Sent,
    answering,
    filing,
    flagging,
    given,
    given_back,
    link_made,
    linking,
    opened,
    packing,
)
from tests.walls.naming_people import looking
from tests.walls.referring import referring
from tests.walls.sealing import sealed
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

DECIDE = "register.decide_link(uuid,uuid,integer,text,jsonb,uuid)"
GIVES = "register.link_gives(uuid)"


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


def made(scene: Bodies, sent: Sent, pack: UUID, name: str = "lead") -> str:
    """What is said to another link for the same referral: "" or the refusal's code."""
    secret = LinkSecret.new(os.urandom)
    try:
        scene.act(name, link_made(scene, sent.record, sent.referral, pack, secret))
    except StoreRefused as refused:
        return refused.code
    return ""


def test_a_link_names_the_newest_pack_of_its_own_referral_and_no_other(
    scene: Bodies, sent: Sent
) -> None:
    other = linking(scene, scene.records[1])
    another = referring(scene, sent.record, how=How.LINK)
    scene.act(*another)
    of_another = packing(scene, sent.record, another.entry.id)
    for pack in (other.pack, of_another, sent.entry, uuid4()):
        assert made(scene, sent, pack) == "HE079", pack
    assert made(scene, sent, sent.pack) == ""
    newer = packing(scene, sent.record, sent.referral)
    assert made(scene, sent, sent.pack) == "HE079", "an older pack does not go"
    assert made(scene, sent, newer) == ""
    scene.without_line(
        DECIDE, "newest.pack IS DISTINCT FROM register.id_of(p_claims->>'pack')", "false"
    )
    assert made(scene, sent, sent.pack) == ""


def test_without_its_referral_being_asked_for_a_link_gives_the_pack_of_another(
    scene: Bodies, sent: Sent
) -> None:
    another = referring(scene, sent.record, how=How.LINK)
    scene.act(*another)
    of_another = packing(scene, sent.record, another.entry.id)
    assert made(scene, sent, of_another) == "HE079"
    scene.without_line(DECIDE, "p.referral = about", "true")
    assert made(scene, sent, of_another) == ""


def test_a_referral_without_a_pack_has_no_link(scene: Bodies, sent: Sent) -> None:
    bare = referring(scene, sent.record, how=How.LINK)
    scene.act(*bare)
    for pack in (sent.pack, uuid4()):
        about = (scene, sent.record, bare.entry.id, pack, LinkSecret.new(os.urandom))
        with pytest.raises(StoreRefused) as refused:
            scene.act("lead", link_made(*about))
        assert refused.value.code == "HE079"


def test_which_pack_it_gives_is_on_the_record_and_both_engines_fold_it(
    scene: Bodies, sent: Sent
) -> None:
    assert scene.world.as_owner("SELECT pack FROM facts.link") == [(sent.pack,)]
    assert [one.pack for one in folded(scene.world).referrals.links.values()] == [sent.pack]


@pytest.mark.parametrize("how", ["flagged", "a copy of it flagged", "its teller sealed"])
def test_no_link_is_made_to_a_pack_with_a_file_that_must_stay_since(
    scene: Bodies, how: str
) -> None:
    sent = _of_which_one_file_must_stay(scene, how)
    assert made(scene, sent, sent.pack) == "HE079"
    scene.without_line(DECIDE, "NOT register.may_travel(p_stream, newest.sent)", "false")
    assert made(scene, sent, sent.pack) == ""


@pytest.mark.parametrize("how", ["flagged", "a copy of it flagged", "its teller sealed"])
def test_a_link_gives_nothing_while_a_file_of_its_pack_must_stay(scene: Bodies, how: str) -> None:
    sent = _of_which_one_file_must_stay(scene, how)
    assert given(intake(scene), sent.secret) is None
    scene.without_line(GIVES, "AND register.may_travel(k.record, p.sent)")
    scene.without_line(GIVES, "i.kind = 'identity_sealed'", "false")
    assert given(intake(scene), sent.secret) == WORDS.content


def test_a_link_gives_nothing_once_who_told_us_is_sealed_behind_its_pack(scene: Bodies) -> None:
    told = scene.world.tell("He waits by the ferry.")
    scene.world.open()
    scene.act(*looking(scene, told.record))
    referred = referring(scene, told.record, how=How.LINK)
    scene.act(*referred)
    words = packing(scene, told.record, referred.entry.id)  # and no file, which would stay anyhow
    secret = LinkSecret.new(os.urandom)
    scene.act("lead", link_made(scene, told.record, referred.entry.id, words, secret))
    sealed(scene.world, told)
    assert given(intake(scene), secret) is None
    scene.without_line(GIVES, "i.kind = 'identity_sealed'", "false")
    assert given(intake(scene), secret) == WORDS.content


def _of_which_one_file_must_stay(scene: Bodies, how: str) -> Sent:
    told = scene.world.tell("He waits by the ferry.")
    scene.world.open()
    scene.act(*looking(scene, told.record))
    sent = linking(scene, told.record)
    match how:
        case "flagged":
            flagging(scene, sent.record, sent.file)
        case "a copy of it flagged":
            flagging(scene, sent.record, filing(scene, sent.record))
        case "its teller sealed":
            sealed(scene.world, told)
    return sent


@pytest.mark.parametrize("earlier", [timedelta(0), timedelta(hours=1)])
def test_no_clock_decides_whether_a_flag_counts(
    scene: Bodies, sent: Sent, earlier: timedelta
) -> None:
    """A flag of the very instant at which the link was made, and one by a clock put back."""
    code = opened(scene.world, sent)
    flagging(scene, sent.record, sent.file)
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        connection.execute(
            "UPDATE facts.flag SET at = (SELECT k.at FROM facts.link k) - %s", (earlier,)
        )
    assert given_back(intake(scene), code) == b""
    by_clock = "NOT EXISTS (SELECT FROM facts.flag g WHERE g.record = k.record AND g.at > k.at)"
    scene.without_line(GIVES, "register.may_travel(k.record, p.sent)", by_clock)
    assert given_back(intake(scene), code) == WORDS.content


def test_a_flag_on_what_is_not_in_the_pack_delays_no_referral(scene: Bodies, sent: Sent) -> None:
    flagging(scene, sent.record, filing(scene, sent.record, b"something else"))
    assert given(intake(scene), sent.secret) == WORDS.content
    flagging(scene, sent.record, sent.file)
    assert made(scene, sent, packing(scene, sent.record, sent.referral)) == "", "without the file"


def test_a_flag_that_two_people_take_back_gives_the_documents_again(
    scene: Bodies, sent: Sent
) -> None:
    code = opened(scene.world, sent)
    flagging(scene, sent.record, sent.file)
    assert given_back(intake(scene), code) == b""
    [[flag]] = scene.world.as_owner("SELECT entry FROM facts.flag")
    about = {"record": sent.record, "flag": flag, "reason": "a mistake", "token": os.urandom(32)}
    scene.act("lead", ask_to_unflag(CHANCE, scene.to, **about))
    scene.act("custodian", unflag(CHANCE, scene.to, **about))
    assert given_back(intake(scene), code) == WORDS.content


def test_a_link_that_names_no_pack_gives_none_and_still_takes_answers(
    scene: Bodies, sent: Sent
) -> None:
    code = opened(scene.world, sent)
    with scene.world.database.server.superuser(scene.world.database.name) as connection:
        connection.execute("UPDATE facts.link SET pack = NULL")
    assert given_back(intake(scene), code) == b""
    PostgresRegister(intake(scene)).append(answering(scene.world, code))


def test_after_a_hand_over_its_new_owner_makes_and_ends_links_and_the_old_one_does_not(
    scene: Bodies, sent: Sent
) -> None:
    offer = {"record": sent.record, "taker": scene.world.people["colleague"], "note": ""}
    given_over = access.offer_hand_over(CHANCE, scene.to, **offer)
    scene.act("lead", given_over)
    assert made(scene, sent, sent.pack) == "", "whoever offers answers until the other accepts"
    taken = access.accept_hand_over(CHANCE, scene.to, record=sent.record)
    scene.act("colleague", taken)
    with pytest.raises(NoSuchRecord):
        made(scene, sent, sent.pack)
    assert made(scene, sent, sent.pack, "colleague") == ""
    assert given(intake(scene), sent.secret) == WORDS.content, "it was sent, and stands"
