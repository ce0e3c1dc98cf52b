"""A body that is criticised after a referral to it was made gets nothing more of it, and may answer."""

import os
from collections.abc import Iterator

import pytest

from heed.referral.commands import How
from heed.referral.link import LinkSecret
from heed.referral.rules import Route
from heed.store.append import PostgresRegister
from heed.store.connection import StoreRefused
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.linking import (
    WORDS,
    Sent,
    answering,
    given_back,
    link_made,
    opened,
    packing,
)
from tests.walls.naming_people import looking
from tests.walls.referring import CHILDREN, criticising, referring

pytestmark = pytest.mark.parametrize("server", [18, 15], indirect=True)

JUDGES = "register.judges_itself(uuid)"
COUNCIL = "council/E09000033"


@pytest.fixture
def scene(server: Server) -> Iterator[Bodies]:
    with bodies(server) as made:
        made.act(*looking(made, made.records[0]))
        yield made


def linked(scene: Bodies, route: Route, body: str) -> Sent:
    record = scene.records[0]
    made = referring(scene, record, body=body, how=How.LINK, route=route)
    scene.act(*made)
    pack = packing(scene, record, made.entry.id)
    secret = LinkSecret.new(os.urandom)
    link = link_made(scene, record, made.entry.id, pack, secret)
    scene.act("lead", link)
    return Sent(record, made.entry.id, link.id, pack, pack, secret)


def again(scene: Bodies, sent: Sent) -> None:
    """Another link to the same pack, then another pack."""
    secret = LinkSecret.new(os.urandom)
    scene.act("lead", link_made(scene, sent.record, sent.referral, sent.pack, secret))
    packing(scene, sent.record, sent.referral)


def test_who_is_criticised_since_gets_no_pack_and_no_link_and_answers(scene: Bodies) -> None:
    sent = linked(scene, Route.ACCOUNTABILITY, COUNCIL)
    intake = scene.world.link("heed_intake")
    code = opened(scene.world, sent)
    scene.act(*criticising(scene, sent.record, COUNCIL))
    with pytest.raises(StoreRefused) as refused:
        again(scene, sent)
    assert refused.value.code == "HE067"
    with pytest.raises(StoreRefused) as refused:
        packing(scene, sent.record, sent.referral)
    assert refused.value.code == "HE067"
    assert given_back(intake, code) == b""
    PostgresRegister(intake).append(answering(scene.world, code))
    scene.without_line(JUDGES, "f.route = 'accountability'", "false")
    again(scene, sent)
    assert given_back(intake, code) == WORDS.content


def test_nothing_stops_a_referral_that_protects(scene: Bodies) -> None:
    sent = linked(scene, Route.PROTECTING, CHILDREN)
    code = opened(scene.world, sent)
    scene.act(*criticising(scene, sent.record, COUNCIL))
    again(scene, sent)
    assert given_back(scene.world.link("heed_intake"), code) == WORDS.content
