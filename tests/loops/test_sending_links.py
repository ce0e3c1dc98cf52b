"""What the post makes of a link: sent, refused for good, tried again, or kept where nobody gets it."""

from collections.abc import Iterator

import pytest

from heed.core.ports import Message, NotYet, Refused
from heed.loops.send_links import LinkSender
from heed.store.configuration import Configuration
from tests.servers import Server
from tests.walls.bodies import Bodies, bodies
from tests.walls.linking import Sent, ending, linking
from tests.walls.naming_people import looking

SMTP = Configuration(post="smtp", public_url="https://tell.example.org")


class Post:
    """Keeps what it is given, or fails as it is told to."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.sent: list[Message] = []
        self.fails = fails

    def send(self, message: Message) -> None:
        if self.fails is not None:
            raise self.fails
        self.sent.append(message)


@pytest.fixture
def scene(pg18: Server) -> Iterator[Bodies]:
    with bodies(pg18) as made:
        made.act(*looking(made, made.records[0]))
        yield made


@pytest.fixture
def sent(scene: Bodies) -> Sent:
    return linking(scene, scene.records[0])


def sends(scene: Bodies, post: Post, configuration: Configuration = SMTP) -> bool:
    link, to = scene.world.link("heed_sweep"), scene.world.office_recipients
    return LinkSender(link, post, configuration, to).step()


def steps(scene: Bodies) -> list[str]:
    return [row[0] for row in scene.world.as_owner("SELECT what FROM facts.step ORDER BY version")]


def token(scene: Bodies) -> str | None:
    found: str | None = scene.world.as_owner("SELECT token FROM machinery.link")[0][0]
    return found


def test_it_goes_once_with_the_link_and_no_code_and_then_leaves_the_database(
    scene: Bodies, sent: Sent
) -> None:
    post = Post()
    assert sends(scene, post)
    assert not sends(scene, post)
    [message] = post.sent
    assert message.to == "duty@example.org"
    assert f"https://tell.example.org/r/{sent.secret.address}\n" in message.text
    assert sent.secret.code not in message.text
    assert str(sent.record) not in message.text
    assert steps(scene) == ["sent"]
    assert token(scene) is None


@pytest.mark.parametrize(
    ("fails", "configuration"),
    [(Refused("no such mailbox"), SMTP), (None, Configuration(post="folder"))],
)
def test_what_nobody_gets_is_on_the_record_as_not_sent(
    scene: Bodies, sent: Sent, fails: Exception | None, configuration: Configuration
) -> None:
    assert sends(scene, Post(fails), configuration)
    assert steps(scene) == ["not sent"]
    to_do = scene.world.as_owner("SELECT to_do FROM facts.record WHERE id = %s", (sent.record,))
    assert to_do == [(None,)]  # nobody was told: it confirms nothing and waits for no confirmation


def test_a_server_that_is_away_is_asked_again_and_nothing_is_said_to_be_sent(
    scene: Bodies, sent: Sent
) -> None:
    assert not sends(scene, Post(NotYet("the mail server does not answer")))
    assert steps(scene) == []
    assert not sends(scene, Post())  # not before its time
    scene.world.as_owner("UPDATE machinery.link SET next_try = clock_timestamp()")
    assert sends(scene, Post())
    assert steps(scene) == ["sent"]


def test_what_is_taken_back_is_not_sent(scene: Bodies, sent: Sent) -> None:
    ending(scene, sent)
    post = Post()
    assert not sends(scene, post)
    assert post.sent == []
