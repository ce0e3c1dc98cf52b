"""What opens a link leaves the database once nobody can open it, and why it is dead is still said."""

from collections.abc import Iterator

import pytest

from heed.core.ports import Message, Refused
from heed.loops.send_links import LinkSender
from heed.referral.commands import Heard
from heed.referral.link import say_sent
from heed.store.append import PostgresRegister
from heed.store.configuration import Configuration
from heed.store.connection import Link, StoreRefused
from heed.store.readable import Desk
from heed.store.referral import links
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.linking import (
    WORDS,
    Sent,
    answering,
    given,
    given_back,
    linking,
    opened,
    wrong,
)
from tests.walls.naming_people import looking
from tests.walls.referring import hearing
from tests.world import CHANCE

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

APPLY = "register.apply_link(uuid,uuid,integer,text,timestamptz,jsonb)"
REFERRAL = "register.apply_referral(uuid,uuid,integer,text,timestamptz,jsonb)"
STATE = "register.link_state(uuid)"
FORGET = "machinery.forget_links()"


class Post:
    """A mail server that takes nothing, or all."""

    def __init__(self, *, takes: bool) -> None:
        self.takes = takes

    def send(self, message: Message) -> None:
        if not self.takes:
            raise Refused("no such mailbox")


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        made.act(*looking(made, made.records[0]))
        yield made


@pytest.fixture
def sent(scene: Bodies) -> Sent:
    return linking(scene, scene.records[0])


def intake(scene: Bodies) -> Link:
    return scene.world.link("heed_intake")


def swept(scene: Bodies, post: str = "smtp", *, takes: bool = True) -> None:
    """The sweep sends one, and forgets."""
    link, to = scene.world.link("heed_sweep"), scene.world.office_recipients
    configuration = Configuration(post=post, public_url="https://tell.example.org")
    LinkSender(link, Post(takes=takes), configuration, to).step()


def kept(scene: Bodies) -> tuple[bool, bool]:
    """Whether the database still has the documents' key, and the link itself."""
    asked = "SELECT wrap IS NOT NULL, token IS NOT NULL FROM machinery.link"
    [(wrap, token)] = scene.world.as_owner(asked)
    return wrap, token


def state(scene: Bodies) -> str:
    desk = Desk(scene.world.link("heed_office"))
    [one] = links(desk, scene.keys["lead"], scene.records[0])
    return one.state


def expire(scene: Bodies, by: str) -> None:
    scene.world.as_owner(
        f"UPDATE machinery.link SET expires_at = clock_timestamp() - interval '{by}'"
    )


def test_an_email_that_failed_for_good_is_forgotten_in_that_moment(
    scene: Bodies, sent: Sent
) -> None:
    swept(scene, takes=False)
    assert (kept(scene), state(scene)) == ((False, False), "not sent")
    assert given(intake(scene), sent.secret) is None
    expire(scene, "1 day")
    assert state(scene) == "not sent"


def test_without_that_what_nobody_has_still_opens(scene: Bodies, sent: Sent) -> None:
    scene.without_line(APPLY, "p_facts->>'what' = 'not sent'", "false")
    swept(scene, takes=False)
    assert kept(scene) == (True, False)
    assert given(intake(scene), sent.secret) == WORDS.content


def test_an_email_that_lies_in_a_folder_still_opens_and_is_said_to_be_with_nobody(
    scene: Bodies, sent: Sent
) -> None:
    swept(scene, post="folder")
    assert (kept(scene), state(scene)) == ((True, False), "not sent")
    assert given(intake(scene), sent.secret) == WORDS.content


def test_what_was_opened_before_its_sending_was_noted_stays_open(scene: Bodies, sent: Sent) -> None:
    """It went, somebody opened it, and the sender, who died meanwhile, says that it did not go."""
    code = opened(scene.world, sent)
    to, sweep = scene.world.office_recipients, scene.world.register("heed_sweep")
    about = {"record": sent.record, "link": sent.entry}
    with pytest.raises(StoreRefused) as refused:
        sweep.append(say_sent(CHANCE, to, sent=False, why="refused", **about))
    assert refused.value.code == "HE075"
    assert given_back(intake(scene), code) == WORDS.content


@pytest.mark.parametrize("how", ["locked", "expired"])
def test_a_locked_or_expired_link_is_forgotten_by_the_sweep(
    scene: Bodies, sent: Sent, how: str
) -> None:
    """Not by the try that locks it: its sender could see in the work which code was wrong."""
    _die(scene, sent, how)
    assert kept(scene) == (True, True)
    swept(scene)
    assert (kept(scene), state(scene)) == ((False, False), how)
    assert given(intake(scene), sent.secret) is None


def test_without_the_sweep_a_clock_put_back_opens_an_expired_link(
    scene: Bodies, sent: Sent
) -> None:
    scene.without_line(FORGET, "register.link_state(l.entry) <> 'waiting'", "false")
    expire(scene, "1 s")
    swept(scene)
    assert kept(scene) == (True, True)
    expire(scene, "-1 day")
    assert given(intake(scene), sent.secret) == WORDS.content


def test_what_is_forgotten_stays_dead_by_a_clock_put_back(scene: Bodies, sent: Sent) -> None:
    expire(scene, "1 s")
    swept(scene)
    expire(scene, "-1 day")
    assert state(scene) == "expired"
    assert given(intake(scene), sent.secret) is None


def test_the_sweep_waits_for_no_try_and_forgets_no_link_that_waits(
    scene: Bodies, sent: Sent
) -> None:
    swept(scene)
    assert kept(scene) == (True, False)
    expire(scene, "1 s")
    with scene.connected("heed_intake") as trying, trying.transaction():
        secret = sent.secret
        trying.execute("SELECT register.try_link(%s, %s)", (secret.lookup, secret.proof))
        swept(scene)
        assert kept(scene) == (True, False), "somebody holds its row"
    swept(scene)
    assert kept(scene) == (False, False)


def test_a_referral_that_was_recorded_in_error_is_forgotten_with_its_links(
    scene: Bodies, sent: Sent
) -> None:
    scene.act(*hearing(scene, sent.record, sent.referral, Heard.IN_ERROR))
    assert (kept(scene), state(scene)) == ((False, False), "ended")


def test_without_that_the_key_of_a_referral_in_error_stays(scene: Bodies, sent: Sent) -> None:
    scene.without_line(REFERRAL, "p_facts->>'what' = 'in error'", "false")
    scene.act(*hearing(scene, sent.record, sent.referral, Heard.IN_ERROR))
    assert kept(scene) == (True, True)


def test_whoever_opened_it_keeps_their_way_back_however_old_the_link(
    scene: Bodies, sent: Sent
) -> None:
    code = opened(scene.world, sent)
    expire(scene, "1 day")
    swept(scene)
    assert (kept(scene)[0], state(scene)) == (True, "opened")
    assert given_back(intake(scene), code) == WORDS.content
    PostgresRegister(intake(scene)).append(answering(scene.world, code))


def _die(scene: Bodies, sent: Sent, how: str) -> None:
    if how == "expired":
        expire(scene, "1 s")
        return
    for _ in range(5):
        given(intake(scene), wrong(sent.secret))
